"""Who is told, and in which words. Rendered and frozen when the rung fires."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from homebuy_plugin.documents.letters import MissingPlaceholder, render
from homebuy_plugin.documents.letters import placeholders as named
from homebuy_plugin.documents.model import Template
from homebuy_plugin.engine.catalogue import Variable
from homebuy_plugin.engine.phrases import value_words
from homebuy_plugin.engine.variables import SCHEME_NAMES
from homebuy_plugin.types import Contact
from homebuy_plugin.workflow.candidate import Candidate
from homebuy_plugin.workflow.casework import Casework, NoticeDraft, Subject
from homebuy_plugin.workflow.definitions import clock_def, task_words
from homebuy_plugin.workflow.rungs import GRACE

UNDELIVERABLE = Contact(id="nobody", kind="contact", name="nobody")


@dataclass(frozen=True, slots=True)
class Letter:
    """What a rung wants sent: a template to recipients.

    Attributes:
        urgent: at any hour, and by itself.
    """

    to: tuple[str, ...]
    template: str
    channel: str | None = None
    urgent: bool = False


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@lru_cache(maxsize=4096)
def spell_date(on: date | None) -> str:
    """``Mon 30 Nov 2026``, independent of the machine's locale."""
    return "" if on is None else f"{_DAYS[on.weekday()]} {on.day} {_MONTHS[on.month - 1]} {on.year}"


def draft(
    case: Casework, candidate: Candidate, letter: Letter, about: Subject, at: datetime
) -> list[NoticeDraft]:
    """The notices of one letter, one for each person; somebody always gets it if anybody can."""
    people, why = recipients(case, letter.to, about, at)
    rule = candidate.rule
    return [
        _draft_one(case, candidate, letter, person, about, at, rule.catch_up if rule else None, why)
        for person in people
    ]


def _draft_one(
    case: Casework,
    candidate: Candidate,
    letter: Letter,
    person: Contact,
    about: Subject,
    at: datetime,
    catch_up: Any,
    why: str,
) -> NoticeDraft:
    template = case.world.template(letter.template, person.language or "en", letter.channel)
    subject, body = _written(case, template, candidate, letter, person, about, at)
    return NoticeDraft(
        rung=candidate.key,
        recipient=person,
        channel=letter.channel or (template.channel if template else "email"),
        template=letter.template,
        subject=subject,
        body=body,
        task=about.task.code if about.task else None,
        rule=candidate.key[3],
        version=candidate.version,
        instant=candidate.instant,
        late=case.now - candidate.instant >= GRACE,
        catch_up=catch_up if catch_up is not None else case.world.settings.catch_up,
        status="undeliverable" if person is UNDELIVERABLE else "pending",
        why=why,
        urgent=letter.urgent or (about.clock is not None and about.clock.kind == "statutory"),
    )


def _written(
    case: Casework,
    template: Template | None,
    candidate: Candidate,
    letter: Letter,
    person: Contact,
    about: Subject,
    at: datetime,
) -> tuple[str, str]:
    if template is not None:
        try:
            return render(template, placeholders(case, template, candidate, person, about, at))
        except MissingPlaceholder as problem:
            case.errors.append(str(problem))
    else:
        case.errors.append(f"the letter {letter.template!r} is not published; it was sent in plain words")
    return _plain(case, letter.template, about)


def _plain(case: Casework, template: str, about: Subject) -> tuple[str, str]:
    """Words of last resort: a letter that was published away or is flawed must not silence a warning."""
    reference = case.state.reference
    what = (task_words(case, about.task) if about.task else "") or "this case"
    due = (spell_date(about.clock.due_on) if about.clock else "") or "without a date"
    note = f"(The letter {template!r} is missing or cannot be written.)"
    return f"{reference}: {what}", f"Case {reference}: {what}, due {due}. {note}"


def recipients(
    case: Casework, tokens: Iterable[str], about: Subject, at: datetime
) -> tuple[list[Contact], str]:
    """Everybody named, once each; if nobody is there: the manager, then the default group."""
    on = case.local(at)
    found = _present(case, tokens, about, on)
    if found:
        return found, ""
    for fallback in ("manager", f"group:{case.world.settings.default_group}"):
        found = _present(case, (fallback,), about, on)
        if found:
            return found, f"nobody there, so {fallback.replace('group:', 'the group ')}"
    return [UNDELIVERABLE], "nobody there, no manager, and the default group is empty"


def _present(case: Casework, tokens: Iterable[str], about: Subject, on: date) -> list[Contact]:
    found: dict[tuple[str, str], Contact] = {}
    for token in tokens:
        for person in _expand(case, token, about, on):
            found.setdefault((person.kind, person.id), person)
    return list(found.values())


def _expand(case: Casework, whom: str, about: Subject, on: date) -> Iterable[Contact]:
    state = case.state
    if whom == "task_owner":
        return _officers(case, (about.task.owners if about.task else ()) or state.owners, on)
    if whom == "case_owner":
        return _officers(case, state.owners, on)
    if whom == "manager":
        return _officers(case, (state.manager,), on) if state.manager else ()
    if whom == "applicants":
        return [
            Contact(
                kind="applicant",
                id=a.id or f"{state.reference}/{i}",
                name=a.name,
                address=a.address,
                language=a.language,
            )
            for i, a in enumerate(state.applicants, 1)
        ]
    if whom.startswith("group:"):
        return case.directory.group(whom[6:], on, about.task.code if about.task else None)
    return _officers(case, (whom,), on)


def _officers(case: Casework, keys: Iterable[str], on: date) -> list[Contact]:
    """The officers who are there; a role becomes its officers of that date who are."""
    found, people = [], case.directory
    for key in keys:
        members = [o.key for o in people.members(key[5:], on)] if key[:5] == "role:" else (key,)
        found += [people.contact(m) for m in members if people.available(m, on)]
    return found


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
