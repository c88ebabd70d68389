"""Stages, tasks and clocks of some companies and some dates: what may stand side by side."""

import pytest

from homebuy_plugin.documents.model import StageDef
from homebuy_plugin.documents.reach_checks import at_once


def stage(*companies, start=None, end=None):
    return StageDef(
        code="s", name="S", master_stage="offer", companies=companies, effective_from=start, effective_to=end
    )


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        (stage(), stage(), True),
        (stage("north"), stage(), True),
        (stage("north"), stage("south"), False),
        (stage("north", "east"), stage("south", "east"), True),
        (stage(end=1), stage(start=1), False),
        (stage(end=2), stage(start=1), True),
        (stage(start=1), stage(end=1), False),
        (stage("north", end=1), stage("north", start=5), False),
    ],
)
def test_two_stand_side_by_side_where_one_case_could_have_both(one, other, together):
    assert at_once(one, other) is together
    assert at_once(other, one) is together


def twin(**more):
    return {"code": "offer", "name": "Application", "master_stage": "application", **more}


@pytest.mark.parametrize(
    ("first", "second", "codes"),
    [
        ({}, twin(default_for_master=True), ["HB229", "HB234"]),
        ({}, twin(default_for_master=True, companies=["north"]), ["HB229", "HB234"]),
        ({"companies": ["south"]}, twin(default_for_master=True, companies=["north"]), []),
        ({"effective_to": "2026-04-01"}, twin(default_for_master=True, effective_from="2026-04-01"), []),
    ],
)
def test_one_name_and_one_default_for_each_company_at_a_time(validate, landlord, first, second, codes):
    landlord["pack.json"]["stages"][0] |= first
    landlord["pack.json"]["stages"][1] = second
    found = sorted(each.code for each in validate(landlord) if each.is_error)
    assert found == codes


def test_the_target_of_a_stage_contains_those_of_its_tasks_but_for_the_excepted(validate, landlord):
    application = landlord["pack.json"]["stages"][0]
    target = application["tasks"][0]["clocks"][0]
    target["period"] = {"value": 11, "unit": "working_days"}
    assert [each.code for each in validate(landlord) if each.is_error] == ["HB216"]
    target["may_outlast_stage"] = True
    assert [each.code for each in validate(landlord) if each.is_error] == []
    del target["may_outlast_stage"]
    target["companies"], application["clocks"][0]["companies"] = ["north"], ["south"]
    assert [each.code for each in validate(landlord) if each.is_error] == []
