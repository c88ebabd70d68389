"""What an analyst is told about conditions that are not sound: where, what, and what instead."""

from decimal import Decimal

import pytest

from homebuy_plugin.engine import Catalogue, Diagnostic, Variable, check_conditions
from homebuy_plugin.engine.diagnostics import below, clipped, listed, nearest, shown

CATALOGUE = Catalogue.of(
    [
        Variable(name="patch", label="patch", type="text"),
        Variable(name="tenancy_years", label="years", type="number"),
        Variable(name="joint", label="joint", type="yes_no"),
        Variable(name="property_type", label="property type", type="choice", options=("flat", "house")),
        Variable(name="flags", label="flags", type="choices", options=("told", "urgent")),
        Variable(name="served", label="served", type="date"),
        Variable(name="seen", label="seen", type="date_time"),
        Variable(name="late", label="late", type="duration"),
    ]
)


def leaf(name, operator, *value):
    return {"name": name, "operator": operator, **({"value": value[0]} if value else {})}


CASES = [
    (
        leaf("proprty_type", "is", "flat"),
        "/name",
        "There is no variable “proprty_type”.",
        "Did you mean “property_type”?",
    ),
    (
        leaf("zzz", "is", "flat"),
        "/name",
        "There is no variable “zzz”.",
        "Variables: flags, joint, late, patch,",
    ),
    (
        leaf("tenancy_years", "greater_then", 3),
        "/operator",
        "“tenancy_years” is a number and has no test “greater_then”.",
        "Did you mean “greater_than”? Tests for it: equal_to, is,",
    ),
    (leaf("tenancy_years", ">=", 3), "/operator", "has no test “>=”", "Write “greater_than_or_equal_to”."),
    (leaf("served", "greater_than", "2026-04-01"), "/operator", "is a date and", "Write “after”."),
    (
        leaf("flags", "in", ["told"]),
        "/operator",
        "a list of choices",
        "Write “shares_at_least_one_element_with”.",
    ),
    (
        leaf("joint", "greater_than", 1),
        "/operator",
        "“joint” is yes or no and",
        "Tests for it: is_true, is_false,",
    ),
    (
        leaf("property_type", "starts_with", "f"),
        "/operator",
        "“property_type” is a choice and",
        "Tests for it:",
    ),
    (leaf("patch", 5, "a"), "/operator", "“operator” is a text, not the number 5.", ""),
    (leaf(None, "is", "a"), "/name", "“name” is a text, not null.", ""),
    (leaf("tenancy_years", "is", "3"), "/value", "needs a number, not the text “3”", "quotation marks: 3"),
    (leaf("tenancy_years", "is", "£1,500.50"), "/value", "needs a number", "quotation marks: 1500.50"),
    (leaf("tenancy_years", "is", "three"), "/value", "not the text “three”", "Write digits without"),
    (leaf("tenancy_years", "is", True), "/value", "needs a number, not true.", ""),
    (leaf("tenancy_years", "is", {}), "/value", "needs a number, not an object.", ""),
    (leaf("tenancy_years", "is", Decimal("NaN")), "/value", "is not finite", ""),
    (leaf("joint", "is", "Yes"), "/value", "needs yes or no, not the text “Yes”.", "quotation marks: true"),
    (leaf("joint", "is", "false"), "/value", "needs yes or no", "quotation marks: false"),
    (leaf("joint", "is", 1), "/value", "needs yes or no, not the number 1.", "Write true or false."),
    (leaf("patch", "is", 5), "/value", "needs a text, not the number 5.", "Write it in quotation marks."),
    (leaf("patch", "is", ""), "/value", "The text is empty.", "use “non_empty” or “is_missing”"),
    (leaf("patch", "is", ["N1"]), "/value", "compares with one value, not with a list.", "use “is_one_of”"),
    (leaf("flags", "contains", ["told"]), "/value", "not with a list.", "use “contains_all”"),
    (leaf("patch", "is_one_of", "N1"), "/value", "needs a list, not the text “N1”.", "square brackets"),
    (leaf("patch", "is_one_of", []), "/value", "The list is empty", ""),
    (leaf("patch", "is_one_of", ["N1", 5]), "/value/1", "needs a text, not the number 5.", ""),
    (
        leaf("property_type", "is", "flatt"),
        "/value",
        "is never “flatt”.",
        "Did you mean “flat”? Options: flat, house",
    ),
    (leaf("property_type", "is_one_of", ["flat", "Flat"]), "/value/1", "is never “Flat”.", "“flat”?"),
    (leaf("flags", "contains", "tolled"), "/value", "“flags” is never “tolled”.", "Did you mean “told”?"),
    (leaf("served", "after", "01/04/2026"), "/value", "needs a date", 'Write it as "2026-04-01"'),
    (leaf("served", "after", "9.11.2026"), "/value", "needs a date", 'Write it as "2026-11-09"'),
    (leaf("served", "after", "soon"), "/value", "needs a date, not the text “soon”", "(year-month-day)"),
    (
        leaf("served", "between", ["2026-05-01", "2026-04-01"]),
        "/value",
        "greater than the second",
        "Turn them",
    ),
    (leaf("seen", "after", "2026-04-01"), "/value", "needs a date and time", '"2026-04-01T09:00:00+01:00"'),
    (leaf("seen", "after", "2026-04-01T09:00:00"), "/value", "needs a date and time", "its offset from UTC"),
    (leaf("seen", "after", "2026-02-30T09:00:00Z"), "/value", "needs a date and time", ""),
    (
        leaf("seen", "greater_than", "2026-04-01T09:00:00Z"),
        "/operator",
        "is a date and time and",
        "Write “after”.",
    ),
    (leaf("late", "longer_than", "48 hours"), "/value", "needs a length of time", 'Write it as "PT48H".'),
    (leaf("late", "longer_than", "3 days"), "/value", "needs a length of time", 'Write it as "P3D".'),
    (leaf("late", "at_least", {"value": 2, "unit": "weeks"}), "/value", "not an object", '"P2W"'),
    (leaf("late", "at_least", "1 month"), "/value", "needs a length of time", "differ in length"),
    (leaf("late", "at_least", "P1M"), "/value", "needs a length of time", 'Write it as "P3D" (3 days)'),
    (leaf("late", "at_least", 5), "/value", "not the number 5", '"P3D"'),
    (leaf("late", "greater_than", "P1D"), "/operator", "is a length of time and", "Write “longer_than”."),
    (leaf("late", "between", ["PT48H", "P1D"]), "/value", "greater than the second", "Turn them"),
    (leaf("tenancy_years", "between", [1]), "/value", "needs a list of two values", "Both ends count"),
    (leaf("tenancy_years", "between", [1, "2"]), "/value/1", "not the text “2”", ""),
    (leaf("tenancy_years", "is"), "", "The test “is” needs a “value”.", ""),
    (leaf("tenancy_years", "is", None), "/value", "not null", "use “is_known” or “is_missing”"),
    (leaf("tenancy_years", "is_known", 1), "/value", "compares with nothing", "Leave “value” out."),
    ({"name": "joint"}, "", "The condition has no “operator”.", "Write {"),
    ({"operator": "is_true"}, "", "The condition has no “name”.", "Write {"),
    ({**leaf("joint", "is_true"), "valu": 1}, "/valu", "A condition has no “valu”.", "Did you mean “value”?"),
    (
        {**leaf("joint", "is_true"), "zz": 1},
        "/zz",
        "A condition has no “zz”.",
        "It has name, operator and value.",
    ),
    ({"all": [leaf("joint", "is_true")], "nt": 1}, "/nt", "Beside “all” nothing else can stand", "“not”"),
    ({"any": leaf("joint", "is_true")}, "/any", "“any” needs a list, not an object.", '{"any": [ … ]}'),
    ({"all": []}, "/all", "“all” is empty", 'leave "conditions" out'),
    ({"not": None}, "/not", "A condition is an object, not null.", "Write {"),
    ({"all": [[]]}, "/all/0", "A condition is an object, not a list.", "Write {"),
]


@pytest.mark.parametrize(("raw", "pointer", "message", "help_"), CASES)
def test_one_problem(raw, pointer, message, help_):
    (found,) = check_conditions(raw, CATALOGUE)
    assert found.pointer == "/conditions" + pointer
    assert message in found.message
    assert help_ in found.help
    assert found.severity == "error"


def test_all_problems_are_told_at_once_in_order_of_place():
    raw = {
        "all": [
            leaf("patc", "is", "N1"),
            {"any": [leaf("joint", "is", "yes"), {"not": {"all": []}}]},
            {"name": "x", "oper": "is", "values": 3},
            leaf("served", "after", "2026-04-01"),
        ]
    }
    found = check_conditions(raw, CATALOGUE, "/rules/0/conditions")
    assert [each.pointer.removeprefix("/rules/0/conditions") for each in found] == [
        "/all/0/name",
        "/all/1/any/0/value",
        "/all/1/any/1/not/all",
        "/all/2/oper",
        "/all/2/values",
        "/all/2/name",
        "/all/2",
    ]


def test_hostile_texts_are_clipped_in_messages():
    for raw in (
        leaf("x" * 10**6, "is", 1),
        leaf("patch", "x" * 10**6, 1),
        {"x" * 10**6: 1, "name": 1, "operator": 1},
    ):
        for each in check_conditions(raw, CATALOGUE):
            assert len(each.message) + len(each.help) + len(each.pointer) < 600


def test_a_diagnostic_is_a_value():
    one = Diagnostic(code="HB100", pointer="", message="m")
    assert one == Diagnostic(code="HB100", pointer="", message="m", help="", severity="error")
    with pytest.raises(AttributeError):
        one.code = "x"


def test_the_words_of_messages():
    assert shown(10**5000) == "the number with more than 60 digits"
    assert shown(b"x") == "a bytes"
    assert clipped("x" * 61) == "x" * 59 + "…"
    assert below("/a", "b/c~d") == "/a/b~1c~0d"
    assert listed(["a", "b", "c"], 2) == "a, b, … (1 more)"
    assert nearest("FLAT", ["flat"]) == "Did you mean “flat”?"
