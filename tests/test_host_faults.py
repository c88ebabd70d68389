"""Whatever a host or its database does: retried where safe, reported, nothing lost, the host's rows untouched."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, select, text
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from homebuy_plugin import CaseChange, Delivery, Settings, TaskChange, hookimpl
from homebuy_plugin.exceptions import RetryTransaction, TransactionEnded
from homebuy_plugin.store import cases
from homebuy_plugin.store.transactions import reading
from homebuy_plugin.testing.small_landlord import SmallLandlord, at, facts_of
from homebuy_plugin.testing.waiting import until_somebody_waits

sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
postgresql_only = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)

platform = MetaData()
ledger = Table("platform_ledger", platform, Column("id", Integer, primary_key=True))


@pytest.fixture
def hosted(landlord):
    """A landlord on a database in which the host has a table of its own."""
    platform.create_all(landlord.engine)
    return landlord


def kept(hosted):
    with hosted.engine.connect() as connection:
        return list(connection.execute(select(ledger.c.id).order_by(ledger.c.id)).scalars())


def exists(hosted, reference="HB-1"):
    with reading(hosted.engine) as conn:
        return cases.find(conn, reference) is not None


# --- a plugin in a call of the host's ------------------------------------------------------------


def commit(session):
    session.commit()


def roll_back(session):
    session.rollback()


def close(session):
    session.close()


def write_badly(session):
    session.execute(text("SELECT nothing FROM nowhere"))


def stumble(session):
    raise OSError("directory down")


def swallow(session):
    """It meets an error, and says nothing of it."""
    try:
        write_badly(session)
    except Exception:  # of any kind: the carelessness that is to be survived
        return


SLOW = pytest.mark.slow
SHAPES = {
    "Session": lambda engine, session: session,
    "scoped_session": lambda engine, session: scoped_session(lambda: session),
    "Connection": lambda engine, session: session.connection(),
}


@pytest.mark.parametrize(
    "shape", ["Session", *(pytest.param(name, marks=SLOW) for name in SHAPES if name != "Session")]
)
@pytest.mark.parametrize(
    "act", [commit, roll_back, *(pytest.param(a, marks=SLOW) for a in (close, write_badly, stumble))]
)
def test_a_plugin_in_a_hosts_call_leaves_no_half_case(hosted, act, shape):
    """Either it is refused and all is undone with the host's own rows, or it touches only its own."""

    def misbehave(session, entry):
        session.execute(ledger.insert().values(id=100))
        act(session)

    hosted.host.answer("homebuy_audit", misbehave)
    failed = False
    try:
        with Session(hosted.engine) as session, session.begin():
            session.execute(ledger.insert().values(id=1))
            hosted.homebuy.case_created(SHAPES[shape](hosted.engine, session), facts_of(), at(2))
    except Exception:  # each act is refused in words of its own; what is left behind matters
        failed = True
    hosted.host.answer("homebuy_audit", None)
    if failed:
        assert (kept(hosted), exists(hosted)) == ([], False)
        hosted.create()
    else:
        assert kept(hosted)[0] == 1
    assert hosted.tick(at(3, 9)).notices == 1


@pytest.mark.parametrize("act", [commit, roll_back])
@sqlite_only
def test_who_ends_the_hosts_transaction_is_named(hosted, act):
    hosted.host.answer("homebuy_audit", lambda session, entry: act(session))
    whose = "homebuy_audit of plugin 'RecordingHost'"
    with Session(hosted.engine) as session, pytest.raises(TransactionEnded, match=whose):
        hosted.homebuy.case_created(session, facts_of(), at(2))
    assert not exists(hosted)


def test_a_plugin_may_work_in_a_nested_transaction_of_the_hosts_session(hosted):
    def nested(session, entry):
        with session.begin_nested():
            session.execute(ledger.insert().values(id=len(hosted.host.audited)))

    hosted.host.answer("homebuy_audit", nested)
    hosted.create()
    assert kept(hosted) == list(range(1, len(hosted.events()) + 1))


# --- a plugin in a tick --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "act", [commit, roll_back, *(pytest.param(a, marks=SLOW) for a in (close, write_badly, stumble)), swallow]
)
def test_a_plugin_in_a_tick_puts_off_at_most_its_own_case(hosted, act):
    for n in (1, 2, 3):
        hosted.create(f"HB-{n}")
    hosted.homebuy.deliver(at(2))

    def misbehave(session, entry):
        if entry.reference == "HB-2":
            act(session)

    hosted.host.answer("homebuy_audit", misbehave)
    report = hosted.tick(at(3, 9))
    assert {"HB-1", "HB-3"} <= {n.reference for n in hosted.host.notices}
    assert {e.reference for e in report.errors} <= {"HB-2"}
    assert bool(report.errors) == ("HB-2" not in {n.reference for n in hosted.host.notices})
    if act is swallow and report.errors:  # SQLite has nothing to swallow: a statement failed, no more
        assert "met an error of the database and went on" in report.errors[0].message
    hosted.host.answer("homebuy_audit", None)
    hosted.tick(at(3, 9, 5))
    assert sorted(n.reference for n in hosted.host.notices) == ["HB-1", "HB-2", "HB-3"]


def test_a_plugin_that_ends_the_ticks_own_transaction_is_named_and_nothing_is_lost(hosted):
    for n in (1, 2, 3):
        hosted.create(f"HB-{n}")
    hosted.homebuy.deliver(at(2))

    def to_the_root(session, entry):
        if entry.reference == "HB-2":
            session.get_bind().get_transaction().commit()

    hosted.host.answer("homebuy_audit", to_the_root)
    report = hosted.tick(at(3, 9))
    assert [e.reference for e in report.errors] == ["HB-2"]
    assert "homebuy_audit of plugin 'RecordingHost' ended the transaction" in report.errors[0].message
    assert sorted(n.reference for n in hosted.host.notices) == ["HB-1", "HB-3"]
    hosted.host.answer("homebuy_audit", None)
    hosted.tick(at(3, 9, 5))
    assert sorted(n.reference for n in hosted.host.notices) == ["HB-1", "HB-2", "HB-3"]
    assert hosted.tick(at(3, 9, 10)).notices == 0


@pytest.mark.parametrize(
    "hook", ["homebuy_officers_in_role", "homebuy_officer_available", "homebuy_resolve_stakeholders"]
)
@sqlite_only
def test_a_plugin_that_forgets_to_return_is_taken_not_to_know(hosted, hook):
    hosted.host.answer(hook, None)
    hosted.create()
    report = hosted.tick(at(3, 9))
    assert (report.errors, report.delivered) == ((), 1)
    assert hosted.host.notices[0].recipient.id == "amir"


@postgresql_only
def test_a_plugin_that_hangs_holds_up_only_what_its_ticker_has(landlord):
    """The others are decided and delivered by another ticker; what hangs is done when it wakes."""
    hanging, woken = threading.Event(), threading.Event()

    class Hanging:
        @hookimpl
        def homebuy_audit(self, session, entry):
            if entry.reference == "HB-1":
                hanging.set()
                woken.wait(30)

        @hookimpl
        def homebuy_notify(self, notice):
            return Delivery()

    for n in (1, 2, 3):
        landlord.create(f"HB-{n}")
    stuck = SmallLandlord(landlord.engine, [Hanging()], settings=Settings(batch=1))
    ticker = threading.Thread(target=stuck.tick, args=(at(3, 9),))
    ticker.start()
    assert hanging.wait(30)
    report = landlord.tick(at(3, 9))
    assert (report.notices, report.deferred) == (2, 1)
    assert sorted(n.reference for n in landlord.host.notices) == ["HB-2", "HB-3"]
    woken.set()
    ticker.join(60)
    assert sorted(r.reference for r in landlord.outbox("delivered")) == ["HB-1", "HB-2", "HB-3"]


# --- the host's session, in each shape -----------------------------------------------------------


def in_a_session(engine, work):
    with Session(engine) as session, session.begin():
        work(session, session)


def in_a_scoped_session(engine, work):
    registry = scoped_session(sessionmaker(engine))
    try:
        with registry.begin():
            work(registry, registry)
    finally:
        registry.remove()


def on_a_connection(engine, work):
    with engine.begin() as connection:
        work(connection, connection)


def in_a_session_with_binds(engine, work):
    with Session(binds={ledger: engine}) as session, session.begin():
        work(session, session)


def in_a_session_that_joins(engine, work):
    """The recipe of test suites: a session on a connection in whose transaction all is undone."""
    joining = {"join_transaction_mode": "create_savepoint"}
    with engine.begin() as connection, Session(connection, **joining) as session:
        work(session, session)
        session.commit()


ALL_SHAPES = [
    in_a_session,
    on_a_connection,
    *(
        pytest.param(shape, marks=SLOW)
        for shape in (in_a_scoped_session, in_a_session_with_binds, in_a_session_that_joins)
    ),
]


@pytest.mark.parametrize("shape", ALL_SHAPES)
def test_the_hosts_rows_and_ours_share_their_fate(hosted, shape):
    def work(executor, session):
        executor.execute(ledger.insert().values(id=1))
        hosted.homebuy.case_created(session, facts_of(), at(2))
        hosted.homebuy.task_updated(
            session, "HB-1", "log_application", TaskChange.start(by="amir"), at(2, 11)
        )
        hosted.homebuy.case_updated(session, "HB-1", CaseChange.update({"bedrooms": 2}, by="amir"), at(2, 12))

    def broken(executor, session):
        work(executor, session)
        raise OSError("the host changed its mind")

    with pytest.raises(OSError, match="changed its mind"):
        shape(hosted.engine, broken)
    assert (kept(hosted), exists(hosted)) == ([], False)
    shape(hosted.engine, work)
    assert (kept(hosted), exists(hosted)) == ([1], True)
    assert hosted.state().facts["bedrooms"] == 2


# --- a host who waits, or serializes ------------------------------------------------------------------


@postgresql_only
def test_a_tick_that_waits_in_a_ring_with_a_host_loses_nothing(hosted):
    """The host has a row of its own that its audit wants, and wants the case that the tick has."""
    for n in (1, 2, 3):
        hosted.create(f"HB-{n}")
    with hosted.engine.begin() as connection:
        connection.execute(ledger.insert().values(id=1))

    def note(session, entry):
        session.execute(select(ledger).with_for_update())

    hosted.host.answer("homebuy_audit", note)
    change = CaseChange.update({"bedrooms": 3}, by="amir")

    def work(session):
        hosted.homebuy.case_updated(session, "HB-1", change, at(3, 9))

    with ThreadPoolExecutor(1) as pool, Session(hosted.engine) as session:
        session.execute(select(ledger).with_for_update())
        ticking = pool.submit(hosted.tick, at(3, 9))
        until_somebody_waits(hosted.engine)
        try:
            work(session)
        except RetryTransaction:
            session.rollback()
            work(session)
        session.commit()
        report = ticking.result(60)
    deadlocks = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    assert report.errors == ()
    hosted.tick(at(3, 9))
    assert hosted.state().facts["bedrooms"] == 3
    assert sorted(n.reference for n in hosted.host.notices) == ["HB-1", "HB-2", "HB-3"]
    with hosted.engine.connect() as connection:
        assert connection.execute(deadlocks).scalar_one() >= 1


@postgresql_only
def test_a_host_that_serializes_is_asked_to_try_again_and_loses_nothing(hosted):
    hosted.create()
    strict = create_engine(hosted.engine.url, isolation_level="SERIALIZABLE")
    with Session(strict) as session, Session(strict) as other:
        session.execute(ledger.insert().values(id=1))
        session.execute(text("SELECT count(*) FROM homebuy_event"))
        hosted.homebuy.case_updated(other, "HB-1", CaseChange.update({"bedrooms": 2}, by="amir"), at(2, 11))
        other.commit()
        change = CaseChange.update({"bedrooms": 3}, by="beth")
        with pytest.raises(RetryTransaction, match="40001"):
            hosted.homebuy.case_updated(session, "HB-1", change, at(2, 12))
        session.rollback()
        session.execute(ledger.insert().values(id=1))
        hosted.homebuy.case_updated(session, "HB-1", change, at(2, 12))
        session.commit()
    assert (kept(hosted), hosted.state().facts["bedrooms"]) == ([1], 3)
    assert SmallLandlord(strict).tick(at(3, 9)).errors == ()
    strict.dispose()
