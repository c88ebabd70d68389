"""What holds take from a service clock, by hand."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from homebuy_plugin.clock import (
    Closure,
    WorkingCalendar,
    held_days,
    held_working_days,
    held_working_seconds,
    merge,
    shift_due_at,
    shift_due_on,
)
from homebuy_plugin.exceptions import NaiveDatetime

HOUR = 3600


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def hold(start: str, end: str) -> tuple[datetime, datetime]:
    return utc(start), utc(end)


def test_merge_is_the_union() -> None:
    holds = [
        hold("2026-11-10 09:00", "2026-11-12 09:00"),
        hold("2026-11-02 09:00", "2026-11-03 09:00"),
        hold("2026-11-11 09:00", "2026-11-11 10:00"),  # inside another
        hold("2026-11-12 09:00", "2026-11-13 09:00"),  # touches one
        hold("2026-11-20 09:00", "2026-11-20 09:00"),  # nothing
        hold("2026-11-22 09:00", "2026-11-21 09:00"),  # less than nothing
    ]
    assert merge(holds) == (
        hold("2026-11-02 09:00", "2026-11-03 09:00"),
        hold("2026-11-10 09:00", "2026-11-13 09:00"),
    )
    assert merge([]) == ()


def test_a_case_hold_over_a_task_hold_counts_once(england: WorkingCalendar) -> None:
    task = hold("2026-11-02 12:00", "2026-11-05 12:00")  # Monday noon to Thursday noon
    case = hold("2026-11-04 12:00", "2026-11-09 12:00")  # Wednesday noon to the next Monday noon
    # mornings of Tuesday to Friday, and of Monday the 9th
    assert held_working_days(england, [task, case]) == 5
    # Monday 5 hours, Tuesday to Friday 8 each, Monday 3
    assert held_working_seconds(england, [task, case]) == 40 * HOUR
    assert held_working_days(england, [case, task, task]) == 5


def test_a_closure_within_a_hold_takes_nothing_from_a_clock_that_counts_every_day(
    make: Callable[..., WorkingCalendar],
) -> None:
    """Five mornings held, Mon 9 to Fri 13 November 2026; one of them closed makes no difference."""
    held = [hold("2026-11-08 12:00", "2026-11-13 12:00")]
    usual, shut = make(), make(closures=[Closure(on=date(2026, 11, 11))])
    assert held_days(usual, held, "working_days") == held_days(usual, held, "days") == 5
    assert held_days(shut, held, "working_days") == 4
    assert held_days(shut, held, "days") == held_days(shut, held, "weeks") == 5
    wednesday = date(2026, 11, 18)
    assert shift_due_on(wednesday, held_days(shut, held, "weeks"), shut) == date(2026, 11, 25)


def test_a_hold_over_a_weekend_takes_nothing_from_any_clock(england: WorkingCalendar) -> None:
    weekend = [hold("2026-11-06 17:00", "2026-11-09 08:59")]
    units = ("working_days", "days", "weeks", "months")
    assert [held_days(england, weekend, unit) for unit in units] == [0, 0, 0, 0]


def test_a_hold_within_a_day_or_a_weekend_takes_no_day(england: WorkingCalendar) -> None:
    assert held_working_days(england, [hold("2026-11-02 09:30", "2026-11-02 16:00")]) == 0
    assert held_working_days(england, [hold("2026-11-06 17:00", "2026-11-09 08:59")]) == 0
    assert held_working_seconds(england, [hold("2026-11-06 17:00", "2026-11-09 08:59")]) == 0


def test_due_dates_move_by_what_was_held(england: WorkingCalendar) -> None:
    assert shift_due_on(date(2026, 11, 13), 5, england) == date(2026, 11, 20)
    assert shift_due_on(date(2026, 12, 24), 1, england) == date(2026, 12, 29)
    assert shift_due_at(utc("2026-11-13 15:00"), 4 * HOUR, england) == utc("2026-11-16 11:00")


def test_no_hold_moves_nothing(england: WorkingCalendar) -> None:
    sunday = date(2026, 11, 15)
    assert shift_due_on(sunday, 0, england) == sunday
    assert shift_due_at(utc("2026-11-15 12:00"), 0, england) == utc("2026-11-15 12:00")


def test_naive_holds_are_refused() -> None:
    with pytest.raises(NaiveDatetime):
        merge([(datetime(2026, 11, 2, 9), utc("2026-11-03 09:00"))])
