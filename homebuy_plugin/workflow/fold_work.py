"""What events do to the stages, tasks and holds of a case."""

from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.events import CaseEvent, as_date, as_instant, the_date
from homebuy_plugin.workflow.fold_case import Apply, break_silence, brings_facts, heard, merge_facts
from homebuy_plugin.workflow.state import CaseState, HoldState, StageState, TaskState


def _stage_opened(state: CaseState, event: CaseEvent) -> None:
    d = event.data
    state.stages[d["stage"]] = StageState(
        id=d["stage"],
        code=d["code"],
        status="open",
        parallel=d["parallel"],
        opened_at=event.at,
        opened_on=the_date(d["on"]),
        origin=d.get("origin"),
    )


def _stage_ended(state: CaseState, event: CaseEvent) -> None:
    stage = state.stages[event.data["stage"]]
    stage.status = "complete" if event.kind == e.STAGE_COMPLETED else "left"
    stage.ended_at = event.at


def _stage_stuck(state: CaseState, event: CaseEvent) -> None:
    """Told, because a person has to see to it; nothing changes."""


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


def _of(state: CaseState, event: CaseEvent) -> TaskState:
    return state.tasks[event.data["task"]]


def _task_adopted(state: CaseState, event: CaseEvent) -> None:
    _of(state, event).stage = event.data["stage"]


def _task_planned(state: CaseState, event: CaseEvent) -> None:
    task = _of(state, event)
    task.planned_start = as_instant(event.data["planned_start"])
    task.planned_by = (event.by or "") if event.data.get("fixed") else None


def _task_opened(state: CaseState, event: CaseEvent) -> None:
    task = _of(state, event)
    task.status, task.opened_at = "open", event.at
    task.owners = tuple(event.data["owners"])
    break_silence(task, event)


def _task_started(state: CaseState, event: CaseEvent) -> None:
    task = _of(state, event)
    task.started_on = the_date(event.data["on"])
    break_silence(task, event)


def _task_completed(state: CaseState, event: CaseEvent) -> None:
    task = _of(state, event)
    task.status, task.completed_at = "complete", event.at
    task.completed_on = the_date(event.data["on"])
    merge_facts(state, event)
    if brings_facts(event):
        heard(state, event)


def _task_cancelled(state: CaseState, event: CaseEvent) -> None:
    task = _of(state, event)
    task.status, task.completed_at = "cancelled", event.at
    task.swept = event.data.get("swept", False)


def _task_reopened(state: CaseState, event: CaseEvent) -> None:
    task = _of(state, event)
    task.status = event.data.get("status", "open")
    if task.status == "open":
        task.opened_at = event.at
    task.completed_on = task.completed_at = None
    task.swept = False
    break_silence(task, event)


def _task_reassigned(state: CaseState, event: CaseEvent) -> None:
    task = _of(state, event)
    task.owners = tuple(event.data["owners"])
    if event.by is not None:
        break_silence(task, event)


def _task_activity(state: CaseState, event: CaseEvent) -> None:
    break_silence(_of(state, event), event)


def _held(state: CaseState, event: CaseEvent) -> None:
    d = event.data
    state.holds[event.seq] = HoldState(
        seq=event.seq,
        scope=d["scope"],
        started_at=event.at,
        until=as_date(d.get("until")),
        release_at=as_instant(d.get("release_at")),
        reason=event.texts.get("reason") or "",
    )
    if d["scope"] == "case":
        state.status = "on_hold"
        _all_fall_silent(state, event)
    else:
        task = state.tasks[d["scope"]]
        task.status = "on_hold"
        break_silence(task, event)


def _released(state: CaseState, event: CaseEvent) -> None:
    hold = state.holds[event.data["hold"]]
    hold.released_at = event.at
    if state.active_holds(hold.scope):
        return
    if hold.scope == "case":
        state.status = "open" if state.status == "on_hold" else state.status
        _all_fall_silent(state, event)
        return
    task = state.tasks[hold.scope]
    if task.status == "on_hold":
        task.status = "open" if task.opened_at else "pending"
    break_silence(task, event)


def _all_fall_silent(state: CaseState, event: CaseEvent) -> None:
    for task in state.tasks.values():
        break_silence(task, event)


WORK: dict[str, Apply] = {
    e.STAGE_OPENED: _stage_opened,
    e.STAGE_COMPLETED: _stage_ended,
    e.STAGE_LEFT: _stage_ended,
    e.STAGE_STUCK: _stage_stuck,
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
}
"""Events about stages, tasks and holds."""
