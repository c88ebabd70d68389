"""Conditions as formulas over dimensions: which cells of which dimension, all or any of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from homebuy_plugin.engine.analysis.dimensions import NO, YES, Dimension, Register, along, question
from homebuy_plugin.engine.catalogue import Variable
from homebuy_plugin.engine.cells import Axis, Codes, axes_of
from homebuy_plugin.engine.kinds import KINDS
from homebuy_plugin.engine.lowering import Conditions, Leaf


@dataclass(frozen=True, slots=True)
class Atom:
    """A dimension is in one of these cells."""

    dimension: int
    cells: int


@dataclass(frozen=True, slots=True)
class Every:
    """All of these; without any, always."""

    members: Sequence["Formula"]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one of these; without any, never."""

    members: Sequence["Formula"]


Formula = Atom | Every | Some

ALWAYS = Every(())

Choice = Mapping[int, int]
"""Of which group (by identity) which member alone is to count."""


class Space:
    """The dimensions of some rules, and their conditions as formulas over them.

    Attributes:
        effort: how many boxes of formulas may still be looked at, over all rules together.
        loose: names of variables about which several tests are taken as independent, though
            they may not be; what is found about them is possible rather than certain.
    """

    def __init__(self, rules: Iterable[Conditions]) -> None:
        self.effort = 1_000_000
        self._register = Register()
        known = list(rules)
        self._axes: dict[str, Axis] = axes_of(known)
        self._codes: dict[str, set[str]] = {}
        for conditions in known:
            for leaf in conditions.leaves.values():
                if leaf.variable.type == "choices":
                    self._codes.setdefault(leaf.variable.name, set()).update(_codes(leaf))
        self._tests: dict[str, set[int]] = {}

    @property
    def dimensions(self) -> Sequence[Dimension]:
        """The dimensions met so far; formulas name them by number."""
        return self._register.dimensions

    @property
    def loose(self) -> frozenset[str]:
        """Variables with several tests that cells do not decide."""
        return frozenset(name for name, tests in self._tests.items() if len(tests) > 1)

    def formula(
        self,
        conditions: Conditions,
        *,
        only: Choice | None = None,
        narrowed: Mapping[str, tuple[Any, ...]] | None = None,
    ) -> Formula:
        """Conditions as a formula.

        Args:
            conditions: compiled conditions.
            only: of these groups only one member counts.
            narrowed: keys of conditions to the values that they are to compare with instead.
        """
        chosen, values = only or {}, narrowed or {}

        def of(node: Mapping[str, Any]) -> Formula:
            if "all" in node:
                return Every([of(each) for each in node["all"]])
            if "any" in node:
                members = node["any"]
                at = chosen.get(id(node))
                return Some([of(each) for each in members]) if at is None else of(members[at])
            key, leaf = node["name"], conditions.leaves[node["name"]]
            return self._leaf(replace(leaf, operand=values[key]) if key in values else leaf)

        return of(conditions.lowered) if conditions.leaves else ALWAYS

    def _leaf(self, leaf: Leaf) -> Formula:
        if leaf.variable.type == "choices":
            return self._list(leaf)
        axis = self._axes[leaf.variable.name]
        number = self._along(axis)
        cells = axis.mask(leaf)
        return Atom(number, cells) if cells is not None else self._text(leaf, axis, number)

    def _along(self, axis: Axis) -> int:
        return self._register.number(axis.variable.name, lambda: along(axis))

    def _text(self, leaf: Leaf, axis: Axis, number: int) -> Formula:
        """A test of letters: decided on constants, a question about all other texts."""
        assert isinstance(axis, Codes)  # noqa: S101 - a line decides each of its tests by cells
        kind = KINDS[leaf.variable.type]
        holds = [leaf.passes(kind(each)) != leaf.negated for each in axis.points]
        cells = sum(1 << cell for cell, so in enumerate(holds) if so)
        key = (leaf.variable.name, leaf.method, repr(leaf.expected))
        test = self._register.number(key, lambda: question(leaf.variable, test=leaf))
        self._tests.setdefault(leaf.variable.name, set()).add(test)
        other = Every([Atom(number, axis.other), Atom(test, NO if leaf.negated else YES)])
        return Some([Atom(number, cells), other])

    def _list(self, leaf: Leaf) -> Formula:
        """A test of a list: a question about each code that any rule names."""
        variable = leaf.variable
        presence = Codes(variable, ())
        known = Atom(self._along(presence), presence.known)
        cells = presence.mask(leaf)
        if cells is not None:  # is_known or is_missing
            return Atom(known.dimension, cells)
        there = self._contains(leaf)
        return Every([known, opposite(there, self.dimensions) if leaf.negated else there])

    def _contains(self, leaf: Leaf) -> Formula:
        variable, method, wanted = leaf.variable, leaf.method, _codes(leaf)
        inside = [self._has(variable, code) for code in dict.fromkeys(wanted)]
        outside = [Atom(each.dimension, NO) for each in inside]
        if method in ("contains", "contains_all"):
            return Every(inside)
        if method in ("does_not_contain", "shares_no_elements_with"):
            return Every(outside)
        if method == "shares_at_least_one_element_with":
            return Some(inside)
        if method == "shares_exactly_one_element_with":
            return Some([Every([*outside[:at], one, *outside[at + 1 :]]) for at, one in enumerate(inside)])
        others = self._others(variable, wanted)
        if method == "is_contained_by":
            return Every([Atom(each.dimension, NO) for each in others])
        return Some([*inside, *others])  # non_empty

    def _has(self, variable: Variable, code: str) -> Atom:
        number = self._register.number((variable.name, code), lambda: question(variable, code=code))
        return Atom(number, YES)

    def _others(self, variable: Variable, but: Sequence[str]) -> list[Atom]:
        """Every other code that rules name, and any that none of them names."""
        named = self._codes[variable.name]
        found = [self._has(variable, code) for code in sorted(named - set(but))]
        more = not variable.options or bool(set(variable.options) - named)
        return [*found, self._has(variable, "")] if more else found


def _codes(leaf: Leaf) -> tuple[str, ...]:
    """The codes a test of a list names."""
    if leaf.operand is None:
        return ()
    return leaf.operand if isinstance(leaf.operand, tuple) else (leaf.operand,)


def opposite(formula: Formula, dimensions: Sequence[Dimension]) -> Formula:
    """What holds exactly where a formula over questions does not."""
    if isinstance(formula, Every):
        return Some([opposite(each, dimensions) for each in formula.members])
    if isinstance(formula, Some):
        return Every([opposite(each, dimensions) for each in formula.members])
    return Atom(formula.dimension, dimensions[formula.dimension].possible & ~formula.cells)
