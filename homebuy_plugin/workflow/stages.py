"""Stages: which opens first, when one is complete, and what follows it."""

from datetime import date, datetime

from homebuy_plugin.documents.model import NextStageDef, StageDef
from homebuy_plugin.types import NextStage
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.casework import Casework, Subject
from homebuy_plugin.workflow.clocks import cancel_clocks, finish
from homebuy_plugin.workflow.definitions import applies
from homebuy_plugin.workflow.points import moments
from homebuy_plugin.workflow.state import (
    ACTIVE_TASK,
    DONE_TASK,
    LIVE_CLOCK,
    Occurrence,
    StageState,
    TaskState,
)
from homebuy_plugin.workflow.tasks import cancel_task, fill_stage


def open_first(case: Casework, at: datetime) -> None:
    """Open the first stage of the pack whose conditions hold."""
    for definition in case.world.pack.stages:
        if definition.parallel or not applies(case, definition, case.local(at)):
            continue
        if case.holds(definition.when, at):
            open_stage(case, definition, at)
            return
    case.because.append("No stage of the pack begins a case like this one.")


def open_stage(
    case: Casework,
    definition: StageDef,
    at: datetime,
    *,
    by: str | None = None,
    origin: Occurrence | None = None,
) -> StageState:
    """Open a stage anew: a new instance with its tasks; ``origin`` is the event that opened it."""
    number = 1 + sum(s.code == definition.code for s in case.state.stages.values())
    stage_id = f"{definition.code}#{number}"
    case.emit(
        e.STAGE_OPENED,
        at,
        by=by,
        stage=stage_id,
        code=definition.code,
        parallel=definition.parallel,
        on=case.local(at),
        origin=origin.seq if origin else None,
    )
    case.opened += 1
    stage = case.state.stages[stage_id]
    fill_stage(case, stage, definition.tasks, at)
    return stage


def open_on_points(case: Casework, at: datetime, happened: frozenset[str]) -> None:
    """Open the stages whose ``opens_on`` has happened since they were last open.

    ``happened``: the points that may have.
    """
    for definition in case.world.pack.stages:
        if (
            definition.opens_on
            and not happened.isdisjoint(definition.opens_on)
            and applies(case, definition, case.local(at))
        ):
            _open_on_first(case, definition, at)


def _open_on_first(case: Casework, definition: StageDef, at: datetime) -> None:
    for point in definition.opens_on:
        seen = _unanswered(case, definition, point)
        if seen is None and not _reached(case, definition, point):
            continue
        if not definition.parallel:
            _leave_others(case, at)
        open_stage(case, definition, at, origin=seen)
        return


def _unanswered(case: Casework, definition: StageDef, point: str) -> Occurrence | None:
    """The event a stage is still to open for: a parallel one for each, others for one since they opened."""
    head, _, name = point.partition(":")
    if head != "event":
        return None
    instances = _instances(case, definition)
    if not definition.parallel and any(s.status == "open" for s in instances):
        return None
    answered = {s.origin for s in instances}
    seen = [o for o in case.state.seen(name) if o.seq not in answered]
    if definition.parallel:
        return next(iter(seen), None)
    last = max((s.opened_at for s in instances), default=None)
    return next((o for o in reversed(seen) if last is None or o.at > last), None)


def _reached(case: Casework, definition: StageDef, point: str) -> bool:
    """Whether a point other than an event opens a stage that the case was never in."""
    if point.startswith("event:") or _instances(case, definition) or _past(case, definition):
        return False
    return bool(moments(case, point, Subject()))


def _instances(case: Casework, definition: StageDef) -> list[StageState]:
    return [s for s in case.state.stages.values() if s.code == definition.code]


def _past(case: Casework, definition: StageDef) -> bool:
    """Whether the case is already in or beyond a stage that a fact would open."""
    order = [s.code for s in case.world.pack.stages]
    here = order.index(definition.code)
    main = [s for s in case.state.stages.values() if not s.parallel and s.code in order]
    return any(order.index(s.code) > here for s in main)


def _leave_others(case: Casework, at: datetime) -> None:
    for stage in case.state.open_stages():
        if not stage.parallel:
            leave_stage(case, stage, at)


def leave_stage(
    case: Casework, stage: StageState, at: datetime, *, by: str | None = None, reason: str = ""
) -> None:
    """Leave a stage unfinished; its open tasks are cancelled, those that carry stay.

    A task whose statutory clock is running is not cancelled: the law does not stop because
    the landlord moved on. It is carried along.
    """
    case.emit(e.STAGE_LEFT, at, by=by, texts={"reason": reason}, stage=stage.id)
    _cancel_rest(case, stage, at)
    cancel_clocks(case, f"stage:{stage.id}", at)


def say_none_is_open(case: Casework, stage: StageState, at: datetime) -> None:
    """Tell that a stage was left and no main stage is open: a person has to open one."""
    if any(not s.parallel for s in case.state.open_stages()):
        return
    case.emit(e.STAGE_STUCK, at, stage=stage.id, code=stage.code)
    definition = case.world.pack.stage(stage.code)
    case.because.append(
        f"“{definition.name if definition else stage.code}” was left and no stage is open. "
        "Open one of next_stages with CaseChange.activate(stage), or close the case."
    )


def _cancel_rest(case: Casework, stage: StageState, at: datetime) -> None:
    for task in case.state.tasks_of(stage.id):
        if task.status in ACTIVE_TASK and not task.carry and not _lawful(case, task, "running"):
            cancel_task(case, task, at)


def _lawful(case: Casework, task: TaskState, *statuses: str) -> bool:
    """Whether a task has a statutory clock in one of these states."""
    clocks = case.state.clocks_of(f"task:{task.id}")
    return any(c.kind == "statutory" and c.status in statuses for c in clocks)


def sweep(case: Casework, at: datetime) -> None:
    """Cancel what had outlived its stage only for the law's sake, and the law has let go of."""
    for task in list(case.state.tasks.values()):
        stage = case.state.stages.get(task.stage or "")
        if task.status not in ACTIVE_TASK or task.carry or stage is None or stage.status == "open":
            continue
        if _lawful(case, task, "cancelled") and not _lawful(case, task, *LIVE_CLOCK):
            cancel_task(case, task, at)


def cancel_all(case: Casework, at: datetime) -> None:
    """Cancel every task that the law does not keep, wherever it stands."""
    for task in list(case.state.tasks.values()):
        if task.status in ACTIVE_TASK and not _lawful(case, task, "running"):
            cancel_task(case, task, at)


def complete_stages(case: Casework, at: datetime) -> None:
    """Complete the open stages whose mandatory tasks are done, and open what follows."""
    for stage in case.state.open_stages():
        if not _finished(case, stage):
            continue
        case.emit(e.STAGE_COMPLETED, at, stage=stage.id)
        for clock in case.state.clocks_of(f"stage:{stage.id}"):
            finish(case, clock, at, _finished_on(case, stage, at))
        cancel_clocks(case, f"stage:{stage.id}", at)
        _cancel_rest(case, stage, at)
        _follow(case, stage, at)


def _finished(case: Casework, stage: StageState) -> bool:
    """Whether nothing mandatory is left; a stage without mandatory tasks waits for all of them."""
    left = [t for t in case.state.tasks_of(stage.id) if t.status not in DONE_TASK]
    if not left:
        return True
    definition = case.world.pack.stage(stage.code)
    has_mandatory = definition is not None and any(t.mandatory for t in definition.tasks)
    return has_mandatory and not any(t.mandatory for t in left)


def _finished_on(case: Casework, stage: StageState, at: datetime) -> date:
    """The day the last mandatory task was done, however late it was recorded."""
    done = [t.completed_on for t in case.state.tasks_of(stage.id) if t.mandatory and t.completed_on]
    return max(done, default=case.local(at))


def _follow(case: Casework, stage: StageState, at: datetime) -> None:
    if case.state.status in ("withdrawn", "closed") or stage.parallel:
        return
    definition = case.world.pack.stage(stage.code)
    links = definition.next if definition else ()
    for link in links:
        target = case.world.pack.stage(link.stage)
        if link.opens == "automatic" and target and _may_open(case, link, at):
            open_stage(case, target, at)
            return
    if any(s for s in case.state.open_stages() if not s.parallel):
        return
    if links and not offered(case, at):
        case.emit(e.STAGE_STUCK, at, stage=stage.id, code=stage.code)
        name = definition.name if definition else stage.code
        case.because.append(f"“{name}” is complete and no stage follows: the conditions of none hold.")


def offered(case: Casework, at: datetime) -> tuple[NextStage, ...]:
    """The stages a person may open now: those the stages open or last ended offer.

    A stage that was left with no other main stage open may also be entered again.
    """
    if case.state.status in ("withdrawn", "closed"):
        return ()
    found: dict[str, NextStage] = {}
    busy = {s.code for s in case.state.open_stages()}
    for stage in _sources(case):
        found.update(_again(case, stage, at))
        definition = case.world.pack.stage(stage.code)
        for link in definition.next if definition else ():
            if link.stage not in busy and link.stage not in found and _offers(case, stage, link, at):
                target = case.world.pack.stage(link.stage)
                found[link.stage] = NextStage(
                    code=link.stage, name=target.name if target else link.stage, why=link.why
                )
    return tuple(found.values())


def _again(case: Casework, stage: StageState, at: datetime) -> dict[str, NextStage]:
    """A stage that was left, offered once more."""
    definition = case.world.pack.stage(stage.code)
    if stage.status != "left" or definition is None or not applies(case, definition, case.local(at)):
        return {}
    return {stage.code: NextStage(code=stage.code, name=definition.name, why="It was left unfinished.")}


def _offers(case: Casework, stage: StageState, link: NextStageDef, at: datetime) -> bool:
    return (link.opens == "offered" or stage.status != "open") and _may_open(case, link, at)


def _may_open(case: Casework, link: NextStageDef, at: datetime) -> bool:
    """Whether a link's conditions hold, and the stage it leads to is one for this case."""
    target = case.world.pack.stage(link.stage)
    return target is not None and applies(case, target, case.local(at)) and case.holds(link.when, at)


def _sources(case: Casework) -> list[StageState]:
    """The open main stages; when there is none, the main stage that ended last."""
    main = [s for s in case.state.stages.values() if not s.parallel]
    opened = [s for s in main if s.status == "open"]
    return opened or main[-1:]
