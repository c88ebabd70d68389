"""The face takes sessions and connections of every kind, and refuses what cannot be."""

from dataclasses import replace
from datetime import date, datetime

import pytest
from sqlalchemy import Column, Integer, Table, create_engine, event
from sqlalchemy.orm import Session, registry, scoped_session, sessionmaker

from homebuy_plugin import Applicant, CaseChange, TaskChange
from homebuy_plugin.exceptions import (
    InvalidArgument,
    SessionError,
    UnknownName,
    UnknownReference,
)
from homebuy_plugin.testing.rows import nothing_of_ours
from homebuy_plugin.testing.small_landlord import at, facts_of

ada = Applicant(name="Ada Obi", id="P-1", address="1 Mill Lane")
sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


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
