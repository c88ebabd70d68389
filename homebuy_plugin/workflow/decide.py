"""Decide one rung: what its rule saw, whether it fires, and what it does."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from homebuy_plugin.engine.actions import Intent, run_rule
from homebuy_plugin.engine.conditions import Evaluation, recalled
from homebuy_plugin.exceptions import InvalidDocument
from homebuy_plugin.types import DecisionRecord, RuleConsidered
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.casework import Casework, NoticeDraft, Subject
from homebuy_plugin.workflow.effects import carry_out
from homebuy_plugin.workflow.notices import Letter, draft, spell_date
from homebuy_plugin.workflow.records import record_json, told
from homebuy_plugin.workflow.rungs import NEEDS_OWNER, TARGET_PASSED, Candidate, decided
from homebuy_plugin.workflow.state import RungState
from homebuy_plugin.workflow.variables import reader

RULE_FAILED = "rule_failed"
"""Built-in letter: a rule could not be evaluated."""
LAST_ATTEMPT = 8
_LONGEST_WAIT = timedelta(hours=1)


def decide(case: Casework, candidate: Candidate) -> None:
    """Decide a rung at its instant, or at the case's last event if that is later."""
    at = max(candidate.instant, case.state.last_at)
    about = subject_of(case, candidate)
    if candidate.rule is None:
        _built_in(case, candidate, about, at)
        return
    evaluation, intents = _evaluate(case, candidate, about, at, None)
    _settle_outcome(case, candidate, about, at, evaluation, intents, attempts=1)


def retry(case: Casework, rung: RungState) -> None:
    """Try an errored rung again, on the facts it saw then."""
    found = case.world.latest_rule(rung.key[3])
    at = max(case.state.last_at, rung.retry_at or rung.decided_at)
    if found is None:
        candidate = Candidate(rung.key, None, rung.version, rung.instant, rung.on)
        decided(
            case, candidate, "errored", at, attempts=LAST_ATTEMPT, notices=rung.notices, inputs=rung.inputs
        )
        return
    rule, version = found
    candidate = Candidate(rung.key, rule, version, rung.instant, rung.on)
    about = subject_of(case, candidate)
    evaluation, intents = _evaluate(case, candidate, about, at, rung.inputs)
    _settle_outcome(case, candidate, about, at, evaluation, intents, attempts=rung.attempts + 1)


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


def _evaluate(
    case: Casework, candidate: Candidate, about: Subject, at: datetime, inputs: dict[str, Any] | None
) -> tuple[Evaluation, tuple[Intent, ...]]:
    rule = candidate.rule
    assert rule is not None  # noqa: S101 - built-in rungs do not come here
    values = reader(case, at, about)
    try:
        conditions = case.world.compiled(rule.conditions)
        actions = case.world.actions(rule)
    except InvalidDocument as problem:
        return Evaluation(result=False, error=str(problem)), ()
    seen = recalled(inputs, values, case.world.catalogue) if inputs else values
    return run_rule(conditions, actions, seen)


def _settle_outcome(
    case: Casework,
    candidate: Candidate,
    about: Subject,
    at: datetime,
    evaluation: Evaluation,
    intents: tuple[Intent, ...],
    *,
    attempts: int,
) -> None:
    rule = candidate.rule
    assert rule is not None  # noqa: S101
    if evaluation.error is not None:
        _errored(case, candidate, about, at, evaluation, attempts)
        return
    watched = rule.state == "watch"
    fires = evaluation.result and not watched
    outcome = "fired" if fires else "not_fired"
    letters = [_letter(i) for i in intents if i.name == "notify"] if fires else []
    notices = [n for letter in letters for n in draft(case, candidate, letter, about, at)]
    notices = _once_each(notices)
    _record(case, candidate, outcome, evaluation, at, watched=watched)
    decided(case, candidate, outcome, at, notices=len(notices), attempts=attempts - 1)
    case.notices.extend(notices)
    if fires:
        carry_out(case, candidate, about, intents, at)


def _once_each(notices: list[NoticeDraft]) -> list[NoticeDraft]:
    """One notice for each person and letter."""
    return list({(n.recipient.kind, n.recipient.id, n.template): n for n in reversed(notices)}.values())[::-1]


def _letter(intent: Intent) -> Letter:
    to = intent.params["to"]
    return Letter(
        to=(to,) if isinstance(to, str) else tuple(to),
        template=intent.params["template"],
        channel=intent.params.get("channel"),
    )


def _errored(
    case: Casework, candidate: Candidate, about: Subject, at: datetime, evaluation: Evaluation, attempts: int
) -> None:
    """An error is never "no match": it is recorded, told once, and tried again."""
    wait = min(_LONGEST_WAIT, timedelta(minutes=2**attempts))
    letter = Letter(to=("manager", f"group:{case.world.settings.default_group}"), template=RULE_FAILED)
    notices = _once_each(draft(case, candidate, letter, about, at)) if attempts == 1 else []
    kept = case.state.rungs.get(candidate.key)
    _record(case, candidate, "errored", evaluation, at)
    inputs = kept.inputs if kept and kept.inputs else dict(evaluation.inputs)
    decided(
        case,
        candidate,
        "errored",
        at,
        attempts=attempts,
        retry_at=max(case.now, at) + wait if attempts < LAST_ATTEMPT else None,
        inputs=inputs,
    )
    case.notices.extend(notices)
    case.errors.append(f"rule {candidate.key[3]}: {evaluation.error}")


def _record(
    case: Casework,
    candidate: Candidate,
    outcome: str,
    evaluation: Evaluation,
    at: datetime,
    *,
    watched: bool = False,
) -> None:
    rule = candidate.rule
    assert rule is not None  # noqa: S101
    because = "watch" if watched else evaluation.error or ""
    considered = RuleConsidered(
        rule=rule.id, name=rule.name, applied=evaluation.result, because=because, conditions=evaluation.seen
    )
    record = DecisionRecord(
        kind="escalation",
        outcome=outcome,
        rule=rule.id,
        rule_version=candidate.version,
        at=candidate.instant,
        considered=(considered,),
        text=_text(case, candidate, outcome, evaluation, watched),
    )
    case.records[candidate.key] = record_json(record)


def _text(case: Casework, candidate: Candidate, outcome: str, evaluation: Evaluation, watched: bool) -> str:
    rule = candidate.rule
    assert rule is not None  # noqa: S101
    name = f"“{rule.name or rule.id}” (version {candidate.version})"
    when = spell_date(case.local(candidate.instant))
    if evaluation.error is not None:
        return f"{name} could not be evaluated on {when}: {evaluation.error}."
    seen = told(evaluation.seen, case.world.catalogue)
    clause = f" because {seen}" if seen else ""
    if watched:
        return f"{name} is being watched: on {when} it {'would have' if evaluation.result else 'would not have'} fired{clause}."
    if outcome == "fired":
        return f"{name} fired on {when}{clause}."
    return f"{name} did not fire on {when}{clause}."


def _built_in(case: Casework, candidate: Candidate, about: Subject, at: datetime) -> None:
    """The rungs no landlord can switch off."""
    group = f"group:{case.world.settings.default_group}"
    if candidate.key[3] == NEEDS_OWNER:
        letter = Letter(to=("manager", group), template=NEEDS_OWNER)
        text = "The case still has no owner."
    else:
        letter = Letter(to=("case_owner", "manager", group), template=TARGET_PASSED)
        text = f"A date set by law passed on {spell_date(candidate.on)} and no rule of the landlord told anybody."
    notices = _once_each(draft(case, candidate, letter, about, at))
    record = DecisionRecord(
        kind="escalation",
        outcome="fired",
        rule=candidate.key[3],
        rule_version=None,
        at=candidate.instant,
        text=text,
    )
    case.records[candidate.key] = record_json(record)
    decided(case, candidate, "fired", at, notices=len(notices))
    case.notices.extend(notices)


def mark_collapsed(case: Casework) -> int:
    """Rungs all of whose notices a later one replaced are recorded collapsed; how many."""
    by_rung: dict[Any, list[NoticeDraft]] = {}
    for notice in case.notices:
        by_rung.setdefault(notice.rung, []).append(notice)
    collapsed = 0
    for key, notices in by_rung.items():
        rung = case.state.rungs.get(key)
        if rung is None or rung.outcome != "fired" or any(n.status != "collapsed" for n in notices):
            continue
        case.state.rungs[key] = replace(rung, outcome="collapsed")
        _amend(case, key)
        collapsed += 1
    return collapsed


def _amend(case: Casework, key: Any) -> None:
    """The event is not written yet: it says collapsed from the start."""
    for event in reversed(case.events):
        d = event.data
        if (
            event.kind == e.RUNG_DECIDED
            and (d["subject"], d["clock"], d["run"], d["rule"], d["anchor"], d["occurrence"]) == key
        ):
            d["outcome"] = "collapsed"
            case.records[key]["outcome"] = "collapsed"
            return
