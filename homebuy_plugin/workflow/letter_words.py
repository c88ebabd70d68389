"""The words that letters show of a case: only those that a letter names are looked up."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import lru_cache

from homebuy_plugin.documents.letters import placeholders as named
from homebuy_plugin.documents.model import Template
from homebuy_plugin.engine.catalogue import Variable
from homebuy_plugin.engine.phrases import value_words
from homebuy_plugin.engine.variables import SCHEME_NAMES
from homebuy_plugin.types import Contact
from homebuy_plugin.workflow.candidate import Candidate
from homebuy_plugin.workflow.casework import Casework, Subject
from homebuy_plugin.workflow.definitions import clock_def, task_words

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@lru_cache(maxsize=4096)
def spell_date(on: date | None) -> str:
    """``Mon 30 Nov 2026``, independent of the machine's locale."""
    return "" if on is None else f"{_DAYS[on.weekday()]} {on.day} {_MONTHS[on.month - 1]} {on.year}"


def placeholders(
    case: Casework, template: Template, candidate: Candidate, person: Contact, about: Subject, at: datetime
) -> dict[str, str]:
    """What a letter names: texts only, and of the facts only those whitelisted."""
    world, today = case.world, case.local(at)
    words, others = _asked(template.subject, template.body)
    values = {name: word(case, candidate, person, about, today) for name, word in words}
    for name in others:
        if name in world.in_letters:
            values[name] = _fact_text(world.catalogue.variables.get(name), case.state.facts.get(name))
    return values


@lru_cache(maxsize=1024)
def _asked(subject: str, body: str) -> tuple[tuple[tuple[str, "Word"], ...], tuple[str, ...]]:
    """The words that a letter names, with what finds each; and what else it names."""
    names = dict.fromkeys((*named(subject), *named(body)))
    return tuple((n, _WORDS[n]) for n in names if n in _WORDS), tuple(n for n in names if n not in _WORDS)


def _stage_name(case: Casework, c: Candidate, person: Contact, about: Subject, today: date) -> str:
    pack = case.world.pack
    stage = pack.stage(about.stage.code) if about.stage else None
    if stage is None and about.task:
        stage = pack.stage_of(about.task.code)
    return stage.name if stage else ""


def _clock_name(case: Casework, c: Candidate, person: Contact, about: Subject, today: date) -> str:
    definition = clock_def(case, about.clock) if about.clock else None
    return (definition.name or definition.code) if definition else ""


def _legal_basis(case: Casework, c: Candidate, person: Contact, about: Subject, today: date) -> str:
    definition = clock_def(case, about.clock) if about.clock else None
    basis = definition.legal_basis if definition else None
    return f"{basis.instrument} s.{basis.section}" if basis and basis.section else ""


def _days_overdue(case: Casework, c: Candidate, person: Contact, about: Subject, today: date) -> str:
    due = about.clock.due_on if about.clock else None
    return str(max(0, (today - due).days)) if due else ""


def _days_left(case: Casework, c: Candidate, person: Contact, about: Subject, today: date) -> str:
    due = about.clock.due_on if about.clock else None
    return str(max(0, (due - today).days)) if due else ""


def _owner_name(case: Casework, c: Candidate, person: Contact, about: Subject, today: date) -> str:
    return _names(case, (about.task.owners if about.task else ()) or case.state.owners)


Word = Callable[[Casework, Candidate, Contact, Subject, date], str]

_WORDS: dict[str, Word] = {
    "reference": lambda case, c, p, s, today: case.state.reference,
    "scheme_name": lambda case, c, p, s, today: SCHEME_NAMES.get(
        case.state.scheme, case.state.scheme.replace("_", " ")
    ),
    "task_name": lambda case, c, p, s, today: task_words(case, s.task) if s.task else "",
    "stage_name": _stage_name,
    "clock_name": _clock_name,
    "due_on": lambda case, c, p, s, today: spell_date(s.clock.due_on) if s.clock else "",
    "days_overdue": _days_overdue,
    "days_left": _days_left,
    "owner_name": _owner_name,
    "manager_name": lambda case, c, p, s, today: _names(case, filter(None, (case.state.manager,))),
    "recipient_name": lambda case, c, p, s, today: p.name or p.id,
    "applicant_names": lambda case, c, p, s, today: " and ".join(a.name for a in case.state.applicants),
    "rule_name": lambda case, c, p, s, today: (c.rule.name or c.rule.id) if c.rule else "",
    "level": lambda case, c, p, s, today: str(case.state.level),
    "today": lambda case, c, p, s, today: spell_date(today),
    "served_on": lambda case, c, p, s, today: spell_date(case.state.served_on),
    "legal_basis": _legal_basis,
}
"""What finds the words that letters may name beside facts."""


def _names(case: Casework, owners: Iterable[str]) -> str:
    return " and ".join([case.directory.contact(o).name or plain_name(o) for o in owners]) or "nobody yet"


def plain_name(officer: str) -> str:
    """Words for ``kind:id`` without a name on file: a user by id, a role by its code."""
    kind, _, ident = officer.partition(":")
    return f"the {ident.replace('_', ' ')}" if kind == "role" else ident


def _fact_text(variable: Variable | None, value: object) -> str:
    """A fact as letters show it: yes or nothing, days of the week with dates, else as explanations do."""
    if value is None or variable is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, date) and not isinstance(value, datetime):
        return spell_date(value)
    return value_words(variable, value, quoted=False)
