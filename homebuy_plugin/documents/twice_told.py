"""Escalation rules that do the same at the same moment: told twice, added twice, or given to two.

All escalation rules that fit are applied, each by itself. So two of them may write one letter to
one person about one deadline at one instant, or hand a task to different people, of whom the
order of the file then decides.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from homebuy_plugin.documents.clock_checks import PlacedClock
from homebuy_plugin.documents.diagnostics import Diagnostic, moved, warning
from homebuy_plugin.documents.landlord_set import Entry, LandlordSet
from homebuy_plugin.documents.model import ActionDef, Duration, EscalationRule
from homebuy_plugin.documents.names import Names
from homebuy_plugin.documents.scenes import clocks_of
from homebuy_plugin.engine.analysis import Ruling
from homebuy_plugin.engine.analysis.sharing import share_a_case

Finding = tuple[str, Diagnostic]
Rules = Mapping[str, Entry[EscalationRule]]
RulingOf = Callable[[EscalationRule], Ruling | None]
"""A rule as the analysis takes it, within all that holds when it is asked; None where it is at fault."""
Deed = tuple[Hashable, ...]

PAIRS = 2_000
"""Pairs of rules that are looked at."""
_DAYS = {"days": 1, "weeks": 7}


def told_twice(landlord: LandlordSet, names: Names, ruling: RulingOf) -> Iterator[Finding]:
    """Pairs of rules that share a moment, a case and a deed."""
    if "pack" in landlord.partial:
        return
    moments = _Moments({entry.value.id: entry for entry in landlord.escalation}, names)
    known: dict[str, Ruling | None] = {}

    def ready(rule: EscalationRule) -> Ruling | None:
        if rule.id not in known:
            known[rule.id] = ruling(rule)
        return known[rule.id]

    pairs = _pairs(landlord)
    for first, second, deeds in pairs[:PAIRS]:
        if not moments.shared(first.value, second.value):
            continue
        one, other = ready(first.value), ready(second.value)
        common = share_a_case(one, other) if one and other else None
        if common is not None:
            when = f", for example when {common.when}" if common.when else ""
            verb = "at" if common.certain else "perhaps at"
            for deed in deeds:
                found = _said(deed, first.value, second.value, f"{verb} the same moment{when}")
                yield second.source, moved(found, second.pointer)
    if len(pairs) > PAIRS:
        message = f"Only {PAIRS:,} pairs of escalation rules that do the same were compared."
        first, second, _ = pairs[PAIRS]
        yield second.source, warning("HB190", message, "There may be more that speak twice.", second.pointer)


_Pair = tuple[Entry[EscalationRule], Entry[EscalationRule], list[Deed]]


def _pairs(landlord: LandlordSet) -> list[_Pair]:
    """Rules that are on and do the same at all, with what they both do."""
    asked = [entry for entry in landlord.escalation if entry.value.state == "on"]
    doing: dict[Deed, list[int]] = {}
    both: dict[tuple[int, int], list[Deed]] = {}
    for second, entry in enumerate(asked):
        for deed in _deeds(entry.value):
            for first in doing.setdefault(deed, []):
                both.setdefault((first, second), []).append(deed)
            doing[deed].append(second)
        if len(both) > PAIRS:
            break
    pairs = ((asked[first], asked[second], deeds) for (first, second), deeds in both.items())
    clashing = ((one, other, _clashes(one, other, deeds)) for one, other, deeds in pairs)
    return [(one, other, deeds) for one, other, deeds in clashing if deeds]


def _clashes(one: Entry[EscalationRule], other: Entry[EscalationRule], deeds: list[Deed]) -> list[Deed]:
    """Without the handing over of a task, where both hand it to the same people."""
    alike = _reassigns(one) == _reassigns(other)
    return [deed for deed in deeds if not (alike and deed[0] == "reassign")]


def _deeds(rule: EscalationRule) -> list[Deed]:
    """What a rule does that is once too often when another does it as well."""
    found: dict[Deed, None] = {}
    for action in rule.actions:
        if action.name == "notify":
            template, channel = action.params.get("template"), action.params.get("channel")
            found |= dict.fromkeys(("notify", to, template, channel) for to in _recipients(action))
        elif action.name == "add_task":
            found["add_task", action.params.get("task")] = None
        elif action.name == "reassign":
            found["reassign",] = None
    return list(found)


def _recipients(action: ActionDef) -> tuple[str, ...]:
    to = action.params.get("to") or ()
    return (to,) if isinstance(to, str) else tuple(to)


def _reassigns(entry: Entry[EscalationRule]) -> list[ActionDef]:
    return [action for action in entry.value.actions if action.name == "reassign"]


@dataclass(frozen=True, slots=True)
class _Moments:
    """When rules are asked, as far as documents tell."""

    rules: Rules
    names: Names

    def shared(self, one: EscalationRule, other: EscalationRule) -> bool:
        """Whether two rules can be asked about one thing at one instant, on one day."""
        first, second = self._root(one), self._root(other)
        return (
            _same_days(one, other)
            and _meet(one.schemes or first.schemes, other.schemes or second.schemes)
            and _meet(one.companies or first.companies, other.companies or second.companies)
            and self._fall_together(one, other)
            and self._same_thing(one, first, other, second)
        )

    def _root(self, rule: EscalationRule) -> EscalationRule:
        seen = {rule.id}
        while (followed := self.rules.get(rule.follows or "")) and followed.value.id not in seen:
            rule = followed.value
            seen.add(rule.id)
        return rule

    def _fall_together(self, one: EscalationRule, other: EscalationRule) -> bool:
        if one.trigger != other.trigger:
            return False
        if one.trigger == "follow_on":
            one_of, other_of = self.rules.get(one.follows or ""), self.rules.get(other.follows or "")
            if one_of is None or other_of is None or not _instants(one) & _instants(other):
                return False
            # Deeper ladders end: the walk up each was found free of circles before.
            return one_of is other_of or self._fall_together(one_of.value, other_of.value)
        if one.trigger == "event":
            return one.event == other.event
        if one.trigger == "stagnant":
            return one.watch_state == other.watch_state and bool(_instants(one) & _instants(other))
        return True

    def _same_thing(
        self, one: EscalationRule, first: EscalationRule, other: EscalationRule, second: EscalationRule
    ) -> bool:
        """Whether there is a clock, task or event that both are about."""
        if first.trigger not in ("amber", "target_exceeded"):
            return _meet(
                one.applies_to.tasks or first.applies_to.tasks,
                other.applies_to.tasks or second.applies_to.tasks,
            )
        schemes = one.schemes or first.schemes, other.schemes or second.schemes
        for pack in self.names.packs(()):
            if not all(not each or pack.scheme in each for each in schemes):
                continue
            theirs = clocks_of(other, second, [pack])
            for placed in clocks_of(one, first, [pack]):
                if placed in theirs and (first.trigger != "amber" or _one_warning(placed, first, second)):
                    return True
        return False


def _one_warning(placed: PlacedClock, first: EscalationRule, second: EscalationRule) -> bool:
    named = {amber.name for amber in placed.clock.amber}
    wanted = {each.warning for each in (first, second) if each.warning is not None}
    return len(wanted) < 2 and wanted <= named


def _same_days(one: EscalationRule, other: EscalationRule) -> bool:
    start = max(one.effective_from or date.min, other.effective_from or date.min)
    return start < min(one.effective_to or date.max, other.effective_to or date.max)


def _meet(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two lists have something in common; an empty one is everything."""
    return not one or not other or bool(set(one) & set(other))


def _instants(rule: EscalationRule) -> set[tuple[int, str]]:
    """How long after what it waits for a rule is asked, first and again."""
    if rule.after is None:
        return set()
    first, unit = _plain(rule.after)
    every, again = _plain(rule.repeat.every) if rule.repeat else (0, unit)
    times = rule.repeat.times if rule.repeat and again == unit else 0
    return {(first + every * time, unit) for time in range(times + 1)}


def _plain(length: Duration) -> tuple[int, str]:
    return (
        (length.value * _DAYS[length.unit], "days") if length.unit in _DAYS else (length.value, length.unit)
    )


def _said(deed: Deed, first: EscalationRule, second: EscalationRule, when: str) -> Diagnostic:
    both = f"“{first.name or first.id}” and “{second.name or second.id}”"
    if deed[0] == "notify":
        message = f"{both} both send the letter “{deed[2]}” to “{deed[1]}” {when}."
        return warning("HB191", message, "Let one of them speak, or give one another letter.")
    if deed[0] == "add_task":
        message = f"{both} both add the task “{deed[1]}” {when}."
        return warning("HB191", message, "Let one of them add it.")
    message = f"{both} give the same task to different people {when}."
    return warning("HB192", message, "Narrow one of them: the order of the file would decide.")
