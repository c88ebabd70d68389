"""The face: what a host's call does, in whose transaction, and what it refuses."""

import threading
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, event, func, insert, select
from sqlalchemy.orm import Session, registry, scoped_session, sessionmaker

from homebuy_plugin import Applicant, CaseChange, CaseFacts, HomeBuy, Settings, TaskChange
from homebuy_plugin.exceptions import (
    CaseExists,
    DatabaseBehind,
    HomeBuyError,
    InvalidArgument,
    NaiveDatetime,
    SessionError,
    UnknownName,
    UnknownReference,
    UnsupportedDatabase,
)
from homebuy_plugin.store import tables
from homebuy_plugin.store.transactions import reading
from homebuy_plugin.testing.databases import fresh_engine
from homebuy_plugin.testing.small_landlord import SmallLandlord, at, facts_of, small_landlord, task_of

ada = Applicant(name="Ada Obi", id="P-1", address="1 Mill Lane")
host_rows = MetaData()
note = Table("host_note", host_rows, Column("id", Integer, primary_key=True))
sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def count(engine, table):
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table))


def nothing_of_ours(engine):
    parts = (tables.case, tables.event, tables.task, tables.wakeup, tables.outbox, tables.case_owner)
    return {table.name: count(engine, table) for table in parts} == dict.fromkeys((t.name for t in parts), 0)


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


# --- sessions ----------------------------------------------------------------------------------


def test_a_connection_serves_as_well_as_a_session(landlord):
    with landlord.engine.begin() as connection:
        landlord.homebuy.case_created(connection, facts_of(), at(2))
        landlord.homebuy.task_updated(connection, "HB-1", "decide", TaskChange.activity(by="amir"), at(2))
    assert landlord.state().reference == "HB-1"


def test_a_scoped_session_serves_as_well(landlord):
    scoped = scoped_session(sessionmaker(landlord.engine))
    landlord.homebuy.case_created(scoped, facts_of(), at(2))
    scoped.commit()
    scoped.remove()
    assert landlord.state().reference == "HB-1"


def test_a_session_with_binds_works_on_the_engine_of_the_package(landlord):
    mapper = registry()

    @mapper.mapped
    class Elsewhere:
        __table__ = Table("elsewhere", mapper.metadata, Column("id", Integer, primary_key=True))

    other = create_engine("sqlite://")
    with Session(binds={Elsewhere: other}) as session, session.begin():
        landlord.homebuy.case_created(session, facts_of(), at(2))
    other.dispose()
    assert landlord.state().reference == "HB-1"


def test_a_connection_that_commits_by_itself_is_refused(landlord):
    alone = landlord.engine.execution_options(isolation_level="AUTOCOMMIT")
    with alone.connect() as connection, pytest.raises(SessionError, match="AUTOCOMMIT"):
        landlord.homebuy.case_created(connection, facts_of(), at(2))
    with Session(alone) as session, pytest.raises(SessionError, match="AUTOCOMMIT"):
        landlord.homebuy.case_created(session, facts_of(), at(2))
    assert nothing_of_ours(landlord.engine)


@sqlite_only
def test_a_call_from_inside_a_flush_is_refused(landlord):
    mapper = registry()

    @mapper.mapped
    class Note:
        __table__ = Table("host_flush", mapper.metadata, Column("id", Integer, primary_key=True))

    mapper.metadata.create_all(landlord.engine)

    with Session(landlord.engine) as session:

        @event.listens_for(session, "after_flush")
        def create(session, context):
            landlord.homebuy.case_created(session, facts_of(), at(2))

        session.add(Note(id=1))
        with pytest.raises(SessionError, match="after the flush"):
            session.flush()


@pytest.mark.parametrize("wrong", [None, "sqlite://", object(), Session])
@sqlite_only
def test_anything_else_than_a_session_is_refused(landlord, wrong):
    with pytest.raises(SessionError, match="Session"):
        landlord.homebuy.case_created(wrong, facts_of(), at(2))


@sqlite_only
def test_an_engine_is_not_a_session(landlord):
    with pytest.raises(SessionError, match="Engine"):
        landlord.homebuy.case_created(landlord.engine, facts_of(), at(2))


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "error", "words"),
    [
        ({"scheme": "right_to_by"}, UnknownName, "Did you mean 'right_to_buy'"),
        ({"country": "wales"}, UnknownName, "country 'wales' for right_to_buy"),
        ({"facts": {"propety_type": "flat"}}, UnknownName, "Did you mean 'property_type'"),
        ({"facts": {"property_type": "barn"}}, UnknownName, "barn"),
        ({"facts": {"property_type": 3}}, InvalidArgument, "a text, not 3"),
        ({"facts": {"bedrooms": "three"}}, InvalidArgument, "a number, not 'three'"),
        ({"facts": {"bedrooms": True}}, InvalidArgument, "a number"),
        ({"facts": {"other_landlord_period": "yes"}}, InvalidArgument, "yes or no"),
        ({"facts": {"joint_applicants": 2}}, UnknownName, "joint_applicants"),
        ({"facts": {"scheme": "x"}}, UnknownName, "fact 'scheme'"),
        ({"facts": [("a", 1)]}, InvalidArgument, "mapping"),
        ({"facts": {"patch": "a\0b"}}, InvalidArgument, "NUL"),
        ({"reference": "HB\0"}, InvalidArgument, "NUL"),
        ({"reference": "  "}, InvalidArgument, "not empty"),
        ({"reference": 7}, InvalidArgument, "reference must be a text"),
        ({"reference": "x" * 201}, InvalidArgument, "longer than 200"),
        ({"scheme": None}, InvalidArgument, "scheme must be a text"),
        ({"company": 5}, InvalidArgument, "company must be a text"),
        ({"creator": ""}, InvalidArgument, "creator"),
        ({"served_on": "2026-11-02"}, InvalidArgument, "served_on must be a local date"),
        ({"served_on": datetime(2026, 11, 2)}, InvalidArgument, "served_on must be a local date"),
        ({"served_on": date(2026, 11, 3)}, InvalidArgument, "later than today"),
        ({"applicants": ada}, InvalidArgument, "tuple of Applicant"),
        ({"applicants": ("Ada",)}, InvalidArgument, "tuple of Applicant"),
        ({"applicants": (replace(ada, name=None),)}, InvalidArgument, "name of an applicant"),
    ],
)
@sqlite_only
def test_facts_that_cannot_be_are_refused_and_nothing_is_kept(landlord, fields, error, words):
    facts = replace(facts_of(), **fields)
    with Session(landlord.engine) as session, session.begin(), pytest.raises(error, match=words):
        landlord.homebuy.case_created(session, facts, at(2))
    assert nothing_of_ours(landlord.engine)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda hb, s: hb.case_created(s, {"reference": "HB-2"}), "A CaseFacts is needed"),
        (lambda hb, s: hb.case_updated(s, "HB-1", TaskChange.activity()), "A CaseChange is needed"),
        (lambda hb, s: hb.case_updated(s, "HB-1", None), "A CaseChange is needed"),
        (lambda hb, s: hb.task_updated(s, "HB-1", "decide", CaseChange.release()), "A TaskChange is needed"),
        (lambda hb, s: hb.task_updated(s, "HB-1", 3, TaskChange.activity()), "code or id of a task"),
        (lambda hb, s: hb.task_updated(s, 1, "decide", TaskChange.activity()), "reference must be a text"),
        (lambda hb, s: hb.task_updated(s, "HB-1", "decide", TaskChange.activity(by=3)), "by must be a text"),
        (lambda hb, s: hb.case_updated(s, "HB-1", CaseChange.update(note="a\0")), "NUL"),
        (lambda hb, s: hb.case_updated(s, "HB-1", CaseChange.update(company=4)), "company must be a text"),
        (lambda hb, s: hb.case_updated(s, "HB-1", CaseChange.update(applicants=["x"])), "Applicant"),
        (lambda hb, s: hb.case_updated(s, "HB-1", CaseChange(action="sell")), "no CaseChange 'sell'"),
        (lambda hb, s: hb.task_updated(s, "HB-1", "decide", TaskChange.plan(None)), "start_on"),
        (lambda hb, s: hb.task_updated(s, "HB-1", "decide", TaskChange.revise(None, "x")), "due_on"),
        (lambda hb, s: hb.case_updated(s, "HB-1", CaseChange.reassign("a\0")), "NUL"),
        (lambda hb, s: hb.case_updated(s, "HB-1", CaseChange.hold("a\0")), "NUL"),
        (lambda hb, s: hb.case_updated(s, "HB-1", CaseChange.migrate("2", "new")), "number of a published"),
    ],
)
@sqlite_only
def test_arguments_of_the_wrong_type_are_refused(landlord, call, words):
    landlord.create()
    before = landlord.state()
    with Session(landlord.engine) as session, session.begin(), pytest.raises(InvalidArgument, match=words):
        call(landlord.homebuy, session)
    assert landlord.state() == before


def test_a_reference_nobody_created_is_refused(landlord):
    with pytest.raises(UnknownReference, match="HB-404"):
        landlord.update(CaseChange.update(), at(2), reference="HB-404")
    with pytest.raises(UnknownReference):
        landlord.task("decide", TaskChange.activity(), at(2), reference="HB-404")


# --- set-up ------------------------------------------------------------------------------------


def test_a_database_without_tables_says_what_to_run(engine):
    hb = HomeBuy.create(engine, entry_points=False)
    with Session(engine) as session, pytest.raises(DatabaseBehind, match="homebuy db upgrade"):
        hb.case_created(session, facts_of(), at(2))
    with pytest.raises(DatabaseBehind, match="homebuy db upgrade"):
        hb.tick(at(2))


def test_a_database_without_documents_says_what_to_run(engine):
    from homebuy_plugin.store import migrations

    migrations.upgrade(engine)
    hb = HomeBuy.create(engine, entry_points=False)
    with Session(engine) as session, pytest.raises(DatabaseBehind, match="Nothing is published"):
        hb.case_created(session, facts_of(), at(2))
    assert hb.tick(at(2)).errors == ()


@pytest.mark.parametrize("wrong", ["sqlite://", None])
def test_only_an_engine_is_an_engine(wrong):
    with pytest.raises(InvalidArgument, match="SQLAlchemy Engine"):
        HomeBuy.create(wrong)


def test_other_databases_are_refused():
    class Other:
        name = "oracle"

    engine = create_engine("sqlite://")
    engine.dialect.name = "oracle"
    with pytest.raises(UnsupportedDatabase, match="oracle"):
        HomeBuy.create(engine, entry_points=False)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (Settings(timezone="Europe/Londn"), "timezone 'Europe/Londn'"),
        (Settings(batch=0), "batch"),
        (Settings(batch="many"), "batch"),
        (Settings(max_seconds=-1), "max_seconds"),
        (Settings(catch_up="sometimes"), "catch_up"),
        (Settings(catch_up={"skip_older_than": {"value": 1, "unit": "fortnights"}}), "catch_up"),
        (Settings(schema="homebuy"), "PostgreSQL"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, words):
    engine = create_engine("sqlite://")
    with pytest.raises(InvalidArgument, match=words):
        HomeBuy.create(engine, settings=settings, entry_points=False)
    engine.dispose()


def test_a_default_calendar_that_nobody_published_is_named(databases):
    with fresh_engine(databases, small_landlord) as engine:
        lost = SmallLandlord(engine, settings=Settings(default_calendar="england_and_wale"))
        with pytest.raises(UnknownName, match="Did you mean 'england_and_wales'"):
            lost.create()


def test_upgrade_again_publishes_nothing(databases):
    with fresh_engine(databases, shipped) as engine:
        assert HomeBuy.create(engine, entry_points=False).upgrade() == []


def shipped(engine):
    HomeBuy.create(engine, entry_points=False, upgrade=True)


def test_the_shipped_documents_carry_a_case(databases):
    with fresh_engine(databases, shipped) as engine:
        landlord = SmallLandlord(engine)
        made = landlord.create()
        assert [s.code for s in made.stages] == ["application"]
        assert task_of(made, "serve_rtb2").clocks[0].due_on == date(2026, 11, 30)
        assert landlord.create(scheme="social_homebuy", reference="HB-2").stages[0].code == "enquiry"


def test_the_face_has_the_catalogue_of_built_in_names(landlord):
    assert "property_type" in landlord.homebuy.catalogue.variables


def test_casefacts_is_what_the_readme_shows():
    assert CaseFacts(reference="HB-1", scheme="right_to_buy").country == "england"
