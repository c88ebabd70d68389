"""Second pass over the escalation ladder: who follows whom, and what a hold must not silence."""

from collections.abc import Iterator, Mapping
from typing import Any

from homebuy_plugin.documents.cycles import find_cycles
from homebuy_plugin.documents.diagnostics import Diagnostic, moved, problem, warning
from homebuy_plugin.documents.landlord_set import Entry, LandlordSet
from homebuy_plugin.documents.model import EscalationRule
from homebuy_plugin.documents.names import Names, clocks_matching
from homebuy_plugin.documents.pack_checks import unknown
from homebuy_plugin.documents.rule_checks import Finding
from homebuy_plugin.engine.diagnostics import quoted

Rules = Mapping[str, Entry[EscalationRule]]


def check_ladder(landlord: LandlordSet, names: Names) -> Iterator[Finding]:
    """Follow-ons and holds."""
    rules: Rules = {entry.value.id: entry for entry in reversed(landlord.escalation)}
    yield from _no_circle(rules)
    for entry in landlord.escalation:
        for each in _check_follow_on(entry.value, rules, "escalation" in landlord.partial):
            yield entry.source, moved(each, entry.pointer)
        if "pack" not in landlord.partial:
            for each in _hold_must_not_silence(entry.value, rules, names):
                yield entry.source, moved(each, entry.pointer)


def _no_circle(rules: Rules) -> Iterator[Finding]:
    links = {name: [e.value.follows] for name, e in rules.items() if e.value.follows}
    for circle in find_cycles(links):
        way = " follows ".join(quoted(name) for name in (*circle, circle[0]))
        entry = rules[circle[0]]
        message = f"These rules follow each other, so none would ever fire: {way}."
        yield entry.source, problem("HB161", message, "", f"{entry.pointer}/follows")


def _check_follow_on(rule: EscalationRule, rules: Rules, partial: bool) -> Iterator[Diagnostic]:
    if not rule.follows:
        return
    followed = rules.get(rule.follows)
    if followed is None:
        if not partial:
            yield unknown("HB160", "rule", rule.follows, rules, "/follows")
        return
    yield from _narrows(rule, followed.value)


def _narrows(rule: EscalationRule, followed: EscalationRule) -> Iterator[Diagnostic]:
    """What a follow-on names must be among what the followed rule is about; empty inherits."""
    pairs = (
        ("/schemes", rule.schemes, followed.schemes),
        ("/companies", rule.companies, followed.companies),
        ("/applies_to/stages", rule.applies_to.stages, followed.applies_to.stages),
        ("/applies_to/tasks", rule.applies_to.tasks, followed.applies_to.tasks),
    )
    for pointer, given, allowed in pairs:
        for index, name in enumerate(given):
            if allowed and name not in allowed:
                yield _widens(rule, name, ", ".join(allowed), f"{pointer}/{index}")
    mine, theirs = rule.applies_to.clock, followed.applies_to.clock
    if mine and theirs and mine != theirs and theirs not in ("statutory", "service"):
        yield _widens(rule, mine, theirs, "/applies_to/clock")
    if mine in ("statutory", "service") and theirs in ("statutory", "service") and mine != theirs:
        yield _widens(rule, str(mine), str(theirs), "/applies_to/clock")


def _widens(rule: EscalationRule, name: str, allowed: str, pointer: str) -> Diagnostic:
    message = f"“{name}” is not among what the rule “{rule.follows}” is about ({allowed})."
    return problem("HB162", message, "A follow-on may only narrow the rule it follows.", pointer)


def _hold_must_not_silence(rule: EscalationRule, rules: Rules, names: Names) -> Iterator[Diagnostic]:
    if rule.trigger not in ("amber", "target_exceeded", "follow_on"):
        return
    place = requires_no_hold(rule.conditions)
    if place is None or not _is_about_the_law(_rooted(rule, rules), names):
        return
    message = "A hold does not stop the law, and this rule on a statutory clock is silent during one."
    help = "Remove the condition, or narrow the rule to service clocks."
    yield warning("HB174", message, help, f"/conditions{place}")


def _rooted(rule: EscalationRule, rules: Rules) -> EscalationRule:
    """The rule at the foot of the ladder, whose clocks a follow-on inherits."""
    seen = {rule.id}
    while rule.follows and rule.follows in rules and rule.follows not in seen:
        seen.add(rule.follows)
        rule = rules[rule.follows].value
    return rule


def _is_about_the_law(rule: EscalationRule, names: Names) -> bool:
    applies = rule.applies_to
    clocks = clocks_matching(
        names.packs(rule.schemes),
        stages=applies.stages,
        tasks=applies.tasks,
        clock=applies.clock,
        subject=applies.subject,
    )
    return any(clock.kind == "statutory" for clock in clocks)


def requires_no_hold(conditions: Any, negated: bool = False) -> str | None:
    """Pointer of the condition without which nothing matches and which wants nothing on hold.

    Conditions are at most eight deep when they come here, so this may recur.
    """
    if not conditions:
        return None
    if "not" in conditions:
        inner = requires_no_hold(conditions["not"], not negated)
        return None if inner is None else f"/not{inner}"
    group = next((key for key in ("all", "any") if key in conditions), None)
    if group is None:
        return "" if _wants_no_hold(conditions, negated) else None
    found = [requires_no_hold(each, negated) for each in conditions[group]]
    every_one_counts = (group == "all") != negated
    places = [f"/{group}/{index}{place}" for index, place in enumerate(found) if place is not None]
    needed = places if every_one_counts or len(places) == len(found) else []
    return needed[0] if needed else None


def _wants_no_hold(leaf: Any, negated: bool) -> bool:
    name, operator, value = leaf.get("name"), leaf.get("operator"), leaf.get("value")
    if name == "on_hold":
        says_no = operator == "is_false" or (operator in ("equal_to", "is") and value is False)
        says_yes = operator == "is_true" or (operator in ("equal_to", "is") and value is True)
        return says_yes if negated else says_no
    is_none = operator in ("equal_to", "is", "less_than_or_equal_to") and value == 0
    return name == "hold_days" and is_none and not negated
