"""Give a new case its owner: by the landlord's rules, else by the host, else a person must.

Rules are tried in rank order; the first that applies decides. A rule that errs above the
winner never counts as "no match": the case then needs an owner and the record says why.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from homebuy_plugin.documents.model import AllocationRule, AllocationSet
from homebuy_plugin.engine.actions import Intent, compile_actions, run_rule
from homebuy_plugin.engine.conditions import Evaluation, Memo
from homebuy_plugin.exceptions import InvalidDocument
from homebuy_plugin.types import DecisionRecord, Officer, RuleConsidered
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.effects import chosen
from homebuy_plugin.workflow.records import record_json, told
from homebuy_plugin.workflow.variables import reader
from homebuy_plugin.workflow.world import in_force

_SKIPPED = {"off": "switched off", "watch": "being watched"}


HostOwner = Callable[[Casework, datetime], Officer | None]
"""Asks the host for an owner when no rule applied; None when it has none."""

PreviousOwner = Callable[[Casework, int | None, datetime], str | None]
"""``kind:id`` of who last owned a case of the same applicants, within so many months, and is there."""


@dataclass(slots=True)
class _Plan:
    """What the winning rule asks for."""

    owners: tuple[str, ...] = ()
    manager: str | None = None
    groups: list[str] = field(default_factory=list)
    suggestion: str = ""
    problems: list[str] = field(default_factory=list)


def allocate(
    case: Casework,
    rules: AllocationSet,
    version: int | None,
    at: datetime,
    ask_host: HostOwner,
    previous: PreviousOwner,
) -> DecisionRecord:
    """Decide the owner of a new case and record it as an event.

    ``version`` is that of the published set, ``ask_host`` asks ``homebuy_resolve_owner``.

    Returns:
        The decision record, with every rule considered.
    """
    considered: list[RuleConsidered] = []
    memo: Memo = {}
    for rule in sorted(rules.rules, key=lambda r: r.rank):
        looked, intents, error = _consider(case, rule, at, memo)
        considered.append(looked)
        if error:
            return _unowned(case, at, version, considered, rule, f"the rule “{_name(rule)}” failed: {error}")
        if intents:
            return _apply(case, rule, intents, at, version, considered, previous)
    owner = ask_host(case, at)
    if owner is not None:
        text = f"No rule applied; the host named {_title(case, owner.key)}."
        return _owned(case, at, None, None, considered, _Plan(owners=(owner.key,)), text, "host")
    return _unowned(case, at, version, considered, None, "no rule applied")


def _consider(
    case: Casework, rule: AllocationRule, at: datetime, memo: Memo
) -> tuple[RuleConsidered, tuple[Intent, ...], str]:
    because = _why_skipped(case, rule, at)
    if because and rule.state != "watch":
        return RuleConsidered(rule=rule.id, name=rule.name, applied=False, because=because), (), ""
    evaluation, intents = _evaluated(case, rule, at, memo)
    error = "" if rule.state == "watch" else evaluation.error or ""
    looked = RuleConsidered(
        rule=rule.id,
        name=rule.name,
        applied=evaluation.result,
        because=because or evaluation.error or "",
        conditions=evaluation.seen,
    )
    return looked, () if rule.state == "watch" else intents, error


def _evaluated(
    case: Casework, rule: AllocationRule, at: datetime, memo: Memo
) -> tuple[Evaluation, tuple[Intent, ...]]:
    raw = [{"name": a.name, "params": dict(a.params)} for a in rule.actions]
    try:
        actions = compile_actions(raw, case.world.catalogue, "allocation")
        return run_rule(case.world.compiled(rule.conditions), actions, reader(case, at), memo=memo)
    except InvalidDocument as problem:
        return Evaluation(result=False, error=str(problem)), ()


def _why_skipped(case: Casework, rule: AllocationRule, at: datetime) -> str:
    if rule.state != "on":
        return _SKIPPED[rule.state]
    if rule.schemes and case.state.scheme not in rule.schemes:
        return "for another scheme"
    if rule.companies and case.state.company not in rule.companies:
        return "for another company"
    return "" if in_force(rule, case.local(at)) else "not in force"


def _apply(
    case: Casework,
    rule: AllocationRule,
    intents: tuple[Intent, ...],
    at: datetime,
    version: int | None,
    considered: list[RuleConsidered],
    previous: PreviousOwner,
) -> DecisionRecord:
    plan = _Plan()
    for intent in intents:
        _intend(case, plan, intent, at, previous)
    seen = told(considered[-1].conditions, case.world.catalogue)
    clause = f" because {seen}" if seen else ""
    if not plan.owners:
        why = "; ".join(plan.problems) or f"the rule “{_name(rule)}” asks a person to choose{plan.suggestion}"
        return _unowned(case, at, version, considered, rule, f"{why}{clause}", plan)
    names = " and ".join(_title(case, o) for o in plan.owners)
    text = f"{names} has this case by the rule “{_name(rule)}” (version {version}){clause}."
    if len(plan.owners) > 1:
        text = text.replace(" has ", " have ", 1)
    if plan.suggestion:
        text += f" Chosen{plan.suggestion}."
    return _owned(case, at, rule, version, considered, plan, text, "rule")


def _intend(case: Casework, plan: _Plan, intent: Intent, at: datetime, previous: PreviousOwner) -> None:
    params = intent.params
    if intent.name == "set_manager":
        plan.manager = f"role:{params['role']}" if params.get("role") else f"user:{params['user']}"
    elif intent.name == "add_group":
        plan.groups.append(params["group"])
    elif intent.name == "choose_owner":
        who = params.get("role") or params.get("user") or params.get("prompt") or ""
        plan.suggestion = f" (suggested: {who})" if who else ""
    else:
        owners, why = _owners(case, intent.name, params, at, previous)
        plan.owners = (*plan.owners, *(o for o in owners if o not in plan.owners))
        if not owners:
            plan.problems.append(why)
        elif params.get("strategy") not in (None, "role"):
            plan.suggestion = f" {why}"


def _owners(
    case: Casework, name: str, params: Mapping[str, Any], at: datetime, previous: PreviousOwner
) -> tuple[tuple[str, ...], str]:
    if name == "assign_case_creator":
        creator = case.state.creator
        return ((f"user:{creator}",), "") if creator else ((), "the case has no creator on record")
    if name == "assign_previous_owner":
        months = params.get("within_months")
        found = previous(case, int(months) if months else None, at)
        return ((found,), "") if found else ((), "no earlier owner is still there")
    return chosen(case, params, at)


def _name(rule: AllocationRule) -> str:
    return rule.name or rule.id


def _title(case: Casework, key: str) -> str:
    name = case.directory.contact(key).name
    ident = key.partition(":")[2]
    if key.startswith("role:"):
        return f"the role {name or ident.replace('_', ' ')}"
    return name or ident


def _record(
    outcome: str,
    rule: AllocationRule | None,
    version: int | None,
    at: datetime,
    considered: list[RuleConsidered],
    text: str,
) -> DecisionRecord:
    return DecisionRecord(
        kind="allocation",
        outcome=outcome,
        rule=rule.id if rule else None,
        rule_version=version if rule else None,
        at=at,
        considered=tuple(considered),
        text=text,
    )


def _owned(
    case: Casework,
    at: datetime,
    rule: AllocationRule | None,
    version: int | None,
    considered: list[RuleConsidered],
    plan: _Plan,
    text: str,
    source: str,
) -> DecisionRecord:
    record = _record("owned", rule, version, at, considered, text)
    case.emit(
        e.CASE_ALLOCATED,
        at,
        owners=plan.owners,
        manager=plan.manager,
        groups=plan.groups,
        source=source,
        decision=record_json(record),
    )
    case.because.append(text)
    return record


def _unowned(
    case: Casework,
    at: datetime,
    version: int | None,
    considered: list[RuleConsidered],
    rule: AllocationRule | None,
    why: str,
    plan: _Plan | None = None,
) -> DecisionRecord:
    text = f"The case needs an owner: {why}."
    record = _record("needs_owner", rule, version, at, considered, text)
    case.emit(
        e.CASE_UNALLOCATED,
        at,
        manager=plan.manager if plan else None,
        groups=plan.groups if plan else [],
        decision=record_json(record),
    )
    case.because.append(text)
    return record
