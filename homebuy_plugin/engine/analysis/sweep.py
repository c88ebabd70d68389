"""Which of some ordered boxes come to a turn, and where none does: one sweep over the dimensions.

Dimension after dimension, the cells are parted by which boxes they leave alive; as soon as the
first box that is left accepts whatever remains, nothing below it matters. What was found for a
set of live boxes is kept, so that the same set is looked at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from homebuy_plugin.engine.analysis.boxes import Box, together
from homebuy_plugin.engine.analysis.dimensions import Dimension
from homebuy_plugin.engine.cells import bits, owners

Region = tuple[tuple[int, int], ...]
"""Dimension and cells, a part of all cases."""

REGIONS = 60
"""Regions without a rule that are told apart."""
_FEW = 10
_DEEPEST = 300


class OutOfBudget(Exception):
    """The sweep would take too long."""


@dataclass(slots=True)
class Budget:
    """How many more parts may be looked at."""

    left: int = 200_000

    def spend(self, count: int) -> None:
        """Take some; raises OutOfBudget."""
        self.left -= count
        if self.left < 0:
            raise OutOfBudget


class Sweep:
    """Ordered boxes within a region.

    Attributes:
        owners: the rule of each box that reaches into the region, in order.
    """

    def __init__(
        self,
        boxes: Sequence[tuple[int, Box]],
        within: Box,
        dimensions: Sequence[Dimension],
        budget: Budget,
        last: Sequence[int] = (),
    ) -> None:
        cut = [(rule, together(box, within)) for rule, box in boxes]
        inside = [(rule, box) for rule, box in cut if box is not None]
        self.owners = [rule for rule, _ in inside]
        self._boxes = [box for _, box in inside]
        self._whole = {
            number: within.get(number, dimension.possible) for number, dimension in enumerate(dimensions)
        }
        self._budget = budget
        self._order = self._ordered(last)
        if len(self._order) > _DEEPEST:
            raise OutOfBudget
        self._found: dict[tuple[int, int], tuple[int, bool]] = {}
        self._regions: dict[tuple[int, int], tuple[Region, ...]] = {}
        self._grouped: dict[int, list[tuple[int, int]]] = {}

    def _ordered(self, last: Sequence[int]) -> list[int]:
        """The dimensions that any box cuts: those with few cells first, some kept for the end."""
        cutting = {n for box in self._boxes for n, cells in box.items() if cells != self._whole[n]}
        return sorted(cutting, key=lambda n: (n in last, self._whole[n].bit_count(), n))

    @cached_property
    def _cuts(self) -> list[int]:
        """For each place in the order: the boxes that its dimension cuts."""
        return [
            sum(1 << at for at, box in enumerate(self._boxes) if box.get(n, self._whole[n]) != self._whole[n])
            for n in self._order
        ]

    @cached_property
    def _accept(self) -> list[int]:
        """For each place in the order: the boxes that accept whatever comes from there on."""
        found, cutting = [(1 << len(self._boxes)) - 1], 0
        for cuts in reversed(self._cuts):
            cutting |= cuts
            found.append(found[0] & ~cutting)
        return found[::-1]

    @property
    def _everything(self) -> int:
        return (1 << len(self._boxes)) - 1

    def turns(self) -> tuple[frozenset[int], bool]:
        """The rules that come to a turn somewhere, and whether there is a case that none takes.

        Raises:
            OutOfBudget: it would take too long.
        """
        boxes, gap = self._visit(0, self._everything)
        return frozenset(self.owners[at] for at in bits(boxes)), gap

    def gaps(self) -> tuple[Region, ...]:
        """The regions that no rule takes, the first :data:`REGIONS` of them."""
        return self._gaps(0, self._everything)

    def _settled(self, place: int, alive: int) -> int:
        """The boxes left once nothing below the first that accepts all the rest is looked at."""
        certain = alive & self._accept[place]
        return alive & ((certain & -certain) * 2 - 1) if certain else alive

    def _next(self, place: int, alive: int) -> int:
        """The next dimension that cuts any box that is left."""
        while not alive & self._cuts[place]:
            place += 1
        return place

    def _visit(self, place: int, alive: int) -> tuple[int, bool]:
        alive = self._settled(place, alive)
        if not alive:
            return 0, True
        if alive & -alive & self._accept[place]:
            return alive & -alive, False
        place = self._next(place, alive)
        found = self._found.get((place, alive))
        if found is None:
            turns, gap = 0, False
            for left, _ in self._parts(place, alive):
                more, empty = self._visit(place + 1, left)
                turns, gap = turns | more, gap or empty
            found = self._found[(place, alive)] = (turns, gap)
        return found

    def _gaps(self, place: int, alive: int) -> tuple[Region, ...]:
        alive = self._settled(place, alive)
        if not alive:
            return ((),)
        if not self._visit(place, alive)[1]:
            return ()
        place = self._next(place, alive)
        found = self._regions.get((place, alive))
        if found is None:
            found = self._regions[(place, alive)] = self._joined(place, alive)
        return found

    def _joined(self, place: int, alive: int) -> tuple[Region, ...]:
        """The regions of one place; cells with the same regions behind them are told together."""
        behind: dict[Region, int] = {}
        for left, cells in self._parts(place, alive):
            for region in self._gaps(place + 1, left):
                behind[region] = behind.get(region, 0) | cells
            if len(behind) > REGIONS:
                break
        number = self._order[place]
        whole = self._whole[number]
        found = [region if cells == whole else ((number, cells), *region) for region, cells in behind.items()]
        return tuple(found[:REGIONS])

    def _parts(self, place: int, alive: int) -> list[tuple[int, int]]:
        """The cells of a dimension, parted by which boxes they leave alive."""
        cut = alive & self._cuts[place]
        if cut.bit_count() <= _FEW:
            parts = self._split(place, alive & ~cut, cut)
        else:
            grouped: dict[int, int] = {}
            for boxes, cells in self._groups(place):
                left = boxes & alive
                grouped[left] = grouped.get(left, 0) | cells
            parts = list(grouped.items())
        self._budget.spend(len(parts))
        return parts

    def _split(self, place: int, free: int, cut: int) -> list[tuple[int, int]]:
        number = self._order[place]
        parts = [(free, self._whole[number])]
        for at in bits(cut):
            mask, bit, split = self._boxes[at][number], 1 << at, []
            for boxes, cells in parts:
                if cells & mask:
                    split.append((boxes | bit, cells & mask))
                if cells & ~mask:
                    split.append((boxes, cells & ~mask))
            parts = split
        return parts

    def _groups(self, place: int) -> list[tuple[int, int]]:
        """The cells of a dimension, parted by which of all boxes accept them."""
        if place not in self._grouped:
            number = self._order[place]
            whole = self._whole[number]
            accepting = owners([box.get(number, whole) for box in self._boxes], whole.bit_length())
            grouped: dict[int, int] = {}
            for cell in bits(whole):
                grouped[accepting[cell]] = grouped.get(accepting[cell], 0) | 1 << cell
            self._grouped[place] = list(grouped.items())
        return self._grouped[place]
