"""Points in time as packs name them: ``case.served_on``, ``task.completed:CODE``, ``event:NAME``."""

from dataclasses import dataclass

from homebuy_plugin.engine.catalogue import SLUG
from homebuy_plugin.engine.diagnostics import nearest, quoted

BARE = (
    "case.served_on",
    "case.created",
    "task.planned_start",
    "task.started",
    "task.completed",
    "stage.started",
)
"""Points that name nothing further; those of ``task.`` mean the clock's own task."""

NAMING = ("task.completed", "event", "fact")
"""Points followed by a colon and a name."""

OWN_TASK = ("task.planned_start", "task.started", "task.completed")
"""Bare points that only a clock of a task can use."""

_HELP = (
    "Points: case.served_on, case.created, task.planned_start, task.started, task.completed, "
    "task.completed:CODE, stage.started, event:NAME, fact:NAME."
)


@dataclass(frozen=True, kw_only=True)
class PointName:
    """A point in its parts.

    Attributes:
        kind: what stands before the colon, for example ``task.completed``.
        name: what stands after it, or "".
    """

    kind: str
    name: str = ""

    @property
    def is_own_task(self) -> bool:
        """Whether it means the clock's own task."""
        return not self.name and self.kind in OWN_TASK


def read_point(text: str) -> PointName:
    """The parts of a point that :func:`explain_point` found nothing wrong with."""
    kind, _, name = text.partition(":")
    return PointName(kind=kind, name=name)


def explain_point(text: str) -> tuple[str, str] | None:
    """Message and help for a text that is no point, or None."""
    kind, colon, name = text.partition(":")
    if not colon and kind in BARE:
        return None
    if colon and kind in NAMING and SLUG.fullmatch(name):
        return None
    return f"{quoted(text)} is no point in time.{_hint(kind, name)}", _HELP


def _hint(kind: str, name: str) -> str:
    close = nearest(kind, NAMING if name else (*BARE, *NAMING))
    if name and kind in NAMING:
        return f" What follows “{kind}:” is a code of small letters, digits, _ and -."
    return f" {close}" if close else ""
