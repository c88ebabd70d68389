"""Points in time that clocks start from: when did they happen, if they did?"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

from homebuy_plugin.workflow.casework import Casework, Subject
from homebuy_plugin.workflow.state import Occurrence, TaskState

OF_SUBJECT = frozenset({"task.planned_start", "task.started", "task.completed", "stage.started"})
"""Points that are of the task or the stage that carries a clock."""


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """When something happened.

    Attributes:
        on: the local date.
        at: the instant, or the opening of that date where only the date is known.
        recorded_at: the instant it became known, where that is on record.
    """

    on: date
    at: datetime
    recorded_at: datetime | None = field(default=None, compare=False)

    @property
    def known(self) -> tuple[date, datetime]:
        """Its place among others: of what happened on one day, in the order it became known."""
        return self.on, self.recorded_at or self.at


def moments(case: Casework, point: str, about: Subject) -> list[Moment]:
    """Every time a point happened, in order; empty while it has not."""
    head, _, name = point.partition(":")
    found = _FINDERS[head](case, name, about)
    return sorted(found) if len(found) > 1 else found


def first(case: Casework, points: tuple[str, ...], about: Subject) -> Moment | None:
    """The first of several points to happen."""
    found = [m for p in points for m in moments(case, p, about)]
    return min(found) if found else None


def may_have_happened(case: Casework) -> frozenset[str]:
    """The points that have happened, and those that depend on what they are asked about.

    A point that is not among them has not happened, whatever it is asked about.
    """
    state = case.state
    found = {"case.created", *OF_SUBJECT}
    if state.served_on:
        found.add("case.served_on")
    found.update([f"event:{seen.name}" for seen in state.occurrences.values()])
    found.update([f"fact:{name}" for name, value in state.facts.items() if isinstance(value, date)])
    found.update([f"task.completed:{t.code}" for t in state.tasks.values() if t.status == "complete"])
    return frozenset(found)


def on_date(case: Casework, on: date, at: datetime | None = None) -> Moment:
    """The moment of a local date: ``at`` if it lies on that date, else that day's opening."""
    if at is not None and case.local(at) == on:
        return Moment(on, at, at)
    return Moment(on, case.world.home.opening_on_or_after(on), at)


def _at(case: Casework, at: datetime) -> Moment:
    return Moment(case.local(at), at, at)


def _served(case: Casework, name: str, about: Subject) -> list[Moment]:
    served = case.state.served_on
    return [on_date(case, served)] if served else []


def _created(case: Casework, name: str, about: Subject) -> list[Moment]:
    return [_at(case, case.state.created_at)]


def _planned(case: Casework, name: str, about: Subject) -> list[Moment]:
    start = about.task.planned_start if about.task else None
    return [_at(case, start)] if start else []


def _started(case: Casework, name: str, about: Subject) -> list[Moment]:
    task = about.task
    return [on_date(case, task.started_on, task.opened_at)] if task and task.started_on else []


def _completed(case: Casework, name: str, about: Subject) -> list[Moment]:
    return [
        on_date(case, task.completed_on, task.completed_at)
        for task in _meant(case, name, about)
        if task.status == "complete" and task.completed_on
    ]


def _meant(case: Casework, name: str, about: Subject) -> list[TaskState]:
    """The task itself; or the one of that code in its own stage, else the newest that is complete.

    A second delay, or a stage entered again, has a task of its own of each code; its clocks must
    not run from those of the first.
    """
    if not name:
        return [about.task] if about.task else []
    tasks = [t for t in case.state.tasks.values() if t.code == name]
    own = [t for t in tasks if about.stage is not None and t.stage == about.stage.id]
    return own or [t for t in tasks if t.status == "complete"][-1:]


def _stage(case: Casework, name: str, about: Subject) -> list[Moment]:
    stage = about.stage
    return [on_date(case, stage.opened_on, stage.opened_at)] if stage else []


def _event(case: Casework, name: str, about: Subject) -> list[Moment]:
    return [on_date(case, seen.on, seen.at) for seen in _answered(case, name, about)]


def _answered(case: Casework, name: str, about: Subject) -> list[Occurrence]:
    """The events that count: for a parallel stage the one that opened it, or those since then."""
    found = case.state.seen(name)
    if about.stage is None or not about.stage.parallel:
        return found
    origin = about.stage.origin
    own = [o for o in found if o.seq == origin]
    if own:
        return own
    return [o for o in found if (o.seq > origin if origin else o.at >= about.stage.opened_at)]


def _fact(case: Casework, name: str, about: Subject) -> list[Moment]:
    value = case.state.facts.get(name)
    return [on_date(case, value)] if isinstance(value, date) else []


_FINDERS: dict[str, Callable[[Casework, str, Subject], list[Moment]]] = {
    "case.served_on": _served,
    "case.created": _created,
    "task.planned_start": _planned,
    "task.started": _started,
    "task.completed": _completed,
    "stage.started": _stage,
    "event": _event,
    "fact": _fact,
}
