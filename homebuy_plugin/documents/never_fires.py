"""Escalation rules that can never fire, or tell nobody, whatever their conditions say."""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise

from homebuy_plugin.documents.diagnostics import Diagnostic, moved, warning
from homebuy_plugin.documents.landlord_set import Entry, LandlordSet
from homebuy_plugin.documents.model import AppliesTo, EscalationRule, Group
from homebuy_plugin.documents.names import Names
from homebuy_plugin.documents.scenes import clocks_of
from homebuy_plugin.engine.phrases import long_date

Rules = Mapping[str, Entry[EscalationRule]]
Finding = tuple[str, Diagnostic]


def never_fire(landlord: LandlordSet, names: Names, excluded: frozenset[str]) -> Iterator[Finding]:
    """Follow-ons of rules that never fire, clocks that no task has, groups without anybody.

    Args:
        landlord: the documents.
        names: look-ups over them.
        excluded: ids of rules whose conditions never hold; they are reported elsewhere.
    """
    rules: Rules = {entry.value.id: entry for entry in landlord.escalation}
    for entry in landlord.escalation:
        if entry.value.state == "off":
            continue
        found = [*_follows_in_vain(entry.value, rules, excluded, names), *_dates_apart(entry.value, rules)]
        found += _without_a_clock(entry.value, rules, names)
        found += _tells_nobody(entry.value, landlord)
        for each in found:
            yield entry.source, moved(each, entry.pointer)
    yield from _gaps_in_dates(landlord)


def _title(rule: EscalationRule) -> str:
    return f"“{rule.name or rule.id}”"


def _follows_in_vain(
    rule: EscalationRule, rules: Rules, excluded: frozenset[str], names: Names
) -> Iterator[Diagnostic]:
    """A follow-on is armed by a rung that fired: one that never does arms nothing."""
    followed = rules.get(rule.follows or "")
    why = _why_silent(followed.value, rules, excluded, names) if followed else ""
    if followed and why:
        message = f"{_title(rule)} can never fire: it follows {_title(followed.value)}, which {why}."
        yield warning("HB188", message, "Switch that one on, or follow another rule.", "/follows")


def _why_silent(rule: EscalationRule, rules: Rules, excluded: frozenset[str], names: Names) -> str:
    """Why a rule never fires, or ""; a follow-on also where its ladder leads back to such a rule."""
    for at, each in enumerate(_ladder(rule, rules)):
        why = _why_by_itself(each, rules, excluded, names)
        if why:
            return f"leads back to {_title(each)}, which {why}" if at else why
    return ""


def _why_by_itself(rule: EscalationRule, rules: Rules, excluded: frozenset[str], names: Names) -> str:
    if rule.state == "off":
        return "is switched off"
    if rule.state == "watch":
        return "is only being watched"
    if rule.id in excluded:
        return "can never apply itself"
    return "has no clock" if _no_clock(rule, rules, names) else ""


def _ladder(rule: EscalationRule, rules: Rules) -> list[EscalationRule]:
    """A rule, the one it follows, and so on to the foot."""
    found = [rule]
    while (followed := rules.get(found[-1].follows or "")) and followed.value not in found:
        found.append(followed.value)
    return found


def _dates_apart(rule: EscalationRule, rules: Rules) -> Iterator[Diagnostic]:
    """A follow-on comes later than what it follows, and must then be in force."""
    followed = rules.get(rule.follows or "")
    if followed is None or rule.effective_to is None or followed.value.effective_from is None:
        return
    if rule.effective_to <= followed.value.effective_from:
        message = f"{_title(rule)} can never fire: it ends before {_title(followed.value)}, which it follows."
        yield warning("HB188", message, "Correct the dates.", "/effective_to")


def _without_a_clock(rule: EscalationRule, rules: Rules, names: Names) -> Iterator[Diagnostic]:
    if _no_clock(rule, rules, names):
        what = "warning" if rule.trigger == "amber" else "clock"
        message = f"{_title(rule)} can never fire: no {what} fits what it applies to."
        place = "/applies_to" if rule.applies_to != AppliesTo() else ""
        yield warning("HB188", message, "Correct what it applies to, or its schemes.", place)


def _no_clock(rule: EscalationRule, rules: Rules, names: Names) -> bool:
    """Whether a rule waits for a clock that no stage or task of the packs has."""
    root = _ladder(rule, rules)[-1]
    schemes = rule.schemes or root.schemes
    if root.trigger not in ("amber", "target_exceeded") or names.of_schemes(schemes) is None:
        return False
    return not clocks_of(rule, root, names.packs(schemes))


def _tells_nobody(rule: EscalationRule, landlord: LandlordSet) -> Iterator[Diagnostic]:
    """Notices to a group in which nobody is."""
    if "groups" in landlord.partial:
        return
    groups = {f"group:{entry.value.id}": entry.value for entry in landlord.groups}
    for index, action in enumerate(rule.actions):
        to = action.params.get("to") if action.name == "notify" else ()
        for place, recipient in enumerate([to] if isinstance(to, str) else to or ()):
            group = groups.get(str(recipient))
            if group is not None and not _anybody(group, rule):
                message = (
                    f"Nobody is in the group “{group.name or group.id}” while {_title(rule)} is in force."
                )
                help_ = "Add members, or tell somebody else."
                yield warning("HB189", message, help_, f"/actions/{index}/params/to/{place}")


def _anybody(group: Group, rule: EscalationRule) -> bool:
    """Whether any member is in a group on some day on which the rule is in force."""
    first, end = rule.effective_from or date.min, rule.effective_to or date.max
    return any(
        (member.effective_from or date.min) < end and first < (member.effective_to or date.max)
        for member in group.members
    )


def _gaps_in_dates(landlord: LandlordSet) -> Iterator[Finding]:
    """One rule ends, another about the same begins later, and in between there is none."""
    alike: dict[object, list[Entry[EscalationRule]]] = {}
    for entry in landlord.escalation:
        if entry.value.state == "on":
            alike.setdefault(_about(entry.value), []).append(entry)
    for entries in alike.values():
        by_start = sorted(entries, key=lambda entry: entry.value.effective_from or date.min)
        end = date.min
        for before, after in pairwise(by_start):
            end = max(end, before.value.effective_to or date.max)
            begins = after.value.effective_from or date.min
            if end < begins:
                message = (
                    f"Nothing like {_title(before.value)} and {_title(after.value)} is in force from "
                    f"{long_date(end)} until {long_date(begins)}."
                )
                place = f"{after.pointer}/effective_from"
                yield after.source, warning("HB186", message, "Let one begin where the other ends.", place)


def _about(rule: EscalationRule) -> object:
    """What two rules have in common of which one takes the place of the other."""
    applies = rule.applies_to
    return (
        (
            rule.trigger,
            rule.warning,
            rule.event,
            rule.follows,
            rule.watch_state,
            applies.clock,
            applies.subject,
        ),
        *map(frozenset, (rule.schemes, rule.companies, applies.stages, applies.tasks)),
    )
