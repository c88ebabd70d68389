"""``state = fold(events)``: the only code that changes a :class:`CaseState`."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from homebuy_plugin.types import Applicant
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.events import CaseEvent, as_date, as_instant
from homebuy_plugin.workflow.state import (
    AmberState,
    CaseState,
    ClockState,
    HoldState,
    Occurrence,
    RungState,
    StageState,
    TaskState,
)

Apply = Callable[[CaseState, CaseEvent], None]

_DATE_FACT = "$date"


def fold(events: Iterable[CaseEvent]) -> CaseState:
    """The state that these events, in order of ``seq``, make.

    Raises:
        ValueError: there is no event, or the first one does not create the case.
    """
    state: CaseState | None = None
    for event in events:
        state = apply(state, event)
    if state is None:
        raise ValueError("a case without events")
    return state


def apply(state: CaseState | None, event: CaseEvent) -> CaseState:
    """The state after one more event; the state given is changed in place."""
    if state is None:
        return _created(event)
    APPLY[event.kind](state, event)
    state.seq = event.seq
    state.last_at = max(state.last_at, event.at)
    return state


def pack_fact(value: Any) -> Any:
    """A fact as JSON; a date keeps its type."""
    if isinstance(value, date):
        return {_DATE_FACT: value.isoformat()}
    return list(value) if isinstance(value, tuple) else value


def unpack_fact(value: Any) -> Any:
    """The fact of :func:`pack_fact`."""
    if isinstance(value, dict):
        return date.fromisoformat(value[_DATE_FACT])
    return tuple(value) if isinstance(value, list) else value


def _date(value: str) -> date:
    return date.fromisoformat(value)


def _instant(value: str) -> datetime:
    return datetime.fromisoformat(value)


def _created(event: CaseEvent) -> CaseState:
    if event.kind != e.CASE_CREATED:
        raise ValueError(f"the first event of a case creates it, not {event.kind!r}")
    d = event.data
    state = CaseState(
        reference=d["reference"],
        scheme=d["scheme"],
        country=d["country"],
        created_at=event.at,
        last_at=event.at,
        pack=d.get("pack", ""),
        pack_version=d["pack_version"],
        calendars=dict(d["calendars"]),
        company=d["company"],
        served_on=as_date(d["served_on"]),
        creator=d["creator"],
        applicants=event.people,
        people_seq=event.seq,
        seq=event.seq,
    )
    _merge_facts(state, event)
    return state


def _merge_facts(state: CaseState, event: CaseEvent) -> None:
    for name, value in event.data.get("facts", {}).items():
        _set_fact(state, name, unpack_fact(value))
    for key, value in event.texts.items():
        if key.startswith("fact:"):
            _set_fact(state, key[5:], unpack_fact(value))
            if value is not None:
                state.personal[key[5:]] = event.seq


def _set_fact(state: CaseState, name: str, value: Any) -> None:
    state.personal.pop(name, None)
    if value is None:
        state.facts.pop(name, None)
    else:
        state.facts[name] = value


def _case_changed(state: CaseState, event: CaseEvent) -> None:
    fields = event.data.get("fields", {})
    if "served_on" in fields:
        state.served_on = as_date(fields["served_on"])
    for name in ("country", "company", "creator"):
        if name in fields:
            setattr(state, name, fields[name])
    if event.data.get("people"):
        state.applicants, state.people_seq = event.people, event.seq
    _merge_facts(state, event)
    _heard(state, event, None)


def _allocated(state: CaseState, event: CaseEvent) -> None:
    d = event.data
    state.owners = tuple(d["owners"])
    state.manager = d.get("manager") or state.manager
    state.groups = tuple(dict.fromkeys((*state.groups, *d.get("groups", ()))))
    state.needs_owner, state.unowned_at = False, None
    if event.kind == e.CASE_REASSIGNED:
        _heard(state, event, None)


def _unallocated(state: CaseState, event: CaseEvent) -> None:
    d = event.data
    state.owners, state.needs_owner = (), True
    state.manager = d.get("manager") or state.manager
    state.groups = tuple(dict.fromkeys((*state.groups, *d.get("groups", ()))))
    state.unowned_seq, state.unowned_at = event.seq, event.at


def _status(state: CaseState, event: CaseEvent) -> None:
    state.status = event.data["status"]
    state.outcome = event.data.get("outcome")


def _migrated(state: CaseState, event: CaseEvent) -> None:
    state.pack_version = event.data["pack_version"]
    state.calendars = dict(event.data["calendars"])


def _recorded(state: CaseState, event: CaseEvent) -> None:
    state.occurrences.append(
        Occurrence(seq=event.seq, name=event.data["event"], on=_date(event.data["on"]), at=event.at)
    )
    _merge_facts(state, event)
    _heard(state, event, None)


def _stage_opened(state: CaseState, event: CaseEvent) -> None:
    d = event.data
    state.stages[d["stage"]] = StageState(
        id=d["stage"],
        code=d["code"],
        status="open",
        parallel=d["parallel"],
        opened_at=event.at,
        opened_on=_date(d["on"]),
    )


def _stage_ended(state: CaseState, event: CaseEvent) -> None:
    stage = state.stages[event.data["stage"]]
    stage.status = "complete" if event.kind == e.STAGE_COMPLETED else "left"
    stage.ended_at = event.at


def _task_created(state: CaseState, event: CaseEvent) -> None:
    d = event.data
    state.tasks[d["task"]] = TaskState(
        id=d["task"],
        code=d["code"],
        stage=d.get("stage"),
        status="pending",
        mandatory=d["mandatory"],
        created_at=event.at,
        kind=d["kind"],
        carry=d["carry"],
        adhoc=d.get("adhoc", False),
    )


def _task_adopted(state: CaseState, event: CaseEvent) -> None:
    state.tasks[event.data["task"]].stage = event.data["stage"]


def _task_planned(state: CaseState, event: CaseEvent) -> None:
    task = state.tasks[event.data["task"]]
    task.planned_start = as_instant(event.data["planned_start"])
    task.planned_by = event.by


def _task_opened(state: CaseState, event: CaseEvent) -> None:
    task = state.tasks[event.data["task"]]
    task.status, task.opened_at = "open", event.at
    task.owners = tuple(event.data["owners"])
    task.silence_seq, task.silence_at = event.seq, event.at


def _task_started(state: CaseState, event: CaseEvent) -> None:
    task = state.tasks[event.data["task"]]
    task.started_on = _date(event.data["on"])
    _heard(state, event, task)


def _task_completed(state: CaseState, event: CaseEvent) -> None:
    task = state.tasks[event.data["task"]]
    task.status, task.completed_at = "complete", event.at
    task.completed_on = _date(event.data["on"])
    _merge_facts(state, event)
    _heard(state, event, None)


def _task_cancelled(state: CaseState, event: CaseEvent) -> None:
    task = state.tasks[event.data["task"]]
    task.status, task.completed_at = "cancelled", event.at


def _task_reopened(state: CaseState, event: CaseEvent) -> None:
    task = state.tasks[event.data["task"]]
    task.status, task.opened_at = "open", event.at
    task.completed_on = task.completed_at = None
    task.silence_seq, task.silence_at = event.seq, event.at


def _task_reassigned(state: CaseState, event: CaseEvent) -> None:
    task = state.tasks[event.data["task"]]
    task.owners = tuple(event.data["owners"])
    _heard(state, event, task)


def _task_activity(state: CaseState, event: CaseEvent) -> None:
    _heard(state, event, state.tasks[event.data["task"]])


def _held(state: CaseState, event: CaseEvent) -> None:
    d = event.data
    state.holds[event.seq] = HoldState(
        seq=event.seq,
        scope=d["scope"],
        started_at=event.at,
        until=as_date(d.get("until")),
        release_at=as_instant(d.get("release_at")),
    )
    if d["scope"] == "case":
        state.status = "on_hold"
    else:
        task = state.tasks[d["scope"]]
        task.status = "on_hold"
        task.silence_seq, task.silence_at = event.seq, event.at


def _released(state: CaseState, event: CaseEvent) -> None:
    hold = state.holds[event.data["hold"]]
    hold.released_at = event.at
    if state.active_holds(hold.scope):
        return
    if hold.scope == "case":
        state.status = "open" if state.status == "on_hold" else state.status
        _heard(state, event, None)
        return
    task = state.tasks[hold.scope]
    if task.status == "on_hold":
        task.status = "open" if task.opened_at else "pending"
    task.silence_seq, task.silence_at = event.seq, event.at


def _heard(state: CaseState, event: CaseEvent, task: TaskState | None) -> None:
    """A person did something: the silence of the task, or of all open tasks, ends."""
    if event.by is None:
        return
    for each in (task,) if task else state.tasks.values():
        if each.status == "open":
            each.silence_seq, each.silence_at = event.seq, event.at


def _clock_waiting(state: CaseState, event: CaseEvent) -> None:
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


def _ambers(raw: list[dict[str, str]]) -> tuple[AmberState, ...]:
    return tuple(
        AmberState(
            name=a["name"],
            on=_date(a["on"]),
            at=_instant(a["at"]),
            base_on=_date(a["base_on"]),
            base_at=_instant(a["base_at"]),
        )
        for a in raw
    )


def _clock_started(state: CaseState, event: CaseEvent) -> None:
    d = event.data
    clock = state.clocks[d["clock"]]
    clock.status, clock.run = "running", d["run"]
    clock.started_on, clock.started_at = _date(d["started_on"]), _instant(d["started_at"])
    clock.value, clock.unit, clock.counting = d["value"], d["unit"], d["counting"]
    clock.base_due_on, clock.base_due_at = _date(d["due_on"]), _instant(d["due_at"])
    clock.due_on, clock.due_at = clock.base_due_on, clock.base_due_at
    clock.original_due_on = as_date(d["original_due_on"])
    clock.ambers = _ambers(d["ambers"])
    clock.provisional_until = as_date(d.get("provisional_until"))
    clock.pauses, clock.paused_at = (), as_instant(d.get("paused_at"))
    clock.extended = d["extended"]
    clock.met_on = clock.ended_at = None


def _clock_paused(state: CaseState, event: CaseEvent) -> None:
    state.clocks[event.data["clock"]].paused_at = event.at


def _clock_resumed(state: CaseState, event: CaseEvent) -> None:
    d = event.data
    clock = state.clocks[d["clock"]]
    if clock.paused_at is not None:
        clock.pauses = (*clock.pauses, (clock.paused_at, event.at))
    clock.paused_at = None
    clock.due_on, clock.due_at = _date(d["due_on"]), _instant(d["due_at"])
    clock.ambers = _ambers(d["ambers"])


def _clock_blocked(state: CaseState, event: CaseEvent) -> None:
    state.clocks[event.data["clock"]].blocked_since = event.at


def _clock_unblocked(state: CaseState, event: CaseEvent) -> None:
    clock = state.clocks[event.data["clock"]]
    clock.blocked_since, clock.unblocked_at = None, event.at


def _clock_ended(state: CaseState, event: CaseEvent) -> None:
    d = event.data
    clock = state.clocks[d["clock"]]
    clock.status, clock.ended_at = d["status"], event.at
    clock.met_on = as_date(d.get("on"))
    clock.paused_at = clock.blocked_since = None


def _rung_decided(state: CaseState, event: CaseEvent) -> None:
    d = event.data
    key = (d["subject"], d["clock"], d["run"], d["rule"], d["anchor"], d["occurrence"])
    state.rungs[key] = RungState(
        key=key,
        outcome=d["outcome"],
        instant=_instant(d["instant"]),
        on=_date(d["on"]),
        version=d["version"],
        decided_at=event.recorded_at,
        notices=d["notices"],
        attempts=d.get("attempts", 0),
        retry_at=as_instant(d.get("retry_at")),
        inputs=d.get("inputs"),
    )


def _level(state: CaseState, event: CaseEvent) -> None:
    state.level = max(state.level, event.data["level"])


def _flag(state: CaseState, event: CaseEvent) -> None:
    if event.data["flag"] not in state.flags:
        state.flags = (*state.flags, event.data["flag"])


def _erased(state: CaseState, event: CaseEvent) -> None:
    """How many applied stays; who they are, and every personal fact, goes."""
    state.applicants = tuple(Applicant(name="") for _ in state.applicants)
    for name in state.personal:
        state.facts.pop(name, None)
    state.personal.clear()


def _nothing(state: CaseState, event: CaseEvent) -> None:
    """An event that is told but changes nothing."""


APPLY: dict[str, Apply] = {
    e.CASE_CHANGED: _case_changed,
    e.CASE_ALLOCATED: _allocated,
    e.CASE_REASSIGNED: _allocated,
    e.CASE_UNALLOCATED: _unallocated,
    e.CASE_STATUS: _status,
    e.CASE_MIGRATED: _migrated,
    e.EVENT_RECORDED: _recorded,
    e.STAGE_OPENED: _stage_opened,
    e.STAGE_COMPLETED: _stage_ended,
    e.STAGE_LEFT: _stage_ended,
    e.STAGE_STUCK: _nothing,
    e.TASK_CREATED: _task_created,
    e.TASK_ADOPTED: _task_adopted,
    e.TASK_PLANNED: _task_planned,
    e.TASK_OPENED: _task_opened,
    e.TASK_STARTED: _task_started,
    e.TASK_COMPLETED: _task_completed,
    e.TASK_CANCELLED: _task_cancelled,
    e.TASK_REOPENED: _task_reopened,
    e.TASK_REASSIGNED: _task_reassigned,
    e.TASK_ACTIVITY: _task_activity,
    e.HELD: _held,
    e.RELEASED: _released,
    e.CLOCK_WAITING: _clock_waiting,
    e.CLOCK_STARTED: _clock_started,
    e.CLOCK_PAUSED: _clock_paused,
    e.CLOCK_RESUMED: _clock_resumed,
    e.CLOCK_BLOCKED: _clock_blocked,
    e.CLOCK_UNBLOCKED: _clock_unblocked,
    e.CLOCK_ENDED: _clock_ended,
    e.RUNG_DECIDED: _rung_decided,
    e.LEVEL_RAISED: _level,
    e.FLAG_SET: _flag,
    e.CLOSURE_PROPOSED: _nothing,
    e.PERSONAL_DATA_ERASED: _erased,
}
