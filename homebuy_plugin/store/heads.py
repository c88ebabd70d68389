"""The case's own row, without its parts and without what can be erased."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from homebuy_plugin.workflow.fold import pack_fact, unpack_fact
from homebuy_plugin.workflow.state import CaseState

_PLAIN = (
    *("reference", "scheme", "country", "company", "served_on", "creator", "status", "outcome"),
    *("needs_owner", "unowned_seq", "unowned_at", "manager", "level", "people_seq", "pack", "pack_version"),
    *("created_at", "last_at", "seq", "live_from"),
)
_TUPLES = ("owners", "groups", "flags")
_MAPPINGS = ("personal", "calendars", "links")


def to_head(state: CaseState) -> dict[str, Any]:
    """The row of ``homebuy_case``. Facts that are personal stay out of it."""
    row: dict[str, Any] = {name: getattr(state, name) for name in _PLAIN}
    row |= {name: list(getattr(state, name)) for name in _TUPLES}
    row |= {name: dict(getattr(state, name)) for name in _MAPPINGS}
    row["facts"] = {n: pack_fact(v) for n, v in state.facts.items() if n not in state.personal}
    return row


def changed_of(before: CaseState | None, after: CaseState) -> set[str]:
    """The names of what differs in the case's own row; of a new case everything does."""
    if before is None:
        return set(_FIELDS)
    return {n for n, old, new in zip(_FIELDS, _values(before), _values(after), strict=True) if old != new}


_FIELDS = (*_PLAIN, *_TUPLES, *_MAPPINGS, "facts")
_values = attrgetter(*_FIELDS)


def to_state(row: Mapping[str, Any]) -> CaseState:
    """The case of its row; parts, applicants and personal facts are still to be added."""
    values: dict[str, Any] = {name: row[name] for name in _PLAIN}
    values |= {name: tuple(row[name]) for name in _TUPLES}
    values |= {name: dict(row[name] or {}) for name in _MAPPINGS}
    return CaseState(facts={n: unpack_fact(v) for n, v in row["facts"].items()}, **values)
