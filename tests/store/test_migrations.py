"""Migrations make the tables the code describes, once, whoever asks and however many."""

import logging
import subprocess
import sys
import threading

import pytest
from alembic.autogenerate import compare_metadata, produce_migrations
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, inspect, text

from homebuy_plugin.exceptions import DatabaseBehind, DatabaseError, DatabaseUnreachable
from homebuy_plugin.store import cases, journal, tables
from homebuy_plugin.store.columns import metadata
from homebuy_plugin.store.migrations import (
    HEAD,
    alembic_include_name,
    current,
    is_behind,
    require_current,
    upgrade,
)
from homebuy_plugin.store.saving import CaseWrite, save
from homebuy_plugin.store.transactions import writing
from homebuy_plugin.types import Settings
from homebuy_plugin.workflow.fold import fold

only_postgresql = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)


def test_an_empty_database_is_made_current_once(engine):
    assert current(engine) is None
    assert is_behind(engine)
    assert upgrade(engine) is True
    assert current(engine) == HEAD
    assert upgrade(engine) is False
    assert not is_behind(engine)
    assert set(inspect(engine).get_table_names()) == tables.NAMES


def test_migrated_tables_are_those_of_the_code(ready):
    with ready.connect() as raw:
        context = MigrationContext.configure(raw, opts={"compare_type": True, "include_name": ours})
        assert compare_metadata(context, metadata) == []


def ours(name, type_, parents):
    return type_ != "table" or name != tables.VERSION_TABLE


def test_partial_indexes_and_constraints_are_those_of_the_code(ready, databases):
    """Alembic does not compare these."""
    made = create_engine(databases.new())
    with made.begin() as raw:
        metadata.create_all(raw)
    for table in metadata.tables:
        assert described(ready, table) == described(made, table)
    made.dispose()


def described(engine, table):
    look = inspect(engine)
    indexes = [
        i | {k: str(v) for k, v in i.pop("dialect_options", {}).items()} for i in look.get_indexes(table)
    ]
    return (
        sorted(indexes, key=str),
        look.get_pk_constraint(table),
        sorted(u["name"] for u in look.get_unique_constraints(table)),
        look.get_foreign_keys(table),
        [(c["name"], str(c["type"]), c["nullable"]) for c in look.get_columns(table)],
    )


def test_the_head_is_the_newest_revision():
    from pathlib import Path

    from alembic.script import ScriptDirectory

    from homebuy_plugin.store import migrations

    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert scripts.get_current_head() == HEAD


def test_four_threads_at_once_migrate_once(database_url):
    done = []

    def work():
        engine = create_engine(database_url)
        done.append(upgrade(engine))
        engine.dispose()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(done) == [False, False, False, True]


UPGRADE = """
import sys
from sqlalchemy import create_engine
from homebuy_plugin.store.migrations import upgrade
sys.stdin.readline()
print(upgrade(create_engine(sys.argv[1])))
"""


def test_four_processes_at_once_migrate_once(database_url):
    command = [sys.executable, "-c", UPGRADE, database_url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    runs = [subprocess.Popen(command, **pipes) for _ in range(4)]
    for run in runs:
        run.stdin.write("go\n")
        run.stdin.flush()
    answers = [run.communicate(timeout=60)[0].strip() for run in runs]
    assert sorted(answers) == ["False", "False", "False", "True"]


def test_a_migration_that_fails_leaves_nothing(engine, monkeypatch):
    def broken(self, table_name, *args, **kwargs):
        if table_name == "homebuy_wakeup":
            raise RuntimeError("disk full")
        return real(self, table_name, *args, **kwargs)

    real = Operations.create_table
    monkeypatch.setattr(Operations, "create_table", broken)
    with pytest.raises(RuntimeError, match="disk full"):
        upgrade(engine)
    assert inspect(engine).get_table_names() == []


def test_a_database_behind_says_what_to_run(engine):
    with pytest.raises(DatabaseBehind, match=r"has no tables of this package.*Run: homebuy db upgrade"):
        require_current(engine)
    upgrade(engine)
    require_current(engine)


def test_a_database_of_a_newer_version_is_refused(ready):
    with ready.begin() as raw:
        raw.execute(text("UPDATE homebuy_alembic_version SET version_num = '9999'"))
    for look in (require_current, upgrade):
        with pytest.raises(DatabaseError, match=r"revision 9999, which this version .* does not know"):
            look(ready)


def test_no_database_at_all_says_so():
    engine = create_engine("postgresql+psycopg://nobody@localhost:1/none")
    with pytest.raises(DatabaseUnreachable, match="does not answer"):
        require_current(engine)


def test_no_logging_is_set_up(engine):
    before = (list(logging.root.handlers), logging.root.level, logging.getLogger("alembic").handlers)
    upgrade(engine)
    assert (list(logging.root.handlers), logging.root.level, logging.getLogger("alembic").handlers) == before


def test_a_hosts_alembic_may_be_at_work(engine, databases):
    """A host's migration may call us: its own operations are still its own afterwards."""
    from alembic import op

    host = create_engine(databases.new())
    with host.begin() as raw:
        context = MigrationContext.configure(raw)
        with Operations.context(context):
            upgrade(engine)
            assert op.get_context() is context
            op.create_table("host_table", Column("id", Integer))
        assert inspect(raw).get_table_names() == ["host_table"]
    host.dispose()


def test_a_hosts_autogenerate_keeps_off_our_tables(ready):
    with ready.begin() as raw:
        raw.execute(text("CREATE TABLE homebuyers (id INTEGER)"))
        raw.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
    wanted = MetaData()
    Table("invoice", wanted, Column("id", Integer))
    with ready.connect() as raw:
        opts = {"target_metadata": wanted, "include_name": alembic_include_name}
        script = produce_migrations(MigrationContext.configure(raw, opts=opts), wanted)
    found = sorted((type(o).__name__, o.table_name) for o in script.upgrade_ops.ops)
    assert found == [("CreateTableOp", "invoice"), ("DropTableOp", "homebuyers")]


@only_postgresql
def test_a_schema_of_its_own(engine, script):
    """Two landlords in one database, neither in the public schema."""
    state = fold(script.events)
    for schema in ("north", "South East"):
        settings = Settings(schema=schema)
        assert is_behind(engine, settings)
        assert upgrade(engine, settings) is True
        assert upgrade(engine, settings) is False
        require_current(engine, settings)
        with writing(engine, schema) as conn:
            [case_id] = save(conn, [CaseWrite(None, None, state, script.events)])
            assert cases.load(conn, [case_id])[0].state == state
            journal.set_mark(conn, "m", schema)
    assert inspect(engine).get_table_names() == []
    assert set(inspect(engine).get_table_names(schema="north")) == tables.NAMES
    with writing(engine, "north") as conn:
        assert journal.mark(conn, "m") == "north"


@only_postgresql
def test_the_pool_hands_out_connections_without_our_schema(engine):
    upgrade(engine, Settings(schema="north"))
    with engine.connect() as raw:
        assert "schema_translate_map" not in raw.get_execution_options()
        assert raw.execute(text("SHOW transaction_isolation")).scalar() == "read committed"


@only_postgresql
def test_a_schema_of_its_own_has_the_same_tables(engine):
    upgrade(engine, Settings(schema="north"))
    copied = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.tables.values():
        table.to_metadata(copied, schema="north")
    with engine.connect() as raw:
        opts = {"include_schemas": True, "compare_type": True, "include_name": only_north}
        assert compare_metadata(MigrationContext.configure(raw, opts=opts), copied) == []


def only_north(name, type_, parents):
    return name == "north" if type_ == "schema" else ours(name, type_, parents)
