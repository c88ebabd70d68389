"""Decide one rung: what its rule saw, whether it fires, and what it does."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from homebuy_plugin.documents.model import EscalationRule
from homebuy_plugin.workflow.candidate import Candidate, decided
from homebuy_plugin.workflow.casework import Casework, NoticeDraft, Subject
from homebuy_plugin.workflow.effects import carry_out
from homebuy_plugin.workflow.follow_ons import BEFORE_GO_LIVE
from homebuy_plugin.workflow.ladders import NEEDS_OWNER, TARGET_PASSED
from homebuy_plugin.workflow.letter_words import spell_date
from homebuy_plugin.workflow.notices import Letter, draft
from homebuy_plugin.workflow.records import considered_json, rung_json
from homebuy_plugin.workflow.rulings import Ruling, rule_on
from homebuy_plugin.workflow.state import RungState
from homebuy_plugin.workflow.variables import snapshot

RULE_FAILED = "rule_failed"
"""Built-in letter: a rule could not be evaluated."""
LAST_ATTEMPT = 8
_LONGEST_WAIT = timedelta(hours=1)


def decide(case: Casework, candidate: Candidate) -> None:
    """Decide a rung at its instant, or at the case's last event if that is later."""
    at = max(candidate.instant, case.state.last_at)
    if _before_go_live(case, candidate):
        decided(case, candidate, BEFORE_GO_LIVE, at)
        return
    about = subject_of(case, candidate)
    if candidate.rule is None:
        _built_in(case, candidate, about, at)
        return
    _decide(case, candidate, candidate.rule, about, at, None)


def _before_go_live(case: Casework, candidate: Candidate) -> bool:
    """Whether it is only put on record; a legal date moved later is told of, however long it is past."""
    live_from, moved = case.state.live_from, candidate.rule is None and candidate.key[2] > 1
    return live_from is not None and candidate.instant < live_from and not moved


def retry(case: Casework, rung: RungState, when: datetime) -> None:
    """Try an errored rung again, on the facts it saw then, by its rule as it has become."""
    at = max(case.state.last_at, when)
    rule, version = case.world.rule_at(rung.key[3], at) or (None, rung.version)
    candidate = Candidate(rung.key, rule, version, rung.instant, rung.on)
    if rule is None or rule.state == "off":
        decided(case, candidate, "errored", at, attempts=LAST_ATTEMPT)
        return
    _decide(case, candidate, rule, subject_of(case, candidate), at, rung)


def subject_of(case: Casework, candidate: Candidate) -> Subject:
    """What a rung is about: its clock and task, or its stage."""
    source = candidate.key[:2]
    found: Subject | None = case.agenda.subjects.get(source)
    if found is None:
        found = case.agenda.subjects[source] = _subject_of(case, *source)
    return found


def _subject_of(case: Casework, subject: str, clock_code: str) -> Subject:
    owner = subject.partition(":")[2]
    clock = case.state.clocks.get(f"{owner}:{clock_code}") if clock_code != "-" else None
    if clock is not None:
        return case.subject(clock=clock)
    if subject.startswith("task:"):
        return case.subject(task=case.state.tasks[owner])
    return Subject()


def _decide(
    case: Casework,
    candidate: Candidate,
    rule: EscalationRule,
    about: Subject,
    at: datetime,
    earlier: RungState | None,
) -> None:
    attempts = earlier.attempts if earlier else 0
    ruling = rule_on(case, rule, about, at, earlier.inputs if earlier else None)
    if ruling.error is not None:
        _errored(case, candidate, rule, about, at, ruling, 1 + attempts)
        return
    fires = ruling.applies and rule.state != "watch"
    outcome = "fired" if fires else "not_fired"
    notices = _notices(case, candidate, ruling.letters, about, at) if fires else []
    _record(case, candidate, rule, outcome, ruling)
    decided(case, candidate, outcome, at, notices=_addressed(notices), attempts=attempts)
    case.notices.extend(notices)
    if fires:
        carry_out(case, candidate, about, ruling.effects, at)


def _notices(
    case: Casework, candidate: Candidate, letters: Sequence[Letter], about: Subject, at: datetime
) -> list[NoticeDraft]:
    """The notices of a rung that fires, one for each person and letter."""
    found = [n for letter in letters for n in draft(case, candidate, letter, about, at)]
    if len(letters) < 2:  # a letter names nobody twice
        return found
    return list({(n.recipient.kind, n.recipient.id, n.template): n for n in reversed(found)}.values())[::-1]


def _addressed(notices: list[NoticeDraft]) -> int:
    """How many of them have somebody to go to."""
    return len([n for n in notices if n.status != "undeliverable"])


def _errored(
    case: Casework,
    candidate: Candidate,
    rule: EscalationRule,
    about: Subject,
    at: datetime,
    ruling: Ruling,
    attempts: int,
) -> None:
    """An error is never "no match": it is recorded, told once, and tried again on the facts of now."""
    wait = min(_LONGEST_WAIT, timedelta(minutes=2**attempts))
    letter = Letter(to=("manager", f"group:{case.world.settings.default_group}"), template=RULE_FAILED)
    notices = [] if _erred_before(case, rule) else _notices(case, candidate, [letter], about, at)
    _record(case, candidate, rule, "errored", ruling)
    decided(
        case,
        candidate,
        "errored",
        at,
        attempts=attempts,
        retry_at=max(case.now, at) + wait if attempts < LAST_ATTEMPT else None,
        inputs=snapshot(case, at, about) if attempts == 1 else None,
    )
    case.notices.extend(notices)
    case.errors.append(f"rule {rule.id}: {ruling.error}")


def _erred_before(case: Casework, rule: EscalationRule) -> bool:
    """Whether this case has an error of the rule on record, so that people know of it."""
    return any(k[3] == rule.id and r.outcome == "errored" for k, r in case.state.rungs.items())


def _record(case: Casework, candidate: Candidate, rule: EscalationRule, outcome: str, ruling: Ruling) -> None:
    because = "watch" if rule.state == "watch" else ruling.error or ""
    case.records[candidate.key] = rung_json(
        rule.id,
        candidate.version,
        outcome,
        candidate.dates[0],
        _text(case, candidate, rule, outcome, ruling),
        considered_json(rule.id, rule.name, ruling.applies, because, ruling.conditions),
    )


def _text(case: Casework, candidate: Candidate, rule: EscalationRule, outcome: str, ruling: Ruling) -> str:
    name = f"“{rule.name or rule.id}” (version {candidate.version})"
    when = spell_date(case.local(candidate.instant))
    if ruling.error is not None:
        return f"{name} could not be evaluated on {when}: {ruling.error}."
    clause = f" because {ruling.told}" if ruling.told else ""
    if rule.state == "watch":
        would = "would have" if ruling.applies else "would not have"
        return f"{name} is being watched: on {when} it {would} fired{clause}."
    return f"{name} {'fired' if outcome == 'fired' else 'did not fire'} on {when}{clause}."


def _built_in(case: Casework, candidate: Candidate, about: Subject, at: datetime) -> None:
    """The rungs no landlord can switch off."""
    letter, text = _built_in_letter(case, candidate)
    notices = _notices(case, candidate, [letter], about, at)
    case.records[candidate.key] = rung_json(candidate.key[3], None, "fired", candidate.dates[0], text)
    decided(case, candidate, "fired", at, notices=_addressed(notices))
    case.notices.extend(notices)


def _built_in_letter(case: Casework, candidate: Candidate) -> tuple[Letter, str]:
    group = f"group:{case.world.settings.default_group}"
    if candidate.key[3] == NEEDS_OWNER:
        return Letter(to=("manager", group), template=NEEDS_OWNER), "The case still has no owner."
    passed = spell_date(candidate.on)
    text = f"A date set by law passed on {passed} and no rule of the landlord told anybody."
    return Letter(to=("case_owner", "manager", group), template=TARGET_PASSED), text
