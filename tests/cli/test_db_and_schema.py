"""``homebuy db`` and ``homebuy schema``."""

import json

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from homebuy_plugin.cli.codes import DATABASE, FINE
from homebuy_plugin.documents.formats import FORMATS
from homebuy_plugin.store.columns import metadata
from homebuy_plugin.store.migrations import HEAD, current, downgrade, upgrade
from homebuy_plugin.types import Settings


def test_upgrade_makes_and_publishes_once(run, database_url):
    first = run("db", "upgrade", "--database", database_url)
    assert first.exit_code == FINE, first.output
    assert "pack right_to_buy.england" in first.stdout
    again = run("db", "upgrade", "--database", database_url)
    assert again.exit_code == FINE
    assert "nothing was overwritten" in again.stdout
    assert run("status", "--database", database_url).exit_code == FINE


def test_upgrade_makes_an_sqlite_file(run, tmp_path):
    assert run("db", "upgrade", "--database", "new.db").exit_code == FINE
    assert (tmp_path / "new.db").is_file()


def test_upgrade_never_takes_the_demonstration_by_itself(run, tmp_path):
    (tmp_path / "homebuy-demo.db").write_bytes(b"")
    assert run("db", "upgrade").exit_code == 2


def test_current(run, database_url, engine):
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE of_the_host (id INTEGER)"))
    behind = run("db", "current", "--database", database_url, "--output", "json")
    assert behind.exit_code == DATABASE
    told = json.loads(behind.stdout)
    assert told["ok"] is False
    assert told["data"]["current"] is None
    assert told["data"]["behind"] is True
    run("db", "upgrade", "--database", database_url)
    done = run("db", "current", "--database", database_url)
    assert done.exit_code == FINE
    assert f"version {told['data']['newest']}, which is the newest" in done.stdout


def test_schemas_for_editors(run, tmp_path):
    done = run("schema", "export", "schemas")
    assert done.exit_code == FINE
    names = {path.name for path in (tmp_path / "schemas").iterdir()}
    assert names == {f"{kind}.schema.json" for kind in FORMATS.values()}
    body = (tmp_path / "schemas" / "allocation.schema.json").read_text(encoding="utf-8")
    assert "property_type" in body
    assert json.loads(body)["$schema"].endswith("2020-12/schema")


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_schemas_know_published_attributes(run, landlord, tmp_path):
    url = landlord.url
    run("schema", "export", "schemas", "--database", url)
    assert "bedrooms" in (tmp_path / "schemas" / "escalation.schema.json").read_text(encoding="utf-8")


# --- for administrators --------------------------------------------------------------------------


def execute(engine, script):
    raw = engine.raw_connection()
    try:
        raw.executescript(script) if engine.dialect.name == "sqlite" else raw.cursor().execute(script)
    finally:
        raw.close()


@pytest.mark.parametrize("since", ["base", "0001"])
def test_sql_by_hand_makes_what_upgrade_makes(run, engine, database_url, database_kind, since):
    if since != "base":
        upgrade(engine)
        downgrade(engine, since)
    done = run("db", "sql", "--dialect", database_kind, "--since", since)
    assert done.exit_code == FINE, done.output
    execute(engine, done.stdout)
    assert current(engine) == HEAD
    with engine.connect() as raw:
        context = MigrationContext.configure(raw, opts={"compare_type": True, "include_name": ours})
        assert compare_metadata(context, metadata) == []
    published = run("db", "upgrade", "--database", database_url)
    assert "Published as version 1" in published.stdout
    assert run("status", "--database", database_url).exit_code == FINE


def ours(name, type_, parents):
    return type_ != "table" or name != "homebuy_alembic_version"


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_sql_by_hand_in_a_schema_of_its_own(run, engine):
    script = run("db", "sql", "--schema", "South East").stdout
    execute(engine, script)
    assert current(engine, Settings(schema="South East")) == HEAD
    assert inspect(engine).get_table_names() == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--since", "0099"), "There is no revision '0099'. Revisions: base, 0001"),
        (("--dialect", "sqlite", "--schema", "x"), "SQLite has no schemas"),
    ],
)
def test_sql_of_nothing_is_refused(run, words, message):
    done = run("db", "sql", *words)
    assert done.exit_code != FINE
    assert message in done.stderr
    assert done.stdout == ""


def test_downgrade(run, engine, database_url):
    upgrade(engine)
    refused = run("db", "downgrade", "0001", "--database", database_url)
    assert (refused.exit_code, current(engine)) == (2, HEAD)
    assert "say --yes" in refused.stderr
    done = run("db", "downgrade", "0001", "--yes", "--database", database_url)
    assert (done.exit_code, done.stdout) == (FINE, "The tables are now at 0001.\n")
    assert current(engine) == "0001"
    behind = run("status", "--database", database_url)
    assert (behind.exit_code, "homebuy db upgrade" in behind.stderr) == (DATABASE, True)
