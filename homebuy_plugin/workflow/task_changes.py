"""What a person does to a task."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from homebuy_plugin.exceptions import AmbiguousTask, InvalidArgument, NotAllowed, UnknownName
from homebuy_plugin.types import Change, Officer, TaskChange
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.clocks import finish
from homebuy_plugin.workflow.definitions import outlives, task_def
from homebuy_plugin.workflow.facts import split_personal
from homebuy_plugin.workflow.letter_words import spell_date
from homebuy_plugin.workflow.reasons import check_reason
from homebuy_plugin.workflow.redating import extend, reopen, revise, set_due
from homebuy_plugin.workflow.refusals import check_refusals
from homebuy_plugin.workflow.requirements import REOPEN_CASE, require, texts_of
from homebuy_plugin.workflow.state import ACTIVE_TASK, TaskState
from homebuy_plugin.workflow.tasks import cancel_task, dependants, open_task

Facts = dict[str, Any]
KEEP = "keep"
"""Said of dependants: the task cancelled counts as done, and what waited for it goes on."""


def find_task(case: Casework, name: str) -> TaskState:
    """The task of this id; or of this code, not yet complete or cancelled, else the latest."""
    if name in case.state.tasks:
        return case.state.tasks[name]
    found = [t for t in case.state.tasks.values() if t.code == name]
    if not found:
        known = {t.code for t in case.state.tasks.values()}
        raise UnknownName("task", name, known, f"in case {case.state.reference!r} as it stands")
    active = [t for t in found if t.status in ACTIVE_TASK]
    if len(active) > 1:
        raise AmbiguousTask(name, [t.id for t in active])
    return (active or found)[-1]


def change_task(case: Casework, task: TaskState, change: TaskChange, facts: Facts, at: datetime) -> None:
    """Apply a change to a task at an instant; the case is already settled up to it."""
    if case.state.status == "closed" and not outlives(case, task):
        raise NotAllowed(f"Case {case.state.reference!r} is closed. {REOPEN_CASE}")
    _ACTIONS[change.action](case, task, change, facts, at)


def when(case: Casework, change_on: date | None, at: datetime) -> date:
    """The local date something happened: as given, never later than the instant."""
    today = case.local(at)
    if change_on is not None and change_on > today:
        raise InvalidArgument(
            f"on is {spell_date(change_on)}, which is later than today, {spell_date(today)}."
        )
    return change_on or today


def refuse_before_service(case: Casework, on: date, what: str) -> None:
    """Refuse a date before the notice was served, for what only follows it.

    A date between the service and the creation of the case is good: a case may be brought in late.

    Raises:
        InvalidArgument: with both dates.
    """
    served = case.state.served_on
    if served is not None and on < served:
        raise InvalidArgument(
            f"{what} on {spell_date(on)}, before the notice was served on {spell_date(served)}. "
            "Give the right day as on, or correct the notice with CaseChange.update(served_on=...)."
        )


def _follows_service(case: Casework, task: TaskState) -> bool:
    """Whether a task has a clock that runs from the service of the notice or later."""
    served = case.state.served_on
    starts = [c.started_on for c in case.state.clocks_of(f"task:{task.id}") if c.status == "running"]
    return served is not None and any(day is not None and day >= served for day in starts)


def _start(case: Casework, task: TaskState, change: TaskChange, facts: Facts, at: datetime) -> None:
    require(case, task, ("pending", "open"), "started")
    on = when(case, change.on, at)
    if task.status == "pending":
        if task.planned_start is None or task.planned_start > at:
            case.emit(e.TASK_PLANNED, at, by=change.by, task=task.id, planned_start=at)
        open_task(case, task, at, by=change.by)
    case.emit(e.TASK_STARTED, at, by=change.by, texts=texts_of(change), task=task.id, on=on)


def _plan(case: Casework, task: TaskState, change: TaskChange, facts: Facts, at: datetime) -> None:
    require(case, task, ("pending",) if change.data["start_on"] else ACTIVE_TASK, "planned")
    put_down(case, task, change, at)


def put_down(case: Casework, task: TaskState, change: Change, at: datetime) -> None:
    """The dates that a person gives a task: when it is to start, when it is due, or both."""
    start_on, due_on = change.data["start_on"], change.data.get("due_on")
    if start_on is not None and due_on is not None and due_on < start_on:
        raise InvalidArgument(f"due_on, {spell_date(due_on)}, lies before start_on, {spell_date(start_on)}.")
    if start_on is not None:
        start = max(case.world.home.opening_on_or_after(start_on), at)
        texts = texts_of(change)
        case.emit(
            e.TASK_PLANNED, at, by=change.by, texts=texts, task=task.id, planned_start=start, fixed=True
        )
    if due_on is not None:
        set_due(case, task, due_on, change, at)


def _complete(case: Casework, task: TaskState, change: TaskChange, facts: Facts, at: datetime) -> None:
    require(case, task, ACTIVE_TASK, "completed")
    on = when(case, change.on, at)
    if _follows_service(case, task):
        refuse_before_service(case, on, f"Task {task.code!r} cannot have been done")
    reason, late_reason = change.data.get("reason"), change.data.get("late_reason")
    check_reason(case, "complete", reason, task=task)
    check_reason(case, "late", late_reason, task=task)
    _check_required(case, task, facts)
    check_refusals(case, task, facts, on, at)
    for hold in case.state.active_holds(task.id):
        case.emit(e.RELEASED, at, by=change.by, hold=hold.seq, early=True)
    done_at = at if on == case.local(at) else case.world.home.midnight(on)
    for clock in case.state.clocks_of(f"task:{task.id}"):
        finish(case, clock, at, on, done_at)
    _explain_lateness(case, task, change)
    open_, personal = split_personal(facts, case.world.personal)
    case.emit(
        e.TASK_COMPLETED,
        at,
        by=change.by,
        texts={**texts_of(change, "reason", "late_reason"), **personal},
        task=task.id,
        on=on,
        facts=open_,
    )


def _explain_lateness(case: Casework, task: TaskState, change: TaskChange) -> None:
    """What is done late is explained: by a reason of each list that the pack has for the task."""
    missed = [c for c in case.state.clocks_of(f"task:{task.id}") if c.status == "missed"]
    if not missed:
        return
    due_on = min(c.target[0] for c in missed)
    for kind, name in (("late", "late_reason"), ("complete", "reason")):
        needed = (
            f"Task {task.code!r} is late: it was due on {spell_date(due_on)}. "
            f"Say why with TaskChange.complete({name}=...)."
        )
        check_reason(case, kind, change.data.get(name), task=task, needed=needed)


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
    require(case, task, ACTIVE_TASK, "cancelled")
    if task.mandatory:
        raise NotAllowed(
            f"Task {task.code!r} is mandatory and cannot be cancelled. Complete it, or leave its stage "
            "with CaseChange.leave(stage, reason)."
        )
    check_reason(case, "cancel", change.data["reason"], task=task)
    waiting, agreed = dependants(case, task), change.data.get("dependants")
    others = [] if agreed == KEEP else waiting
    fixed = [t.code for t in others if t.mandatory]
    if fixed:
        raise NotAllowed(
            f"Task {task.code!r} cannot be cancelled: {', '.join(fixed)} waits for it and is mandatory. "
            f"To have that go on as if it were done: TaskChange.cancel(reason, dependants={KEEP!r})."
        )
    if agreed != KEEP:
        _confirm(task, others, agreed)
    elif waiting:
        case.because.append(f"What waited for it goes on: {', '.join(t.code for t in waiting)}.")
    for each in (task, *others):
        cancel_task(case, each, at, by=change.by, reason=change.data["reason"])
    if others:
        case.because.append(f"Cancelled with it: {', '.join(t.code for t in others)}.")


def _confirm(task: TaskState, others: list[TaskState], agreed: tuple[str, ...] | None) -> None:
    """Refuse to cancel dependants that the caller did not name, where any were named."""
    codes = [t.code for t in others]
    if agreed is not None and set(codes) != set(agreed):
        raise NotAllowed(
            f"With task {task.code!r} would be cancelled: {', '.join(codes) or 'nothing else'}. "
            f"Confirm it with TaskChange.cancel(reason, dependants={tuple(codes)!r})."
        )


def _hold(case: Casework, task: TaskState, change: TaskChange, facts: Facts, at: datetime) -> None:
    require(case, task, ("pending", "open", "on_hold"), "put on hold")
    check_reason(case, "hold", change.data["reason"], task=task)
    hold(case, task.id, change, at)


def hold(case: Casework, scope: str, change: Change, at: datetime) -> None:
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


def release(case: Casework, scope: str, change: Change, at: datetime) -> None:
    """End the holds of a task or of the case."""
    holds = case.state.active_holds(scope)
    if not holds:
        raise NotAllowed(f"{'The case' if scope == 'case' else f'Task {scope}'} is not on hold.")
    for each in holds:
        case.emit(e.RELEASED, at, by=change.by, texts={"note": change.note}, hold=each.seq, early=True)


def _release(case: Casework, task: TaskState, change: TaskChange, facts: Facts, at: datetime) -> None:
    release(case, task.id, change, at)


def officer_key(value: object) -> str:
    """``kind:id`` of an officer given as value, id, or ``role:CODE``."""
    if isinstance(value, Officer):
        return value.key
    if not isinstance(value, str) or not value.strip():
        raise InvalidArgument(f"An owner is an Officer or the id of a user, not {value!r}.")
    return value if value.startswith(("user:", "role:")) else f"user:{value}"


def tell_who_is_away(case: Casework, owners: Iterable[str], at: datetime) -> None:
    """A person may give work to somebody who is not there; never without hearing of it."""
    for owner in owners:
        if not case.directory.available(owner, case.local(at)):
            name = case.directory.contact(owner).name or owner.partition(":")[2]
            case.because.append(f"{name} is away, or no longer here.")


def _reassign(case: Casework, task: TaskState, change: TaskChange, facts: Facts, at: datetime) -> None:
    require(case, task, ACTIVE_TASK, "reassigned")
    owner = officer_key(change.data["owner"])
    tell_who_is_away(case, (owner,), at)
    case.emit(
        e.TASK_REASSIGNED, at, by=change.by, texts=texts_of(change, "reason"), task=task.id, owners=(owner,)
    )


def _activity(case: Casework, task: TaskState, change: TaskChange, facts: Facts, at: datetime) -> None:
    case.emit(e.TASK_ACTIVITY, at, by=change.by, texts=texts_of(change), task=task.id)


_ACTIONS: dict[str, Callable[[Casework, TaskState, TaskChange, Facts, datetime], None]] = {
    "start": _start,
    "plan": _plan,
    "complete": _complete,
    "cancel": _cancel,
    "hold": _hold,
    "release": _release,
    "reassign": _reassign,
    "revise": revise,
    "extend": extend,
    "reopen": reopen,
    "activity": _activity,
}
