"""The tick: everything due is decided once, whoever ticks, and whatever errs."""

import gc
import threading
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from homebuy_plugin import CaseChange, Delivery, RuleVariable, Settings, TaskChange, hookimpl, workbench
from homebuy_plugin import tick as ticking
from homebuy_plugin.exceptions import RetryTransaction, TickInsideTransaction
from homebuy_plugin.insight.status import status
from homebuy_plugin.store import directory, tables
from homebuy_plugin.store.transactions import reading
from homebuy_plugin.testing.small_documents import escalation, notify, rule
from homebuy_plugin.testing.small_landlord import SmallLandlord, at
from homebuy_plugin.testing.statements import statements
from homebuy_plugin.workflow.fold import fold
from homebuy_plugin.workflow.state import CaseState

sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
postgresql_only = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)


def created(landlord, count, start=1):
    references = [f"HB-{n}" for n in range(start, start + count)]
    for reference in references:
        landlord.create(reference)
    return references


def decided(landlord, reference):
    return [(k[3], r.outcome) for k, r in landlord.state(reference).rungs.items()]


class Mailer:
    """The smallest host: it takes every notice."""

    @hookimpl
    def homebuy_notify(self, notice):
        return Delivery()


class Moon(Mailer):
    """It also offers a variable that nobody can read."""

    @hookimpl
    def homebuy_rule_variables(self):
        return [RuleVariable(name="moon", label="phase of the moon", type="number", read=self.read)]

    def read(self, facts, case):
        raise OSError("clouds")


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
    references = created(landlord, 12)
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
        assert decided(landlord, reference) == [
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
    created(landlord, 2)
    with Session(landlord.engine) as session:
        landlord.homebuy.task_updated(session, "HB-1", "decide", TaskChange.activity(by="a"), at(2))
        report = landlord.tick(at(3, 9))
        assert (report.due, report.escalated, report.deferred) == (2, 1, 1)
        assert decided(landlord, "HB-1") == []
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
    created(landlord, 5)
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


@pytest.mark.parametrize(("each", "pauses"), [(0.01, 0), (0.6, 3)])
def test_on_sqlite_whoever_waits_to_write_is_let_in_now_and_then(landlord, monkeypatch, each, pauses):
    """There is no queue: between two batches alone nobody would ask in time."""
    created(landlord, 5)
    small = SmallLandlord(landlord.engine, [Mailer()], settings=Settings(batch=2, max_seconds=3600))
    clock = Clock(each)
    monkeypatch.setattr(ticking, "time", clock)
    assert small.tick(at(3, 9)).escalated == 5
    assert len(clock.slept) == (pauses if landlord.engine.dialect.name == "sqlite" else 0)


def test_when_time_is_up_the_rest_is_left_and_shown(landlord):
    created(landlord, 5)
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
    created(landlord, 5)
    decide_only(plain, at(3, 9))  # the first time the documents are read
    created(landlord, 5, start=101)
    with statements(landlord.engine) as few:
        decide_only(plain, at(3, 9))
    created(landlord, 50, start=201)
    with statements(landlord.engine) as many:
        decide_only(plain, at(3, 9))
    assert len(many) == len(few) < 40


def decide_only(landlord, now):
    desk = landlord.homebuy.desk
    tally = ticking.decide(desk, landlord.engine, now, lambda: False)
    assert tally.escalated >= 5


# --- errors ----------------------------------------------------------------------------------------


def test_a_case_that_errs_is_put_off_and_the_others_go_on(landlord):
    created(landlord, 3)

    def audit(session, entry):
        if entry.reference == "HB-2":
            raise OSError("audit store full")

    landlord.host.answer("homebuy_audit", audit)
    report = landlord.tick(at(3, 9))
    assert (report.escalated, report.deferred) == (2, 0)
    [error] = report.errors
    assert (error.reference, error.where, error.message) == ("HB-2", "case", "OSError: audit store full")
    assert decided(landlord, "HB-2") == []
    landlord.host.answer("homebuy_audit", None)
    assert landlord.tick(at(3, 9)).escalated == 1


def test_what_an_audit_wrote_for_a_case_that_errs_is_undone(landlord):
    created(landlord, 2)

    def audit(session, entry):
        session.execute(insert(tables.mark).values(name=f"{entry.reference} {entry.kind}", value="x"))
        if entry.reference == "HB-1" and entry.kind == "flag_set":
            raise OSError("no")

    with landlord.engine.begin() as connection:
        connection.execute(tables.mark.delete())
    rule_with_level = rule(
        "both",
        "amber",
        {"name": "set_flag", "params": {"flag": "a"}},
        applies_to={"clock": "service"},
    )
    landlord.publish(at(2), escalation=escalation(rule_with_level))
    landlord.host.answer("homebuy_audit", audit)
    landlord.tick(at(3, 9))
    with landlord.engine.connect() as connection:
        names = set(connection.scalars(select(tables.mark.c.name)))
    assert "HB-2 rung_decided" in names
    assert not [name for name in names if name.startswith("HB-1")]


def test_a_rule_that_errs_is_reported_told_once_and_retried(landlord):
    moon = SmallLandlord(landlord.engine, [Moon()])
    conditions = {"all": [{"name": "moon", "operator": "greater_than", "value": 1}]}
    howl = rule("howl", "amber", notify("manager", template="near"), conditions=conditions)
    moon.publish(at(2), escalation=escalation({**howl, "applies_to": {"clock": "service"}}))
    moon.create()
    report = moon.tick(at(3, 9))
    [error] = report.errors
    assert (error.reference, error.where) == ("HB-1", "rule")
    assert "howl" in error.message
    assert "clouds" in error.message
    assert report.next_due_at == at(3, 9, 2), "again after two minutes"
    assert moon.tick(at(3, 9, 2)).errors[0].where == "rule"
    assert {(r.template, r.recipient.id) for r in moon.outbox()} == {
        ("rule_failed", "dilys"),
        ("rule_failed", "harry"),
    }


def test_a_database_that_refuses_is_asked_in_smaller_parts_until_one_is_left(landlord, monkeypatch):
    created(landlord, 9)
    real, sizes = workbench.save, []

    def save(conn, writes):
        sizes.append(len(writes))
        if any(w.after.reference == "HB-5" for w in writes):
            raise RetryTransaction("deadlock")
        return real(conn, writes)

    monkeypatch.setattr(workbench, "save", save)
    report = landlord.tick(at(3, 9))
    assert (report.escalated, report.deferred) == (8, 0)
    [error] = report.errors
    assert (error.reference, error.where) == ("HB-5", "database")
    assert max(sizes) == 9
    assert min(sizes) == 1
    monkeypatch.undo()
    assert landlord.tick(at(3, 9)).escalated == 1


def test_a_database_that_refuses_everybody_ends_the_tick_with_an_error(landlord, monkeypatch):
    landlord.create()

    def claim(*_):
        raise RetryTransaction("busy")

    monkeypatch.setattr(ticking.claims, "claim", claim)
    report = landlord.tick(at(3, 9))
    assert [(e.reference, e.where, e.message) for e in report.errors] == [
        (None, "database", "RetryTransaction: busy")
    ]
    assert report.deferred == 1


def test_an_error_of_the_database_is_told_without_what_was_to_be_written(landlord, monkeypatch):
    landlord.create()

    def save(*_):
        refused = ValueError("a rule of the table\nDETAIL: Failing row contains (Mrs Secret).")
        raise IntegrityError("INSERT INTO homebuy_note", {"text": "Mrs Secret"}, refused)

    monkeypatch.setattr(workbench, "save", save)
    [error] = landlord.tick(at(3, 9)).errors
    assert error.message == "IntegrityError: a rule of the table"


def test_a_case_that_makes_no_progress_is_reported_and_the_tick_ends(landlord, monkeypatch):
    landlord.create()
    monkeypatch.setattr(ticking, "settle", lambda case, until: 0)
    report = landlord.tick(at(3, 9))
    assert report.errors[0].message.startswith("RuntimeError: still due after its tick: rung:")
    assert decided(landlord, "HB-1") == []


@sqlite_only
@pytest.mark.parametrize("searched", [True, False])
def test_nobody_looks_for_cycles_of_objects_while_a_batch_is_decided(landlord, monkeypatch, searched):
    created(landlord, 2)
    seen = []

    def settle(case, until):
        seen.append(gc.isenabled())
        raise KeyboardInterrupt if len(seen) > 1 else ValueError

    monkeypatch.setattr(ticking, "settle", settle)
    try:
        if not searched:
            gc.disable()
        with pytest.raises(KeyboardInterrupt):
            landlord.tick(at(3, 9))
        assert (seen, gc.isenabled()) == ([False, False], searched)
    finally:
        gc.enable()


def test_a_stakeholder_resolver_that_fails_is_reported_and_the_others_are_told(landlord):
    legal = rule("legal", "amber", notify("group:legal", template="near"), applies_to={"clock": "service"})
    landlord.publish(at(2), escalation=escalation(legal))
    landlord.create()
    landlord.host.fail("homebuy_resolve_stakeholders", OSError("ldap"))
    report = landlord.tick(at(3, 9))
    assert [e.where for e in report.errors] == ["stakeholders"]
    assert [n.recipient.id for n in landlord.host.notices] == ["lena"], "the published members"


# --- who has a turn ----------------------------------------------------------------------------------


def test_reassigned_in_turn_within_one_batch(landlord):
    in_turn = {"name": "reassign", "params": {"role": "leasehold_officer", "strategy": "round_robin"}}
    landlord.publish(
        at(2), escalation=escalation(rule("move", "amber", in_turn, applies_to={"clock": "service"}))
    )
    references = created(landlord, 4)
    landlord.tick(at(3, 9))
    owners = [landlord.state(r).tasks["log_application#1"].owners for r in references]
    assert owners == [("user:amir",), ("user:beth",)] * 2, "going on after the last case given, to beth"


def test_the_least_busy_within_one_batch_is_not_always_the_same(landlord):
    least = {"name": "reassign", "params": {"role": "leasehold_officer", "strategy": "least_open_cases"}}
    landlord.publish(
        at(2), escalation=escalation(rule("move", "amber", least, applies_to={"clock": "service"}))
    )
    references = created(landlord, 4)
    landlord.tick(at(3, 9))
    owners = Counter(landlord.state(r).tasks["log_application#1"].owners for r in references)
    assert owners == {("user:amir",): 2, ("user:beth",): 2}


def test_a_case_that_errs_takes_no_turn(landlord):
    in_turn = {"name": "reassign", "params": {"role": "leasehold_officer", "strategy": "round_robin"}}
    landlord.publish(
        at(2), escalation=escalation(rule("move", "amber", in_turn, applies_to={"clock": "service"}))
    )
    created(landlord, 2)

    def audit(session, entry):
        if entry.reference == "HB-1":
            raise OSError("no")

    landlord.host.answer("homebuy_audit", audit)
    landlord.tick(at(3, 9))
    assert landlord.state("HB-2").tasks["log_application#1"].owners == ("user:amir",)


@sqlite_only
def test_however_many_cases_err_the_record_of_a_tick_stays_short(landlord, monkeypatch):
    monkeypatch.setattr(ticking, "_KEPT", 2)
    created(landlord, 5)
    landlord.host.fail("homebuy_audit", OSError("audit store full"))
    report = landlord.tick(at(3, 9))
    assert len(report.errors) == 5
    with landlord.engine.connect() as connection:
        [told] = connection.scalars(select(tables.tick.c.report))
    assert (len(told["errors"]), told["errors_met"]) == (2, 5)
    attention = status(landlord.homebuy.desk, landlord.engine, at(3, 9)).attention
    assert "The last tick met 5 errors; the first: OSError: audit store full" in attention


# --- dry run -----------------------------------------------------------------------------------------


def test_a_dry_run_decides_the_same_and_writes_nothing(landlord):
    in_turn = {"name": "reassign", "params": {"role": "leasehold_officer", "strategy": "round_robin"}}
    move = rule("move", "amber", in_turn, notify("manager", template="near"), applies_to={"clock": "service"})
    landlord.publish(at(2), escalation=escalation(move))
    created(landlord, 3)
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
    created(landlord, 5)
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
    created(landlord, 5)
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
