"""What raw business-rules does with hostile or careless JSON, and that the engine does not.

Numbers S1 to S8 and M1 to M12 are those of the list of known hazards of business-rules 1.1.1.
"""

import sys
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from business_rules import run_all
from business_rules.actions import BaseActions
from business_rules.operators import NumericType, SelectType, StringType
from business_rules.variables import BaseVariables, numeric_rule_variable

from homebuy_plugin.engine import (
    Catalogue,
    Variable,
    built_in_catalogue,
    check_actions,
    check_conditions,
    compile_actions,
    compile_conditions,
    evaluate,
    run_rule,
)
from homebuy_plugin.engine.actions import _Collector
from homebuy_plugin.engine.doors import Door, Run
from homebuy_plugin.exceptions import InvalidDocument

CATALOGUE = Catalogue.of(
    [
        Variable(name="note", label="note", type="text"),
        Variable(name="age", label="age", type="number"),
        Variable(name="joint", label="joint", type="yes_no"),
        Variable(name="tenure", label="tenure", type="choice", options=("freehold", "leasehold")),
        Variable(name="flags", label="flags", type="choices"),
        Variable(name="served", label="served", type="date"),
    ]
).with_actions(built_in_catalogue().actions.values())

DUNDERS = (
    "__class__",
    "__init__",
    "__eq__",
    "__ne__",
    "__reduce_ex__",
    "__getattribute__",
    "__dict__",
    "__doc__",
    "_assert_valid_value_and_cast",
    "get_all_operators",
    "value",
    "name",
)


def codes(raw):
    return [each.code for each in check_conditions(raw, CATALOGUE)]


def holds(raw, **values):
    found = evaluate(compile_conditions(raw, CATALOGUE), values)
    assert found.error is None, found.error
    return found.result


def leaf(name, operator, *value):
    return {"name": name, "operator": operator, **({"value": value[0]} if value else {})}


# --- security -----------------------------------------------------------------------------


class Careless(BaseVariables):
    wiped = False

    @numeric_rule_variable
    def age(self):
        return 3

    def wipe_database(self):
        type(self).wiped = True


def test_s1_the_library_calls_undecorated_methods_and_the_engine_refuses_the_name():
    rule = {"conditions": {"all": [leaf("wipe_database", "equal_to", 1)]}, "actions": []}
    with pytest.raises(AttributeError):
        run_all([rule], Careless(), BaseActions())
    assert Careless.wiped, "this is why: the library called it before it looked at its type"
    assert codes(leaf("wipe_database", "equal_to", 1)) == ["HB110"]


@pytest.mark.parametrize("name", [*DUNDERS, "", "note\x00", "x" * 100_000, "NOTE", "note "])
def test_s1_a_variable_is_a_catalogued_name_and_nothing_else(name):
    assert codes(leaf(name, "equal_to", "a")) == ["HB110"]


@pytest.mark.parametrize("name", ["__class__", "__init__", "get_all_actions", "session", "", "assign_owner"])
def test_s2_an_action_is_a_catalogued_name_and_nothing_else(name):
    raw = [{"name": name, "params": {}}]
    assert [each.code for each in check_actions(raw, CATALOGUE, "allocation")] == ["HB121"]
    with pytest.raises(InvalidDocument):
        compile_actions(raw, CATALOGUE, "allocation")


@pytest.mark.parametrize("operator", DUNDERS)
@pytest.mark.parametrize("name", ["note", "age", "joint", "tenure", "flags", "served"])
def test_s3_an_operator_is_a_listed_name_and_nothing_else(name, operator):
    assert codes(leaf(name, operator, 1)) == ["HB111"]


def test_s3_the_library_takes_class_for_an_operator():
    rule = {"conditions": {"all": [leaf("age", "__class__", 1)]}, "actions": []}
    assert run_all([rule], Careless(), BaseActions())


def test_the_doors_are_closed_even_behind_the_checks():
    conditions = compile_conditions(leaf("age", "equal_to", 1), CATALOGUE)
    door = Door((Run(conditions.leaves, {"age": 1}, {}),))
    (key,) = conditions.leaves
    asked = getattr(door, key)
    operand = asked.field_type(asked())
    collector = _Collector(({"add_group": None}, []))
    for name in (*DUNDERS, "age", "less_than", "_run", "_held", "_specs", "_intents"):
        if name != "__class__":
            for closed in (door, operand, collector):
                with pytest.raises(AttributeError):
                    getattr(closed, name)
    assert operand.equal_to(1) is True


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ({"all": []}, "HB101"),
        ({"any": []}, "HB101"),
        ({"all": [leaf("age", "equal_to", 1)], "any": [leaf("age", "equal_to", 1)]}, "HB102"),
        ({"not": leaf("age", "equal_to", 1), "all": []}, "HB102"),
        ({"all": [leaf("age", "equal_to", 1)], "name": "age"}, "HB103"),
        ({"all": {"name": "age"}}, "HB100"),
        ({"not": []}, "HB100"),
        ({}, "HB104"),
        ([], "HB100"),
        ("always", "HB100"),
        (True, "HB100"),
    ],
)
def test_s4_every_odd_shape_is_refused_without_an_assert(raw, code):
    assert codes(raw)[0] == code


def test_s5_regular_expressions_cannot_stall():
    re2 = pytest.importorskip("re2")
    assert re2
    assert not holds(leaf("note", "matches_regex", "(a+)+$"), note="a" * 5_000 + "!")
    assert holds(leaf("note", "matches_regex", "^RTB-[0-9]+$"), note="RTB-12")
    assert codes(leaf("note", "matches_regex", "(")) == ["HB117"]
    assert codes(leaf("note", "matches_regex", r"(a)\1")) == ["HB117"]
    assert codes(leaf("note", "matches_regex", "a" * 201)) == ["HB117"]


def nested(depth, inner):
    for _ in range(depth):
        inner = {"all": [inner]}
    return inner


def test_s6_depth_is_bounded_and_no_depth_exhausts_the_stack():
    inside = leaf("age", "equal_to", 1)
    assert codes(nested(8, inside)) == []
    assert holds(nested(8, inside), age=1)
    assert codes(nested(9, inside)) == ["HB105"]
    deep = inside
    for _ in range(sys.getrecursionlimit() * 20):
        deep = {"not": deep}
    assert codes(deep) == ["HB105"]


def test_s6_a_document_that_contains_itself_is_refused():
    loop = {}
    loop["all"] = [loop]
    assert codes(loop) == ["HB105"]
    wide = {}
    wide["any"] = [wide] * 900
    assert codes(wide)[-1] == "HB106"


def test_s6_size_is_bounded():
    one = leaf("age", "equal_to", 1)
    assert codes({"all": [one] * 200}) == []
    assert codes({"all": [one] * 201}) == ["HB106"]
    assert codes({"all": [one] * 1_000_000}) == ["HB106"]
    assert codes({"all": [{"all": []}] * 1_000})[-1] == "HB106"
    assert codes(leaf("note", "is_one_of", ["a"] * 200)) == []
    assert codes(leaf("note", "is_one_of", ["a"] * 201)) == ["HB107"]
    assert codes(leaf("note", "equal_to", "a" * 256)) == []
    assert codes(leaf("note", "equal_to", "a" * 257)) == ["HB107"]


@pytest.mark.parametrize(
    "number",
    [
        float("nan"),
        float("inf"),
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("-Infinity"),
        10**30,
        pytest.param(10**5_000, id="five thousand digits"),
        Decimal("1E+999999"),
    ],
)
def test_s7_what_is_no_finite_number_is_refused_in_rules_and_in_facts(number):
    assert codes(leaf("age", "greater_than", number)) == ["HB112"]
    found = evaluate(compile_conditions(leaf("age", "greater_than", 1), CATALOGUE), {"age": number})
    assert found.error
    assert not found.result


# --- meaning ------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [None, 0, [], False, "", {}])
@pytest.mark.parametrize("operator", ["contains", "starts_with", "equal_to"])
def test_m1_an_empty_constant_is_not_true_for_everyone(operator, value):
    assert StringType("anything").contains(None), "this is why"
    assert codes(leaf("note", operator, value)) in (["HB112"], ["HB113"])


def test_m2_a_text_is_never_read_by_letter():
    assert SelectType("RTB").contains("R"), "this is why"
    found = evaluate(compile_conditions(leaf("flags", "contains", "R"), CATALOGUE), {"flags": "RTB"})
    assert found.error == "“flags” should be a list of choices and is a text (at /conditions)"


@pytest.mark.parametrize("value", [{"RTB": 1}, (each for each in ["RTB"]), 5, [1], [None], [["RTB"]]])
def test_m2_nor_is_anything_else_that_can_be_iterated(value):
    found = evaluate(compile_conditions(leaf("flags", "contains", "RTB"), CATALOGUE), {"flags": value})
    assert found.error
    assert not found.result


def test_m3_choices_are_compared_exactly():
    assert not holds(leaf("flags", "contains", "head"), flags=["HEAD"])
    assert codes(leaf("tenure", "equal_to", "Freehold")) == ["HB115"]
    found = evaluate(compile_conditions(leaf("age", "equal_to", 1), CATALOGUE), {"age": True})
    assert found.error == "“age” should be a number and is yes or no (at /conditions)"


@pytest.mark.parametrize("operator", ["contains_all", "is_contained_by", "shares_no_elements_with"])
def test_m4_an_empty_list_says_nothing_and_is_refused(operator):
    assert codes(leaf("flags", operator, [])) == ["HB112"]


def test_m4_repetition_does_not_count():
    exactly = leaf("flags", "shares_exactly_one_element_with", ["a", "a", "b"])
    assert holds(exactly, flags=["a", "a"])
    assert not holds(exactly, flags=["a", "b"])


def test_m5_numbers_are_exact():
    assert NumericType(Decimal("10.0000005")).equal_to(10), "this is why"
    assert not holds(leaf("age", "equal_to", 10), age=Decimal("10.0000005"))
    assert holds(leaf("age", "greater_than", 10), age=Decimal("10.0000005"))
    assert not holds(leaf("age", "less_than_or_equal_to", 10), age=Decimal("10.0000009"))
    assert holds(leaf("age", "equal_to", Decimal("0.1")), age=0.1)
    assert holds(leaf("age", "less_than", 10**29), age=10**29 - 1)


@pytest.mark.parametrize("value", ["10", "", True, [10], {}, b"10", 1 + 2j])
def test_m5_what_is_no_number_is_an_error_not_a_mismatch(value):
    found = evaluate(compile_conditions(leaf("age", "equal_to", 10), CATALOGUE), {"age": value})
    assert found.error.startswith("“age” should be a number and is ")
    assert not found.result


@pytest.mark.parametrize(
    ("name", "operator", "value"),
    [
        ("note", "equal_to", "a"),
        ("age", "equal_to", 1),
        ("joint", "equal_to", True),
        ("tenure", "is", "freehold"),
        ("flags", "does_not_contain", "a"),
        ("served", "before", "2026-01-01"),
    ],
)
def test_m6_a_missing_value_is_unknown_and_never_matches_negated_or_not(name, operator, value):
    condition = leaf(name, operator, value)
    for raw in (condition, {"not": condition}, {"not": {"not": condition}}):
        for values in ({}, {name: None}):
            found = evaluate(compile_conditions(raw, CATALOGUE), values)
            assert (found.result, found.error, found.seen[0].result) == (False, None, "unknown")


def test_m7_dates_are_dates():
    assert holds(leaf("served", "between", ["2026-04-01", "2026-04-30"]), served="2026-04-30")
    instant = datetime(2026, 4, 30, 12, tzinfo=UTC)
    found = evaluate(
        compile_conditions(leaf("served", "after", "2026-04-01"), CATALOGUE), {"served": instant}
    )
    assert found.error == "“served” should be a date and is an instant (at /conditions)"


@pytest.mark.parametrize(
    "value", ["2026-02-30", "01/04/2026", "2026-4-1", "20260401", 20260401, "2026-W14-3", True]
)
def test_m7_what_is_no_date_is_refused(value):
    assert codes(leaf("served", "after", value)) == ["HB112"]


def test_m8_the_tests_that_the_library_lacks():
    assert holds({"not": leaf("age", "equal_to", 2)}, age=1)
    assert holds(leaf("age", "not_equal_to", 2), age=1)
    assert holds(leaf("tenure", "is_one_of", ["freehold"]), tenure="freehold")
    assert holds(leaf("age", "between", [1, 3]), age=3)
    assert holds(leaf("age", "is_missing"))
    assert holds({"not": leaf("age", "is_known")})
    assert evaluate(compile_conditions(None, CATALOGUE), {}).result


def test_m9_a_test_that_compares_with_nothing_takes_no_value():
    assert holds(leaf("joint", "is_true"), joint=True)
    assert codes(leaf("joint", "is_true", True)) == ["HB114"]
    assert codes(leaf("age", "is_known", None)) == ["HB114"]
    assert codes(leaf("age", "equal_to")) == ["HB113"]


@pytest.mark.parametrize("key", ["enabled", "negate", "Value", "all ", "~/x"])
def test_m10_unknown_keys_are_refused(key):
    found = check_conditions({**leaf("age", "equal_to", 1), key: False}, CATALOGUE)
    assert [each.code for each in found] == ["HB103"]
    assert found[0].pointer == "/conditions/" + key.replace("~", "~0").replace("/", "~1")


def test_m11_a_result_is_a_bool():
    assert (
        evaluate(compile_conditions(leaf("note", "contains", "a"), CATALOGUE), {"note": "a"}).result is True
    )


def test_m12_the_example_of_the_library_s_own_readme_is_told_what_is_wrong_with_it():
    raw = {"any": [leaf("age", "less_than", 5)], "all": [leaf("age", "greater_than", 20)]}
    (found,) = check_conditions(raw, CATALOGUE)
    assert found.message == "“all” and “any” cannot stand side by side."
    assert found.help == 'Put one inside the other: {"all": [ …, {"any": [ … ]} ]}.'


def test_what_stands_side_by_side_is_looked_at_all_the_same():
    raw = {"any": [leaf("ag", "less_than", 5)], "all": [leaf("age", "greater_than", "20")], "then": 1}
    assert [(each.code, each.pointer) for each in check_conditions(raw, CATALOGUE, "")] == [
        ("HB102", ""),
        ("HB112", "/all/0/value"),
        ("HB110", "/any/0/name"),
    ]


def test_the_value_of_a_misspelt_test_is_looked_at_as_of_the_one_that_was_meant():
    raw = {"all": [leaf("age", ">", "20"), leaf("age", "grater_than", True), leaf("age", "bigger", "20")]}
    assert [(each.code, each.pointer) for each in check_conditions(raw, CATALOGUE, "")] == [
        ("HB111", "/all/0/operator"),
        ("HB112", "/all/0/value"),
        ("HB111", "/all/1/operator"),
        ("HB112", "/all/1/value"),
        ("HB111", "/all/2/operator"),
    ]


def test_not_takes_one_condition():
    (found,) = check_conditions({"not": [leaf("age", "less_than", 5)]}, CATALOGUE)
    assert (found.code, found.pointer) == ("HB100", "/conditions/not")
    assert '{"not": {"any": [ … ]}}' in found.help


def test_nothing_runs_when_the_second_action_is_wrong():
    raw = [{"name": "add_group", "params": {"group": "legal"}}, {"name": "add_grup", "params": {}}]
    with pytest.raises(InvalidDocument) as refused:
        compile_actions(raw, CATALOGUE, "allocation")
    (found,) = refused.value.diagnostics
    assert (found.code, found.pointer, found.help) == (
        "HB121",
        "/actions/1/name",
        "Did you mean “add_group”?",
    )


def test_what_a_rule_asks_for_cannot_be_changed_through_an_intent():
    actions = compile_actions([{"name": "assign_users", "params": {"users": ["a"]}}], CATALOGUE, "allocation")
    always = compile_conditions(None, CATALOGUE)
    for _ in range(2):
        _, (intent,) = run_rule(always, actions, {})
        assert intent.params == {"users": ["a"]}
        intent.params["users"].append("b")
