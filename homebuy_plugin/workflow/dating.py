"""The dates of one run of a clock: pure arithmetic on its definition and calendar."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from homebuy_plugin.clock.amber import amber_on, date_clock_amber, time_clock_amber
from homebuy_plugin.clock.calendar import WorkingCalendar
from homebuy_plugin.clock.counting import TIME_UNITS, due_at, due_instant, due_on
from homebuy_plugin.clock.holds import held_days, shift_due_at, shift_due_on
from homebuy_plugin.documents.model import Amber, Duration
from homebuy_plugin.workflow.points import Moment
from homebuy_plugin.workflow.state import AmberState

Pauses = tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True, slots=True)
class Dates:
    """The target and the warnings of a run."""

    due_on: date
    due_at: datetime
    ambers: tuple[AmberState, ...]


def dated(
    start: Moment,
    period: Duration,
    counting: str,
    ambers: tuple[Amber, ...],
    calendar: WorkingCalendar,
    stated: date | None = None,
) -> Dates:
    """The dates of a clock that starts at a moment.

    ``stated`` is the last day that a notice names for a period in days; an earlier one than the
    law's counts for nothing.
    """
    if period.unit in TIME_UNITS:
        at = due_instant(start.at, period, calendar)
        return Dates(
            calendar.local_date(at), at, tuple(_time_amber(a, start.at, at, calendar) for a in ambers)
        )
    on = max(due_on(start.on, period, counting, calendar), stated or start.on)
    return on_day(start.on, on, ambers, calendar)


def on_day(start: date, on: date, ambers: tuple[Amber, ...], calendar: WorkingCalendar) -> Dates:
    """The dates of a clock whose target is a given local date."""
    return Dates(on, due_at(on, calendar), tuple(_day_amber(a, start, on, calendar) for a in ambers))


def _day_amber(amber: Amber, start: date, on: date, calendar: WorkingCalendar) -> AmberState:
    place: dict[str, Any] = {"before": amber.before, "after": amber.after, "percent": amber.percent}
    at = date_clock_amber(start, on, calendar, **place)
    of_time = any(p is not None and p.unit in TIME_UNITS for p in (amber.before, amber.after))
    day = calendar.local_date(at) if of_time else amber_on(start, on, calendar, **place)
    return AmberState(name=amber.name, on=day, at=at, base_on=day, base_at=at)


def _time_amber(amber: Amber, start: datetime, end: datetime, calendar: WorkingCalendar) -> AmberState:
    at = time_clock_amber(start, end, calendar, before=amber.before, after=amber.after, percent=amber.percent)
    on = calendar.local_date(at)
    return AmberState(name=amber.name, on=on, at=at, base_on=on, base_at=at)


def moved(dates: Dates, pauses: Pauses, unit: str, calendar: WorkingCalendar) -> Dates:
    """The dates of a run after its pauses: each pause moves what had not passed when it began."""
    if not pauses:
        return dates
    on, at = shifted(dates.due_on, dates.due_at, pauses, unit, calendar)
    move = _moved_time_amber if unit in TIME_UNITS else _moved_day_amber
    return Dates(on, at, tuple(move(a, pauses, unit, calendar) for a in dates.ambers))


def _moved_day_amber(amber: AmberState, pauses: Pauses, unit: str, calendar: WorkingCalendar) -> AmberState:
    """Moved by whole working days; one some hours into its day stays as far into it."""
    into = calendar.working_seconds(calendar.opening_on_or_before(amber.base_on), amber.base_at)
    on, at = amber.base_on, amber.base_at
    for start, end in pauses:
        if start < at:
            on = shift_due_on(on, held_days(calendar, [(start, end)], unit), calendar)
            at = calendar.add_time(calendar.opening_on_or_before(on), into)
    return AmberState(name=amber.name, on=on, at=at, base_on=amber.base_on, base_at=amber.base_at)


def _moved_time_amber(amber: AmberState, pauses: Pauses, unit: str, calendar: WorkingCalendar) -> AmberState:
    on, at = shifted(amber.base_on, amber.base_at, pauses, unit, calendar)
    return AmberState(name=amber.name, on=on, at=at, base_on=amber.base_on, base_at=amber.base_at)


def _not_within(on: date, end: datetime, calendar: WorkingCalendar) -> date:
    """A target that a pause did not find passed does not pass within it: at the end it is still to come.

    Without this a target could lie on the last day held, and closing that day would make it earlier.
    """
    if on >= calendar.local_date(end):
        return on
    return calendar.local_date(calendar.opening_on_or_after(calendar.local_date(end)))


def shifted(
    on: date, at: datetime, pauses: Pauses, unit: str, calendar: WorkingCalendar
) -> tuple[date, datetime]:
    """A target, or any later date of its ladder, moved by the working time of pauses before it.

    ``unit`` is the one it was counted in; it decides what a pause takes (see
    :mod:`homebuy_plugin.clock.holds`).
    """
    for start, end in pauses:
        if start >= at:
            break
        if unit not in TIME_UNITS:
            on = _not_within(
                shift_due_on(on, held_days(calendar, [(start, end)], unit), calendar), end, calendar
            )
            at = due_at(on, calendar)
        else:
            at = shift_due_at(at, calendar.working_seconds(start, end), calendar)
            on = calendar.local_date(at)
    return on, at
