"""The parts of a case as rows: stages, tasks, clocks, holds, occurrences, rungs.

A column bears the name of its field, but for ``on``, a reserved word, which is ``on_date``. The order
in which parts came to a case is kept in ``position`` (``seq`` and ``id`` where the table has these).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Column, Table

from homebuy_plugin.store import tables
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
        codecs: fields whose stored form differs, to their two conversions.
    """

    table: Table
    kind: type[Any]
    parts: Callable[[CaseState], Mapping[Any, Any]]
    key: tuple[str, ...]
    place: str
    codecs: Mapping[str, Codec] = field(default_factory=dict)

    @cached_property
    def names(self) -> list[tuple[str, str]]:
        """The fields that have a column of their own, each with its column."""
        return [(f.name, _column(f.name)) for f in fields(self.kind) if f.name not in _ELSEWHERE]

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
    def wanted(self) -> list[Column[Any]]:
        """What to read for a part, in the order of its fields; not the decision records, which are large."""
        key = _KEY if self.kind is RungState else ()
        return [self.table.c[name] for name in (*key, *(column for _, column in self.names))]

    @cached_property
    def _reads(self) -> list[tuple[int, Callable[[Any], Any]]]:
        order = [name for name, _ in self.names]
        return [(order.index(name), read) for name, (_, read) in self.codecs.items()]

    def to_part(self, values: list[Any]) -> Any:
        """The part of the values of ``wanted``: by position, since this is done for every row."""
        if self.kind is RungState:
            return RungState(tuple(values[: len(_KEY)]), *values[len(_KEY) :])
        for place, read in self._reads:
            values[place] = read(values[place])
        return self.kind(*values)


def _column(name: str) -> str:
    return "on_date" if name == "on" else name


def _occurrences(state: CaseState) -> dict[int, Occurrence]:
    return {o.seq: o for o in state.occurrences}


PARTS = (
    Part(tables.stage, StageState, lambda s: s.stages, ("id",), "position"),
    Part(tables.task, TaskState, lambda s: s.tasks, ("id",), "position", {"owners": _TUPLE}),
    Part(
        tables.clock,
        ClockState,
        lambda s: s.clocks,
        ("id",),
        "position",
        {"ambers": (_ambers_out, _ambers_in), "pauses": (_pauses_out, _pauses_in)},
    ),
    Part(tables.hold, HoldState, lambda s: s.holds, ("seq",), "seq"),
    Part(tables.occurrence, Occurrence, _occurrences, ("seq",), "seq"),
    Part(tables.rung, RungState, lambda s: s.rungs, _KEY, "id"),
)
"""Every kind of part, in the order of the fields of :class:`CaseState`."""


def add(state: CaseState, part: Any) -> None:
    """Put a part that was read into its case."""
    match part:
        case StageState():
            state.stages[part.id] = part
        case TaskState():
            state.tasks[part.id] = part
        case ClockState():
            state.clocks[part.id] = part
        case HoldState():
            state.holds[part.seq] = part
        case Occurrence():
            state.occurrences.append(part)
        case RungState():
            state.rungs[part.key] = part
