"""Published documents: immutable versions of packs, rule sets, letters, groups, calendars, attributes."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from homebuy_plugin.exceptions import InvalidArgument, RetryTransaction
from homebuy_plugin.store import journal, tables
from homebuy_plugin.store.cases import insert_into
from homebuy_plugin.store.connection import StoreConnection

_t = tables.document.c
_TRIES = 5
_LOCK_KEY = 0x50554253  # "PUBS"


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """A published version.

    Attributes:
        code: tells documents of one kind apart, for example scheme and country of a pack.
        digest: of the body, to tell equal ones.
        live_cases: what cases open at its publication do: ``pin recompute recompute_and_notify``.
    """

    kind: str
    code: str
    version: int
    published_at: datetime
    author: str = ""
    reason: str = ""
    digest: str = ""
    live_cases: str = "pin"


def versions(conn: StoreConnection, kind: str | None = None, code: str | None = None) -> list[DocumentRef]:
    """Every published version, oldest first within kind and code."""
    query = _VERSIONS
    if kind is not None:
        query = query.where(_t.kind == kind)
    if code is not None:
        query = query.where(_t.code == code)
    return [DocumentRef(*row) for row in conn.execute(query)]


_VERSIONS = select(
    *(_t.kind, _t.code, _t.version, _t.published_at, _t.author, _t.reason, _t.digest, _t.live_cases)
).order_by(_t.kind, _t.code, _t.version)


def body(conn: StoreConnection, kind: str, code: str, version: int) -> dict[str, Any]:
    """The document of a version as it was written.

    Raises:
        InvalidArgument: it was never published.
    """
    query = select(_t.body).where(_t.kind == kind, _t.code == code, _t.version == version)
    row = conn.execute(query).one_or_none()
    if row is None:
        raise InvalidArgument(f"There is no version {version} of {kind} {code!r}.")
    found: dict[str, Any] = row[0]
    return found


def lock(conn: StoreConnection) -> None:
    """Be the only one who publishes until the transaction ends; readers go on."""
    if conn.locks_rows:
        conn.execute(select(func.pg_advisory_xact_lock(_LOCK_KEY)))


def publish(
    conn: StoreConnection,
    kind: str,
    code: str,
    body: Mapping[str, Any],
    *,
    published_at: datetime,
    author: str,
    reason: str,
    live_cases: str = "pin",
) -> int:
    """Write the next version and return its number. Two at once get two numbers.

    A version is never older than the one before it, whatever a caller's clock says; the first
    counts from the beginning of time.

    Raises:
        RetryTransaction: others published the same document again and again.
    """
    fixed = {
        "kind": kind,
        "code": code,
        "author": author,
        "reason": reason,
        "body": dict(body),
        "digest": digest(body),
        "live_cases": live_cases,
    }
    for _ in range(_TRIES):
        last, since = _last(conn, kind, code)
        version, at = last + 1, max(published_at, since) if last > 1 and since else published_at
        insert = insert_into(conn.dialect, tables.document).values(version=version, published_at=at, **fixed)
        done = conn.execute(insert.on_conflict_do_nothing(index_elements=["kind", "code", "version"]))
        if done.rowcount == 1:
            journal.renew_mark(conn, journal.DOCUMENTS)
            return version
    raise RetryTransaction(f"{kind} {code!r} is being published elsewhere. Roll back and try again.")


def digest(body: Mapping[str, Any]) -> str:
    """A digest that equal documents share, however they are laid out."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _last(conn: StoreConnection, kind: str, code: str) -> tuple[int, datetime | None]:
    query = select(func.max(_t.version), func.max(_t.published_at)).where(_t.kind == kind, _t.code == code)
    version, published_at = conn.execute(query).one()
    return version or 0, published_at
