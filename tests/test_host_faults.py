"""Whatever a host or its database does: retried where safe, reported, nothing lost, the host's rows untouched."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, event, select, text
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from homebuy_plugin import CaseChange, Delivery, Settings, TaskChange, hookimpl
from homebuy_plugin.exceptions import RetryTransaction, TransactionEnded
from homebuy_plugin.store import cases, instants, outbox, transactions
from homebuy_plugin.store.transactions import reading
from homebuy_plugin.testing.ledger import ledger as ledger_of
from homebuy_plugin.testing.small_documents import escalation, rule
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


# --- time ----------------------------------------------------------------------------------------


def decisions(landlord, reference="HB-1"):
    return [(key, rung.outcome, rung.instant) for key, rung in landlord.state(reference).rungs.items()]


@pytest.mark.slow
def test_clocks_that_are_two_hours_behind_and_a_day_ahead_decide_the_same(landlord):
    """Two hosts with skewed clocks tick in turn; a third case lives by the right time alone."""
    for n in (1, 2):
        landlord.create(f"HB-{n}", facts={"property_type": "house"})
    other = SmallLandlord(landlord.engine)
    hour, day = timedelta(hours=1), timedelta(days=1)
    for step in range(0, 24 * 12, 7):
        now = at(2, 11) + step * hour
        landlord.tick(now - 2 * hour)
        other.tick(now + day if step % 2 else now)
        if step == 49:
            landlord.task("log_application", TaskChange.activity(by="harry"), now - 2 * hour, "HB-1")
    found = decisions(landlord)
    assert len(found) == len({key for key, _, _ in found})
    told = [n.key for n in landlord.host.notices + other.host.notices]
    assert len(told) == len(set(told)) == len(landlord.outbox("delivered"))
    moments = [e.at for e in landlord.events()]
    assert moments == sorted(moments), "within a case time never runs back"
    straight = [(key[3:], outcome, instant) for key, outcome, instant in decisions(landlord, "HB-2")]
    assert [(key[3:], outcome, instant) for key, outcome, instant in found] == straight


def insisting(call, *arguments):
    """As a host does: what lost against another transaction is done again, whole."""
    while True:
        try:
            return call(*arguments)
        except RetryTransaction:
            continue


@pytest.mark.slow
def test_hosts_with_skewed_clocks_at_once_lose_nothing_and_decide_nothing_twice(landlord):
    """One is two hours behind and one a day ahead; both tick, deliver and have officers at work."""
    references = [f"HB-{n}" for n in range(1, 7)]
    for reference in references:
        landlord.create(reference)
    start, hour = threading.Barrier(2), timedelta(hours=1)
    hosts = {
        SmallLandlord(landlord.engine, settings=Settings(batch=2)): skew for skew in (-2 * hour, 24 * hour)
    }

    def live(host, skew):
        start.wait(30)
        for step in range(0, 24 * 12, 24):
            now = at(2, 12) + step * hour + skew
            report = host.tick(now)
            assert report.errors == ()
            insisting(host.task, "check_form", TaskChange.activity(by="sam"), now, references[step // 24 % 6])

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(live, host, skew) for host, skew in hosts.items()]:
            done.result(200)
    landlord.tick(at(20, 12))
    found = ledger_of(landlord.engine)
    told = [n for host in (landlord, *hosts) for n in host.host.notices]
    words = {(n.key, n.subject, n.body, n.recipient) for n in told}
    assert len(words) == len({n.key for n in told}), "whatever left twice left in the same words"
    assert {n.key for n in told} == found.with_state("delivered")
    assert set(found.letters.values()) <= {"delivered", "collapsed"}
    for reference, page in found.pages.items():
        decided = [(key[0], key[3], key[5]) for key in page.state.rungs]
        assert sorted(decided) == sorted((k[0], k[3], k[5]) for k in found.pages["HB-1"].state.rungs), (
            reference
        )
        moments = [e.at for e in page.events]
        assert moments == sorted(moments), "within a case time never runs back"


@postgresql_only
def test_the_clock_of_a_hosts_machine_does_not_matter(landlord, monkeypatch):
    """Without ``now`` every host goes by the database's clock; nobody looks at its own."""
    monkeypatch.setattr(instants, "datetime", None)
    landlord.create()
    change = CaseChange.update({"bedrooms": 2}, by="amir")
    with Session(landlord.engine) as session, session.begin():
        landlord.homebuy.case_updated(session, "HB-1", change, None)
    assert landlord.homebuy.tick().errors == ()
    assert landlord.homebuy.deliver().errors == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("served", "first", "target"),
    [
        (date(2026, 2, 28), "2026-03-28T12:00:00+00:00", "2026-03-29T00:00:00+00:00"),  # due on the 28th
        (date(2026, 3, 1), "2026-03-29T00:00:00+00:00", "2026-03-29T23:00:00+00:00"),  # due on the 29th
        (date(2026, 9, 26), "2026-10-24T12:00:00+00:00", "2026-10-24T23:00:00+00:00"),  # due on the 24th
        (date(2026, 9, 27), "2026-10-25T00:00:00+00:00", "2026-10-26T00:00:00+00:00"),  # due on the 25th
    ],
)
def test_nights_in_which_the_clocks_change_decide_each_rung_once_at_local_midnight(
    databases, served, first, target
):
    from homebuy_plugin.testing.databases import fresh_engine
    from homebuy_plugin.testing.small_landlord import small_landlord

    with fresh_engine(databases, small_landlord) as engine:
        landlord = SmallLandlord(engine)
        landlord.create(served_on=served, now=datetime.combine(served, datetime.min.time(), UTC))
        now, passed = datetime.fromisoformat(first), []
        for _ in range(2 * 26):
            now += timedelta(minutes=30)
            landlord.tick(now)
            done = [k for k in landlord.state().rungs if k[4] == "target" and "section_124" in k]
            if done and not passed:
                passed = [(now, done)]
    [(when, done)] = passed
    assert len(done) == 1
    assert when == datetime.fromisoformat(target)


# --- the database --------------------------------------------------------------------------------


@sqlite_only
def test_a_full_disk_is_reported_and_the_tick_goes_on_when_there_is_room(landlord):
    for n in range(1, 5):
        landlord.create(f"HB-{n}")
    landlord.homebuy.deliver(at(2))
    full = [True]

    @event.listens_for(landlord.engine, "checkout")
    def limit(dbapi, record, proxy):
        pages = dbapi.execute("PRAGMA page_count").fetchone()[0]
        dbapi.execute(f"PRAGMA max_page_count = {pages if full[0] else 2**30}")

    report = landlord.tick(at(12, 9))
    assert report.errors
    assert {e.where for e in report.errors} == {"database"}
    assert any("full" in e.message for e in report.errors)
    assert [n for n in landlord.host.notices if n.key not in {r.key for r in landlord.outbox()}] == []
    full[0] = False
    now = at(12, 9)
    for _ in range(3):
        now += timedelta(minutes=2)
        report = landlord.tick(now)
    assert (report.errors, report.deferred, report.due) == ((), 0, 0)
    keys = [n.key for n in landlord.host.notices]
    assert set(keys) == {r.key for r in landlord.outbox("delivered")}
    assert {n.reference for n in landlord.host.notices} == {f"HB-{n}" for n in range(1, 5)}


@sqlite_only
def test_a_database_that_stays_busy_is_reported_and_the_next_tick_makes_it_up(landlord, monkeypatch):
    """Somebody else writes for longer than a tick waits."""
    landlord.create()
    monkeypatch.setattr(transactions, "_PATIENCE", 1)
    hurried = create_engine(landlord.engine.url, connect_args={"timeout": 0.001})
    impatient = SmallLandlord(hurried)
    with landlord.engine.connect() as other:
        other.exec_driver_sql("BEGIN IMMEDIATE")
        report = impatient.tick(at(3, 9))
        assert {(e.reference, e.where) for e in report.errors} == {(None, "database")}
        assert all("Another connection is writing" in e.message for e in report.errors)
        assert (report.due, report.decided, report.delivered) == (1, 0, 0)
    report = impatient.tick(at(3, 9))
    assert (report.errors, report.escalated, report.delivered) == ((), 1, 1)
    hurried.dispose()


def test_a_database_that_will_not_note_a_delivery_is_reported(landlord, monkeypatch):
    """It went out, and nobody knows: it goes out again, under its key."""
    landlord.create()

    def refuse(*arguments):
        raise RetryTransaction("The database is locked.")

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "delivered", refuse)
        report = landlord.tick(at(3, 9))
    assert (report.notices, report.delivered) == (1, 0)
    assert [(e.where, e.message) for e in report.errors] == [
        ("database", "RetryTransaction: The database is locked.")
    ]
    assert landlord.homebuy.deliver(at(3, 9, 1)).delivered == 1
    assert len({n.key for n in landlord.host.notices}) == 1


@postgresql_only
def test_a_lock_that_is_not_had_in_time_is_reported_and_had_later(landlord):
    """A rule gives cases away in turn; somebody sits on whose turn it is."""
    give = {"name": "reassign", "params": {"role": "leasehold_officer", "strategy": "round_robin"}}
    landlord.publish(
        at(2), escalation=escalation(rule("give", "amber", give, applies_to={"clock": "service"}))
    )
    landlord.create()
    impatient = create_engine(landlord.engine.url, connect_args={"options": "-c lock_timeout=100ms"})
    hurried = SmallLandlord(impatient)
    with landlord.engine.begin() as other:
        other.execute(text("SELECT * FROM homebuy_round_robin FOR UPDATE"))
        report = hurried.tick(at(3, 9))
    assert [e.where for e in report.errors] == ["database"]
    assert "55P03" in report.errors[0].message
    assert landlord.state().rungs == {}
    assert hurried.tick(at(3, 9, 1)).escalated == 1
    impatient.dispose()


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
