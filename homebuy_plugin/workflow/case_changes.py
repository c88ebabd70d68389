"""What happens to a case as a whole."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from homebuy_plugin.documents.model import Pack
from homebuy_plugin.documents.vocabulary import APPLICANT_WITHDREW
from homebuy_plugin.exceptions import InvalidArgument, NotAllowed, UnknownName
from homebuy_plugin.types import Applicant, CaseChange
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.adding import add_task
from homebuy_plugin.workflow.applicants import one_withdraws
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.clocks import cancel_clocks, reconcile
from homebuy_plugin.workflow.definitions import applies, outlives
from homebuy_plugin.workflow.events import pack_fact
from homebuy_plugin.workflow.facts import check_go_live, split_personal
from homebuy_plugin.workflow.following import move_by_hand
from homebuy_plugin.workflow.letter_words import spell_date
from homebuy_plugin.workflow.reasons import check_reason
from homebuy_plugin.workflow.requirements import texts_of
from homebuy_plugin.workflow.stages import cancel_all, leave_stage, offered, open_stage, say_none_is_open
from homebuy_plugin.workflow.state import ACTIVE_TASK, StageState
from homebuy_plugin.workflow.task_changes import (
    hold,
    officer_key,
    refuse_before_service,
    release,
    tell_who_is_away,
    when,
)
from homebuy_plugin.workflow.tasks import cancel_task
from homebuy_plugin.workflow.world import clocks_in, in_force

Facts = dict[str, Any]
WITHDRAWN_EVENT = "claim_withdrawn"
"""Recorded by ``withdraw``; the clocks of every pack end on it."""
_WHEN_OVER = ("reopen", "update", "record", "reassign", "close", "migrate")


def change_case(case: Casework, change: CaseChange, facts: Facts, at: datetime) -> None:
    """Apply a change to the case at an instant; the case is already settled up to it."""
    check_possible(case, change)
    _ACTIONS[change.action](case, change, facts, at)


def check_possible(case: Casework, change: CaseChange) -> None:
    """Refuse a change that the status of the case forbids.

    Raises:
        NotAllowed: the case is closed, or withdrawn.
    """
    state = case.state
    if state.status == "closed" and change.action != "reopen":
        raise NotAllowed(f"Case {state.reference!r} is closed. Reopen it first.")
    if state.status == "withdrawn" and change.action not in _WHEN_OVER:
        raise NotAllowed(
            f"Case {state.reference!r} is withdrawn; {change.action} is not possible. Reopen it first."
        )


def known_events(pack: Pack, rules: tuple[Any, ...] = ()) -> set[str]:
    """The events a host may record: declared by the pack, named by its clocks and stages, or by a rule."""
    points = [p for s in pack.stages for p in s.opens_on]
    for _, _, clock in clocks_in(pack):
        points += [*clock.starts, *clock.ends, *(r.on for r in clock.restarts)]
        points += [p for b in clock.blocks for p in (b.start, *b.until)]
    named = {p.partition(":")[2] for p in points if p.startswith("event:")}
    declared = {x.code for x in pack.events} | {r.event for r in rules if r.event}
    return named | declared | {WITHDRAWN_EVENT, APPLICANT_WITHDREW}


def _update(case: Casework, change: CaseChange, facts: Facts, at: datetime) -> None:
    fields = _checked_fields(case, change.data["fields"], at)
    people = fields.pop("applicants", None)
    open_, personal = split_personal(facts, case.world.personal)
    case.emit(
        e.CASE_CHANGED,
        at,
        by=change.by,
        texts={**texts_of(change), **personal},
        people=tuple(people or ()),
        fields=fields,
        before={**{n: getattr(case.state, n) for n in fields}, **_facts_before(case, open_)},
        facts=open_,
        **({"applicants": len(people)} if people is not None else {}),
    )


def _checked_fields(case: Casework, given: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    fields = dict(given)
    for name, value in fields.items():
        if name in ("country", "company", "creator") and value is not None and not _is_text(value):
            raise InvalidArgument(f"{name} must be a text that is not empty, or None, not {value!r}.")
    if "country" in fields and fields["country"] is None:
        raise InvalidArgument("A case is always in some country; country cannot be None.")
    if "applicants" in fields:
        people = fields["applicants"] = fields["applicants"] if fields["applicants"] is not None else ()
        if not isinstance(people, list | tuple) or not all(isinstance(p, Applicant) for p in people):
            raise InvalidArgument("applicants must be a tuple of Applicant.")
    served = fields.get("served_on")
    if served is not None and served > case.local(at):
        raise InvalidArgument(f"served_on, {spell_date(served)}, lies in the future.")
    check_go_live(fields.get("live_from"), at)
    return fields


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _facts_before(case: Casework, names: Iterable[str]) -> dict[str, Any]:
    """The old values, but for personal ones: those are kept only where they can be erased."""
    hidden = case.world.personal | case.state.personal.keys()
    return {n: pack_fact(case.state.facts[n]) for n in names if n in case.state.facts and n not in hidden}


def _record(case: Casework, change: CaseChange, facts: Facts, at: datetime) -> None:
    rules = tuple(r for v in case.world.escalation for r in v.rules)
    known = known_events(case.world.pack, rules)
    name = change.data["event"]
    if name not in known:
        raise UnknownName("event", name, known, f"in the pack of {case.state.scheme}")
    if name == WITHDRAWN_EVENT:
        raise NotAllowed("Withdraw a claim with CaseChange.withdraw(on, reason).")
    if name == APPLICANT_WITHDREW:
        raise NotAllowed(
            "One of several applicants goes with CaseChange.withdraw(on, reason, applicant=...)."
        )
    record_event(case, name, change, facts, at)


def record_event(case: Casework, name: str, change: CaseChange, facts: Facts, at: datetime) -> None:
    """Record that something happened on a local date."""
    open_, personal = split_personal(facts, case.world.personal)
    case.emit(
        e.EVENT_RECORDED,
        at,
        by=change.by,
        texts={**texts_of(change, "reason"), **personal},
        event=name,
        on=when(case, change.on, at),
        facts=open_,
    )


def _add_task(case: Casework, change: CaseChange, facts: Facts, at: datetime) -> None:
    add_task(case, change, at)


def _activate(case: Casework, change: CaseChange, facts: Facts, at: datetime) -> None:
    code = change.data["stage"]
    definition = case.world.pack.stage(code)
    if definition is None:
        raise UnknownName("stage", code, [s.code for s in case.world.pack.stages])
    if not applies(case, definition, case.local(at)):
        raise NotAllowed(f"The stage {code!r} is not for this case: see its companies and effective dates.")
    if definition.parallel:
        open_stage(case, definition, at, by=change.by)
        return
    available = {s.code for s in offered(case, at)}
    if code not in available:
        now = ", ".join(sorted(available)) or "none"
        raise NotAllowed(f"The stage {code!r} is not offered now. Offered: {now}.")
    for stage in case.state.open_stages():
        if not stage.parallel:
            leave_stage(case, stage, at, by=change.by, reason=f"{code} was opened")
    open_stage(case, definition, at, by=change.by)


def _open_stage_of(case: Casework, name: str) -> StageState:
    found = [s for s in case.state.open_stages() if name in (s.id, s.code)]
    if not found:
        raise UnknownName("open stage", name, [s.code for s in case.state.open_stages()])
    return found[-1]


def _leave(case: Casework, change: CaseChange, facts: Facts, at: datetime) -> None:
    stage = _open_stage_of(case, change.data["stage"])
    check_reason(case, "leave", change.data["reason"], stage=stage)
    leave_stage(case, stage, at, by=change.by, reason=change.data["reason"])
    if not stage.parallel:
        say_none_is_open(case, stage, at)


def _hold(case: Casework, change: CaseChange, facts: Facts, at: datetime) -> None:
    check_reason(case, "hold", change.data["reason"])
    hold(case, "case", change, at)


def _release(case: Casework, change: CaseChange, facts: Facts, at: datetime) -> None:
    release(case, "case", change, at)


def _reassign(case: Casework, change: CaseChange, facts: Facts, at: datetime) -> None:
    given = change.data["owners"]
    each = given if isinstance(given, list | tuple) else (given,)
    owners = tuple(dict.fromkeys(officer_key(o) for o in each))
    if not owners:
        raise InvalidArgument("owners is empty; a case is given to at least one officer.")
    manager = change.data.get("manager")
    tell_who_is_away(case, owners, at)
    case.emit(
        e.CASE_REASSIGNED,
        at,
        by=change.by,
        texts=texts_of(change, "reason"),
        owners=owners,
        manager=officer_key(manager) if manager is not None else None,
    )


def _withdraw(case: Casework, change: CaseChange, facts: Facts, at: datetime) -> None:
    needed = "Say why the claim is withdrawn with CaseChange.withdraw(on, reason)."
    check_reason(case, "withdraw", change.data["reason"], needed=needed)
    if change.data.get("applicant") is not None:
        one_withdraws(case, change, at)
        return
    refuse_before_service(case, when(case, change.on, at), "The claim cannot have been withdrawn")
    if case.state.active_holds("case"):
        release(case, "case", change, at)
    record_event(case, WITHDRAWN_EVENT, change, facts, at)
    reconcile(case, at)  # the claim's clocks end first, so that nothing of them is carried along
    for stage in case.state.open_stages():
        leave_stage(case, stage, at, by=change.by)
    cancel_all(case, at)
    case.emit(e.CASE_STATUS, at, by=change.by, status="withdrawn")


def _close(case: Casework, change: CaseChange, facts: Facts, at: datetime) -> None:
    outcomes = [o.code for o in case.world.pack.outcomes if in_force(o, case.local(at))]
    code = change.data["outcome"]
    if case.world.pack.outcomes and code not in outcomes:
        raise UnknownName("outcome", code, outcomes)
    needed = "Say why the case is closed with CaseChange.close(outcome, reason)."
    check_reason(case, "close", change.data["reason"], needed=needed)
    open_stages = {s.id for s in case.state.open_stages()}
    blocking = [
        t.code
        for t in case.state.tasks.values()
        if t.mandatory and t.status in ACTIVE_TASK and t.stage in open_stages
    ]
    if blocking:
        raise NotAllowed(
            f"Mandatory tasks are open: {', '.join(blocking)}. Complete them, or leave their stage, first."
        )
    end_case(case, change, code, at)


def end_case(case: Casework, change: CaseChange, outcome: str, at: datetime) -> None:
    """End all that goes on in a case, but for what outlives it, and close it."""
    for held in case.state.active_holds():
        case.emit(e.RELEASED, at, by=change.by, hold=held.seq, early=True)
    kept = {f"task:{t.id}" for t in case.state.tasks.values() if outlives(case, t)}
    _say_what_the_law_wanted(case, kept)
    for task in list(case.state.tasks.values()):
        if task.status in ACTIVE_TASK and f"task:{task.id}" not in kept:
            cancel_task(case, task, at)
    for stage in case.state.open_stages():
        case.emit(e.STAGE_LEFT, at, stage=stage.id)
    for clock in list(case.state.clocks.values()):
        if clock.subject not in kept:
            cancel_clocks(case, clock.subject, at)
    texts = texts_of(change, "reason")
    case.emit(e.CASE_STATUS, at, by=change.by, texts=texts, status="closed", outcome=outcome)


def _say_what_the_law_wanted(case: Casework, kept: set[str]) -> None:
    """A stage may be left with a legal duty undone, and the case closed: that is never silent."""
    for clock in case.state.clocks.values():
        if clock.kind == "statutory" and clock.status == "running" and clock.subject not in kept:
            due = spell_date(clock.due_on)
            case.because.append(f"A date set by law was still running: {clock.code}, due {due}.")


def _reopen(case: Casework, change: CaseChange, facts: Facts, at: datetime) -> None:
    if case.state.status not in ("closed", "withdrawn"):
        raise NotAllowed(f"Case {case.state.reference!r} is {case.state.status}; it need not be reopened.")
    check_reason(case, "reopen", change.data["reason"])
    void = [o.seq for o in case.state.seen(WITHDRAWN_EVENT)]
    case.emit(e.CASE_STATUS, at, by=change.by, texts=texts_of(change, "reason"), status="open", void=void)
    main = [s for s in case.state.stages.values() if not s.parallel]
    for stage in main:
        if stage.status == "open" and stage.origin in void:
            leave_stage(case, stage, at, by=change.by, reason="the case was reopened")
    last = next((s for s in reversed(main) if s.origin is None or s.origin not in void), None)
    definition = case.world.pack.stage(last.code) if last else None
    if definition is not None and not any(s.status == "open" for s in main):
        open_stage(case, definition, at, by=change.by)


def _migrate(case: Casework, change: CaseChange, facts: Facts, at: datetime) -> None:
    move_by_hand(case, at, change.by, change.data["reason"])


_ACTIONS: dict[str, Callable[[Casework, CaseChange, Facts, datetime], None]] = {
    "update": _update,
    "record": _record,
    "add_task": _add_task,
    "activate": _activate,
    "leave": _leave,
    "hold": _hold,
    "release": _release,
    "reassign": _reassign,
    "withdraw": _withdraw,
    "close": _close,
    "reopen": _reopen,
    "migrate": _migrate,
}
