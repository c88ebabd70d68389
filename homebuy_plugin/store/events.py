"""The events of a case, with their texts and people; and those not yet told."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, select, update

from homebuy_plugin.store import tables
from homebuy_plugin.store.cases import to_applicant
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.workflow.events import CaseEvent


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event to be told: its row, the case's reference, and itself without texts and people."""

    id: int
    reference: str
    event: CaseEvent


def bare(conn: StoreConnection, case_id: int, kinds: Collection[str]) -> list[CaseEvent]:
    """The events of these kinds in order, without texts and people."""
    return [_event(row) for row in conn.rows(_BARE, {"case": case_id, "kinds": list(kinds)})]


_BARE = (
    select(tables.event)
    .where(
        tables.event.c.case_id == bindparam("case"),
        tables.event.c.kind.in_(bindparam("kinds", expanding=True)),
    )
    .order_by(tables.event.c.seq)
)


def events_of(conn: StoreConnection, case_id: int, until: int | None = None) -> list[CaseEvent]:
    """The events of a case in order, all or those up to a number.

    An erased text is None, an erased person's fields are empty.
    """
    events = [_event(row) for row in _rows(conn, tables.event, case_id, "seq", until)]
    texts: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    for row in _rows(conn, tables.note, case_id, "name", until):
        texts[row["seq"]][row["name"]] = row["text"]
    people: defaultdict[int, list[Any]] = defaultdict(list)
    for row in _rows(conn, tables.person, case_id, "position", until):
        people[row["seq"]].append(to_applicant(row))
    for event in events:
        event.texts, event.people = texts[event.seq], tuple(people[event.seq])
    return events


def unpublished(conn: StoreConnection, limit: int) -> list[StoredEvent]:
    """The oldest events that no plugin was told of; those another process is telling are passed over."""
    query = (
        select(tables.event, tables.case.c.reference)
        .join_from(tables.event, tables.case, tables.case.c.id == tables.event.c.case_id)
        .where(tables.event.c.handed_over_at.is_(None))
        .order_by(tables.event.c.id)
        .limit(limit)
    )
    if conn.locks_rows:
        query = query.with_for_update(of=tables.event, skip_locked=True)
    rows = conn.rows(query)
    return [StoredEvent(row["id"], row["reference"], _event(row)) for row in rows]


def mark_handed_over(conn: StoreConnection, ids: Iterable[int], now: datetime) -> None:
    """Note that the plugins were told of these events."""
    wanted = list(ids)
    if wanted:
        t = tables.event
        conn.execute(update(t).where(t.c.id.in_(wanted)).values(handed_over_at=now))


def _rows(
    conn: StoreConnection, table: Table, case_id: int, then: str, until: int | None
) -> Iterable[Mapping[str, Any]]:
    query = select(table).where(table.c.case_id == case_id).order_by(table.c.seq, table.c[then])
    return conn.rows(query if until is None else query.where(table.c.seq <= until))


def _event(row: Mapping[str, Any]) -> CaseEvent:
    return CaseEvent(
        seq=row["seq"],
        kind=row["kind"],
        at=row["at"],
        recorded_at=row["recorded_at"],
        by=row["by_user"],
        data=row["data"],
    )
