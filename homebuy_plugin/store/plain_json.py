"""JSON to and from the text that the database keeps: fast, and just what the standard library says.

orjson writes; whatever it does not take, and whatever it would change, is left to :mod:`json`. It
does not read here: it makes floats of whole numbers beyond 64 bits.
"""

import json
import marshal
import re
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

_STRICT = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
"""No date is to become a text unseen."""

_NOT_FINITE = re.compile(rb"[\xf0-\xff][\x7f\xff]").search
"""How NaN and the infinities end as bytes; a float is the quickest to find where all is bytes.

orjson writes null for them. A text in UTF-8 never looks so; a number that does is written by json.
"""
_FLAT = 2
"""The form of marshal that writes floats as bytes, and everything each time anew."""

_read = json.JSONDecoder().raw_decode


def dumps(value: Any) -> str:
    """The JSON of a value; :func:`loads` gives it back, tuples as lists.

    Raises:
        TypeError: something in it is not of JSON, a date for example.
        ValueError: it contains itself.
    """
    try:
        raw = orjson.dumps(value, None, _STRICT)
        changed = b"null" in raw and bool(_NOT_FINITE(marshal.dumps(value, _FLAT)))
    except (TypeError, ValueError):  # big numbers, lone surrogates, odd keys, or really no JSON
        changed = True
    return json.dumps(value) if changed else raw.decode()


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
