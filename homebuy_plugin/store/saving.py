"""Write what changed of some cases: a constant number of statements for any number of cases."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from homebuy_plugin.store import tables
from homebuy_plugin.store.bulk import delete_rows, insert_rows, update_rows
from homebuy_plugin.store.cases import reserve
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.heads import changed_of, to_head
from homebuy_plugin.store.letters import OutboxRow, to_values
from homebuy_plugin.store.rows import PARTS, Part
from homebuy_plugin.workflow.events import CaseEvent
from homebuy_plugin.workflow.state import CaseState, RungKey

Values = list[dict[str, Any]]


@dataclass(slots=True)
class CaseWrite:
    """What became of one case.

    Attributes:
        case_id: from ``lock`` or ``reserve``; None to reserve the reference now.
        before: the state as loaded, None for a new case. Take a ``copy()``: the fold changes in place.
        events: the new ones, in order.
        wakeups: all of them, as they are to be; before_wakeups: as loaded.
        records: of the rungs decided.
    """

    case_id: int | None
    before: CaseState | None
    after: CaseState
    events: Sequence[CaseEvent] = ()
    wakeups: Mapping[str, datetime] = field(default_factory=dict)
    before_wakeups: Mapping[str, datetime] = field(default_factory=dict)
    outbox: Sequence[OutboxRow] = ()
    records: Mapping[RungKey, Mapping[str, Any]] = field(default_factory=dict)


def save(conn: StoreConnection, writes: Sequence[CaseWrite]) -> list[int | None]:
    """Write cases that this transaction has locked.

    Returns:
        Their ids, in order; None for one without id whose reference was taken meanwhile: nothing
        was written of it.
    """
    ids = [_id_of(conn, w) for w in writes]
    mine = [(i, w) for i, w in zip(ids, writes, strict=True) if i is not None]
    _save_heads(conn, mine)
    for part in PARTS:
        _save_parts(conn, part, mine)
    _save_owners(conn, mine)
    _save_events(conn, mine)
    _save_wakeups(conn, mine)
    insert_rows(conn, tables.outbox, [to_values(i, w.after.reference, o) for i, w in mine for o in w.outbox])
    return ids


def _id_of(conn: StoreConnection, write: CaseWrite) -> int | None:
    return write.case_id if write.case_id is not None else reserve(conn, write.after.reference)


def _save_heads(conn: StoreConnection, writes: Iterable[tuple[int, CaseWrite]]) -> None:
    """Most of a batch has only moved on: for these two columns are written, not thirty."""
    moved: Values = []
    changed: Values = []
    for case_id, write in writes:
        names = changed_of(write.before, write.after)
        if not names:
            continue
        if names <= _MOVES:
            moved.append({"id": case_id, "seq": write.after.seq, "last_at": write.after.last_at})
        else:
            changed.append(to_head(write.after) | {"id": case_id})
    update_rows(conn, tables.case, ("id",), moved)
    update_rows(conn, tables.case, ("id",), changed)


_MOVES = {"seq", "last_at"}


def _save_parts(conn: StoreConnection, part: Part, writes: Iterable[tuple[int, CaseWrite]]) -> None:
    new: Values = []
    changed: Values = []
    for case_id, write in writes:
        _sort_out(part, case_id, write, new, changed)
    insert_rows(conn, part.table, new)
    # A rung that is retried without a new record keeps the one it has.
    update_rows(conn, part.table, ("case_id", *part.key), changed, keep=("record",))


def _sort_out(part: Part, case_id: int, write: CaseWrite, new: Values, changed: Values) -> None:
    before = part.parts(write.before)
    for position, key, value in part.changed(write.before, write.after):
        row = part.to_row(case_id, value, position)
        if part.table is tables.rung:
            row["record"] = write.records.get(key)
        (changed if key in before else new).append(row)


def _save_owners(conn: StoreConnection, writes: Iterable[tuple[int, CaseWrite]]) -> None:
    gained: Values = []
    changed: Values = []
    for case_id, write in writes:
        before, after = _owned(write.before), _owned(write.after)
        if before == after:
            continue
        at = write.events[-1].recorded_at if write.events else write.after.last_at
        for owner in dict.fromkeys((*before, *after)):
            row = {
                "case_id": case_id,
                "owner": owner,
                "current": owner in after,
                "open": after.get(owner, False),
            }
            if owner not in before:
                gained.append(row | {"since": at})
            elif before[owner] != after.get(owner):
                changed.append(row)
    update_rows(conn, tables.case_owner, ("case_id", "owner"), changed)
    insert_rows(conn, tables.case_owner, gained, key=("case_id", "owner"))


def _owned(state: CaseState | None) -> dict[str, bool]:
    """The owners of a case, each with whether it is open: only that counts as work they have."""
    return dict.fromkeys(state.owners, state.status in _OPEN) if state else {}


_OPEN = ("open", "on_hold")


def _save_events(conn: StoreConnection, writes: Iterable[tuple[int, CaseWrite]]) -> None:
    events: Values = []
    notes: Values = []
    people: Values = []
    for case_id, write in writes:
        for event in write.events:
            at = {"case_id": case_id, "seq": event.seq}
            events.append(at | _event_values(event))
            notes += [at | {"name": name, "text": text} for name, text in event.texts.items()]
            people += [at | {"position": n} | _person_values(a) for n, a in enumerate(event.people)]
    insert_rows(conn, tables.event, events)
    insert_rows(conn, tables.note, notes)
    insert_rows(conn, tables.person, people)


def _event_values(event: CaseEvent) -> dict[str, Any]:
    return {
        "kind": event.kind,
        "at": event.at,
        "recorded_at": event.recorded_at,
        "by_user": event.by,
        "data": event.data,
    }


def _person_values(person: Any) -> dict[str, Any]:
    return {
        "host_id": person.id,
        "name": person.name,
        "address": person.address,
        "language": person.language,
    }


def _save_wakeups(conn: StoreConnection, writes: Iterable[tuple[int, CaseWrite]]) -> None:
    gone: Values = []
    due: Values = []
    for case_id, write in writes:
        old, now = write.before_wakeups, write.wakeups
        gone += [{"case_id": case_id, "subject": s} for s in old if s not in now]
        due += [{"case_id": case_id, "subject": s, "due_at": at} for s, at in now.items() if old.get(s) != at]
    delete_rows(conn, tables.wakeup, ("case_id", "subject"), gone)
    insert_rows(conn, tables.wakeup, due, key=("case_id", "subject"))
