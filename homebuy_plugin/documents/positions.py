"""Where in a JSON text each value and key stands.

The scanner runs only over text that ``json.loads`` has accepted, so it need not look for mistakes;
it keeps no recursion, and one regular expression without backtracking finds every token.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

# The unterminated string keeps a hostile text linear: a quote always begins a lexeme.
TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)

_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Span:
    """Offsets in the text, the end exclusive."""

    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a reader looks: lines and columns count characters from 1.

    Attributes:
        end_column: first column after it, on the same line.
        text: the whole source line.
    """

    line: int
    column: int
    end_column: int
    text: str


class Lines:
    """Offsets to lines and columns."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def place(self, start: int, end: int | None = None) -> Place:
        """The place of ``text[start:end]``; what runs over its line's end is cut there."""
        number = bisect_right(self._starts, start)
        first = self._starts[number - 1]
        text = self._line(number)
        column = start - first + 1
        until = column + 1 if end is None else end - first + 1
        return Place(
            line=number,
            column=column,
            end_column=max(column + 1, min(until, len(text) + 1)),
            text=text,
        )

    def _line(self, number: int) -> str:
        end = self._starts[number] if number < len(self._starts) else len(self._text)
        return self._text[self._starts[number - 1] : end].rstrip("\r\n")


@dataclass
class _Frame:
    """An object or list that is not closed yet."""

    pointer: str
    start: int
    is_object: bool
    index: int = 0
    key: str | None = None
    seen: set[str] = field(default_factory=set)

    def child(self) -> str:
        return f"{self.pointer}/{escaped(self.key) if self.key is not None else self.index}"


class Positions:
    """JSON pointers of one text to where their values and keys stand.

    Attributes:
        values: pointer of every value to its span; of a key written twice the last one counts.
        keys: pointer of every object member to the span of its key.
        duplicates: pointer and span of each key that its object had already.
    """

    def __init__(self, text: str) -> None:
        self.lines = Lines(text)
        self.values: dict[str, Span] = {}
        self.keys: dict[str, Span] = {}
        self.duplicates: list[tuple[str, Span]] = []
        self._open: list[_Frame] = []
        self._brackets: set[str] = set()
        for lexeme in _tokens(text):
            self._take(*lexeme)

    def _take(self, lexeme: str, start: int, end: int) -> None:
        frame = self._open[-1] if self._open else None
        if lexeme in "{[":
            pointer = frame.child() if frame else ""
            self._open.append(_Frame(pointer=pointer, start=start, is_object=lexeme == "{"))
        elif lexeme in "}]":
            closed = self._open.pop()
            self.values[closed.pointer] = Span(start=closed.start, end=end)
            self._brackets.add(closed.pointer)
        elif lexeme == ",":
            self._next_member()
        elif lexeme != ":":
            self._scalar(frame, lexeme, Span(start=start, end=end))

    def _next_member(self) -> None:
        frame = self._open[-1]
        frame.index += 1
        frame.key = None

    def _scalar(self, frame: _Frame | None, lexeme: str, span: Span) -> None:
        if frame and frame.is_object and frame.key is None:
            self._key(frame, unquoted(lexeme), span)
        else:
            self.values[frame.child() if frame else ""] = span

    def _key(self, frame: _Frame, key: str, span: Span) -> None:
        frame.key = key
        pointer = frame.child()
        if key in frame.seen:
            self.duplicates.append((pointer, span))
        frame.seen.add(key)
        self.keys[pointer] = span

    def nearest(self, pointer: str, *, key: bool = False) -> Span:
        """Where a pointer stands, or its nearest ancestor that is there at all.

        Args:
            pointer: JSON pointer.
            key: the member's key rather than its value.
        """
        if key and pointer in self.keys:
            return self.keys[pointer]
        while pointer and pointer not in self.values:
            pointer = pointer.rpartition("/")[0]
        span = self.values[pointer]
        # An object or list is marked by its opening bracket; all of it would be half the file.
        return Span(start=span.start, end=span.start + 1) if pointer in self._brackets else span

    def place(self, pointer: str, *, key: bool = False) -> Place:
        """The same as line and column."""
        span = self.nearest(pointer, key=key)
        return self.lines.place(span.start, span.end)


def _tokens(text: str) -> Iterator[tuple[str, int, int]]:
    for match in TOKEN.finditer(text):
        yield match.group(), match.start(), match.end()


def escaped(key: str) -> str:
    """A key as one step of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def unquoted(lexeme: str) -> str:
    """The text that a JSON string token writes."""
    inner = lexeme[1:-1]
    if "\\" not in inner:
        return inner
    text = _ESCAPE.sub(_unescape, inner)
    # Two escaped surrogates are one character, as for json.loads.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _unescape(match: re.Match[str]) -> str:
    code = match.group(1)
    return chr(int(code[1:], 16)) if code[0] == "u" and len(code) == 5 else _ESCAPES.get(code, code)
