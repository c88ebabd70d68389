"""What a host may pass in, and what is refused with advice."""

import sqlite3
import threading

import pytest
from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    StaticPool,
    String,
    Table,
    create_engine,
    event,
    select,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, scoped_session, sessionmaker

from homebuy_plugin.exceptions import (
    DatabaseBehind,
    DatabaseUnreachable,
    InvalidArgument,
    RetryTransaction,
    SessionError,
    TickInsideTransaction,
    UnsupportedDatabase,
)
from homebuy_plugin.store import cases, journal, tables
from homebuy_plugin.store.connection import StoreConnection, check_supported
from homebuy_plugin.store.migrations import upgrade
from homebuy_plugin.store.sessions import joined
from homebuy_plugin.store.transactions import reading, writing

only_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
only_postgresql = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "thing"
    id: Mapped[int] = mapped_column(primary_key=True)


@pytest.fixture
def with_things(ready):
    Base.metadata.create_all(ready)
    return ready


def fail_after(work, *args):
    work(*args)
    raise ZeroDivisionError


def marked(engine, name="m"):
    with reading(engine) as conn:
        return journal.mark(conn, name)


@pytest.mark.parametrize("wrap", [lambda s: s, lambda s: scoped_session(lambda: s), lambda s: s.connection()])
def test_our_rows_and_the_hosts_are_committed_or_rolled_back_together(with_things, wrap):
    for finish, expected in ((Session.rollback, None), (Session.commit, "x")):
        with Session(with_things) as session:
            session.add(Thing(id=1))
            session.flush()
            journal.set_mark(joined(wrap(session), with_things), "m", "x")
            finish(session)
        assert marked(with_things) == expected
        with Session(with_things) as session:
            assert (session.get(Thing, 1) is None) == (expected is None)


def test_a_session_with_binds_alone_works_on_our_engine(with_things):
    with Session(binds={Thing: with_things}) as session, session.begin():
        session.add(Thing(id=1))
        session.flush()
        conn = joined(session, with_things)
        assert conn.raw is session.connection(bind_arguments={"mapper": Thing})
        journal.set_mark(conn, "m", "x")
    assert marked(with_things) == "x"


class AsyncSession:
    __module__ = "sqlalchemy.ext.asyncio.session"


class AsyncConnection:
    __module__ = "sqlalchemy.ext.asyncio.engine"


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (AsyncSession, r"await session\.run_sync\(lambda s: hb\.case_created\(s, case\)\)"),
        (AsyncConnection, r"await connection\.run_sync\(lambda s: hb\.case_created\(s, case\)\)"),
    ],
)
def test_an_asynchronous_session_is_refused_with_the_line_to_write(engine, kind, line):
    with pytest.raises(SessionError, match=line):
        joined(kind(), engine)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (None, "a NoneType"),
        ("session", "a str"),
        (Session, "the class Session"),
        (sessionmaker(), "a sessionmaker"),
    ],
)
def test_anything_else_is_refused_by_name(engine, wrong, named):
    with pytest.raises(SessionError, match=f"Session, scoped_session or Connection .* not {named}"):
        joined(wrong, engine)


def test_an_engine_is_no_session(engine):
    with pytest.raises(SessionError, match="not a Engine"):
        joined(engine, engine)


@pytest.mark.parametrize("moment", ["before_flush", "after_flush"])
def test_a_call_from_inside_a_flush_is_refused(with_things, moment):
    with Session(with_things) as session:
        event.listen(session, moment, lambda *_: joined(session, with_things))
        session.add(Thing(id=1))
        with pytest.raises(SessionError, match="being flushed"):
            session.flush()


def test_a_call_from_a_mapper_event_is_refused(with_things):
    with Session(with_things) as session:

        def call(*_):
            joined(session, with_things)

        event.listen(Thing, "after_insert", call)
        try:
            session.add(Thing(id=1))
            with pytest.raises(SessionError, match="being flushed"):
                session.flush()
        finally:
            event.remove(Thing, "after_insert", call)


def test_other_databases_are_refused():
    with pytest.raises(UnsupportedDatabase, match="mysql is not supported"):
        check_supported("mysql")


def test_a_schema_needs_postgresql():
    with pytest.raises(InvalidArgument, match="schema='hb' needs PostgreSQL"):
        check_supported("sqlite", "hb")


@only_postgresql
def test_the_hosts_connection_keeps_its_own_options(ready):
    with ready.connect() as raw, raw.begin():
        before = raw.get_execution_options()
        raw.exec_driver_sql("CREATE SCHEMA hb")
        with pytest.raises(DatabaseBehind, match="homebuy db upgrade"):
            cases.find(joined(raw, ready, "hb"), "HB-1")
        assert raw.get_execution_options() == before


def test_missing_tables_say_what_to_run(engine):
    with pytest.raises(DatabaseBehind, match="Run: homebuy db upgrade"), writing(engine) as conn:
        cases.find(conn, "HB-1")


def test_an_unreachable_database_says_so(databases):
    url = databases.new()
    databases.drop(url)
    where = url.set(database="/nowhere/at/all.db") if url.drivername == "sqlite" else url
    engine = create_engine(where)
    with pytest.raises(DatabaseUnreachable, match="does not answer"), reading(engine):
        pass
    with Session(engine) as session, pytest.raises(DatabaseUnreachable, match="does not answer"):
        joined(session, engine)
    engine.dispose()


def test_a_reading_transaction_cannot_write(ready):
    with pytest.raises(Exception, match=r"(?i)read-?only"), reading(ready) as conn:
        journal.set_mark(conn, "m", "x")
    with writing(ready) as conn:
        journal.set_mark(conn, "m", "y")
    assert marked(ready) == "y"


def test_an_error_rolls_our_own_transaction_back(ready):
    with pytest.raises(ZeroDivisionError), writing(ready) as conn:
        fail_after(journal.set_mark, conn, "m", "x")
    assert marked(ready) is None


def test_a_hooks_session_touches_only_what_it_did(with_things):
    with writing(with_things) as conn:
        journal.set_mark(conn, "m", "x")
        with Session(conn.raw, join_transaction_mode="create_savepoint") as session:
            session.add(Thing(id=1))
            session.flush()
            session.rollback()
        with Session(conn.raw, join_transaction_mode="create_savepoint") as session:
            session.add(Thing(id=2))
            session.commit()
    assert marked(with_things) == "x"
    with Session(with_things) as session:
        assert session.scalars(select(Thing.id)).all() == [2]


@only_postgresql
def test_a_lost_race_asks_to_try_again(ready):
    with writing(ready) as conn:
        journal.set_mark(conn, "m", "x")
    with ready.connect().execution_options(isolation_level="REPEATABLE READ") as raw:
        conn = StoreConnection(raw)
        journal.mark(conn, "m")
        with writing(ready) as other:
            journal.set_mark(other, "m", "y")
        with pytest.raises(RetryTransaction, match="SQLSTATE 40001"):
            journal.set_mark(conn, "m", "z")


@only_postgresql
def test_a_deadlock_asks_to_try_again(ready):
    """Two hosts, two cases, opposite order: one of them is told, the other goes on."""
    with writing(ready) as conn:
        for reference in ("HB-1", "HB-2"):
            cases.reserve(conn, reference)
    told = []

    def host(first, second, barrier):
        try:
            with writing(ready) as conn:
                cases.lock(conn, first)
                barrier.wait(10)
                cases.lock(conn, second)
        except RetryTransaction as error:
            told.append(str(error))

    barrier = threading.Barrier(2)
    orders = [("HB-1", "HB-2"), ("HB-2", "HB-1")]
    threads = [threading.Thread(target=host, args=(*order, barrier)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(told) == 1
    assert "SQLSTATE 40P01" in told[0]


# --- SQLite ---


def host_listeners(engine):
    """SQLAlchemy's recipe for transactions begun by hand."""

    @event.listens_for(engine, "connect")
    def connect(dbapi_connection, _record):
        dbapi_connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN")


@pytest.fixture(params=["plain", "recipe", "autocommit off"])
def hosts_engine(request, databases):
    """Engines as hosts set them up for SQLite."""
    url = databases.new(upgrade)
    modes = {"plain": {}, "recipe": {}, "autocommit off": {"autocommit": False}}
    if request.param == "autocommit off" and not hasattr(sqlite3.Connection, "autocommit"):
        pytest.skip("needs Python 3.12")
    engine = create_engine(url, connect_args=modes[request.param])
    if request.param == "recipe":
        host_listeners(engine)
    yield engine
    engine.dispose()
    databases.drop(url)


def mode_of(engine):
    with engine.connect() as raw:
        dbapi = raw.connection.dbapi_connection
        return (
            dbapi.isolation_level,
            getattr(dbapi, "autocommit", None),
            dbapi.execute("PRAGMA query_only").fetchone(),
            dbapi.execute("PRAGMA busy_timeout").fetchone(),
        )


@only_sqlite
def test_our_transactions_begin_immediately_and_leave_no_trace(hosts_engine, database_kind):
    before = mode_of(hosts_engine)
    other = sqlite3.connect(hosts_engine.url.database, timeout=0)
    with writing(hosts_engine, wait=True) as conn:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        journal.set_mark(conn, "m", "x")
    with pytest.raises(ZeroDivisionError), writing(hosts_engine) as conn:
        fail_after(journal.set_mark, conn, "m", "y")
    assert marked(hosts_engine) == "x"
    assert mode_of(hosts_engine) == before
    other.close()


@only_sqlite
def test_a_tick_inside_this_threads_transaction_is_refused(ready):
    with Session(ready) as session:
        journal.set_mark(joined(session, ready), "m", "x")
        with pytest.raises(TickInsideTransaction, match="Commit it or roll it back before"), writing(ready):
            pass
        session.commit()
        with writing(ready):
            pass
    assert marked(ready) == "x"


@only_sqlite
def test_a_tick_inside_a_tick_is_refused_but_not_a_report(ready):
    with writing(ready), pytest.raises(TickInsideTransaction), writing(ready):
        pass
    with writing(ready):
        assert marked(ready) is None


def test_a_transaction_on_another_database_in_memory_is_no_hindrance(shared):
    other = create_engine("sqlite://")
    with other.connect() as raw:
        joined(raw, other)
        raw.exec_driver_sql("CREATE TABLE t (n INTEGER)")
        raw.exec_driver_sql("INSERT INTO t VALUES (1)")
        with writing(shared) as conn:
            journal.set_mark(conn, "m", "x")
    other.dispose()
    assert marked(shared) == "x"


@pytest.fixture(params=["static", "thread"])
def shared(request):
    """In-memory databases: one connection for all, or one for each thread."""
    options = {"poolclass": StaticPool} if request.param == "static" else {}
    engine = create_engine("sqlite://", **options)
    keep = engine.connect() if request.param == "thread" else None
    upgrade(engine)
    yield engine
    if keep:
        keep.close()
    engine.dispose()


def test_a_tick_inside_the_shared_connections_transaction_is_refused_and_loses_nothing(shared):
    """The host's own rows, of which the package knows nothing, are still there to commit."""
    table = Table("host", MetaData(), Column("name", String), Column("n", Integer))
    table.create(shared)
    with shared.connect() as raw:
        raw.execute(table.insert(), {"name": "kept", "n": 1})
        with pytest.raises(TickInsideTransaction), writing(shared):
            pass
        with pytest.raises(TickInsideTransaction), reading(shared):
            pass
        raw.commit()
        assert raw.execute(select(table.c.name)).scalars().all() == ["kept"]
        raw.rollback()
    with writing(shared) as conn:
        journal.set_mark(conn, "m", "x")
    assert marked(shared) == "x"


@only_sqlite
def test_an_old_snapshot_asks_to_begin_again(ready):
    with ready.connect() as raw:
        raw.exec_driver_sql("PRAGMA journal_mode = WAL")
    with ready.connect() as raw:
        raw.exec_driver_sql("BEGIN")
        raw.execute(text("SELECT count(*) FROM homebuy_case"))
        with writing(ready) as conn:
            journal.set_mark(conn, "m", "x")
        with pytest.raises(RetryTransaction, match="write before reading"):
            cases.lock(joined(raw, ready), "HB-1")
        raw.exec_driver_sql("ROLLBACK")


def test_the_engine_gets_no_listener_of_ours(ready):
    names = ("begin", "commit", "rollback", "before_cursor_execute", "engine_connect")
    with writing(ready) as conn:
        journal.set_mark(conn, "m", "x")
    with Session(ready) as session:
        joined(session, ready)
    assert [len(getattr(ready.dispatch, n)) for n in names] == [0] * len(names)
    assert tables.mark.schema is None
