"""Which database, which plugins, and what is said when they cannot be had."""

import sys

import click
import pytest
from sqlalchemy import create_engine, text

from homebuy_plugin.cli.place import database_url, load_plugin
from homebuy_plugin.store import migrations


def test_nothing_named(run):
    done = run("status")
    assert done.exit_code == 2
    assert "--database URL" in done.stderr
    assert "homebuy demo" in done.stderr


@pytest.mark.parametrize("words", [("status",), ("tick",), ("rules", "why", "HB-1"), ("db", "current")])
def test_a_missing_file_is_not_made(run, tmp_path, words):
    done = run(*words, "--database", "nowhere.db")
    assert done.exit_code == 4
    assert "There is no database file nowhere.db" in done.stderr
    assert "homebuy db upgrade" in done.stderr
    assert not (tmp_path / "nowhere.db").exists()


def test_no_answer(run):
    done = run("status", "--database", "postgresql://somebody:s3cret@127.0.0.1:1/none")
    assert done.exit_code == 4
    assert "does not answer" in done.stderr
    assert "s3cret" not in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize("words", [("status",), ("tick",), ("tick", "--dry-run"), ("rules", "why", "HB-1")])
def test_a_database_behind(run, database_url, words):
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE something_else (id INTEGER)"))
    engine.dispose()
    done = run(*words, "--database", database_url)
    assert done.exit_code == 4, done.output
    assert "homebuy db upgrade" in done.stderr


def test_older_tables_are_complained_of_before_a_missing_plugin(run, engine, database_url):
    migrations.upgrade(engine)
    migrations.downgrade(engine, "0001")
    done = run("tick", "--database", database_url)
    assert done.exit_code == 4, done.output
    assert "homebuy db upgrade" in done.stderr


def test_a_file_that_is_no_database(run, tmp_path):
    (tmp_path / "notes.db").write_text("Dear diary, this is certainly not a database.\n" * 50)
    done = run("status", "--database", "notes.db")
    assert done.exit_code == 4
    assert "not a database" in done.stderr
    assert "Traceback" not in done.output


def test_other_databases_are_refused(run):
    done = run("status", "--database", "mysql://localhost/x")
    assert done.exit_code == 4
    assert "Use PostgreSQL or SQLite" in done.stderr or "not installed" in done.stderr


def test_no_url_at_all(run):
    done = run("status", "--database", "post gres://")
    assert done.exit_code == 2
    assert "no database URL" in done.stderr


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("x.db", "sqlite:///x.db"),
        ("/srv/x.db", "sqlite:////srv/x.db"),
        ("sqlite:///x.db", "sqlite:///x.db"),
        ("postgresql://h/d", "postgresql+psycopg://h/d"),
        ("postgres://h/d", "postgresql+psycopg://h/d"),
        ("postgresql+psycopg2://h/d", "postgresql+psycopg2://h/d"),
    ],
)
def test_urls_and_paths(name, url):
    assert database_url(name).render_as_string() == url


def test_the_environment_names_the_database(run, landlord, monkeypatch):
    monkeypatch.setenv("HOMEBUY_DATABASE_URL", landlord.url)
    assert run("status").exit_code == 0


def test_an_object_and_a_function_are_plugins(platform):
    module = load_plugin(f"{platform}:plugin")
    assert type(module).__name__ == "Platform"
    made = load_plugin(f"{platform}:make")
    assert type(made).__name__ == "Platform"
    assert made is not module


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("acme_platform", "module:attribute"),
        (":plugin", "module:attribute"),
        ("acme_platform:", "module:attribute"),
        ("nowhere_at_all:plugin", "cannot be imported: ModuleNotFoundError"),
        ("acme_platform:plugn", "Did you mean 'plugin'?"),
        ("acme_platform:Platform", "Platform is a class"),
        ("acme_platform:Platform", "plugin = Platform()"),
        ("acme_platform:stumble", "calling it failed: KeyError: 'no settings'"),
    ],
)
def test_plugins_that_cannot_be_had(platform, name, said):
    with pytest.raises(click.UsageError) as refused:
        load_plugin(name)
    assert said in refused.value.message


def test_a_plugin_with_a_typo_is_named(run, landlord, tmp_path, monkeypatch):
    (tmp_path / "acme_typo.py").write_text(
        "from homebuy_plugin import hookimpl\n"
        "class P:\n    @hookimpl\n    def homebuy_notfy(self, notice): ...\n"
        "plugin = P()\n"
    )
    monkeypatch.setattr(sys, "path", list(sys.path))
    url = landlord.url
    done = run("status", "--database", url, "--plugin", "acme_typo:plugin")
    assert done.exit_code == 1
    assert "homebuy_notfy" in done.stderr
    assert "Traceback" not in done.output
