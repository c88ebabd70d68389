"""A calendar as documents write it to one that counts."""

from homebuy_plugin.clock import Closure, Opening, WorkingCalendar
from homebuy_plugin.documents.model import CalendarDef


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
