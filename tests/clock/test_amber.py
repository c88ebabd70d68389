"""When warnings fall, by hand."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from homebuy_plugin.clock import (
    Duration,
    WorkingCalendar,
    amber_instant,
    amber_on,
    date_clock_amber,
    time_clock_amber,
)
from homebuy_plugin.exceptions import InvalidArgument

START, DUE = date(2026, 11, 2), date(2026, 11, 30)  # four weeks, Monday to Monday


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def of(value: int, unit: str) -> Duration:
    return Duration(value=value, unit=unit)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"before": of(14, "days")}, date(2026, 11, 16)),
        ({"before": of(5, "days")}, date(2026, 11, 25)),
        ({"before": of(2, "weeks")}, date(2026, 11, 16)),
        ({"before": of(5, "working_days")}, date(2026, 11, 23)),
        ({"before": of(0, "days")}, date(2026, 11, 30)),
        ({"after": of(1, "weeks")}, date(2026, 11, 9)),
        ({"after": of(3, "working_days")}, date(2026, 11, 5)),
        ({"percent": 75}, date(2026, 11, 23)),  # 21 of 28 days
        ({"percent": 80}, date(2026, 11, 24)),  # 22.4 days: the earlier day
        ({"percent": 99}, date(2026, 11, 29)),  # 27.72
        ({"percent": 1}, date(2026, 11, 2)),  # 0.28
    ],
)
def test_amber_day(england: WorkingCalendar, place: dict[str, Any], expected: date) -> None:
    assert amber_on(START, DUE, england, **place) == expected


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2026, 11, 16), "2026-11-16 09:00"),
        (date(2026, 11, 15), "2026-11-13 09:00"),  # Sunday: Friday's opening
        (date(2026, 12, 28), "2026-12-24 09:00"),  # substitute for Boxing Day
        (date(2026, 4, 6), "2026-04-02 08:00"),  # Easter Monday: Maundy Thursday, summer time
        (date(2026, 10, 25), "2026-10-23 08:00"),
        (date(2026, 10, 26), "2026-10-26 09:00"),
    ],
)
def test_amber_is_given_at_an_opening(england: WorkingCalendar, on: date, expected: str) -> None:
    assert amber_instant(on, england) == utc(expected)


def test_date_clock(england: WorkingCalendar) -> None:
    assert date_clock_amber(START, DUE, england, before=of(15, "days")) == utc("2026-11-13 09:00")
    assert date_clock_amber(START, DUE, england, percent=75) == utc("2026-11-23 09:00")
    # in hours: working time before 00:00 on 1 December, and after the start of 2 November
    assert date_clock_amber(START, DUE, england, before=of(4, "hours")) == utc("2026-11-30 13:00")
    assert date_clock_amber(START, DUE, england, after=of(10, "hours")) == utc("2026-11-03 11:00")


def test_time_clock(england: WorkingCalendar) -> None:
    start, due = utc("2026-03-27 13:00"), utc("2026-03-31 12:00")  # 16 hours of work
    assert time_clock_amber(start, due, england, before=of(4, "hours")) == utc("2026-03-31 08:00")
    assert time_clock_amber(start, due, england, before=of(30, "minutes")) == utc("2026-03-31 11:30")
    assert time_clock_amber(start, due, england, after=of(4, "hours")) == utc("2026-03-27 17:00")
    assert time_clock_amber(start, due, england, after=of(5, "hours")) == utc("2026-03-30 09:00")
    assert time_clock_amber(start, due, england, percent=50) == utc("2026-03-30 12:00")
    # in dates: at an opening
    assert time_clock_amber(start, due, england, before=of(1, "working_days")) == utc("2026-03-30 08:00")
    assert time_clock_amber(start, due, england, before=of(2, "days")) == utc("2026-03-27 09:00")
    assert time_clock_amber(start, due, england, after=of(3, "days")) == utc("2026-03-30 08:00")


@pytest.mark.parametrize(
    "place",
    [
        {},
        {"before": of(1, "days"), "percent": 50},
        {"before": of(1, "days"), "after": of(1, "days")},
        {"percent": 0},
        {"percent": 100},
        {"percent": -5},
    ],
)
def test_a_warning_has_one_place(england: WorkingCalendar, place: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument):
        date_clock_amber(START, DUE, england, **place)
    with pytest.raises(InvalidArgument):
        time_clock_amber(utc("2026-03-27 13:00"), utc("2026-03-31 12:00"), england, **place)
    with pytest.raises(InvalidArgument):
        amber_on(START, DUE, england, **place)
