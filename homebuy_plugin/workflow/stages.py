"""Stages: which opens first, when one is complete, and what follows it."""

from datetime import datetime

from homebuy_plugin.documents.model import NextStageDef, StageDef
from homebuy_plugin.types import NextStage
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.clocks import cancel_clocks, finish
from homebuy_plugin.workflow.points import moments
from homebuy_plugin.workflow.state import ACTIVE_TASK, StageState
from homebuy_plugin.workflow.tasks import cancel_task, fill_stage
from homebuy_plugin.workflow.world import in_force


def open_first(case: Casework, at: datetime) -> None:
    """Open the first stage of the pack whose conditions hold."""
    for definition in case.world.pack.stages:
        if definition.parallel or not in_force(definition, case.local(at)):
            continue
        if case.holds(definition.when, at):
            open_stage(case, definition, at)
            return


def open_stage(case: Casework, definition: StageDef, at: datetime, *, by: str | None = None) -> StageState:
    """Open a stage anew: a new instance with its tasks."""
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
    )
    case.opened += 1
    stage = case.state.stages[stage_id]
    fill_stage(case, stage, definition.tasks, at)
    return stage


def open_on_points(case: Casework, at: datetime) -> None:
    """Open the stages whose ``opens_on`` has happened since they were last open."""
    for definition in case.world.pack.stages:
        for point in definition.opens_on:
            happened = moments(case, point, None, None)
            if not happened or not _new(case, definition, point):
                continue
            if not definition.parallel:
                _leave_others(case, at)
            open_stage(case, definition, at)
            break


def _new(case: Casework, definition: StageDef, point: str) -> bool:
    """Whether a point has happened more often than its stage has answered it."""
    instances = [s for s in case.state.stages.values() if s.code == definition.code]
    if not definition.parallel and any(s.status == "open" for s in instances):
        return False
    if not point.startswith("event:"):
        return not instances and not _past(case, definition)
    last = max((s.opened_at for s in instances), default=None)
    name = point.partition(":")[2]
    seen = [o for o in case.state.occurrences if o.name == name]
    if not definition.parallel:
        return bool(seen) and (last is None or seen[-1].at > last)
    return len(seen) > len(instances)


def _past(case: Casework, definition: StageDef) -> bool:
    """Whether the case is already in or beyond a stage that a fact would open."""
    order = [s.code for s in case.world.pack.stages]
    here = order.index(definition.code)
    return any(order.index(s.code) > here for s in case.state.stages.values() if s.code in order)


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


def _cancel_rest(case: Casework, stage: StageState, at: datetime) -> None:
    for task in case.state.tasks_of(stage.id):
        lawful = any(
            c.kind == "statutory" and c.status == "running" for c in case.state.clocks_of(f"task:{task.id}")
        )
        if task.status in ACTIVE_TASK and not task.carry and not lawful:
            cancel_task(case, task, at)


def complete_stages(case: Casework, at: datetime) -> None:
    """Complete the open stages whose mandatory tasks are done, and open what follows."""
    for stage in case.state.open_stages():
        if not _finished(case, stage):
            continue
        case.emit(e.STAGE_COMPLETED, at, stage=stage.id)
        for clock in case.state.clocks_of(f"stage:{stage.id}"):
            finish(case, clock, at, case.local(at))
        cancel_clocks(case, f"stage:{stage.id}", at)
        _cancel_rest(case, stage, at)
        _follow(case, stage, at)


def _finished(case: Casework, stage: StageState) -> bool:
    tasks = [t for t in case.state.tasks_of(stage.id) if t.status != "cancelled"]
    mandatory = [t for t in tasks if t.mandatory]
    if not mandatory:
        return bool(tasks) and all(t.status == "complete" for t in tasks)
    return all(t.status == "complete" for t in mandatory)


def _follow(case: Casework, stage: StageState, at: datetime) -> None:
    if case.state.status in ("withdrawn", "closed") or stage.parallel:
        return
    definition = case.world.pack.stage(stage.code)
    links = definition.next if definition else ()
    for link in links:
        target = case.world.pack.stage(link.stage)
        if link.opens == "automatic" and target and case.holds(link.when, at):
            open_stage(case, target, at)
            return
    if any(s for s in case.state.open_stages() if not s.parallel):
        return
    if links and not offered(case, at):
        case.emit(e.STAGE_STUCK, at, stage=stage.id, code=stage.code)


def offered(case: Casework, at: datetime) -> tuple[NextStage, ...]:
    """The stages a person may open now: those the stages open or last completed offer."""
    if case.state.status in ("withdrawn", "closed"):
        return ()
    found: dict[str, NextStage] = {}
    busy = {s.code for s in case.state.open_stages()}
    for stage in _sources(case):
        definition = case.world.pack.stage(stage.code)
        for link in definition.next if definition else ():
            if link.stage not in busy and link.stage not in found and _offers(case, stage, link, at):
                target = case.world.pack.stage(link.stage)
                found[link.stage] = NextStage(
                    code=link.stage, name=target.name if target else link.stage, why=link.why
                )
    return tuple(found.values())


def _offers(case: Casework, stage: StageState, link: NextStageDef, at: datetime) -> bool:
    return (link.opens == "offered" or stage.status == "complete") and case.holds(link.when, at)


def _sources(case: Casework) -> list[StageState]:
    """The open main stages; when there is none, the main stage that ended last."""
    main = [s for s in case.state.stages.values() if not s.parallel]
    opened = [s for s in main if s.status == "open"]
    return opened or main[-1:]
