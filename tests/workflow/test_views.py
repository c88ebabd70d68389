"""A case as people see it at an instant."""

from datetime import UTC, date, datetime

import pytest

from homebuy_plugin.testing.worlds import new_case, shipped_world
from homebuy_plugin.types import CaseChange, CaseFacts, Officer, TaskChange
from homebuy_plugin.workflow.views import worst


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


NOV2 = utc(2026, 11, 2, 10)


@pytest.fixture
def case():
    facts = CaseFacts(reference="HB-1", scheme="right_to_buy", served_on=date(2026, 11, 2))
    return new_case(shipped_world(), facts, NOV2)


def task(case, code, at):
    return next(t for t in case.outcome(at).tasks if t.code == code)


def test_the_outcome_of_a_new_case(case):
    out = case.outcome(NOV2)
    assert (out.reference, out.scheme, out.status, out.needs_owner) == ("HB-1", "right_to_buy", "open", False)
    assert out.owner == Officer(id="p.shah", name="p.shah")
    assert out.manager == Officer(id="m.jones", name="m.jones")
    assert [(s.code, s.master_stage, s.opened_on) for s in out.stages] == [
        ("application", "application", date(2026, 11, 2))
    ]
    assert out.missing == ("record_service", "acknowledge_application", "check_application_form")
    assert out.next_stages == ()


def test_a_clock_is_told_with_its_law(case):
    clock = task(case, "serve_rtb2", NOV2).clocks[0]
    assert (clock.code, clock.kind, clock.status, clock.run) == ("section_124", "statutory", "green", 1)
    assert (clock.started_on, clock.due_on, clock.due_at) == (
        date(2026, 11, 2),
        date(2026, 11, 30),
        utc(2026, 12, 1),
    )
    assert dict(clock.amber) == {"first": date(2026, 11, 23), "last": date(2026, 11, 27)}
    assert clock.legal_basis["instrument"] == "Housing Act 1985"
    assert clock.legal_basis["status"] == "verified"
    assert clock.provisional is False


@pytest.mark.parametrize(
    ("at", "colour"),
    [
        (utc(2026, 11, 23, 8, 59), "green"),
        (utc(2026, 11, 23, 9), "amber"),
        (utc(2026, 11, 30, 23, 59), "amber"),
        (utc(2026, 12, 1), "red"),
    ],
)
def test_the_colour_of_a_running_clock(case, at, colour):
    assert task(case, "serve_rtb2", at).clocks[0].status == colour
    assert task(case, "serve_rtb2", at).rag == colour


def test_a_held_clock_is_paused_and_a_met_one_met(case):
    case.play(TaskChange.hold("x"), NOV2, "acknowledge_application")
    assert task(case, "acknowledge_application", utc(2026, 12, 1)).rag == "paused"
    case.complete("record_service", at=NOV2)
    done = task(case, "record_service", NOV2)
    assert (done.rag, done.status, done.completed_on) == ("met", "complete", date(2026, 11, 2))


def test_a_provisional_date_says_so_until_its_day_is_over(case):
    case.complete("serve_rtb2", at=NOV2, facts={"eligibility_decision": "admit"})
    case.complete("serve_section_125_notice", at=NOV2)
    case.play(CaseChange.record("determination_requested"), utc(2026, 11, 9, 12))
    case.complete("serve_determination", at=utc(2026, 11, 16, 12))
    # 42 days beginning with Monday 16 November end on Sunday 27 December

    def provisional(at):
        clocks = task(case, "await_notice_of_intention", at).clocks
        return next(c.provisional for c in clocks if c.code == "section_125d")

    assert provisional(utc(2026, 12, 27, 23, 59))
    assert not provisional(utc(2026, 12, 28))


def test_the_worst_of_the_running_clocks_colours_a_task():
    from homebuy_plugin.types import ClockView

    def views(*statuses):
        return [ClockView(code=s, kind="service", status=s) for s in statuses]

    assert worst(views("green", "red", "amber", "missed")) == "red"
    assert worst(views("green", "met", "waiting")) == "green"
    assert worst(views("waiting", "met")) == "waiting"
    assert worst([]) == ""


def test_an_outcome_shows_facts_but_not_personal_ones():
    facts = {"property_type": "flat", "asb_pending": True}
    claim = CaseFacts(reference="HB-1", scheme="right_to_buy", served_on=date(2026, 11, 2), facts=facts)
    seen = new_case(shipped_world(), claim, NOV2).outcome(NOV2)
    assert dict(seen.facts) == {"property_type": "flat"}
    assert seen.served_on == date(2026, 11, 2)
