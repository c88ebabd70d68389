"""What belongs to a case, read as JSON texts: one for each table, made by the database.

So one statement reads whole cases, and no value is made of what nobody asks for. Within such a text
instants and dates are ISO texts, and what a column keeps as JSON is a text once more.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    Text,
    any_,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from homebuy_plugin.store import tables
from homebuy_plugin.store.columns import Instant
from homebuy_plugin.store.plain_json import loads

Convert = Callable[[Any], Any]

REMEMBERED = 4096
"""So many texts keep the values made of them: cases have their dates and owners in common."""


def among(dialect: str, column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a number is one of ``:ids``, as :func:`listed` gives them; of one form for any count."""
    given = bindparam("ids", type_=Text)
    if dialect == "postgresql":
        return column == any_(cast(given, ARRAY(BigInteger)))
    return column.in_(select(func.json_each(given).table_valued("value").c.value))


def listed(dialect: str, ids: Iterable[int]) -> str:
    """Numbers as a statement with :func:`among` takes them."""
    numbers = ",".join(map(str, ids))
    return f"{{{numbers}}}" if dialect == "postgresql" else f"[{numbers}]"


def as_row(dialect: str, columns: Sequence[Column[Any]]) -> ColumnElement[Any]:
    """These columns as one JSON array."""
    row = _array(dialect, columns)
    return cast(row, Text) if dialect == "postgresql" else row


def as_rows(dialect: str, columns: Sequence[Column[Any]]) -> ColumnElement[Any]:
    """These columns of the rows that belong to a case as one JSON array of arrays, in no order; or null."""
    row = _array(dialect, columns)
    if dialect == "postgresql":
        return _of_case(cast(func.json_agg(row), Text), columns[0])
    return _of_case(func.nullif(func.json_group_array(row), "[]"), columns[0])


def _array(dialect: str, columns: Sequence[Column[Any]]) -> ColumnElement[Any]:
    if dialect == "postgresql":
        return func.json_build_array(*(cast(c, Text) if isinstance(c.type, JSON) else c for c in columns))
    return func.json_array(*columns)


def as_pairs(dialect: str, key: Column[Any], value: Column[Any]) -> ColumnElement[Any]:
    """Two columns of the rows that belong to a case as one JSON object; or null."""
    if dialect == "postgresql":
        return _of_case(cast(func.json_object_agg(key, value), Text), key)
    return _of_case(func.nullif(func.json_group_object(key, value), "{}"), key)


def _of_case(value: ColumnElement[Any], column: Column[Any]) -> ColumnElement[Any]:
    mine = column.table.c.case_id == tables.case.c.id
    return select(value).where(mine).correlate(tables.case).scalar_subquery()


rows_of: Callable[[str], Any] = orjson.loads
"""The rows, or the row, of a JSON text that the database made; nothing in it is beyond 64 bits."""


def converter(columns: Sequence[Column[Any]], special: Mapping[str, Convert]) -> Callable[[list[Any]], None]:
    """What turns a row into values, in place; ``special`` says more than a column's type."""
    found = [(n, special.get(c.name) or _of_type(c)) for n, c in enumerate(columns)]
    converts = [(n, convert) for n, convert in found if convert is not None]

    def convert_all(row: list[Any]) -> None:
        for place, convert in converts:
            value = row[place]
            if value is not None:
                row[place] = convert(value)

    return convert_all


def _of_type(column: Column[Any]) -> Convert | None:
    for kind, convert in _CONVERTS.items():
        if isinstance(column.type, kind):
            return convert
    return None


@lru_cache(REMEMBERED)
def instant_of(text: str) -> datetime:
    """The instant of an ISO text, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


@lru_cache(REMEMBERED)
def tuple_of(text: str) -> tuple[Any, ...]:
    """The texts of a JSON list."""
    return tuple(loads(text))


_CONVERTS: dict[type[Any], Convert] = {
    Instant: instant_of,
    Date: date.fromisoformat,
    Boolean: bool,
    JSON: loads,
}
