"""Letters with ``((placeholders))``, written as in GOV.UK Notify.

``((name))`` becomes a value; ``((flag??text))`` becomes the text where the flag is yes. That is the
whole language: no loops, no calls, no nesting, and a value is never read for placeholders again.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from homebuy_plugin.documents.diagnostics import Diagnostic, problem
from homebuy_plugin.documents.model import Template
from homebuy_plugin.engine.diagnostics import clipped, quoted
from homebuy_plugin.exceptions import HomeBuyError

LONGEST_SUBJECT = 250
LONGEST_BODY = 20_000
LONGEST_LETTER = 100_000
"""Characters of a rendered letter: a value may be long, or stand in it often."""

PLACEHOLDERS: Mapping[str, str] = {
    "reference": "the host's reference of the case",
    "scheme_name": "for example Right to Buy",
    "task_name": "the task it is about",
    "stage_name": "the stage it is about",
    "clock_name": "the deadline it is about",
    "due_on": "the last day in time, for example Mon 30 Nov 2026",
    "days_overdue": "days since then, 0 before",
    "days_left": "days until then, 0 after",
    "owner_name": "who has the task or case",
    "manager_name": "who answers for the case",
    "recipient_name": "who gets this letter",
    "applicant_names": "the applicants, with commas and “and”",
    "rule_name": "the rule that sent it",
    "level": "the escalation level of the case",
    "today": "the date of the letter",
    "legal_basis": "for example Housing Act 1985 s.124(1)",
}
"""What every letter may show; attributes with ``in_letters`` come on top."""

_MARK = re.compile(r"\(\(([^()]*)\)\)")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_NO = frozenset({"", "no", "false", "0"})


class MissingPlaceholder(HomeBuyError):
    """A letter needs a value that was not given.

    Attributes:
        template: id of the template.
        name: the placeholder.
    """

    def __init__(self, template: str, name: str) -> None:
        self.template, self.name = template, name
        super().__init__(f"The letter {template!r} needs (({name})), and there is no value for it.")


@dataclass(frozen=True, kw_only=True)
class Placeholder:
    """One mark in a letter.

    Attributes:
        name: of the value.
        text: what stands there if the value is yes; None for the value itself.
    """

    name: str
    text: str | None = None


def marks(text: str) -> Iterator[Placeholder]:
    """Every mark of a text, in order."""
    for match in _MARK.finditer(text):
        name, flag, shown = match.group(1).partition("??")
        yield Placeholder(name=name.strip(), text=shown if flag else None)


@lru_cache(maxsize=1024)
def placeholders(text: str) -> tuple[str, ...]:
    """The names a text asks for, each once, in order."""
    return tuple(dict.fromkeys(mark.name for mark in marks(text)))


def render(template: Template, values: Mapping[str, str]) -> tuple[str, str]:
    """Subject and body with their values put in.

    Args:
        template: a checked template.
        values: placeholder to text; a flag counts as no where it is "", "no", "false" or "0".

    Raises:
        MissingPlaceholder: the template names something that ``values`` lacks.
    """
    subject = " ".join(_filled(template, template.subject, values).split())
    return subject, _filled(template, template.body, values)[:LONGEST_LETTER]


def _filled(template: Template, text: str, values: Mapping[str, str]) -> str:
    form = _form(text)
    try:
        if form.flags:
            values = {
                **values,
                **{key: shown if _yes(values[name]) else "" for key, name, shown in form.flags},
            }
        return form.pattern % values
    except KeyError as missing:
        raise MissingPlaceholder(template.id, missing.args[0]) from None


def _yes(value: str) -> bool:
    return value.strip().lower() not in _NO


@dataclass(frozen=True, slots=True)
class _Form:
    """A text as ``%`` fills it in: a tick writes one letter thousands of times.

    Attributes:
        flags: of every mark with a text of its own its key in the pattern, its name, and the text.
    """

    pattern: str
    flags: tuple[tuple[str, str, str], ...]


@lru_cache(maxsize=1024)
def _form(text: str) -> _Form:
    parts, flags, end = [], {}, 0
    for match in _MARK.finditer(text):
        (mark,), key = marks(match.group()), match.group(1)
        if mark.text is None:
            key = mark.name
        else:
            flags[key] = (key, mark.name, mark.text)
        parts += [text[end : match.start()].replace("%", "%%"), f"%({key})s"]
        end = match.end()
    return _Form("".join(parts) + text[end:].replace("%", "%%"), tuple(flags.values()))


def explain_markup(text: str) -> Iterator[Diagnostic]:
    """Marks that are not well written; their names are checked with the whole set."""
    for mark in marks(text):
        if not _NAME.fullmatch(mark.name):
            message = f"{quoted('((' + mark.name + '))')} is no placeholder."
            yield problem("HB301", message, "A name has small letters, digits and _: ((due_on)).")
    rest = _MARK.sub("", text)
    for bracket, missing in (("((", "))"), ("))", "((")):
        if bracket in rest:
            near = clipped(rest[max(0, rest.index(bracket) - 10) :][:40])
            message = f"{quoted(bracket)} has no {quoted(missing)}, near {quoted(near)}."
            yield problem(
                "HB302", message, "Write ((name)) or ((flag??text)); marks cannot stand in each other."
            )
