"""Second pass over allocation and escalation rules: what they name must exist."""

from collections.abc import Iterator, Sequence
from typing import Any

from homebuy_plugin.documents.diagnostics import Diagnostic, below, moved, problem, warning
from homebuy_plugin.documents.landlord_set import Entry, LandlordSet
from homebuy_plugin.documents.model import ActionDef, AllocationRule, EscalationRule
from homebuy_plugin.documents.names import Names, PackNames, clocks_matching
from homebuy_plugin.documents.pack_checks import unknown
from homebuy_plugin.engine.diagnostics import quoted

Rule = AllocationRule | EscalationRule
Finding = tuple[str, Diagnostic]
"""Source and diagnostic."""

OWNER_ACTIONS = frozenset(
    {
        "assign_user",
        "assign_users",
        "assign_role",
        "assign_case_creator",
        "assign_previous_owner",
        "choose_owner",
    }
)


def check_rules(landlord: LandlordSet, names: Names) -> Iterator[Finding]:
    """All rules of both kinds."""
    yield from _ids_differ(landlord.allocation)
    yield from _ids_differ(landlord.escalation)
    yield from _ranks_differ(landlord.allocation)
    yield from _flags_are_set(landlord)
    for entry in landlord.allocation:
        found = [*_check_common(entry.value, names), *_somebody_owns(entry.value)]
        yield from _placed(entry, found)
    for rule in landlord.escalation:
        found = [*_check_common(rule.value, names), *_check_escalation(rule.value, names)]
        yield from _placed(rule, found)


def _placed(entry: Entry[Any], found: Sequence[Diagnostic]) -> Iterator[Finding]:
    for each in found:
        yield entry.source, moved(each, entry.pointer)


def twice(entries: Sequence[Entry[Any]], key: str, code: str, what: str, name_of: Any) -> Iterator[Finding]:
    """Entries whose name an earlier one has, in this file or another."""
    first: dict[Any, Entry[Any]] = {}
    for entry in entries:
        name = name_of(entry.value)
        if name in first:
            other = first[name]
            where = "in this file" if other.source == entry.source else f"in {other.source}"
            shown = name if isinstance(name, str | int) else " ".join(str(part) for part in name)
            message = f"There is another {what} “{shown}” {where}."
            yield entry.source, problem(code, message, "", entry.pointer + key)
        first.setdefault(name, entry)


def _ids_differ(entries: Sequence[Entry[Any]]) -> Iterator[Finding]:
    yield from twice(entries, "/id", "HB152", "rule with the id", lambda rule: rule.id)
    yield from _names_differ(entries)


def _names_differ(entries: Sequence[Entry[Any]]) -> Iterator[Finding]:
    """Rules of schemes that never meet may share a name."""
    schemes = sorted({scheme for entry in entries for scheme in entry.value.schemes}) or [""]
    told: set[tuple[str, str]] = set()
    for scheme in schemes:
        here = [e for e in entries if e.value.name and (not e.value.schemes or scheme in e.value.schemes)]
        for source, each in twice(here, "/name", "HB156", "rule called", lambda rule: rule.name):
            if (source, each.pointer) not in told:
                told.add((source, each.pointer))
                yield source, warning("HB156", each.message, "", each.pointer)


def _ranks_differ(entries: Sequence[Entry[AllocationRule]]) -> Iterator[Finding]:
    for source, each in twice(entries, "/rank", "HB153", "rule with the rank", lambda rule: rule.rank):
        help = "Ranks are unique among all allocation rules; lower ranks are asked first."
        yield source, problem("HB153", each.message, help, each.pointer)


def _somebody_owns(rule: AllocationRule) -> Iterator[Diagnostic]:
    if not any(action.name in OWNER_ACTIONS for action in rule.actions):
        message = "This rule decides, but gives the case no owner."
        yield warning("HB154", message, "Add assign_role, assign_user or choose_owner.", "/actions")


def _check_common(rule: Rule, names: Names) -> Iterator[Diagnostic]:
    yield from _known_all("HB163", "scheme", rule.schemes, names.schemes, "/schemes")
    for index, action in enumerate(rule.actions):
        yield from _check_action(rule, action, names, f"/actions/{index}")


def _known_all(
    code: str, what: str, given: Sequence[str], known: frozenset[str] | None, pointer: str
) -> Iterator[Diagnostic]:
    for index, name in enumerate(given):
        if known is not None and name not in known:
            yield unknown(code, what, name, known, f"{pointer}/{index}")


def _check_action(rule: Rule, action: ActionDef, names: Names, pointer: str) -> Iterator[Diagnostic]:
    here = names.of_schemes(rule.schemes)
    known: dict[str, tuple[str, str, frozenset[str] | None]] = {
        "role": ("HB171", "role", names.roles),
        "group": ("HB170", "group", names.groups),
        "user": ("HB172", "officer", names.users),
        "template": ("HB169", "template", names.templates),
        "task": ("HB165", "task", here.tasks if here else None),
        "stage": ("HB164", "stage", here.stages if here else None),
    }
    for key, value in action.params.items():
        place = f"{pointer}{below('/params', key)}"
        if key in known and isinstance(value, str):
            code, what, there = known[key]
            yield from _known_one(code, what, value, there, place)
        elif key == "users" and isinstance(value, list):
            yield from _known_all("HB172", "officer", value, names.users, place)
    yield from _check_notice(action, names, pointer)


def _known_one(
    code: str, what: str, name: str, known: frozenset[str] | None, pointer: str
) -> Iterator[Diagnostic]:
    if known is not None and name not in known:
        yield unknown(code, what, name, known, pointer)


def _check_notice(action: ActionDef, names: Names, pointer: str) -> Iterator[Diagnostic]:
    if action.name != "notify":
        return
    known = {"role": ("HB171", names.roles), "group": ("HB170", names.groups), "user": ("HB172", names.users)}
    for index, recipient in enumerate(action.params.get("to") or ()):
        kind, colon, name = str(recipient).partition(":")
        if colon and kind in known:
            code, there = known[kind]
            what = "officer" if kind == "user" else kind
            yield from _known_one(code, what, name, there, f"{pointer}/params/to/{index}")
    template, channel = action.params.get("template"), action.params.get("channel")
    channels = names.channels.get(str(template), frozenset())
    if channel and channels and channel not in channels:
        message = f"The template “{template}” is not written for the channel {quoted(str(channel))}."
        help = f"It is written for: {', '.join(sorted(channels))}."
        yield problem("HB169", message, help, f"{pointer}/params/channel")


def _check_escalation(rule: EscalationRule, names: Names) -> Iterator[Diagnostic]:
    here = names.of_schemes(rule.schemes)
    if here is None:
        return
    applies = rule.applies_to
    yield from _elsewhere("HB164", "stage", applies.stages, here.stages, "/applies_to/stages", rule, names)
    yield from _elsewhere("HB165", "task", applies.tasks, here.tasks, "/applies_to/tasks", rule, names)
    if applies.clock:
        known = here.clocks | {"statutory", "service"}
        yield from _known_one("HB166", "clock", applies.clock, known, "/applies_to/clock")
    if rule.warning:
        yield from _known_one("HB167", "warning", rule.warning, here.warnings, "/warning")
    if rule.event:
        yield from _known_one("HB168", "event", rule.event, here.events, "/event")
    yield from _is_about_something(rule, here, names)


def _elsewhere(
    code: str,
    what: str,
    given: Sequence[str],
    here: frozenset[str],
    pointer: str,
    rule: EscalationRule,
    names: Names,
) -> Iterator[Diagnostic]:
    """Unknown codes; those that another scheme has are said to be there."""
    for index, name in enumerate(given):
        if name in here:
            continue
        others = [p.scheme for p in names.packs(()) if name in (_stages_and_tasks(p, what))]
        if others:
            message = f"The {what} “{name}” belongs to {', '.join(others)}, not to {', '.join(rule.schemes)}."
            yield problem(code, message, "Change “schemes”.", f"{pointer}/{index}")
        else:
            yield unknown(code, what, name, here, f"{pointer}/{index}")


def _stages_and_tasks(pack: Any, what: str) -> frozenset[str]:
    if what == "stage":
        return frozenset(stage.code for stage in pack.stages)
    return frozenset(task.code for stage in pack.stages for task in stage.tasks)


def _is_about_something(rule: EscalationRule, here: PackNames, names: Names) -> Iterator[Diagnostic]:
    applies = rule.applies_to
    if rule.trigger not in ("amber", "target_exceeded"):
        return
    if not (set(applies.tasks) <= here.tasks and set(applies.stages) <= here.stages):
        return
    clocks = clocks_matching(
        names.packs(rule.schemes),
        stages=applies.stages,
        tasks=applies.tasks,
        clock=applies.clock,
        subject=applies.subject,
    )
    if rule.trigger == "amber":
        clocks = tuple(c for c in clocks if any(rule.warning in (None, a.name) for a in c.amber))
    if not clocks:
        what = "warning" if rule.trigger == "amber" else "clock"
        message = f"No {what} fits this “applies_to”, so the rule would never fire."
        yield warning("HB173", message, "", "/applies_to")


def _flags_are_set(landlord: LandlordSet) -> Iterator[Finding]:
    if "escalation" in landlord.partial:
        return
    flags = {
        action.params.get("flag")
        for entry in landlord.escalation
        for action in entry.value.actions
        if action.name == "set_flag"
    }
    rules: tuple[Entry[Rule], ...] = (*landlord.allocation, *landlord.escalation)
    for entry in rules:
        for pointer, value in flags_asked(entry.value.conditions):
            if value not in flags:
                message = f"No rule sets the flag {quoted(value)}."
                place = f"{entry.pointer}/conditions{pointer}"
                yield entry.source, warning("HB155", message, "Add a set_flag action.", place)


def flags_asked(conditions: Any) -> Iterator[tuple[str, str]]:
    """Pointer and name of each case flag that conditions ask about."""
    for pointer, leaf in leaves(conditions):
        if leaf.get("name") != "case_flags":
            continue
        value = leaf.get("value")
        if isinstance(value, str):
            yield f"{pointer}/value", value
        for index, item in enumerate(value if isinstance(value, list) else ()):
            yield f"{pointer}/value/{index}", str(item)


def leaves(conditions: Any) -> Iterator[tuple[str, Any]]:
    """Every single condition with its pointer, without recursion."""
    waiting = [("", conditions)] if conditions else []
    while waiting:
        pointer, node = waiting.pop()
        if "not" in node:
            waiting.append((f"{pointer}/not", node["not"]))
            continue
        group = next((key for key in ("all", "any") if key in node), None)
        if group is None:
            yield pointer, node
            continue
        waiting += [(f"{pointer}/{group}/{index}", each) for index, each in enumerate(node[group])]
