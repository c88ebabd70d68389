"""Write what changed of some cases: a constant number of statements for any number of cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from homebuy_plugin.store import heads, tables
from homebuy_plugin.store.bulk import Bulk, Row
from homebuy_plugin.store.cases import reserve
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.heads import HEAD, moved_only
from homebuy_plugin.store.letters import OUTBOX, OutboxRow, contact_text, to_row
from homebuy_plugin.store.part_rows import PART_ROWS, PartRows
from homebuy_plugin.workflow.events import CaseEvent
from homebuy_plugin.workflow.state import CaseState, RungKey


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


Writes = Sequence[tuple[int, CaseWrite]]


def save(conn: StoreConnection, writes: Sequence[CaseWrite]) -> list[int | None]:
    """Write cases that this transaction has locked.

    Returns:
        Their ids, in order; None for one without id whose reference was taken meanwhile: nothing
        was written of it.
    """
    ids = [_id_of(conn, w) for w in writes]
    mine = [(i, w) for i, w in zip(ids, writes, strict=True) if i is not None]
    _save_heads(conn, mine)
    for kind in PART_ROWS:
        _save_parts(conn, kind, mine)
    _save_owners(conn, mine)
    _save_events(conn, mine)
    _save_wakeups(conn, mine)
    _OUTBOX.write(conn, [to_row(i, w.after.reference, letter) for i, w in mine for letter in w.outbox])
    return ids


def _id_of(conn: StoreConnection, write: CaseWrite) -> int | None:
    return write.case_id if write.case_id is not None else reserve(conn, write.after.reference)


def _save_heads(conn: StoreConnection, writes: Writes) -> None:
    """Most of a batch has only moved on: for these two columns are written, not thirty."""
    moved: list[Row] = []
    changed: list[Row] = []
    for case_id, write in writes:
        before, after = write.before, write.after
        if before is None or not moved_only(before, after):
            changed.append((case_id, *heads.to_row(after)))
        elif before.seq != after.seq or before.last_at != after.last_at:
            moved.append((case_id, after.seq, after.last_at))
    _MOVED.write(conn, moved)
    _CHANGED.write(conn, changed)


_MOVED = Bulk(kind="update", table=tables.case, names=("id", "seq", "last_at"), key=("id",))
_CHANGED = Bulk(kind="update", table=tables.case, names=("id", *HEAD), key=("id",))


def _save_parts(conn: StoreConnection, kind: PartRows, writes: Writes) -> None:
    new: list[Row] = []
    changed: list[Row] = []
    for case_id, write in writes:
        for place, key, part, is_new in kind.part.changed(write.before, write.after):
            (new if is_new else changed).append(kind.row(case_id, place, part, write.records.get(key)))
    kind.insert.write(conn, new)
    kind.update.write(conn, changed)


def _save_owners(conn: StoreConnection, writes: Writes) -> None:
    gained: list[Row] = []
    changed: list[Row] = []
    for case_id, write in writes:
        old, new = write.before, write.after
        if old is not None and old.owners == new.owners and old.status == new.status:
            continue
        before, after = _owned(old), _owned(new)
        at = write.events[-1].recorded_at if write.events else new.last_at
        for owner in dict.fromkeys((*before, *after)):
            row = (case_id, owner, owner in after, after.get(owner, False))
            if owner not in before:
                gained.append((*row, at))
            elif before[owner] != after.get(owner):
                changed.append(row)
    _OWNERS_CHANGED.write(conn, changed)
    _OWNERS_GAINED.write(conn, gained)


def _owned(state: CaseState | None) -> dict[str, bool]:
    """The owners of a case, each with whether it is open: only that counts as work they have."""
    return dict.fromkeys(state.owners, state.status in _OPEN) if state else {}


_OPEN = ("open", "on_hold")
_OWNER = ("case_id", "owner")
_OWNED = (*_OWNER, "current", "open")
_OWNERS_CHANGED = Bulk(kind="update", table=tables.case_owner, names=_OWNED, key=_OWNER)
_OWNERS_GAINED = Bulk(kind="insert", table=tables.case_owner, names=(*_OWNED, "since"), key=_OWNER)


def _save_events(conn: StoreConnection, writes: Writes) -> None:
    events: list[Row] = []
    notes: list[Row] = []
    people: list[Row] = []
    for i, write in writes:
        for e in write.events:
            events.append((i, e.seq, e.kind, e.at, e.recorded_at, e.by, e.data))
            if e.texts:
                notes += [(i, e.seq, name, text) for name, text in e.texts.items()]
            if e.people:
                people += [(i, e.seq, n, p.id, p.name, p.address, p.language) for n, p in enumerate(e.people)]
    _EVENTS.write(conn, events)
    _NOTES.write(conn, notes)
    _PEOPLE.write(conn, people)


_EVENTS = Bulk(
    kind="insert",
    table=tables.event,
    names=("case_id", "seq", "kind", "at", "recorded_at", "by_user", "data"),
)
_NOTES = Bulk(kind="insert", table=tables.note, names=("case_id", "seq", "name", "text"))
_PEOPLE = Bulk(
    kind="insert",
    table=tables.person,
    names=("case_id", "seq", "position", "host_id", "name", "address", "language"),
)


def _save_wakeups(conn: StoreConnection, writes: Writes) -> None:
    gone: list[Row] = []
    due: list[Row] = []
    for case_id, write in writes:
        old, now = write.before_wakeups, write.wakeups
        gone += [(case_id, subject) for subject in old if subject not in now]
        due += [(case_id, subject, at) for subject, at in now.items() if old.get(subject) != at]
    _GONE.write(conn, gone)
    _DUE.write(conn, due)


_WAKEUP = ("case_id", "subject")
_GONE = Bulk(kind="delete", table=tables.wakeup, names=_WAKEUP, key=_WAKEUP)
_DUE = Bulk(kind="insert", table=tables.wakeup, names=(*_WAKEUP, "due_at"), key=_WAKEUP)
_OUTBOX = Bulk(kind="insert", table=tables.outbox, names=OUTBOX, texts={"recipient": contact_text})
