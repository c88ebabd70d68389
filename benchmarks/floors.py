"""The floors: the rows that the package wrote, written again by plain SQL and nothing else.

Same rows, same indexes, same database, same durability; no claim, no rule, no letter, no reading.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Table, select, text
from sqlalchemy.types import JSON

from benchmarks.population import NUMBERED, scalar
from homebuy_plugin.store import tables

_CHANGED = ("seq", "last_at", "level", "flags", "facts", "status", "owners")
"""Columns of a case that a tick changes, or may."""


@dataclass(frozen=True)
class Written:
    """What a tick writes about the cases that are due: kept, undone, and written again."""

    engine: Engine
    last: Mapping[str, int]

    @classmethod
    def before(cls, engine: Engine, due: datetime) -> "Written":
        """Remember the cases due as they are, before anything is decided about them."""
        with engine.begin() as raw:
            wanted = select(tables.wakeup.c.case_id).distinct().where(tables.wakeup.c.due_at <= due)
            ids = str(wanted.compile(raw, compile_kwargs={"literal_binds": True}))
            _again(raw, "bench_due", ids)
            _kept(raw, "bench_was")
            last = {n: scalar(raw, f"SELECT coalesce(max(id), 0) FROM homebuy_{n}") for n in NUMBERED}
        return cls(engine, last)

    def keep(self) -> dict[str, int]:
        """Keep what a tick wrote; how many rows of each table."""
        with self.engine.begin() as raw:
            _kept(raw, "bench_is")
            counts = {}
            for name in NUMBERED:
                _again(raw, f"bench_is_{name}", f"SELECT * FROM homebuy_{name} WHERE id > {self.last[name]}")
                counts[name] = scalar(raw, f"SELECT count(*) FROM bench_is_{name}")
            both = "bench_is_case i JOIN bench_was_case w ON w.id = i.id"
            counts["case"] = scalar(raw, f"SELECT count(*) FROM {both} WHERE w.seq <> i.seq")
            counts["wakeup"] = scalar(raw, f"SELECT count(*) FROM ({_MOVED}) AS moved")
        return counts

    def undo(self) -> None:
        """Put everything back as it was before the tick."""
        with self.engine.begin() as raw:
            for name in NUMBERED:
                raw.execute(text(f"DELETE FROM homebuy_{name} WHERE id > {self.last[name]}"))
            _update_cases(raw, "bench_was")
            raw.execute(text("DELETE FROM homebuy_wakeup WHERE case_id IN (SELECT case_id FROM bench_due)"))
            raw.execute(text("INSERT INTO homebuy_wakeup SELECT * FROM bench_was_wakeup"))

    def write(self) -> None:
        """Write it all again in one transaction, a statement for each table."""
        with self.engine.begin() as raw:
            _update_cases(raw, "bench_is")
            for name in NUMBERED:
                raw.execute(text(f"INSERT INTO homebuy_{name} SELECT * FROM bench_is_{name}"))
            raw.execute(text(_GONE))
            raw.execute(text(_RISEN))


_SAME = "i.case_id = {0}.case_id AND i.subject = {0}.subject"
_MOVED = (
    "SELECT i.case_id FROM bench_is_wakeup i LEFT JOIN bench_was_wakeup w "
    f"ON {_SAME.format('w')} WHERE w.due_at IS NULL OR w.due_at <> i.due_at"
)
_GONE = (
    "DELETE FROM homebuy_wakeup WHERE case_id IN (SELECT case_id FROM bench_due) AND NOT EXISTS "
    f"(SELECT 1 FROM bench_is_wakeup i WHERE {_SAME.format('homebuy_wakeup')})"
)
_RISEN = (
    "INSERT INTO homebuy_wakeup SELECT i.* FROM bench_is_wakeup i LEFT JOIN bench_was_wakeup w "
    f"ON {_SAME.format('w')} WHERE w.due_at IS NULL OR w.due_at <> i.due_at "
    "ON CONFLICT (case_id, subject) DO UPDATE SET due_at = excluded.due_at"
)


def _again(raw: Connection, name: str, query: str) -> None:
    raw.execute(text(f"DROP TABLE IF EXISTS {name}"))
    raw.execute(text(f"CREATE TABLE {name} AS {query}"))


def _kept(raw: Connection, prefix: str) -> None:
    chosen = "IN (SELECT case_id FROM bench_due)"
    _again(raw, f"{prefix}_case", f"SELECT * FROM homebuy_case WHERE id {chosen}")
    _again(raw, f"{prefix}_wakeup", f"SELECT * FROM homebuy_wakeup WHERE case_id {chosen}")
    for table, columns in (("case", "id"), ("wakeup", "case_id, subject")):
        raw.execute(text(f"CREATE UNIQUE INDEX ix_{prefix}_{table} ON {prefix}_{table} ({columns})"))


def _update_cases(raw: Connection, source: str) -> None:
    values = ", ".join(f"{c} = b.{c}" for c in _CHANGED)
    raw.execute(text(f"UPDATE homebuy_case SET {values} FROM {source}_case b WHERE homebuy_case.id = b.id"))


class OneCase:
    """The rows of a case just created, written again under other ids, one case a transaction."""

    def __init__(self, engine: Engine, case_id: int) -> None:
        self.engine = engine
        with engine.connect() as raw:
            self._head = _rows(raw, tables.case, "id", case_id)
            self._parts = {
                table: _rows(raw, table, "case_id", case_id)
                for table in tables.metadata.sorted_tables
                if "case_id" in table.c
            }

    def write(self, count: int) -> None:
        """Write so many cases."""
        raw = self.engine.raw_connection()
        try:
            raw.rollback()
            start = time.perf_counter()
            for number in range(count):
                self._write(raw, f"floor-{start}-{number}")
        finally:
            raw.close()

    def _write(self, raw: Any, reference: str) -> None:
        cursor = raw.cursor()
        columns, [values] = self._head
        head = [
            reference if name == "reference" else value for name, value in zip(columns, values, strict=True)
        ]
        cursor.execute(self._insert(tables.case, columns, 1) + " RETURNING id", head)
        case_id = cursor.fetchone()[0]
        for table, (names, rows) in self._parts.items():
            if rows:
                place = names.index("case_id")
                flat = [case_id if i == place else v for row in rows for i, v in enumerate(row)]
                if table is tables.outbox:
                    flat = [
                        f"{reference}-{i}" if names[i % len(names)] == "key" else v
                        for i, v in enumerate(flat)
                    ]
                cursor.execute(self._insert(table, names, len(rows)), flat)
        raw.commit()
        cursor.close()

    def _insert(self, table: Table, columns: list[str], rows: int) -> str:
        mark = "%s" if self.engine.dialect.name == "postgresql" else "?"
        json = mark + ("::jsonb" if self.engine.dialect.name == "postgresql" else "")
        one = ", ".join(json if isinstance(table.c[c].type, JSON) else mark for c in columns)
        names = ", ".join(f'"{c}"' for c in columns)
        return f"INSERT INTO {table.name} ({names}) VALUES {', '.join([f'({one})'] * rows)}"


def _rows(raw: Connection, table: Table, key: str, value: int) -> tuple[list[str], list[list[Any]]]:
    """The rows of a case as the driver takes them, without numbers that the database gives."""
    columns = [c for c in table.c if c.name != "id" or (table.primary_key.columns.keys() != ["id"])]
    read = [f'CAST("{c.name}" AS text)' if isinstance(c.type, JSON) else f'"{c.name}"' for c in columns]
    found = raw.exec_driver_sql(f"SELECT {', '.join(read)} FROM {table.name} WHERE {key} = {value}")
    return [c.name for c in columns], [list(row) for row in found]
