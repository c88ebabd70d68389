"""Which of many boxes have a case in common with a given one, without comparing each pair."""

from collections.abc import Sequence

from homebuy_plugin.engine.analysis.boxes import Box


class Neighbours:
    """Boxes, found by the cells they accept."""

    def __init__(self, boxes: Sequence[Box]) -> None:
        self._all = (1 << len(boxes)) - 1
        self._cutting: dict[int, int] = {}
        self._having: dict[int, dict[int, int]] = {}
        self._meeting: dict[tuple[int, int], int] = {}
        for at, box in enumerate(boxes):
            for dimension, cells in box.items():
                having = self._having.setdefault(dimension, {})
                having[cells] = having.get(cells, 0) | 1 << at
                self._cutting[dimension] = self._cutting.get(dimension, 0) | 1 << at

    def of(self, box: Box) -> int:
        """The boxes that have a case in common with this one, as a set of positions."""
        found = self._all
        for dimension, cells in box.items():
            found &= self._meets(dimension, cells)
        return found

    def _meets(self, dimension: int, cells: int) -> int:
        key = (dimension, cells)
        if key not in self._meeting:
            found = self._all & ~self._cutting.get(dimension, 0)
            for theirs, boxes in self._having.get(dimension, {}).items():
                if theirs & cells:
                    found |= boxes
            self._meeting[key] = found
        return self._meeting[key]
