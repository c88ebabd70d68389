"""Facts in, typed values out; and typed values back to plain JSON.

Nothing is guessed: ``"10"`` is not a number, ``1`` is not yes, a text is not a list. ``None``
(missing) never reaches a cast.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from homebuy_plugin.engine import limits


class WrongType(ValueError):
    """A value that is not of its variable's type; the message never shows the value."""


def to_text(value: object) -> str:
    """A text, composed (NFC), so that Ŵ typed in two ways is one letter."""
    if type(value) is str and value.isascii():
        return value
    if not isinstance(value, str):
        raise WrongType(f"should be a text and is {_kind(value)}")
    plain = str.__str__(value)  # an enum or other subclass becomes a plain string
    return plain if plain.isascii() else unicodedata.normalize("NFC", plain)


_PLAIN = 10**15
"""Whole numbers up to here need no second look; most are."""


def to_number(value: object) -> Decimal:
    """An exact number; a float counts as the decimal it is written as."""
    if type(value) is int and -_PLAIN < value < _PLAIN:
        return Decimal(value)
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


def to_instant(value: object) -> datetime:
    """An instant in UTC; a time without a zone is nobody's, and a date is no time."""
    if isinstance(value, datetime):
        return _in_utc(value)
    found = iso_instant(value)
    if found is None:
        raise WrongType(f"should be a date and time and is {_kind(value)}")
    return found


def _in_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise WrongType("should be a date and time with its time zone and has none")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise WrongType("should be a date and time and is beyond the calendar") from None


_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)


def iso_instant(value: object) -> datetime | None:
    """The instant that ``2026-04-01T09:00:00+01:00`` writes, or None; the offset is required."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


_LONGEST_DAYS = 10_000_000


def to_length(value: object) -> timedelta:
    """A length of time; months and years have none, because they differ."""
    if isinstance(value, timedelta):
        if abs(value.days) > _LONGEST_DAYS:
            raise WrongType("should be a length of time and is beyond the calendar")
        return value
    found = iso_length(value)
    if found is None:
        raise WrongType(f"should be a length of time and is {_kind(value)}")
    return found


_LENGTH = re.compile(
    r"(?P<minus>-)?P(?=[0-9T])(?:(?P<weeks>[0-9]{1,6})W|(?:(?P<days>[0-9]{1,6})D)?"
    r"(?:T(?=[0-9])(?:(?P<hours>[0-9]{1,6})H)?(?:(?P<minutes>[0-9]{1,6})M)?"
    r"(?:(?P<seconds>[0-9]{1,6}(?:\.[0-9]{1,6})?)S)?)?)"
)


def iso_length(value: object) -> timedelta | None:
    """The length that ``P3D``, ``PT48H`` or ``P1DT12H30M`` writes, or None."""
    match = _LENGTH.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    parts = {name: Decimal(digits) for name, digits in match.groupdict().items() if digits not in (None, "-")}
    seconds = parts.pop("seconds", Decimal(0))
    length = timedelta(
        seconds=int(seconds),
        microseconds=int(seconds % 1 * 1_000_000),
        **{name: int(count) for name, count in parts.items()},
    )
    return -length if match["minus"] else length


def length_text(length: timedelta) -> str:
    """A length of time as :func:`iso_length` reads it: ``P1DT12H``."""
    if length < timedelta(0):
        return f"-{length_text(-length)}"
    minutes, seconds = divmod(length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    exact = (
        f"{seconds}.{length.microseconds:06}".rstrip("0").rstrip(".") if length.microseconds else f"{seconds}"
    )
    units = ((hours, f"{hours}H"), (minutes, f"{minutes}M"), (exact != "0", f"{exact}S"))
    time = "".join(text for count, text in units if count)
    days = f"{length.days}D" if length.days or not time else ""
    return f"P{days}T{time}" if time else f"P{days}"


CASTS: Mapping[str, Callable[[object], Any]] = MappingProxyType(
    {
        "text": to_text,
        "number": to_number,
        "yes_no": to_yes_no,
        "choice": to_text,
        "choices": to_choices,
        "date": to_date,
        "date_time": to_instant,
        "duration": to_length,
    }
)
"""Type to its cast."""


_PLAIN_JSON = frozenset({str, bool, int})


def jsonable(value: object) -> Any:
    """A typed value as plain JSON, for records. Numbers too long for a float become text."""
    if value is None or type(value) in _PLAIN_JSON:
        return value
    if isinstance(value, Decimal):
        return _json_number(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return length_text(value)
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
