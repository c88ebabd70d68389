"""Conditions in plain English."""

from datetime import date
from decimal import Decimal

import pytest

from homebuy_plugin.engine import (
    OPERATORS,
    Catalogue,
    Variable,
    built_in_catalogue,
    compile_conditions,
    describe,
    describe_asked,
    describe_seen,
    evaluate,
    phrase,
)
from homebuy_plugin.engine.phrases import PHRASES, long_date, subject
from homebuy_plugin.types import ConditionSeen

CATALOGUE = built_in_catalogue().with_variables(
    [
        Variable(name="epc", label="EPC band", type="text"),
        Variable(name="built_out", label="Extension built", type="yes_no"),
        Variable(name="health", label="health note", type="text", personal=True),
    ]
)


def leaf(name, operator, *value):
    return {"name": name, "operator": operator, **({"value": value[0]} if value else {})}


def told(raw):
    return describe(compile_conditions(raw, CATALOGUE), CATALOGUE)


def test_every_operator_of_every_type_has_a_phrase_and_its_negation():
    for type_, known in OPERATORS.items():
        for name, operator in known.items():
            so, not_so = phrase(type_, name), phrase(type_, name, negated=True)
            assert so != not_so
            for each in (so, not_so):
                assert ("{value}" in each) is (operator.operand != "none" and bool(each))
    assert phrase("choice", "is_one_of") == "is one of {value}"


def test_no_phrase_is_for_a_test_that_does_not_exist():
    for type_, phrases in PHRASES.items():
        methods = {each.method for each in OPERATORS[type_].values()} | {"matches_regex"}
        if type_ != "yes_no":  # its tests are said by sentences of their own
            assert set(phrases) <= methods


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (None, "always"),
        (
            leaf("property_type", "is_one_of", ["flat", "maisonette"]),
            "the property type is one of flat, maisonette",
        ),
        (leaf("property_type", "is", "flat"), "the property type is flat"),
        ({"not": leaf("property_type", "is", "flat")}, "the property type is not flat"),
        (leaf("country", "is", "northern_ireland"), "the country is Northern Ireland"),
        (leaf("stage", "is", "tenant_decision"), "the stage is “tenant_decision”"),
        (leaf("patch", "starts_with", "N"), "the patch starts with “N”"),
        (leaf("epc", "is_missing"), "the EPC band is not known"),
        (
            leaf("estimated_value", "greater_than", Decimal("150000.50")),
            "the estimated value is more than 150,000.5",
        ),
        ({"not": leaf("joint_applicants", "greater_than", 1)}, "the number of applicants is at most 1"),
        (
            leaf("days_to_target", "between", [-3, 1000]),
            "the number of days to the target is between -3 and 1,000",
        ),
        (
            leaf("served_on", "on_or_after", "2026-04-01"),
            "the day the notice was served is on or after 1 April 2026",
        ),
        (
            leaf("created_at", "on_or_after", "2026-04-01T09:00:00+01:00"),
            "the time the case was created is on or after 1 April 2026, 09:00 UTC+01:00",
        ),
        (
            leaf("time_overdue", "longer_than", "PT48H"),
            "the time since the target passed is longer than 2 days",
        ),
        (
            {"not": leaf("time_overdue", "at_least", "P1DT2H1M")},
            "the time since the target passed is shorter than 1 day, 2 hours and 1 minute",
        ),
        (leaf("wd_overdue", "greater_than", 3), "the number of working days overdue is more than 3"),
        (leaf("applicant_vulnerable", "is_true"), "an applicant is vulnerable"),
        (leaf("applicant_vulnerable", "is_false"), "no applicant is vulnerable"),
        (leaf("applicant_vulnerable", "is_not", True), "no applicant is vulnerable"),
        (leaf("applicant_vulnerable", "is_not", False), "an applicant is vulnerable"),
        ({"not": leaf("applicant_vulnerable", "is", False)}, "an applicant is vulnerable"),
        (leaf("built_out", "is_true"), "“extension built” is yes"),
        ({"not": leaf("built_out", "is_true")}, "“extension built” is no"),
        (leaf("built_out", "is_known"), "the extension built is known"),
        (leaf("case_flags", "does_not_contain", "told"), "the flags of the case do not include “told”"),
        (leaf("tasks_done", "contains_all", ["a", "b"]), "the completed tasks include all of “a”, “b”"),
        (
            {"all": [leaf("patch", "is", "N1"), leaf("on_hold", "is_false")]},
            "the patch is “N1”, and nothing is on hold",
        ),
        (
            {
                "all": [
                    leaf("patch", "is", "N1"),
                    {"any": [leaf("stage", "is", "a"), leaf("stage", "is", "b")]},
                ]
            },
            "the patch is “N1”, and (the stage is “a”, or the stage is “b”)",
        ),
        (
            {"not": {"any": [leaf("patch", "is", "N1"), leaf("on_hold", "is_true")]}},
            "the patch is not “N1”, and nothing is on hold",
        ),
        (
            {"any": [{"all": [leaf("patch", "is", "N1")]}, leaf("on_hold", "is_true")]},
            "the patch is “N1”, or the case or task is on hold",
        ),
    ],
)
def test_conditions_read_as_a_clause(raw, sentence):
    assert told(raw) == sentence


@pytest.mark.parametrize(
    ("raw", "values", "sentence"),
    [
        (leaf("patch", "is", "N1"), {"patch": "N1"}, "the patch is “N1”"),
        (leaf("patch", "is", "N1"), {"patch": "S4"}, "the patch is not “N1” (it is “S4”)"),
        ({"not": leaf("patch", "is", "N1")}, {"patch": "S4"}, "the patch is not “N1” (it is “S4”)"),
        (leaf("patch", "is_not", "N1"), {"patch": "S4"}, "the patch is not “N1” (it is “S4”)"),
        (leaf("patch", "is_not", "N1"), {"patch": "N1"}, "the patch is “N1”"),
        (leaf("patch", "is", "N1"), {}, "the patch is not known"),
        (leaf("patch", "is_known"), {}, "the patch is not known"),
        (leaf("applicant_vulnerable", "is_true"), {}, "it is not known whether an applicant is vulnerable"),
        (leaf("patch", "is_known"), {"patch": "N1"}, "the patch is known (it is “N1”)"),
        (leaf("patch", "is_missing"), {"patch": "N1"}, "the patch is known"),
        (
            leaf("joint_applicants", "less_than", 2),
            {"joint_applicants": 3},
            "the number of applicants is at least 2 (it is 3)",
        ),
        (
            leaf("served_on", "before", "2026-04-01"),
            {"served_on": date(2026, 5, 1)},
            "the day the notice was served is on or after 1 April 2026 (it is 1 May 2026)",
        ),
        (
            leaf("asb_pending", "is_true"),
            {"asb_pending": False},
            "no anti-social behaviour action is pending",
        ),
        (
            leaf("case_flags", "contains", "told"),
            {"case_flags": ["urgent", "late"]},
            "the flags of the case do not include “told” (they are “urgent”, “late”)",
        ),
        (
            leaf("case_flags", "contains", "told"),
            {"case_flags": []},
            "the flags of the case do not include “told” (there are none)",
        ),
        (leaf("case_flags", "contains", "told"), {}, "the flags of the case are not known"),
        (leaf("health", "contains", "lung"), {"health": "lungs"}, "the health note contains “lung”"),
    ],
)
def test_what_a_condition_saw_reads_as_a_clause(raw, values, sentence):
    (seen,) = evaluate(compile_conditions(raw, CATALOGUE), values).seen
    assert describe_seen(seen, CATALOGUE) == sentence


def test_a_record_older_than_the_catalogue_can_still_be_read():
    seen = ConditionSeen(pointer="/c", name="gone", operator="is", expected=1, actual=2, result="false")
    assert describe_seen(seen, CATALOGUE) == "gone is 1: false"
    assert (
        describe_seen(seen, Catalogue.of([Variable(name="gone", label="", type="choices")]))
        == "gone is 1: false"
    )


def test_subjects_and_dates():
    assert subject(Variable(name="rent_type", label="", type="text")) == "the rent type"
    assert subject(Variable(name="x", label="The home", type="text")) == "the home"
    assert long_date(date(2026, 12, 31)) == "31 December 2026"


@pytest.mark.parametrize(
    ("raw", "values", "words"),
    [
        (leaf("patch", "is", "N1"), {"patch": "S4"}, "the patch is “N1” (it is “S4”)"),
        (leaf("patch", "is", "N1"), {"patch": "N1"}, "the patch is “N1”"),
        (leaf("patch", "is", "N1"), {}, "the patch is “N1” (not known)"),
        ({"not": leaf("patch", "is", "N1")}, {"patch": "N1"}, "the patch is not “N1”"),
        ({"not": leaf("patch", "is", "N1")}, {"patch": "S4"}, "the patch is not “N1” (it is “S4”)"),
        (leaf("patch", "is_missing"), {"patch": "S4"}, "the patch is not known (it is “S4”)"),
        (leaf("patch", "is_missing"), {}, "the patch is not known"),
        (leaf("case_flags", "contains", "told"), {"case_flags": []}, "the flags of the case include “told” (there are none)"),
    ],
)  # fmt: skip
def test_what_a_condition_asks_for_reads_the_same_met_or_not(raw, values, words):
    (seen,) = evaluate(compile_conditions(raw, CATALOGUE), values).seen
    assert describe_asked(seen, CATALOGUE) == words


def test_values_are_called_what_people_call_them():
    named = CATALOGUE.with_names({"stage": {"offer": "“Offer”"}})
    assert describe(compile_conditions(leaf("stage", "is_one_of", ["offer", "new"]), named), named) == (
        "the stage is one of “Offer”, “new”"
    )
    assert describe(compile_conditions(leaf("scheme", "is", "right_to_buy"), named), named) == (
        "the scheme is Right to Buy"
    )
