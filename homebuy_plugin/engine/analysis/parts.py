"""Parts of conditions without which their rule would do the same."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any

from homebuy_plugin.engine.analysis.boxes import Box, TooWide, boxes_of
from homebuy_plugin.engine.analysis.findings import Finding
from homebuy_plugin.engine.analysis.formulas import Every, Space
from homebuy_plugin.engine.analysis.studying import Studied
from homebuy_plugin.engine.lowering import Conditions
from homebuy_plugin.engine.phrases import value_words

_LISTS = {"is_one_of": False, "is_not_one_of": True}
"""Tests with a list that says where they hold, to whether they stand under a ``not``."""

Alive = Callable[[Sequence[Box]], bool]
"""Whether boxes come to a turn."""


def dead_parts(space: Space, studied: Studied, position: int, alive: Alive) -> Iterator[Finding]:
    """Values of lists, and members of ``any``, without which the rule would do the same."""
    conditions = studied.rule.conditions
    if not conditions.leaves:
        return
    todo: list[Mapping[str, Any]] = [conditions.lowered]
    while todo:
        node = todo.pop()
        members = node.get("all") or node.get("any") or ()
        dead: set[int] = set()
        if "any" in node and len(members) > 1:
            for at, member in enumerate(members):
                if not _counts(space, studied, alive, only={id(node): at}):
                    dead.add(at)
                    yield _dead_member(studied, position, member)
        elif not members:
            yield from _dead_values(space, studied, position, alive, node)
        todo.extend(member for at, member in enumerate(members) if at not in dead)


def _counts(space: Space, studied: Studied, alive: Alive, **variant: Any) -> bool:
    formula = space.formula(studied.rule.conditions, **variant)
    try:
        return alive(boxes_of(Every([studied.limits, formula]), space))
    except TooWide:
        return True


def _dead_member(studied: Studied, position: int, member: Mapping[str, Any]) -> Finding:
    pointer = _pointer(studied.rule.conditions, member)
    return Finding(
        kind="dead_part",
        rule=position,
        pointer=pointer,
        message=f"In “{studied.rule.title}” this alternative never makes a difference.",
        help="Remove it, or correct what keeps it from counting.",
    )


def _pointer(conditions: Conditions, node: Mapping[str, Any]) -> str:
    """Where a part of the conditions was written: the innermost that holds all its conditions."""
    todo, pointers = [node], []
    while todo:
        each = todo.pop()
        members = each.get("all") or each.get("any")
        todo.extend(members or ())
        if not members:
            pointers.append(conditions.leaves[each["name"]].pointer.split("/"))
    shared = [keys[0] for keys in takewhile(lambda keys: len(set(keys)) == 1, zip(*pointers, strict=False))]
    return "/".join(shared[:-1] if shared[-1] in ("all", "any") else shared)


def _dead_values(
    space: Space, studied: Studied, position: int, alive: Alive, node: Mapping[str, Any]
) -> Iterator[Finding]:
    leaf, values = studied.rule.conditions.leaves[node["name"]], node["value"]
    if _LISTS.get(leaf.method) is not leaf.negated or len(values) < 2:
        return
    for at, value in enumerate(values):
        if not _counts(space, studied, alive, narrowed={node["name"]: (value,)}):
            words = value_words(leaf.variable, value)
            yield Finding(
                kind="dead_part",
                rule=position,
                pointer=f"{leaf.pointer}/value/{at}",
                message=f"In “{studied.rule.title}” the value {words} never makes a difference.",
                help="Remove it, or correct what keeps it from counting.",
            )
