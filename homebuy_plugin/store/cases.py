"""Cases: lock, reserve and load them. ``saving`` writes them."""

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    bindparam,
    delete,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from homebuy_plugin.store import tables
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.heads import to_head, to_state
from homebuy_plugin.store.rows import PARTS, Part
from homebuy_plugin.types import Applicant
from homebuy_plugin.workflow.fold import unpack_fact
from homebuy_plugin.workflow.state import CaseState

_AT_ONCE = 1000
_UNSET = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class LoadedCase:
    """A case as its rows hold it.

    Attributes:
        wakeups: subject to the instant it is next to be looked at.
    """

    case_id: int
    state: CaseState
    wakeups: dict[str, datetime]


def insert_into(dialect: str, table: Table) -> Any:
    """An INSERT that knows ON CONFLICT, and whose count of rows can be asked."""
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return insert.inline().execution_options(preserve_rowcount=True)


def lock(conn: StoreConnection, reference: str) -> int | None:
    """Lock a case for the rest of the transaction, waiting for whoever has it.

    The row of the case is the mutex: read anything about it only after this.

    Returns:
        Its id, or None where no case has the reference.
    """
    conn.execute(_LOCK, {"wanted": reference})
    return find(conn, reference)


def find(conn: StoreConnection, reference: str) -> int | None:
    """The id of a case, without locking it."""
    found: int | None = conn.execute(_FIND, {"wanted": reference}).scalar_one_or_none()
    return found


_MINE = tables.case.c.reference == bindparam("wanted")
_LOCK = update(tables.case).where(_MINE).values(revision=tables.case.c.revision + 1)
_FIND = select(tables.case.c.id).where(_MINE)


def reserve(conn: StoreConnection, reference: str) -> int | None:
    """Take a reference: make the row of a new case and with it its lock, to be filled by ``save``.

    A second taker waits until the first one's transaction has ended.

    Returns:
        The id, or None where a case has the reference: :func:`lock` it then, and load it.
    """
    done = conn.execute(_reserve(conn.dialect), {"wanted": reference})
    if conn.locks_rows:
        return cast("int | None", done.scalar())
    return done.lastrowid if done.rowcount == 1 else None


@functools.cache
def _reserve(dialect: str) -> Any:
    """A row that means nothing yet: all of it but the reference stands in the statement itself."""
    values: dict[str, Any] = {n: literal_column(_written(v)) for n, v in _BLANK.items()}
    insertion = insert_into(dialect, tables.case).values(values | {"reference": bindparam("wanted")})
    once = insertion.on_conflict_do_nothing(index_elements=["reference"])
    return once.returning(tables.case.c.id) if dialect == "postgresql" else once


def _written(value: Any) -> str:
    """A value of a blank row as both databases read it; its texts are plain words, its JSON is empty."""
    if isinstance(value, datetime):
        return f"'{value.isoformat(timespec='microseconds')}'"
    if isinstance(value, str | list | dict):
        return f"'{value}'"
    return "NULL" if value is None else str(value)


_BLANK = {"revision": 1} | to_head(
    CaseState(
        reference="",
        scheme="",
        country="",
        created_at=_UNSET,
        last_at=_UNSET,
        pack_version=0,
        calendars={},
    )
)


def give_back(conn: StoreConnection, case_id: int) -> None:
    """Undo :func:`reserve`: the case was refused, and its caller may yet commit."""
    conn.execute(delete(tables.case).where(tables.case.c.id == case_id))


def load(conn: StoreConnection, case_ids: Sequence[int]) -> list[LoadedCase]:
    """The cases of these ids, in their order; a constant number of queries for each thousand."""
    loaded: list[LoadedCase] = []
    for start in range(0, len(case_ids), _AT_ONCE):
        loaded += _load(conn, tuple(case_ids[start : start + _AT_ONCE]))
    return loaded


def load_one(conn: StoreConnection, reference: str) -> LoadedCase | None:
    """The case of a reference as it stands, not locked; or None."""
    case_id = find(conn, reference)
    return None if case_id is None else load(conn, [case_id])[0]


def _load(conn: StoreConnection, ids: tuple[int, ...]) -> list[LoadedCase]:
    queries, wanted = (_OF_ONE, {"id": ids[0]}) if len(ids) == 1 else (_OF_MANY, {"ids": ids})
    heads = conn.rows(queries.heads, wanted)
    cases = {row["id"]: LoadedCase(row["id"], to_state(row), {}) for row in heads}
    for part, query in queries.parts:
        found: dict[int, dict[Any, Any]] = {case_id: {} for case_id in cases}
        for stored in conn.execute(query, wanted).all():
            found[stored[0]][part.key_of(stored)] = stored
        for case_id, mine in found.items():
            part.put(cases[case_id].state, mine, conn.raw.dialect)
    for row in conn.rows(queries.wakeups, wanted):
        cases[row["case_id"]].wakeups[row["subject"]] = row["due_at"]
    if any(each.state.people_seq for each in cases.values()):
        _add_people(cases, conn.rows(queries.people, wanted))
    if any(each.state.holds for each in cases.values()):
        _add_reasons(cases, conn.rows(queries.reasons, wanted))
    if any(each.state.personal for each in cases.values()):
        _add_personal_facts(cases, conn.rows(queries.personal_facts, wanted))
    return [cases[i] for i in ids if i in cases]


@dataclass(frozen=True, slots=True)
class _Queries:
    """What is read of cases; built once, because building costs as much as executing."""

    heads: Select[Any]
    parts: tuple[tuple[Part, Select[Any]], ...]
    wakeups: Select[Any]
    people: Select[Any]
    personal_facts: Select[Any]
    reasons: Select[Any]


def _queries(chosen: Callable[[Any], ColumnElement[bool]]) -> _Queries:
    def rows(table: Table, order: str, columns: Sequence[Any] = ()) -> Select[Any]:
        query = select(table.c.case_id, *columns) if columns else select(table)
        return query.where(chosen(table.c.case_id)).order_by(table.c.case_id, table.c[order])

    note = tables.note.c
    return _Queries(
        heads=select(tables.case).where(chosen(tables.case.c.id)),
        parts=tuple((part, rows(part.table, part.place, part.wanted)) for part in PARTS),
        wakeups=rows(tables.wakeup, "subject"),
        people=rows(tables.person, "position"),
        personal_facts=rows(tables.note, "seq").where(note.name.like("fact:%"), note.text.is_not(None)),
        reasons=rows(tables.note, "seq").where(note.name == "reason", note.text.is_not(None)),
    )


# A list has to be written into the statement anew each time; host calls are about one case.
_OF_ONE = _queries(lambda column: column == bindparam("id"))
_OF_MANY = _queries(lambda column: column.in_(bindparam("ids", expanding=True)))


def _add_people(cases: Mapping[int, LoadedCase], rows: Iterable[Mapping[str, Any]]) -> None:
    for row in rows:
        state = cases[row["case_id"]].state
        if row["seq"] == state.people_seq:
            state.applicants = (*state.applicants, to_applicant(row))


def _add_reasons(cases: Mapping[int, LoadedCase], rows: Iterable[Mapping[str, Any]]) -> None:
    for row in rows:
        hold = cases[row["case_id"]].state.holds.get(row["seq"])
        if hold is not None:
            hold.reason = row["text"]


def _add_personal_facts(cases: Mapping[int, LoadedCase], rows: Iterable[Mapping[str, Any]]) -> None:
    for row in rows:
        state, name = cases[row["case_id"]].state, row["name"].removeprefix("fact:")
        if state.personal.get(name) == row["seq"]:
            state.facts[name] = unpack_fact(row["text"])


def to_applicant(row: Any) -> Applicant:
    """The applicant of a row of ``homebuy_person``."""
    return Applicant(name=row["name"], id=row["host_id"], address=row["address"], language=row["language"])
