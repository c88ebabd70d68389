"""Which cases are due, and who may work on them now."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, literal, not_, or_, select

from homebuy_plugin.store import tables
from homebuy_plugin.store.cases import insert_into
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.reading import among, listed

_w, _c = tables.wakeup.c, tables.case.c


@dataclass(frozen=True, slots=True)
class Due:
    """What is due: wake-ups, cases that have them, and the instant of the oldest."""

    wakeups: int
    cases: int
    oldest: datetime | None


def claim(conn: StoreConnection, now: datetime, limit: int, skip: Collection[int] = ()) -> list[int]:
    """Lock at most ``limit`` cases with something due at ``now``, oldest first.

    Cases that somebody else works on are passed over, not waited for. On SQLite the transaction
    (:func:`~homebuy_plugin.store.transactions.writing`) is the lock. ``skip`` names cases that
    this tick has put off.
    """
    query = (
        select(_w.case_id)
        .join_from(tables.wakeup, tables.case, _c.id == _w.case_id)
        .where(_w.due_at <= now)
        .order_by(_w.due_at, _w.case_id)
        .limit(limit)
    )
    if skip:
        query = query.where(not_(among(conn.dialect, _w.case_id)))
    if conn.locks_rows:
        # The case first: a wake-up is never locked by one who has not its case.
        query = query.with_for_update(of=[tables.case, tables.wakeup], skip_locked=True)
    given = {"ids": listed(conn.dialect, skip)} if skip else None
    return list(dict.fromkeys(conn.execute(query, given).scalars().all()))


def due(conn: StoreConnection, now: datetime, skip: Collection[int] = ()) -> Due:
    """What is due at ``now``, whoever works on it; after a tick: what it had to leave.

    Counted by the database: there may be hundreds of thousands. ``skip`` names cases not to count.
    """
    cases = func.count(_w.case_id.distinct())
    query = select(func.count().label("wakeups"), cases.label("cases"), func.min(_w.due_at).label("oldest"))
    if skip:
        query = query.where(not_(among(conn.dialect, _w.case_id)))
    given = {"ids": listed(conn.dialect, skip)} if skip else None
    return Due(**conn.rows(query.where(_w.due_at <= now), given)[0])


def due_cases(conn: StoreConnection, now: datetime) -> list[int]:
    """The cases with something due at ``now``, oldest first; nothing is locked."""
    query = select(_w.case_id).where(_w.due_at <= now).order_by(_w.due_at, _w.case_id)
    return list(dict.fromkeys(conn.execute(query).scalars().all()))


def next_due(conn: StoreConnection) -> datetime | None:
    """The instant of the next wake-up of any case, or None."""
    query = select(_w.due_at).order_by(_w.due_at).limit(1)
    found: datetime | None = conn.execute(query).scalar_one_or_none()
    return found


def wake_all(conn: StoreConnection, now: datetime, why: str) -> None:
    """Have every case that is not closed looked at again at an instant, for example after new rules.

    Whoever is busy with a case takes away only the wake-ups that he has seen. So ``why`` is new
    each time (kind, code and version of what was published): nobody can have seen it before it is
    committed, and a case is looked at again even when it was being saved meanwhile.
    """
    chosen = select(_c.id, literal(f"published:{why}"), literal(now, _w.due_at.type))
    columns = ["case_id", "subject", "due_at"]
    # A closed case may have a date to watch yet: a task that outlives it.
    running = exists().where(tables.clock.c.case_id == _c.id, tables.clock.c.status == "running")
    insert = insert_into(conn.dialect, tables.wakeup).from_select(
        columns, chosen.where(or_(_c.status != "closed", running))
    )
    conn.execute(insert.on_conflict_do_nothing(index_elements=["case_id", "subject"]))
