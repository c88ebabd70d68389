"""Facts in, typed values out; and typed values back to plain JSON.

Nothing is guessed: ``"10"`` is not a number, ``1`` is not yes, a text is not a list. ``None``
(missing) never reaches a cast.
"""

import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from homebuy_plugin.engine import limits


class WrongType(ValueError):
    """A value that is not of its variable's type; the message never shows the value."""


def to_text(value: object) -> str:
    """A text, composed (NFC), so that Ŵ typed in two ways is one letter."""
    if not isinstance(value, str):
        raise WrongType(f"should be a text and is {_kind(value)}")
    plain = str.__str__(value)  # an enum or other subclass becomes a plain string
    return plain if plain.isascii() else unicodedata.normalize("NFC", plain)


def to_number(value: object) -> Decimal:
    """An exact number; a float counts as the decimal it is written as."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise WrongType(f"should be a number and is {_kind(value)}")
    if isinstance(value, int) and value.bit_length() > 128:  # long before str() would refuse it
        raise WrongType(f"should be a number of at most {limits.DIGITS} digits")
    number = Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        raise WrongType("should be a number and is not finite")
    if number and number.adjusted() >= limits.DIGITS:
        raise WrongType(f"should be a number of at most {limits.DIGITS} digits")
    return number


def to_yes_no(value: object) -> bool:
    """True or False, nothing that merely looks like it."""
    if not isinstance(value, bool):
        raise WrongType(f"should be yes or no (true or false) and is {_kind(value)}")
    return value


def to_choices(value: object) -> tuple[str, ...]:
    """Choices without repetition, in order. A plain text is refused: it would be read by letter."""
    if isinstance(value, set | frozenset):
        value = sorted(value)
    if not isinstance(value, list | tuple):
        raise WrongType(f"should be a list of choices and is {_kind(value)}")
    return tuple(dict.fromkeys(to_text(each) for each in value))


def to_date(value: object) -> date:
    """A local date; an ISO text counts, an instant does not (it has no date without a zone)."""
    if isinstance(value, datetime):
        raise WrongType("should be a date and is an instant")
    if isinstance(value, date):
        return value
    found = iso_date(value)
    if found is None:
        raise WrongType(f"should be a date and is {_kind(value)}")
    return found


def iso_date(value: object) -> date | None:
    """The date that ``YYYY-MM-DD`` writes, or None."""
    if not isinstance(value, str) or len(value) != 10 or value[4:8:3] != "--":
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


CASTS: Mapping[str, Callable[[object], Any]] = MappingProxyType(
    {
        "text": to_text,
        "number": to_number,
        "yes_no": to_yes_no,
        "choice": to_text,
        "choices": to_choices,
        "date": to_date,
    }
)
"""Type to its cast."""


def jsonable(value: object) -> Any:
    """A typed value as plain JSON, for records. Numbers too long for a float become text."""
    if isinstance(value, Decimal):
        return _json_number(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset):
        return [jsonable(each) for each in value]
    return value


def _json_number(value: Decimal) -> int | float | str:
    if not value.is_finite() or (value and value.adjusted() >= limits.DIGITS):
        return str(value)
    if value == value.to_integral_value():
        return int(value)
    short = float(value)
    return short if Decimal(repr(short)) == value else str(value)


def _kind(value: object) -> str:
    names = {bool: "yes or no", str: "a text", int: "a number", float: "a number"}
    return names.get(type(value), f"a {type(value).__name__}")
