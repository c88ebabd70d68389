"""The tick: everything due is decided once, whoever ticks."""

import gc
import threading
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from homebuy_plugin import CaseChange, Delivery, Settings, TaskChange, hookimpl
from homebuy_plugin import tick as ticking
from homebuy_plugin.exceptions import TickInsideTransaction
from homebuy_plugin.store import directory, tables
from homebuy_plugin.store.transactions import reading
from homebuy_plugin.testing.small_documents import escalation, notify, rule
from homebuy_plugin.testing.small_landlord import SmallLandlord, at
from homebuy_plugin.testing.statements import statements
from homebuy_plugin.workflow.fold import fold
from homebuy_plugin.workflow.state import CaseState

sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
postgresql_only = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)


class Mailer:
    """The smallest host: it takes every notice."""

    @hookimpl
    def homebuy_notify(self, notice):
        return Delivery()


# --- the report ------------------------------------------------------------------------------------


def test_a_quiet_tick_reports_nothing_but_what_comes_next(landlord):
    landlord.create()
    report = landlord.tick(at(2, 11))
    assert (report.due, report.decided, report.notices, report.oldest_lag) == (0, 0, 0, timedelta(0))
    assert report.next_due_at == at(3, 9)


def test_the_report_counts_what_was_done(landlord):
    landlord.create()
    landlord.task("check_form", TaskChange.plan(at(4).date(), by="amir"), at(2, 11))
    landlord.task("log_application", TaskChange.hold("x", until=at(5).date(), by="amir"), at(2, 11))
    landlord.create("HB-2")
    report = landlord.tick(at(5, 9))
    assert (report.due, report.decided, report.escalated, report.collapsed) == (3, 3, 2, 1)
    assert (report.opened, report.released) == (1, 1)
    assert (report.notices, report.delivered, report.failed, report.untaken) == (3, 3, 0, 0)
    assert report.oldest_lag == timedelta(days=2), "the amber of the second case: Tuesday at nine"
    assert (report.deferred, report.errors) == (0, ())


def test_a_tick_is_on_record(landlord):
    landlord.create()
    report = landlord.tick(at(3, 9))
    with landlord.engine.connect() as connection:
        [row] = connection.execute(select(tables.tick)).mappings()
    assert row["now_used"] == at(3, 9)
    assert row["report"]["escalated"] == report.escalated == 1


def test_ticking_again_changes_nothing(landlord):
    landlord.create()
    landlord.tick(at(5, 9))
    state, rows = landlord.state(), landlord.outbox()
    again = landlord.tick(at(5, 9))
    older = landlord.tick(at(3, 9))
    assert (again.decided, older.decided, older.due) == (0, 0, 0)
    assert (landlord.state(), landlord.outbox()) == (state, rows)


def test_without_now_the_databases_clock_is_used(landlord):
    landlord.create()
    report = landlord.homebuy.tick()
    assert report.errors == ()
    assert report.next_due_at is None or report.next_due_at.tzinfo


# --- exactly once ----------------------------------------------------------------------------------


def test_tickers_at_once_decide_each_rung_once(landlord):
    references = landlord.create_some(12)
    others = [SmallLandlord(landlord.engine, [Mailer()], settings=Settings(batch=2)) for _ in range(3)]
    start, failures = threading.Barrier(len(others)), []

    def run(one):
        start.wait(10)
        for hour in (9, 10, 11):
            try:
                failures.extend(one.tick(at(9, hour)).errors)
            except Exception as error:  # a thread would keep it to itself
                failures.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(100)
    landlord.tick(at(9, 11))
    assert failures == []
    for reference in references:
        assert landlord.decided(reference) == [
            ("target-near", "collapsed"),
            ("target-passed", "fired"),
            ("still-not-done", "fired"),
        ]
        assert landlord.state(reference) == fold(landlord.events(reference))
    keys = Counter(row.key for row in landlord.outbox())
    assert max(keys.values()) == 1
    assert Counter(row.state for row in landlord.outbox())["delivered"] == 12 * 2


@postgresql_only
def test_a_case_somebody_is_busy_with_is_deferred_not_waited_for(landlord):
    landlord.create_some(2)
    with Session(landlord.engine) as session:
        landlord.homebuy.task_updated(session, "HB-1", "decide", TaskChange.activity(by="a"), at(2))
        report = landlord.tick(at(3, 9))
        assert (report.due, report.escalated, report.deferred) == (2, 1, 1)
        assert landlord.decided("HB-1") == []
        session.commit()
    report = landlord.tick(at(3, 9))
    assert (report.escalated, report.deferred) == (1, 0)


@sqlite_only
def test_a_tick_inside_this_threads_transaction_is_refused(landlord):
    landlord.create()
    with Session(landlord.engine) as session:
        landlord.homebuy.task_updated(session, "HB-1", "decide", TaskChange.activity(by="a"), at(2))
        with pytest.raises(TickInsideTransaction, match="open transaction"):
            landlord.tick(at(3, 9))
        session.commit()
    assert landlord.tick(at(3, 9)).escalated == 1


# --- batches ---------------------------------------------------------------------------------------


def test_small_batches_do_the_same(landlord):
    landlord.create_some(5)
    small = SmallLandlord(landlord.engine, [Mailer()], settings=Settings(batch=2))
    report = small.tick(at(3, 9))
    assert (report.due, report.escalated, report.delivered, report.deferred) == (5, 5, 5, 0)


class Clock:
    """Every look at it takes so many seconds; it remembers who slept by it."""

    def __init__(self, each):
        self.each, self.now, self.slept = each, 0.0, []

    def monotonic(self):
        self.now += self.each
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)


@pytest.mark.parametrize(("each", "pauses"), [(0.01, 0), (1.1, 3)])
def test_on_sqlite_whoever_waits_to_write_is_let_in_now_and_then(landlord, monkeypatch, each, pauses):
    """There is no queue: between two batches alone nobody would ask in time."""
    landlord.create_some(5)
    small = SmallLandlord(landlord.engine, [Mailer()], settings=Settings(batch=2, max_seconds=3600))
    clock = Clock(each)
    monkeypatch.setattr(ticking, "time", clock)
    assert small.tick(at(3, 9)).escalated == 5
    assert len(clock.slept) == (pauses if landlord.engine.dialect.name == "sqlite" else 0)


def test_when_time_is_up_the_rest_is_left_and_shown(landlord):
    landlord.create_some(5)
    small = SmallLandlord(landlord.engine, [Mailer()], settings=Settings(batch=2, max_seconds=0))
    report = small.tick(at(3, 9))
    assert (report.due, report.escalated, report.delivered, report.deferred) == (5, 2, 0, 3)
    assert report.timed_out
    report = landlord.tick(at(3, 9))
    assert (report.delivered, report.timed_out) == (5, False)
    assert not small.tick(at(3, 9)).timed_out, "there was nothing left to do"


def test_the_number_of_queries_does_not_depend_on_the_number_of_cases(landlord):
    """Not one for each case, officer or notice. Handing over is one for each notice, and not counted."""
    plain = SmallLandlord(landlord.engine, plugins=[])
    landlord.create_some(5)
    decide_only(plain, at(3, 9))  # the first time the documents are read
    landlord.create_some(5, start=101)
    with statements(landlord.engine) as few:
        decide_only(plain, at(3, 9))
    landlord.create_some(50, start=201)
    with statements(landlord.engine) as many:
        decide_only(plain, at(3, 9))
    assert len(many) == len(few) < 40


def decide_only(landlord, now):
    desk = landlord.homebuy.desk
    tally = ticking.decide(desk, landlord.engine, now, lambda: False)
    assert tally.escalated >= 5


# --- dry run -----------------------------------------------------------------------------------------


def test_a_dry_run_decides_the_same_and_writes_nothing(landlord):
    in_turn = {"name": "reassign", "params": {"role": "leasehold_officer", "strategy": "round_robin"}}
    move = rule("move", "amber", in_turn, notify("manager", template="near"), applies_to={"clock": "service"})
    landlord.publish(at(2), escalation=escalation(move))
    landlord.create_some(3)
    landlord.homebuy.deliver(at(2))
    before = everything(landlord.engine)
    asked = len(landlord.host.calls)
    report, states = ticking.dry_run(landlord.homebuy.desk, landlord.engine, at(3, 9), decided_state)
    assert everything(landlord.engine) == before
    assert landlord.host.notices == []
    assert not [c for c in landlord.host.calls[asked:] if c.hook in ("homebuy_audit", "homebuy_event")]
    real = landlord.tick(at(3, 9))
    counted = ("due", "decided", "escalated", "notices", "opened", "released", "collapsed")
    assert [getattr(report, n) for n in counted] == [getattr(real, n) for n in counted]
    assert states == [landlord.state(state.reference) for state in states]


def decided_state(case):
    return case.state


@sqlite_only
def test_a_dry_run_holds_one_batch_at_a_time(landlord):
    """However many are due: nothing of a case is kept but what was asked for."""
    landlord.create_some(5)
    small = SmallLandlord(landlord.engine, [], settings=Settings(batch=2))
    others, held = held_states(), []

    def look(case):
        held.append(held_states() - others)
        return case.state.reference

    report, seen = ticking.dry_run(small.homebuy.desk, small.engine, at(3, 9), look)
    assert (report.escalated, len(set(seen))) == (5, 5)
    assert max(held) <= 3, "the batch as it was read, and one case as it was decided"


@sqlite_only
def test_a_tick_holds_one_batch_at_a_time(landlord, monkeypatch):
    """However many are due: nothing of the cases of a batch is kept when the next is read."""
    landlord.create_some(5)
    small = SmallLandlord(landlord.engine, [Mailer()], settings=Settings(batch=2))
    others, held, real = held_states(), [], ticking.cases.load

    def load(*arguments):
        held.append(held_states() - others)
        return real(*arguments)

    monkeypatch.setattr(ticking.cases, "load", load)
    assert small.tick(at(3, 9)).escalated == 5
    assert (len(held), max(held)) == (3, 0)


def held_states():
    gc.collect()
    return sum(isinstance(each, CaseState) for each in gc.get_objects())


def test_a_dry_run_may_look_ahead(landlord):
    landlord.create()
    report, [state] = ticking.dry_run(landlord.homebuy.desk, landlord.engine, at(1, month=12), decided_state)
    assert report.escalated > 1
    assert state.level == 2
    assert landlord.state().level == 0


def everything(engine):
    with reading(engine) as conn:
        return {
            t.name: sorted(repr(sorted(r.items(), key=str)) for r in conn.rows(select(t)))
            for t in tables.case.metadata.sorted_tables
        }


def test_a_dry_run_cannot_write(landlord):
    with reading(landlord.engine) as conn, pytest.raises(Exception, match=r"read-?only|readonly"):
        directory.round_robin(conn, ["leasehold_officer"])


# --- what ends ---------------------------------------------------------------------------------------


def test_a_withdrawn_case_is_left_alone(landlord):
    landlord.create()
    landlord.update(CaseChange.withdraw(by="amir"), at(2, 11))
    assert landlord.tick(at(20, month=12)).notices == 0
