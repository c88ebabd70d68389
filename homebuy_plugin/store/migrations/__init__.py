"""Bring a database's tables to the version that this package needs.

Alembic does the work, driven from here: no ini file, no ``env.py``, no logging set up, and none of
Alembic's module-wide proxies, so that a host's own Alembic may be at work in the same process.
"""

import functools
import io
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Engine, inspect, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.expression import column, table

from homebuy_plugin.exceptions import DatabaseBehind, DatabaseError, InvalidArgument
from homebuy_plugin.store.connection import StoreConnection, check_supported, our_errors
from homebuy_plugin.store.tables import NAMES, VERSION_TABLE
from homebuy_plugin.store.transactions import reading, writing
from homebuy_plugin.types import Settings

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, MigrationStep
    from alembic.script import ScriptDirectory

HEAD = "0002"
"""The revision this package needs."""

_BASE = "base"  # Alembic's word for a database without tables of ours
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
    with _alone(engine, settings) as conn:
        if conn.locks_rows:
            _make_schema(conn)
        revision = _revision(conn)
        if revision == HEAD:
            return False
        _refuse_newer(revision)
        _migrate(conn, HEAD)
        return True


def downgrade(engine: Engine, to: str, settings: Settings | None = None) -> bool:
    """Take the tables back to an earlier revision, for an older version of this package.

    In one transaction under a lock, as :func:`upgrade`. What only later revisions can hold is lost.

    Args:
        engine: the landlord's database.
        to: a revision, or ``base`` to drop every table of ours with all that is in it.
        settings: for the schema; None for the defaults.

    Returns:
        Whether anything had to be done.

    Raises:
        InvalidArgument: no such revision, or a later one than the database's.
        DatabaseError: the database was made by a newer version of this package.
    """
    with _alone(engine, settings) as conn:
        revision = _revision(conn)
        _refuse_newer(revision)
        if revision == (None if to == _BASE else to):
            return False
        _refuse_later(to, revision)
        _migrate(conn, to)
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
    raise DatabaseBehind(
        f"The database {_is_at(revision)}; revision {HEAD} is needed. Run: homebuy db upgrade"
    )


def script(dialect: str, *, since: str = _BASE, schema: str | None = None) -> str:
    """The SQL of an upgrade, for an administrator who runs it by hand, in one transaction.

    ``homebuy db upgrade`` afterwards finds the tables there and publishes the shipped documents.

    Args:
        dialect: ``postgresql`` or ``sqlite``.
        since: the revision the database has, as ``homebuy db current`` says; ``base`` for none.
        schema: of our tables (PostgreSQL); made if it is not there.

    Raises:
        InvalidArgument: no such revision.
    """
    check_supported(dialect, schema)
    if since not in (_BASE, *_known_revisions()):
        known = ", ".join((_BASE, *sorted(_known_revisions())))
        raise InvalidArgument(f"There is no revision {since!r}. Revisions: {known}.")
    begin = ["BEGIN;"] if dialect == "postgresql" else ["BEGIN IMMEDIATE;"]
    if dialect == "postgresql":
        begin.append(f"SELECT pg_advisory_xact_lock({_LOCK_KEY});")
    if schema:
        begin += [f"CREATE SCHEMA IF NOT EXISTS {_quoted(schema)};", _searching(schema) + ";"]
    return "\n\n".join([*begin, _offline(dialect, since).strip(), "COMMIT;"]) + "\n"


def _offline(dialect: str, since: str) -> str:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

    written = io.StringIO()
    options = {
        "fn": _steps(HEAD),
        "version_table": VERSION_TABLE,
        "as_sql": True,
        "output_buffer": written,
        "starting_rev": None if since == _BASE else since,
    }
    context = MigrationContext.configure(dialect_name=dialect, opts=options)
    context.run_migrations(op=Operations(context))
    return written.getvalue()


def alembic_include_name(name: str | None, type_: str, parent_names: Mapping[str, Any]) -> bool:
    """For ``include_name`` of a host's ``context.configure``: keeps its autogenerate off our tables."""
    return type_ != "table" or name not in NAMES


@contextmanager
def _alone(engine: Engine, settings: Settings | None) -> Iterator[StoreConnection]:
    """One migration at a time, in a transaction of its own."""
    schema = settings.schema if settings else None
    with _in_this_process, writing(engine, schema, wait=True) as conn:
        if conn.locks_rows:
            conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
        with our_errors():
            yield conn


def _make_schema(conn: StoreConnection) -> None:
    if conn.schema and not inspect(conn.raw).has_schema(conn.schema):
        conn.execute(text(f"CREATE SCHEMA {_quoted(conn.schema)}"))


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


def _refuse_later(to: str, revision: str | None) -> None:
    earlier = [_BASE, *sorted(_known_revisions())]
    if revision is not None and to in earlier[: earlier.index(revision)]:
        return
    raise InvalidArgument(
        f"The database {_is_at(revision)}; it cannot go down to {to!r}. Revisions: {', '.join(earlier)}."
    )


def _is_at(revision: str | None) -> str:
    return f"is at revision {revision}" if revision else "has no tables of this package"


def _known_revisions() -> frozenset[str]:
    return frozenset(s.revision for s in _scripts().walk_revisions())


@functools.cache
def _scripts() -> "ScriptDirectory":
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(Path(__file__).parent))


def _migrate(conn: StoreConnection, to: str) -> None:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

    if conn.schema:
        # Until the end of this transaction of ours: so migrations need not name the schema.
        conn.execute(text(_searching(conn.schema)))
    options = {"fn": _steps(to), "version_table": VERSION_TABLE, "version_table_schema": conn.schema}
    context = MigrationContext.configure(connection=conn.raw, opts=options)
    context.run_migrations(op=Operations(context))


def _steps(to: str) -> "Callable[[tuple[str, ...], MigrationContext], list[MigrationStep]]":
    """What Alembic calls for the scripts between a database's revision and another."""
    from alembic.runtime.migration import MigrationStep

    scripts = _scripts()
    numbers = [_BASE, *sorted(_known_revisions())]

    def steps(heads: tuple[str, ...], _context: "MigrationContext") -> list[MigrationStep]:
        here = heads[0] if heads else _BASE
        if numbers.index(here) <= numbers.index(to):
            up = reversed(list(scripts.iterate_revisions(to, here)))
            return [MigrationStep.upgrade_from_script(scripts.revision_map, s) for s in up]
        down = scripts.iterate_revisions(here, to)
        return [MigrationStep.downgrade_from_script(scripts.revision_map, s) for s in down]

    return steps


def _searching(schema: str) -> str:
    return f"SET LOCAL search_path TO {_quoted(schema)}"


def _quoted(schema: str) -> str:
    return postgresql.dialect().identifier_preparer.quote_schema(schema)  # type: ignore[no-untyped-call]  # SQLAlchemy gives it no types
