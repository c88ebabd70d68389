"""Rules written for plain business-rules become rules of ours that decide the same."""

import json
from typing import Any

import pytest
from business_rules import run_all
from business_rules.actions import BaseActions, rule_action
from business_rules.fields import FIELD_TEXT
from business_rules.variables import (
    BaseVariables,
    boolean_rule_variable,
    numeric_rule_variable,
    select_multiple_rule_variable,
    string_rule_variable,
)
from hypothesis import given
from hypothesis import strategies as st

from homebuy_plugin.documents.importing import import_rules
from homebuy_plugin.documents.parse import parse
from homebuy_plugin.engine import Catalogue, Variable, built_in_catalogue, compile_conditions, evaluate
from homebuy_plugin.exceptions import InvalidDocument

CATALOGUE = Catalogue.of(
    [
        Variable(name="patch", label="patch", type="text"),
        Variable(name="rooms", label="rooms", type="number"),
        Variable(name="joint", label="joint", type="yes_no"),
        Variable(name="tenure", label="tenure", type="choice", options=("f", "l")),
        Variable(name="flags", label="flags", type="choices"),
    ]
).with_actions(built_in_catalogue().actions.values())

TO_BETH = {"name": "assign_user", "params": {"user": "beth"}}


def leaf(name: str, operator: str, value: Any = "") -> dict[str, Any]:
    return {"name": name, "operator": operator, "value": value}


def imported(*conditions: Any, kind: Any = "allocation", **rule: Any) -> Any:
    return import_rules(
        [{"conditions": c, "actions": [TO_BETH], **rule} for c in conditions], CATALOGUE, kind
    )


def test_an_example_as_the_library_documents_it() -> None:
    plain = [
        {
            "conditions": {"all": [leaf("rooms", "less_than", 5), leaf("joint", "is_true", True)]},
            "actions": [{"name": "assign_user", "params": {"user": "beth"}, "fields": []}],
        },
        {
            "conditions": {"any": [leaf("tenure", "contains", "f")]},
            "actions": [{"name": "assign_case_creator", "params": {}}],
        },
    ]
    made = import_rules(plain, CATALOGUE, "allocation")
    assert made.document == {
        "format": "homebuy.allocation/1",
        "rules": [
            {
                "id": "imported-rule-1",
                "name": "Imported rule 1",
                "rank": 10,
                "state": "on",
                "conditions": {
                    "all": [
                        {"name": "rooms", "operator": "less_than", "value": 5},
                        {"name": "joint", "operator": "is_true"},
                    ]
                },
                "actions": [TO_BETH],
            },
            {
                "id": "imported-rule-2",
                "name": "Imported rule 2",
                "rank": 20,
                "state": "on",
                "conditions": {"any": [{"name": "tenure", "operator": "is", "value": "f"}]},
                "actions": [{"name": "assign_case_creator"}],
            },
        ],
    }
    assert made.remarks == [
        "Rule 1: “fields” of an action was left out.",
        "Rule 2: “contains” became “is”: “tenure” is one value.",
    ]
    assert parse(json.dumps(made.document), source="x", catalogue=CATALOGUE).problems == ()


def test_what_means_nothing_is_left_out_and_said() -> None:
    made = imported({"all": [leaf("rooms", "less_than", 5)]}, name="Small homes!", enabled=False, priority=3)
    assert made.document["rules"][0]["id"] == "small-homes"
    assert made.remarks == [
        "Rule 1: “enabled” means nothing to business-rules and was left out.",
        "Rule 1: “priority” means nothing to business-rules and was left out.",
    ]


def test_ids_differ() -> None:
    condition = {"all": [leaf("rooms", "less_than", 5)]}
    made = import_rules(
        {"rules": [{"name": "Ünsere", "conditions": condition, "actions": [TO_BETH]}] * 3},
        CATALOGUE,
        "allocation",
    )
    assert [each["id"] for each in made.document["rules"]] == ["nsere", "nsere-2", "nsere-3"]


def test_escalation_rules_get_a_trigger() -> None:
    plain = {
        "conditions": {"all": [leaf("rooms", "less_than", 5)]},
        "actions": [{"name": "raise_level", "params": {"level": 2}}],
    }
    made = import_rules(plain, CATALOGUE, "escalation", trigger="target_exceeded")
    assert made.document["rules"][0]["trigger"] == "target_exceeded"
    assert parse(json.dumps(made.document), source="x", catalogue=CATALOGUE).problems == ()


@pytest.mark.parametrize(
    "raw", [[], {}, 5, None, "x", [1], [{}], {"rules": 5}, {"format": "homebuy.allocation/1", "rules": []}]
)
def test_what_is_no_plain_document(raw: Any) -> None:
    with pytest.raises(InvalidDocument, match="no list of business-rules rules"):
        import_rules(raw, CATALOGUE, "allocation")


@pytest.mark.parametrize(
    ("conditions", "code"),
    [
        (leaf("gone", "is_true"), "HB110"),
        ({"all": []}, "HB101"),
        ({"any": [leaf("rooms", "less_than", 1)], "all": [leaf("rooms", "less_than", 1)]}, "HB102"),
        ({"all": [leaf("patch", "equal_to", False)]}, "HB112"),
        ({"all": [leaf("rooms", "__class__", 1)]}, "HB111"),
        ({"all": [5]}, "HB100"),
    ],
)
def test_what_does_not_fit_is_reported_by_the_checks(conditions: Any, code: str) -> None:
    made = imported(conditions)
    (problem,) = parse(json.dumps(made.document), source="x", catalogue=CATALOGUE).problems
    assert problem.code == code


# --- the same decisions ---------------------------------------------------------------------------


class Plain(BaseVariables):
    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts = facts

    @string_rule_variable()
    def patch(self) -> Any:
        return self.facts["patch"]

    @numeric_rule_variable()
    def rooms(self) -> Any:
        return self.facts["rooms"]

    @boolean_rule_variable()
    def joint(self) -> Any:
        return self.facts["joint"]

    @select_multiple_rule_variable()
    def flags(self) -> Any:
        return self.facts["flags"]


class Fired(BaseActions):
    def __init__(self) -> None:
        self.times = 0

    @rule_action(params={"user": FIELD_TEXT})
    def assign_user(self, user: str) -> None:
        self.times += 1


TEXTS, CODES = st.sampled_from(["a", "b", "ab"]), st.sampled_from(["a", "b", "c"])
LEAVES = st.one_of(
    st.builds(
        leaf, st.just("patch"), st.sampled_from(["equal_to", "starts_with", "ends_with", "contains"]), TEXTS
    ),
    st.builds(leaf, st.just("patch"), st.just("non_empty")),
    st.builds(
        leaf,
        st.just("rooms"),
        st.sampled_from(
            ["equal_to", "greater_than", "greater_than_or_equal_to", "less_than", "less_than_or_equal_to"]
        ),
        st.integers(0, 3),
    ),
    st.builds(leaf, st.just("joint"), st.sampled_from(["is_true", "is_false"]), st.booleans()),
    st.builds(
        leaf,
        st.just("flags"),
        st.sampled_from(
            ["contains_all", "is_contained_by", "shares_at_least_one_element_with", "shares_no_elements_with"]
        ),
        st.lists(CODES, min_size=1, max_size=3, unique=True),
    ),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda g, m: {g: m}, st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=8,
)
FACTS = st.fixed_dictionaries(
    {
        "patch": TEXTS,
        "rooms": st.integers(0, 3),
        "joint": st.booleans(),
        "flags": st.lists(CODES, unique=True),
    }
)


@given(CONDITIONS, FACTS)
def test_an_imported_rule_decides_as_the_plain_one(conditions: Any, facts: dict[str, Any]) -> None:
    plain = [{"conditions": conditions, "actions": [TO_BETH]}]
    fired = Fired()
    run_all(plain, Plain(facts), fired)
    (rule,) = import_rules(json.loads(json.dumps(plain)), CATALOGUE, "allocation").document["rules"]
    ours = evaluate(compile_conditions(rule["conditions"], CATALOGUE), facts)
    assert ours.error is None
    assert ours.result is bool(fired.times)
