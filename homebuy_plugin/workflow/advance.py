"""What follows by itself from a change: stages, tasks and clocks fall into place."""

from datetime import datetime

from homebuy_plugin.documents.model import TaskDef
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.clocks import missing_statutory_tasks, reconcile
from homebuy_plugin.workflow.runs import sync_pauses
from homebuy_plugin.workflow.stages import complete_stages, open_on_points, sweep
from homebuy_plugin.workflow.state import StageState
from homebuy_plugin.workflow.tasks import create_task, plan_and_open
from homebuy_plugin.workflow.watching import Watch

_ROUNDS = 50
"""More rounds than any pack has stages; a case that has not come to rest by then never will."""


def advance(case: Casework, at: datetime) -> None:
    """Let everything that follows at this instant happen, until nothing more does."""
    watch = Watch.over(case)
    for _ in range(_ROUNDS):
        before = case.state.seq
        if case.state.status == "closed":
            _round_of_tasks(case, at, watch)
        else:
            _round(case, at, watch)
        if case.state.seq == before:
            return
    raise RuntimeError(f"case {case.state.reference} does not come to rest at {at}; its pack loops")


def _round(case: Casework, at: datetime, watch: Watch) -> None:
    reconcile(case, at, watch)  # a clock that an event ended must not carry its task past its stage
    open_on_points(case, at, watch.happened)
    for definition in missing_statutory_tasks(case, at, watch):
        create_task(case, definition, _open_home(case, definition), at)
    _round_of_tasks(case, at, watch)
    sweep(case, at)
    complete_stages(case, at)


def _round_of_tasks(case: Casework, at: datetime, watch: Watch) -> None:
    """All that follows in a closed case: for the tasks that outlive it."""
    reconcile(case, at, watch)
    plan_and_open(case, at)
    reconcile(case, at, watch)
    sync_pauses(case, at)


def _open_home(case: Casework, definition: TaskDef) -> StageState | None:
    """The open stage a task belongs to; a task whose stage is still to open waits outside for it."""
    for stage in reversed(case.state.open_stages()):
        found = case.world.pack.stage(stage.code)
        if found is not None and found.task(definition.code) is not None:
            return stage
    return None
