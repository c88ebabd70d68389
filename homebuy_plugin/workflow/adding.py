"""Tasks that a person adds to a case beside the path of its pack."""

import re
from datetime import datetime

from homebuy_plugin.documents.model import TaskDef
from homebuy_plugin.exceptions import InvalidArgument, NotAllowed, UnknownName
from homebuy_plugin.types import CaseChange
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.effects import stage_for
from homebuy_plugin.workflow.requirements import texts_of
from homebuy_plugin.workflow.state import ACTIVE_TASK, StageState
from homebuy_plugin.workflow.task_changes import officer_key, put_down
from homebuy_plugin.workflow.tasks import create_task

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def add_task(case: Casework, change: CaseChange, at: datetime) -> None:
    """Add the task that a person asks for, with the owner and dates they give it.

    Raises:
        InvalidArgument: its code is none, or its dates cannot be.
        NotAllowed: a task of the code is still to be done.
        UnknownName: the stage it is to go into is not open.
    """
    code = change.data["task"]
    _check_code(case, code)
    definition = case.world.pack.task(code)
    stage = _stage(case, code, change.data["stage"])
    texts = texts_of(change)
    made = create_task(case, definition or own_task(code), stage, at, adhoc=True, by=change.by, texts=texts)
    owner = change.data["owner"]
    if owner is not None:
        case.emit(e.TASK_REASSIGNED, at, by=change.by, task=made.id, owners=(officer_key(owner),))
    put_down(case, made, change, at)
    if definition is None:
        case.because.append(f"“{code}” is no task of the pack: it was added as a task of your own.")


def own_task(code: str) -> TaskDef:
    """A task that no pack defines: it stays open when its stage ends, since only people know it."""
    return TaskDef(code=code, name=code.replace("_", " "), carry=True)


def _check_code(case: Casework, code: str) -> None:
    if not _CODE.fullmatch(code):
        raise InvalidArgument(
            f"{code!r} is no code of a task. Use small letters, digits, _ and -, 64 at most, "
            "for example call_the_solicitor; say more in note."
        )
    for task in case.state.tasks.values():
        if task.code == code and task.status in ACTIVE_TASK:
            raise NotAllowed(
                f"Task {code!r} is still to be done ({task.id} is {task.status.replace('_', ' ')}). "
                "Complete or cancel it first, or add one of another code."
            )


def _stage(case: Casework, code: str, wanted: str | None) -> StageState | None:
    opened = case.state.open_stages()
    names = {s.code: s for s in opened} | {s.id: s for s in opened}
    if wanted is not None and wanted not in names:
        raise UnknownName("open stage", wanted, [s.code for s in opened], f"in case {case.state.reference!r}")
    return names[wanted] if wanted is not None else stage_for(case, code, None)
