"""Frozen dataclasses to JSON and back, by their annotations.

It trusts its input: documents are validated before they are stored, so rebuilding a value from
stored JSON does no checking. Keys it does not know are left aside, and a key left out takes the
field's default. What a dataclass writes differently in JSON is said once, in :data:`KEYS` (another
name) and :func:`shape` (another shape).
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from types import UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
Convert = Callable[[Any], Any]

KEYS: dict[tuple[type, str], str] = {}
"""(dataclass, field) to the JSON key, where the two differ."""

ALWAYS: set[tuple[type, str]] = set()
"""(dataclass, field) written even when it holds its default, because that depends on where it stands."""

_READ_SHAPE: dict[type, Convert] = {}
_WRITE_SHAPE: dict[type, Convert] = {}


def shape(cls: type, *, read: Convert | None = None, write: Convert | None = None) -> None:
    """Say how JSON writes a dataclass where that is not one key for each field.

    Args:
        cls: the dataclass.
        read: what a file says to the plain mapping of fields.
        write: the plain mapping of fields to what a file says.
    """
    if read is not None:
        _READ_SHAPE[cls] = read
    if write is not None:
        _WRITE_SHAPE[cls] = write


def decode(cls: type[T], raw: Any) -> T:
    """Build a value of ``cls`` from valid JSON."""
    return cast("T", _dataclass_reader(cast("Any", cls))(raw))


def encode(value: Any, *, whole: bool = False) -> Any:
    """JSON of a value; a field that holds its default is left out, unless it is to be ``whole``."""
    if is_dataclass(value) and not isinstance(value, type):
        return _encode_dataclass(value, whole)
    if isinstance(value, Mapping):
        return {key: encode(item, whole=whole) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [encode(item, whole=whole) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _encode_dataclass(value: Any, whole: bool) -> Any:
    cls: Any = type(value)
    plain = {
        key: encode(getattr(value, name), whole=whole)
        for name, key, default in _written(cls)
        if whole or (cls, name) in ALWAYS or default is MISSING or getattr(value, name) != default
    }
    write = _WRITE_SHAPE.get(cls)
    return write(plain) if write else plain


@cache
def _written(cls: type) -> tuple[tuple[str, str, Any], ...]:
    return tuple((f.name, KEYS.get((cls, f.name), f.name), _default(f)) for f in fields(cls))


def _default(entry: Field[Any]) -> Any:
    return entry.default_factory() if entry.default_factory is not MISSING else entry.default


@cache
def _dataclass_reader(cls: type) -> Convert:
    hints = get_type_hints(cls)
    readers = [(f.name, KEYS.get((cls, f.name), f.name), _reader(hints[f.name])) for f in fields(cls)]
    reshape = _READ_SHAPE.get(cls)

    def read(raw: Any) -> Any:
        plain = reshape(raw) if reshape else raw
        given = {name: reader(plain[key]) for name, key, reader in readers if key in plain}
        return cls(**given)

    return read


@cache
def _reader(hint: Any) -> Convert:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _optional_reader(tuple(a for a in arguments if a is not type(None)))
    if origin is tuple:
        return _tuple_reader(arguments)
    if origin is not None and _is_mapping(origin):
        return _mapping_reader(arguments[1])
    return _plain_reader(hint)


def _is_mapping(origin: Any) -> bool:
    # Literal and others are origins without being classes.
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _plain_reader(hint: Any) -> Convert:
    if isinstance(hint, type) and is_dataclass(hint):
        return _dataclass_reader(hint)
    if hint is datetime:
        return datetime.fromisoformat
    return date.fromisoformat if hint is date else _as_it_is


def _optional_reader(arguments: tuple[Any, ...]) -> Convert:
    if len(arguments) != 1:  # several kinds, all of them plain JSON
        return _as_it_is
    inner = _reader(arguments[0])
    return lambda raw: None if raw is None else inner(raw)


def _tuple_reader(arguments: tuple[Any, ...]) -> Convert:
    inner = _reader(arguments[0])
    return lambda raw: tuple(inner(item) for item in raw)


def _mapping_reader(value_hint: Any) -> Convert:
    inner = _reader(value_hint)
    if inner is _as_it_is:
        return inner
    return lambda raw: {key: inner(item) for key, item in raw.items()}


def _as_it_is(raw: Any) -> Any:
    return raw
