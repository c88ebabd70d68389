"""What conditions see of instants, lengths of time and working days; dates counted by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from homebuy_plugin.engine.catalogue import Variable
from homebuy_plugin.exceptions import InvalidArgument
from homebuy_plugin.testing.worlds import new_case, shipped_world
from homebuy_plugin.types import CaseFacts
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.variables import reader

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SUMMER = timezone(timedelta(hours=1))


def world(*more):
    shipped = shipped_world("right_to_buy")
    return replace(shipped, catalogue=shipped.catalogue.with_variables(more))


def played(*more, **facts):
    given = CaseFacts(reference="HB-1", scheme="right_to_buy", served_on=date(2026, 11, 2), facts=facts)
    return new_case(world(*more), given, MONDAY)


def values(case, at, clock=None):
    bench = Casework(case.state, case.world, case.directory, at)
    return reader(bench, at, bench.subject(clock=case.clock(clock)) if clock else None)


def test_working_days_since_something_happened():
    case = played()
    read = values(case, datetime(2026, 11, 10, 9, 0, tzinfo=UTC))  # Tuesday of the week after
    assert read("created_at") == MONDAY
    assert (read("days_since_served"), read("wd_since_served")) == (8, 6)
    assert (read("last_activity_days"), read("last_activity_wd")) == (8, 6)
    assert (read("hold_days"), read("hold_wd")) == (0, 0)


def test_nothing_is_overdue_without_a_clock():
    read = values(played(), MONDAY)
    for name in ("wd_to_target", "wd_overdue", "time_overdue", "due_at"):
        assert read(name) is None


def test_working_days_and_hours_overdue():
    case = played()
    clock = next(c for c in case.state.clocks.values() if c.due_at is not None)
    read = values(case, clock.due_at + timedelta(hours=1), clock.code)
    assert read("due_at") == clock.due_at
    assert read("time_overdue") == timedelta(hours=1)
    assert read("wd_overdue") == -read("wd_to_target") >= 0
    early = values(case, clock.due_at - timedelta(days=7), clock.code)
    assert early("time_overdue") == timedelta(0)
    assert early("wd_overdue") == 0


def test_facts_that_are_instants_and_lengths_survive_the_events():
    attributes = (
        Variable(name="called_at", label="call", type="date_time"),
        Variable(name="waited", label="wait", type="duration"),
    )
    case = played(*attributes, called_at=datetime(2026, 4, 1, 9, tzinfo=SUMMER), waited=timedelta(hours=30))
    assert case.folded().facts == case.state.facts
    assert case.state.facts["called_at"] == datetime(2026, 4, 1, 8, tzinfo=UTC)
    assert case.state.facts["waited"] == timedelta(days=1, hours=6)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("called_at", datetime(2026, 4, 1, 9)),
        ("called_at", date(2026, 4, 1)),
        ("waited", 5),
        ("waited", "P1D"),
    ],
)
def test_facts_of_another_type_are_refused(name, value):
    attributes = (
        Variable(name="called_at", label="call", type="date_time"),
        Variable(name="waited", label="wait", type="duration"),
    )
    with pytest.raises(InvalidArgument, match=name):
        played(*attributes, **{name: value})
