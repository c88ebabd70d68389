"""Text to a JSON value, strictly: nothing doubled, infinite, oversized or endless gets in.

Reading a file is left to the caller, which hands over bytes or text and a name for messages.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from homebuy_plugin.documents.diagnostics import Diagnostic, Located, locate, problem
from homebuy_plugin.documents.positions import TOKEN, Lines, Positions, escaped
from homebuy_plugin.documents.syntax import explain

LARGEST = 4 * 1024 * 1024
"""Bytes of one file."""

DEEPEST = 64
"""Brackets inside each other; conditions have a narrower limit of their own."""

LONGEST_NUMBER = 100
"""Characters of one number; Python itself refuses integers beyond 4,300 digits."""

_CONSTANTS = ("NaN", "Infinity", "-Infinity")
_UNSTORABLE_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A text as JSON.

    Attributes:
        value: the JSON value; None where ``problems`` is not empty.
        positions: where everything stands; None for text that is no JSON.
    """

    text: str
    value: Any = None
    positions: Positions | None = None
    problems: tuple[Located, ...] = ()


def load_text(text: str | bytes, source: str) -> Loaded:
    """Load one document.

    Args:
        text: the document, UTF-8 where it is bytes.
        source: file name or document name, for messages.
    """
    decoded = _decoded(text, source)
    if isinstance(decoded, Located):
        return Loaded(text="", problems=(decoded,))
    early = [_at(decoded, source, *found) for found in _before_parsing(decoded)]
    return Loaded(text=decoded, problems=tuple(early)) if early else _parsed(decoded, source)


def _decoded(text: str | bytes, source: str) -> str | Located:
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > LARGEST:
        message = f"The file has {size:,} bytes; at most {LARGEST:,} are read."
        return Located(source=source, diagnostic=problem("HB004", message, "Split it into several files."))
    if isinstance(text, str):
        return text
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        return _not_utf8(text, error.start, source)


def _not_utf8(text: bytes, start: int, source: str) -> Located:
    what = "UTF-16" if text[:2] in (b"\xff\xfe", b"\xfe\xff") else "another encoding"
    diagnostic = problem(
        "HB006",
        f"This is not UTF-8 text; it looks like {what}.",
        "Save the file with the encoding UTF-8.",
    )
    readable = text[:start].decode("utf-8")
    place = Lines(readable + "\N{REPLACEMENT CHARACTER}").place(len(readable))
    return Located(source=source, diagnostic=diagnostic, place=place)


def _at(text: str, source: str, diagnostic: Diagnostic, start: int, end: int) -> Located:
    return Located(source=source, diagnostic=diagnostic, place=Lines(text).place(start, end))


Found = tuple[Diagnostic, int, int]


def _before_parsing(text: str) -> Iterator[Found]:
    """What must be refused before a recursive parser sees it."""
    if text.startswith("\N{ZERO WIDTH NO-BREAK SPACE}"):
        yield _BYTE_ORDER_MARK, 0, 1
        return
    depth = 0
    for match in TOKEN.finditer(text):
        lexeme = match.group()
        if lexeme in "{[":
            depth += 1
            if depth > DEEPEST:
                yield _TOO_DEEP, match.start(), match.end()
                return
        elif lexeme in "}]":
            depth -= 1
        elif lexeme[0] not in '":,' and (found := _literal(lexeme)):
            yield found, match.start(), match.end()


_BYTE_ORDER_MARK = problem(
    "HB006",
    "The file begins with an invisible byte order mark.",
    "Save it as UTF-8 without BOM.",
)
_TOO_DEEP = problem(
    "HB005",
    f"Brackets are nested more than {DEEPEST} deep here.",
    "No document needs that; perhaps a bracket is not closed.",
)


def _literal(lexeme: str) -> Diagnostic | None:
    if lexeme in _CONSTANTS:
        return problem("HB003", f"{lexeme} is not a number that JSON knows.", "Write a number, or null.")
    if not lexeme.lstrip("-")[:1].isdigit():
        return None
    if len(lexeme) > LONGEST_NUMBER:
        return problem(
            "HB008", f"This number has {len(lexeme)} characters; at most {LONGEST_NUMBER} are read."
        )
    return _infinite(lexeme)


def _infinite(lexeme: str) -> Diagnostic | None:
    try:
        finite = math.isfinite(float(lexeme))
    except ValueError:  # no number after all; the parser says so
        return None
    return None if finite else problem("HB008", f"{lexeme} is larger than any number that can be kept.")


def _parsed(text: str, source: str) -> Loaded:
    doubled: list[bool] = []
    try:
        value = json.loads(text, object_pairs_hook=lambda pairs: _object(pairs, doubled))
    except json.JSONDecodeError as error:
        diagnostic, start, end = explain(text, error.pos, error.msg)
        return Loaded(text=text, problems=(_at(text, source, diagnostic, start, end),))
    positions = Positions(text)
    found = [_written_twice(pointer) for pointer, _ in positions.duplicates] if doubled else []
    found += _unstorable(text, value)
    problems = tuple(locate(found, source, positions))
    return Loaded(text=text, value=None if problems else value, positions=positions, problems=problems)


def _object(pairs: list[tuple[str, Any]], doubled: list[bool]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        doubled.append(True)
    return made


def _written_twice(pointer: str) -> Diagnostic:
    key = pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
    return problem(
        "HB002",
        f"“{key}” is written twice here; only the last would count.",
        "Keep one of them.",
        pointer,
    )


def _unstorable(text: str, value: Any) -> list[Diagnostic]:
    if not _UNSTORABLE_ESCAPE.search(text) and not _UNSTORABLE.search(text):
        return []
    return [
        problem(
            "HB007",
            "This text holds a character that no database can keep (\\u0000 or half of a pair).",
            "Remove it.",
            pointer,
        )
        for pointer, item in walk(value)
        if isinstance(item, str) and _UNSTORABLE.search(item)
    ]


def walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Every value with its pointer, and every key with its member's pointer, without recursion."""
    waiting = [("", value)]
    while waiting:
        pointer, item = waiting.pop()
        yield pointer, item
        if isinstance(item, Mapping):
            for key, member in item.items():
                yield f"{pointer}/{escaped(key)}", key
                waiting.append((f"{pointer}/{escaped(key)}", member))
        elif isinstance(item, list):
            waiting += [(f"{pointer}/{index}", member) for index, member in enumerate(item)]
