"""The pretend host: it takes every notice over and keeps a diary of what it is told."""

from dataclasses import dataclass, field
from datetime import date

from homebuy_plugin.hookspecs import hookimpl
from homebuy_plugin.types import Delivery, Event, Notice
from homebuy_plugin.workflow.events import as_date


@dataclass(slots=True)
class ToDo:
    """A task that somebody has to deal with."""

    reference: str
    task: str
    opened_on: date
    kind: str = "work"
    due_on: date | None = None
    owners: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """The task's code."""
        return self.task.partition("#")[0]


@dataclass(slots=True)
class Diary:
    """What the pretend landlord has seen.

    Attributes:
        today: the day that is being lived through.
        notices: every notice with the day it was handed over.
        events: every event in the order it was told.
        to_do: open tasks by case and task id.
        case_owners: owners by case.
    """

    today: date
    notices: list[tuple[date, Notice]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    to_do: dict[tuple[str, str], ToDo] = field(default_factory=dict)
    case_owners: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _kinds: dict[tuple[str, str], str] = field(default_factory=dict)
    _due: dict[tuple[str, str], date] = field(default_factory=dict)

    @hookimpl
    def homebuy_notify(self, notice: Notice) -> Delivery:
        """Read it, and put it on the pile."""
        self.notices.append((self.today, notice))
        return Delivery(detail="read in the demonstration")

    @hookimpl
    def homebuy_event(self, event: Event) -> None:
        """Write it down, and keep the list of what is to be done."""
        self.events.append(event)
        note = getattr(self, f"_{event.kind}", None)
        if note is not None:
            note(event)

    def _task_created(self, event: Event) -> None:
        self._kinds[event.reference, event.data["task"]] = event.data["kind"]

    def _task_opened(self, event: Event) -> None:
        key = (event.reference, event.data["task"])
        kind = self._kinds.get(key, "work")
        self.to_do[key] = ToDo(*key, event.at.date(), kind, self._due.get(key))
        self._task_reassigned(event)

    def _task_reopened(self, event: Event) -> None:
        self._task_opened(event)

    def _task_completed(self, event: Event) -> None:
        self.to_do.pop((event.reference, event.data["task"]), None)

    def _task_reassigned(self, event: Event) -> None:
        key = (event.reference, event.data["task"])
        if key in self.to_do:
            self.to_do[key].owners = tuple(event.data.get("owners", ()))

    def _case_allocated(self, event: Event) -> None:
        self.case_owners[event.reference] = tuple(event.data["owners"])

    def _case_reassigned(self, event: Event) -> None:
        self._case_allocated(event)

    def _task_cancelled(self, event: Event) -> None:
        self._task_completed(event)

    def _clock_started(self, event: Event) -> None:
        key = (event.reference, event.data["clock"].partition(":")[0])
        due = as_date(event.data["due_on"])
        if due is None:
            return
        self._due[key] = min(due, self._due.get(key, due))
        if key in self.to_do:
            self.to_do[key].due_on = self._due[key]
