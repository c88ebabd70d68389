"""What is so whenever a rule is asked, whatever the case: written as conditions.

The analysis takes them into account: a condition that can never hold there is a mistake, and a
gap that lies outside of them is none.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from homebuy_plugin.documents.clock_checks import PlacedClock, placed_clocks
from homebuy_plugin.documents.model import AppliesTo, EscalationRule, Pack

Leaf = Mapping[str, Any]

OF_THE_CLOCK = (
    "is_statutory",
    "days_to_target",
    "wd_to_target",
    "days_overdue",
    "wd_overdue",
    "due_at",
    "time_overdue",
)
OF_THE_TASK = ("task_code", "task_kind", "mandatory")
OF_THE_OWNER = ("owner", "owner_role", "owner_active", "owner_open_cases")
_COUNTS = ("escalation_level", "hold_days", "hold_wd", "last_activity_days", "last_activity_wd")
_LISTS = ("tasks_done", "tasks_open", "stages_open", "events_recorded", "case_flags")


def at_creation() -> list[Leaf]:
    """When a case has just been created: no stage is open yet, nobody owns it, nothing happened."""
    missing = ("stage", "master_stage", *OF_THE_TASK, *OF_THE_CLOCK, *OF_THE_OWNER)
    return [
        *(_leaf(name, "is_missing") for name in missing),
        *(_leaf(name, "equal_to", 0) for name in _COUNTS),
        *({"not": _leaf(name, "non_empty")} for name in _LISTS),
        _leaf("on_hold", "is_false"),
        _leaf("has_delay_notice", "is_false"),
    ]


def at_rung(rule: EscalationRule, root: EscalationRule, packs: Sequence[Pack]) -> list[Leaf]:
    """When a rung of an escalation rule is decided.

    Args:
        rule: the rule.
        root: the rule at the foot of its ladder; the rule itself, unless it is a follow-on.
        packs: of the schemes it is about.
    """
    found = [_leaf("scheme", "is_one_of", sorted({pack.scheme for pack in packs}))] if packs else []
    companies = rule.companies or root.companies
    found += [_leaf("company", "is_one_of", list(companies))] if companies else []
    if root.trigger in ("amber", "target_exceeded"):
        found += _on_a_clock(root.trigger, clocks_of(rule, root, packs))
    elif root.trigger == "stagnant":
        tasks = rule.applies_to.tasks or root.applies_to.tasks
        found += [_leaf(name, "is_missing") for name in OF_THE_CLOCK]
        found += [_leaf("task_code", "is_one_of", list(tasks))] if tasks else []
        if rule is root:
            found.append(_leaf("on_hold", "is_true" if rule.watch_state == "on_hold" else "is_false"))
    elif root.trigger == "event":
        found += [_leaf(name, "is_missing") for name in (*OF_THE_CLOCK, *OF_THE_TASK)]
        found += [_leaf("events_recorded", "contains", root.event)] if root.event else []
    return found


def _on_a_clock(trigger: str, clocks: Sequence[PlacedClock]) -> Iterator[Leaf]:
    yield _leaf("due_at", "is_known")
    if trigger == "target_exceeded":
        yield _leaf("days_to_target", "less_than_or_equal_to", 0)
    else:
        yield _leaf("days_to_target", "is_known")
    kinds = {placed.clock.kind for placed in clocks}
    if len(kinds) == 1:
        yield _leaf("is_statutory", "is_true" if kinds == {"statutory"} else "is_false")
    tasks = sorted({placed.task.code for placed in clocks if placed.task is not None})
    if tasks:
        yield _leaf("task_code", "is_one_of", tasks)
    elif clocks:
        yield from (_leaf(name, "is_missing") for name in OF_THE_TASK)


def clocks_of(rule: EscalationRule, root: EscalationRule, packs: Iterable[Pack]) -> list[PlacedClock]:
    """The clocks that a rule is about; a follow-on may only narrow what its root is about."""
    return [
        placed
        for pack in packs
        for placed in placed_clocks(pack)
        if _concerns(root.applies_to, placed, root.applies_to.subject)
        and _concerns(rule.applies_to, placed, root.applies_to.subject)
        and (root.trigger != "amber" or any(root.warning in (None, each.name) for each in placed.clock.amber))
    ]


def _concerns(applies: AppliesTo, placed: PlacedClock, subject: str) -> bool:
    task = placed.task.code if placed.task else None
    return (
        (placed.task is None) == (subject == "stage")
        and (not applies.stages or placed.stage.code in applies.stages)
        and (not applies.tasks or task in applies.tasks)
        and applies.clock in (None, placed.clock.code, placed.clock.kind)
    )


def _leaf(name: str, operator: str, *value: Any) -> Leaf:
    return {"name": name, "operator": operator, **({"value": value[0]} if value else {})}


def about(leaves: Iterable[Leaf], names: frozenset[str]) -> dict[str, Any] | None:
    """Those conditions that are about some variables, as one; None without any."""
    kept = [leaf for leaf in leaves if leaf.get("name", leaf.get("not", leaf).get("name")) in names]
    return {"all": kept} if kept else None
