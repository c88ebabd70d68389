"""Problems in documents with the line and column they stand at."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from homebuy_plugin.documents.codes import CODES
from homebuy_plugin.documents.positions import Place, Positions
from homebuy_plugin.engine.diagnostics import Diagnostic, below

NOWHERE = Place(line=1, column=1, end_column=2, text="")

_AT_KEY = frozenset({"HB002", "HB010", "HB103", "HB122"})
"""Codes that are about a key, not about its value."""


@dataclass(frozen=True, kw_only=True)
class Located:
    """A problem at its place in a file.

    Attributes:
        source: file name or document name.
        diagnostic: code, JSON pointer, message, help and severity.
        place: line, column and the source line.
    """

    source: str
    diagnostic: Diagnostic
    place: Place = NOWHERE

    @property
    def code(self) -> str:
        """Stable code, ``HB`` and three digits."""
        return self.diagnostic.code

    @property
    def pointer(self) -> str:
        """JSON pointer; ``""`` is the whole document."""
        return self.diagnostic.pointer

    @property
    def message(self) -> str:
        """What is wrong, in a sentence."""
        return self.diagnostic.message

    @property
    def help(self) -> str:
        """What to write instead, or ""."""
        return self.diagnostic.help

    @property
    def severity(self) -> str:
        """``error`` or ``warning``."""
        return self.diagnostic.severity

    @property
    def line(self) -> int:
        """Line, from 1."""
        return self.place.line

    @property
    def column(self) -> int:
        """Column in characters, from 1."""
        return self.place.column

    @property
    def is_error(self) -> bool:
        """Whether it stops the document from being used."""
        return self.severity == "error"


def locate(diagnostics: Iterable[Diagnostic], source: str, positions: Positions | None) -> list[Located]:
    """Give each diagnostic its line and column, in order of place."""
    located = [
        Located(source=source, diagnostic=diagnostic, place=_place(diagnostic, positions))
        for diagnostic in diagnostics
    ]
    return sorted(located, key=_order)


def _place(diagnostic: Diagnostic, positions: Positions | None) -> Place:
    if positions is None:
        return NOWHERE
    return positions.place(diagnostic.pointer, key=diagnostic.code in _AT_KEY)


def _order(problem: Located) -> tuple[int, int, str, str]:
    return (problem.line, problem.column, problem.code, problem.message)


def in_order(problems: Iterable[Located]) -> list[Located]:
    """Problems of several files: by file, then by place."""
    return sorted(problems, key=lambda problem: (problem.source, *_order(problem)))


def errors(problems: Iterable[Located]) -> list[Located]:
    """Those that are not warnings."""
    return [problem for problem in problems if problem.is_error]


def problem(code: str, message: str, help: str = "", pointer: str = "") -> Diagnostic:
    """An error, by default at the value itself; :func:`moved` puts it where that value stands."""
    return Diagnostic(code=code, pointer=pointer, message=message, help=help)


def warning(code: str, message: str, help: str = "", pointer: str = "") -> Diagnostic:
    """A warning: nothing is refused for it."""
    return Diagnostic(code=code, pointer=pointer, message=message, help=help, severity="warning")


def moved(diagnostic: Diagnostic, pointer: str) -> Diagnostic:
    """The same problem with its pointer below another."""
    return replace(diagnostic, pointer=pointer + diagnostic.pointer)


__all__ = [
    "CODES",
    "Diagnostic",
    "Located",
    "below",
    "errors",
    "in_order",
    "locate",
    "moved",
    "problem",
    "warning",
]
