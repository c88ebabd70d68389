"""Many tickers at once, officers working meanwhile: nothing twice, nothing lost, nobody waits for ever.

Beside each count of zero stands a control that does it wrong and must show more.
"""

from collections import Counter

import pytest
from sqlalchemy import text

from homebuy_plugin import CaseChange, Settings, TaskChange
from homebuy_plugin.testing.crashing import Job, Outside, call, ended, gate, start
from homebuy_plugin.testing.databases import fresh_engine
from homebuy_plugin.testing.ledger import ledger
from homebuy_plugin.testing.small_documents import ESCALATION, escalation, notify, rule
from homebuy_plugin.testing.small_landlord import SmallLandlord, at, small_landlord
from homebuy_plugin.testing.unsafe import (
    decide_only,
    read_before_lock,
    twice_decided,
    wakeups_first,
    without_keys,
)

NOW = at(10, 10)
FEW, MANY = 8, 60
IN_TURN = {"name": "reassign", "params": {"role": "leasehold_officer", "strategy": "round_robin"}}


def references(cases):
    return [f"HB-{number:03}" for number in range(cases)]


def _crowd(engine, cases):
    """Cases some days overdue; one rule of each gives its task to the next in turn."""
    small_landlord(engine)
    landlord = SmallLandlord(engine, [])
    hand_on = rule("hand-on", "target_exceeded", IN_TURN, notify("manager", template="passed"))
    rules = escalation(*ESCALATION["rules"], {**hand_on, "applies_to": {"clock": "log_target"}})
    landlord.publish(at(1), escalation=rules)
    for reference in references(cases):
        landlord.create(reference)


def few(engine):
    _crowd(engine, FEW)


def many(engine):
    _crowd(engine, MANY)


class Office:
    """Processes that all work on one database."""

    def __init__(self, engine, path, batch=5):
        self.engine, self.outside, self.batch = engine, Outside(path), batch
        self.url = engine.url.render_as_string(hide_password=False)
        if engine.dialect.name == "sqlite":
            self.url += "?timeout=60"

    def work(self, *jobs):
        """Begin all at one moment and wait for them; how each ended."""
        opening = gate(len(jobs))
        return [ended(p) for p in [start(self._job(opening, **job)) for job in jobs]]

    def _job(self, opening, **given):
        settings = Settings(batch=self.batch)
        return Job(url=self.url, sent=self.outside.path, settings=settings, gate=opening, **given)

    def deadlocks(self):
        """How many the server has ended since the database was made."""
        if self.engine.dialect.name == "sqlite":
            return 0
        counted = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        with self.engine.connect() as connection:
            return connection.execute(counted).scalar_one()


@pytest.fixture
def office(databases, tmp_path, request):
    with fresh_engine(databases, request.param) as engine:
        yield Office(engine, tmp_path / "sent")


def ticker(times=3):
    return {"calls": [call("tick", NOW)] * times}


def officer(by, change, cases):
    made = [call("update", change, NOW, reference) for reference in references(cases)]
    return {"calls": made if by == "amir" else made[::-1]}


def clerk(number, cases):
    return {"calls": [call("create", f"NEW-{number}-{n}", NOW) for n in range(cases)]}


def at_work(cases):
    facts = CaseChange.update(facts={"bedrooms": 3}, by="amir")
    owners = CaseChange.reassign(("beth",), manager="dilys", by="beth")
    started = [call("task", "check_form", TaskChange.activity(by="sam"), NOW, r) for r in references(cases)]
    return [
        officer("amir", facts, cases),
        officer("beth", owners, cases),
        {"calls": started[cases // 2 :] + started[: cases // 2]},
        clerk(1, cases // 4),
        clerk(2, cases // 4),
    ]


def everybody_at_once(office, cases, tickers):
    """The whole office at one moment, compared with the same work done one after the other."""
    jobs = at_work(cases)
    ends = office.work(*[ticker()] * tickers, *jobs)
    assert office.outside.errors() == "", "no call erred"
    assert set(ends) == {0}
    landlord = SmallLandlord(office.engine, [])
    assert landlord.tick(NOW).deferred == 0
    assert office.deadlocks() == 0
    found, left = ledger(office.engine), Counter(office.outside.keys())
    assert set(left.values()) == {1}, "nothing left twice"
    assert found.with_state("delivered") == left.keys()
    for reference in references(cases):
        page = found.pages[reference]
        decided = Counter((rung[3], page.state.rungs[rung].outcome) for rung in page.state.rungs)
        assert decided == {
            ("target-near", "collapsed"): 1,
            ("target-passed", "fired"): 1,
            ("hand-on", "collapsed"): 1,
            ("still-not-done", "fired"): 1,
        }, reference
        assert page.state.facts["bedrooms"] == 3
        assert page.state.owners == ("user:beth",)
        assert [e.by for e in page.events if e.kind == "task_activity"] == ["sam"]
    new = [page.state for name, page in found.pages.items() if name.startswith("NEW")]
    assert len(new) == cases // 4 * 2
    turns = Counter(s.owners for s in new)
    turns.update(s.tasks["log_application#1"].owners for n, s in states(found) if n.startswith("HB"))
    assert abs(turns[("user:amir",)] - turns[("user:beth",)]) <= 1, "nobody's turn was lost or given twice"
    return office.outside.decided()


def states(found):
    return [(name, page.state) for name, page in found.pages.items()]


@pytest.mark.parametrize("office", [few], indirect=True)
def test_two_tickers_and_an_office(office):
    everybody_at_once(office, FEW, tickers=2)


@pytest.mark.slow
@pytest.mark.parametrize("office", [many], indirect=True)
def test_four_tickers_and_an_office(office):
    decided = everybody_at_once(office, MANY, tickers=4)
    print(f"{office.engine.dialect.name}: decided by ticker {sorted(decided.values())}")
    if office.engine.dialect.name != "sqlite":
        assert sum(1 for rungs in decided.values() if rungs) > 2, "they shared the work"


@pytest.mark.slow
@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
@pytest.mark.parametrize("office", [many], indirect=True)
def test_locking_in_the_wrong_order_deadlocks(office):
    wrong = {**ticker(), "prepare": wakeups_first}
    office.work(*[wrong] * 4, *at_work(MANY))
    assert office.deadlocks() > 0
    print(f"wrong order: {office.deadlocks()} deadlocks")


@pytest.mark.slow
@pytest.mark.parametrize("office", [many], indirect=True)
def test_the_lock_alone_keeps_four_tickers_apart(office):
    without_keys(office.engine)
    assert set(office.work(*[{**ticker(), "prepare": decide_only}] * 4)) == {0}
    assert twice_decided(office.engine) == 0
    assert sum(office.outside.decided().values()) == MANY * 4


@pytest.mark.slow
@pytest.mark.parametrize("office", [many], indirect=True)
def test_without_lock_and_key_rungs_are_decided_twice(office):
    without_keys(office.engine)
    office.work(*[{**ticker(MANY), "prepare": read_before_lock}] * 4)
    assert twice_decided(office.engine) > 0
    print(f"{office.engine.dialect.name}, no lock, no key: {twice_decided(office.engine)} decided twice")


@pytest.mark.slow
@pytest.mark.parametrize("office", [many], indirect=True)
def test_the_key_alone_keeps_rungs_single(office):
    office.work(*[{**ticker(), "prepare": read_before_lock}] * 4)
    assert twice_decided(office.engine) == 0
    SmallLandlord(office.engine, []).tick(NOW)
    assert ledger(office.engine).rungs() == MANY * 4
