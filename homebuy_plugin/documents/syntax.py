"""What is wrong with a text that is no JSON, in words that help.

The standard parser says "Expecting value" for most mistakes; the text around the place tells more.
"""

import re
from collections.abc import Callable

from homebuy_plugin.documents.diagnostics import Diagnostic, problem
from homebuy_plugin.documents.positions import TOKEN, Lines

Explained = tuple[Diagnostic, int, int]

_BLANK = " \t\r\n"
_PYTHON = {"True": "true", "False": "false", "None": "null", "nil": "null", "undefined": "null"}
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def explain(text: str, position: int, said: str) -> Explained:
    """The mistake at a place.

    Args:
        text: the whole text.
        position: where the parser stopped.
        said: what the parser said, the last resort.
    """
    for look in _LOOKS:
        found = look(text, position)
        if found is not None:
            return found
    message, help = _plain(said)
    return _mistake(message, help, min(position, max(len(text) - 1, 0)))


def _mistake(message: str, help: str, start: int, end: int | None = None) -> Explained:
    return problem("HB001", f"This is not valid JSON: {message}.", help), start, end or start + 1


def _empty(text: str, position: int) -> Explained | None:
    if text.strip(_BLANK):
        return None
    return _mistake("the file is empty", 'It begins with {"format": "homebuy.…/1", …}.', 0)


def _trailing_comma(text: str, position: int) -> Explained | None:
    # Up to Python 3.12 the parser stops at the bracket, from 3.13 on at the comma.
    comma = position if text[position : position + 1] == "," else _before(text, position)
    if comma < 0 or text[comma] != ",":
        return None
    after = text[comma + 1 :].lstrip(_BLANK)[:1]
    if after not in ("]", "}"):
        return None
    return _mistake(
        "a comma after the last item", "A comma after the last item is not allowed in JSON.", comma
    )


def _before(text: str, position: int) -> int:
    return len(text[:position].rstrip(_BLANK)) - 1


def _comment(text: str, position: int) -> Explained | None:
    for start in (position, _slash_before(text, position)):
        if text[start : start + 2] in ("//", "/*") or text[start : start + 1] == "#":
            return _mistake(
                "a comment", "JSON has no comments; use a “description” or “note” key.", start, start + 2
            )
    return None


def _slash_before(text: str, position: int) -> int:
    return position - 1 if text[position - 1 : position + 1] in ("//", "/*") else position


def _quotes(text: str, position: int) -> Explained | None:
    if text[position : position + 1] not in ("'", "‘", "’", "“", "”", "„", "`"):
        return None
    help = 'Write straight double quotation marks: "…". Word processors replace them.'
    return _mistake("text must stand in straight double quotation marks", help, position)


def _number(text: str, position: int) -> Explained | None:
    here, before = text[position : position + 1], text[position - 1 : position]
    if here and here in "+." and text[position + 1 : position + 2].isdigit():
        return _mistake("a number cannot begin like this", "Write 1, not +1, and 0.5, not .5.", position)
    if before == "0" and here.isdigit():
        return _mistake("a number cannot begin with 0", "Write 12, not 012.", position - 1, position + 1)
    return None


def _word(text: str, position: int) -> Explained | None:
    match = _WORD.match(text, position)
    if match is None:
        return None
    word = match.group()
    if word in _PYTHON:
        help = f"Write {_PYTHON[word]} in small letters without quotation marks."
    else:
        help = f'A text or key stands in double quotation marks: "{word[:40]}".'
    return _mistake(f"“{word[:40]}” stands here without quotation marks", help, position, match.end())


def _ends_early(text: str, position: int) -> Explained | None:
    if text[position:].strip(_BLANK):
        return None
    last = _before(text, len(text))
    return _mistake("the file ends too early", _unclosed(text), last)


def _unclosed(text: str) -> str:
    opened: list[tuple[str, int]] = []
    for match in TOKEN.finditer(text):
        if match.group() in "{[":
            opened.append((match.group(), match.start()))
        elif match.group() in "}]" and opened:
            opened.pop()
    if not opened:
        return "Something is missing at its end."
    bracket, start = opened[-1]
    return f"The {bracket} of line {Lines(text).place(start).line} is not closed."


_LOOKS: tuple[Callable[[str, int], Explained | None], ...] = (
    _empty,
    _trailing_comma,
    _comment,
    _quotes,
    _number,
    _word,
    _ends_early,
)


def _plain(said: str) -> tuple[str, str]:
    for start, words in _SAID.items():
        if said.startswith(start):
            return words
    return said[:1].lower() + said[1:], ""


_SAID: dict[str, tuple[str, str]] = {
    "Expecting ',' delimiter": (
        "a comma or a closing bracket is missing before this",
        "Items are parted by commas.",
    ),
    "Expecting ':' delimiter": ("a colon is missing before this", 'A key and its value: "key": value.'),
    "Expecting property name": ("a key in double quotation marks is expected here", 'For example "name": …'),
    "Expecting value": (
        "a value is expected here",
        "A text, a number, true, false, null, a list or an object.",
    ),
    "Extra data": ("something follows after the end of the document", "One file holds one document."),
    "Unterminated string": ("this text has no closing quotation mark", 'End it with ".'),
    "Invalid control character": (
        "a line break or tab stands inside a text",
        "Write \\n for a line break, \\t for a tab.",
    ),
    "Invalid \\": ("a backslash that begins no known sign", "Write \\\\ for a backslash itself."),
}
