"""The outbox: lease rows for delivery, and note what became of them.

Leasing and marking are short transactions; the delivery itself happens between them, in none.
A lease that its holder did not live to answer runs out, and the row is offered again.
"""

import functools
import hashlib
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Update, and_, bindparam, func, literal, or_, select, update

from homebuy_plugin.store import letters, tables
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.types import Contact

ATTEMPTS = 12
"""After so many failures a row is dead: kept, listed, and sent only by ``retry``."""

_t = tables.outbox.c
_LONGEST = 60  # minutes
_COUNTING = 0x484F4D46  # "HOMF": its own lock in a PostgreSQL database


@dataclass(frozen=True, kw_only=True, slots=True)
class OutboxItem:
    """A row of the outbox as it stands.

    Attributes:
        attempts: how often it was offered, this time included; offers that nobody took do not count.
        asked: names of the plugins that did not take it.
        next_try_at: when it is to be offered next, or None for never: delivered, or given up.
        lease_token: proves that this holder may mark it.
        urgent: no option keeps it back.
        digest: key of the digest that it is part of, or None.
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
    urgent: bool
    digest: str | None


def lease(
    conn: StoreConnection,
    now: datetime,
    limit: int,
    *,
    seconds: int = 60,
    kinds: Collection[str] = (),
    recipients: Collection[str] = (),
) -> list[OutboxItem]:
    """Take rows that are to be offered now, oldest first; nobody else gets them for ``seconds``.

    Commit before delivering them, in this order. Of those that a former holder never came back
    from, the first may have killed it or hung: to keep back nobody it is the last of them, after
    all that is due to the same recipient. The others were never offered, so that lease was no
    attempt.

    Args:
        conn: a transaction of our own.
        now: the instant of the hand-over.
        limit: at most so many rows.
        seconds: length of the lease.
        kinds: only ``notice`` or ``action``; empty for both.
        recipients: only to those of these ids; empty for all.
    """
    query = _due(now).order_by(_t.next_try_at, _t.id).limit(limit)
    if kinds:
        query = query.where(_t.kind.in_(kinds))
    if recipients:
        query = query.where(_t.recipient["id"].as_string().in_(recipients))
    if conn.locks_rows:
        query = query.with_for_update(skip_locked=True)
    rows = conn.rows(query)
    if not rows:
        return []
    until = now + timedelta(seconds=seconds)
    mine = {"lease_token": secrets.token_hex(16), "lease_until": until}
    suspects, spared = _left_behind(rows)
    for ids, more in ([row["id"] for row in rows if row["id"] not in spared], 1), (list(spared), 0):
        if ids:
            taken = update(tables.outbox).where(_t.id.in_(ids))
            conn.execute(taken.values(attempts=_t.attempts + more, **mine))
    later = _put_last(conn, rows, suspects, now, until) if suspects else {}
    leased = [
        {**row, **mine, **later.get(row["id"], {}), "attempts": row["attempts"] + (row["id"] not in spared)}
        for row in rows
    ]
    return [_item(row) for row in sorted(leased, key=lambda row: (row["next_try_at"], row["id"]))]


def _left_behind(rows: Sequence[Mapping[str, Any]]) -> tuple[set[int], set[int]]:
    """Of rows whose lease ran out: the first of each lease, and those behind it."""
    behind: dict[str, list[int]] = {}
    for row in rows:
        if row["lease_token"] is not None:
            behind.setdefault(row["lease_token"], []).append(row["id"])
    return {ids[0] for ids in behind.values()}, {id_ for ids in behind.values() for id_ in ids[1:]}


def _put_last(
    conn: StoreConnection,
    rows: Sequence[Mapping[str, Any]],
    suspects: set[int],
    now: datetime,
    until: datetime,
) -> dict[int, dict[str, datetime]]:
    """Order the suspects, and what is due to the same recipients, after everybody's else.

    By the instant they are due, so that the next holder knows in which order they were offered.

    Returns:
        What has changed of these rows.
    """
    whose = {_whose(row) for row in rows if row["id"] in suspects}
    mates = {row["id"] for row in rows if _whose(row) in whose} - suspects
    times = dict.fromkeys(mates, until - timedelta(seconds=1)) | dict.fromkeys(suspects, until)
    for at in set(times.values()):
        ids = [id_ for id_, each in times.items() if each == at]
        conn.execute(update(tables.outbox).where(_t.id.in_(ids)).values(next_try_at=at))
    theirs = _t.recipient["id"].as_string().in_([ident for _, ident in whose])
    rest = select(_t.id).where(_t.next_try_at <= now, _free(now), theirs)
    if conn.locks_rows:  # what another is leasing at this moment is not waited for
        rest = rest.with_for_update(skip_locked=True)
    conn.execute(update(tables.outbox).where(_t.id.in_(rest)).values(next_try_at=until))
    return {id_: {"next_try_at": at} for id_, at in times.items()}


def _whose(row: Mapping[str, Any]) -> tuple[str, str]:
    """The recipient of a row, or the host's part for one action."""
    to = row["recipient"]
    return (to["kind"], to["id"]) if to else (row["kind"], row["name"])


def _due(now: datetime) -> Select[*tuple[Any, ...]]:
    return select(tables.outbox).where(_t.next_try_at <= now, _free(now))


def _free(now: datetime) -> ColumnElement[bool]:
    """Nobody is offering it at this moment."""
    return or_(_t.lease_until.is_(None), _t.lease_until <= now)


def let_go(conn: StoreConnection, items: Sequence[OutboxItem], until: datetime | None = None) -> None:
    """Give back rows that were leased and not offered: others may have them at once, or at ``until``."""
    for item in items:
        _mark(conn, item, attempts=item.attempts - 1, next_try_at=until or item.next_try_at)


def put_off(conn: StoreConnection, item: OutboxItem, until: datetime, state: str, why: str) -> bool:
    """Give back a leased row that may not go yet: no attempt, to be offered again at ``until``.

    Returns:
        Whether it was still leased to the caller; otherwise nothing is noted.
    """
    back = {"attempts": item.attempts - 1, "next_try_at": until}
    return _mark(conn, item, state=state, detail=why, **back)


def one_at_a_time(conn: StoreConnection) -> None:
    """Until the end of this transaction nobody else counts what was handed over (PostgreSQL)."""
    if conn.locks_rows:
        conn.execute(select(func.pg_advisory_xact_lock(_COUNTING)))


def gather(conn: StoreConnection, items: Sequence[OutboxItem]) -> list[OutboxItem]:
    """Make leased rows one digest for good, under the key of the first, which stays leased.

    Returns:
        They themselves, as they stand now.
    """
    key = f"digest/{items[0].key}"
    _mark_kept(conn, items[0], digest=key)
    for item in items[1:]:
        part = {"state": letters.DIGESTED, "next_try_at": None, "attempts": 0}
        _mark(conn, item, digest=key, detail="part of a digest", **part)
    return [replace(item, digest=key) for item in items]


def parts(conn: StoreConnection, digest: str) -> list[OutboxItem]:
    """The rows of a digest, in order; the first is the one that is offered."""
    query = select(tables.outbox).where(_t.digest == digest).order_by(_t.id)
    return [_item(row) for row in conn.rows(query)]


def handed_over_since(
    conn: StoreConnection, since: datetime, now: datetime
) -> list[tuple[Contact, datetime]]:
    """Who was handed a notice since an instant, and when; a digest is one.

    What is being offered at ``now`` counts as handed over at that moment.
    """
    alone = or_(_t.digest.is_(None), _t.attempts > 0)
    done = select(_t.recipient, _t.handed_over_at).where(_t.handed_over_at > since, alone)
    under_way = select(_t.recipient, literal(now, _t.handed_over_at.type)).where(
        _t.next_try_at.is_not(None), _t.lease_until > now
    )
    found = [*conn.execute(done.where(_t.kind == letters.NOTICE)), *conn.execute(under_way)]
    return sorted(((Contact(**who), at) for who, at in found if who), key=lambda each: each[1])


def delivered(conn: StoreConnection, item: OutboxItem, now: datetime, detail: str = "") -> bool:
    """Note that a plugin took it over, and with a digest all that are part of it.

    Returns:
        Whether it was still leased to the caller; otherwise nothing is noted.
    """
    done = {"state": letters.DELIVERED, "detail": detail, "next_try_at": None, "handed_over_at": now}
    if not _mark(conn, item, last_error="", **done):
        return False
    if item.digest:
        query = update(tables.outbox).where(_t.digest == item.digest, _t.state == letters.DIGESTED)
        conn.execute(query.values(**done))
    return True


def abandoned(conn: StoreConnection, item: OutboxItem) -> bool:
    """Give up a leased row that nobody who offered it so often came back from.

    Returns:
        Whether it was still leased to the caller; otherwise nothing is noted.
    """
    error = f"Offered {ATTEMPTS} times without an answer: whoever offered it was killed, or hangs."
    return _mark(conn, item, state=letters.DEAD, next_try_at=None, attempts=ATTEMPTS, last_error=error)


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


RETRIED = (letters.UNTAKEN, letters.FAILED, letters.DEAD)
RELEASED = (letters.PENDING, letters.HELD)


def retry(
    conn: StoreConnection, now: datetime, keys: Collection[str] = (), states: Collection[str] = RETRIED
) -> int:
    """Offer these rows, or all in these states, again from the first attempt. Returns how many."""
    return _begin_again(conn, now, keys, states)


def release(conn: StoreConnection, now: datetime, keys: Collection[str] = ()) -> int:
    """Offer now what waits for its hour or is held back: no option keeps it any more. Returns how many."""
    return _begin_again(conn, now, keys, RELEASED, urgent=True)


def _begin_again(
    conn: StoreConnection, now: datetime, keys: Collection[str], states: Collection[str], **more: Any
) -> int:
    query = update(tables.outbox).where(_t.state.in_(states), _free(now))
    if keys:
        query = query.where(_t.key.in_(keys))
    fresh = {"state": letters.PENDING, "attempts": 0, "next_try_at": now, **more}
    return conn.execute(query.values(lease_token=None, lease_until=None, **fresh)).rowcount


def counts(conn: StoreConnection) -> dict[str, int]:
    """How many rows are in each state, none included."""
    found = conn.execute(select(_t.state, func.count()).group_by(_t.state)).all()
    return dict.fromkeys(letters.STATES, 0) | {row[0]: row[1] for row in found}


def listed(
    conn: StoreConnection,
    states: Collection[str] = (),
    reference: str | None = None,
    limit: int | None = 1000,
    *,
    recipient: str | None = None,
    keys: Collection[str] = (),
) -> list[OutboxItem]:
    """Rows in these states, or in any, oldest first; of one case, to one recipient, of these keys."""
    query = select(tables.outbox).order_by(_t.id).limit(limit)
    if reference is not None:
        query = query.where(_t.reference == reference)
    if recipient is not None:
        query = query.where(_is_to(recipient))
    for what, values in ((_t.state, states), (_t.key, keys)):
        if values:
            query = query.where(what.in_(values))
    return [_item(row) for row in conn.rows(query)]


def _is_to(recipient: str) -> ColumnElement[bool]:
    """Addressed to an id, or to ``kind:id`` as lists print it; an id may hold a colon itself."""
    kind, colon, ident = recipient.partition(":")
    named = _t.recipient["id"].as_string()
    whole: ColumnElement[bool] = named == recipient
    return or_(whole, and_(_t.recipient["kind"].as_string() == kind, named == ident)) if colon else whole


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
    """Change a leased row and give up the lease."""
    return _mark_kept(conn, item, lease_token=None, lease_until=None, **values)


def _mark_kept(conn: StoreConnection, item: OutboxItem, **values: Any) -> bool:
    given = {f"new_{name}": value for name, value in values.items()}
    mine = {"this": item.id, "leased": item.lease_token}
    return conn.execute(_marking(tuple(values)), {**given, **mine}).rowcount == 1


@functools.cache
def _marking(names: tuple[str, ...]) -> Update:
    """Changes these columns of a row, if it is still leased: made once, for one is needed for each notice."""
    mine = (_t.id == bindparam("this"), _t.lease_token == bindparam("leased"))
    return update(tables.outbox).where(*mine).values({name: bindparam(f"new_{name}") for name in names})


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
