"""A task that outlives its case: its dates are told of and it can be done when the case is closed."""

import copy
from datetime import UTC, date, datetime

import pytest

from homebuy_plugin.exceptions import NotAllowed
from homebuy_plugin.testing.small_documents import ESCALATION, PACK, escalation
from homebuy_plugin.testing.small_landlord import SmallLandlord, at
from homebuy_plugin.types import CaseChange, TaskChange

DIARY = {
    "code": "keep_diary",
    "name": "Keep the diary",
    "kind": "wait",
    "mandatory": False,
    "carry": True,
    "outlives": True,
    "clocks": [
        {
            "code": "section_155",
            "kind": "statutory",
            "starts": ["task.completed:review_decision"],
            "counting": "beginning_with",
            "period": {"value": 60, "unit": "months"},
            "legal_basis": {"instrument": "Housing Act 1985", "section": "155(2)"},
        }
    ],
}
OTHER = {"code": "tidy_up", "name": "Tidy up", "mandatory": False, "carry": True, "clocks": []}


@pytest.fixture
def closed(landlord: SmallLandlord) -> SmallLandlord:
    """Denied and reviewed on Mon 9 November 2026, closed on Tuesday the 10th."""
    pack = copy.deepcopy(PACK)
    review = next(stage for stage in pack["stages"] if stage["code"] == "review")
    review["tasks"] += [DIARY, OTHER]
    landlord.publish(at(1, month=10), pack=pack)
    landlord.create()
    for task in ("log_application", "decide", "serve_notice"):
        facts = {"eligibility_decision": "deny"} if task == "decide" else {}
        landlord.task(task, TaskChange.complete(by="amir", facts=facts), at(6))
    landlord.update(CaseChange.activate("review", by="amir"), at(9))
    landlord.task("review_decision", TaskChange.complete(by="amir"), at(9))
    landlord.update(CaseChange.close("denied", by="amir"), at(10))
    return landlord


def clock_of(landlord: SmallLandlord, code: str):
    return next(c for c in landlord.state().clocks.values() if c.code == code)


def test_its_clock_runs_on_and_the_rest_is_cancelled(closed: SmallLandlord) -> None:
    """Five years beginning with Mon 9 Nov 2026: Sat 8 Nov 2031."""
    state = closed.state()
    assert state.status == "closed"
    assert (clock_of(closed, "section_155").status, clock_of(closed, "section_155").due_on) == (
        "running",
        date(2031, 11, 8),
    )
    left = {t.code: t.status for t in state.tasks.values() if t.code in ("keep_diary", "tidy_up")}
    assert left == {"keep_diary": "open", "tidy_up": "cancelled"}


def test_its_target_is_told_of_though_the_case_is_closed(closed: SmallLandlord) -> None:
    assert closed.tick(datetime(2031, 11, 8, 12, tzinfo=UTC)).decided == 0
    before = len(closed.host.notices)
    report = closed.tick(datetime(2031, 11, 10, 12, tzinfo=UTC))
    assert (report.decided, report.errors) == (1, ())
    assert {n.template for n in closed.host.notices[before:]} == {"passed"}
    assert closed.tick(datetime(2031, 11, 11, 12, tzinfo=UTC)).decided == 0


def test_it_can_be_done_and_nothing_else(closed: SmallLandlord) -> None:
    with pytest.raises(NotAllowed, match="is closed"):
        closed.task("tidy_up", TaskChange.activity(by="amir"), at(12))
    done = datetime(2031, 11, 7, 12, tzinfo=UTC)
    closed.task("keep_diary", TaskChange.complete(by="amir"), done)
    assert clock_of(closed, "section_155").status == "met"
    assert closed.tick(datetime(2031, 11, 10, 12, tzinfo=UTC)).decided == 0


def test_what_was_done_by_mistake_is_done_again_though_the_case_is_closed(closed: SmallLandlord) -> None:
    closed.task("keep_diary", TaskChange.complete(by="amir"), at(12))
    closed.task("keep_diary", TaskChange.reopen("too soon", by="amir"), at(13))
    assert clock_of(closed, "section_155").status == "running"


TARGET = {
    "code": "diary_target",
    "kind": "service",
    "starts": ["task.completed:review_decision"],
    "counting": "within",
    "period": {"value": 10, "unit": "working_days"},
    "legal_basis": {"instrument": "Landlord's own standard", "status": "policy"},
}


def with_diary(landlord: SmallLandlord, **diary: object) -> None:
    """A case up to Monday 9 November, with a diary to keep; not closed yet."""
    pack = copy.deepcopy(PACK)
    review = next(stage for stage in pack["stages"] if stage["code"] == "review")
    review["tasks"] += [{**DIARY, **diary}]
    landlord.publish(at(1, month=10), pack=pack)
    landlord.create()
    for task in ("log_application", "decide", "serve_notice"):
        facts = {"eligibility_decision": "deny"} if task == "decide" else {}
        landlord.task(task, TaskChange.complete(by="amir", facts=facts), at(6))
    landlord.update(CaseChange.activate("review", by="amir"), at(9))
    landlord.task("review_decision", TaskChange.complete(by="amir"), at(9))


def test_a_hold_ends_with_the_case_and_the_diary_runs_on(landlord: SmallLandlord) -> None:
    """Ten working days from Mon 9 Nov: Mon 23 Nov; held Tue and Wed, closed on Thu: Wed 25 Nov."""
    with_diary(landlord, kind="work", clocks=[TARGET])
    landlord.task("keep_diary", TaskChange.hold("waiting", by="amir"), at(10, 0))
    landlord.update(CaseChange.close("denied", by="amir"), at(12, 0))
    clock = clock_of(landlord, "diary_target")
    assert (clock.paused_at, clock.due_on) == (None, date(2026, 11, 25))


def test_a_diary_held_after_the_closing_waits(landlord: SmallLandlord) -> None:
    with_diary(landlord, kind="work", clocks=[TARGET])
    landlord.update(CaseChange.close("denied", by="amir"), at(12))
    landlord.task("keep_diary", TaskChange.hold("waiting", by="amir"), at(13))
    landlord.tick(at(20, month=12))
    assert not [key for key in landlord.state().rungs if key[1] == "diary_target"]


def test_a_diary_with_a_lag_opens_in_a_closed_case(landlord: SmallLandlord) -> None:
    """Thirty days after Mon 9 November: Wed 9 December."""
    lag = {"value": 30, "unit": "days"}
    with_diary(landlord, kind="work", clocks=[TARGET], after=["review_decision"], lag=lag)
    landlord.update(CaseChange.close("denied", by="amir"), at(12))
    assert landlord.tick(at(10, month=12)).opened == 1


def test_a_rule_taken_away_after_the_closing_fires_nothing_early(landlord: SmallLandlord) -> None:
    """Six months from 9 Nov 2026 end on 8 May 2027; the warning of 8 April is no longer wanted."""
    warned = {"name": "first", "before": {"value": 1, "unit": "months"}}
    clock = {**DIARY["clocks"][0], "period": {"value": 6, "unit": "months"}, "amber": [warned]}
    with_diary(landlord, clocks=[clock])
    landlord.update(CaseChange.close("denied", by="amir"), at(12))
    kept = [each for each in ESCALATION["rules"] if each["id"] == "notice-overdue"]
    landlord.publish(at(1, month=12), escalation=escalation(*kept))
    landlord.tick(datetime(2027, 4, 8, 12, tzinfo=UTC))
    assert not [key for key in landlord.state().rungs if key[1] == "section_155"]
