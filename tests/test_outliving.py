"""A task that outlives its case: its dates are told of and it can be done when the case is closed."""

import copy
from datetime import UTC, date, datetime

import pytest

from homebuy_plugin.exceptions import NotAllowed
from homebuy_plugin.testing.small_documents import PACK
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
