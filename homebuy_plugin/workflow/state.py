"""The state of a case: what the fold of its events makes, and what its rows hold.

Ids are unique within the case and name their origin: ``serve_rtb2#1`` is the first task
of that code, ``serve_rtb2#1:section_124`` its clock. ``#`` and ``:`` cannot stand in a code.
"""

from dataclasses import dataclass, field, fields
from datetime import date, datetime
from operator import attrgetter
from typing import Any, TypeVar

from homebuy_plugin.types import Applicant
from homebuy_plugin.workflow.parts import Parts

RungKey = tuple[str, str, int, str, str, int]
"""Subject, clock, run, rule, anchor, occurrence: with the case, what makes a rung unique."""

T = TypeVar("T")
Key = TypeVar("Key")
Part = TypeVar("Part", "StageState", "TaskState", "ClockState", "HoldState", "Occurrence", "RungState")

ACTIVE_TASK = ("pending", "open", "on_hold")
DONE_TASK = ("complete", "cancelled")
LIVE_CLOCK = ("waiting", "running")


def _known(value: T | None) -> T:
    if value is None:
        raise ValueError("a clock that waits for its start has no dates")
    return value


@dataclass(slots=True)
class StageState:
    """A stage entered: ``pending open complete left``.

    Attributes:
        origin: number of the recorded event that opened it, or None.
    """

    id: str
    code: str
    status: str
    parallel: bool
    opened_at: datetime
    opened_on: date
    ended_at: datetime | None = None
    origin: int | None = None


@dataclass(slots=True)
class TaskState:
    """A task: ``pending open on_hold complete cancelled``.

    Attributes:
        owners: its own owners as ``kind:id``; empty follows the case.
        planned_by: who planned it by hand ("" where they did not say); None when nobody did.
        silence_seq, silence_at: the last sign of a person working on it.
        swept: cancelled with its stage or case, not by a person's choice.
    """

    id: str
    code: str
    stage: str | None
    status: str
    mandatory: bool
    created_at: datetime
    kind: str = "work"
    carry: bool = False
    adhoc: bool = False
    owners: tuple[str, ...] = ()
    planned_start: datetime | None = None
    planned_by: str | None = None
    opened_at: datetime | None = None
    started_on: date | None = None
    completed_on: date | None = None
    completed_at: datetime | None = None
    silence_seq: int = 0
    silence_at: datetime | None = None
    swept: bool = False


@dataclass(frozen=True, slots=True)
class AmberState:
    """A dated warning: its local date and its instant, and the date no hold had moved."""

    name: str
    on: date
    at: datetime
    base_on: date
    base_at: datetime


@dataclass(slots=True)
class ClockState:
    """A clock: ``waiting running met missed cancelled``, in its present run.

    Attributes:
        subject: ``task:ID`` or ``stage:ID``.
        unit: of the period chosen; tells dates from working time.
        base_due_on, base_due_at: as dated, before any hold.
        original_due_on: before any extension or revision of this dating.
        pauses: closed pauses of this run; paused_at: since when it is paused now.
        extended: how often it was extended or revised.
        blocked_since, unblocked_at: of the block that keeps its rungs waiting.
    """

    id: str
    code: str
    kind: str
    subject: str
    status: str
    calendar: str
    run: int = 0
    started_on: date | None = None
    started_at: datetime | None = None
    value: int = 0
    unit: str = "days"
    counting: str = "within"
    base_due_on: date | None = None
    base_due_at: datetime | None = None
    due_on: date | None = None
    due_at: datetime | None = None
    original_due_on: date | None = None
    ambers: tuple[AmberState, ...] = ()
    provisional_until: date | None = None
    pauses: tuple[tuple[datetime, datetime], ...] = ()
    paused_at: datetime | None = None
    blocked_since: datetime | None = None
    unblocked_at: datetime | None = None
    extended: int = 0
    met_on: date | None = None
    ended_at: datetime | None = None

    @property
    def owner_id(self) -> str:
        """Id of the task or stage that carries it."""
        return self.subject.partition(":")[2]

    @property
    def of_task(self) -> bool:
        """Whether a task carries it, not a stage."""
        return self.subject.startswith("task:")

    @property
    def dated_in_days(self) -> bool:
        """Whether its period is in days or longer, so that its target is a local date."""
        return self.unit not in ("minutes", "hours")

    @property
    def start(self) -> tuple[date, datetime]:
        """Local date and instant a dated clock runs from."""
        return _known(self.started_on), _known(self.started_at)

    @property
    def target(self) -> tuple[date, datetime]:
        """The target of a dated clock: the last date in time, and the instant it is exceeded."""
        return _known(self.due_on), _known(self.due_at)

    @property
    def base(self) -> tuple[date, datetime]:
        """The target of a dated clock before any hold."""
        return _known(self.base_due_on), _known(self.base_due_at)


@dataclass(slots=True)
class HoldState:
    """A hold of the case (``scope`` "case") or of a task (its id).

    ``reason`` is free text, kept where it can be erased.
    """

    seq: int
    scope: str
    started_at: datetime
    until: date | None = None
    release_at: datetime | None = None
    released_at: datetime | None = None
    reason: str = ""


@dataclass(slots=True)
class Occurrence:
    """Something that happened: a recorded event, with the local date it happened on.

    Attributes:
        void: taken back when the case was reopened; it counts no more.
    """

    seq: int
    name: str
    on: date
    at: datetime
    void: bool = False


@dataclass(slots=True)
class RungState:
    """A rung decided: ``fired not_fired collapsed carried errored before_go_live``.

    Attributes:
        instant: when it fell due; on: the local date it stands for.
        notices: how many notices were written for it.
        attempts, retry_at: of a rung whose rule erred.
        inputs: what its rule saw, kept for the retry.
    """

    key: RungKey
    outcome: str
    instant: datetime
    on: date
    version: int | None
    decided_at: datetime
    notices: int = 0
    attempts: int = 0
    retry_at: datetime | None = None
    inputs: dict[str, Any] | None = None


@dataclass(slots=True)
class CaseState:
    """A case. Built by the fold; the workflow changes it only by applying events.

    Attributes:
        pack: key of the pack it was created with; it keeps that one when its company changes.
        live_from: what fell due before is recorded, and told to nobody; None for a case that was
            never anywhere else.
        links: reference of another case to what it is to this one.
    """

    reference: str
    scheme: str
    country: str
    created_at: datetime
    last_at: datetime
    pack_version: int
    calendars: dict[str, int]
    pack: str = ""
    company: str | None = None
    served_on: date | None = None
    creator: str | None = None
    applicants: tuple[Applicant, ...] = ()
    people_seq: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
    personal: dict[str, int] = field(default_factory=dict)
    status: str = "open"
    outcome: str | None = None
    needs_owner: bool = False
    unowned_seq: int = 0
    unowned_at: datetime | None = None
    owners: tuple[str, ...] = ()
    manager: str | None = None
    groups: tuple[str, ...] = ()
    level: int = 0
    flags: tuple[str, ...] = ()
    seq: int = 0
    live_from: datetime | None = None
    links: dict[str, str] = field(default_factory=dict)
    stages: dict[str, StageState] = field(default_factory=dict)
    tasks: dict[str, TaskState] = field(default_factory=dict)
    clocks: dict[str, ClockState] = field(default_factory=dict)
    holds: dict[int, HoldState] = field(default_factory=dict)
    occurrences: dict[int, Occurrence] = field(default_factory=dict)
    rungs: dict[RungKey, RungState] = field(default_factory=dict)

    def open_stages(self) -> list[StageState]:
        """The stages open now."""
        return [s for s in self.stages.values() if s.status == "open"]

    def tasks_of(self, stage: str) -> list[TaskState]:
        """The tasks of a stage, by its id."""
        return [t for t in self.tasks.values() if t.stage == stage]

    def clocks_of(self, subject: str) -> list[ClockState]:
        """The clocks of ``task:ID`` or ``stage:ID``."""
        return [c for c in self.clocks.values() if c.subject == subject]

    def active_holds(self, *scopes: str) -> list[HoldState]:
        """The holds not yet released, of these scopes or of all."""
        return [h for h in self.holds.values() if h.released_at is None and (not scopes or h.scope in scopes)]

    def seen(self, name: str) -> list[Occurrence]:
        """The recorded events of this name that count, in order of recording."""
        return [o for o in self.occurrences.values() if o.name == name and not o.void]

    def copy(self) -> "CaseState":
        """An independent copy."""
        twins = [p.twin(_twin) if type(p) is Parts else _twins(p) if p else {} for p in _PARTS(self)]
        made = CaseState(*_HEAD(self), *twins)
        made.calendars, made.facts = dict(self.calendars), dict(self.facts)
        made.personal, made.links = dict(self.personal), dict(self.links)
        return made


def _twins(parts: dict[Key, Part]) -> dict[Key, Part]:
    return {key: _twin(part) for key, part in parts.items()}


def _twin(part: Part) -> Part:
    """A copy of one part, much quicker than ``replace``: a case has hundreds of parts."""
    return type(part)(*_VALUES[type(part)](part))


_NAMES = [f.name for f in fields(CaseState)]
_SPLIT = _NAMES.index("stages")
_HEAD, _PARTS = attrgetter(*_NAMES[:_SPLIT]), attrgetter(*_NAMES[_SPLIT:])
"""Read the fields of a case in their order: those of its own, and its parts, which come last."""
_VALUES = {
    kind: attrgetter(*(f.name for f in fields(kind)))
    for kind in (StageState, TaskState, ClockState, HoldState, Occurrence, RungState)
}
"""Reads all fields of a part, in the order in which its class takes them."""
