"""The face on a database that is not ready, and what it is given to begin with."""

from datetime import date

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from homebuy_plugin import CaseFacts, HomeBuy, Settings
from homebuy_plugin.exceptions import (
    DatabaseBehind,
    InvalidArgument,
    UnknownName,
    UnsupportedDatabase,
)
from homebuy_plugin.store import migrations
from homebuy_plugin.testing.databases import fresh_engine
from homebuy_plugin.testing.small_landlord import SmallLandlord, at, facts_of, small_landlord, task_of


def test_a_database_without_tables_says_what_to_run(engine):
    hb = HomeBuy.create(engine, entry_points=False)
    with Session(engine) as session, pytest.raises(DatabaseBehind, match="homebuy db upgrade"):
        hb.case_created(session, facts_of(), at(2))
    with pytest.raises(DatabaseBehind, match="homebuy db upgrade"):
        hb.tick(at(2))


def test_a_database_without_documents_says_what_to_run(engine):
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
    engine = create_engine("sqlite://")
    engine.dialect.name = "oracle"
    with pytest.raises(UnsupportedDatabase, match="oracle"):
        HomeBuy.create(engine, entry_points=False)


def test_an_old_sqlite_is_refused(engine, monkeypatch):
    """It could not read a case."""
    if engine.dialect.name == "sqlite":
        monkeypatch.setattr(engine.dialect.dbapi, "sqlite_version_info", (3, 26, 0))
        with pytest.raises(UnsupportedDatabase, match=r"SQLite 3\.26\.0 .* SQLite 3\.38 or later"):
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
