"""Give a new case its owner: by the landlord's rules, else by the host, else a person must.

Rules are tried in rank order; the first that applies decides. A rule that errs above the
winner never counts as "no match": the case then needs an owner and the record says why.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from homebuy_plugin.documents.model import AllocationRule, AllocationSet
from homebuy_plugin.engine.actions import Intent, compile_actions
from homebuy_plugin.engine.ranked import RankedRule, RankedRules
from homebuy_plugin.exceptions import InvalidDocument
from homebuy_plugin.types import DecisionRecord, Officer, RuleConsidered
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.effects import chosen
from homebuy_plugin.workflow.records import record_json, told
from homebuy_plugin.workflow.variables import reader
from homebuy_plugin.workflow.world import World, in_force

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
        The decision record, with every rule down to the deciding one; of those that the index left
        out the first are named, of the others it says how many there are.
    """
    ranking = _ranking(case.world, rules)
    match = ranking.rules.first(reader(case, at), among=ranking.taking_part(case, at))
    considered, skipped = match.considered(lambda position: _why_skipped(case, ranking.written[position], at))
    found = _Found(rules=considered, skipped=skipped, version=version)
    if match.rule is not None:
        rule = ranking.written[match.last]
        if match.error:
            return _unowned(case, at, found, rule, f"the rule “{_name(rule)}” failed: {match.error}")
        return _apply(case, rule, match.intents, at, found, previous)
    owner = ask_host(case, at)
    if owner is not None:
        text = f"No rule applied; the host named {_title(case, owner.key)}."
        return _owned(case, at, None, found, _Plan(owners=(owner.key,)), text, "host")
    return _unowned(case, at, found, None, "no rule applied")


@dataclass(frozen=True, kw_only=True)
class _Found:
    """What goes into the record: the rules considered, and how many more were left out."""

    rules: tuple[RuleConsidered, ...]
    skipped: int
    version: int | None


@dataclass(frozen=True, eq=False)
class _Ranking:
    """An allocation set ready to run: as written, and as the engine keeps it, in rank order."""

    source: AllocationSet
    written: tuple[AllocationRule, ...]
    rules: RankedRules
    _parts: dict[object, int] = field(default_factory=dict)

    def taking_part(self, case: Casework, at: datetime) -> int:
        """The rules for cases like this one on this date, as a set of positions."""
        key = (case.state.scheme, case.state.company, case.local(at))
        if key not in self._parts:
            if len(self._parts) >= _PARTS:
                self._parts.clear()
            self._parts[key] = sum(
                1 << position
                for position, rule in enumerate(self.written)
                if not _why_skipped(case, rule, at)
            )
        return self._parts[key]


_PARTS = 256


def _ranking(world: World, rules: AllocationSet) -> _Ranking:
    """The set, compiled once for each world."""
    key = ("allocation", id(rules))
    found = world.kept.get(key)
    if not isinstance(found, _Ranking) or found.source is not rules:
        written = tuple(sorted(rules.rules, key=lambda rule: rule.rank))
        # A host's variables may cost something to read, so they are read only where a rule asks.
        ranked = RankedRules.of([_ranked(world, rule) for rule in written], unread=world.host_variables)
        found = world.kept[key] = _Ranking(rules, written, ranked)
    return found


def _ranked(world: World, rule: AllocationRule) -> RankedRule:
    raw = [{"name": a.name, "params": dict(a.params)} for a in rule.actions]
    ready = RankedRule(id=rule.id, name=rule.name, watched=rule.state == "watch")
    try:
        actions = compile_actions(raw, world.catalogue, "allocation")
        return replace(ready, conditions=world.compiled(rule.conditions), actions=actions)
    except InvalidDocument as problem:
        return replace(ready, problem=str(problem))


def reconsider(case: Casework, rules: AllocationSet, rule_id: str, at: datetime) -> RuleConsidered | None:
    """What one rule makes of a case, whether or not it was asked; None where there is no such rule.

    Args:
        case: as it was when its owner was decided.
        rules: the set that decided.
        rule_id: any rule of it.
        at: when that was.
    """
    ranking = _ranking(case.world, rules)
    for written, ready in zip(ranking.written, ranking.rules.rules, strict=True):
        if written.id == rule_id:
            evaluation, _ = ready.run(reader(case, at), {})
            because = _why_skipped(case, written, at) or evaluation.error or ""
            return RuleConsidered(
                rule=written.id,
                name=written.name,
                applied=evaluation.result and not because,
                because=because or ("being watched" if ready.watched else ""),
                conditions=evaluation.seen,
            )
    return None


def _why_skipped(case: Casework, rule: AllocationRule, at: datetime) -> str:
    """Why a rule takes no part at all, whatever its conditions, or ""."""
    if rule.state == "off":
        return "switched off"
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
    found: _Found,
    previous: PreviousOwner,
) -> DecisionRecord:
    plan = _Plan()
    for intent in intents:
        _intend(case, plan, intent, at, previous)
    seen = told(found.rules[-1].conditions, case.world.catalogue)
    clause = f" because {seen}" if seen else ""
    if not plan.owners:
        why = "; ".join(plan.problems) or f"the rule “{_name(rule)}” asks a person to choose{plan.suggestion}"
        return _unowned(case, at, found, rule, f"{why}{clause}", plan)
    names = " and ".join(_title(case, o) for o in plan.owners)
    text = f"{names} has this case by the rule “{_name(rule)}” (version {found.version}){clause}."
    if len(plan.owners) > 1:
        text = text.replace(" has ", " have ", 1)
    if plan.suggestion:
        text += f" Chosen{plan.suggestion}."
    return _owned(case, at, rule, found, plan, text, "rule")


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
    at: datetime,
    found: _Found,
    text: str,
) -> DecisionRecord:
    return DecisionRecord(
        kind="allocation",
        outcome=outcome,
        rule=rule.id if rule else None,
        rule_version=found.version if rule else None,
        at=at,
        considered=found.rules,
        skipped=found.skipped,
        text=text,
    )


def _owned(
    case: Casework,
    at: datetime,
    rule: AllocationRule | None,
    found: _Found,
    plan: _Plan,
    text: str,
    source: str,
) -> DecisionRecord:
    record = _record("owned", rule, at, found, text)
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
    found: _Found,
    rule: AllocationRule | None,
    why: str,
    plan: _Plan | None = None,
) -> DecisionRecord:
    text = f"The case needs an owner: {why}."
    record = _record("needs_owner", rule, at, found, text)
    case.emit(
        e.CASE_UNALLOCATED,
        at,
        manager=plan.manager if plan else None,
        groups=plan.groups if plan else [],
        decision=record_json(record),
    )
    case.because.append(text)
    return record
