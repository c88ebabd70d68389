"""What the pinned pack says of the tasks and clocks that a case has."""

from datetime import date

from homebuy_plugin.documents.model import Amber, ClockDef, Duration, PeriodBranch, StageDef, TaskDef
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.state import ClockState, StageState, TaskState
from homebuy_plugin.workflow.world import in_force

DUE = ClockDef(
    code="due",
    kind="service",
    name="Due date set by hand",
    period=(PeriodBranch(duration=Duration(value=1, unit="days")),),
    amber=(Amber(name="first", before=Duration(value=1, unit="working_days")),),
)
"""The clock of a due date that a person gave a task; its period is whatever that made it."""


def stage_of(case: Casework, task: TaskState) -> StageState | None:
    """The stage a task stands in; None for one made ahead of its stage."""
    return case.state.stages.get(task.stage or "")


def task_def(case: Casework, task: TaskState) -> TaskDef | None:
    """The definition of a task: its stage's, or the pack's first of that code."""
    stage = stage_of(case, task)
    return case.world.task_def(stage.code if stage else None, task.code)


def outlives(case: Casework, task: TaskState) -> bool:
    """Whether a task stays when its case is closed."""
    definition = task_def(case, task)
    return definition is not None and definition.outlives


def applies(case: Casework, part: StageDef | TaskDef | ClockDef, on: date) -> bool:
    """Whether a part of the pack is for the company of this case, and in force on a local date."""
    if part.companies and case.state.company not in part.companies:
        return False
    return in_force(part, on)


def task_words(case: Casework, task: TaskState) -> str:
    """What people call a task: its name in the pack, or the words of its code."""
    definition = task_def(case, task)
    return definition.name if definition else task.code.replace("_", " ")


def clock_def(case: Casework, clock: ClockState) -> ClockDef | None:
    """The definition of a clock in the pinned pack, or None when it has gone."""
    kind, _, owner_id = clock.subject.partition(":")
    of_task = kind == "task"
    owner: TaskDef | StageDef | None
    if of_task:
        owner = task_def(case, case.state.tasks[owner_id])
    else:
        owner = case.world.pack.stage(case.state.stages[owner_id].code)
    for found in owner.clocks if owner else ():
        if found.code == clock.code:
            return found
    return DUE if of_task and clock.code == DUE.code else None
