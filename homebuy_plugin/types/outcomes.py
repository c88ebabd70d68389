"""A case as it stands, for hosts to show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from homebuy_plugin.types.decisions import DecisionRecord
from homebuy_plugin.types.mappings import empty
from homebuy_plugin.types.people import Officer


@dataclass(frozen=True, kw_only=True)
class ClockView:
    """A clock as it stands.

    Attributes:
        kind: ``statutory`` (the law's, no hold moves it) or ``service``.
        status: ``green amber red waiting paused blocked met missed cancelled``.
        amber: name of each warning to its local date.
        due_on: local date, the last one in time.
        due_at: instant at which the target is exceeded.
        provisional: the date may yet be moved by an event the law names.
        original_due_on: the date before it was first extended or revised; None where it never was.
        legal_basis: instrument, section, status, checked_on, note.
    """

    code: str
    kind: str
    status: str
    started_on: date | None = None
    amber: Mapping[str, date] = field(default_factory=empty)
    due_on: date | None = None
    due_at: datetime | None = None
    provisional: bool = False
    legal_basis: Mapping[str, Any] = field(default_factory=empty)
    run: int = 1
    met_on: date | None = None
    name: str = ""
    original_due_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class HoldView:
    """A hold of a case or of a task, past or present. The ledger of a case keeps them all.

    Attributes:
        task: id of the task held, or None: the whole case.
        reason: as given; "" once it was erased.
        held_on: local date it began.
        until: local date it is to end by itself, or None.
        released_on: local date it ended, or None while it lasts.
    """

    task: str | None
    reason: str
    held_on: date
    until: date | None = None
    released_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class StageView:
    """A stage of a case. ``id`` is unique within the case."""

    id: str
    code: str
    name: str
    status: str
    owner: Officer | None = None
    owners: tuple[Officer, ...] = ()
    clocks: tuple[ClockView, ...] = ()
    master_stage: str = ""
    opened_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class TaskView:
    """A task of a case. ``id`` is unique within the case."""

    id: str
    code: str
    name: str
    status: str
    owner: Officer | None = None
    owners: tuple[Officer, ...] = ()
    clocks: tuple[ClockView, ...] = ()
    stage: str | None = None
    mandatory: bool = False
    planned_start: datetime | None = None
    kind: str = "work"
    completed_on: date | None = None
    rag: str = ""


@dataclass(frozen=True, kw_only=True)
class NextStage:
    """A stage that is offered next; ``activate`` opens it."""

    code: str
    name: str
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class CaseOutcome:
    """A case as it stands after a call.

    Attributes:
        created: True when this call made the case.
        owner: first of ``owners``, or None.
        because: plain sentences: why this owner, what this call did.
        decision: the allocation's record, or None.
        next_stages: stages offered now.
        missing: codes of mandatory tasks still in the way of the open stages.
        holds: the ledger of holds, in order of their beginning.
        links: reference of another case to what it is to this one: ``continues``,
            ``continued_by``, ``merged_from`` or ``merged_into``.
        live_from: as of CaseFacts.
        facts: what is known, without what is personal.
    """

    reference: str
    scheme: str
    status: str
    created: bool = False
    owner: Officer | None = None
    owners: tuple[Officer, ...] = ()
    manager: Officer | None = None
    needs_owner: bool = False
    because: tuple[str, ...] = ()
    decision: DecisionRecord | None = None
    stages: tuple[StageView, ...] = ()
    tasks: tuple[TaskView, ...] = ()
    next_stages: tuple[NextStage, ...] = ()
    missing: tuple[str, ...] = ()
    level: int = 0
    flags: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=empty)
    served_on: date | None = None
    holds: tuple[HoldView, ...] = ()
    links: Mapping[str, str] = field(default_factory=empty)
    live_from: datetime | None = None
