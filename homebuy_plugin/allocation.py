"""Give a new case its owner: by the landlord's rules, else by the host, else a person must.

Rules are tried in rank order; the first that applies decides. A rule that only asks for the
owner of an earlier case applies where that one can take it; otherwise the next rule is asked.
A rule that names people or a role decides, also when none of them is there: work meant for few
eyes must not drift to others. The case then needs an owner and the record says why; so it does
after a rule that errs, which never counts as "no match".
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from homebuy_plugin.documents.model import AllocationRule, AllocationSet
from homebuy_plugin.engine.actions import Intent
from homebuy_plugin.types import DecisionRecord, Officer, Pick
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.effects import chosen
from homebuy_plugin.workflow.ranking import AllocationRuling, ranking_of
from homebuy_plugin.workflow.records import record_json

HostOwner = Callable[[Casework, datetime], Officer | None]
"""Asks the host for an owner when no rule applied; None when it has none."""

PreviousOwners = Callable[[Casework, int | None, datetime], Iterable[str]]
"""``kind:id`` of who owned cases of the same applicants, within so many months, the last one first."""

PASSED = "so the next rule was asked"
"""How the reason of a rule ends whose conditions held, and that let the next one decide."""
_PREVIOUS = "assign_previous_owner"
_OWNING = frozenset({"assign_user", "assign_users", "assign_role", "assign_case_creator", _PREVIOUS})


@dataclass(slots=True)
class _Plan:
    """What a rule asks for."""

    picks: list[Pick] = field(default_factory=list)
    manager: str | None = None
    groups: list[str] = field(default_factory=list)
    suggested: str = ""

    @property
    def owners(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([o for pick in self.picks for o in pick.officers]))


@dataclass(frozen=True, kw_only=True)
class Allocation:
    """Who is to have a case, and the record of why.

    Attributes:
        owners: ``kind:id``; empty where the case needs an owner.
        source: ``rule`` or ``host``; "" where nobody was found.
        considered_json: the rules of the record as JSON text, where it was made before; or "".
    """

    record: DecisionRecord
    owners: tuple[str, ...] = ()
    manager: str | None = None
    groups: tuple[str, ...] = ()
    source: str = ""
    considered_json: str = ""


def allocate(
    case: Casework,
    rules: AllocationSet,
    version: int | None,
    at: datetime,
    ask_host: HostOwner,
    previous: PreviousOwners,
) -> DecisionRecord:
    """Decide the owner of a new case, as :func:`decide` does, and record it as an event."""
    found = decide(case, rules, version, at, ask_host, previous)
    record_allocation(case, found, at)
    case.because.append(found.record.text)
    return found.record


def record_allocation(case: Casework, found: Allocation, at: datetime, by: str | None = None) -> None:
    """Write down who has a case, or that it needs an owner."""
    kind = e.CASE_ALLOCATED if found.owners else e.CASE_UNALLOCATED
    decision = record_json(found.record, found.considered_json)
    data: dict[str, Any] = {"manager": found.manager, "groups": [*found.groups], "decision": decision}
    if found.owners:
        data |= {"owners": [*found.owners], "source": found.source}
    case.note(kind, at, data, by)


def decide(
    case: Casework,
    rules: AllocationSet,
    version: int | None,
    at: datetime,
    ask_host: HostOwner,
    previous: PreviousOwners,
) -> Allocation:
    """Who is to have a case. The case is only read; the directory counts what it gave.

    ``version`` is that of the published set, ``ask_host`` asks ``homebuy_resolve_owner``.

    Returns:
        With the decision record: every rule down to the deciding one; of those that the index left
        out the first are named, of the others it says how many there are.
    """
    ranking = ranking_of(case.world, rules)
    ruling = ranking.ruling(case, at)
    plans: dict[int, _Plan] = {}

    def passes(position: int, intents: tuple[Intent, ...]) -> str:
        plan = plans[position] = _planned(case, intents, at, previous)
        may_pass = not plan.owners and _asks_only_for_previous(intents)
        return f"{plan.picks[0].text}, {PASSED}" if may_pass else ""

    if _asks_only_for_previous(ruling.intents):
        ruling = ranking.ruling_passing(case, at, passes)
    found = _Found(ruling, version)
    if ruling.position < 0:
        return _by_host(case, at, found, ask_host(case, at))
    rule = ranking.written[ruling.position]
    if ruling.error:
        return _unowned(at, found, rule, f"the rule “{_name(rule)}” failed: {ruling.error}")
    plan = plans.get(ruling.position) or _planned(case, ruling.intents, at, previous)
    return _by_rule(case, rule, at, found, plan)


def _asks_only_for_previous(intents: tuple[Intent, ...]) -> bool:
    return {i.name for i in intents if i.name in _OWNING or i.name == "choose_owner"} == {_PREVIOUS}


@dataclass(frozen=True, slots=True)
class _Found:
    """What goes into the record: what the rules of a version made of the case."""

    ruling: AllocationRuling
    version: int | None


def _by_host(case: Casework, at: datetime, found: _Found, owner: Officer | None) -> Allocation:
    """What the host answered when no rule applied."""
    if owner is None:
        return _unowned(at, found, None, "no rule applied")
    plan = _Plan(picks=[case.directory.named([owner.key], case.local(at))])
    if not plan.owners:
        return _unowned(
            at,
            found,
            None,
            f"no rule applied, and the host named somebody not there: {plan.picks[0].text}",
            plan,
        )
    text = f"No rule applied; the host named {_title(case, owner.key)}."
    return _owned(at, None, found, plan, text, "host")


def _by_rule(case: Casework, rule: AllocationRule, at: datetime, found: _Found, plan: _Plan) -> Allocation:
    clause = f" because {found.ruling.told}" if found.ruling.told else ""
    owners = plan.owners
    if not owners:
        nobody = "; ".join(pick.text for pick in plan.picks)
        asked = f" (suggested: {plan.suggested})" if plan.suggested else ""
        why = nobody or f"the rule “{_name(rule)}” asks a person to choose{asked}"
        return _unowned(at, found, rule, f"{why}{clause}", plan)
    names = " and ".join([_title(case, o) for o in owners])
    have = "have" if len(owners) > 1 else "has"
    text = f"{names} {have} this case by the rule “{_name(rule)}” (version {found.version}){clause}."
    return _owned(at, rule, found, plan, text + "".join([_aside(pick) for pick in plan.picks]), "rule")


def _aside(pick: Pick) -> str:
    """How somebody was chosen from a role, or who that a rule named is not there."""
    if pick.role and pick.strategy != "role" and pick.officers:
        return f" Chosen {pick.text}."
    return f" But {pick.text}." if pick.passed_over or not pick.among else ""


def _planned(case: Casework, intents: tuple[Intent, ...], at: datetime, previous: PreviousOwners) -> _Plan:
    plan = _Plan()
    for intent in intents:
        params = intent.params
        if intent.name == "set_manager":
            plan.manager = f"role:{params['role']}" if params.get("role") else f"user:{params['user']}"
        elif intent.name == "add_group":
            plan.groups.append(params["group"])
        elif intent.name == "choose_owner":
            plan.suggested = _suggested(case, params)
        elif intent.name in _OWNING:
            plan.picks.append(_pick(case, intent.name, params, at, previous))
    return plan


def _suggested(case: Casework, params: Mapping[str, Any]) -> str:
    """Whom, or what, a rule that asks a person puts forward."""
    for kind in ("role", "user"):
        if params.get(kind):
            return _title(case, f"{kind}:{params[kind]}")
    return str(params.get("prompt") or "")


def _pick(
    case: Casework, name: str, params: Mapping[str, Any], at: datetime, previous: PreviousOwners
) -> Pick:
    if name == "assign_case_creator":
        creator = case.state.creator
        if not creator:
            return Pick(officers=(), text="the case has no creator on record")
        return case.directory.named([f"user:{creator}"], case.local(at))
    if name == _PREVIOUS:
        months = params.get("within_months")
        return _earlier(case, previous(case, int(months) if months else None, at), at)
    return chosen(case, params, at)


def _earlier(case: Casework, owners: Iterable[str], at: datetime) -> Pick:
    """The last of the earlier owners who is still there."""
    passed: dict[str, str] = {}
    for owner in owners:
        pick = case.directory.named([owner], case.local(at))
        if pick.officers:
            return pick
        passed |= pick.passed_over
    return Pick(officers=(), passed_over=passed, text="no earlier owner is still there")


def _name(rule: AllocationRule) -> str:
    return rule.name or rule.id


def _title(case: Casework, key: str) -> str:
    name = case.directory.contact(key).name
    ident = key.partition(":")[2]
    if key.startswith("role:"):
        return f"the role {name or ident.replace('_', ' ')}"
    return name or ident


def _owned(
    at: datetime, rule: AllocationRule | None, found: _Found, plan: _Plan, text: str, source: str
) -> Allocation:
    return Allocation(
        record=_record("owned", at, rule, found, plan, text),
        owners=plan.owners,
        manager=plan.manager,
        groups=tuple(plan.groups),
        source=source,
        considered_json=found.ruling.considered_json,
    )


def _unowned(
    at: datetime, found: _Found, rule: AllocationRule | None, why: str, plan: _Plan | None = None
) -> Allocation:
    plan = plan or _Plan()
    record = _record("needs_owner", at, rule, found, plan, f"The case needs an owner: {why}.")
    return Allocation(
        record=record,
        manager=plan.manager,
        groups=tuple(plan.groups),
        considered_json=found.ruling.considered_json,
    )


def _record(
    outcome: str, at: datetime, rule: AllocationRule | None, found: _Found, plan: _Plan, text: str
) -> DecisionRecord:
    return DecisionRecord(
        kind="allocation",
        outcome=outcome,
        rule=rule.id if rule else None,
        rule_version=found.version if rule else None,
        at=at,
        considered=found.ruling.considered,
        skipped=found.ruling.skipped,
        picks=tuple(plan.picks),
        text=text,
    )
