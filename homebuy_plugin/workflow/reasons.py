"""Reasons: chosen from the nearest list of the pack that has any; any text where none has."""

from homebuy_plugin.documents.model import StageDef, TaskDef
from homebuy_plugin.exceptions import NotAllowed, UnknownName
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.definitions import stage_of, task_def
from homebuy_plugin.workflow.state import StageState, TaskState


def check_reason(
    case: Casework,
    kind: str,
    given: str | None,
    *,
    task: TaskState | None = None,
    stage: StageState | None = None,
    needed: str = "",
) -> None:
    """Refuse a reason that is not offered for a task, a stage, or else the case.

    Args:
        case: its pack lists the reasons, on the task, on the stage or at its top.
        kind: what it is a reason for: a key of ``reasons``.
        given: the reason, None or empty where there is none.
        task: what is changed, where it is a task.
        stage: what is changed, where it is a stage.
        needed: the sentence to refuse with where a reason is offered and none is given; "" where
            it may be left out.

    Raises:
        UnknownName: a text that is not offered.
        NotAllowed: none is given.
    """
    offered = _offered(case, kind, task, stage)
    if not offered:
        return
    if given:
        if given not in offered:
            raise UnknownName(f"{kind} reason", given, offered, f"for {_words(case, task, stage)}")
    elif needed:
        raise NotAllowed(f"{needed} Reasons offered: {', '.join(offered)}.")


def _offered(case: Casework, kind: str, task: TaskState | None, stage: StageState | None) -> tuple[str, ...]:
    home: StageDef | TaskDef | None = None
    if task is not None:
        home, stage = task_def(case, task), stage_of(case, task)
    phase = case.world.pack.stage(stage.code) if stage else None
    lists = (level.reasons.get(kind, ()) for level in (home, phase, case.world.pack) if level)
    return next((found for found in lists if found), ())


def _words(case: Casework, task: TaskState | None, stage: StageState | None) -> str:
    if task is not None:
        return f"task {task.code!r}"
    return f"stage {stage.code!r}" if stage else f"case {case.state.reference!r}"
