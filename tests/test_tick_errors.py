"""Whatever errs in a tick puts off its own case, and nobody takes a turn by it."""

import gc
from collections import Counter

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from homebuy_plugin import Delivery, RuleVariable, hookimpl, workbench
from homebuy_plugin import tick as ticking
from homebuy_plugin.exceptions import RetryTransaction
from homebuy_plugin.insight.status import status
from homebuy_plugin.store import tables
from homebuy_plugin.testing.small_documents import escalation, notify, rule
from homebuy_plugin.testing.small_landlord import SmallLandlord, at

sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
postgresql_only = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)


class Moon:
    """It takes every notice, and offers a variable that nobody can read."""

    @hookimpl
    def homebuy_rule_variables(self):
        return [RuleVariable(name="moon", label="phase of the moon", type="number", read=self.read)]

    def read(self, facts, case):
        raise OSError("clouds")

    @hookimpl
    def homebuy_notify(self, notice):
        return Delivery()


# --- errors ----------------------------------------------------------------------------------------


def test_a_case_that_errs_is_put_off_and_the_others_go_on(landlord):
    landlord.create_some(3)

    def audit(session, entry):
        if entry.reference == "HB-2":
            raise OSError("audit store full")

    landlord.host.answer("homebuy_audit", audit)
    report = landlord.tick(at(3, 9))
    assert (report.escalated, report.deferred) == (2, 0)
    [error] = report.errors
    assert (error.reference, error.where, error.message) == ("HB-2", "case", "OSError: audit store full")
    assert landlord.decided("HB-2") == []
    landlord.host.answer("homebuy_audit", None)
    assert landlord.tick(at(3, 9)).escalated == 1


def test_what_an_audit_wrote_for_a_case_that_errs_is_undone(landlord):
    landlord.create_some(2)

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
    landlord.create_some(9)
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
    assert landlord.decided("HB-1") == []


@sqlite_only
@pytest.mark.parametrize("searched", [True, False])
def test_nobody_looks_for_cycles_of_objects_while_a_batch_is_decided(landlord, monkeypatch, searched):
    landlord.create_some(2)
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
    references = landlord.create_some(4)
    landlord.tick(at(3, 9))
    owners = [landlord.state(r).tasks["log_application#1"].owners for r in references]
    assert owners == [("user:amir",), ("user:beth",)] * 2, "going on after the last case given, to beth"


def test_the_least_busy_within_one_batch_is_not_always_the_same(landlord):
    least = {"name": "reassign", "params": {"role": "leasehold_officer", "strategy": "least_open_cases"}}
    landlord.publish(
        at(2), escalation=escalation(rule("move", "amber", least, applies_to={"clock": "service"}))
    )
    references = landlord.create_some(4)
    landlord.tick(at(3, 9))
    owners = Counter(landlord.state(r).tasks["log_application#1"].owners for r in references)
    assert owners == {("user:amir",): 2, ("user:beth",): 2}


def test_a_case_that_errs_takes_no_turn(landlord):
    in_turn = {"name": "reassign", "params": {"role": "leasehold_officer", "strategy": "round_robin"}}
    landlord.publish(
        at(2), escalation=escalation(rule("move", "amber", in_turn, applies_to={"clock": "service"}))
    )
    landlord.create_some(2)

    def audit(session, entry):
        if entry.reference == "HB-1":
            raise OSError("no")

    landlord.host.answer("homebuy_audit", audit)
    landlord.tick(at(3, 9))
    assert landlord.state("HB-2").tasks["log_application#1"].owners == ("user:amir",)


@sqlite_only
def test_however_many_cases_err_the_record_of_a_tick_stays_short(landlord, monkeypatch):
    monkeypatch.setattr(ticking, "_KEPT", 2)
    landlord.create_some(5)
    landlord.host.fail("homebuy_audit", OSError("audit store full"))
    report = landlord.tick(at(3, 9))
    assert len(report.errors) == 5
    with landlord.engine.connect() as connection:
        [told] = connection.scalars(select(tables.tick.c.report))
    assert (len(told["errors"]), told["errors_met"]) == (2, 5)
    attention = status(landlord.homebuy.desk, landlord.engine, at(3, 9)).attention
    assert "The last tick met 5 errors; the first: OSError: audit store full" in attention
