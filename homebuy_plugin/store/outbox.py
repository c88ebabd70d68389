"""The outbox: lease rows for delivery, and note what became of them.

Leasing and marking are short transactions; the delivery itself happens between them, in none.
A lease that its holder did not live to answer runs out, and the row is offered again.
"""

import hashlib
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update

from homebuy_plugin.store import letters, tables
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.types import Contact

ATTEMPTS = 12
"""After so many failures a row is dead: kept, listed, and sent only by ``retry``."""

_t = tables.outbox.c
_LONGEST = 60  # minutes


@dataclass(frozen=True, kw_only=True, slots=True)
class OutboxItem:
    """A row of the outbox as it stands.

    Attributes:
        attempts: how often it was offered, this time included; offers that nobody took do not count.
        asked: names of the plugins that did not take it.
        next_try_at: when it is to be offered next, or None for never: delivered, or given up.
        lease_token: proves that this holder may mark it.
    """

    id: int
    key: str
    kind: str
    case_id: int
    reference: str
    rung: str | None
    recipient: Contact | None
    channel: str
    template: str
    subject: str
    body: str
    task: str | None
    rule: str
    rule_version: int | None
    name: str
    params: Mapping[str, Any]
    state: str
    attempts: int
    next_try_at: datetime | None
    lease_token: str | None
    lease_until: datetime | None
    detail: str
    last_error: str
    asked: tuple[str, ...]
    created_at: datetime
    handed_over_at: datetime | None


def lease(
    conn: StoreConnection, now: datetime, limit: int, *, seconds: int = 60, kinds: Collection[str] = ()
) -> list[OutboxItem]:
    """Take rows that are to be offered now, oldest first; nobody else gets them for ``seconds``.

    Commit before delivering them.
    """
    free = or_(_t.lease_until.is_(None), _t.lease_until <= now)
    query = (
        select(tables.outbox).where(_t.next_try_at <= now, free).order_by(_t.next_try_at, _t.id).limit(limit)
    )
    if kinds:
        query = query.where(_t.kind.in_(kinds))
    if conn.locks_rows:
        query = query.with_for_update(skip_locked=True)
    rows = conn.rows(query)
    if not rows:
        return []
    taken = {"lease_token": secrets.token_hex(16), "lease_until": now + timedelta(seconds=seconds)}
    ids = [row["id"] for row in rows]
    conn.execute(update(tables.outbox).where(_t.id.in_(ids)).values(attempts=_t.attempts + 1, **taken))
    return [_item({**row, **taken, "attempts": row["attempts"] + 1}) for row in rows]


def let_go(conn: StoreConnection, items: Sequence[OutboxItem]) -> None:
    """Give back rows that were leased and not offered; others may have them at once."""
    for item in items:
        _mark(conn, item, attempts=item.attempts - 1)


def delivered(conn: StoreConnection, item: OutboxItem, now: datetime, detail: str = "") -> bool:
    """Note that a plugin took it over.

    Returns:
        Whether it was still leased to the caller; otherwise nothing is noted.
    """
    done = {"next_try_at": None, "handed_over_at": now}
    return _mark(conn, item, state=letters.DELIVERED, detail=detail, last_error="", **done)


def failed(
    conn: StoreConnection, item: OutboxItem, now: datetime, error: str, asked: Sequence[str] = ()
) -> bool:
    """Note that delivering it raised an error: try again later, or after the last attempt never.

    Returns:
        Whether it was still leased to the caller; otherwise nothing is noted.
    """
    values = {"last_error": error, "asked": list(asked)}
    if item.attempts >= ATTEMPTS:
        return _mark(conn, item, state=letters.DEAD, next_try_at=None, **values)
    again = now + backoff(item.key, item.attempts)
    return _mark(conn, item, state=letters.FAILED, next_try_at=again, **values)


def untaken(conn: StoreConnection, item: OutboxItem, until: datetime, asked: Sequence[str] = ()) -> bool:
    """Note that no plugin took it: not an attempt, offered again at ``until``, the next local day.

    Returns:
        Whether it was still leased to the caller; otherwise nothing is noted.
    """
    values = {"next_try_at": until, "attempts": item.attempts - 1, "asked": list(asked)}
    return _mark(conn, item, state=letters.UNTAKEN, **values)


def offer_untaken(conn: StoreConnection, now: datetime) -> int:
    """Offer at once everything that nobody took: the plugins have changed. Returns how many."""
    query = update(tables.outbox).where(_t.state == letters.UNTAKEN).values(next_try_at=now)
    return conn.execute(query).rowcount


def retry(conn: StoreConnection, now: datetime, keys: Collection[str] = ()) -> int:
    """Offer these rows, or all not delivered, again from the first attempt. Returns how many."""
    states = (letters.UNTAKEN, letters.FAILED, letters.DEAD)
    query = update(tables.outbox).where(_t.state.in_(states))
    if keys:
        query = query.where(_t.key.in_(keys))
    fresh = {"state": letters.PENDING, "attempts": 0, "next_try_at": now}
    return conn.execute(query.values(lease_token=None, lease_until=None, **fresh)).rowcount


def counts(conn: StoreConnection) -> dict[str, int]:
    """How many rows are in each state, none included."""
    found = conn.execute(select(_t.state, func.count()).group_by(_t.state)).all()
    return dict.fromkeys(letters.STATES, 0) | {row[0]: row[1] for row in found}


def listed(
    conn: StoreConnection, states: Collection[str] = (), reference: str | None = None, limit: int = 1000
) -> list[OutboxItem]:
    """Rows in these states, or in any, oldest first."""
    query = select(tables.outbox).order_by(_t.id).limit(limit)
    if states:
        query = query.where(_t.state.in_(states))
    if reference is not None:
        query = query.where(_t.reference == reference)
    return [_item(row) for row in conn.rows(query)]


def next_try(conn: StoreConnection) -> datetime | None:
    """When the next row is to be offered, or None."""
    query = select(_t.next_try_at).where(_t.next_try_at.is_not(None)).order_by(_t.next_try_at).limit(1)
    found: datetime | None = conn.execute(query).scalar_one_or_none()
    return found


def backoff(key: str, attempts: int) -> timedelta:
    """How long to wait after so many attempts: doubling minutes, an hour at most, a tenth more or less.

    The tenth depends on the key, so that a thousand failures of one moment do not return together.
    """
    minutes = min(2**attempts, _LONGEST)
    lot = int.from_bytes(hashlib.sha256(f"{key}:{attempts}".encode()).digest()[:4]) / 2**32
    return timedelta(seconds=round(minutes * 60 * (0.9 + 0.2 * lot)))


def _mark(conn: StoreConnection, item: OutboxItem, **values: Any) -> bool:
    mine = (_t.id == item.id, _t.lease_token == item.lease_token)
    query = update(tables.outbox).where(*mine).values(lease_token=None, lease_until=None, **values)
    return conn.execute(query).rowcount == 1


def _item(row: Mapping[str, Any]) -> OutboxItem:
    recipient = row["recipient"]
    return OutboxItem(
        **dict(row)
        | {
            "recipient": Contact(**recipient) if recipient else None,
            "params": row["params"] or {},
            "asked": tuple(row["asked"]),
        }
    )
