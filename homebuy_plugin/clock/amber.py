"""When the warnings of a clock fall due.

Exactly one of ``before`` (the target), ``after`` (the start) and ``percent`` (of the
way from start to target) places a warning. On a clock that counts dates a warning
falls on a day, and is given at the opening of that day, or of the last open day
before it. On a clock that counts minutes or hours it falls at an instant.
"""

from datetime import date, datetime, timedelta

from homebuy_plugin.clock.calendar import WorkingCalendar
from homebuy_plugin.clock.counting import TIME_UNITS, Length, due_at, seconds_of, shift_date
from homebuy_plugin.exceptions import InvalidArgument


def amber_on(
    start: date,
    due_on: date,
    calendar: WorkingCalendar,
    *,
    before: Length | None = None,
    after: Length | None = None,
    percent: int | None = None,
) -> date:
    """The day of a warning, placed in date units.

    ``percent`` is of the whole days from start to ``due_on``, rounded to the earlier day.
    """
    _check(before, after, percent)
    if before is not None:
        return shift_date(due_on, before, calendar, -1)
    if after is not None:
        return shift_date(start, after, calendar)
    return start + timedelta(days=(due_on - start).days * (percent or 0) // 100)


def amber_instant(on: date, calendar: WorkingCalendar) -> datetime:
    """When a warning of that day is given: its opening, or that of the last open day before."""
    return calendar.opening_on_or_before(on)


def date_clock_amber(
    start: date,
    due_on: date,
    calendar: WorkingCalendar,
    *,
    before: Length | None = None,
    after: Length | None = None,
    percent: int | None = None,
) -> datetime:
    """The instant of a warning on a clock that counts dates.

    A warning placed in minutes or hours is working time before the target is exceeded,
    or after the start of the first day.
    """
    _check(before, after, percent)
    if before is not None and before.unit in TIME_UNITS:
        return calendar.subtract_time(due_at(due_on, calendar), seconds_of(before))
    if after is not None and after.unit in TIME_UNITS:
        return calendar.add_time(calendar.midnight(start), seconds_of(after))
    on = amber_on(start, due_on, calendar, before=before, after=after, percent=percent)
    return amber_instant(on, calendar)


def time_clock_amber(
    start: datetime,
    due_at: datetime,
    calendar: WorkingCalendar,
    *,
    before: Length | None = None,
    after: Length | None = None,
    percent: int | None = None,
) -> datetime:
    """The instant of a warning on a clock that counts minutes or hours.

    ``percent`` is of the working time from start to target. A warning placed in date
    units is counted from the local date of the start or target, as on a date clock.
    """
    _check(before, after, percent)
    if before is not None:
        if before.unit in TIME_UNITS:
            return calendar.subtract_time(due_at, seconds_of(before))
        return amber_instant(shift_date(calendar.local_date(due_at), before, calendar, -1), calendar)
    if after is not None:
        if after.unit in TIME_UNITS:
            return calendar.add_time(start, seconds_of(after))
        return amber_instant(shift_date(calendar.local_date(start), after, calendar), calendar)
    return calendar.add_time(start, calendar.working_seconds(start, due_at) * (percent or 0) // 100)


def _check(before: Length | None, after: Length | None, percent: int | None) -> None:
    if sum(place is not None for place in (before, after, percent)) != 1:
        raise InvalidArgument("A warning is placed by exactly one of before, after and percent.")
    if percent is not None and not 0 < percent < 100:
        raise InvalidArgument(f"A warning at {percent} percent lies outside its period; choose 1 to 99.")
