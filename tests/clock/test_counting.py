"""Periods. Every expected date was counted by hand; the rule it rests on stands beside it."""

from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Literal

import pytest

from homebuy_plugin.clock import (
    Duration,
    WorkingCalendar,
    due_at,
    due_instant,
    due_on,
    nominal_days,
    nominal_working_days,
    nominally_shorter,
    seconds_of,
    shift_date,
)
from homebuy_plugin.exceptions import InvalidArgument, OutsideCalendar


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def of(value: int, unit: str) -> Duration:
    return Duration(value=value, unit=unit)


@pytest.mark.parametrize(
    ("start", "value", "unit", "counting", "expected", "rule"),
    [
        # Housing Act 1985
        (date(2026, 11, 2), 4, "weeks", "within", date(2026, 11, 30), "s.124: RTB2 in four weeks"),
        (
            date(2026, 11, 2),
            8,
            "weeks",
            "within",
            date(2026, 12, 28),
            "s.124(2): eight weeks, a bank holiday stays",
        ),
        (date(2026, 11, 30), 8, "weeks", "within", date(2027, 1, 25), "s.125(1): freehold"),
        (date(2026, 11, 30), 12, "weeks", "within", date(2027, 2, 22), "s.125(1): leasehold"),
        (
            date(2027, 1, 25),
            12,
            "weeks",
            "beginning_with",
            date(2027, 4, 18),
            "s.125D: the last day is a Sunday",
        ),
        (date(2026, 3, 9), 28, "days", "within", date(2026, 4, 6), "s.125E: 28 days, ends on Easter Monday"),
        (
            date(2026, 3, 2),
            28,
            "days",
            "beginning_with",
            date(2026, 3, 29),
            "s.128A(4): ends as the clocks change",
        ),
        (date(2026, 3, 2), 14, "days", "beginning_with", date(2026, 3, 15), "s.128A(5)"),
        (date(2026, 3, 2), 42, "days", "beginning_with", date(2026, 4, 12), "s.128A(6)"),
        (date(2026, 11, 30), 3, "months", "within", date(2027, 2, 28), "s.128(2): February has no 30th"),
        (
            date(2026, 8, 31),
            3,
            "months",
            "at_least",
            date(2026, 11, 30),
            "s.140(3)(a): permitted on the day itself",
        ),
        (date(2026, 3, 1), 1, "months", "beginning_with", date(2026, 3, 31), "s.153A(2)(b)"),
        (date(2026, 11, 16), 1, "months", "beginning_with", date(2026, 12, 15), "s.153A(2)(b)"),
        (date(2027, 1, 31), 1, "months", "beginning_with", date(2027, 2, 27), "the earlier arguable date"),
        # Barker v Hambleton DC [2012]
        (date(2012, 5, 1), 6, "weeks", "within", date(2012, 6, 12), "six weeks from 1 May"),
        (date(2012, 5, 1), 6, "weeks", "beginning_with", date(2012, 6, 11), "six weeks beginning with 1 May"),
        # Dodds v Walker [1981]
        (date(1978, 9, 30), 4, "months", "within", date(1979, 1, 30), "the corresponding date, not the 31st"),
        (date(2027, 1, 31), 1, "months", "within", date(2027, 2, 28), "short month"),
        (date(2028, 1, 31), 1, "months", "within", date(2028, 2, 29), "short month, leap year"),
        (date(2028, 2, 29), 12, "months", "within", date(2029, 2, 28), "from a leap day"),
        (date(2028, 2, 29), 48, "months", "within", date(2032, 2, 29), "from a leap day to a leap day"),
        (date(2026, 12, 15), 1, "months", "within", date(2027, 1, 15), "over the year's end"),
        (date(2026, 2, 28), 1, "months", "within", date(2026, 3, 28), "corresponding date, not month end"),
    ],
)
def test_calendar_periods(
    england: WorkingCalendar, start: date, value: int, unit: str, counting: str, expected: date, rule: str
) -> None:
    assert due_on(start, of(value, unit), counting, england) == expected, rule


@pytest.mark.parametrize(
    ("start", "value", "counting", "expected"),
    [
        (date(2026, 11, 2), 5, "within", date(2026, 11, 9)),
        (date(2026, 11, 2), 5, "beginning_with", date(2026, 11, 6)),
        (date(2026, 11, 7), 1, "within", date(2026, 11, 9)),  # from a Saturday
        (date(2026, 11, 7), 1, "beginning_with", date(2026, 11, 9)),  # Monday is day 1
        (date(2026, 11, 7), 2, "beginning_with", date(2026, 11, 10)),
        (date(2026, 4, 2), 1, "within", date(2026, 4, 7)),  # over Easter
        (date(2026, 4, 2), 1, "beginning_with", date(2026, 4, 2)),
        (date(2026, 4, 2), 2, "at_least", date(2026, 4, 8)),
        (date(2026, 12, 23), 10, "within", date(2027, 1, 11)),
    ],
)
def test_working_day_periods(
    england: WorkingCalendar, start: date, value: int, counting: str, expected: date
) -> None:
    assert due_on(start, of(value, "working_days"), counting, england) == expected


@pytest.mark.parametrize(
    ("on", "instant"),
    [
        (date(2026, 11, 30), "2026-12-01 00:00"),
        (date(2026, 6, 30), "2026-06-30 23:00"),  # midnight in summer
        (date(2026, 3, 28), "2026-03-29 00:00"),  # the clocks change an hour later
        (date(2026, 3, 29), "2026-03-29 23:00"),  # a day of 23 hours
        (date(2026, 10, 24), "2026-10-24 23:00"),
        (date(2026, 10, 25), "2026-10-26 00:00"),  # a day of 25 hours
        (date(2026, 12, 31), "2027-01-01 00:00"),
        (date(2028, 2, 28), "2028-02-29 00:00"),
        (date(2012, 6, 12), "2012-06-12 23:00"),  # statutory dates need no opening hours
    ],
)
def test_target_is_exceeded_as_the_next_day_begins(england: WorkingCalendar, on: date, instant: str) -> None:
    assert due_at(on, england) == utc(instant)


def test_hours_are_working_time(england: WorkingCalendar) -> None:
    assert due_instant(utc("2026-03-27 16:00"), of(4, "hours"), england) == utc("2026-03-30 11:00")
    assert due_instant(utc("2026-03-27 16:00"), of(90, "minutes"), england) == utc("2026-03-30 08:30")
    assert due_instant(utc("2026-03-27 16:00"), of(60, "minutes"), england) == utc("2026-03-27 17:00")


@pytest.mark.parametrize(
    ("on", "value", "unit", "sign", "expected"),
    [
        (date(2026, 11, 30), 14, "days", -1, date(2026, 11, 16)),
        (date(2026, 11, 30), 2, "weeks", -1, date(2026, 11, 16)),
        (date(2026, 11, 30), 5, "days", 1, date(2026, 12, 5)),
        (date(2026, 3, 31), 1, "months", -1, date(2026, 2, 28)),
        (date(2026, 1, 15), 1, "months", -1, date(2025, 12, 15)),
        (date(2026, 4, 7), 1, "working_days", -1, date(2026, 4, 2)),
        (date(2026, 4, 4), 0, "working_days", 1, date(2026, 4, 4)),  # nothing moves nothing
        (date(2026, 4, 4), 0, "months", -1, date(2026, 4, 4)),
    ],
)
def test_shift_date(
    england: WorkingCalendar, on: date, value: int, unit: str, sign: Literal[1, -1], expected: date
) -> None:
    assert shift_date(on, of(value, unit), england, sign) == expected


def test_repeats_stand_on_one_grid(england: WorkingCalendar) -> None:
    # k months after the first, not one month after the one before: 28 February does not stick
    first = date(2027, 1, 31)
    grid = [shift_date(first, of(k, "months"), england) for k in range(1, 4)]
    assert grid == [date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30)]


def test_units_that_do_not_fit(england: WorkingCalendar) -> None:
    with pytest.raises(InvalidArgument, match="working time"):
        due_on(date(2026, 11, 2), of(4, "hours"), "within", england)
    with pytest.raises(InvalidArgument, match="counts dates"):
        due_instant(utc("2026-11-02 09:00"), of(4, "weeks"), england)
    with pytest.raises(InvalidArgument, match="Unknown counting 'inside'"):
        due_on(date(2026, 11, 2), of(4, "weeks"), "inside", england)
    with pytest.raises(InvalidArgument, match="at least that day long"):
        due_on(date(2026, 11, 2), of(0, "days"), "beginning_with", england)


@pytest.mark.parametrize(
    ("value", "unit"), [(1, "fortnights"), (-1, "days"), (True, "days"), (1.5, "days"), ("4", "weeks")]
)
def test_impossible_durations(value: int, unit: str) -> None:
    with pytest.raises(InvalidArgument):
        of(value, unit)


@pytest.mark.parametrize("unit", ["days", "weeks", "months", "working_days"])
@pytest.mark.parametrize("sign", [1, -1])
def test_dates_that_do_not_exist(england: WorkingCalendar, unit: str, sign: Literal[1, -1]) -> None:
    with pytest.raises(OutsideCalendar):
        shift_date(date(2026, 11, 2), of(10**12, unit), england, sign)


def test_nominal_lengths() -> None:
    assert nominal_working_days(of(2, "weeks")) == 10
    assert nominal_working_days(of(2, "months")) == 42
    assert nominal_working_days(of(7, "days")) == 5
    assert nominal_working_days(of(4, "hours")) == Fraction(1, 2)
    assert nominal_working_days(of(480, "minutes")) == 1
    assert nominal_days(of(2, "weeks")) == 14
    assert nominal_days(of(2, "months")) == 60
    assert nominal_days(of(5, "working_days")) == 7
    assert seconds_of(of(90, "minutes")) == 5400


@pytest.mark.parametrize(
    ("first", "second", "shorter"),
    [
        (of(14, "days"), of(4, "weeks"), True),
        (of(28, "days"), of(4, "weeks"), False),
        (of(4, "weeks"), of(28, "days"), False),
        (of(30, "days"), of(1, "months"), False),
        (of(1, "months"), of(30, "days"), False),
        (of(29, "days"), of(1, "months"), True),
        (of(5, "working_days"), of(1, "weeks"), False),
        (of(4, "working_days"), of(1, "weeks"), True),
        (of(20, "working_days"), of(1, "months"), True),
        (of(21, "working_days"), of(1, "months"), False),
        (of(8, "hours"), of(1, "working_days"), False),
        (of(7, "hours"), of(1, "working_days"), True),
    ],
)
def test_nominally_shorter(first: Duration, second: Duration, shorter: bool) -> None:
    assert nominally_shorter(first, second) is shorter
