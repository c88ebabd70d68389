"""What changes of a task have in common: what they ask of it, and the texts they leave."""

from typing import Any

from homebuy_plugin.exceptions import NotAllowed
from homebuy_plugin.types import Change
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.definitions import outlives
from homebuy_plugin.workflow.state import DONE_TASK, TaskState

REOPEN_TASK = "Reopen it first, with TaskChange.reopen(reason)."
REOPEN_CASE = "Reopen it first, with CaseChange.reopen(reason)."


def texts_of(change: Change, *names: str) -> dict[str, Any]:
    """The free texts of a change, which are kept where they can be erased."""
    return {"note": change.note, **{n: change.data.get(n) for n in names}}


def require(case: Casework, task: TaskState, statuses: tuple[str, ...], what: str) -> None:
    """Refuse a change that the task's status does not allow.

    Raises:
        NotAllowed: the task is in another status.
    """
    if task.status in statuses:
        return
    mend = f" {REOPEN_TASK}" if task.status in DONE_TASK else ""
    if mend and is_over_for(case, task):
        mend = f" Case {case.state.reference!r} is {case.state.status}. {REOPEN_CASE}"
    raise NotAllowed(f"Task {task.id} is {task.status.replace('_', ' ')}; it cannot be {what}.{mend}")


def is_over_for(case: Casework, task: TaskState) -> bool:
    """Whether the end of a case ended a task too: not one that outlives it, nor one of a stage still open."""
    if case.state.status not in ("withdrawn", "closed") or outlives(case, task):
        return False
    stage = case.state.stages.get(task.stage or "")
    return stage is None or stage.status != "open"
