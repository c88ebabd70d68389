"""What events do to the clocks of a case and to the rungs on them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.events import CaseEvent, as_date, as_instant, the_date, the_instant
from homebuy_plugin.workflow.fold_case import Apply, break_silence
from homebuy_plugin.workflow.state import AmberState, CaseState, ClockState, RungState

BY_HAND = ("revised", "extended")
"""Causes of a new run that are a person's own doing."""


def _waiting(state: CaseState, event: CaseEvent) -> None:
    d = event.data
    state.clocks[d["clock"]] = ClockState(
        id=d["clock"],
        code=d["code"],
        kind=d["kind"],
        subject=d["subject"],
        status="waiting",
        calendar=d["calendar"],
        run=d.get("run", 0),
    )


def _of(state: CaseState, event: CaseEvent) -> ClockState:
    return state.clocks[event.data["clock"]]


def _started(state: CaseState, event: CaseEvent) -> None:
    d, clock = event.data, _of(state, event)
    clock.status, clock.run = "running", d["run"]
    clock.started_on, clock.started_at = the_date(d["started_on"]), the_instant(d["started_at"])
    clock.value, clock.unit, clock.counting = d["value"], d["unit"], d["counting"]
    clock.base_due_on = the_date(d.get("base_due_on", d["due_on"]))
    clock.base_due_at = the_instant(d.get("base_due_at", d["due_at"]))
    clock.pauses, clock.paused_at = _pauses(d.get("pauses", ())), as_instant(d.get("paused_at"))
    _dated(clock, d)
    clock.original_due_on = as_date(d["original_due_on"])
    clock.provisional_until = as_date(d.get("provisional_until"))
    clock.extended = d["extended"]
    clock.met_on = clock.ended_at = None
    if d.get("cause") in BY_HAND and clock.of_task:
        break_silence(state.tasks[clock.owner_id], event)


def _dated(clock: ClockState, d: Mapping[str, Any]) -> None:
    clock.due_on, clock.due_at = the_date(d["due_on"]), the_instant(d["due_at"])
    clock.ambers = tuple(
        AmberState(
            name=a["name"],
            on=the_date(a["on"]),
            at=the_instant(a["at"]),
            base_on=the_date(a["base_on"]),
            base_at=the_instant(a["base_at"]),
        )
        for a in d["ambers"]
    )


def _pauses(raw: Iterable[tuple[str, str]]) -> tuple[tuple[datetime, datetime], ...]:
    return tuple((the_instant(start), the_instant(end)) for start, end in raw)


def _paused(state: CaseState, event: CaseEvent) -> None:
    _of(state, event).paused_at = event.at


def _resumed(state: CaseState, event: CaseEvent) -> None:
    clock = _of(state, event)
    if "pauses" in event.data:
        clock.pauses = _pauses(event.data["pauses"])
    elif clock.paused_at is not None:
        clock.pauses = (*clock.pauses, (clock.paused_at, event.at))
    clock.paused_at = None
    _dated(clock, event.data)


def _blocked(state: CaseState, event: CaseEvent) -> None:
    _of(state, event).blocked_since = event.at


def _unblocked(state: CaseState, event: CaseEvent) -> None:
    clock = _of(state, event)
    clock.blocked_since, clock.unblocked_at = None, event.at


def _ended(state: CaseState, event: CaseEvent) -> None:
    clock = _of(state, event)
    clock.status, clock.ended_at = event.data["status"], event.at
    clock.met_on = as_date(event.data.get("on"))
    clock.paused_at = clock.blocked_since = None


def _decided(state: CaseState, event: CaseEvent) -> None:
    d = event.data
    key = (d["subject"], d["clock"], d["run"], d["rule"], d["anchor"], d["occurrence"])
    before = state.rungs.get(key)
    state.rungs[key] = RungState(
        key=key,
        outcome=d["outcome"],
        instant=the_instant(d["instant"]),
        on=the_date(d["on"]),
        version=d["version"],
        decided_at=event.recorded_at,
        notices=d["notices"],
        attempts=d.get("attempts", 0),
        retry_at=as_instant(d.get("retry_at")),
        inputs=d.get("inputs") or (before.inputs if before else None),
    )


CLOCKS: dict[str, Apply] = {
    e.CLOCK_WAITING: _waiting,
    e.CLOCK_STARTED: _started,
    e.CLOCK_PAUSED: _paused,
    e.CLOCK_RESUMED: _resumed,
    e.CLOCK_BLOCKED: _blocked,
    e.CLOCK_UNBLOCKED: _unblocked,
    e.CLOCK_ENDED: _ended,
    e.RUNG_DECIDED: _decided,
}
"""Events about clocks and rungs."""
