"""Earlier cases of the same people."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from sqlalchemy import select

from homebuy_plugin.store import tables
from homebuy_plugin.store.connection import StoreConnection

_MONTH = timedelta(days=31)


def previous_owners(
    conn: StoreConnection, host_ids: Collection[str], but: str, months: int | None, at: datetime
) -> Iterator[str]:
    """Owners of withdrawn or closed cases of these applicants, the latest case first.

    ``host_ids`` are the host's ids of the applicants, ``but`` the case that asks. With ``months`` only
    cases that last moved within so many months (of 31 days) before ``at`` count.
    """
    if not host_ids:
        return
    c, p, o = tables.case.c, tables.person.c, tables.case_owner.c
    query = (
        select(c.id, o.owner, c.last_at)
        .join_from(tables.case, tables.person, p.case_id == c.id)
        .join(tables.case_owner, (o.case_id == c.id) & o.current)
        .where(p.host_id.in_(host_ids), c.reference != but, c.status.in_(("withdrawn", "closed")))
        .order_by(c.last_at.desc(), c.id.desc())
        .distinct()
    )
    if months is not None:
        query = query.where(c.last_at >= at - months * _MONTH)
    for row in conn.rows(query):
        yield row["owner"]
