"""Whatever a database refuses is reported, and made up for when it can."""

from datetime import timedelta

import pytest
from sqlalchemy import create_engine, event, text

from homebuy_plugin.exceptions import RetryTransaction
from homebuy_plugin.store import outbox, transactions
from homebuy_plugin.testing.small_documents import escalation, rule
from homebuy_plugin.testing.small_landlord import SmallLandlord, at

sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
postgresql_only = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)


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
