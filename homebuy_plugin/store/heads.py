"""The case's own row, without its parts and without what can be erased."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from homebuy_plugin.store import tables
from homebuy_plugin.store.plain_json import loads
from homebuy_plugin.store.reading import converter, rows_of, tuple_of
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
    row = dict(zip(HEAD, to_row(state), strict=True))
    return row | {name: list(row[name]) for name in _TUPLES}


def to_row(state: CaseState) -> tuple[Any, ...]:
    """The same row, in the order of ``HEAD``."""
    facts = {n: pack_fact(v) for n, v in state.facts.items() if n not in state.personal}
    return (*_values(state)[:-1], facts)


def moved_only(before: CaseState, after: CaseState) -> bool:
    """Whether nothing of the row differs but ``seq`` and ``last_at``, as in most cases of a batch."""
    return bool(_but_moves(before) == _but_moves(after))


HEAD = (*_PLAIN, *_TUPLES, *_MAPPINGS, "facts")
"""The columns of the row, which are named after fields."""

_values = attrgetter(*HEAD)
_but_moves = attrgetter(*(name for name in HEAD if name not in ("seq", "last_at")))


def to_state(row: list[Any], parts: Mapping[str, Any]) -> CaseState:
    """The case of a row of ``COLUMNS``; applicants and personal facts are still to be added."""
    _convert(row)
    values = dict(zip(HEAD, row, strict=True))
    values["links"] = values["links"] or {}
    return CaseState(**values, **parts)


def _facts_of(text: str) -> dict[str, Any]:
    found: dict[str, Any] = loads(text)
    return {n: value if type(value) in _AS_STORED else unpack_fact(value) for n, value in found.items()}


_AS_STORED = frozenset({str, int, float, bool})
"""Facts of these kinds are in the JSON as they are."""


COLUMNS = [tables.case.c[name] for name in HEAD]
"""What is read of a case's own row."""
_convert = converter(
    COLUMNS,
    {"facts": _facts_of, "personal": rows_of, "calendars": rows_of} | dict.fromkeys(_TUPLES, tuple_of),
)
