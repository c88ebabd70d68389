"""What the analysis of rule sets finds at one landlord: `homebuy rules coverage`.

Findings are diagnostics like any others, each at the rule it is about. They are warnings:
nothing is refused for them. Those of :data:`MISTAKES` are hardly ever meant.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from homebuy_plugin.documents.diagnostics import Diagnostic, Located, in_order, locate, moved, warning
from homebuy_plugin.documents.landlord_set import Entry, LandlordSet
from homebuy_plugin.documents.model import AllocationRule, EscalationRule
from homebuy_plugin.documents.names import Names
from homebuy_plugin.documents.never_fires import never_fire
from homebuy_plugin.documents.rule_checks import Finding
from homebuy_plugin.documents.scenes import about, at_creation, at_rung
from homebuy_plugin.documents.twice_told import told_twice
from homebuy_plugin.documents.validating import Texts, read_all
from homebuy_plugin.documents.vocabulary import with_codes
from homebuy_plugin.engine.analysis import Finding as Found
from homebuy_plugin.engine.analysis import Report, Ruling, analyse_each, analyse_ranked
from homebuy_plugin.engine.catalogue import Catalogue
from homebuy_plugin.engine.conditions import Conditions, compile_conditions
from homebuy_plugin.exceptions import InvalidDocument

_CODES: Mapping[str, str] = {
    "contradiction": "HB180",
    "excluded": "HB181",
    "shadowed": "HB182",
    "dead_part": "HB183",
    "redundant": "HB184",
    "gap": "HB185",
    "date_gap": "HB186",
    "overlap": "HB187",
    "inexact": "HB190",
}
MISTAKES = frozenset({"HB180", "HB181", "HB182", "HB183", "HB186", "HB188", "HB189", "HB191", "HB192"})
"""Codes of findings that are hardly ever meant; gaps and overlaps may well be."""

Rule = AllocationRule | EscalationRule


def check_coverage(landlord: LandlordSet, *, since: date | None = None) -> Iterator[Finding]:
    """What can be said of the rules of a landlord as sets.

    Args:
        landlord: documents that were found sound, each by itself and all together.
        since: cases created before this day are not looked at; by default the day the first
            allocation rule comes into force.
    """
    if landlord.catalogue is None:
        return
    known = _closed(landlord.catalogue, landlord)
    yield from _allocation(landlord, known, since)
    yield from _escalation(landlord, known)


def cover_texts(
    texts: Texts, catalogue: Catalogue, *, beside: Texts | None = None, since: date | None = None
) -> tuple[list[Located], bool]:
    """The same for files: what is found, in order of place, and whether they could be looked at.

    Args:
        texts: file name to content.
        catalogue: built-in and hosts' variables and actions.
        beside: further documents that belong to them; findings about those are left out.
        since: as above.
    """
    everything = {**(beside or {}), **texts}
    documents, landlord = read_all(everything, catalogue)
    wrong = [each for source in everything for each in documents[source].problems if each.is_error]
    if wrong:
        return in_order(wrong), False
    by_source: dict[str, list[Diagnostic]] = {}
    for source, diagnostic in check_coverage(landlord, since=since):
        by_source.setdefault(source, []).append(diagnostic)
    found = [
        each
        for source, diagnostics in by_source.items()
        if source in texts
        for each in locate(diagnostics, source, documents[source].positions)
    ]
    return in_order(found), True


def _closed(catalogue: Catalogue, landlord: LandlordSet) -> Catalogue:
    """The catalogue with the codes of the landlord's packs, and every scheme that rules name."""
    packs = [entry.value for entry in landlord.packs]
    rules: Sequence[Entry[Rule]] = (*landlord.allocation, *landlord.escalation)
    schemes = {pack.scheme for pack in packs} | {scheme for entry in rules for scheme in entry.value.schemes}
    return with_codes(catalogue, packs).with_options({"scheme": sorted(schemes)} if schemes else {})


# --- allocation --------------------------------------------------------------------------------


def _allocation(landlord: LandlordSet, catalogue: Catalogue, since: date | None) -> Iterator[Finding]:
    by_rank = sorted(landlord.allocation, key=lambda entry: entry.value.rank)
    asked = [(entry, _rank_limits(entry.value)) for entry in by_rank if entry.value.state != "off"]
    start = since or min((r.value.effective_from for r, _ in asked if r.value.effective_from), default=None)
    asked = [(e, limits) for e, limits in asked if not (start and _ended(e.value, start))]
    scene = at_creation()
    if start is not None:
        scene.append({"name": "created_on", "operator": "on_or_after", "value": start.isoformat()})
    ready = [
        (entry, ruling) for entry, limits in asked if (ruling := _ruling(entry.value, limits, catalogue))
    ]
    deciding = [(entry, ruling) for entry, ruling in ready if entry.value.state == "on"]
    surroundings = compile_conditions(about(scene, _names([ruling for _, ruling in ready])), catalogue)
    report = analyse_ranked([each for _, each in deciding], scene=surroundings, dates=("created_on",))
    yield from _placed(report, [entry for entry, _ in deciding], landlord.allocation)
    watched = [(entry, ruling) for entry, ruling in ready if entry.value.state == "watch"]
    yield from _placed(analyse_each([each for _, each in watched]), [entry for entry, _ in watched], ())


def _ended(rule: AllocationRule, day: date) -> bool:
    return rule.effective_to is not None and rule.effective_to <= day


def _rank_limits(rule: AllocationRule) -> list[Mapping[str, Any]]:
    """The cases that a rule is for, besides its conditions."""
    found: list[Mapping[str, Any]] = []
    for name, codes in (("scheme", rule.schemes), ("company", rule.companies)):
        if codes:
            found.append({"name": name, "operator": "is_one_of", "value": list(codes)})
    for operator, day in (("on_or_after", rule.effective_from), ("before", rule.effective_to)):
        if day is not None:
            found.append({"name": "created_on", "operator": operator, "value": day.isoformat()})
    return found


def _ruling(rule: Rule, limits: Sequence[Mapping[str, Any]], catalogue: Catalogue) -> Ruling | None:
    """A rule as the analysis takes it; None where its conditions are at fault, which is said elsewhere."""
    actions = [{"name": action.name, "params": dict(action.params)} for action in rule.actions]
    try:
        return Ruling(
            title=rule.name or rule.id,
            conditions=compile_conditions(rule.conditions, catalogue),
            limits=(compile_conditions({"all": list(limits)}, catalogue),) if limits else (),
            outcome=json.dumps(actions, sort_keys=True, default=str),
        )
    except InvalidDocument:
        return None


def _names(rulings: Sequence[Ruling]) -> frozenset[str]:
    every: list[Conditions] = [each for ruling in rulings for each in (ruling.conditions, *ruling.limits)]
    return frozenset().union(*(conditions.variables for conditions in every))


# --- escalation --------------------------------------------------------------------------------


def _escalation(landlord: LandlordSet, catalogue: Catalogue) -> Iterator[Finding]:
    names = Names(landlord)
    rules = {entry.value.id: entry.value for entry in landlord.escalation}
    asked = [entry for entry in landlord.escalation if entry.value.state != "off"]

    def scene(rule: EscalationRule) -> list[Mapping[str, Any]]:
        root = _root(rule, rules)
        return at_rung(rule, root, names.packs(rule.schemes or root.schemes))

    ready = []
    for entry in asked:
        surroundings = about(scene(entry.value), _variables(entry.value, catalogue))
        ruling = _ruling(entry.value, surroundings["all"] if surroundings else (), catalogue)
        if ruling:
            ready.append((entry, ruling))
    report = analyse_each([ruling for _, ruling in ready])
    yield from _placed(report, [entry for entry, _ in ready], ())
    excluded = {
        ready[each.rule][0].value.id
        for each in report.findings
        if each.rule is not None and each.kind in ("contradiction", "excluded")
    }
    yield from never_fire(landlord, names, frozenset(excluded))
    yield from told_twice(landlord, names, lambda rule: _ruling(rule, scene(rule), catalogue))


def _variables(rule: Rule, catalogue: Catalogue) -> frozenset[str]:
    """The variables a rule's conditions are about; none where they are at fault."""
    try:
        return compile_conditions(rule.conditions, catalogue).variables
    except InvalidDocument:
        return frozenset()


def _root(rule: EscalationRule, rules: Mapping[str, EscalationRule]) -> EscalationRule:
    """The rule at the foot of a ladder."""
    seen = {rule.id}
    while rule.follows and rule.follows in rules and rule.follows not in seen:
        seen.add(rule.follows)
        rule = rules[rule.follows]
    return rule


# --- findings as diagnostics -------------------------------------------------------------------


def _placed(
    report: Report, entries: Sequence[Entry[Any]], all_of_them: Sequence[Entry[Any]]
) -> Iterator[Finding]:
    """Each finding at its rule; what is about the set as a whole at the first file of the set."""
    for each in report.findings:
        code = _CODES[each.kind]
        if each.rule is not None:
            entry = entries[each.rule]
            yield entry.source, moved(warning(code, each.message, each.help, each.pointer), entry.pointer)
        elif all_of_them or entries:
            first = _nearest(each, all_of_them or entries)
            yield first.source, warning(code, each.message, each.help, first.pointer.rpartition("/")[0])


def _nearest(found: Found, entries: Sequence[Entry[Any]]) -> Entry[Any]:
    """The first rule for the scheme of a sample case, else the first of all."""
    scheme = found.facts.get("scheme")
    return next((entry for entry in entries if scheme in entry.value.schemes), entries[0])
