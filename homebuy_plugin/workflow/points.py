"""Points in time that clocks start from: when did they happen, if they did?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.state import StageState, TaskState


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """A local date, the instant within it, and whether only the date is known."""

    on: date
    at: datetime


def moments(case: Casework, point: str, task: TaskState | None, stage: StageState | None) -> list[Moment]:
    """Every time a point happened, in order; empty while it has not."""
    head, _, name = point.partition(":")
    return sorted(_FINDERS[head](case, name, task, stage))


def first(
    case: Casework, points: tuple[str, ...], task: TaskState | None, stage: StageState | None
) -> Moment | None:
    """The first of several points to happen."""
    found = [m for p in points for m in moments(case, p, task, stage)]
    return min(found, default=None)


def on_date(case: Casework, on: date, at: datetime | None = None) -> Moment:
    """The moment of a local date: ``at`` if it lies on that date, else that day's opening."""
    if at is not None and case.local(at) == on:
        return Moment(on, at)
    return Moment(on, case.world.home.opening_on_or_after(on))


def _served(case: Casework, name: str, task: TaskState | None, stage: StageState | None) -> Iterator[Moment]:
    if case.state.served_on:
        yield on_date(case, case.state.served_on)


def _created(case: Casework, name: str, task: TaskState | None, stage: StageState | None) -> Iterator[Moment]:
    yield on_date(case, case.local(case.state.created_at), case.state.created_at)


def _planned(case: Casework, name: str, task: TaskState | None, stage: StageState | None) -> Iterator[Moment]:
    if task and task.planned_start:
        yield on_date(case, case.local(task.planned_start), task.planned_start)


def _started(case: Casework, name: str, task: TaskState | None, stage: StageState | None) -> Iterator[Moment]:
    if task and task.started_on:
        yield on_date(case, task.started_on, task.opened_at)


def _completed(
    case: Casework, name: str, task: TaskState | None, stage: StageState | None
) -> Iterator[Moment]:
    for other in case.state.tasks.values():
        if (
            other.status == "complete"
            and other.completed_on
            and (other.code == name if name else other is task)
        ):
            yield on_date(case, other.completed_on, other.completed_at)


def _stage(case: Casework, name: str, task: TaskState | None, stage: StageState | None) -> Iterator[Moment]:
    if stage:
        yield on_date(case, stage.opened_on, stage.opened_at)


def _event(case: Casework, name: str, task: TaskState | None, stage: StageState | None) -> Iterator[Moment]:
    since = stage.opened_at if stage and stage.parallel else None
    for seen in case.state.occurrences:
        if seen.name == name and (since is None or seen.at >= since):
            yield on_date(case, seen.on, seen.at)


def _fact(case: Casework, name: str, task: TaskState | None, stage: StageState | None) -> Iterator[Moment]:
    value = case.state.facts.get(name)
    if isinstance(value, date):
        yield on_date(case, value)


_FINDERS = {
    "case.served_on": _served,
    "case.created": _created,
    "task.planned_start": _planned,
    "task.started": _started,
    "task.completed": _completed,
    "stage.started": _stage,
    "event": _event,
    "fact": _fact,
}

CASE_POINTS = ("case.served_on", "case.created", "event", "fact")
"""Heads of points that do not need the clock's own task."""
