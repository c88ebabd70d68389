"""Targets with what happens around them: which rules warn, tell that one was missed, and follow on."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from homebuy_plugin.documents.clock_checks import placed_clocks
from homebuy_plugin.documents.model import ClockDef, EscalationRule, Pack, StageDef, TaskDef
from homebuy_plugin.documents.names import clocks_matching


@dataclass(frozen=True, kw_only=True)
class Sla:
    """One target of a pack, of a task or of a stage, and the escalation rules about it.

    Attributes:
        task: None for the target of the stage itself.
        clock: its period, warnings, calendar, companies and dates.
        amber: rules that warn before it; exceeded: that tell it was missed; follow_on: that come
            after those while the work is still not done.
    """

    stage: StageDef
    task: TaskDef | None
    clock: ClockDef
    amber: tuple[EscalationRule, ...] = ()
    exceeded: tuple[EscalationRule, ...] = ()
    follow_on: tuple[EscalationRule, ...] = ()


def slas(pack: Pack, rules: Iterable[EscalationRule]) -> Iterator[Sla]:
    """Every target of a pack with its rules, in the order of the pack; rules that are off do nothing."""
    mine = [r for r in rules if r.state != "off" and (not r.schemes or pack.scheme in r.schemes)]
    by_id = {rule.id: rule for rule in mine}
    about = {rule.id: _clocks(pack, rule, by_id) for rule in mine}
    for placed in placed_clocks(pack):
        here = [rule for rule in mine if id(placed.clock) in about[rule.id]]
        yield Sla(
            stage=placed.stage,
            task=placed.task,
            clock=placed.clock,
            amber=tuple(r for r in here if r.trigger == "amber" and _warns(r, placed.clock)),
            exceeded=tuple(r for r in here if r.trigger == "target_exceeded"),
            follow_on=tuple(r for r in here if r.trigger == "follow_on"),
        )


def _warns(rule: EscalationRule, clock: ClockDef) -> bool:
    names = {amber.name for amber in clock.amber}
    return bool(names) and rule.warning in (None, *names)


def _clocks(pack: Pack, rule: EscalationRule, rules: dict[str, EscalationRule]) -> set[int]:
    """The clocks that a rule is about; a follow-on is about those of the rule it follows, or fewer."""
    if rule.trigger not in ("amber", "target_exceeded", "follow_on"):
        return set()
    applies, seen = [rule.applies_to], {rule.id}
    while rule.follows in rules and rule.follows not in seen:
        seen.add(rule.follows)
        rule = rules[rule.follows]
        applies.append(rule.applies_to)
    if rule.trigger not in ("amber", "target_exceeded"):
        return set()  # it follows something other than a target
    found = [
        clocks_matching([pack], stages=a.stages, tasks=a.tasks, clock=a.clock, subject=applies[-1].subject)
        for a in applies
    ]
    return set.intersection(*({id(clock) for clock in clocks} for clocks in found))
