"""Who is told, and in which words. Rendered and frozen when the rung fires."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from homebuy_plugin.documents.letters import MissingPlaceholder, render
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


def spell_date(on: date | None) -> str:
    """``Mon 30 Nov 2026``, independent of the machine's locale."""
    if on is None:
        return ""
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{days[on.weekday()]} {on.day} {months[on.month - 1]} {on.year}"


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
    values = placeholders(case, candidate, person, about, at)
    subject, body = _written(case, template, letter.template, values)
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
    case: Casework, template: Template | None, name: str, values: Mapping[str, str]
) -> tuple[str, str]:
    if template is not None:
        try:
            return render(template, values)
        except MissingPlaceholder as problem:
            case.errors.append(str(problem))
    else:
        case.errors.append(f"the letter {name!r} is not published; it was sent in plain words")
    return _plain(name, values)


def _plain(template: str, values: Mapping[str, str]) -> tuple[str, str]:
    """Words of last resort: a letter that was published away or is flawed must not silence a warning."""
    what = values.get("task_name") or "this case"
    due = values.get("due_on") or "without a date"
    note = f"(The letter {template!r} is missing or cannot be written.)"
    return f"{values['reference']}: {what}", f"Case {values['reference']}: {what}, due {due}. {note}"


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


def _expand(case: Casework, token: str, about: Subject, on: date) -> list[Contact]:
    head, _, name = token.partition(":")
    state = case.state
    if head == "task_owner":
        owners = (about.task.owners if about.task else ()) or state.owners
        return [p for o in owners for p in _officer(case, o, on)]
    if head == "case_owner":
        return [p for o in state.owners for p in _officer(case, o, on)]
    if head == "manager":
        return _officer(case, state.manager, on) if state.manager else []
    if head == "applicants":
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
    if head == "group":
        return list(case.directory.group(name, on, about.task.code if about.task else None))
    return _officer(case, token, on)


def _officer(case: Casework, key: str, on: date) -> list[Contact]:
    """An officer who is there; a role becomes its officers of that date who are."""
    if key.startswith("role:"):
        members = [o.key for o in case.directory.members(key.removeprefix("role:"), on)]
        return [case.directory.contact(m) for m in members if case.directory.available(m, on)]
    return [case.directory.contact(key)] if case.directory.available(key, on) else []


def placeholders(
    case: Casework, candidate: Candidate, person: Contact, about: Subject, at: datetime
) -> dict[str, str]:
    """What letters may name: texts only, and of the facts only those whitelisted."""
    state, today, clock = case.state, case.local(at), about.clock
    due = clock.due_on if clock else None
    stage = case.world.pack.stage(about.stage.code) if about.stage else None
    if stage is None and about.task:
        stage = case.world.pack.stage_of(about.task.code)
    definition = clock_def(case, clock) if clock else None
    basis = definition.legal_basis if definition else None
    values = {
        "reference": state.reference,
        "scheme_name": SCHEME_NAMES.get(state.scheme, state.scheme.replace("_", " ")),
        "task_name": task_words(case, about.task) if about.task else "",
        "stage_name": stage.name if stage else "",
        "clock_name": (definition.name or definition.code) if definition else "",
        "due_on": spell_date(due),
        "days_overdue": str(max(0, (today - due).days)) if due else "",
        "days_left": str(max(0, (due - today).days)) if due else "",
        "owner_name": _names(case, (about.task.owners if about.task else ()) or state.owners),
        "manager_name": _names(case, (state.manager,) if state.manager else ()),
        "recipient_name": person.name or person.id,
        "applicant_names": " and ".join(a.name for a in state.applicants),
        "rule_name": (candidate.rule.name or candidate.rule.id) if candidate.rule else "",
        "level": str(state.level),
        "today": spell_date(today),
        "served_on": spell_date(state.served_on),
        "legal_basis": f"{basis.instrument} s.{basis.section}" if basis and basis.section else "",
    }
    for name in case.world.in_letters:
        values.setdefault(name, _fact_text(case.world.catalogue.variables.get(name), state.facts.get(name)))
    return values


def _names(case: Casework, owners: Iterable[str]) -> str:
    return " and ".join(case.directory.contact(o).name or plain_name(o) for o in owners) or "nobody yet"


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
