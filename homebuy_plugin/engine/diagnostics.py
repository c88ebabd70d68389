"""What is wrong with a document, and where."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

_LONGEST_SHOWN = 60


@dataclass(frozen=True, kw_only=True)
class Diagnostic:
    """One problem found in a document.

    Attributes:
        code: stable code, ``HB`` and three digits.
        pointer: JSON pointer to the place; ``""`` is the whole document.
        message: what is wrong, in a sentence.
        help: what to write instead, or "".
        severity: ``error`` or ``warning``.
    """

    code: str
    pointer: str
    message: str
    help: str = ""
    severity: str = "error"


def below(pointer: str, key: str | int) -> str:
    """The JSON pointer of a member, escaped as RFC 6901 says."""
    return f"{pointer}/{clipped(str(key)).replace('~', '~0').replace('/', '~1')}"


def clipped(text: str) -> str:
    """``text`` short enough to be read in a message."""
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def quoted(text: str) -> str:
    """``text`` in the quotation marks of messages, clipped."""
    return f"“{clipped(text)}”"


def shown(value: object) -> str:
    """What sort of JSON value this is, in words an analyst uses."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text “{clipped(value)}”"
    if isinstance(value, int | float | Decimal):
        return f"the number {clipped(number_text(value))}"
    if isinstance(value, list | tuple):
        return "a list"
    return "an object" if hasattr(value, "keys") else f"a {type(value).__name__}"


def number_text(value: int | float | Decimal) -> str:
    """Digits of a number; a huge integer is not spelled out (Python refuses above 4300 digits)."""
    if isinstance(value, int) and value.bit_length() > 200:
        return "with more than 60 digits"
    return str(value)


def nearest(name: str, known: Iterable[str]) -> str:
    """Say “Did you mean “x”?” for the nearest known name, or nothing."""
    close = closest(name, known)
    return f"Did you mean “{close}”?" if close else ""


def closest(name: str, known: Iterable[str]) -> str:
    """The known name that was probably meant, or ""."""
    if len(name) > _LONGEST_SHOWN:
        return ""
    close = difflib.get_close_matches(name.lower(), list(known), n=1)
    return close[0] if close else ""


def listed(names: Iterable[str], limit: int = 20) -> str:
    """The names with commas, the first ``limit`` of them."""
    all_names = list(names)
    tail = f", … ({len(all_names) - limit} more)" if len(all_names) > limit else ""
    return ", ".join(all_names[:limit]) + tail
