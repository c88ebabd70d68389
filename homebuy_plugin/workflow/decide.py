"""Decide one rung: what its rule saw, whether it fires, and what it does."""

from datetime import datetime, timedelta
from typing import Any

from homebuy_plugin.documents.model import EscalationRule
from homebuy_plugin.engine.actions import Intent, run_rule
from homebuy_plugin.engine.conditions import Evaluation, recalled
from homebuy_plugin.exceptions import InvalidDocument
from homebuy_plugin.types import DecisionRecord, RuleConsidered
from homebuy_plugin.workflow.candidate import Candidate, decided
from homebuy_plugin.workflow.casework import Casework, NoticeDraft, Subject
from homebuy_plugin.workflow.effects import carry_out
from homebuy_plugin.workflow.follow_ons import BEFORE_GO_LIVE
from homebuy_plugin.workflow.notices import Letter, draft, spell_date
from homebuy_plugin.workflow.records import record_json, told
from homebuy_plugin.workflow.rungs import NEEDS_OWNER, TARGET_PASSED
from homebuy_plugin.workflow.state import RungState
from homebuy_plugin.workflow.variables import reader, snapshot

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
    subject, clock_code = candidate.key[:2]
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
    inputs = earlier.inputs if earlier else None
    evaluation, intents = _evaluate(case, rule, about, at, inputs)
    if evaluation.error is not None:
        _errored(case, candidate, rule, about, at, evaluation, 1 + (earlier.attempts if earlier else 0))
        return
    fires = evaluation.result and rule.state != "watch"
    outcome = "fired" if fires else "not_fired"
    notices = _notices(case, candidate, [_letter(i) for i in intents if i.name == "notify"], about, at, fires)
    _record(case, candidate, rule, outcome, evaluation)
    attempts = earlier.attempts if earlier else 0
    decided(case, candidate, outcome, at, notices=_addressed(notices), attempts=attempts)
    case.notices.extend(notices)
    if fires:
        carry_out(case, candidate, about, intents, at)


def _evaluate(
    case: Casework, rule: EscalationRule, about: Subject, at: datetime, inputs: dict[str, Any] | None
) -> tuple[Evaluation, tuple[Intent, ...]]:
    values = reader(case, at, about)
    try:
        conditions = case.world.compiled(rule.conditions)
        actions = case.world.actions(rule)
    except InvalidDocument as problem:
        return Evaluation(result=False, error=str(problem)), ()
    seen = recalled(inputs, values, case.world.catalogue) if inputs else values
    return run_rule(conditions, actions, seen)


def _notices(
    case: Casework, candidate: Candidate, letters: list[Letter], about: Subject, at: datetime, fires: bool
) -> list[NoticeDraft]:
    """The notices of a rung that fires, one for each person and letter."""
    found = [n for letter in letters for n in draft(case, candidate, letter, about, at)] if fires else []
    return list({(n.recipient.kind, n.recipient.id, n.template): n for n in reversed(found)}.values())[::-1]


def _addressed(notices: list[NoticeDraft]) -> int:
    """How many of them have somebody to go to."""
    return sum(n.status != "undeliverable" for n in notices)


def _letter(intent: Intent) -> Letter:
    to = intent.params["to"]
    return Letter(
        to=(to,) if isinstance(to, str) else tuple(to),
        template=intent.params["template"],
        channel=intent.params.get("channel"),
        urgent=bool(intent.params.get("urgent")),
    )


def _errored(
    case: Casework,
    candidate: Candidate,
    rule: EscalationRule,
    about: Subject,
    at: datetime,
    evaluation: Evaluation,
    attempts: int,
) -> None:
    """An error is never "no match": it is recorded, told once, and tried again on the facts of now."""
    wait = min(_LONGEST_WAIT, timedelta(minutes=2**attempts))
    letter = Letter(to=("manager", f"group:{case.world.settings.default_group}"), template=RULE_FAILED)
    notices = _notices(case, candidate, [letter], about, at, not _erred_before(case, rule))
    _record(case, candidate, rule, "errored", evaluation)
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
    case.errors.append(f"rule {rule.id}: {evaluation.error}")


def _erred_before(case: Casework, rule: EscalationRule) -> bool:
    """Whether this case has an error of the rule on record, so that people know of it."""
    return any(k[3] == rule.id and r.outcome == "errored" for k, r in case.state.rungs.items())


def _record(
    case: Casework, candidate: Candidate, rule: EscalationRule, outcome: str, evaluation: Evaluation
) -> None:
    considered = RuleConsidered(
        rule=rule.id,
        name=rule.name,
        applied=evaluation.result,
        because="watch" if rule.state == "watch" else evaluation.error or "",
        conditions=evaluation.seen,
    )
    record = DecisionRecord(
        kind="escalation",
        outcome=outcome,
        rule=rule.id,
        rule_version=candidate.version,
        at=candidate.instant,
        considered=(considered,),
        text=_text(case, candidate, rule, outcome, evaluation),
    )
    case.records[candidate.key] = record_json(record)


def _text(
    case: Casework, candidate: Candidate, rule: EscalationRule, outcome: str, evaluation: Evaluation
) -> str:
    name = f"“{rule.name or rule.id}” (version {candidate.version})"
    when = spell_date(case.local(candidate.instant))
    if evaluation.error is not None:
        return f"{name} could not be evaluated on {when}: {evaluation.error}."
    seen = told(evaluation.seen, case.world.catalogue)
    clause = f" because {seen}" if seen else ""
    if rule.state == "watch":
        would = "would have" if evaluation.result else "would not have"
        return f"{name} is being watched: on {when} it {would} fired{clause}."
    return f"{name} {'fired' if outcome == 'fired' else 'did not fire'} on {when}{clause}."


def _built_in(case: Casework, candidate: Candidate, about: Subject, at: datetime) -> None:
    """The rungs no landlord can switch off."""
    letter, text = _built_in_letter(case, candidate)
    notices = _notices(case, candidate, [letter], about, at, True)
    record = DecisionRecord(
        kind="escalation",
        outcome="fired",
        rule=candidate.key[3],
        rule_version=None,
        at=candidate.instant,
        text=text,
    )
    case.records[candidate.key] = record_json(record)
    decided(case, candidate, "fired", at, notices=_addressed(notices))
    case.notices.extend(notices)


def _built_in_letter(case: Casework, candidate: Candidate) -> tuple[Letter, str]:
    group = f"group:{case.world.settings.default_group}"
    if candidate.key[3] == NEEDS_OWNER:
        return Letter(to=("manager", group), template=NEEDS_OWNER), "The case still has no owner."
    passed = spell_date(candidate.on)
    text = f"A date set by law passed on {passed} and no rule of the landlord told anybody."
    return Letter(to=("case_owner", "manager", group), template=TARGET_PASSED), text
