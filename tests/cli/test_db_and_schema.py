"""``homebuy db`` and ``homebuy schema``."""

import json

import pytest
from sqlalchemy import text

from homebuy_plugin.cli.codes import DATABASE, FINE
from homebuy_plugin.documents.formats import FORMATS


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
    url = landlord.engine.url.render_as_string(hide_password=False)
    run("schema", "export", "schemas", "--database", url)
    assert "bedrooms" in (tmp_path / "schemas" / "escalation.schema.json").read_text(encoding="utf-8")
