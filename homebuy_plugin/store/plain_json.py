"""JSON to and from the text that the database keeps: fast, and just what the standard library says.

orjson writes; whatever it does not take, and whatever it would change, is left to :mod:`json`. It
does not read here: it makes floats of whole numbers beyond 64 bits.
"""

import json
import marshal
from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Any

import orjson

_STRICT = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
"""No date is to become a text unseen."""

_read = json.JSONDecoder().raw_decode


def dumps(value: Any) -> str:
    """The JSON of a value; :func:`loads` gives it back, tuples as lists.

    Raises:
        TypeError: something in it is not of JSON, a date for example.
        ValueError: it contains itself.
    """
    try:
        raw = orjson.dumps(value, None, _STRICT)
    except TypeError:  # big numbers, lone surrogates, keys that are no texts, or really no JSON
        return json.dumps(value)
    if b"null" in raw and _nulls(raw, value) and _perhaps_without_end(value) and _without_end((value,)):
        return json.dumps(value)  # orjson writes null for NaN and the infinities
    return raw.decode()


def _nulls(raw: bytes, value: Any) -> bool:
    """Whether more nulls were written than a dictionary has of None, not counting those further down."""
    return type(value) is not dict or raw.count(b"null") != [*value.values()].count(None)


def _perhaps_without_end(value: Any) -> bool:
    """Whether there may be NaN or an infinity in it; a look at each part costs far more.

    In binary both end in a byte that UTF-8 has not, or hardly ever: it is the sign of DEL.
    """
    try:
        binary = marshal.dumps(value, _FLOATS_IN_BINARY)
    except ValueError:  # a kind of dictionary or text of somebody's own
        return True
    return b"\xff" in binary or b"\x7f" in binary


_FLOATS_IN_BINARY = 2
"""The version of :mod:`marshal` that writes them so, and does not look for what occurs twice."""


def _without_end(values: Iterable[Any]) -> bool:
    """Whether NaN or an infinity stands anywhere in them."""
    for value in values:
        kind = type(value)
        if kind in _NO_FLOAT:
            continue
        if kind is dict or isinstance(value, dict):
            found = _without_end(value.values())
        elif kind is list or kind is tuple or isinstance(value, _LISTS):
            found = _without_end(value)
        else:
            found = isinstance(value, float) and not isfinite(value)
        if found:
            return True
    return False


_LISTS = (list, tuple)
_NO_FLOAT = frozenset({str, int, bool, type(None)})


def dated(value: Any) -> str:
    """The JSON of a value of ours that holds dates, instants or dataclasses: ISO texts, and objects."""
    return orjson.dumps(value).decode()


def loads(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        json.JSONDecodeError: it is not JSON.
    """
    try:
        value, end = _read(text)
    except json.JSONDecodeError:
        return json.loads(text)  # space in front, or a mistake to be named
    return value if end == len(text) else json.loads(text)


def records(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Rows of texts, whole numbers, truth values and None as a list of objects, for a database."""
    listed = [dict(zip(names, row, strict=True)) for row in rows]
    try:
        return orjson.dumps(listed, None, _STRICT).decode()
    except TypeError:
        return json.dumps(listed)
