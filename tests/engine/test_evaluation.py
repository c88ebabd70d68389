"""Evaluating: what is read, what is seen, and what an error is."""

import copy
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pytest

from homebuy_plugin.engine import (
    Catalogue,
    Variable,
    compile_conditions,
    evaluate,
    recalled,
)
from homebuy_plugin.exceptions import InvalidDocument
from homebuy_plugin.types import ConditionSeen

CATALOGUE = Catalogue.of(
    [
        Variable(name="patch", label="patch", type="text"),
        Variable(name="value", label="value", type="number"),
        Variable(name="joint", label="joint", type="yes_no"),
        Variable(name="served", label="served", type="date"),
        Variable(name="flags", label="flags", type="choices"),
        Variable(name="health", label="health", type="text", personal=True),
    ]
)


def leaf(name, operator, *value):
    return {"name": name, "operator": operator, **({"value": value[0]} if value else {})}


def run(raw, values, **options):
    return evaluate(compile_conditions(raw, CATALOGUE), values, **options)


class Reader:
    """Answers by name, counts how often, fails where told to."""

    def __init__(self, **values):
        self.values, self.asked = values, []

    def __call__(self, name):
        self.asked.append(name)
        value = self.values.get(name)
        if isinstance(value, BaseException):
            raise value
        return value


def test_each_condition_seen_is_told_with_its_place_and_its_value():
    found = run(
        {
            "all": [
                leaf("patch", "is_one_of", ["N1", "N2"]),
                {"not": leaf("value", "greater_than", Decimal("0.5"))},
            ]
        },
        {"patch": "N1", "value": 1},
    )
    assert found.seen == (
        ConditionSeen(
            pointer="/conditions/all/0",
            name="patch",
            operator="is_one_of",
            expected=["N1", "N2"],
            actual="N1",
            result="true",
        ),
        ConditionSeen(
            pointer="/conditions/all/1/not",
            name="value",
            operator="greater_than",
            expected=0.5,
            actual=1,
            result="true",
            negated=True,
        ),
    )
    assert not found.result


def test_the_pointer_starts_where_the_caller_says():
    conditions = compile_conditions(leaf("patch", "is", "N1"), CATALOGUE, "/rules/3/conditions")
    assert evaluate(conditions, {"patch": "N1"}).seen[0].pointer == "/rules/3/conditions"


def test_a_name_is_recorded_as_it_was_written():
    assert run(leaf("patch", "is_not", "N1"), {"patch": "N1"}).seen[0].operator == "is_not"


def test_what_is_not_looked_at_is_not_read():
    reader = Reader(patch="S4", value=1)
    found = run({"all": [leaf("patch", "is", "N1"), leaf("value", "is", 1)]}, reader)
    assert reader.asked == ["patch"]
    assert [each.name for each in found.seen] == ["patch"]
    assert found.inputs == {"patch": "S4"}


def test_a_value_is_read_once_for_an_evaluation_and_once_for_a_decision():
    raw = {"any": [leaf("value", "is", 1), leaf("value", "is", 2), leaf("value", "is", 3)]}
    reader, memo = Reader(value=3), {}
    assert run(raw, reader, memo=memo).result
    assert run(raw, reader, memo=memo).result
    assert reader.asked == ["value"]
    assert run(raw, reader).result
    assert reader.asked == ["value", "value"]


def test_conditions_can_be_evaluated_any_number_of_times():
    conditions = compile_conditions({"not": leaf("value", "is", 1)}, CATALOGUE)
    assert [evaluate(conditions, {"value": each}).result for each in (1, 2, 1, None, 2)] == [
        False,
        True,
        False,
        False,
        True,
    ]


def test_conditions_do_not_change_with_the_document_they_came_from():
    raw = {"all": [leaf("patch", "is_one_of", ["N1"])]}
    conditions = compile_conditions(raw, CATALOGUE)
    kept = copy.deepcopy(raw)
    raw["all"][0]["value"].append("S4")
    raw["all"].clear()
    assert conditions.raw == kept
    assert not evaluate(conditions, {"patch": "S4"}).result
    assert conditions.variables == {"patch"}


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
        (KeyError("rooms"), "KeyError: 'rooms'"),
        (AttributeError("no x"), "AttributeError: no x"),
        (AssertionError(), "AssertionError"),
        (StopIteration(), "StopIteration"),
        (ValueError("one\nSELECT * FROM person"), "ValueError: one"),
    ],
)
def test_a_reader_that_fails_is_an_error_and_never_no_match(failure, told):
    raw = leaf("value", "is", 1)
    for condition in (
        raw,
        {"not": raw},
        {"any": [raw, leaf("patch", "is", "N1")]},
        leaf("value", "is_missing"),
    ):
        found = run(condition, Reader(value=failure, patch="N1"))
        assert not found.result
        assert found.error.startswith(f"“value” could not be read: {told} (at /conditions")
        assert found.seen == ()


def test_what_was_seen_before_the_error_is_kept():
    found = run({"all": [leaf("patch", "is", "N1"), leaf("value", "is", 1)]}, {"patch": "N1", "value": "1"})
    assert [each.name for each in found.seen] == ["patch"]
    assert found.error == "“value” should be a number and is a text (at /conditions/all/1)"
    assert found.inputs == {"patch": "N1"}


def test_a_failure_is_shared_by_a_decision_too():
    reader, memo = Reader(value=OSError("gone")), {}
    for _ in range(2):
        assert run(leaf("value", "is", 1), reader, memo=memo).error
    assert reader.asked == ["value"]


@pytest.mark.parametrize("failure", [RecursionError(), MemoryError(), KeyboardInterrupt(), SystemExit()])
def test_what_is_not_the_rule_s_fault_passes_through(failure):
    with pytest.raises(type(failure)):
        run(leaf("value", "is", 1), Reader(value=failure))


class Computed(Mapping):
    """A mapping whose values are worked out, one of them wrongly."""

    def __getitem__(self, name):
        return {"patch": "N1"}[name] if name != "value" else {}["rooms"]

    def __contains__(self, name):
        return name in ("patch", "value")

    def __iter__(self):
        return iter(("patch", "value"))

    def __len__(self):
        return 2


def test_a_key_error_inside_a_computed_mapping_is_not_a_missing_value():
    assert run(leaf("patch", "is", "N1"), Computed()).result
    assert run(leaf("value", "is_missing"), Computed()).error == (
        "“value” could not be read: KeyError: 'rooms' (at /conditions)"
    )
    assert run(leaf("joint", "is_missing"), Computed()).result


def test_a_personal_value_is_used_and_never_shown():
    raw = {"all": [leaf("health", "contains", "cancer"), leaf("patch", "is", "N1")]}
    found = run(raw, {"health": "lung cancer", "patch": "N1"})
    assert found.result
    assert found.seen[0].actual == "(personal)"
    assert found.inputs == {"patch": "N1"}
    assert found.withheld == {"health"}
    assert run(leaf("health", "is_missing"), {}).seen[0].actual is None
    failed = run(leaf("health", "is", "x"), Reader(health=ValueError("lung cancer is no code")))
    assert failed.error == "“health” could not be read: ValueError (at /conditions)"
    assert "cancer" not in run(leaf("health", "is", "x"), {"health": ["lung cancer"]}).error


ROUND = {
    "patch": "N1",
    "value": Decimal("150000.25"),
    "joint": False,
    "served": date(2026, 11, 2),
    "flags": ("a", "b"),
}


@pytest.mark.parametrize("number", [3, 0.1, Decimal("0.1"), Decimal("1.234567890123456789"), 10**29, -7])
def test_inputs_are_plain_json_and_a_retry_on_them_gives_the_same(number):
    raw = {"all": [leaf(name, "is_known") for name in ROUND] + [leaf("value", "is", number)]}
    values = {**ROUND, "value": number}
    first = run(raw, values)
    stored = json.loads(json.dumps(dict(first.inputs)))
    again = run(raw, recalled(stored, Reader(), CATALOGUE))
    assert first.result
    assert again.result
    assert again.seen == first.seen
    assert again.inputs == first.inputs


def test_a_retry_asks_only_for_what_the_first_try_did_not_see():
    reader = Reader(patch="S4", value=7)
    retry = recalled({"patch": "N1"}, reader, CATALOGUE)
    found = run({"all": [leaf("patch", "is", "N1"), leaf("value", "is", 7)]}, retry)
    assert found.result
    assert reader.asked == ["value"]
    assert run(leaf("flags", "is_missing"), recalled({"flags": None}, {"flags": ["x"]}, CATALOGUE)).result


def test_seen_is_plain_json_too():
    raw = {"all": [leaf("value", "between", [Decimal("0.5"), 2]), leaf("flags", "contains", "a")]}
    found = run(raw, {"value": Decimal(1), "flags": {"b", "a"}})
    assert json.loads(json.dumps([each.__dict__ for each in found.seen]))[1]["actual"] == ["a", "b"]


def test_conditions_that_are_not_sound_are_refused_with_every_problem():
    with pytest.raises(InvalidDocument) as refused:
        compile_conditions({"all": [leaf("patc", "is", "N1"), leaf("value", "is", "1")]}, CATALOGUE)
    assert [each.pointer for each in refused.value.diagnostics] == [
        "/conditions/all/0/name",
        "/conditions/all/1/value",
    ]


def test_always():
    conditions = compile_conditions(None, CATALOGUE)
    found = evaluate(conditions, Reader(patch=ValueError()))
    assert (found.result, found.seen, found.error, found.inputs) == (True, (), None, {})
    assert conditions.raw is None
    assert conditions.variables == frozenset()
