"""What an alert is about, in words."""

from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.definitions import clock_def, task_words


def subject_words(case: Casework, subject: str, clock_code: str) -> tuple[str, str]:
    """The task or stage a rung is about, and its deadline, in words."""
    kind, _, ident = subject.partition(":")
    clock = case.state.clocks.get(f"{ident}:{clock_code}")
    named = clock_def(case, clock) if clock else None
    told = (named.name or named.code) if named else ""
    if kind == "task" and ident in case.state.tasks:
        return task_words(case, case.state.tasks[ident]), told
    if kind == "stage" and ident in case.state.stages:
        stage = case.world.pack.stage(case.state.stages[ident].code)
        return (stage.name if stage else ident), told
    return "the case", told


def step(anchor: str, occurrence: int) -> str:
    """Which step of the ladder an anchor is."""
    kind = anchor.partition(":")[0]
    if kind == "after":
        return f"follow-up {occurrence + 1}"
    words = {"amber": "warning", "target": "target passed", "stagnant": "nothing recorded", "event": "event"}
    return words.get(kind, kind)
