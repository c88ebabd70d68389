"""A calendar as documents write it to one that counts."""

from datetime import date

from homebuy_plugin.clock import Closure, Opening, WorkingCalendar, deemed_served_on
from homebuy_plugin.documents.model import CalendarDef
from homebuy_plugin.exceptions import UnknownName


def build_calendar(
    calendar: CalendarDef, *, first_year: int = 2015, last_year: int = 2040
) -> WorkingCalendar:
    """Lay out a calendar; worth keeping, because it takes a while.

    Args:
        calendar: as a document writes it.
        first_year: first year laid out.
        last_year: last year laid out.

    Raises:
        CalendarError: it could never be open, or contradicts itself.
    """
    return WorkingCalendar.build(
        code=calendar.id,
        timezone=calendar.timezone,
        week=calendar.hours,
        holidays=[holiday.date for holiday in calendar.holidays],
        closures=[Closure(on=day.date, start=day.start, end=day.end) for day in calendar.closures],
        openings=[
            Opening(on=day.date, intervals=[(day.start or "00:00", day.end or "24:00")])
            for day in calendar.openings
        ],
        first_year=first_year,
        last_year=last_year,
    )


def served_on(calendar: CalendarDef, sent_on: date, method: str) -> date:
    """When a document sent on a day is taken to have been served, as the calendar's data says.

    The bank holidays are the calendar's; closures and extra openings do not matter.

    Args:
        calendar: as a document writes it.
        sent_on: local date it was posted, handed over or sent.
        method: one of the calendar's ``service``.

    Raises:
        UnknownName: the calendar does not say how such a document arrives.
    """
    way = next((each for each in calendar.service if each.method == method), None)
    if way is None:
        known = [each.method for each in calendar.service]
        raise UnknownName("way of sending", method, known, f"in the calendar {calendar.id!r}")
    holidays = frozenset(holiday.date for holiday in calendar.holidays)
    return deemed_served_on(
        sent_on, after=way.after, counts=way.counts, lands_on=way.lands_on, holidays=holidays
    )
