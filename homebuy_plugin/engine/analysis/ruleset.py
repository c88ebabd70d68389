"""Ranked rules as ordered boxes, and the questions that the findings ask of them."""

from collections.abc import Collection, Sequence
from functools import cached_property

from homebuy_plugin.engine.analysis.boxes import Box, boxes_of
from homebuy_plugin.engine.analysis.findings import Ruling
from homebuy_plugin.engine.analysis.formulas import ALWAYS
from homebuy_plugin.engine.analysis.neighbours import Neighbours
from homebuy_plugin.engine.analysis.studying import space_of, study
from homebuy_plugin.engine.analysis.sweep import Budget, Sweep
from homebuy_plugin.engine.cells import bits
from homebuy_plugin.engine.lowering import Conditions


class RuleSet:
    """Rules in order of priority, within the scene they are asked in.

    Attributes:
        scene: where any rule is asked at all.
        studied: the rules with their boxes.
        boxes: all boxes with the position of their rule, in order.
        last: dimensions that are dates of asking.
    """

    def __init__(
        self, rules: Sequence[Ruling], scene: Conditions | None, dates: Collection[str], budget: Budget
    ) -> None:
        self.rules = rules
        self.space = space_of(rules, scene)
        around = ALWAYS if scene is None else self.space.formula(scene)
        self.studied = [study(self.space, rule, around) for rule in rules]
        self.scene = boxes_of(around, self.space)
        self.boxes = [(rule, box) for rule, each in enumerate(self.studied) for box in each.boxes]
        self.neighbours = Neighbours([box for _, box in self.boxes])
        self.last = [
            number for number, each in enumerate(self.space.dimensions) if each.variable.name in dates
        ]
        self._budget = budget

    def sweep(self, boxes: Sequence[tuple[int, Box]], within: Box) -> Sweep:
        """A sweep of some boxes within a region."""
        return Sweep(boxes, within, self.space.dimensions, self._budget, self.last)

    @cached_property
    def sweeps(self) -> list[Sweep]:
        """The sweeps of all rules over the whole scene."""
        return [self.sweep(self.boxes, each) for each in self.scene]

    @cached_property
    def winners(self) -> frozenset[int]:
        """The rules that come to a turn somewhere; raises OutOfBudget."""
        return frozenset().union(*(sweep.turns()[0] for sweep in self.sweeps))

    def reaching(
        self, box: Box, *, until: int | None = None, but: int | None = None
    ) -> list[tuple[int, Box]]:
        """The boxes of other rules that reach into a box, in order."""
        near = [self.boxes[at] for at in bits(self.neighbours.of(box))]
        return [(rule, each) for rule, each in near if rule != but and (until is None or rule < until)]

    def before(self, rule: int) -> tuple[int, ...]:
        """Who takes the cases of a rule that never gets a turn."""
        found: set[int] = set()
        for box in self.studied[rule].boxes:
            found |= self.sweep(self.reaching(box, until=rule), box).turns()[0]
        return tuple(sorted(found))

    def instead(self, rule: int) -> tuple[int, ...] | None:
        """Who would take a rule's cases without it; None when there are some that nobody would."""
        found: set[int] = set()
        for box in self.studied[rule].boxes:
            turns, gap = self.sweep(self.reaching(box, but=rule), box).turns()
            if gap:
                return None
            found |= {each for each in turns if each > rule}
        return tuple(sorted(found))

    def comes_to_a_turn(self, rule: int, boxes: Sequence[Box]) -> bool:
        """Whether a rule, cut down to these boxes, would decide any case."""
        for box in boxes:
            before = self.reaching(box, until=rule)
            if not before or self.sweep(before, box).turns()[1]:
                return True
        return False
