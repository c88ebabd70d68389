"""What changes of a task have in common: what they ask of it, and the texts they leave."""

from typing import Any

from homebuy_plugin.exceptions import NotAllowed
from homebuy_plugin.types import Change
from homebuy_plugin.workflow.state import DONE_TASK, TaskState


def texts_of(change: Change, *names: str) -> dict[str, Any]:
    """The free texts of a change, which are kept where they can be erased."""
    return {"note": change.note, **{n: change.data.get(n) for n in names}}


def require(task: TaskState, statuses: tuple[str, ...], what: str) -> None:
    """Refuse a change that the task's status does not allow.

    Raises:
        NotAllowed: the task is in another status.
    """
    if task.status not in statuses:
        mend = " Reopen it first, with TaskChange.reopen(reason)." if task.status in DONE_TASK else ""
        raise NotAllowed(f"Task {task.id} is {task.status.replace('_', ' ')}; it cannot be {what}.{mend}")
