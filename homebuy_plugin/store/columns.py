"""The column types and the metadata that every table of ours shares."""

import functools
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Integer, MetaData, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from homebuy_plugin.exceptions import NaiveDatetime

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMING)

BigId = BigInteger().with_variant(Integer, "sqlite")
"""A surrogate key; SQLite numbers only INTEGER by itself."""

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""JSON whose order of keys does not matter."""

OrderedJson = JSON(none_as_null=True)
"""JSON kept as it was written: documents and records that people read."""


class Instant(TypeDecorator[datetime]):
    """An aware instant, always UTC when read.

    PostgreSQL: ``timestamptz``. SQLite: ISO text of one width, so that text order is time order.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type that the database stores."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(32))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """The stored form. A naive datetime is refused."""
        return self.bind_processor(dialect)(value)

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        """What makes the stored form: one call for each value, since there are very many."""
        return to_text if dialect.name == "sqlite" else _stored

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        """What makes the aware instant in UTC."""
        return _from_text if dialect.name == "sqlite" else _in_utc


def _to_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise NaiveDatetime("An instant to be stored")
    return value.astimezone(UTC)


def _stored(value: datetime | None) -> datetime | None:
    return value if value is None or value.tzinfo is UTC else _to_utc(value)


def to_text(value: datetime | None) -> str | None:
    """An instant as ISO text in UTC, of one width. A naive datetime is refused."""
    return None if value is None else _text(value if value.tzinfo is UTC else _to_utc(value))


def to_texts(values: Iterable[datetime | None]) -> list[str | None]:
    """:func:`to_text` of many: a call for each of them would cost more than the text."""
    return [None if v is None else _text(v) if v.tzinfo is UTC else to_text(v) for v in values]


@functools.lru_cache(maxsize=4096)
def _text(instant: datetime) -> str:
    """Of an instant in UTC: in other zones two instants may be equal that are an hour apart."""
    return instant.isoformat(timespec="microseconds")


def _from_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)


def _in_utc(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)
