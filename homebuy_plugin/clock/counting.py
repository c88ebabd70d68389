"""Periods: how long, how counted, and when their warnings fall.

Nothing in Part V of the Housing Act 1985 moves a period that ends on a weekend or a
bank holiday, so ``days``, ``weeks`` and ``months`` count every day. ``minutes``,
``hours`` and ``working_days`` count what the calendar leaves open; they are for a
landlord's own targets.

=================  ==========================================================
counting           the date for *n* days from the start
=================  ==========================================================
``within``         start + n: the start day is excluded
``beginning_with`` start + n - 1: the start day is day 1
``at_least``       start + n: the earliest date permitted
=================  ==========================================================

A month ends on the corresponding date, or on the last day of a month that has none
(Dodds v Walker [1981] 1 WLR 1027). A month *beginning with* a date ends the day
before that: of two arguable dates at the end of a short month this is the earlier.
"""

import calendar as months
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Literal, Protocol

from homebuy_plugin.clock.calendar import WorkingCalendar
from homebuy_plugin.exceptions import InvalidArgument, OutsideCalendar

UNITS = ("minutes", "hours", "working_days", "days", "weeks", "months")
TIME_UNITS = ("minutes", "hours")
COUNTINGS = ("within", "beginning_with", "at_least")

NOMINAL_HOURS = 8
"""Hours of a working day, where periods are compared before any calendar is known."""

_ONE_DAY = timedelta(days=1)
_SECONDS = {"minutes": 60, "hours": 3600}
_NOMINAL_DAYS = {"days": 1, "weeks": 7, "months": 30}
_NOMINAL_WORKING_DAYS = {
    "minutes": Fraction(1, NOMINAL_HOURS * 60),
    "hours": Fraction(1, NOMINAL_HOURS),
    "working_days": Fraction(1),
    "days": Fraction(5, 7),
    "weeks": Fraction(5),
    "months": Fraction(21),
}


class Length(Protocol):
    """A number of units; :class:`Duration` or any value of that shape."""

    @property
    def value(self) -> int:
        """How many."""

    @property
    def unit(self) -> str:
        """One of :data:`UNITS`."""


@dataclass(frozen=True, kw_only=True)
class Duration:
    """A number of units, for example 8 weeks."""

    value: int
    unit: str

    def __post_init__(self) -> None:
        """Refuse an unknown unit and anything but a whole number from 0."""
        if self.unit not in UNITS:
            raise InvalidArgument(f"Unknown unit {self.unit!r}. Known: {', '.join(UNITS)}.")
        if type(self.value) is not int or self.value < 0:
            raise InvalidArgument(f"A duration is a whole number of {self.unit} from 0, not {self.value!r}.")


def due_on(start: date, duration: Length, counting: str, calendar: WorkingCalendar) -> date:
    """The last date in time, or with ``at_least`` the earliest date permitted.

    Args:
        start: local date of the event the period runs from.
        duration: in ``working_days``, ``days``, ``weeks`` or ``months``.
        counting: one of :data:`COUNTINGS`.
        calendar: consulted for ``working_days`` only.
    """
    if counting not in COUNTINGS:
        raise InvalidArgument(f"Unknown counting {counting!r}. Known: {', '.join(COUNTINGS)}.")
    if counting != "beginning_with":
        return shift_date(start, duration, calendar)
    if duration.value < 1:
        raise InvalidArgument("A period beginning with a day is at least that day long.")
    if duration.unit == "working_days":
        # day 1 is the start itself, or the first working day after it
        return calendar.add_working_days(calendar.add_working_days(start, 0), duration.value - 1)
    return _plus_days(shift_date(start, duration, calendar), -1)


def due_at(due_on: date, calendar: WorkingCalendar) -> datetime:
    """The instant the target is exceeded: 00:00 local of the day after ``due_on``."""
    return calendar.midnight(_plus_days(due_on, 1))


def due_instant(start: datetime, duration: Length, calendar: WorkingCalendar) -> datetime:
    """The end of a period of ``minutes`` or ``hours`` of working time."""
    return calendar.add_time(start, seconds_of(duration))


def shift_date(on: date, duration: Length, calendar: WorkingCalendar, sign: Literal[1, -1] = 1) -> date:
    """The date plus (sign 1) or minus (sign -1) a duration in date units."""
    count = duration.value * sign
    if duration.unit == "working_days":
        # nothing to count leaves the date as it is, open or closed
        return calendar.add_working_days(on, count) if count else on
    if duration.unit == "days":
        return _plus_days(on, count)
    if duration.unit == "weeks":
        return _plus_days(on, 7 * count)
    if duration.unit == "months":
        return _plus_months(on, count)
    raise InvalidArgument(f"{duration.value} {duration.unit} is working time; a date moves by days.")


def seconds_of(duration: Length) -> int:
    """Seconds of working time in a duration of ``minutes`` or ``hours``."""
    if duration.unit not in _SECONDS:
        raise InvalidArgument(f"{duration.value} {duration.unit} is no working time; it counts dates.")
    return duration.value * _SECONDS[duration.unit]


def nominal_working_days(duration: Length) -> Fraction:
    """About how many working days: a week 5, a month 21, a working day 8 hours."""
    return duration.value * _NOMINAL_WORKING_DAYS[duration.unit]


def nominal_days(duration: Length) -> Fraction:
    """About how many days: a week 7, a month 30, five working days 7."""
    if duration.unit in _NOMINAL_DAYS:
        return Fraction(duration.value * _NOMINAL_DAYS[duration.unit])
    return nominal_working_days(duration) * Fraction(7, 5)


def nominally_shorter(first: Length, second: Length) -> bool:
    """Whether the first duration is the shorter one, judged before any date is known.

    Durations that both count every day are compared in days, others in working days.
    """
    if first.unit in _NOMINAL_DAYS and second.unit in _NOMINAL_DAYS:
        return nominal_days(first) < nominal_days(second)
    return nominal_working_days(first) < nominal_working_days(second)


def _plus_days(on: date, count: int) -> date:
    try:
        return on + count * _ONE_DAY
    except OverflowError as error:
        raise OutsideCalendar(f"{on} and {count} days: no such date.") from error


def _plus_months(on: date, count: int) -> date:
    year, month = divmod(on.year * 12 + on.month - 1 + count, 12)
    if not date.min.year <= year <= date.max.year:
        raise OutsideCalendar(f"{on} and {count} months: no such date.")
    last = months.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(on.day, last))
