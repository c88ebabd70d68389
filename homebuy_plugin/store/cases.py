"""Cases: lock, reserve and load them. ``saving`` writes them."""

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, cast

from sqlalchemy import Select, Table, bindparam, delete, literal_column, select, update
from sqlalchemy.dialects import postgresql, sqlite

from homebuy_plugin.store import tables
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.heads import COLUMNS, to_head, to_state
from homebuy_plugin.store.reading import among, as_pairs, as_row, as_rows, instant_of, listed, rows_of
from homebuy_plugin.store.rows import PARTS
from homebuy_plugin.types import Applicant
from homebuy_plugin.workflow.fold import unpack_fact
from homebuy_plugin.workflow.parts import Parts, Stored
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
        loaded += _load(conn, case_ids[start : start + _AT_ONCE])
    return loaded


def load_one(conn: StoreConnection, reference: str) -> LoadedCase | None:
    """The case of a reference as it stands, not locked; or None."""
    case_id = find(conn, reference)
    return None if case_id is None else load(conn, [case_id])[0]


def _load(conn: StoreConnection, ids: Sequence[int]) -> list[LoadedCase]:
    found = conn.execute(_whole(conn.dialect), {"ids": listed(conn.dialect, ids)}).all()
    cases = {row[0]: _made(*row) for row in found}
    for erasable in _ERASABLE:
        concerned = [case_id for case_id, case in cases.items() if erasable.kept_by(case.state)]
        if concerned:
            rows = conn.rows(erasable.query(conn.dialect), {"ids": listed(conn.dialect, concerned)})
            erasable.add(cases, rows)
    return [cases[i] for i in ids if i in cases]


def _made(case_id: int, head: str, wakeups: str | None, *stored: str | None) -> LoadedCase:
    parts: dict[str, Any] = {
        part.name: Parts(Stored(part, text)) if text else {} for part, text in zip(PARTS, stored, strict=True)
    }
    due = rows_of(wakeups) if wakeups else {}
    state = to_state(rows_of(head), parts)
    return LoadedCase(case_id, state, {subject: instant_of(at) for subject, at in sorted(due.items())})


@functools.cache
def _whole(dialect: str) -> Select[Any]:
    """Whole cases, but for what can be erased; built once, because building costs as much as executing."""
    case, wakeup = tables.case.c, tables.wakeup.c
    return select(
        case.id,
        as_row(dialect, COLUMNS),
        as_pairs(dialect, wakeup.subject, wakeup.due_at),
        *(as_rows(dialect, part.columns) for part in PARTS),
    ).where(among(dialect, case.id))


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


@dataclass(frozen=True, eq=False)
class _Erasable:
    """What is kept where it can be erased: what tells which cases have some, and where it belongs."""

    kept_by: Callable[[CaseState], Any]
    add: Callable[[Mapping[int, LoadedCase], Iterable[Mapping[str, Any]]], None]
    rows: Select[Any]

    @functools.cache  # noqa: B019 - there are three for ever
    def query(self, dialect: str) -> Select[Any]:
        """The rows of the cases ``:ids``."""
        return self.rows.where(among(dialect, self.rows.selected_columns["case_id"]))


_note = select(tables.note).where(tables.note.c.text.is_not(None)).order_by(tables.note.c.seq)
_ERASABLE = (
    _Erasable(
        attrgetter("people_seq"), _add_people, select(tables.person).order_by(tables.person.c.position)
    ),
    _Erasable(attrgetter("holds"), _add_reasons, _note.where(tables.note.c.name == "reason")),
    _Erasable(attrgetter("personal"), _add_personal_facts, _note.where(tables.note.c.name.like("fact:%"))),
)


def to_applicant(row: Any) -> Applicant:
    """The applicant of a row of ``homebuy_person``."""
    return Applicant(name=row["name"], id=row["host_id"], address=row["address"], language=row["language"])
