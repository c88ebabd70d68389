"""How the command line talks: answers on standard output, everything else on standard error."""

import json
import os
from collections.abc import Sequence
from typing import Any

import click

SCHEMA_VERSION = 1
"""Of the JSON output; raised when a key changes its meaning."""

_COLOURS = {
    "red": "red",
    "amber": "yellow",
    "green": "green",
    "paused": "cyan",
    "blocked": "magenta",
    "waiting": "blue",
}


def say(text: str = "") -> None:
    """A line of the answer."""
    click.echo(text, color=False if "NO_COLOR" in os.environ else None)


def remark(text: str) -> None:
    """A line beside the answer: standard error."""
    click.echo(text, err=True, color=False if "NO_COLOR" in os.environ else None)


def heading(text: str) -> None:
    """A heading, bold where the terminal can."""
    say()
    say(click.style(text, bold=True))


def coloured(word: str) -> str:
    """A colour as its word in capitals, shown in it where the terminal can."""
    return click.style(word.upper(), fg=_COLOURS.get(word), bold=True)


def print_json(data: Any, *, ok: bool = True, problems: Sequence[dict[str, Any]] = ()) -> None:
    """The one shape of all JSON output."""
    shape = {"schema_version": SCHEMA_VERSION, "ok": ok, "problems": list(problems), "data": data}
    click.echo(json.dumps(shape, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    if hasattr(value, "total_seconds"):
        return value.total_seconds()
    raise TypeError(f"no JSON for {value!r}")


def print_error(ctx: click.Context, error: Exception) -> None:
    """What went wrong, in a line or two; as JSON too where that was asked for."""
    message = str(error).strip() or type(error).__name__
    if _wants_json(ctx):
        problem = {"code": type(error).__name__, "severity": "error", "message": message}
        print_json(None, ok=False, problems=[problem])
    remark(click.style("Error: ", fg="red", bold=True) + message)


def _wants_json(ctx: click.Context) -> bool:
    """Whether the command that ran was asked for JSON; its context is gone, its words are not."""
    return bool(ctx.find_root().meta.get("homebuy_plugin.json"))


def columns(rows: Sequence[Sequence[str]], indent: str = "  ") -> list[str]:
    """Rows as aligned columns, the last one ragged; styled words count by what is seen."""
    if not rows:
        return []
    widths = [max(len(click.unstyle(row[i])) for row in rows) for i in range(len(rows[0]) - 1)]
    return [indent + "  ".join([*_padded(row, widths), row[-1]]).rstrip() for row in rows]


def _padded(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [cell + " " * (width - len(click.unstyle(cell))) for cell, width in zip(row, widths, strict=False)]
