"""Migrations make the tables the code describes, once, whoever asks and however many."""

import logging
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata, produce_migrations
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, inspect, text

from homebuy_plugin.exceptions import DatabaseBehind, DatabaseError, DatabaseUnreachable, InvalidArgument
from homebuy_plugin.store import cases, journal, migrations, outbox, tables
from homebuy_plugin.store.columns import metadata
from homebuy_plugin.store.letters import OutboxRow
from homebuy_plugin.store.migrations import (
    HEAD,
    alembic_include_name,
    current,
    downgrade,
    is_behind,
    require_current,
    upgrade,
)
from homebuy_plugin.store.saving import CaseWrite, save
from homebuy_plugin.store.transactions import writing
from homebuy_plugin.types import Settings
from homebuy_plugin.workflow.fold import fold

at_noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
only_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
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
    assert storage(ready) == storage(made)
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
        sorted((c["name"], str(c["type"]), c["nullable"], c["default"]) for c in look.get_columns(table)),
    )


def storage(engine):
    """What PostgreSQL was told about vacuuming each table."""
    if engine.dialect.name != "postgresql":
        return {}
    query = "SELECT relname, reloptions FROM pg_class WHERE relkind = 'r' AND relname LIKE 'homebuy_%'"
    with engine.connect() as raw:
        rows = raw.execute(text(query)).all()
    return {name: sorted(options) for name, options in rows if options}


@only_postgresql
def test_tables_that_every_tick_rewrites_are_vacuumed_soon(ready):
    soon = ["autovacuum_vacuum_scale_factor=0.02", "autovacuum_vacuum_threshold=1000"]
    names = ("clock", "event", "outbox", "wakeup")
    assert storage(ready) == {f"homebuy_{name}": soon for name in names}


def test_the_head_is_the_newest_revision():
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert scripts.get_current_head() == HEAD


def rows_of(engine):
    """Every row of every table of ours, as the database has it."""
    found = {}
    with engine.connect() as raw:
        for name in inspect(raw).get_table_names():
            if name not in (tables.VERSION_TABLE, "sqlite_sequence"):
                rows = raw.execute(text(f"SELECT * FROM {name}")).mappings().all()
                found[name] = sorted((dict(row) for row in rows), key=str)
    return found


def only(rows, columns):
    return {
        table: sorted(({c: row[c] for c in columns[table]} for row in rows[table]), key=str)
        for table in columns
    }


EARLIER = sorted(path.name[:4] for path in (Path(migrations.__file__).parent / "versions").glob("0*.py"))[:-1]


def test_earlier_revisions_are_those_of_the_folder():
    assert EARLIER[0] == "0001"
    assert HEAD not in EARLIER


@pytest.mark.parametrize("earlier", EARLIER)
def test_down_and_up_again_from_every_earlier_revision_keeps_the_data(ready, script, earlier):
    with writing(ready) as conn:
        state = fold(script.events)
        rung = next(iter(state.rungs))
        letter = OutboxRow(
            key="k-1", created_at=script.events[-1].at, rule="r", rung=rung, body="Dear tenant"
        )
        [case_id] = save(
            conn, [CaseWrite(None, None, state, script.events, {"hold:1": at_noon}, outbox=[letter])]
        )
        journal.set_mark(conn, "m", "kept")
    before = rows_of(ready)

    assert downgrade(ready, earlier) is True
    assert downgrade(ready, earlier) is False
    assert current(ready) == earlier
    with pytest.raises(DatabaseBehind, match=f"at revision {earlier}; revision {HEAD} is needed"):
        require_current(ready)
    columns = {t: [c["name"] for c in inspect(ready).get_columns(t)] for t in before}
    assert rows_of(ready) == only(before, columns)

    assert upgrade(ready) is True
    assert only(rows_of(ready), columns) == only(before, columns)
    with writing(ready) as conn:
        assert cases.load(conn, [case_id])[0].state == state
        assert journal.mark(conn, "m") == "kept"


@pytest.mark.parametrize("earlier", EARLIER)
def test_tables_upgraded_from_an_earlier_revision_are_those_of_the_code(ready, databases, earlier):
    downgrade(ready, earlier)
    upgrade(ready)
    made = create_engine(databases.new())
    with made.begin() as raw:
        metadata.create_all(raw)
    assert {t: described(ready, t) for t in metadata.tables} == {
        t: described(made, t) for t in metadata.tables
    }
    assert storage(ready) == storage(made)
    made.dispose()


def test_down_to_base_takes_every_table_and_up_again_makes_them(ready):
    assert downgrade(ready, "base") is True
    assert current(ready) is None
    assert set(inspect(ready).get_table_names()) <= {tables.VERSION_TABLE}
    assert downgrade(ready, "base") is False
    assert upgrade(ready) is True
    assert set(inspect(ready).get_table_names()) == tables.NAMES


@pytest.mark.parametrize("to", ["0003", "head", "-1", ""])
@only_sqlite
def test_down_to_no_earlier_revision_is_refused(ready, to):
    with pytest.raises(InvalidArgument, match=r"cannot go down to .*Revisions: base, 0001, 0002"):
        downgrade(ready, to)
    assert current(ready) == HEAD


@pytest.mark.parametrize("start", [None, "0001"])
def test_four_threads_at_once_migrate_once(database_url, engine, start):
    if start:
        upgrade(engine)
        downgrade(engine, start)
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


def test_what_waited_in_a_digest_goes_by_itself_after_going_down(ready, script):
    with writing(ready) as conn:
        state = fold(script.events)
        row = OutboxRow(
            key="k-1", created_at=at_noon, rule="r", rung=next(iter(state.rungs)), state="digested"
        )
        save(conn, [CaseWrite(None, None, state, script.events, {}, outbox=[row])])
    downgrade(ready, "0001")
    upgrade(ready)
    with writing(ready) as conn:
        [waiting] = outbox.lease(conn, at_noon, 10)
    assert waiting.key == "k-1"
