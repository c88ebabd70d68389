"""Bring a database's tables to the version that this package needs.

Alembic does the work, driven from here: no ini file, no ``env.py``, no logging set up, and none of
Alembic's module-wide proxies, so that a host's own Alembic may be at work in the same process.
"""

import functools
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, inspect, select, text
from sqlalchemy.sql.expression import column, table

from homebuy_plugin.exceptions import DatabaseBehind, DatabaseError
from homebuy_plugin.store.connection import StoreConnection, our_errors
from homebuy_plugin.store.tables import NAMES, VERSION_TABLE
from homebuy_plugin.store.transactions import reading, writing
from homebuy_plugin.types import Settings

HEAD = "0001"
"""The revision this package needs."""

_LOCK_KEY = 0x484F4D45  # "HOME": one migration at a time in a PostgreSQL database
_in_this_process = threading.Lock()


def upgrade(engine: Engine, settings: Settings | None = None) -> bool:
    """Make or bring up to date the tables, in one transaction under a lock.

    Any number of processes may call it at once: one works, the others wait and find it done.

    Returns:
        Whether anything had to be done.

    Raises:
        DatabaseUnreachable: no connection.
        DatabaseError: the database was made by a newer version of this package.
    """
    schema = settings.schema if settings else None
    with _in_this_process, writing(engine, schema, wait=True) as conn:
        if conn.locks_rows:
            conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
            _make_schema(conn)
        revision = _revision(conn)
        if revision == HEAD:
            return False
        _refuse_newer(revision)
        with our_errors():
            _migrate(conn)
        return True


def current(engine: Engine, settings: Settings | None = None) -> str | None:
    """The revision of the database, or None where it has no tables of ours."""
    with reading(engine, settings.schema if settings else None) as conn:
        return _revision(conn)


def is_behind(engine: Engine, settings: Settings | None = None) -> bool:
    """Whether ``upgrade`` would do anything."""
    return current(engine, settings) != HEAD


def require_current(engine: Engine, settings: Settings | None = None) -> None:
    """Refuse a database without our tables, with older or with newer ones.

    Raises:
        DatabaseUnreachable: no connection.
        DatabaseBehind: no tables, or older ones; says what to run.
        DatabaseError: newer ones.
    """
    revision = current(engine, settings)
    if revision == HEAD:
        return
    _refuse_newer(revision)
    has = f"is at revision {revision}" if revision else "has no tables of this package"
    raise DatabaseBehind(f"The database {has}; revision {HEAD} is needed. Run: homebuy db upgrade")


def alembic_include_name(name: str | None, type_: str, parent_names: Mapping[str, Any]) -> bool:
    """For ``include_name`` of a host's ``context.configure``: keeps its autogenerate off our tables."""
    return type_ != "table" or name not in NAMES


def _make_schema(conn: StoreConnection) -> None:
    if conn.schema and not inspect(conn.raw).has_schema(conn.schema):
        quoted = conn.raw.dialect.identifier_preparer.quote_schema(conn.schema)
        conn.execute(text(f"CREATE SCHEMA {quoted}"))


def _revision(conn: StoreConnection) -> str | None:
    if not inspect(conn.raw).has_table(VERSION_TABLE, schema=conn.schema):
        return None
    name: ColumnElement[str] = column("version_num")
    query = select(name).select_from(table(VERSION_TABLE, schema=conn.schema))
    found: str | None = conn.execute(query).scalar_one_or_none()
    return found


def _refuse_newer(revision: str | None) -> None:
    if revision is not None and revision not in _known_revisions():
        raise DatabaseError(
            f"The database is at revision {revision}, which this version of homebuy_plugin does not know. "
            "Upgrade the package."
        )


@functools.cache
def _known_revisions() -> frozenset[str]:
    from alembic.script import ScriptDirectory

    return frozenset(s.revision for s in ScriptDirectory(str(_folder())).walk_revisions())


def _folder() -> Path:
    return Path(__file__).parent


def _migrate(conn: StoreConnection) -> None:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext, MigrationStep
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(_folder()))

    def steps(heads: tuple[str, ...], _context: MigrationContext) -> list[MigrationStep]:
        wanted = reversed(list(scripts.iterate_revisions(HEAD, heads[0] if heads else "base")))
        return [MigrationStep.upgrade_from_script(scripts.revision_map, s) for s in wanted]

    options = {
        "fn": steps,
        "version_table": VERSION_TABLE,
        "version_table_schema": conn.schema,
    }
    context = MigrationContext.configure(connection=_translated(conn), opts=options)
    context.run_migrations(op=Operations(context))


def _translated(conn: StoreConnection) -> Connection:
    """Our own connection, on which migrations need not name the schema."""
    if conn.schema is None:
        return conn.raw
    return conn.raw.execution_options(schema_translate_map={None: conn.schema})
