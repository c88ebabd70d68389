"""Many rows of one table in one statement, by the driver itself.

SQLAlchemy builds a dictionary of parameters for every row and PostgreSQL answers to every row; for
a batch of a tick both cost more than the rows. Here SQLite's driver is given a list of rows, and
PostgreSQL one array for each column.
"""
# ruff: noqa: S608 - the names are those of our tables; every value is a parameter

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Dialect, String, Table, Text
from sqlalchemy.dialects.postgresql.base import PGDialect

from homebuy_plugin.store.connection import StoreConnection

Rows = Sequence[Mapping[str, Any]]
Convert = Callable[[Any], Any] | None

_POSTGRESQL = PGDialect()  # type: ignore[no-untyped-call]


def insert_rows(conn: StoreConnection, table: Table, rows: Rows, key: Sequence[str] = ()) -> None:
    """Insert rows, all with the same columns; with a ``key``, over those that are there."""
    if rows:
        names = tuple(rows[0])
        _run(conn, table, names, rows, _Form("insert", tuple(key)))


def update_rows(
    conn: StoreConnection, table: Table, key: Sequence[str], rows: Rows, keep: Sequence[str] = ()
) -> None:
    """Update the rows of these keys; in the columns to ``keep`` None leaves the value there is."""
    if rows:
        names = tuple(n for n in rows[0] if n not in key)
        _run(conn, table, (*names, *key), rows, _Form("update", tuple(key), tuple(keep)))


def delete_rows(conn: StoreConnection, table: Table, key: Sequence[str], rows: Rows) -> None:
    """Delete the rows of these keys."""
    if rows:
        _run(conn, table, tuple(key), rows, _Form("delete", tuple(key)))


@dataclass(frozen=True, slots=True)
class _Form:
    kind: str
    key: tuple[str, ...]
    keep: tuple[str, ...] = ()


def _run(conn: StoreConnection, table: Table, names: tuple[str, ...], rows: Rows, form: _Form) -> None:
    dialect = conn.raw.dialect
    sql = _statement(dialect.name, dialect.identifier_preparer, conn.schema, table, names, form)
    converts = _converts(dialect, table, names)
    columns = [
        [row[name] for row in rows] if convert is None else [convert(row[name]) for row in rows]
        for name, convert in zip(names, converts, strict=True)
    ]
    conn.driver(sql, tuple(columns) if conn.locks_rows else list(zip(*columns, strict=True)))


@functools.cache
def _converts(dialect: Dialect, table: Table, names: tuple[str, ...]) -> tuple[Convert, ...]:
    return tuple(_convert(table.c[name], dialect) for name in names)


def _convert(column: Column[Any], dialect: Dialect) -> Convert:
    """From a value to what the driver takes; None where it takes it as it is."""
    if isinstance(column.type, JSON):
        return _as_json
    if isinstance(column.type, Boolean):
        return None
    return column.type.dialect_impl(dialect).bind_processor(dialect)


def _as_json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)


@functools.lru_cache(maxsize=256)
def _statement(
    kind: str, quoting: Any, schema: str | None, table: Table, names: tuple[str, ...], form: _Form
) -> str:
    quoted = {c.name: quoting.quote(c.name) for c in table.c}
    target = quoting.quote(table.name)
    if schema:
        target = f"{quoting.quote_schema(schema)}.{target}"
    if kind == "postgresql":
        return _PostgreSQL(target, quoted, table, names).written(form)
    return _SQLite(target, quoted).written(names, form)


@dataclass(frozen=True, slots=True)
class _SQLite:
    target: str
    quoted: Mapping[str, str]

    def written(self, names: tuple[str, ...], form: _Form) -> str:
        q = self.quoted
        if form.kind == "insert":
            marks = ", ".join("?" * len(names))
            listed = ", ".join(q[n] for n in names)
            return f"INSERT INTO {self.target} ({listed}) VALUES ({marks}){_conflict(q, names, form.key)}"
        where = " AND ".join(f"{q[n]} = ?" for n in form.key)
        if form.kind == "delete":
            return f"DELETE FROM {self.target} WHERE {where}"
        values = ", ".join(
            f"{q[n]} = coalesce(?, {q[n]})" if n in form.keep else f"{q[n]} = ?"
            for n in names
            if n not in form.key
        )
        return f"UPDATE {self.target} SET {values} WHERE {where}"


@dataclass(frozen=True, slots=True)
class _PostgreSQL:
    target: str
    quoted: Mapping[str, str]
    table: Table
    names: tuple[str, ...]

    def written(self, form: _Form) -> str:
        q = self.quoted
        listed = ", ".join(q[n] for n in self.names)
        arrays = ", ".join(f"%s::{self._type(n)}[]" for n in self.names)
        given = f"unnest({arrays}) AS given ({listed})"
        if form.kind == "insert":
            chosen = ", ".join(self._value(n) for n in self.names)
            rest = _conflict(q, self.names, form.key)
            return f"INSERT INTO {self.target} ({listed}) SELECT {chosen} FROM {given}{rest}"
        where = " AND ".join(f"t.{q[n]} = given.{q[n]}" for n in form.key)
        if form.kind == "delete":
            return f"DELETE FROM {self.target} AS t USING {given} WHERE {where}"
        values = ", ".join(
            f"{q[n]} = " + (f"coalesce({self._value(n)}, t.{q[n]})" if n in form.keep else self._value(n))
            for n in self.names
            if n not in form.key
        )
        return f"UPDATE {self.target} AS t SET {values} FROM {given} WHERE {where}"

    def _type(self, name: str) -> str:
        """The type of the array: text for texts, since a cast would cut what is too long in silence."""
        column = self.table.c[name]
        if isinstance(column.type, String | Text | JSON):
            return "text"
        return _type_name(column)

    def _value(self, name: str) -> str:
        given, column = f"given.{self.quoted[name]}", self.table.c[name]
        return f"{given}::{_type_name(column)}" if isinstance(column.type, JSON) else given


@functools.cache
def _type_name(column: Column[Any]) -> str:

    return str(column.type.compile(_POSTGRESQL))


def _conflict(quoted: Mapping[str, str], names: Sequence[str], key: Sequence[str]) -> str:
    if not key:
        return ""
    rest = ", ".join(f"{quoted[n]} = excluded.{quoted[n]}" for n in names if n not in key)
    return f" ON CONFLICT ({', '.join(quoted[n] for n in key)}) DO UPDATE SET {rest}"
