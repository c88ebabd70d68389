"""Hosts whose clocks differ, jump or change: each rung is decided once, at its instant."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from homebuy_plugin import CaseChange, Settings, TaskChange
from homebuy_plugin.exceptions import RetryTransaction
from homebuy_plugin.store import instants
from homebuy_plugin.testing.ledger import ledger as ledger_of
from homebuy_plugin.testing.small_landlord import SmallLandlord, at

sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
postgresql_only = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)


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
