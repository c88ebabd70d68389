"""What officers have, and what they were given in a period: a few queries for all of them."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from homebuy_plugin.store import tables
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.state import ACTIVE_TASK

_OPEN = ("open", "on_hold")


def owned(conn: StoreConnection) -> dict[str, int]:
    """How many open cases each owner has, by ``kind:id``; who has none is missing."""
    t = tables.case_owner.c
    query = select(t.owner, func.count()).where(t.open).group_by(t.owner)
    return {row[0]: row[1] for row in conn.execute(query)}


def open_tasks(conn: StoreConnection) -> Counter[str]:
    """How many open tasks each owner has: their own, and those that follow their cases."""
    t, c = tables.task.c, tables.case.c
    query = (
        select(t.owners, c.owners)
        .join_from(tables.task, tables.case, c.id == t.case_id)
        .where(t.status.in_(_OPEN), c.status.in_(_OPEN))
    )
    return Counter(owner for own, of_case in conn.execute(query) for owner in own or of_case)


def assigned(conn: StoreConnection, since: datetime, until: datetime) -> dict[str, int]:
    """How many cases each owner got, ``since <= instant < until``."""
    t = tables.case_owner.c
    query = select(t.owner, func.count()).where(t.since >= since, t.since < until).group_by(t.owner)
    return {row[0]: row[1] for row in conn.execute(query)}


def picks(conn: StoreConnection, since: datetime, until: datetime) -> Iterator[Mapping[str, Any]]:
    """Every choice recorded with a case's owner, ``since <= instant < until``, as stored."""
    t, o = tables.event.c, tables.case_owner.c
    given = select(o.case_id).where(o.since >= since, o.since < until)
    query = select(t.data).where(
        t.case_id.in_(given),
        t.kind.in_((e.CASE_ALLOCATED, e.CASE_REASSIGNED)),
        t.recorded_at >= since,
        t.recorded_at < until,
    )
    for data in conn.execute(query).scalars():
        yield from data.get("decision", data).get("picks", ())


def work_of(conn: StoreConnection, officer: str) -> list[int]:
    """The ids of open cases that ``kind:id`` owns, or has a task of, the oldest first."""
    o, c, t = tables.case_owner.c, tables.case.c, tables.task.c
    mine = set(conn.execute(select(o.case_id).where(o.owner == officer, o.open)).scalars())
    tasks = select(t.case_id, t.owners).join_from(tables.task, tables.case, c.id == t.case_id)
    open_ = conn.execute(tasks.where(t.status.in_(ACTIVE_TASK), c.status.in_(_OPEN)))
    return sorted(mine | {case_id for case_id, owners in open_ if officer in owners})


def managed_by(conn: StoreConnection, officer: str) -> list[str]:
    """References of open cases that ``kind:id`` manages, the oldest first."""
    c = tables.case.c
    query = select(c.reference).where(c.manager == officer, c.status.in_(_OPEN)).order_by(c.id)
    return list(conn.execute(query).scalars())
