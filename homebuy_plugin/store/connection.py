"""A connection with the schema of our tables, and database errors in our words."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn, cast

from sqlalchemy import Connection, CursorResult, Engine, Executable
from sqlalchemy.exc import DBAPIError

from homebuy_plugin.exceptions import (
    DatabaseBehind,
    DatabaseUnreachable,
    HomeBuyError,
    InvalidArgument,
    RetryTransaction,
    UnsupportedDatabase,
)

SUPPORTED = ("postgresql", "sqlite")
OLDEST_SQLITE = (3, 38)

_LOST = ("40001", "40P01", "55P03")  # serialization failure, deadlock, lock not available
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")
_BEHIND = "The database has no tables of this package, or older ones. Run: homebuy db upgrade"


@dataclass(frozen=True, slots=True)
class StoreConnection:
    """Somebody's connection, and where our tables are on it.

    The schema is given to each statement by itself; the connection's own options stay as the
    host set them.

    Attributes:
        raw: the connection; its transaction belongs to whoever opened it.
        schema: schema of our tables (PostgreSQL), or None for the search path's.
    """

    raw: Connection
    schema: str | None = None

    def __post_init__(self) -> None:
        check_supported(self.dialect, self.schema)

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.raw.dialect.name

    @property
    def locks_rows(self) -> bool:
        """Whether rows can be locked one by one; SQLite locks the whole database."""
        return self.dialect == "postgresql"

    def execute(
        self,
        statement: Executable,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> "CursorResult[*tuple[Any, ...]]":
        """Execute one statement; a list of parameters executes it for each.

        Raises:
            RetryTransaction: the database was busy, or another transaction won.
            DatabaseBehind: a table of ours is missing.
            DatabaseUnreachable: the connection was lost.
        """
        options = {"schema_translate_map": {None: self.schema}} if self.schema else None
        try:
            return self.raw.execute(statement, parameters, execution_options=options)
        except DBAPIError as error:
            _raise_ours(error)

    def driver(self, sql: str, parameters: Sequence[Any]) -> None:
        """Execute the driver's own SQL: once with a tuple, for each of a list of tuples.

        Raises:
            As :meth:`execute`.
        """
        try:
            self.raw.exec_driver_sql(sql, parameters)
        except DBAPIError as error:
            _raise_ours(error)

    def ask(self, sql: str, *values: Any) -> Sequence[Sequence[Any]]:
        """The rows of a short query that is asked again and again, as the driver gives them.

        Args:
            sql: with ``{home}`` before each of our tables, and ``?`` for each value.
            *values: what stands for these.

        Raises:
            As :meth:`execute`.
        """
        written = _written(sql, self.raw.dialect.identifier_preparer, self.schema, self.locks_rows)
        try:
            return self.raw.exec_driver_sql(written, values).fetchall()
        except DBAPIError as error:
            _raise_ours(error)

    def rows(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """The rows that a statement returns, each by the names of its columns."""
        return cast("Sequence[Mapping[str, Any]]", self.execute(statement, parameters).mappings().all())


def check_supported(dialect: str, schema: str | None = None) -> None:
    """Refuse databases that are neither SQLite nor PostgreSQL, and a schema on SQLite.

    Raises:
        UnsupportedDatabase: another database.
        InvalidArgument: a schema, where the database has none.
    """
    if dialect not in SUPPORTED:
        raise UnsupportedDatabase(dialect)
    if schema and dialect == "sqlite":
        raise InvalidArgument(f"Settings.schema={schema!r} needs PostgreSQL; SQLite has no schemas.")


def check_engine(engine: Engine, schema: str | None = None) -> None:
    """Refuse what :func:`check_supported` refuses, and a SQLite too old to read and write JSON by itself.

    Raises:
        UnsupportedDatabase: another database, or an old one.
        InvalidArgument: a schema, where the database has none.
    """
    check_supported(engine.dialect.name, schema)
    version: tuple[int, ...] = getattr(engine.dialect.dbapi, "sqlite_version_info", OLDEST_SQLITE)
    if version < OLDEST_SQLITE:
        raise UnsupportedDatabase(f"SQLite {'.'.join(map(str, version))}")


@contextmanager
def our_errors() -> Iterator[None]:
    """Turn what a database says about itself into our exceptions; the rest passes unchanged."""
    try:
        yield
    except DBAPIError as error:
        _raise_ours(error)


def _raise_ours(error: DBAPIError) -> NoReturn:
    ours = _ours(error)
    if ours is None:
        raise error
    raise ours from error


@lru_cache(maxsize=64)
def _written(sql: str, quoting: Any, schema: str | None, postgresql: bool) -> str:
    home = f"{quoting.quote_schema(schema)}." if schema else ""
    return sql.replace("?", "%s" if postgresql else "?").format(home=home)


@contextmanager
def connecting() -> Iterator[None]:
    """The same while a connection is made, when an error without a code means that there is none."""
    try:
        yield
    except DBAPIError as error:
        not_connected(error)


def not_connected(error: DBAPIError) -> NoReturn:
    """Raise for an error while a connection is made.

    Raises:
        HomeBuyError: ours; DatabaseUnreachable where the error says nothing else.
    """
    raise _ours(error) or DatabaseUnreachable(f"The database does not answer: {error.orig}") from error


def brief(error: Exception) -> str:
    """An error in one line, without statement, parameters or rows: those may hold personal data."""
    if not isinstance(error, DBAPIError):
        return f"{type(error).__name__}: {error}"
    return f"{type(error).__name__}: {str(error.orig).partition(chr(10))[0]}"


def _ours(error: DBAPIError) -> HomeBuyError | None:
    code = _code(error.orig)
    if code in _LOST or code.startswith(_BUSY):
        return RetryTransaction(_retry_message(code))
    if _misses_ours(code, str(error.orig)):
        return DatabaseBehind(_BEHIND)
    if error.connection_invalidated or code == "SQLITE_CANTOPEN" or code[:2] in ("08", "57"):
        return DatabaseUnreachable(f"The database does not answer: {error.orig}")
    return None


def _code(error: object) -> str:
    for name in ("sqlite_errorname", "sqlstate", "pgcode"):
        value = getattr(error, name, None)
        if value:
            return str(value)
    return ""


def _misses_ours(code: str, message: str) -> bool:
    """A table, a column or the schema is not there."""
    missing = code in ("42P01", "42703", "3F000") or message.startswith(("no such table", "no such column"))
    return missing and "homebuy" in message


def _retry_message(code: str) -> str:
    if code == "SQLITE_BUSY_SNAPSHOT":
        return (
            "Another connection wrote since this transaction first read. "
            "Roll back and do the whole transaction again; to be spared this on SQLite, write before reading."
        )
    if code.startswith(_BUSY):
        return (
            "Another connection is writing to this SQLite database and did not finish in time. "
            "Commit or roll back this thread's own open transaction if there is one, then try again."
        )
    return (
        f"Another transaction changed the same case first (SQLSTATE {code}). "
        "Roll back and do the whole transaction again."
    )
