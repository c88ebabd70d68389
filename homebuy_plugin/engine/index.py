"""From values to the few rules that can apply to them, without asking every rule.

Each rule says of a variable in which cells (:mod:`homebuy_plugin.engine.cells`) it can hold at
all; each cell keeps the set of rules that can, as an integer with a bit for each rule. A
decision reads each variable once, takes the sets of its cells, and what is left in all of them
are the candidates. The candidates are then evaluated by business-rules: the index only leaves
out rules which that would find not to hold.

"Find not to hold" is meant strictly: without an error. A rule is left out only where everything
that its evaluation would look at first could be read.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from homebuy_plugin.engine.catalogue import Catalogue, Variable
from homebuy_plugin.engine.cells import Axis, axes_of, bits, owners
from homebuy_plugin.engine.lowering import Conditions, compile_conditions
from homebuy_plugin.engine.phrases import has_value
from homebuy_plugin.engine.readings import WITHHELD, Memo, Reading, Values, read


@dataclass(frozen=True, slots=True)
class Bound:
    """In which cells a part of a rule can hold, and whether reading all of it is certain.

    Attributes:
        cells: variable to cells outside which the part is false, and false without an error.
        clean: every variable of it is one that the index reads.
    """

    cells: Mapping[str, int]
    clean: bool


class Column:
    """One axis: for each cell the set of rules that can hold there.

    Attributes:
        can_hold: typed value (None is missing) to the rules that can hold with it.
        mentions: the rules whose conditions name the variable.
    """

    __slots__ = ("can_hold", "mentions", "variable")

    def __init__(self, axis: Axis, cells: Sequence[int], mentions: int) -> None:
        self.variable = axis.variable
        self.mentions = mentions
        self.can_hold = axis.look_up(owners(cells, axis.size))


class Candidates:
    """What the index found for one decision.

    Attributes:
        rules: the candidates, as a set of positions.
        readings: each variable looked at, with its rules: those that can hold with its value.
    """

    def __init__(self, rules: int, readings: Sequence[tuple[Variable, Reading, int]]) -> None:
        self.rules, self.readings = rules, readings

    def __iter__(self) -> Iterator[int]:
        """Positions of the candidates, in order of priority."""
        return bits(self.rules)

    def __contains__(self, position: int) -> bool:
        return bool(self.rules >> position & 1)

    def excluded_by(self, position: int) -> int | None:
        """The first reading whose value excludes a rule, as its place in ``readings``."""
        for at, (_, _, rules) in enumerate(self.readings):
            if not rules >> position & 1:
                return at
        return None

    def because(self, position: int) -> str:
        """Why a rule is no candidate: the first variable whose value excludes it, in words."""
        at = self.excluded_by(position)
        return "" if at is None else self.reasons[at]

    @cached_property
    def reasons(self) -> list[str]:
        """What each reading says of its variable: ``the scheme is Right to Acquire``."""
        return [
            has_value(variable, WITHHELD if variable.personal else reading.plain)
            for variable, reading, _ in self.readings
        ]


@dataclass(frozen=True, kw_only=True, eq=False)
class RuleIndex:
    """The index of one set of rules, in order of priority. Never changes; safe between threads.

    Attributes:
        size: how many rules there are.
        columns: one for each variable that can leave rules out.
        others: variables that must be readable for that, though they leave none out.
    """

    size: int
    columns: tuple[Column, ...]
    others: tuple[tuple[Variable, int], ...]

    @classmethod
    def of(
        cls,
        rules: Sequence[Conditions | None],
        *,
        unread: Collection[str] = (),
    ) -> "RuleIndex":
        """The index of rules.

        Args:
            rules: their conditions, in order of priority; None for a rule that is always a candidate.
            unread: names of variables that are not to be read ahead (a host's own, for example).
        """
        return _built([each or _ALWAYS for each in rules], frozenset(unread))

    def candidates(self, values: Values, *, memo: Memo | None = None) -> Candidates:
        """The rules that can apply to values; every other one is certain not to.

        Args:
            values: as for :func:`~homebuy_plugin.engine.evaluation.evaluate`.
            memo: the readings of this decision; what the index reads is added to it.
        """
        kept: Memo = {} if memo is None else memo
        left, failed = (1 << self.size) - 1, 0
        looked: list[tuple[Variable, Reading, int]] = []
        for column in self.columns:
            variable = column.variable
            reading = kept.get(variable.name)
            if reading is None:
                reading = kept[variable.name] = read(variable, values)
            if reading.error is not None:
                failed |= column.mentions
                continue
            rules = column.can_hold(reading.value)
            looked.append((variable, reading, rules))
            left &= rules
        for variable, mentions in self.others:
            if _reading(variable, values, kept).error is not None:
                failed |= mentions
        return Candidates(left | failed, looked)


_ALWAYS = compile_conditions(None, Catalogue())


def _reading(variable: Variable, values: Values, memo: Memo) -> Reading:
    reading = memo.get(variable.name)
    if reading is None:
        reading = memo[variable.name] = read(variable, values)
    return reading


def _built(rules: Sequence[Conditions], unread: frozenset[str]) -> RuleIndex:
    axes = axes_of(rules)
    bounds = [_bound(conditions, axes, unread) for conditions in rules]
    columns = []
    for name, axis in axes.items():
        cells = [bound.cells.get(name, axis.everything) for bound in bounds]
        if any(mask != axis.everything for mask in cells):
            columns.append(Column(axis, cells, _mentions(rules, name)))
    others = _others(rules, columns, bounds, unread)
    return RuleIndex(size=len(rules), columns=tuple(columns), others=others)


def _mentions(rules: Sequence[Conditions], name: str) -> int:
    return sum(1 << position for position, each in enumerate(rules) if name in each.variables)


def _others(
    rules: Sequence[Conditions], columns: Sequence[Column], bounds: Sequence[Bound], unread: frozenset[str]
) -> tuple[tuple[Variable, int], ...]:
    """Variables that stand beside those of the columns, in rules that may be left out."""
    have = {column.variable.name for column in columns} | unread
    found = {
        leaf.variable.name: leaf.variable
        for conditions, bound in zip(rules, bounds, strict=True)
        if bound.cells
        for leaf in conditions.leaves.values()
        if leaf.variable.name not in have
    }
    return tuple((variable, _mentions(rules, name)) for name, variable in found.items())


def _bound(conditions: Conditions, axes: Mapping[str, Axis], unread: frozenset[str]) -> Bound:
    def of(node: Mapping[str, Any]) -> Bound:
        if "all" in node:
            return _all_of([of(each) for each in node["all"]])
        if "any" in node:
            return _any_of([of(each) for each in node["any"]])
        leaf = conditions.leaves[node["name"]]
        name = leaf.variable.name
        if name in unread:
            return Bound({}, clean=False)
        mask = axes[name].mask(leaf) if name in axes else None
        return Bound({} if mask is None else {name: mask}, clean=True)

    return of(conditions.lowered) if conditions.leaves else Bound({}, clean=True)


def _all_of(members: Sequence[Bound]) -> Bound:
    cells: dict[str, int] = {}
    clean = True
    for member in members:
        if clean:  # what stands behind a variable that is not read ahead may never be reached
            for name, mask in member.cells.items():
                cells[name] = cells.get(name, mask) & mask
        clean = clean and member.clean
    return Bound(cells, clean)


def _any_of(members: Sequence[Bound]) -> Bound:
    first, *rest = members
    cells = dict(first.cells)
    for member in rest:
        cells = {name: mask | member.cells[name] for name, mask in cells.items() if name in member.cells}
    return Bound(cells, all(member.clean for member in members))
