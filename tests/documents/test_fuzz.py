"""Hostile documents: a corpus of known hazards, and a fuzzer. Only diagnostics come of them.

Each document is read as a file is; one that is found sound is compiled and evaluated, with
values that watch which names are read. No traceback, no call of anything that is not
catalogued, no stall.
"""

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from homebuy_plugin.documents.importing import import_rules
from homebuy_plugin.documents.model import AllocationSet, EscalationSet
from homebuy_plugin.documents.parse import Parsed, parse
from homebuy_plugin.documents.rendering import render
from homebuy_plugin.engine import (
    Catalogue,
    built_in_catalogue,
    compile_actions,
    compile_conditions,
    evaluate,
    run_rule,
)
from homebuy_plugin.exceptions import InvalidDocument

CATALOGUE = built_in_catalogue()
SLOWEST = 2.0
"""Seconds that one document may take, on a slow machine shared with others."""

ACTION = {"name": "assign_user", "params": {"user": "beth"}}
FLAT = {"name": "property_type", "operator": "is", "value": "flat"}
DUNDERS = [
    "__class__",
    "__init__",
    "__eq__",
    "__reduce_ex__",
    "__getattribute__",
    "__dict__",
    "_door",
    "get_all_operators",
]


def document(*rules: Any, **more: Any) -> str:
    return json.dumps({"format": "homebuy.allocation/1", "rules": list(rules), **more})


def rule(conditions: Any = FLAT, **more: Any) -> dict[str, Any]:
    return {"id": "a", "name": "A", "rank": 1, "conditions": conditions, "actions": [ACTION], **more}


def nested(depth: int, group: str = "all", inner: Any = FLAT) -> Any:
    for _ in range(depth):
        inner = {group: inner if group == "not" else [inner]}
    return inner


def leaf(name: str, operator: str, *value: Any) -> dict[str, Any]:
    return {"name": name, "operator": operator, **({"value": value[0]} if value else {})}


CORPUS: dict[str, tuple[str | bytes, str]] = {
    # S1 to S8: names, calls, asserts, regular expressions, depth, doubled keys
    **{f"s1 variable {name}": (document(rule(leaf(name, "is", 1))), "HB110") for name in DUNDERS},
    **{f"s2 action {name}": (document(rule(actions=[{"name": name, "params": {}}])), "HB121") for name in DUNDERS},
    **{f"s3 operator {name}": (document(rule(leaf("patch", name, "a"))), "HB111") for name in DUNDERS},
    "s3 operand object": (document(rule(leaf("patch", "is", {"__class__": 1}))), "HB112"),
    "s4 empty all": (document(rule({"all": []})), "HB101"),
    "s4 empty any": (document(rule({"any": []})), "HB101"),
    "s4 all in a leaf": (document(rule({**FLAT, "all": [FLAT]})), "HB103"),
    "s4 all and any": (document(rule({"all": [FLAT], "any": [FLAT]})), "HB102"),
    "s4 nothing": (document(rule({})), "HB104"),
    "s5 regex": (document(rule(leaf("local_authority", "matches_regex", "(a+)+$" * 60))), "HB107 HB111 HB117"),
    "s5 look-behind": (document(rule(leaf("patch", "matches_regex", "(?<=a)b"))), "HB117 HB111"),
    "s6 deep all": (document(rule(nested(30))), "HB105 HB005"),
    "s6 deep not": (document(rule(nested(30, "not"))), "HB105 HB005"),
    "s6 abyss": ('{"format": "homebuy.allocation/1", "rules": ' + "[" * 100_000 + "]" * 100_000 + "}", "HB005"),
    "s6 abyss of objects": ('{"a":' * 60_000 + "1" + "}" * 60_000, "HB005"),
    "s6 many": (document(rule({"all": [FLAT] * 5_000})), "HB106 HB004"),
    "s6 wide list": (document(rule(leaf("patch", "is_one_of", ["a"] * 5_000))), "HB107"),
    "s6 long text": (document(rule(leaf("patch", "is", "a" * 10_000))), "HB107"),
    "s6 large file": (document(*[rule()] * 40_000), "HB004"),
    "s7 key twice": (document(rule()).replace('"rank": 1', '"rank": 1, "rank": 2'), "HB002"),
    "s7 conditions twice": (document(rule()).replace('"actions"', '"conditions": {"all": []}, "actions"'), "HB002"),
    "s7 NaN": (document(rule(leaf("estimated_value", "is", float("nan")))), "HB003"),
    "s7 infinity": (document(rule(leaf("estimated_value", "is", float("-inf")))), "HB003"),
    "s7 huge number": (document(rule()).replace('"rank": 1', '"rank": 1' + "0" * 5_000), "HB008"),
    "s7 huge exponent": (document(rule(leaf("estimated_value", "is", 1))).replace("1}", "1e999999}"), "HB008 HB112"),
    # M1 to M12: what surprises
    **{
        f"m1 text {value!r}": (document(rule(leaf("patch", "contains", value))), "HB112 HB113")
        for value in (None, 0, [], False, "")
    },
    "m2 a text for a list": (document(rule(leaf("case_flags", "contains_all", "RTB"))), "HB112"),
    "m2 an object for a list": (document(rule(leaf("case_flags", "contains_all", {"a": 1}))), "HB112"),
    "m3 capitals": (document(rule(leaf("property_type", "is", "FLAT"))), "HB115"),
    "m3 yes for 1": (document(rule(leaf("on_hold", "is", 1))), "HB112"),
    "m4 empty list": (document(rule(leaf("case_flags", "shares_no_elements_with", []))), "HB112"),
    "m5 a number as text": (document(rule(leaf("estimated_value", "greater_than", "10"))), "HB112"),
    "m5 yes as number": (document(rule(leaf("estimated_value", "greater_than", True))), "HB112"),
    "m6 null": (document(rule(leaf("estimated_value", "is", None))), "HB113"),
    "m7 a date out of order": (document(rule(leaf("served_on", "after", "01/04/2026"))), "HB112"),
    "m7 a date that is none": (document(rule(leaf("served_on", "after", "2026-02-30"))), "HB112"),
    "m7 months as a length": (document(rule(leaf("time_overdue", "longer_than", "P1M"))), "HB112"),
    "m8 an operator of others": (document(rule(leaf("estimated_value", ">=", 1))), "HB111"),
    "m9 no value": (document(rule(leaf("estimated_value", "is"))), "HB113"),
    "m9 a value for nothing": (document(rule(leaf("on_hold", "is_true", True))), "HB114"),
    "m10 unknown keys": (document(rule(enabled=False)), "HB010"),
    "m10 negate": (document(rule({**FLAT, "negate": True})), "HB103"),
    "m12 the example of the README": (
        document(rule({"all": [FLAT], "any": [FLAT]}, actions=[{"name": "put_on_sale", "params": {"sale_percentage": 0.25}}])),
        "HB102 HB121",
    ),
    # texts that are no documents, or not only one
    "null": ("null", "HB009"),
    "a bomb of quotes": ('"' * 50_001, "HB001"),
    "a bomb of backslashes": ('"' + "\\" * 50_001, "HB001"),
    "utf-16": ("{}".encode("utf-16"), "HB006"),
    "a mark": (b"\xef\xbb\xbf{}", "HB006"),
    "half a character": (b'{"a": "\xf0\x9f"}', "HB006"),
    "a lone surrogate": ('{"format": "\\ud800"}', "HB007"),
    "a null character": ('{"format": "\\u0000"}', "HB007"),
    "steering a terminal": (document(rule(leaf("\x1b[2J", "is", "a"))), "HB110"),
    "a prototype": (document(rule(), __proto__={"a": 1}, constructor=1), "HB010"),
    "another format": (document().replace("allocation/1", "allocation/2"), "HB009"),
    "format as a list": ('{"format": ["homebuy.pack/1"]}', "HB009"),
    "a template that computes": (
        json.dumps({"format": "homebuy.templates/1", "templates": [{"id": "a", "subject": "((x.__class__))", "body": "{{7*7}} ((%s))"}]}),
        "HB301",
    ),
    "an open placeholder": (
        json.dumps({"format": "homebuy.templates/1", "templates": [{"id": "a", "subject": "x", "body": "((" * 20_000}]}),
        "HB013 HB301 HB302",
    ),
    "a calendar of no hours": ('{"format": "homebuy.calendar/1", "id": "a", "hours": {}}', "HB401"),
    "an hour of no length": (
        '{"format": "homebuy.calendar/1", "id": "a", "hours": {"mon": [["25:00", "09:00"], ["09:00", "09:00"]]}}',
        "HB013 HB402",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CORPUS)
def test_each_known_hazard_is_a_diagnostic(name: str) -> None:
    text, codes = CORPUS[name]
    began = time.perf_counter()
    found = parse(text, source="x.json", catalogue=CATALOGUE)
    assert {each.code for each in found.problems} & set(codes.split()), found.problems
    assert time.perf_counter() - began < SLOWEST
    shown = render(found.problems, files=1)
    assert "\x1b" not in shown
    assert "Traceback" not in shown


# --- the fuzzer -----------------------------------------------------------------------------------


class Watching:
    """Values of any type for any name; notes which names were read."""

    def __init__(self, draw: random.Random) -> None:
        self.draw, self.read = draw, set[str]()

    def __call__(self, name: str) -> object:
        self.read.add(name)
        return self.draw.choice(
            [None, "flat", "N1", 3, 2.5, True, ["a"], "2026-04-01", object(), {}, b"x", float("nan")]
        )


class Generator:
    """Documents at random: near to sound ones, so that mistakes lie deep, and far from them."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)

    def text(self) -> str | bytes:
        make = self.draw.choices([self.rules, self.edited, self.broken, self.anything], [5, 3, 3, 1])[0]
        return make()

    def rules(self) -> str:
        kind = self.draw.choice(["allocation", "escalation"])
        rules = [self.rule(kind, n) for n in range(self.draw.randint(0, 2))]
        return json.dumps({"format": f"homebuy.{kind}/1", "rules": rules})

    def rule(self, kind: str, number: int) -> Any:
        found: dict[str, Any] = {
            "id": f"r{number}",
            "name": self.word(),
            "actions": [self.action(kind) for _ in range(self.draw.choice([0, 1, 1, 1, 2]))],
        }
        found |= (
            {"rank": number}
            if kind == "allocation"
            else {"trigger": self.draw.choice(["amber", "target_exceeded", "event"])}
        )
        if self.draw.random() < 0.9:
            found["conditions"] = self.conditions(0)
        if self.draw.random() < 0.3:
            found[
                self.draw.choice(["state", "schemes", "effective_from", "applies_to", "tests", self.word()])
            ] = self.value(0)
        return found

    def conditions(self, depth: int) -> Any:
        shape = self.draw.random()
        if shape < 0.04:
            return self.value(0)
        if depth > 3 or shape < 0.5:
            return self.leaf()
        if shape < 0.62:
            return {"not": self.conditions(depth + 1)}
        members = [self.conditions(depth + 1) for _ in range(self.draw.randint(0, 3))]
        group = {self.draw.choice(["all", "any"]): members}
        return {**group, **self.leaf()} if shape > 0.97 else group

    def leaf(self) -> Any:
        variable = self.draw.choice(VARIABLES)
        operators = list(CATALOGUE.operators_for(variable.type).values())
        operator = self.draw.choice(operators)
        found = {"name": variable.name, "operator": operator.name}
        if operator.operand != "none":
            found["value"] = self.constant(variable.type, operator.operand)
        if self.draw.random() < 0.12:
            found[self.draw.choice(["name", "operator", "value", self.word()])] = self.value(0)
        return found

    def constant(self, type_: str, operand: str) -> Any:
        def one() -> Any:
            return self.draw.choice(CONSTANTS[type_])

        if operand == "range":
            return sorted([one(), one()], key=str)
        return [one() for _ in range(self.draw.randint(1, 3))] if operand == "many" else one()

    def action(self, kind: str) -> Any:
        if self.draw.random() < 0.1:
            return self.value(0)
        known = ACTIONS[kind if self.draw.random() < 0.9 else "escalation"]
        spec = self.draw.choice(known)
        params = {
            name: self.param(param.type, param.many)
            for name, param in spec.params.items()
            if param.required or self.draw.random() < 0.3
        }
        return {"name": spec.name if self.draw.random() < 0.95 else self.word(), "params": params}

    def param(self, type_: str, many: bool) -> Any:
        one = {"integer": 2, "number": 2, "yes_no": True, "recipient": "manager"}.get(type_, "beth")
        found = self.value(1) if self.draw.random() < 0.1 else one
        return [found] if many else found

    def word(self) -> Any:
        return self.draw.choice(WORDS)

    def value(self, depth: int) -> Any:
        shape = self.draw.random()
        if depth > 3 or shape < 0.6:
            return self.draw.choice(SCALARS)
        if shape < 0.8:
            return [self.value(depth + 1) for _ in range(self.draw.randint(0, 3))]
        return {str(self.word()): self.value(depth + 1) for _ in range(self.draw.randint(0, 3))}

    def edited(self) -> str | bytes:
        """A small document of any format with pieces taken out, doubled or exchanged."""
        text = self.draw.choice(SMALL)
        for _ in range(self.draw.randint(1, 3)):
            start = self.draw.randrange(len(text))
            end = min(len(text), start + self.draw.choice([1, 1, 2, 8, 30]))
            piece = self.draw.choice(
                ["", text[start:end] * 2, self.draw.choice(PIECES), chr(self.draw.randrange(1, 0x3000))]
            )
            text = text[:start] + piece + text[end:]
        return (
            text
            if self.draw.random() < 0.9
            else text.encode("utf-8", "surrogatepass")[: self.draw.randrange(1, 400)]
        )

    def broken(self) -> str:
        """JSON of any format with one value exchanged."""
        raw = json.loads(self.draw.choice(SMALL))
        here: Any = raw
        while True:
            keys = list(here) if isinstance(here, dict) else list(range(len(here)))
            if not keys:
                break
            key = self.draw.choice(keys)
            if not isinstance(here[key], (dict, list)) or self.draw.random() < 0.2:
                here[key] = self.value(0)
                break
            here = here[key]
        return json.dumps(raw)

    def anything(self) -> str:
        return json.dumps(self.value(0))


VARIABLES = list(CATALOGUE.variables.values())
ACTIONS = {kind: list(CATALOGUE.actions_for(kind).values()) for kind in ("allocation", "escalation")}
CONSTANTS: dict[str, list[Any]] = {
    "text": ["N1", "S", "Ŵ", "a" * 300],
    "number": [0, 1, 2.5, -3, 10**29, 1e300],
    "yes_no": [True, False],
    "choice": ["flat", "house", "england", "leasehold", "admit"],
    "choices": ["a", "told"],
    "date": ["2026-04-01", "2026-12-31", "0001-01-01", "9999-12-31"],
    "date_time": ["2026-04-01T09:00:00Z", "0001-01-01T00:00:00+01:00"],
    "duration": ["P1D", "PT48H", "P999999W"],
}
WORDS = [
    "",
    "a",
    "all",
    "any",
    "not",
    "name",
    "value",
    "rules",
    "format",
    "stages",
    "__class__",
    "x y",
    "…",
    "\u202e",
    "\x1b[1m",
    "9" * 70,
]
SCALARS = [
    None,
    True,
    False,
    0,
    1,
    -1,
    2.5,
    10**40,
    "",
    "a",
    "flat",
    "2026-04-01",
    "((x))",
    "__class__",
    "x" * 400,
    "\x00",
    "event:x",
    "task.completed:a",
    [],
    {},
]
PIECES = [
    "{",
    "}",
    "[",
    "]",
    '"',
    ":",
    ",",
    "\\",
    "\\u00",
    "null",
    "NaN",
    "-",
    "1e9",
    "//",
    "\n",
    "((",
    "))",
    "'",
    "\ufeff",
]
SMALL = [
    document(rule({"all": [FLAT, {"not": leaf("joint_applicants", "greater_than", 1)}]}, tests=[{"name": "t", "given": {"property_type": "flat"}, "matches": True}])),
    '{"format": "homebuy.escalation/1", "rules": [{"id": "a", "trigger": "target_exceeded", "applies_to": {"clock": "statutory"}, "actions": [{"name": "notify", "params": {"to": ["manager"], "template": "t"}}]}, {"id": "b", "trigger": "follow_on", "follows": "a", "after": {"value": 5, "unit": "days"}, "repeat": {"every": {"value": 1, "unit": "weeks"}, "times": 4}, "actions": [{"name": "set_flag", "params": {"flag": "told"}}]}]}',
    '{"format": "homebuy.pack/1", "scheme": "right_to_buy", "stages": [{"code": "a", "name": "A", "master_stage": "offer", "tasks": [{"code": "t", "name": "T", "clocks": [{"code": "c", "kind": "statutory", "starts": ["case.served_on"], "period": {"value": 4, "unit": "weeks"}, "amber": [{"name": "first", "before": {"value": 5, "unit": "days"}}], "legal_basis": {"instrument": "Act", "section": "1"}}]}]}]}',
    '{"format": "homebuy.templates/1", "templates": [{"id": "a", "subject": "((reference))", "body": "Due ((due_on)). ((flag??Yes))"}]}',
    '{"format": "homebuy.groups/1", "groups": [{"id": "g", "name": "G", "members": [{"kind": "user", "id": "u", "effective_to": "2027-01-01"}]}]}',
    '{"format": "homebuy.calendar/1", "id": "c", "hours": {"mon": [["09:00", "17:00"]]}, "holidays": [{"date": "2026-12-25"}], "closures": [{"date": "2026-12-24", "from": "12:00", "to": "17:00"}]}',
    '{"format": "homebuy.attributes/1", "attributes": [{"name": "a", "type": "choice", "options": ["x", "y"], "default": "x"}]}',
]  # fmt: skip


def survives(text: str | bytes, draw: random.Random) -> tuple[Parsed, float]:
    """Read it, and if it is sound run it; how long that took."""
    began = time.perf_counter()
    found = parse(text, source="x.json", catalogue=CATALOGUE)
    if isinstance(found.value, AllocationSet | EscalationSet):
        for each in found.value.rules:
            ran(each, "allocation" if isinstance(found.value, AllocationSet) else "escalation", draw)
    elif found.problems:
        render(found.problems, files=1, format=draw.choice(["full", "plain", "json", "github"]))
    return found, time.perf_counter() - began


def ran(each: Any, kind: Any, draw: random.Random) -> None:
    conditions = compile_conditions(each.conditions, CATALOGUE)
    actions = compile_actions(
        [{"name": a.name, "params": dict(a.params)} for a in each.actions], CATALOGUE, kind
    )
    values = Watching(draw)
    evaluation, intents = run_rule(conditions, actions, values)
    assert values.read <= conditions.variables
    assert {intent.name for intent in intents} <= set(CATALOGUE.actions)
    assert evaluation.result in (True, False)
    assert not (evaluation.error and evaluation.result)
    json.dumps([s.actual for s in evaluation.seen])


def fuzz(count: int, seed: int) -> Counter[str]:
    """Make and read so many documents; how often each code came up."""
    made, codes = Generator(seed), Counter[str]()
    for number in range(count):
        text = made.text()
        try:
            found, seconds = survives(text, made.draw)
        except Exception as error:  # whatever it is, it has to be told with its document
            raise AssertionError(f"document {number} of seed {seed}: {text!r}") from error
        assert seconds < SLOWEST, f"document {number} of seed {seed} took {seconds:.1f} s: {text!r}"
        codes.update({each.code for each in found.problems} or {"sound"})
    return codes


def test_two_thousand_documents() -> None:
    codes = fuzz(2_000, 1)
    assert codes["sound"] > 100
    assert len(codes) > 30


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_hundred_thousand_documents() -> None:
    codes = sum((fuzz(10_500, seed) for seed in range(10)), Counter[str]())
    assert codes["sound"] > 5_000, "and many of them are sound, and were run"
    assert len(codes) > 40


def plain_documents(draw: random.Random) -> Iterator[Any]:
    made = Generator(0)
    made.draw = draw
    while True:
        rules = [
            {"conditions": made.conditions(0), "actions": [made.action("allocation")]}
            for _ in range(draw.randint(0, 3))
        ]
        yield draw.choice([rules, {"rules": rules}, made.value(0)])


def test_documents_for_plain_business_rules_are_imported_or_refused() -> None:
    draw = random.Random(5)
    documents = plain_documents(draw)
    for _ in range(2_000):
        raw = next(documents)
        try:
            made = import_rules(raw, CATALOGUE, "allocation")
        except InvalidDocument:
            continue
        survives(json.dumps(made.document), draw)


def test_conditions_that_grow_without_end_are_stopped(catalogue: Catalogue) -> None:
    shapes: list[Callable[[], Any]] = [
        lambda: nested(5_000, "not"),
        lambda: {"all": [{"any": [FLAT] * 900}] * 900},
        lambda: {"any": [nested(7)] * 999},
    ]
    for make in shapes:
        began = time.perf_counter()
        with pytest.raises(InvalidDocument):
            compile_conditions(make(), catalogue)
        assert time.perf_counter() - began < SLOWEST


def test_the_corpus_names_every_hazard() -> None:
    named = {name.split()[0] for name in CORPUS}
    assert {f"s{n}" for n in range(1, 8)} <= named
    assert {f"m{n}" for n in (*range(1, 11), 12)} <= named
    # S8 (a fork overwrites the library) and M11 (a match is no yes) are no documents: test_selfcheck, test_hazards.
    assert evaluate(compile_conditions(FLAT, CATALOGUE), {"property_type": "flat"}).result is True
