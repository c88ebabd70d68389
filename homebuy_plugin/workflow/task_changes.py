"""What a person does to a task."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from homebuy_plugin.clock.counting import nominal_days, shift_date
from homebuy_plugin.documents.model import ClockDef, Duration
from homebuy_plugin.exceptions import AmbiguousTask, InvalidArgument, NotAllowed, UnknownName
from homebuy_plugin.types import Officer, TaskChange
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.clocks import begin_run, clock_def, finish, task_def
from homebuy_plugin.workflow.dating import on_day
from homebuy_plugin.workflow.facts import split_personal
from homebuy_plugin.workflow.notices import spell_date
from homebuy_plugin.workflow.points import Moment
from homebuy_plugin.workflow.state import ACTIVE_TASK, ClockState, TaskState
from homebuy_plugin.workflow.tasks import cancel_task, dependants, open_task

Facts = dict[str, Any]
_DONE = ("complete", "cancelled")


def find_task(case: Casework, name: str) -> TaskState:
    """The task of this id; or of this code, not yet complete or cancelled, else the latest."""
    if name in case.state.tasks:
        return case.state.tasks[name]
    found = [t for t in case.state.tasks.values() if t.code == name]
    if not found:
        known = {t.code for t in case.state.tasks.values()}
        raise UnknownName("task", name, known, f"in case {case.state.reference!r} as it stands")
    active = [t for t in found if t.status not in _DONE]
    if len(active) > 1:
        raise AmbiguousTask(name, [t.id for t in active])
    return (active or found)[-1]


def change_task(case: Casework, task: TaskState, change: TaskChange, facts: Facts, at: datetime) -> None:
    """Apply a change to a task at an instant; the case is already settled up to it."""
    if case.state.status == "closed":
        raise NotAllowed(f"Case {case.state.reference!r} is closed. Reopen it first.")
    _ACTIONS[change.action](case, task, change, facts, at)


def when(case: Casework, change_on: date | None, at: datetime) -> date:
    """The local date something happened: as given, never later than the instant."""
    today = case.local(at)
    if change_on is not None and change_on > today:
        raise InvalidArgument(
            f"on is {spell_date(change_on)}, which is later than today, {spell_date(today)}."
        )
    return change_on or today


def _texts(change: TaskChange, *names: str) -> dict[str, Any]:
    return {"note": change.note, **{n: change.data.get(n) for n in names}}


def _require(task: TaskState, statuses: tuple[str, ...], what: str) -> None:
    if task.status not in statuses:
        raise NotAllowed(f"Task {task.id} is {task.status.replace('_', ' ')}; it cannot be {what}.")


def _check_reason(case: Casework, task: TaskState, kind: str, reason: str | None) -> None:
    definition = task_def(case, task)
    offered = definition.reasons.get(kind, ()) if definition else ()
    if offered and reason is not None and reason not in offered:
        raise UnknownName(f"{kind} reason", reason, offered, f"for task {task.code!r}")


def _start(case: Casework, task: TaskState, change: TaskChange, facts: Facts, at: datetime) -> None:
    _require(task, ("pending", "open"), "started")
    on = when(case, change.on, at)
    if task.status == "pending":
        if task.planned_start is None or task.planned_start > at:
            case.emit(e.TASK_PLANNED, at, by=change.by, task=task.id, planned_start=at)
        open_task(case, task, at, by=change.by)
    case.emit(e.TASK_STARTED, at, by=change.by, texts=_texts(change), task=task.id, on=on)


def _plan(case: Casework, task: TaskState, change: TaskChange, facts: Facts, at: datetime) -> None:
    _require(task, ("pending",), "planned")
    start = case.world.home.opening_on_or_after(change.data["start_on"])
    case.emit(
        e.TASK_PLANNED, at, by=change.by, texts=_texts(change), task=task.id, planned_start=max(start, at)
    )


def _complete(case: Casework, task: TaskState, change: TaskChange, facts: Facts, at: datetime) -> None:
    _require(task, ACTIVE_TASK, "completed")
    on = when(case, change.on, at)
    reason, late_reason = change.data.get("reason"), change.data.get("late_reason")
    _check_reason(case, task, "complete", reason)
    _check_reason(case, task, "late", late_reason)
    _check_required(case, task, facts)
    for hold in case.state.active_holds(task.id):
        case.emit(e.RELEASED, at, by=change.by, hold=hold.seq, early=True)
    _resume_and_finish(case, task, on, at)
    open_, personal = split_personal(facts, case.world.personal)
    case.emit(
        e.TASK_COMPLETED,
        at,
        by=change.by,
        texts={**_texts(change, "reason", "late_reason"), **personal},
        task=task.id,
        on=on,
        facts=open_,
    )


def _resume_and_finish(case: Casework, task: TaskState, on: date, at: datetime) -> None:
    for clock in case.state.clocks_of(f"task:{task.id}"):
        finish(case, clock, at, on, at if on == case.local(at) else case.world.home.midnight(on))


def _check_required(case: Casework, task: TaskState, facts: Facts) -> None:
    definition = task_def(case, task)
    have = {n for n, v in (case.state.facts | facts).items() if v is not None}
    missing = [n for n in (definition.requires if definition else ()) if n not in have]
    if missing:
        raise NotAllowed(
            f"Task {task.code!r} cannot be completed without {', '.join(missing)}. "
            f"Pass facts={{{missing[0]!r}: ...}} with complete."
        )


def _cancel(case: Casework, task: TaskState, change: TaskChange, facts: Facts, at: datetime) -> None:
    _require(task, ACTIVE_TASK, "cancelled")
    if task.mandatory:
        raise NotAllowed(f"Task {task.code!r} is mandatory and cannot be cancelled.")
    _check_reason(case, task, "cancel", change.data["reason"])
    others = dependants(case, task)
    fixed = [t.code for t in others if t.mandatory]
    if fixed:
        raise NotAllowed(
            f"Task {task.code!r} cannot be cancelled: {', '.join(fixed)} waits for it and is mandatory."
        )
    for each in (task, *others):
        cancel_task(case, each, at, by=change.by, reason=change.data["reason"])
    if others:
        case.because.append(f"Cancelled with it: {', '.join(t.code for t in others)}.")


def _hold(case: Casework, task: TaskState, change: TaskChange, facts: Facts, at: datetime) -> None:
    _require(task, ("pending", "open", "on_hold"), "put on hold")
    _check_reason(case, task, "hold", change.data["reason"])
    hold(case, task.id, change, at)


def hold(case: Casework, scope: str, change: Any, at: datetime) -> None:
    """Put a task or the case ("case") on hold until released or until a local date."""
    until = change.data.get("until")
    if until is not None and until <= case.local(at):
        raise InvalidArgument(f"until is {spell_date(until)}; a hold ends later than today.")
    case.emit(
        e.HELD,
        at,
        by=change.by,
        texts={"note": change.note, "reason": change.data["reason"]},
        scope=scope,
        until=until,
        release_at=case.world.home.opening_on_or_after(until) if until else None,
    )
    if any(c.kind == "statutory" and c.status == "running" for c in case.state.clocks.values()):
        case.because.append("The dates set by law go on running while this is on hold.")


def release(case: Casework, scope: str, change: Any, at: datetime) -> None:
    """End the holds of a task or of the case."""
    holds = case.state.active_holds(scope)
    if not holds:
        raise NotAllowed(f"{'The case' if scope == 'case' else f'Task {scope}'} is not on hold.")
    for each in holds:
        case.emit(e.RELEASED, at, by=change.by, texts={"note": change.note}, hold=each.seq, early=True)


def _release(case: Casework, task: TaskState, change: TaskChange, facts: Facts, at: datetime) -> None:
    release(case, task.id, change, at)


def officer_key(value: Officer | str) -> str:
    """``kind:id`` of an officer given as value, id, or ``role:CODE``."""
    if isinstance(value, Officer):
        return value.key
    if not isinstance(value, str) or not value.strip():
        raise InvalidArgument(f"An owner is an Officer or the id of a user, not {value!r}.")
    return value if value.startswith(("user:", "role:")) else f"user:{value}"


def _reassign(case: Casework, task: TaskState, change: TaskChange, facts: Facts, at: datetime) -> None:
    _require(task, ACTIVE_TASK, "reassigned")
    owner = officer_key(change.data["owner"])
    case.emit(
        e.TASK_REASSIGNED, at, by=change.by, texts=_texts(change, "reason"), task=task.id, owners=(owner,)
    )


def _clock_of(
    case: Casework, task: TaskState, code: str | None, kind: str | None
) -> tuple[ClockState, ClockDef]:
    clocks = [c for c in case.state.clocks_of(f"task:{task.id}") if c.status == "running"]
    found = [c for c in clocks if (code is None or c.code == code) and (kind is None or c.kind == kind)]
    if not found:
        known = [c.code for c in clocks if kind is None or c.kind == kind]
        raise UnknownName(
            f"running {kind + ' ' if kind else ''}clock", code or "", known, f"on task {task.id}"
        )
    definition = clock_def(case, found[0])
    if definition is None:
        raise NotAllowed(f"The pack no longer has the clock {found[0].code!r}.")
    return found[0], definition


def _revise(case: Casework, task: TaskState, change: TaskChange, facts: Facts, at: datetime) -> None:
    clock, definition = _clock_of(case, task, None, "service")
    due_on = change.data["due_on"]
    latest = _latest_revision(case, clock, definition)
    if due_on > latest:
        raise NotAllowed(
            f"The target of {clock.code!r} may be revised to {spell_date(latest)} at the latest."
        )
    if clock.started_on is not None and due_on < clock.started_on:
        raise InvalidArgument(f"{spell_date(due_on)} lies before the clock started.")
    _redate(case, clock, definition, due_on, change, at)


def _latest_revision(case: Casework, clock: ClockState, definition: ClockDef) -> date:
    """At most the extension's maximum beyond the original target; by default the period again."""
    original = clock.original_due_on or clock.base_due_on
    assert original is not None  # noqa: S101 - a running clock is dated
    maximum = definition.extension.maximum if definition.extension else None
    length = maximum or Duration(value=clock.value, unit=clock.unit)
    if length.unit in ("minutes", "hours"):
        return original + timedelta(days=int(nominal_days(length)) + 1)
    return shift_date(original, length, case.world.calendar(clock.calendar))


def _extend(case: Casework, task: TaskState, change: TaskChange, facts: Facts, at: datetime) -> None:
    clock, definition = _clock_of(case, task, change.data["clock"], None)
    rule, due_on = definition.extension, change.data["due_on"]
    if rule is None:
        raise NotAllowed(f"The pack allows no extension of the clock {clock.code!r}.")
    if rule.times is not None and clock.extended >= rule.times:
        raise NotAllowed(
            f"The clock {clock.code!r} was extended {clock.extended} times already, the most allowed."
        )
    assert clock.due_on is not None and clock.due_at is not None  # noqa: S101
    if rule.before_expiry and at >= clock.due_at:
        raise NotAllowed(
            f"The clock {clock.code!r} ended on {spell_date(clock.due_on)}; extend a clock before its end."
        )
    if due_on <= clock.due_on:
        raise InvalidArgument(f"An extension ends later than {spell_date(clock.due_on)}.")
    if rule.maximum is not None:
        latest = shift_date(clock.due_on, rule.maximum, case.world.calendar(clock.calendar))
        if due_on > latest:
            raise NotAllowed(
                f"The clock {clock.code!r} may be extended to {spell_date(latest)} at the latest."
            )
    _redate(case, clock, definition, due_on, change, at)


def _redate(
    case: Casework, clock: ClockState, definition: ClockDef, due_on: date, change: TaskChange, at: datetime
) -> None:
    assert clock.started_on and clock.started_at  # noqa: S101
    calendar = case.world.calendar(clock.calendar)
    dates = on_day(clock.started_on, due_on, definition.amber, calendar)
    begin_run(
        case,
        clock,
        Moment(clock.started_on, clock.started_at),
        Duration(value=clock.value, unit=clock.unit),
        clock.counting,
        replace(dates, ambers=tuple(a for a in dates.ambers if a.on >= clock.started_on)),
        at,
        provisional=clock.provisional_until,
        original=clock.original_due_on or clock.due_on,
        extended=clock.extended + 1,
        by=change.by,
        reason=change.data["reason"],
    )


def _reopen(case: Casework, task: TaskState, change: TaskChange, facts: Facts, at: datetime) -> None:
    """Open again: a new run of each clock, dated from its own start as before."""
    _require(task, _DONE, "reopened")
    case.emit(e.TASK_REOPENED, at, by=change.by, texts=_texts(change, "reason"), task=task.id)
    for clock in case.state.clocks_of(f"task:{task.id}"):
        definition = clock_def(case, clock)
        if definition is None or clock.started_on is None or clock.started_at is None or clock.due_on is None:
            continue
        dates = on_day(clock.started_on, clock.due_on, definition.amber, case.world.calendar(clock.calendar))
        begin_run(
            case,
            clock,
            Moment(clock.started_on, clock.started_at),
            Duration(value=clock.value, unit=clock.unit),
            clock.counting,
            dates
            if clock.dated_in_days
            else replace(dates, due_at=clock.due_at or dates.due_at, ambers=clock.ambers),
            at,
            provisional=clock.provisional_until,
            original=clock.original_due_on,
            extended=clock.extended,
            by=change.by,
            reason=change.data["reason"],
        )


def _activity(case: Casework, task: TaskState, change: TaskChange, facts: Facts, at: datetime) -> None:
    case.emit(e.TASK_ACTIVITY, at, by=change.by, texts=_texts(change), task=task.id)


_ACTIONS: dict[str, Callable[[Casework, TaskState, TaskChange, Facts, datetime], None]] = {
    "start": _start,
    "plan": _plan,
    "complete": _complete,
    "cancel": _cancel,
    "hold": _hold,
    "release": _release,
    "reassign": _reassign,
    "revise": _revise,
    "extend": _extend,
    "reopen": _reopen,
    "activity": _activity,
}
