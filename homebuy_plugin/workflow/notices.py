"""Who is told. A notice is rendered and frozen when its rung fires."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from homebuy_plugin.documents.letters import MissingPlaceholder, render
from homebuy_plugin.documents.model import Template
from homebuy_plugin.types import Contact
from homebuy_plugin.workflow.candidate import Candidate
from homebuy_plugin.workflow.casework import Casework, NoticeDraft, Subject
from homebuy_plugin.workflow.definitions import task_words
from homebuy_plugin.workflow.letter_words import placeholders, spell_date
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
