"""What each test of each type answers."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from homebuy_plugin.engine import OPERATORS, TYPES, Catalogue, Variable, compile_conditions, evaluate
from homebuy_plugin.engine.kinds import KINDS, method_of

CATALOGUE = Catalogue.of(Variable(name=each, label=each, type=each) for each in TYPES)

NOTHING = object()
NINE = "2026-04-01T09:00:00+01:00"
EIGHT_UTC = datetime(2026, 4, 1, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

TRUTH = [
    # type, operator, compared with, true for, false for
    ("text", "equal_to", "Wŷr", ["Wŷr", "Wy\u0302r"], ["wŷr", "Wyr", ""]),
    ("text", "is", "N1", ["N1"], ["n1"]),
    ("text", "not_equal_to", "N1", ["n1", ""], ["N1"]),
    ("text", "is_not", "N1", ["N2"], ["N1"]),
    ("text", "equal_to_case_insensitive", "STRASSE", ["straße", "Strasse"], ["strase"]),
    ("text", "starts_with", "N1", ["N1", "N12"], ["n1", "XN1"]),
    ("text", "ends_with", "1", ["N1"], ["N12"]),
    ("text", "contains", "or", ["north"], ["NORTH"]),
    ("text", "does_not_contain", "or", ["NORTH", ""], ["north"]),
    ("text", "is_one_of", ["N1", "N2"], ["N2"], ["N3", "N"]),
    ("text", "is_not_one_of", ["N1", "N2"], ["N3"], ["N1"]),
    ("text", "non_empty", NOTHING, ["a", " "], [""]),
    ("number", "equal_to", 3, [3, 3.0, Decimal("3.00")], [3.0000001, -3]),
    ("number", "is", Decimal("0.1"), [0.1, Decimal("0.1")], [0.2 - 0.1 + 1e-12]),
    ("number", "not_equal_to", 3, [4], [3]),
    ("number", "is_not", 3, [4], [3]),
    ("number", "greater_than", 3, [4, 3.0000001], [3, 2]),
    ("number", "greater_than_or_equal_to", 3, [3, 4], [2.9999999]),
    ("number", "less_than", 3, [2.9999999], [3, 4]),
    ("number", "less_than_or_equal_to", 3, [3, -1], [3.0000001]),
    ("number", "between", [1, Decimal("2.5")], [1, 2, 2.5], [0.99, 2.51]),
    ("number", "is_one_of", [1, 2.5], [1, Decimal("2.5")], [2]),
    ("number", "is_not_one_of", [1, 2.5], [2], [2.5]),
    ("yes_no", "is_true", NOTHING, [True], [False]),
    ("yes_no", "is_false", NOTHING, [False], [True]),
    ("yes_no", "equal_to", True, [True], [False]),
    ("yes_no", "is", False, [False], [True]),
    ("yes_no", "not_equal_to", True, [False], [True]),
    ("yes_no", "is_not", True, [False], [True]),
    ("choice", "equal_to", "flat", ["flat"], ["Flat", "house"]),
    ("choice", "is", "flat", ["flat"], ["house"]),
    ("choice", "not_equal_to", "flat", ["house"], ["flat"]),
    ("choice", "is_not", "flat", ["house"], ["flat"]),
    ("choice", "is_one_of", ["flat", "house"], ["flat"], ["bungalow"]),
    ("choice", "is_not_one_of", ["flat", "house"], ["bungalow"], ["flat"]),
    ("choices", "contains", "a", [["a"], ("b", "a")], [[], ["A"]]),
    ("choices", "does_not_contain", "a", [[], ["A"]], [["a", "b"]]),
    ("choices", "contains_all", ["a", "b"], [["b", "c", "a"]], [["a"], []]),
    ("choices", "is_contained_by", ["a", "b"], [["a"], []], [["a", "c"]]),
    ("choices", "shares_at_least_one_element_with", ["a", "b"], [["b", "c"]], [["c"], []]),
    ("choices", "shares_exactly_one_element_with", ["a", "b"], [["b", "c"]], [["a", "b"], []]),
    ("choices", "shares_no_elements_with", ["a", "b"], [["c"], []], [["b"]]),
    ("choices", "non_empty", NOTHING, [["a"], {"a"}], [[]]),
    ("date", "equal_to", "2026-04-01", [date(2026, 4, 1), "2026-04-01"], [date(2026, 4, 2)]),
    ("date", "is", "2026-04-01", [date(2026, 4, 1)], [date(2026, 4, 2)]),
    ("date", "not_equal_to", "2026-04-01", [date(2026, 4, 2)], [date(2026, 4, 1)]),
    ("date", "is_not", "2026-04-01", [date(2026, 4, 2)], [date(2026, 4, 1)]),
    ("date", "before", "2026-04-01", [date(2026, 3, 31)], [date(2026, 4, 1)]),
    ("date", "after", "2026-04-01", [date(2026, 4, 2)], [date(2026, 4, 1)]),
    ("date", "on_or_before", "2026-04-01", [date(2026, 4, 1)], [date(2026, 4, 2)]),
    ("date", "on_or_after", "2026-04-01", [date(2026, 4, 1)], [date(2026, 3, 31)]),
    ("date", "between", ["2026-04-01", "2026-04-02"], ["2026-04-01", "2026-04-02"], ["2026-04-03"]),
    ("date", "is_one_of", ["2026-04-01"], [date(2026, 4, 1)], [date(2026, 4, 2)]),
    ("date", "is_not_one_of", ["2026-04-01"], [date(2026, 4, 2)], [date(2026, 4, 1)]),
    ("date_time", "equal_to", NINE, [EIGHT_UTC, "2026-04-01T08:00Z"], ["2026-04-01T09:00:00Z"]),
    ("date_time", "is", NINE, [EIGHT_UTC], [EIGHT_UTC + MINUTE]),
    ("date_time", "not_equal_to", NINE, [EIGHT_UTC + MINUTE], [EIGHT_UTC]),
    ("date_time", "is_not", NINE, [EIGHT_UTC + MINUTE], [EIGHT_UTC]),
    ("date_time", "before", NINE, [EIGHT_UTC - MINUTE], [EIGHT_UTC, "2026-04-01T09:00:00+01:00"]),
    ("date_time", "after", NINE, [EIGHT_UTC + MINUTE], [EIGHT_UTC]),
    ("date_time", "on_or_before", NINE, [EIGHT_UTC], [EIGHT_UTC + MINUTE]),
    ("date_time", "on_or_after", NINE, [EIGHT_UTC], [EIGHT_UTC - MINUTE]),
    ("date_time", "between", [NINE, "2026-04-01T08:01:00Z"], [EIGHT_UTC + MINUTE], [EIGHT_UTC - MINUTE]),
    ("date_time", "is_one_of", [NINE], [EIGHT_UTC], [EIGHT_UTC + MINUTE]),
    ("date_time", "is_not_one_of", [NINE], [EIGHT_UTC + MINUTE], [EIGHT_UTC]),
    ("duration", "equal_to", "PT48H", [timedelta(days=2), "P2D", "P1DT24H"], [timedelta(hours=47)]),
    ("duration", "is", "P1W", [timedelta(days=7)], ["P6DT23H59M59S"]),
    ("duration", "not_equal_to", "P2D", ["P1D"], ["PT48H"]),
    ("duration", "is_not", "P2D", ["P1D"], ["PT48H"]),
    ("duration", "longer_than", "PT90M", ["PT1H31M"], ["PT1H30M"]),
    ("duration", "at_least", "PT90M", ["PT1H30M"], ["PT1H29M59.5S"]),
    ("duration", "shorter_than", "PT90M", ["PT1H", "-P1D"], ["PT1H30M"]),
    ("duration", "at_most", "PT90M", ["PT1H30M"], ["PT1H30M1S"]),
    ("duration", "between", ["P1D", "P2D"], ["P1D", "PT48H"], ["PT23H", "PT49H"]),
    ("duration", "is_one_of", ["P1D", "P2D"], ["PT24H"], ["PT25H"]),
    ("duration", "is_not_one_of", ["P1D"], ["PT25H"], ["PT24H"]),
]


def answer(type_, operator, expected, value, *, negated=False):
    raw = {"name": type_, "operator": operator}
    if expected is not NOTHING:
        raw["value"] = expected
    raw = {"not": raw} if negated else raw
    found = evaluate(compile_conditions(raw, CATALOGUE), {type_: value})
    assert found.error is None
    return found.result


@pytest.mark.parametrize(("type_", "operator", "expected", "yes", "no"), TRUTH)
def test_truth(type_, operator, expected, yes, no):
    for value in yes:
        assert answer(type_, operator, expected, value)
        assert not answer(type_, operator, expected, value, negated=True)
    for value in no:
        assert not answer(type_, operator, expected, value)
        assert answer(type_, operator, expected, value, negated=True)


EXAMPLES = {
    "text": "a",
    "number": 1,
    "yes_no": False,
    "choice": "a",
    "choices": [],
    "date": "2026-04-01",
    "date_time": NINE,
    "duration": "P1D",
}


@pytest.mark.parametrize("type_", TYPES)
def test_every_type_tells_known_from_missing(type_):
    for value, known in ((EXAMPLES[type_], True), (None, False)):
        assert answer(type_, "is_known", NOTHING, value) is known
        assert answer(type_, "is_missing", NOTHING, value) is not known
        assert answer(type_, "is_known", NOTHING, value, negated=True) is not known
        assert answer(type_, "is_missing", NOTHING, value, negated=True) is known


def test_no_operator_is_left_without_a_row_above():
    rows = {(type_, operator) for type_, operator, *_ in TRUTH}
    extra = {("text", "matches_regex")} | {(t, o) for t in TYPES for o in ("is_known", "is_missing")}
    assert {(t, o) for t in TYPES for o in OPERATORS[t]} - extra == rows


def test_every_operator_is_one_that_business_rules_knows_as_such():
    for type_, known in OPERATORS.items():
        marked = {each["name"] for each in KINDS[type_].get_all_operators()}
        for operator in known.values():
            assert operator.method in marked | {"is_known", "is_missing"}


@pytest.mark.parametrize("method", ["__init__", "get_all_operators", "_assert_valid_value_and_cast"])
def test_only_marked_methods_can_be_reached(method):
    with pytest.raises(AttributeError):
        method_of("number", method)


def test_the_names_of_business_rules_are_kept():
    from business_rules import operators

    for original, types in (
        ("StringType", ["text"]),
        ("NumericType", ["number"]),
        ("BooleanType", ["yes_no"]),
        ("SelectType", ["choices"]),
        ("SelectMultipleType", ["choices"]),
    ):
        names = {each["name"] for each in getattr(operators, original).get_all_operators()}
        for type_ in types:
            assert names - set(OPERATORS[type_]) <= {"matches_regex"}
