"""Runs of a clock: each dating of it, and the holds that move a service clock within one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from homebuy_plugin.clock.holds import merge
from homebuy_plugin.documents.model import Duration
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.carrying import carry_over
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.dating import Dates, Pauses, moved
from homebuy_plugin.workflow.events import to_json
from homebuy_plugin.workflow.points import Moment
from homebuy_plugin.workflow.state import AmberState, ClockState, HoldState


@dataclass(frozen=True, kw_only=True, slots=True)
class Dating:
    """How a clock is to be dated.

    Attributes:
        dates: before any hold.
        cause: ``started redated revised extended reopened``.
        given: the dates were named by a person, so that earlier holds do not move them again.
    """

    start: Moment
    period: Duration
    counting: str
    dates: Dates
    cause: str = "started"
    provisional: date | None = None
    original: date | None = None
    extended: int = 0
    given: bool = False
    by: str | None = None
    reason: str = ""


def begin_run(case: Casework, clock: ClockState, dating: Dating, at: datetime) -> None:
    """Date a clock anew: a new run. What was decided and is past is carried over."""
    before = clock.run
    paused_at, pauses = held(case, clock, at if dating.given else dating.start.at, at)
    calendar = case.world.calendar(clock.calendar)
    dates = moved(dating.dates, pauses, dating.period.unit, calendar)
    data = {
        "clock": clock.id,
        "run": before + 1,
        "cause": dating.cause,
        "started_on": to_json(dating.start.on),
        "started_at": to_json(dating.start.at),
        "value": dating.period.value,
        "unit": dating.period.unit,
        "counting": dating.counting,
        "base_due_on": to_json(dating.dates.due_on),
        "base_due_at": to_json(dating.dates.due_at),
        "original_due_on": to_json(dating.original),
        "previous_due_on": to_json(clock.due_on),
        "pauses": to_json(pauses),
        "paused_at": to_json(paused_at),
        "provisional_until": to_json(dating.provisional),
        "extended": dating.extended,
        **_dates_json(dates),
    }
    case.note(e.CLOCK_STARTED, at, data, dating.by, {"reason": dating.reason})
    if before:
        carry_over(case, clock, before, at)


def _dates_json(dates: Dates) -> Mapping[str, Any]:
    return {
        "due_on": to_json(dates.due_on),
        "due_at": to_json(dates.due_at),
        "ambers": [_amber_json(a) for a in dates.ambers],
    }


def _amber_json(amber: AmberState) -> dict[str, Any]:
    return {
        "name": amber.name,
        "on": to_json(amber.on),
        "at": to_json(amber.at),
        "base_on": to_json(amber.base_on),
        "base_at": to_json(amber.base_at),
    }


def _holds_on(case: Casework, clock: ClockState) -> list[HoldState]:
    """The holds, past and present, that pause a clock. No hold pauses a statutory clock."""
    if clock.kind == "statutory" or not case.state.holds:
        return []
    scopes = ("case", clock.owner_id) if clock.of_task else ("case",)
    return [h for h in case.state.holds.values() if h.scope in scopes]


def held(case: Casework, clock: ClockState, since: datetime, at: datetime) -> tuple[datetime | None, Pauses]:
    """Since when a clock is held at an instant, if it is, and the union of its earlier holds."""
    holds = _holds_on(case, clock)
    if not holds:
        return None, ()
    begun = [max(h.started_at, since) for h in holds if h.released_at is None]
    ended = [(max(h.started_at, since), h.released_at) for h in holds if h.released_at is not None]
    now = min(begun, default=None)
    until = at if now is None else min(now, at)
    return now, merge((start, min(end, until)) for start, end in ended)


def sync_pauses(case: Casework, at: datetime) -> None:
    """Pause and resume service clocks after a hold or a release."""
    if not case.state.holds:
        return
    for clock in case.state.clocks.values():
        if clock.status != "running" or clock.kind == "statutory":
            continue
        pausing = any(h.released_at is None for h in _holds_on(case, clock))
        if pausing and clock.paused_at is None:
            case.emit(e.CLOCK_PAUSED, at, clock=clock.id)
        elif clock.paused_at is not None and not pausing:
            resume(case, clock, at)


def resume(case: Casework, clock: ClockState, at: datetime) -> None:
    """End the pause of a clock: what is left of it is moved by the working time it was held."""
    _, started_at = clock.start
    start = max(clock.paused_at or at, started_at)
    pauses = merge((*clock.pauses, (start, at)) if start < at else clock.pauses)
    base_on, base_at = clock.base
    dates = moved(
        Dates(base_on, base_at, clock.ambers), pauses, clock.unit, case.world.calendar(clock.calendar)
    )
    case.emit(e.CLOCK_RESUMED, at, clock=clock.id, pauses=pauses, **_dates_json(dates))
