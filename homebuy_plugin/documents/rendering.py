"""Problems as people and machines read them: with the source line, plain, JSON, or for GitHub."""

import json
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from homebuy_plugin.documents.diagnostics import Located, in_order

Format = Literal["full", "plain", "json", "github"]
FORMATS = ("full", "plain", "json", "github")

WIDTH = 100
"""Characters of a source line that are shown."""

MOST = 100
"""Problems shown; the rest are counted."""

SCHEMA_VERSION = 1
"""Of the JSON output; raised when a key changes its meaning."""


def render(problems: Iterable[Located], *, files: int, format: str = "full") -> str:
    """All problems and a closing line.

    Args:
        problems: in any order.
        files: how many files were looked at.
        format: one of :data:`FORMATS`; ``table`` is another word for ``full``.
    """
    ordered = in_order(problems)
    if format == "json":
        return as_json(ordered)
    show = {"plain": _plain, "github": _github}.get(format, _full)
    shown = [show(each) for each in ordered[:MOST]]
    more = [f"… and {len(ordered) - MOST} more."] if len(ordered) > MOST else []
    return "\n".join([*shown, *more, summary(ordered, files)])


def summary(problems: Sequence[Located], files: int) -> str:
    """The closing line: how many problems in how many files, and that nothing was done."""
    wrong = sum(each.is_error for each in problems)
    warned = len(problems) - wrong
    if not problems:
        return f"No problems found in {_count(files, 'file')}."
    bad_files = len({each.source for each in problems})
    parts = [_count(wrong, "problem")] if wrong else []
    parts += [_count(warned, "warning")] if warned else []
    closing = " Nothing was changed or published." if wrong else ""
    return f"Found {' and '.join(parts)} in {_count(bad_files, 'file')}.{closing}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _head(problem: Located) -> str:
    word = "" if problem.is_error else "warning: "
    place = f"{problem.source}:{problem.line}:{problem.column}"
    return clean(f"{place}  {problem.code}  {word}{problem.message}")


def _full(problem: Located) -> str:
    lines = [_head(problem)]
    if problem.place.text:
        lines += _excerpt(problem)
    if problem.help:
        lines.append(f"     = help: {clean(problem.help)}")
    return "\n".join(lines)


def _excerpt(problem: Located) -> list[str]:
    text, caret, length = _window(problem.place.text, problem.column - 1, problem.place.end_column - 1)
    carets = "^" * length
    return [
        "     |",
        f"{problem.line:4} | {clean(text)}",
        f"     | {' ' * caret}{carets}   {clean(problem.pointer or '(the whole document)')}",
    ]


def _window(text: str, start: int, end: int) -> tuple[str, int, int]:
    """A part of a long line round the caret: text, offset of the caret, how many carets."""
    first = max(0, min(start - WIDTH // 3, len(text) - WIDTH)) if start >= WIDTH * 2 // 3 else 0
    last = min(len(text), first + WIDTH)
    left, right = "…" if first else "", "…" if last < len(text) else ""
    offset = start - first + len(left)
    return f"{left}{text[first:last]}{right}", offset, max(1, min(end, last) - start)


def _plain(problem: Located) -> str:
    help = f" {problem.help}" if problem.help else ""
    place = f"{problem.source}:{problem.line}:{problem.column}"
    return clean(f"{place}: {problem.code} {problem.severity}: {problem.message}{help}")


def _github(problem: Located) -> str:
    command = "error" if problem.is_error else "warning"
    message = f"{problem.message} {problem.help}".strip()
    where = f"file={_property(problem.source)},line={problem.line},col={problem.column}"
    return f"::{command} {where},title={problem.code}::{_data(clean(message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def as_json(problems: Sequence[Located], data: Any = None) -> str:
    """The documented top-level shape of every command."""
    return json.dumps(
        {
            "schema_version": SCHEMA_VERSION,
            "ok": not any(each.is_error for each in problems),
            "problems": [as_dict(each) for each in problems],
            "data": data,
        },
        ensure_ascii=False,
        indent=2,
    )


def as_dict(problem: Located) -> dict[str, Any]:
    """One problem as JSON."""
    return {
        "source": problem.source,
        "line": problem.line,
        "column": problem.column,
        "end_column": problem.place.end_column,
        "pointer": problem.pointer,
        "code": problem.code,
        "severity": problem.severity,
        "message": problem.message,
        "help": problem.help,
    }


def clean(text: str) -> str:
    """Text that cannot steer a terminal; every character keeps its column."""
    return "".join(" " if each in "\t\n\r" else each if _shows(each) else "\ufffd" for each in text)


def _shows(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
