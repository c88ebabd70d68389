"""The landlord's allocation rules, ready to run: what they make of a case before anybody is chosen.

New cases share rules and values, so a ruling is worked out once for what was read.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from homebuy_plugin.documents.model import AllocationRule, AllocationSet
from homebuy_plugin.engine.actions import Intent, compile_actions
from homebuy_plugin.engine.ranked import Match, RankedRule, RankedRules
from homebuy_plugin.engine.readings import Memo
from homebuy_plugin.engine.remembered import Remembered
from homebuy_plugin.exceptions import InvalidDocument
from homebuy_plugin.types import RuleConsidered
from homebuy_plugin.workflow.casework import Casework, Reader
from homebuy_plugin.workflow.records import rule_json, told
from homebuy_plugin.workflow.variables import reader
from homebuy_plugin.workflow.world import World, in_force

Passes = Callable[[int, tuple[Intent, ...]], str]
"""Of a rule whose conditions hold, by its position: why it lets the next one decide, or ""."""

_PARTS = 16
"""For so many schemes, companies and dates a set keeps which rules take part, and what they ruled."""


@dataclass(frozen=True, slots=True)
class AllocationRuling:
    """What the rules make of the values they read. Shared by every case that has them: only to be read.

    Attributes:
        position: of the rule that decides, in rank order; -1 where none applies.
        error: why that rule could not be evaluated, or "".
        intents: what it asks for.
        considered, skipped: for the record: the rules down to it, and how many more were left out.
        told: what it saw, in one clause.
        lasting: nothing in it is personal, or failed: it may be given again for the same values.
        considered_json: of a lasting one the rules considered, as JSON text.
    """

    position: int
    error: str
    intents: tuple[Intent, ...]
    considered: tuple[RuleConsidered, ...]
    skipped: int
    told: str
    lasting: bool
    considered_json: str = ""


@dataclass(frozen=True, slots=True)
class _Part:
    """The rules that take part for some cases: as a set of positions, and why each other does not."""

    among: int
    why_not: tuple[str, ...]
    judge: Callable[[Reader], AllocationRuling]


@dataclass(frozen=True, eq=False)
class Ranking:
    """An allocation set ready to run: as written, and as the engine keeps it, in rank order.

    Attributes:
        personal: names of the personal variables that its conditions read.
        memorable: no condition reads what a host is asked for.
    """

    world: World
    source: AllocationSet
    written: tuple[AllocationRule, ...]
    rules: RankedRules
    personal: frozenset[str]
    memorable: bool
    _parts: dict[object, _Part] = field(default_factory=dict)

    def ruling(self, case: Casework, at: datetime) -> AllocationRuling:
        """What the rules make of a case; of those whose conditions hold the first decides."""
        return self._part(case, at).judge(reader(case, at))

    def ruling_passing(self, case: Casework, at: datetime, passes: Passes) -> AllocationRuling:
        """The same where a rule may let the next one decide."""
        memo: Memo = {}
        part = self._part(case, at)
        match = self.rules.first(reader(case, at), among=part.among, memo=memo, passes=passes)
        return self._ruled(part.why_not, match, memo)

    def _part(self, case: Casework, at: datetime) -> _Part:
        """The rules for cases like this one on this date."""
        key = (case.state.scheme, case.state.company, case.local(at))
        found = self._parts.get(key)
        if found is None:
            if len(self._parts) >= _PARTS:
                self._parts.clear()
            why_not = tuple(why_skipped(case, rule, at) for rule in self.written)
            found = self._parts[key] = self._made(why_not)
        return found

    def _made(self, why_not: tuple[str, ...]) -> _Part:
        among = sum(1 << position for position, why in enumerate(why_not) if not why)

        def ask(values: Reader) -> AllocationRuling:
            memo: Memo = {}
            return self._ruled(why_not, self.rules.first(values, among=among, memo=memo), memo)

        judge = Remembered(ask, lambda ruling: ruling.lasting) if self.memorable else ask
        return _Part(among, why_not, judge)

    def _ruled(self, why_not: tuple[str, ...], match: Match, memo: Memo) -> AllocationRuling:
        considered, skipped = match.considered(why_not.__getitem__)
        private = any(memo[n].typed is not None or memo[n].error for n in self.personal & memo.keys())
        lasting = not private and not match.error
        decides = match.rule is not None and not match.error
        return AllocationRuling(
            position=match.last,
            error=match.error,
            intents=match.intents,
            considered=considered,
            skipped=skipped,
            told=told(considered[-1].conditions, self.world.catalogue) if decides else "",
            lasting=lasting,
            considered_json=json.dumps([rule_json(each) for each in considered]) if lasting else "",
        )


def ranking_of(world: World, rules: AllocationSet) -> Ranking:
    """The set, compiled once for each world."""
    key = ("allocation", id(rules))
    found = world.kept.get(key)
    if not isinstance(found, Ranking) or found.source is not rules:
        found = world.kept[key] = _ranking(world, rules)
    return found


def _ranking(world: World, rules: AllocationSet) -> Ranking:
    written = tuple(sorted(rules.rules, key=lambda rule: rule.rank))
    ready = [_ranked(world, rule) for rule in written]
    read = [leaf.variable for r in ready if r.conditions for leaf in r.conditions.leaves.values()]
    return Ranking(
        world=world,
        source=rules,
        written=written,
        # A host's variables may cost something to read, so they are read only where a rule asks.
        rules=RankedRules.of(ready, unread=world.host_variables),
        personal=frozenset(v.name for v in read if v.personal),
        memorable=not any(v.name in world.host_variables for v in read),
    )


def _ranked(world: World, rule: AllocationRule) -> RankedRule:
    raw = [{"name": a.name, "params": dict(a.params)} for a in rule.actions]
    ready = RankedRule(id=rule.id, name=rule.name, watched=rule.state == "watch")
    try:
        actions = compile_actions(raw, world.catalogue, "allocation")
        return replace(ready, conditions=world.compiled(rule.conditions), actions=actions)
    except InvalidDocument as problem:
        return replace(ready, problem=str(problem))


def why_skipped(case: Casework, rule: AllocationRule, at: datetime) -> str:
    """Why a rule takes no part at all, whatever its conditions, or ""."""
    if rule.state == "off":
        return "switched off"
    if rule.schemes and case.state.scheme not in rule.schemes:
        return "for another scheme"
    if rule.companies and case.state.company not in rule.companies:
        return "for another company"
    return "" if in_force(rule, case.local(at)) else "not in force"


def reconsider(case: Casework, rules: AllocationSet, rule_id: str, at: datetime) -> RuleConsidered | None:
    """What one rule makes of a case, whether or not it was asked; None where there is no such rule.

    Args:
        case: as it was when its owner was decided.
        rules: the set that decided.
        rule_id: any rule of it.
        at: when that was.
    """
    ranking = ranking_of(case.world, rules)
    for written, ready in zip(ranking.written, ranking.rules.rules, strict=True):
        if written.id == rule_id:
            evaluation, _ = ready.run(reader(case, at), {})
            because = why_skipped(case, written, at) or evaluation.error or ""
            return RuleConsidered(
                rule=written.id,
                name=written.name,
                applied=evaluation.result and not because,
                because=because or ("being watched" if ready.watched else ""),
                conditions=evaluation.seen,
            )
    return None
