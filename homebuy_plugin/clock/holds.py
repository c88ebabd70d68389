"""What holds take from a service clock: the union of the working time they cover.

No hold moves a statutory date; whoever dates a statutory clock does not come here.

=========================  ====================================================
a clock that counts        is moved by
=========================  ====================================================
``minutes hours``          the held working time
``working_days``           the held working days
``days weeks months``      the held days on which the landlord is usually open,
                           bank holidays and closures included
=========================  ====================================================

Closures lengthen the first two by themselves: a day closed within a hold is counted by
the period and no longer by the hold, and the target stays. A period that counts every day
is not lengthened. If its hold counted fewer days for a closure, one closure more would make
the deadline earlier. To count the days usually open is the least that never does: it is what
would be held with no closure at all. A target that had not passed when a hold began does not pass
within it either (see :func:`homebuy_plugin.workflow.dating.shifted`).
"""

from collections.abc import Iterable
from datetime import date, datetime

from homebuy_plugin.clock.calendar import WorkingCalendar
from homebuy_plugin.clock.opening_hours import at_micros, micros
from homebuy_plugin.clock.spans import union
from homebuy_plugin.exceptions import NaiveDatetime

Interval = tuple[datetime, datetime]
"""A hold from its first instant up to, not including, its release."""


def merge(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """The union of the holds, in order, in UTC; empty ones drop out."""
    spans = union((_micros(start), _micros(end)) for start, end in intervals)
    return tuple((at_micros(start), at_micros(end)) for start, end in spans)


def held_working_days(calendar: WorkingCalendar, intervals: Iterable[Interval]) -> int:
    """Working days whose opening fell within the union of the holds."""
    return sum(calendar.openings_between(start, end) for start, end in merge(intervals))


def held_usual_days(calendar: WorkingCalendar, intervals: Iterable[Interval]) -> int:
    """Days whose usual opening fell within the union of the holds, closed or not."""
    return sum(calendar.usual_openings_between(start, end) for start, end in merge(intervals))


def held_days(calendar: WorkingCalendar, intervals: Iterable[Interval], unit: str) -> int:
    """Working days by which the holds move a clock in ``working_days days weeks months``."""
    count = held_working_days if unit == "working_days" else held_usual_days
    return count(calendar, intervals)


def held_working_seconds(calendar: WorkingCalendar, intervals: Iterable[Interval]) -> int:
    """Working seconds within the union of the holds."""
    return sum(calendar.working_seconds(start, end) for start, end in merge(intervals))


def shift_due_on(due_on: date, held: int, calendar: WorkingCalendar) -> date:
    """The due date of a clock that counts dates, after so many held working days."""
    return calendar.add_working_days(due_on, held) if held > 0 else due_on


def shift_due_at(due_at: datetime, held_seconds: int, calendar: WorkingCalendar) -> datetime:
    """The target of a clock that counts minutes or hours, after so much held working time."""
    return calendar.add_time(due_at, max(0, held_seconds))


def _micros(at: datetime) -> int:
    if at.utcoffset() is None:
        raise NaiveDatetime("hold")
    return micros(at)
