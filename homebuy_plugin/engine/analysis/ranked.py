"""Rules of which the first that applies decides: who takes whose turn, and which cases nobody takes."""

from collections.abc import Collection, Iterator, Sequence
from functools import partial

from homebuy_plugin.engine.analysis.findings import Finding, Report, Ruling, titles
from homebuy_plugin.engine.analysis.gaps import gaps
from homebuy_plugin.engine.analysis.overlaps import overlaps
from homebuy_plugin.engine.analysis.parts import dead_parts
from homebuy_plugin.engine.analysis.ruleset import RuleSet
from homebuy_plugin.engine.analysis.single import inexact, never_apply
from homebuy_plugin.engine.analysis.sweep import Budget, OutOfBudget
from homebuy_plugin.engine.lowering import Conditions


def analyse_ranked(
    rules: Sequence[Ruling],
    *,
    scene: Conditions | None = None,
    dates: Collection[str] = (),
    budget: int = 200_000,
) -> Report:
    """Everything that can be said about rules in order of priority.

    Args:
        rules: those that decide, in order.
        scene: what holds for every case they are asked about.
        dates: names of variables that are the date of asking; gaps in them are told apart.
        budget: how many parts of the cases may be looked at.
    """
    known = RuleSet(rules, scene, dates, Budget(budget))
    findings = list(never_apply(known.space, known.studied))
    complete = True
    for step in (shadowed, gaps, redundant, dead, overlaps):
        try:
            findings += step(known)
        except OutOfBudget:
            complete = False
            break
    findings += inexact(known.space, known.studied, complete=complete)
    return Report(findings=tuple(findings), exact=not any(each.kind == "inexact" for each in findings))


def shadowed(known: RuleSet) -> Iterator[Finding]:
    """Rules that never get a turn, and who takes it."""
    for rule, each in enumerate(known.studied):
        if each.boxes and rule not in known.winners:
            others = known.before(rule)
            verb = "takes" if len(others) == 1 else "take"
            yield Finding(
                kind="shadowed",
                rule=rule,
                others=others,
                message=f"“{each.rule.title}” never gets a turn: {titles(known.rules, others)} {verb} "
                "all its cases first.",
                help="Let it be asked before those, or narrow them.",
            )


def redundant(known: RuleSet) -> Iterator[Finding]:
    """Rules without which every case would have the same outcome."""
    alike: dict[str, int] = {}
    for at, (rule, _) in enumerate(known.boxes):
        outcome = known.rules[rule].outcome
        alike[outcome] = alike.get(outcome, 0) | 1 << at
    for rule in sorted(known.winners):
        each = known.studied[rule]
        later = alike[each.rule.outcome] & ~((2 << _last_box(known, rule)) - 1)
        if not any(known.neighbours.of(box) & later for box in each.boxes):
            continue
        others = known.instead(rule)
        if others is not None and {known.rules[other].outcome for other in others} == {each.rule.outcome}:
            verb = "gives" if len(others) == 1 else "give"
            yield Finding(
                kind="redundant",
                rule=rule,
                others=others,
                message=f"“{each.rule.title}” could be left out: {titles(known.rules, others)} {verb} "
                "its cases the same.",
                help="Remove it, or say in its description why it is there.",
            )


def _last_box(known: RuleSet, rule: int) -> int:
    return max(at for at, (owner, _) in enumerate(known.boxes) if owner == rule)


def dead(known: RuleSet) -> Iterator[Finding]:
    """Parts of conditions that never make a difference."""
    for rule in sorted(known.winners):
        alive = partial(known.comes_to_a_turn, rule)
        yield from dead_parts(known.space, known.studied[rule], rule, alive)
