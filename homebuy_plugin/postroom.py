"""The outbox as an operator sees it: what was sent, what was not and why, and sending it again."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from homebuy_plugin.arguments import check_now
from homebuy_plugin.exceptions import InvalidArgument, NotAllowed, UnknownName
from homebuy_plugin.store import outbox
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.letters import STATES
from homebuy_plugin.store.outbox import RELEASED, RETRIED, OutboxItem
from homebuy_plugin.store.transactions import reading, writing
from homebuy_plugin.workbench import instant

Again = Callable[[StoreConnection, datetime, Collection[str]], int]


@dataclass(frozen=True, slots=True)
class Postroom:
    """Notices and actions of a landlord; each call is a transaction of its own."""

    engine: Engine
    schema: str | None = None

    def list(
        self,
        *,
        keys: Collection[str] = (),
        states: Collection[str] = (),
        recipient: str | None = None,
        reference: str | None = None,
        limit: int | None = 1000,
    ) -> tuple[OutboxItem, ...]:
        """Rows that are all of this, the oldest first.

        Args:
            keys: idempotency keys.
            states: of ``pending delivered failed untaken held digested dead collapsed undeliverable``.
            recipient: id of the recipient, alone or as ``user:ID``.
            reference: of the case.
            limit: at most so many; None for all.

        Raises:
            UnknownName: no such state.
        """
        for state in states:
            if state not in STATES:
                raise UnknownName("state of the outbox", state, STATES)
        with reading(self.engine, self.schema) as conn:
            found = outbox.listed(conn, states, reference, limit, recipient=recipient, keys=keys)
        return tuple(found)

    def show(self, key: str) -> OutboxItem:
        """One row, with its words.

        Raises:
            InvalidArgument: no row has this key.
        """
        [*found] = self.list(keys=[key])
        if not found:
            raise InvalidArgument(f"No notice has the key {key!r}. All keys: homebuy outbox list")
        return found[0]

    def retry(
        self,
        keys: Collection[str] = (),
        *,
        states: Collection[str] = RETRIED,
        recipient: str | None = None,
        reference: str | None = None,
        now: datetime | None = None,
    ) -> int:
        """Offer again, from the first attempt, what failed, was taken by nobody or was given up.

        The next tick or ``deliver`` hands it over, under the same key and in the same words.

        Args:
            keys: these rows only; empty for all that the rest names.
            states: of ``failed untaken dead``; only where no keys are given.
            recipient: id of the recipient, alone or as ``user:ID``.
            reference: of the case.
            now: instant from which they are offered; None for the database's clock.

        Returns:
            How many.

        Raises:
            InvalidArgument: no row has one of the keys.
            NotAllowed: a row of these keys is in another state, for example delivered.
        """
        return self._again(outbox.retry, RETRIED, keys, states, recipient, reference, now)

    def release(
        self,
        keys: Collection[str] = (),
        *,
        recipient: str | None = None,
        reference: str | None = None,
        now: datetime | None = None,
    ) -> int:
        """Let go what the storm limit holds back or what waits for its hour. As :meth:`retry`."""
        return self._again(outbox.release, RELEASED, keys, RELEASED, recipient, reference, now)

    def _again(
        self,
        again: Again,
        allowed: Collection[str],
        keys: Collection[str],
        states: Collection[str],
        recipient: str | None,
        reference: str | None,
        now: datetime | None,
    ) -> int:
        check_now(now)
        for state in states:
            if state not in allowed:
                raise UnknownName("state", state, allowed, "to do this to")
        found = {row.key: row for row in self.list(keys=keys, limit=None)} if keys else {}
        for key in keys:
            _check(key, found.get(key), allowed)
        with writing(self.engine, self.schema, wait=True) as conn:
            at = instant(conn, now)
            rows = outbox.listed(
                conn, allowed if keys else states, reference, None, recipient=recipient, keys=keys
            )
            return sum(again(conn, at, [row.key for row in part]) for part in _parts(rows))


def _check(key: str, row: OutboxItem | None, allowed: Collection[str]) -> None:
    if row is None:
        raise InvalidArgument(f"No notice has the key {key!r}. All keys: homebuy outbox list")
    if row.state not in allowed:
        part = f" of {row.digest}; name that of its first notice" if row.state == "digested" else ""
        raise NotAllowed(f"The notice {key} is {row.state}{part}: this is for those {' or '.join(allowed)}.")


def _parts(rows: list[OutboxItem], size: int = 500) -> list[list[OutboxItem]]:
    """In parts that any database takes in one statement."""
    return [rows[start : start + size] for start in range(0, len(rows), size)]
