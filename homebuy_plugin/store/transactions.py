"""Transactions of our own: of the tick, of deliveries, of migrations, of reports.

The host's engine gets no listener and no option of ours. On SQLite a transaction of ours begins
with BEGIN IMMEDIATE, so that it never has to be promoted from reading to writing.
"""

import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any

from sqlalchemy import Connection, Engine, StaticPool

from homebuy_plugin.exceptions import TickInsideTransaction
from homebuy_plugin.store.connection import StoreConnection, check_supported, connecting, our_errors

_PATIENCE = 30_000  # milliseconds
_INSIDE = (
    "This thread has an open transaction on the same SQLite database. "
    "Commit it or roll it back before: ticks, reports and migrations work in transactions of their own."
)


class _Seen(threading.local):
    """The connections that this thread passed to us, and ours in it: a writer would wait for them in vain."""

    def __init__(self) -> None:
        self.connections: weakref.WeakSet[Connection] = weakref.WeakSet()


_seen = _Seen()


def remember(connection: Connection) -> None:
    """Note a host's connection of this thread, so that a tick inside its transaction is refused."""
    if connection.dialect.name == "sqlite":
        _seen.connections.add(connection)


@contextmanager
def writing(engine: Engine, schema: str | None = None, wait: bool = False) -> Iterator[StoreConnection]:
    """A transaction of our own: committed at the end, rolled back on an error.

    With ``wait`` it waits on SQLite up to half a minute for another writer, whatever time-out the
    host has set.

    Raises:
        TickInsideTransaction: this thread has one open already (SQLite).
        RetryTransaction: the database stayed busy, or another transaction won.
        DatabaseUnreachable: no connection.
    """
    check_supported(engine.dialect.name, schema)
    if engine.dialect.name == "sqlite":
        with _sqlite(engine, "BEGIN IMMEDIATE", wait=wait) as raw:
            yield StoreConnection(raw, schema)
        return
    with _connected(engine) as raw:
        raw.execution_options(isolation_level="READ COMMITTED")
        with our_errors(), raw.begin():
            _without(raw, _COMPILED, _WHOLE_TABLES)
            yield StoreConnection(raw, schema)


@contextmanager
def reading(engine: Engine, schema: str | None = None) -> Iterator[StoreConnection]:
    """A transaction that the database itself keeps from writing: one snapshot, never committed."""
    check_supported(engine.dialect.name, schema)
    if engine.dialect.name == "sqlite":
        with _sqlite(engine, "BEGIN", read_only=True) as raw:
            yield StoreConnection(raw, schema)
        return
    with _connected(engine) as raw:
        raw.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with our_errors():
            _without(raw, _COMPILED)
            yield StoreConnection(raw, schema)


def _without(raw: Connection, *ways: str) -> None:
    """Keep PostgreSQL from some ways to run a query in this transaction, by one statement.

    To compile takes longer than our queries do. And plans are kept with the connection: one made before the
    first rungs were decided would read the whole table for each case, when there are thousands. To have
    all planned anew is no way out: every check of a foreign key would be planned anew for each row.
    """
    version: Any = raw.dialect.server_version_info
    if version >= (11,):
        off = ", ".join(f"set_config('{way}', 'off', true)" for way in ways)
        raw.exec_driver_sql(f"SELECT {off}")


_COMPILED, _WHOLE_TABLES = "jit", "enable_seqscan"


@contextmanager
def savepoint(conn: StoreConnection) -> Iterator[None]:
    """All or nothing of what is written inside, on somebody's transaction.

    By statements of ours: SQLAlchemy's own compiles two anew for each, and a host call has one. Where the
    transaction is gone, ended by a plugin or with the connection, so is the savepoint.
    """
    raw, outer = conn.raw, conn.raw.get_transaction()
    conn.driver("SAVEPOINT homebuy", ())
    try:
        yield
    except BaseException:  # a caller who catches it, whatever it is, has nothing of this half done
        if not raw.invalidated and raw.get_transaction() is outer and outer is not None and outer.is_active:
            conn.driver("ROLLBACK TO SAVEPOINT homebuy", ())
            conn.driver("RELEASE SAVEPOINT homebuy", ())
        raise
    conn.driver("RELEASE SAVEPOINT homebuy", ())


@contextmanager
def _connected(engine: Engine) -> Iterator[Connection]:
    with connecting():
        connection = engine.connect()
    with connection:
        yield connection


@contextmanager
def _sqlite(engine: Engine, begin: str, read_only: bool = False, wait: bool = False) -> Iterator[Connection]:
    _refuse_shared(engine)
    if not read_only:
        _refuse_inside(engine)
    with _connected(engine) as raw:
        dbapi: Any = raw.connection.dbapi_connection
        if dbapi.in_transaction and not _always_in_transaction(dbapi):
            raise TickInsideTransaction(_INSIDE)
        remember(raw)
        patience = _patient(dbapi) if wait else nullcontext()
        with _by_hand(dbapi), patience, our_errors():
            yield from _begun(raw, dbapi, begin, read_only)


def _begun(raw: Connection, dbapi: Any, begin: str, read_only: bool) -> Iterator[Connection]:
    """Begin, and commit or roll back, by statements: the driver's own ways depend on its mode."""
    outer = raw.begin()
    if dbapi.in_transaction:  # a listener of the host began one, deferred as a rule
        raw.exec_driver_sql("ROLLBACK")
    if read_only:
        raw.exec_driver_sql("PRAGMA query_only = ON")
    try:
        raw.exec_driver_sql(begin)
        yield raw
        raw.exec_driver_sql("COMMIT")
    finally:
        with _unless_closed(dbapi):
            if dbapi.in_transaction:
                dbapi.execute("ROLLBACK")
            if read_only:
                dbapi.execute("PRAGMA query_only = OFF")
        outer.close()


def _unless_closed(dbapi: Any) -> suppress:
    """Closed under our hands, because the program is interrupted: what it is told of is that."""
    return suppress(dbapi.ProgrammingError)


def _refuse_shared(engine: Engine) -> None:
    # Looked at before a connection is taken: to give back a shared one rolls it back.
    if isinstance(engine.pool, StaticPool):
        shared: Any = engine.pool.connection.dbapi_connection
        if shared is not None and shared.in_transaction and not _always_in_transaction(shared):
            raise TickInsideTransaction(_INSIDE)


def _refuse_inside(engine: Engine) -> None:
    for connection in list(_seen.connections):
        if _open_on(connection, engine):
            raise TickInsideTransaction(_INSIDE)


def _open_on(connection: Connection, engine: Engine) -> bool:
    if connection.closed or connection.invalidated or not _same_database(connection.engine, engine):
        return False
    dbapi: Any = connection.connection.dbapi_connection
    return bool(dbapi.in_transaction) and not _always_in_transaction(dbapi)


def _same_database(one: Engine, other: Engine) -> bool:
    """Whether two engines mean one database: one pool, or one file."""
    if one.pool is other.pool:
        return True
    in_memory = one.url.database in (None, "", ":memory:")
    return one.url.database == other.url.database and not in_memory


def _always_in_transaction(dbapi: Any) -> bool:
    """Whether the driver opens a transaction by itself after each one (Python 3.12's mode)."""
    return getattr(dbapi, "autocommit", None) is False


@contextmanager
def _by_hand(dbapi: Any) -> Iterator[None]:
    """Keep the driver from beginning transactions, and afterwards restore its mode."""
    name = "autocommit" if _always_in_transaction(dbapi) else "isolation_level"
    before = getattr(dbapi, name)
    setattr(dbapi, name, True if name == "autocommit" else None)
    try:
        yield
    finally:
        with _unless_closed(dbapi):
            setattr(dbapi, name, before)


@contextmanager
def _patient(dbapi: Any) -> Iterator[None]:
    before = dbapi.execute("PRAGMA busy_timeout").fetchone()[0]
    dbapi.execute(f"PRAGMA busy_timeout = {max(before, _PATIENCE)}")
    try:
        yield
    finally:
        with _unless_closed(dbapi):
            dbapi.execute(f"PRAGMA busy_timeout = {before}")
