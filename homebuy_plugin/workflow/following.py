"""A case follows what is published for open cases: another pack, other calendars.

The move takes effect at the instant of publication, in order with everything else of the case, so
that it does not matter how often anybody ticks. Verdicts stay: a clock met or missed keeps its dates.
"""

from dataclasses import replace
from datetime import datetime

from homebuy_plugin.documents.model import Pack, TaskDef
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.advance import advance
from homebuy_plugin.workflow.carrying import pass_over
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.clocks import reconcile
from homebuy_plugin.workflow.definitions import task_def
from homebuy_plugin.workflow.state import ACTIVE_TASK, CaseState
from homebuy_plugin.workflow.tasks import cancel_task, fill_stage
from homebuy_plugin.workflow.world import Move


def follows(case: Casework) -> Move | None:
    """The next publication the case follows; a closed case follows it when it is reopened."""
    return None if case.state.status == "closed" else case.world.move


def follow(case: Casework, move: Move) -> None:
    """Judge the case by what was published from now on."""
    at = max(move.at, case.state.last_at)
    runs, left = _runs(case.state), case.world.pack
    case.world = move.world
    case.emit(
        e.CASE_MIGRATED,
        at,
        by=move.by,
        texts={"reason": move.reason},
        documents=move.documents,
        notify=move.notify,
        pack_version=move.pack_version,
        calendars=move.calendars,
        before=_pins(case.state),
    )
    _take_up(case, left, at)
    advance(case, at)
    if not move.notify:
        _pass_over_new_runs(case, runs, at)


def move_by_hand(case: Casework, at: datetime, by: str | None, reason: str) -> None:
    """Move one case to the version its world holds ready; without one, to what its world now is."""
    here = case.world
    ready = here.move or Move(
        at=at,
        notify=True,
        documents=(),
        pack_version=here.pack_version,
        calendars=dict(case.state.calendars),
        world=here,
    )
    follow(case, replace(ready, at=at, by=by, reason=reason))


def _take_up(case: Casework, left: Pack, at: datetime) -> None:
    """Bring tasks and clocks in line with the pack: tasks that have gone, that have come, and every date."""
    for task in list(case.state.tasks.values()):
        if task.status in ACTIVE_TASK and not task.adhoc and task_def(case, task) is None:
            cancel_task(case, task, at)
    for stage in case.state.open_stages():
        fill_stage(case, stage, _new_tasks(stage.code, left, case.world.pack), at)
    reconcile(case, at, afresh=True)


def _new_tasks(stage: str, left: Pack, pack: Pack) -> list[TaskDef]:
    """The tasks of a stage that it did not have before; what its conditions left out stays out."""
    before, now = left.stage(stage), pack.stage(stage)
    if before is now or now is None:
        return []
    return [task for task in now.tasks if before is None or before.task(task.code) is None]


def _pins(state: CaseState) -> dict[str, object]:
    return {"pack_version": state.pack_version, "calendars": dict(state.calendars)}


def _runs(state: CaseState) -> dict[str, int]:
    return {clock.id: clock.run for clock in state.clocks.values()}


def _pass_over_new_runs(case: Casework, before: dict[str, int], at: datetime) -> None:
    for clock in list(case.state.clocks.values()):
        if clock.status == "running" and clock.run != before.get(clock.id, 0):
            pass_over(case, clock, at)
