"""The append-only events of a case.

Events are fat: each holds the dates and ids that were decided, so that folding them needs
neither pack, calendar nor rule. ``data`` is plain JSON without personal data; ``texts`` and
``people`` hold what can be erased later and live in tables of their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from homebuy_plugin.engine.casting import jsonable, to_instant, to_length
from homebuy_plugin.types import Applicant

CASE_CREATED = "case_created"
CASE_CHANGED = "case_changed"
CASE_ALLOCATED = "case_allocated"
CASE_UNALLOCATED = "case_unallocated"
CASE_REASSIGNED = "case_reassigned"
CASE_STATUS = "case_status"
CASE_MIGRATED = "case_migrated"
CASE_LINKED = "case_linked"
REALLOCATION_ASKED = "reallocation_asked"
EVENT_RECORDED = "event_recorded"
STAGE_OPENED = "stage_opened"
STAGE_COMPLETED = "stage_completed"
STAGE_LEFT = "stage_left"
STAGE_STUCK = "stage_stuck"
TASK_CREATED = "task_created"
TASK_ADOPTED = "task_adopted"
TASK_PLANNED = "task_planned"
TASK_OPENED = "task_opened"
TASK_STARTED = "task_started"
TASK_COMPLETED = "task_completed"
TASK_CANCELLED = "task_cancelled"
TASK_REOPENED = "task_reopened"
TASK_REASSIGNED = "task_reassigned"
TASK_ACTIVITY = "task_activity"
HELD = "held"
RELEASED = "released"
CLOCK_WAITING = "clock_waiting"
CLOCK_STARTED = "clock_started"
CLOCK_PAUSED = "clock_paused"
CLOCK_RESUMED = "clock_resumed"
CLOCK_BLOCKED = "clock_blocked"
CLOCK_UNBLOCKED = "clock_unblocked"
CLOCK_ENDED = "clock_ended"
RUNG_DECIDED = "rung_decided"
LEVEL_RAISED = "level_raised"
FLAG_SET = "flag_set"
CLOSURE_PROPOSED = "closure_proposed"
PERSONAL_DATA_ERASED = "personal_data_erased"


@dataclass(slots=True)
class CaseEvent:
    """One event.

    Attributes:
        seq: 1, 2, 3 ... within the case, without a gap.
        at: the instant it takes effect; recorded_at: the instant it was decided.
        by: id of the user, or None for the system.
        data: plain JSON; texts: personal or free text by name; people: applicants named by it.
    """

    seq: int
    kind: str
    at: datetime
    recorded_at: datetime
    by: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, Any] = field(default_factory=dict)
    people: tuple[Applicant, ...] = ()


_PLAIN = frozenset({type(None), str, int, bool, float})


def to_json(value: Any) -> Any:
    """Plain JSON of a value: dates and instants become ISO text, tuples lists."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is datetime:
        return _text(value) if value.tzinfo is UTC else value.isoformat()
    if kind is date:
        return _text(value)
    # Most of what stands in an event is plain: no call for each of it.
    if isinstance(value, (list, tuple)):
        return [v if type(v) in _PLAIN else to_json(v) for v in value]
    if kind is dict or isinstance(value, Mapping):
        return {str(k): v if type(v) in _PLAIN else to_json(v) for k, v in value.items()}
    return value.isoformat() if isinstance(value, date) else value


@lru_cache(maxsize=8192)
def _text(value: date) -> str:
    """Of a date, or of an instant in UTC: in other zones two instants may be equal that are an hour apart.

    Events of one case, and of many, name the same few: the text is made once.
    """
    return value.isoformat()


@lru_cache(maxsize=8192)
def the_date(value: str) -> date:
    """The date of an ISO text."""
    return date.fromisoformat(value)


@lru_cache(maxsize=8192)
def the_instant(value: str) -> datetime:
    """The instant of an ISO text."""
    return datetime.fromisoformat(value)


def as_date(value: str | None) -> date | None:
    """The date of an ISO text, or None."""
    return None if value is None else the_date(value)


def as_instant(value: str | None) -> datetime | None:
    """The instant of an ISO text, or None."""
    return None if value is None else the_instant(value)


_UNPACKED = {"$date": date.fromisoformat, "$instant": to_instant, "$length": to_length}


def pack_fact(value: Any) -> Any:
    """A fact as JSON; dates, instants and lengths of time keep their type."""
    if isinstance(value, timedelta):
        return {"$length": jsonable(value)}
    if isinstance(value, date):
        return {"$instant" if isinstance(value, datetime) else "$date": value.isoformat()}
    return list(value) if isinstance(value, tuple) else value


def unpack_fact(value: Any) -> Any:
    """The fact of :func:`pack_fact`."""
    if isinstance(value, dict):
        ((kind, text),) = value.items()
        return _UNPACKED[kind](text)
    return tuple(value) if isinstance(value, list) else value
