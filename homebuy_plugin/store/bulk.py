"""Many rows of one table in one statement, by the driver itself.

SQLAlchemy builds a dictionary of parameters for every row and PostgreSQL answers to every row; for
a batch of a tick both cost more than the rows. Here a row is a tuple. SQLite's driver is given the
list of them, and PostgreSQL one JSON text, which it takes apart faster than a driver can put arrays
together.
"""
# ruff: noqa: S608 - the names are those of our tables; every value is a parameter

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from sqlalchemy import JSON, Column, Date, String, Table, Text
from sqlalchemy.dialects.postgresql.base import PGDialect

from homebuy_plugin.store.columns import Instant, to_texts
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.plain_json import dumps, records

Row = tuple[Any, ...]
Writer = Callable[[Sequence[Any]], Sequence[Any]]

_POSTGRESQL = PGDialect()  # type: ignore[no-untyped-call]  # SQLAlchemy gives it no types


@dataclass(frozen=True, kw_only=True, eq=False)
class Bulk:
    """A statement for any number of rows of a table.

    Attributes:
        names: the columns of a row, in its order.
        key: of an update or delete, what tells which row is meant; of an insert, what may be there
            already: the new row takes its place.
        keep: columns in which None leaves the value that is there.
        texts: columns whose values JSON does not know, to what makes their text.
    """

    kind: Literal["insert", "update", "delete"]
    table: Table
    names: tuple[str, ...]
    key: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    texts: Mapping[str, Callable[[Any], str | None]] = field(default_factory=dict)

    def write(self, conn: StoreConnection, rows: Sequence[Row]) -> None:
        """Write these rows; nothing happens where there are none.

        Raises:
            NaiveDatetime: an instant without a zone.
            TypeError: a value that JSON does not know, in a column of JSON.
        """
        if not rows:
            return
        dialect = conn.raw.dialect
        sql = _statement(self, dialect.name, dialect.identifier_preparer, conn.schema)
        given = zip(*rows, strict=True)
        columns = [write(c) if write else c for write, c in zip(self._writers, given, strict=True)]
        if conn.locks_rows:
            conn.driver(sql, (records(self.names, zip(*columns, strict=True)),))
        else:
            conn.driver(sql, list(zip(*[columns[n] for n in self._order], strict=True)))

    @functools.cached_property
    def values(self) -> list[str]:
        """The columns that are no part of the key."""
        return [n for n in self.names if n not in self.key]

    @functools.cached_property
    def _order(self) -> list[int]:
        """Where in a row to find what SQLite's statement asks for, one after another."""
        wanted = self.names if self.kind == "insert" else (*self.values, *self.key)
        return [self.names.index(n) for n in wanted]

    @functools.cached_property
    def _writers(self) -> list[Writer | None]:
        """What makes of a column the values that either driver takes; None where they are the same."""
        return [_mapped(self.texts[n]) if n in self.texts else _writer(self.table.c[n]) for n in self.names]


def _mapped(text: Callable[[Any], Any]) -> Writer:
    return lambda values: list(map(text, values))


def _writer(column: Column[Any]) -> Writer | None:
    """For the values of a column at once: a call for each would cost more than the value."""
    if isinstance(column.type, JSON):
        return lambda values: [None if v is None else dumps(v) for v in values]
    if isinstance(column.type, Instant):
        return to_texts
    return _mapped(_date) if isinstance(column.type, Date) else None


@functools.lru_cache(maxsize=4096)
def _date(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


@functools.lru_cache(maxsize=256)
def _statement(bulk: Bulk, dialect: str, quoting: Any, schema: str | None) -> str:
    target = quoting.quote(bulk.table.name)
    if schema:
        target = f"{quoting.quote_schema(schema)}.{target}"
    quoted = {c.name: quoting.quote(c.name) for c in bulk.table.c}
    return (_postgresql if dialect == "postgresql" else _sqlite)(bulk, target, quoted)


def _sqlite(bulk: Bulk, target: str, q: Mapping[str, str]) -> str:
    if bulk.kind == "insert":
        marks = ", ".join("?" * len(bulk.names))
        listed = ", ".join(q[n] for n in bulk.names)
        return f"INSERT INTO {target} ({listed}) VALUES ({marks}){_conflict(bulk, q)}"
    where = " AND ".join(f"{q[n]} = ?" for n in bulk.key)
    if bulk.kind == "delete":
        return f"DELETE FROM {target} WHERE {where}"
    values = ", ".join(
        f"{q[n]} = coalesce(?, {q[n]})" if n in bulk.keep else f"{q[n]} = ?" for n in bulk.values
    )
    return f"UPDATE {target} SET {values} WHERE {where}"


def _postgresql(bulk: Bulk, target: str, q: Mapping[str, str]) -> str:
    types = ", ".join(f"{q[n]} {_given_type(bulk.table.c[n])}" for n in bulk.names)
    given = f"json_to_recordset(%s::json) AS given ({types})"
    value = {n: _value(bulk.table.c[n], f"given.{q[n]}") for n in bulk.names}
    if bulk.kind == "insert":
        listed, chosen = ", ".join(q[n] for n in bulk.names), ", ".join(value.values())
        return f"INSERT INTO {target} ({listed}) SELECT {chosen} FROM {given}{_conflict(bulk, q)}"
    where = " AND ".join(f"t.{q[n]} = given.{q[n]}" for n in bulk.key)
    if bulk.kind == "delete":
        return f"DELETE FROM {target} AS t USING {given} WHERE {where}"
    values = ", ".join(
        f"{q[n]} = coalesce({value[n]}, t.{q[n]})" if n in bulk.keep else f"{q[n]} = {value[n]}"
        for n in bulk.values
    )
    return f"UPDATE {target} AS t SET {values} FROM {given} WHERE {where}"


def _given_type(column: Column[Any]) -> str:
    """Text for texts, since a cast would cut what is too long in silence; and for JSON, as it was made."""
    return "text" if isinstance(column.type, String | Text | JSON) else _type_name(column)


def _value(column: Column[Any], given: str) -> str:
    return f"{given}::{_type_name(column)}" if isinstance(column.type, JSON) else given


def _type_name(column: Column[Any]) -> str:
    return str(column.type.compile(_POSTGRESQL))


def _conflict(bulk: Bulk, q: Mapping[str, str]) -> str:
    if not bulk.key:
        return ""
    rest = ", ".join(f"{q[n]} = excluded.{q[n]}" for n in bulk.values)
    return f" ON CONFLICT ({', '.join(q[n] for n in bulk.key)}) DO UPDATE SET {rest}"
