"""Facts a host passes, and the values conditions see."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from homebuy_plugin.exceptions import InvalidArgument, UnknownName
from homebuy_plugin.testing.worlds import FakeDirectory, new_case, shipped_catalogue, shipped_world
from homebuy_plugin.types import Applicant, CaseChange, CaseFacts, TaskChange
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.events import pack_fact, unpack_fact
from homebuy_plugin.workflow.facts import check_facts, split_personal
from homebuy_plugin.workflow.variables import reader


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


NOV2 = utc(2026, 11, 2, 10)


def checked(**facts):
    return check_facts(facts, shipped_catalogue(), (), ())


def test_facts_are_kept_in_a_form_that_compares():
    given = checked(estimated_value=Decimal("250000.50"), share_percent=Decimal("25"), patch=None)
    assert given == {"estimated_value": 250000.5, "share_percent": 25, "patch": None}
    assert type(given["share_percent"]) is int


@pytest.mark.parametrize(
    ("facts", "error"),
    [
        ({"patch": 7}, InvalidArgument),
        ({"estimated_value": "much"}, InvalidArgument),
        ({"estimated_value": float("nan")}, InvalidArgument),
        ({"estimated_value": float("inf")}, InvalidArgument),
        ({"estimated_value": Decimal("sNaN")}, InvalidArgument),
        ({"estimated_value": True}, InvalidArgument),
        ({"asb_pending": "yes"}, InvalidArgument),
        ({"asb_pending": 1}, InvalidArgument),
        ({"property_type": "castle"}, UnknownName),
        ({"property_type": ["flat"]}, InvalidArgument),
        ({"weather": "fine"}, UnknownName),
    ],
)
def test_facts_of_the_wrong_kind_are_refused(facts, error):
    with pytest.raises(error):
        checked(**facts)


@pytest.mark.parametrize("value", ["x", 7, 2.5, True, False, date(2026, 11, 2), ("a", "b"), None])
def test_a_fact_survives_json(value):
    assert unpack_fact(pack_fact(value)) == value


def test_personal_facts_go_where_they_can_be_erased():
    open_, closed = split_personal({"a": 1, "b": True, "c": None}, frozenset("bc"))
    assert open_ == {"a": 1, "c": None}
    assert closed == {"fact:b": True}


# --- variables -------------------------------------------------------------------------------------


def read(played, name, at=NOV2, **about):
    case = Casework(played.state.copy(), played.world, played.directory, at)
    return reader(case, at, case.subject(**about))(name)


def claim(**more):
    given = {"reference": "HB-1", "scheme": "right_to_buy", "served_on": date(2026, 10, 30), **more}
    return new_case(shipped_world(), CaseFacts(**given), NOV2, directory=FakeDirectory(away={"jo"}))


@pytest.mark.parametrize(
    ("facts", "tenure"),
    [
        ({"property_type": "flat"}, "leasehold"),
        ({"property_type": "maisonette"}, "leasehold"),
        ({"property_type": "house"}, "freehold"),
        ({"property_type": "bungalow"}, "freehold"),
        ({"property_type": "flat", "tenure_offered": "freehold"}, "freehold"),
        ({}, None),
    ],
)
def test_the_tenure_unless_said_follows_from_the_property(facts, tenure):
    assert read(claim(facts=facts), "tenure_offered") == tenure


def test_applicants_are_counted_and_none_listed_is_one():
    assert read(claim(), "joint_applicants") == 1
    assert read(claim(applicants=(Applicant(name="a"), Applicant(name="b"))), "joint_applicants") == 2


def test_what_is_worked_out_of_the_case():
    case = claim(company="north", creator="k")
    assert read(case, "scheme") == "right_to_buy"
    assert read(case, "country") == "england"
    assert read(case, "company") == "north"
    assert read(case, "served_on") == date(2026, 10, 30)
    assert read(case, "created_on") == date(2026, 11, 2)
    assert read(case, "days_since_served") == 3
    assert read(case, "stage") == "application"
    assert read(case, "master_stage") == "application"
    assert read(case, "owner") == "p.shah"
    assert read(case, "owner_active") is True
    assert read(case, "owner_role") is None
    assert read(case, "stages_open") == ("application",)
    assert "record_service" in read(case, "tasks_open")
    assert read(case, "tasks_done") == ()
    assert read(case, "case_flags") == ()
    assert read(case, "escalation_level") == 0
    assert read(case, "has_delay_notice") is False
    assert read(case, "patch") is None


def test_what_is_worked_out_of_a_clock():
    case = claim()
    clock = case.clock("section_124")
    # due Friday 27 November 2026
    assert read(case, "days_to_target", clock=clock) == 25
    assert read(case, "wd_to_target", clock=clock) == 19
    assert read(case, "days_overdue", clock=clock) == 0
    late = utc(2026, 12, 1, 9)
    assert read(case, "days_to_target", late, clock=clock) == -4
    assert read(case, "days_overdue", late, clock=clock) == 4
    assert read(case, "is_statutory", clock=clock) is True
    assert read(case, "task_code", clock=clock) == "serve_rtb2"
    assert read(case, "stage", clock=clock) == "eligibility"
    assert read(case, "days_to_target") is None


def test_what_is_worked_out_of_a_task_on_hold():
    case = claim().play(TaskChange.hold("x"), utc(2026, 11, 3, 10), "record_service")
    held, at = case.task("record_service"), utc(2026, 11, 9, 9)
    assert read(case, "on_hold", at, task=held) is True
    assert read(case, "hold_days", at, task=held) == 6
    assert read(case, "on_hold", at) is False
    assert read(case, "task_kind", at, task=held) == "work"
    assert read(case, "mandatory", at, task=held) is True


def test_events_taken_back_are_not_recorded_any_more():
    case = claim().play(CaseChange.withdraw(), NOV2)
    assert read(case, "events_recorded") == ("claim_withdrawn",)
    case.play(CaseChange.reopen("x"), NOV2)
    assert read(case, "events_recorded") == ()


def test_the_owner_of_a_task_comes_before_the_owner_of_its_case():
    case = claim().play(TaskChange.reassign("jo"), NOV2, "record_service")
    assert read(case, "owner", task=case.task("record_service")) == "jo"
    assert read(case, "owner_active", task=case.task("record_service")) is False
    case.play(CaseChange.reassign("role:legal"), NOV2)
    assert read(case, "owner_role") == "legal"
