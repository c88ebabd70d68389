"""The parts of a case as rows: stages, tasks, clocks, holds, occurrences, rungs.

A column bears the name of its field, but for ``on``, a reserved word, which is ``on_date``. The order
in which parts came to a case is kept in ``position`` (``seq`` and ``id`` where the table has these).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from functools import cached_property, lru_cache
from operator import attrgetter
from typing import Any

from sqlalchemy import Column, Table

from homebuy_plugin.store import tables
from homebuy_plugin.store.plain_json import loads
from homebuy_plugin.store.reading import REMEMBERED, converter, rows_of, tuple_of
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

_ELSEWHERE = ("key", "reason")
"""Fields without a column of their own: several make up the key; free text is kept with the notes."""
_KEY = ("subject", "clock", "run", "rule", "anchor", "occurrence")


@lru_cache(REMEMBERED)
def _ambers_in(text: str) -> tuple[AmberState, ...]:
    return tuple(
        AmberState(
            name=a["name"],
            on=date.fromisoformat(a["on"]),
            at=datetime.fromisoformat(a["at"]),
            base_on=date.fromisoformat(a["base_on"]),
            base_at=datetime.fromisoformat(a["base_at"]),
        )
        for a in loads(text)
    )


@lru_cache(REMEMBERED)
def _pauses_in(text: str) -> tuple[tuple[datetime, datetime], ...]:
    return tuple((datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in loads(text))


@dataclass(frozen=True)
class Part:
    """One kind of part of a case and its table.

    Attributes:
        key: columns that, with ``case_id``, tell one part from another.
        place: column that keeps the order in which parts came.
        name: the field of :class:`CaseState` they are in.
        readers: fields that are kept as JSON, to what reads its text.
    """

    table: Table
    kind: type[Any]
    name: str
    key: tuple[str, ...]
    place: str
    readers: Mapping[str, Callable[[str], Any]] = field(default_factory=dict)

    @cached_property
    def names(self) -> list[tuple[str, str]]:
        """The fields that have a column of their own, each with its column."""
        return [(f.name, _column(f.name)) for f in fields(self.kind) if f.name not in _ELSEWHERE]

    @cached_property
    def of(self) -> Callable[[CaseState], dict[Any, Any]]:
        """What reads the parts of a case by their keys."""
        return attrgetter(self.name)

    def changed(self, before: CaseState | None, after: CaseState) -> list[tuple[int, Any, Any, bool]]:
        """Place, key and value of the parts that differ or are new, and which of both."""
        now = self.of(after)
        if not dict.__len__(now):  # of those stored none was asked for, so none can have changed
            return []
        earlier = self.of(before) if before is not None else {}
        if isinstance(now, Parts):
            found = now.changed(earlier)
        elif earlier:
            found = [key for key, part in now.items() if earlier.get(key) != part]
        else:
            found = list(now)
        places = {key: n for n, key in enumerate(now)} if found and self.place == "position" else {}
        return [(places.get(key, 0), key, now[key], key not in earlier) for key in found]

    @cached_property
    def columns(self) -> list[Column[Any]]:
        """What is read of a part: place, key, the rest; not the decision records, which are large."""
        return [self.table.c[name] for name in (self.place, *self.key, *self._rest)]

    def rows(self, text: str) -> dict[Any, list[Any]]:
        """The rows of ``columns`` by key, in order of place."""
        found = sorted(rows_of(text))
        if self._width == 1:
            return {row[1]: row for row in found}
        return {tuple(row[1 : 1 + self._width]): row for row in found}

    def read(self, key: Any, row: list[Any]) -> tuple[Any, ...]:
        """The values of a row, as :attr:`kind` takes them."""
        rest = row[1 + self._width :]
        self._convert(rest)
        return (key, *rest)

    @cached_property
    def values(self) -> Callable[[Any], tuple[Any, ...]]:
        """What reads these values of a part again."""
        key = "key" if self._width > 1 else self.key[0]
        return attrgetter(key, *(name for name, column in self.names if column not in self.key))

    @cached_property
    def _width(self) -> int:
        return len(self.key)

    @cached_property
    def _rest(self) -> list[str]:
        return [column for _, column in self.names if column not in self.key]

    @cached_property
    def _convert(self) -> Callable[[list[Any]], None]:
        return converter([self.table.c[name] for name in self._rest], self.readers)


def _column(name: str) -> str:
    return "on_date" if name == "on" else name


PARTS = (
    Part(tables.stage, StageState, "stages", ("id",), "position"),
    Part(tables.task, TaskState, "tasks", ("id",), "position", {"owners": tuple_of}),
    Part(
        tables.clock,
        ClockState,
        "clocks",
        ("id",),
        "position",
        {"ambers": _ambers_in, "pauses": _pauses_in},
    ),
    Part(tables.hold, HoldState, "holds", ("seq",), "seq"),
    Part(tables.occurrence, Occurrence, "occurrences", ("seq",), "seq"),
    Part(tables.rung, RungState, "rungs", _KEY, "id"),
)
"""Every kind of part, in the order of the fields of :class:`CaseState`."""
