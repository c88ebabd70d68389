"""Tasks: made with their stage or their statutory clock, planned, opened, done."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from homebuy_plugin.clock.counting import TIME_UNITS, seconds_of, shift_date
from homebuy_plugin.documents.model import TaskDef
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.clocks import cancel_clocks
from homebuy_plugin.workflow.definitions import applies, task_def
from homebuy_plugin.workflow.state import ACTIVE_TASK, StageState, TaskState


def create_task(
    case: Casework,
    definition: TaskDef,
    stage: StageState | None,
    at: datetime,
    *,
    adhoc: bool = False,
    by: str | None = None,
    texts: Mapping[str, Any] | None = None,
) -> TaskState:
    """Make one task, pending."""
    number = 1 + len([t for t in case.state.tasks.values() if t.code == definition.code])
    task_id = f"{definition.code}#{number}"
    data = {
        "task": task_id,
        "code": definition.code,
        "stage": stage.id if stage else None,
        "mandatory": definition.mandatory and not adhoc,
        "kind": definition.kind,
        "carry": definition.carry,
        "adhoc": adhoc,
    }
    case.note(e.TASK_CREATED, at, data, by, texts)
    return case.state.tasks[task_id]


def fill_stage(case: Casework, stage: StageState, definitions: Iterable[TaskDef], at: datetime) -> None:
    """Give a stage just opened its tasks; one made earlier with its clock is adopted."""
    today = case.local(at)
    for definition in definitions:
        if not applies(case, definition, today) or not case.holds(definition.when, at):
            continue
        earlier = _adoptable(case, definition)
        if earlier is None:
            create_task(case, definition, stage, at)
        else:
            case.emit(e.TASK_ADOPTED, at, task=earlier.id, stage=stage.id)


def _adoptable(case: Casework, definition: TaskDef) -> TaskState | None:
    """A task of a statutory clock that stands outside an open stage."""
    if not any(c.kind == "statutory" for c in definition.clocks):
        return None
    for task in reversed(case.state.tasks.values()):
        stage = case.state.stages.get(task.stage or "")
        free = stage is None or (stage.status != "open" and not stage.parallel)
        if task.code == definition.code and task.status != "cancelled" and free:
            return task
    return None


def plan_and_open(case: Casework, at: datetime) -> None:
    """Plan what its predecessors allow, and open what is due to start.

    A plan follows its predecessors, also back when one is reopened; one made by hand stays.
    """
    for task in list(case.state.tasks.values()):
        stage = case.state.stages.get(task.stage or "")
        if not startable(task):
            continue
        start = _planned_start(case, task, stage, at)
        if task.planned_by is None and start != task.planned_start:
            case.emit(e.TASK_PLANNED, at, task=task.id, planned_start=start)
        if task.planned_start is not None and task.planned_start <= at:
            open_task(case, task, at)


def startable(task: TaskState) -> bool:
    """Whether a task may open by itself: not while it is made ahead of its stage."""
    return task.status == "pending" and (task.stage is not None or task.adhoc)


def _planned_start(
    case: Casework, task: TaskState, stage: StageState | None, at: datetime
) -> datetime | None:
    definition = task_def(case, task)
    if definition is None or task.adhoc or stage is None:
        return task.planned_start or at
    latest = stage.opened_at
    for code in definition.after:
        done = _done(case, code, stage)
        if done is None:
            return None
        latest = max(latest, done)
    return _lagged(case, latest, definition)


def _done(case: Casework, code: str, stage: StageState) -> datetime | None:
    """When a predecessor was done; at the stage's opening if it was left out or cancelled."""
    found = [t for t in case.state.tasks_of(stage.id) if t.code == code]
    if not found:
        return stage.opened_at
    last = found[-1]
    if last.status == "cancelled":
        return last.completed_at
    if last.status != "complete" or last.completed_on is None or last.completed_at is None:
        return None
    if case.local(last.completed_at) == last.completed_on:
        return last.completed_at
    return case.world.home.opening_on_or_after(last.completed_on)


def _lagged(case: Casework, start: datetime, definition: TaskDef) -> datetime:
    lag, calendar = definition.lag, case.world.home
    if lag is None or lag.value == 0:
        return start
    if lag.unit in TIME_UNITS:
        return calendar.add_time(start, seconds_of(lag))
    return calendar.opening_on_or_after(shift_date(calendar.local_date(start), lag, calendar))


def open_task(case: Casework, task: TaskState, at: datetime, by: str | None = None) -> None:
    """Open a task and settle who has it."""
    definition = task_def(case, task)
    owners = task.owners
    if definition and definition.owner_role and not owners:
        owners = owners_in_role(case, definition.owner_role, case.local(at))
    case.emit(e.TASK_OPENED, at, by=by, task=task.id, owners=owners)
    case.opened += 1


def owners_in_role(case: Casework, role: str, on: date) -> tuple[str, ...]:
    """Who has a task of this role: the case's owner if in the role, its only member, or the role.

    A role nobody is in owns nothing: the task follows the case.
    """
    members = [o.key for o in case.directory.members(role, on)]
    if not members:
        return ()
    own = tuple(o for o in case.state.owners if o in members)
    if own:
        return own
    return (members[0],) if len(members) == 1 else (f"role:{role}",)


def cancel_task(
    case: Casework, task: TaskState, at: datetime, *, by: str | None = None, reason: str = ""
) -> None:
    """Cancel one task and its clocks; its hold ends with it. Without a reason it goes with its stage."""
    for hold in case.state.active_holds(task.id):
        case.emit(e.RELEASED, at, hold=hold.seq)
    case.emit(e.TASK_CANCELLED, at, by=by, texts={"reason": reason}, task=task.id, swept=not reason)
    cancel_clocks(case, f"task:{task.id}", at)


def dependants(case: Casework, task: TaskState) -> list[TaskState]:
    """Active tasks of the same stage that wait, directly or not, for this one."""
    found: list[TaskState] = []
    codes = {task.code}
    siblings = [t for t in case.state.tasks_of(task.stage or "") if t.status in ACTIVE_TASK and t is not task]
    grew = True
    while grew:
        grew = False
        for other in siblings:
            definition = task_def(case, other)
            if other not in found and definition and codes & set(definition.after):
                found.append(other)
                codes.add(other.code)
                grew = True
    return found
