"""The parts of a case as rows: stages, tasks, clocks, holds, occurrences, rungs.

A column bears the name of its field, but for ``on``, a reserved word, which is ``on_date``. The order
in which parts came to a case is kept in ``position`` (``seq`` and ``id`` where the table has these).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Column, Dialect, Table, type_coerce
from sqlalchemy.types import NULLTYPE

from homebuy_plugin.store import tables
from homebuy_plugin.workflow.parts import Parts
from homebuy_plugin.workflow.state import (
    AmberState,
    CaseState,
    ClockState,
    HoldState,
    Occurrence,
    RungState,
    StageState,
    TaskState,
)

Row = Mapping[str, Any]
Codec = tuple[Callable[[Any], Any], Callable[[Any], Any]]

_ELSEWHERE = ("key", "reason")
"""Fields without a column of their own: several make up the key; free text is kept with the notes."""
_KEY = ("subject", "clock", "run", "rule", "anchor", "occurrence")


def _ambers_out(ambers: Iterable[AmberState]) -> list[dict[str, str]]:
    return [{f.name: _iso(getattr(a, f.name)) for f in fields(AmberState)} for a in ambers]


def _iso(value: str | date) -> str:
    return value if isinstance(value, str) else value.isoformat()


def _ambers_in(raw: Iterable[Row]) -> tuple[AmberState, ...]:
    return tuple(
        AmberState(
            name=a["name"],
            on=date.fromisoformat(a["on"]),
            at=datetime.fromisoformat(a["at"]),
            base_on=date.fromisoformat(a["base_on"]),
            base_at=datetime.fromisoformat(a["base_at"]),
        )
        for a in raw
    )


def _pauses_out(pauses: Iterable[tuple[datetime, datetime]]) -> list[list[str]]:
    return [[start.isoformat(), end.isoformat()] for start, end in pauses]


def _pauses_in(raw: Iterable[tuple[str, str]]) -> tuple[tuple[datetime, datetime], ...]:
    return tuple((datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in raw)


_TUPLE: Codec = (list, tuple)


@dataclass(frozen=True)
class Part:
    """One kind of part of a case and its table.

    Attributes:
        key: columns that, with ``case_id``, tell one part from another.
        place: column that keeps the order in which parts came.
        name: the field of :class:`CaseState` they are in.
        codecs: fields whose stored form differs, to their two conversions.
        makers: of each dialect, once it was asked for.
    """

    table: Table
    kind: type[Any]
    name: str
    key: tuple[str, ...]
    place: str
    codecs: Mapping[str, Codec] = field(default_factory=dict)
    makers: dict[str, Callable[[Sequence[Any]], Any]] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def names(self) -> list[tuple[str, str]]:
        """The fields that have a column of their own, each with its column."""
        return [(f.name, _column(f.name)) for f in fields(self.kind) if f.name not in _ELSEWHERE]

    def put(self, state: CaseState, rows: Mapping[Any, Sequence[Any]], dialect: Dialect) -> None:
        """Give a case the parts of these rows, by their keys."""
        make = self.maker(dialect)
        if self.kind is Occurrence:
            state.occurrences = [make(row) for row in rows.values()]
        else:
            setattr(state, self.name, Parts(rows, make))

    def parts(self, state: CaseState | None) -> Mapping[Any, Any]:
        """The parts of a case by their keys."""
        if state is None:
            return {}
        if self.kind is Occurrence:
            return {o.seq: o for o in state.occurrences}
        found: Mapping[Any, Any] = getattr(state, self.name)
        return found

    def changed(self, before: CaseState | None, after: CaseState) -> list[tuple[int, Any, Any]]:
        """Place, key and value of the parts that are new or differ."""
        earlier, now = self.parts(before), self.parts(after)
        asked = now.touched() if isinstance(now, Parts) else now.items()
        found = [key for key, value in asked if earlier.get(key) != value]
        places = {key: place for place, key in enumerate(now)} if found else {}
        return [(places[key], key, now[key]) for key in found]

    def to_row(self, case_id: int, part: Any, position: int) -> dict[str, Any]:
        """The row of a part."""
        row: dict[str, Any] = {"case_id": case_id}
        if self.place == "position":
            row["position"] = position
        if self.kind is RungState:
            row |= dict(zip(_KEY, part.key, strict=True))
        for name, column in self.names:
            value = getattr(part, name)
            row[column] = self.codecs[name][0](value) if name in self.codecs else value
        return row

    @cached_property
    def columns(self) -> list[Column[Any]]:
        """What to read for a part, in the order of its fields; not the decision records, which are large."""
        key = _KEY if self.kind is RungState else ()
        return [self.table.c[name] for name in (*key, *(column for _, column in self.names))]

    @cached_property
    def wanted(self) -> list[Any]:
        """The columns as they are stored: :meth:`maker` makes values of those that somebody asks for."""
        return [type_coerce(column, NULLTYPE).label(column.name) for column in self.columns]

    def maker(self, dialect: Dialect) -> Callable[[Sequence[Any]], Any]:
        """What makes the part of a row of ``case_id`` and ``wanted``."""
        if dialect.name not in self.makers:
            self.makers[dialect.name] = self._maker(dialect)
        return self.makers[dialect.name]

    def _maker(self, dialect: Dialect) -> Callable[[Sequence[Any]], Any]:
        reads = list(self._reads(dialect))
        kind, split = self.kind, len(_KEY)

        def make(row: Sequence[Any]) -> Any:
            values = list(row[1:])
            for place, read in reads:
                values[place] = read(values[place])
            if kind is RungState:
                return RungState(tuple(values[:split]), *values[split:])
            return kind(*values)

        return make

    def _reads(self, dialect: Dialect) -> Iterator[tuple[int, Callable[[Any], Any]]]:
        """The columns whose stored form is not the value of their field."""
        for place, column in enumerate(self.columns):
            stored = column.type.dialect_impl(dialect).result_processor(dialect, None)
            read = self.codecs[column.name][1] if column.name in self.codecs else None
            if stored is not None and read is not None:
                yield place, _both(stored, read)
            elif stored is not None or read is not None:
                yield place, stored or read  # type: ignore[misc]

    def key_of(self, row: Sequence[Any]) -> Any:
        """The key, among the parts of its case, of a row of ``case_id`` and ``wanted``."""
        return tuple(row[1 : 1 + len(_KEY)]) if self.kind is RungState else row[1]


def _both(first: Callable[[Any], Any], second: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: second(first(value))


def _column(name: str) -> str:
    return "on_date" if name == "on" else name


PARTS = (
    Part(tables.stage, StageState, "stages", ("id",), "position"),
    Part(tables.task, TaskState, "tasks", ("id",), "position", {"owners": _TUPLE}),
    Part(
        tables.clock,
        ClockState,
        "clocks",
        ("id",),
        "position",
        {"ambers": (_ambers_out, _ambers_in), "pauses": (_pauses_out, _pauses_in)},
    ),
    Part(tables.hold, HoldState, "holds", ("seq",), "seq"),
    Part(tables.occurrence, Occurrence, "occurrences", ("seq",), "seq"),
    Part(tables.rung, RungState, "rungs", _KEY, "id"),
)
"""Every kind of part, in the order of the fields of :class:`CaseState`."""
