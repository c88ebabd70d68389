"""The same rules and cases for every contender: plain business-rules, a hand-written loop, ours.

Allocation: three conditions a rule (scheme, patch, value below a threshold). Escalation: twenty
rules of four conditions. Everything is drawn from a seeded generator, so each run measures the
same work.
"""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from business_rules import run_all
from business_rules.actions import BaseActions, rule_action
from business_rules.fields import FIELD_TEXT
from business_rules.variables import (
    BaseVariables,
    boolean_rule_variable,
    numeric_rule_variable,
    string_rule_variable,
)

from homebuy_plugin.engine import Actions, Catalogue, Conditions, Variable, built_in_catalogue
from homebuy_plugin.engine.actions import compile_actions
from homebuy_plugin.engine.conditions import compile_conditions

SCHEMES = ("right_to_buy", "right_to_acquire", "social_homebuy")
TASKS = tuple(f"task_{n}" for n in range(12))
STATES = ("green", "amber", "red")

Raw = Mapping[str, Any]
Compiled = list[tuple[Conditions, Actions]]

CATALOGUE = Catalogue.of(
    [
        Variable(name="scheme", label="scheme", type="choice", options=SCHEMES),
        Variable(name="patch", label="patch", type="text"),
        Variable(name="estimated_value", label="estimated value", type="number"),
        Variable(name="task_code", label="task", type="choice", options=TASKS),
        Variable(name="colour", label="colour", type="choice", options=STATES),
        Variable(name="days_overdue", label="days overdue", type="number"),
        Variable(name="on_hold", label="on hold", type="yes_no"),
    ]
).with_actions(built_in_catalogue().actions.values())


def leaf(name: str, operator: str, value: object = None) -> Raw:
    """One condition; business-rules wants a value even where it means nothing."""
    return {"name": name, "operator": operator, "value": value}


def allocation_rules(count: int) -> list[Raw]:
    """Rules of three conditions each, over as many patches as a landlord of that size has."""
    draw = random.Random(count)
    patches = max(4, count // 12)
    return [
        {
            "conditions": {
                "all": [
                    leaf("scheme", "equal_to", draw.choice(SCHEMES)),
                    leaf("patch", "equal_to", f"P{draw.randrange(patches)}"),
                    leaf("estimated_value", "greater_than", draw.randrange(50, 400) * 1_000),
                ]
            },
            "actions": [{"name": "assign_role", "params": {"role": f"team_{number % 40}"}}],
        }
        for number in range(count)
    ]


def allocation_cases(count: int, rules: int) -> list[Raw]:
    """Cases of the same landlord."""
    draw = random.Random(rules + 1)
    patches = max(4, rules // 12)
    return [
        {
            "scheme": draw.choice(SCHEMES),
            "patch": f"P{draw.randrange(patches)}",
            "estimated_value": draw.randrange(50, 400) * 1_000,
        }
        for _ in range(count)
    ]


def cases_for_the_last_rule(rules: Sequence[Raw]) -> list[Raw]:
    """The case that only the last of the rules takes: the longest way for a loop."""
    last = {each["name"]: each["value"] for each in rules[-1]["conditions"]["all"]}
    return [{**last, "patch": "P-last", "estimated_value": last["estimated_value"] + 1}]


def with_its_own_patch(rules: list[Raw]) -> list[Raw]:
    """The same rules, the last one for a patch that no other has."""
    scheme, _, value = rules[-1]["conditions"]["all"]
    own = {"all": [scheme, leaf("patch", "equal_to", "P-last"), value]}
    return [*rules[:-1], {**rules[-1], "conditions": own}]


def plain_first(rules: Sequence[Raw], case: Raw) -> str | None:
    """The outcome of the first rule that holds, by business-rules alone."""
    fired = PlainActions()
    run_all(rules, PlainVariables(case), fired, stop_on_first_trigger=True)
    return fired.fired[0] if fired.fired else None


def plain_all(rules: Sequence[Raw], case: Raw) -> list[int]:
    """The outcomes of all rules that hold, by business-rules alone."""
    fired = PlainActions()
    run_all(rules, PlainVariables(case), fired)
    return fired.fired


def escalation_rules(count: int = 20) -> list[Raw]:
    """Rules of four conditions each, all of which may fire."""
    draw = random.Random(20)
    return [
        {
            "conditions": {
                "all": [
                    leaf("task_code", "equal_to", draw.choice(TASKS)),
                    leaf("colour", "equal_to", draw.choice(STATES[1:])),
                    leaf("days_overdue", "greater_than", draw.randrange(0, 6)),
                    leaf("on_hold", "is_false"),
                ]
            },
            "actions": [{"name": "raise_level", "params": {"level": 1 + number % 9}}],
        }
        for number in range(count)
    ]


def escalation_cases(count: int) -> list[Raw]:
    """Tasks as a tick finds them: late, one in seven held; one and a half rules fire for each."""
    draw = random.Random(21)
    late = [tuple(each["value"] for each in rule["conditions"]["all"][:2]) for rule in escalation_rules()]
    found = []
    for _ in range(count):
        task, colour = draw.choice(late)
        found.append(
            {
                "task_code": task,
                "colour": colour,
                "days_overdue": draw.randrange(5, 40),
                "on_hold": draw.random() < 0.14,
            }
        )
    return found


class PlainVariables(BaseVariables):
    """What business-rules is given when it stands alone."""

    def __init__(self, case: Raw) -> None:
        self.case = case

    @string_rule_variable()
    def scheme(self) -> Any:
        return self.case["scheme"]

    @string_rule_variable()
    def patch(self) -> Any:
        return self.case["patch"]

    @numeric_rule_variable()
    def estimated_value(self) -> Any:
        return self.case["estimated_value"]

    @string_rule_variable()
    def task_code(self) -> Any:
        return self.case["task_code"]

    @string_rule_variable()
    def colour(self) -> Any:
        return self.case["colour"]

    @numeric_rule_variable()
    def days_overdue(self) -> Any:
        return self.case["days_overdue"]

    @boolean_rule_variable()
    def on_hold(self) -> Any:
        return self.case["on_hold"]


class PlainActions(BaseActions):
    """Writes down what fired, as the others do."""

    def __init__(self) -> None:
        self.fired: list[Any] = []

    @rule_action(params={"role": FIELD_TEXT})
    def assign_role(self, role: Any) -> None:
        self.fired.append(role)

    @rule_action(params={"level": FIELD_TEXT})
    def raise_level(self, level: Any) -> None:
        self.fired.append(level)


def compiled(rules: Sequence[Raw], kind: Any) -> Compiled:
    """The rules as the engine keeps them."""
    return [
        (
            compile_conditions(_without_nulls(rule["conditions"]), CATALOGUE),
            compile_actions(rule["actions"], CATALOGUE, kind),
        )
        for rule in rules
    ]


def _without_nulls(conditions: Raw) -> Raw:
    return {
        "all": [
            {key: value for key, value in each.items() if value is not None} for each in conditions["all"]
        ]
    }


def allocation_by_hand(rules: Sequence[Raw]) -> list[tuple[str, str, int, str]]:
    """The allocation rules as a programmer would write them down for speed."""
    return [
        (*(each["value"] for each in rule["conditions"]["all"]), rule["actions"][0]["params"]["role"])
        for rule in rules
    ]


def first_by_hand(rows: Sequence[tuple[str, str, int, str]], case: Raw) -> str | None:
    """The outcome of the first rule that holds, in a loop written for these very rules."""
    scheme, patch, value = case["scheme"], case["patch"], case["estimated_value"]
    for its_scheme, its_patch, threshold, outcome in rows:
        if scheme == its_scheme and patch == its_patch and value > threshold:
            return outcome
    return None


def escalation_by_hand(rules: Sequence[Raw]) -> list[tuple[str, str, int, int]]:
    """The escalation rules in the same manner."""
    return [
        (*(each["value"] for each in rule["conditions"]["all"][:3]), rule["actions"][0]["params"]["level"])
        for rule in rules
    ]


def all_by_hand(rows: Sequence[tuple[str, str, int, int]], case: Raw) -> list[int]:
    """The outcomes of all rules that hold."""
    if case["on_hold"]:
        return []
    task, colour, days = case["task_code"], case["colour"], case["days_overdue"]
    return [
        level
        for its_task, its_colour, least, level in rows
        if task == its_task and colour == its_colour and days > least
    ]
