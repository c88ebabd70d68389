"""The face: what a host's call does, and in whose transaction."""

import threading
from datetime import date, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert
from sqlalchemy.orm import Session

from homebuy_plugin import Applicant, CaseChange, TaskChange
from homebuy_plugin.exceptions import (
    CaseExists,
    HomeBuyError,
    InvalidArgument,
    NaiveDatetime,
)
from homebuy_plugin.store import tables
from homebuy_plugin.store.transactions import reading
from homebuy_plugin.testing.rows import count, nothing_of_ours
from homebuy_plugin.testing.small_landlord import at, facts_of, task_of

ada = Applicant(name="Ada Obi", id="P-1", address="1 Mill Lane")
host_rows = MetaData()
note = Table("host_note", host_rows, Column("id", Integer, primary_key=True))
sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


# --- create ------------------------------------------------------------------------------------


def test_a_created_case_has_an_owner_its_first_stage_and_its_clocks(landlord):
    made = landlord.create()
    assert made.created
    assert (made.owner.key, made.manager.key) == ("user:amir", "user:dilys")
    assert made.owner.name == "Amir Khan"
    assert [s.code for s in made.stages] == ["application"]
    assert [t.code for t in made.tasks if t.status == "open"] == ["log_application", "serve_notice"]
    assert task_of(made, "serve_notice").clocks[0].due_on == date(2026, 11, 30)
    assert task_of(made, "log_application").clocks[0].due_on == date(2026, 11, 4)
    assert made.missing == ("log_application", "decide", "serve_notice")


def test_the_same_facts_again_change_nothing(landlord):
    landlord.create(applicants=(ada,), facts={"property_type": "flat", "national_insurance": "QQ123456C"})
    landlord.task("log_application", TaskChange.complete(by="amir"), at(3))
    before, events = landlord.state(), landlord.events()
    again = landlord.create(
        applicants=(ada,), facts={"property_type": "flat", "national_insurance": "QQ123456C"}, now=at(4)
    )
    assert not again.created
    assert task_of(again, "log_application").status == "complete"
    assert again.owner.key == "user:amir"
    assert again.decision.rule == "flats-to-leasehold"
    assert again.because == (again.decision.text,)
    assert (landlord.state(), landlord.events()) == (before, events)


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"served_on": date(2026, 11, 1)}, "served_on was '2026-11-02' and is '2026-11-01'"),
        ({"served_on": None}, "served_on was '2026-11-02' and is None"),
        ({"creator": "someone"}, "creator was None and is 'someone'"),
        ({"company": "north"}, "company was None and is 'north'"),
        ({"applicants": (ada,)}, "applicants differ"),
        ({"facts": {"property_type": "house"}}, "fact property_type was 'flat' and is 'house'"),
        ({"facts": {}}, "fact property_type was 'flat' and is None"),
        (
            {"facts": {"property_type": "flat", "national_insurance": "QQ1"}},
            "fact national_insurance was None and is 'QQ1'",
        ),
    ],
)
@sqlite_only
def test_other_facts_are_refused_and_each_difference_is_named(landlord, other, named):
    landlord.create()
    before = landlord.state()
    with pytest.raises(CaseExists) as refused:
        landlord.create(**other)
    assert refused.value.differences == (named,)
    assert named in str(refused.value)
    assert landlord.state() == before


def test_every_difference_is_named_at_once(landlord):
    landlord.create()
    with pytest.raises(CaseExists) as refused:
        landlord.create(creator="a", company="b", facts={"property_type": "house", "bedrooms": 2})
    assert len(refused.value.differences) == 4


def test_a_fact_cleared_later_does_not_make_a_repeat_differ(landlord):
    landlord.create()
    landlord.update(CaseChange.update(facts={"property_type": None}), at(3))
    assert not landlord.create().created


def test_none_facts_count_as_not_given(landlord):
    landlord.create(facts={"property_type": "flat", "bedrooms": None})
    assert "bedrooms" not in landlord.state().facts
    assert not landlord.create().created


def test_two_at_once_the_second_waits_and_gets_the_firsts_case(landlord):
    outcomes, waiting = [], threading.Event()

    def second():
        waiting.set()
        outcomes.append(landlord.create(now=at(2, 11)))

    thread = threading.Thread(target=second)
    with Session(landlord.engine) as session, session.begin():
        first = landlord.homebuy.case_created(session, facts_of(), at(2))
        thread.start()
        waiting.wait(10)
        thread.join(0.2)
        assert not outcomes, "the second must wait"
    thread.join(20)
    assert first.created
    assert [o.created for o in outcomes] == [False]
    assert outcomes[0].owner == first.owner
    assert count(landlord.engine, tables.case) == 1


def test_two_at_once_the_first_rolls_back_and_the_second_creates(landlord):
    outcomes = []
    thread = threading.Thread(target=lambda: outcomes.append(landlord.create(now=at(2, 11))))
    with Session(landlord.engine) as session:
        landlord.homebuy.case_created(session, facts_of(), at(2))
        thread.start()
        thread.join(0.2)
        session.rollback()
    thread.join(20)
    assert [o.created for o in outcomes] == [True]


# --- the caller's transaction ------------------------------------------------------------------


def test_host_rows_and_ours_commit_together(landlord):
    host_rows.create_all(landlord.engine)
    with Session(landlord.engine) as session, session.begin():
        session.execute(insert(note).values(id=1))
        landlord.homebuy.case_created(session, facts_of(), at(2))
        landlord.homebuy.task_updated(
            session, "HB-1", "log_application", TaskChange.start(by="amir"), at(2, 11)
        )
    assert (count(landlord.engine, note), count(landlord.engine, tables.case)) == (1, 1)


def test_host_rows_and_ours_go_together(landlord):
    host_rows.create_all(landlord.engine)
    with Session(landlord.engine) as session:
        session.execute(insert(note).values(id=1))
        landlord.homebuy.case_created(session, facts_of(), at(2))
        session.rollback()
    assert count(landlord.engine, note) == 0
    assert nothing_of_ours(landlord.engine)


def test_a_refused_creation_leaves_nothing_though_the_caller_commits(landlord):
    host_rows.create_all(landlord.engine)
    with Session(landlord.engine) as session, session.begin():
        session.execute(insert(note).values(id=1))
        with pytest.raises(InvalidArgument):
            landlord.homebuy.case_created(session, facts_of(served_on=date(2026, 12, 1)), at(2))
    assert count(landlord.engine, note) == 1
    assert nothing_of_ours(landlord.engine)
    assert landlord.create().created, "the reference is free again"


def test_an_audit_that_fails_undoes_the_call_though_the_caller_commits(landlord):
    landlord.host.fail("homebuy_audit", OSError("no space"))
    with Session(landlord.engine) as session, session.begin(), pytest.raises(OSError, match="no space"):
        landlord.homebuy.case_created(session, facts_of(), at(2))
    assert nothing_of_ours(landlord.engine)
    landlord.host.recover("homebuy_audit")
    landlord.create()
    before = landlord.state()
    landlord.host.fail("homebuy_audit", OSError("no space"))
    with Session(landlord.engine) as session, session.begin(), pytest.raises(OSError, match="no space"):
        landlord.homebuy.task_updated(
            session, "HB-1", "log_application", TaskChange.complete(by="amir"), at(3)
        )
    assert landlord.state() == before


def test_a_refused_change_leaves_the_case_as_it_was(landlord):
    landlord.create()
    before, events = landlord.state(), landlord.events()
    with Session(landlord.engine) as session, session.begin(), pytest.raises(HomeBuyError):
        landlord.homebuy.task_updated(session, "HB-1", "decide", TaskChange.complete(by="amir"), at(30))
    assert (landlord.state(), landlord.events()) == (before, events)
    assert landlord.outbox() == [], "what was settled before the refusal is undone with it"


def test_events_are_audited_in_the_transaction_and_told_only_after_it(landlord):
    landlord.create(now=at(2))
    told = [e.kind for e in landlord.host.audited]
    assert told == [e.kind for e in landlord.events()]
    assert landlord.host.audited[0].at == at(2)
    assert landlord.host.events == []
    landlord.homebuy.deliver(at(2))
    assert [e.kind for e in landlord.host.events] == told


# --- now ---------------------------------------------------------------------------------------


def test_without_now_the_databases_clock_is_used(landlord):
    with reading(landlord.engine) as conn:
        from homebuy_plugin.store.instants import database_now

        before = database_now(conn)
    with Session(landlord.engine) as session, session.begin():
        landlord.homebuy.case_created(session, facts_of())
    assert timedelta(0) <= landlord.state().created_at - before < timedelta(minutes=1)


@pytest.mark.parametrize("call", ["create", "update", "task", "tick", "deliver", "upgrade"])
@sqlite_only
def test_a_naive_now_is_refused(landlord, call):
    landlord.create()
    naive, hb = datetime(2026, 11, 3, 9), landlord.homebuy
    with Session(landlord.engine) as session, pytest.raises(NaiveDatetime, match="now has no time zone"):
        {
            "create": lambda: hb.case_created(session, facts_of("HB-2"), naive),
            "update": lambda: hb.case_updated(session, "HB-1", CaseChange.update(), naive),
            "task": lambda: hb.task_updated(session, "HB-1", "decide", TaskChange.activity(), naive),
            "tick": lambda: hb.tick(naive),
            "deliver": lambda: hb.deliver(naive),
            "upgrade": lambda: hb.upgrade(naive),
        }[call]()


@sqlite_only
def test_a_now_that_is_no_instant_is_refused(landlord):
    with pytest.raises(InvalidArgument, match="aware datetime or None"):
        landlord.homebuy.tick(date(2026, 11, 2))


def test_time_never_runs_back_within_a_case(landlord):
    landlord.create(now=at(2, 10))
    landlord.task("log_application", TaskChange.start(by="amir"), at(2, 9))
    last = landlord.events()[-1]
    assert (last.at, last.recorded_at) == (at(2, 10), at(2, 10))
    assert landlord.state().last_at == at(2, 10)


def test_another_zone_is_the_same_instant(landlord):
    summer = timezone(timedelta(hours=5))
    landlord.create(now=at(2, 10).astimezone(summer))
    assert landlord.state().created_at == at(2, 10)


def test_a_call_ahead_of_the_clock_settles_up_to_it(landlord):
    landlord.create()
    landlord.task("check_form", TaskChange.activity(by="amir"), at(5, 9))
    assert [r.rule for r in landlord.outbox("pending")] == ["target-passed"] * 2
