"""Cut the values of a variable into cells, within which no condition can tell two values apart.

Shared by the index (which cell is this value in?) and the analysis (which cells does this
condition hold in?). A set of cells is an integer, one bit for each. The last cell is always
"missing": only ``is_missing`` holds there.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from homebuy_plugin.engine.catalogue import Variable
from homebuy_plugin.engine.lowering import Conditions, Leaf

ON_A_LINE = frozenset({"number", "date", "date_time", "duration"})
"""Types whose values have an order."""
BY_CODE = frozenset({"text", "choice", "yes_no"})
"""Types whose values are told apart by being equal or not."""

_EQUAL = frozenset({"equal_to", "is_one_of"})
_UNEQUAL = frozenset({"not_equal_to", "is_not_one_of"})
_LESS = frozenset({"less_than", "before", "shorter_than"})
_AT_MOST = frozenset({"less_than_or_equal_to", "on_or_before", "at_most"})
_MORE = frozenset({"greater_than", "after", "longer_than"})
_AT_LEAST = frozenset({"greater_than_or_equal_to", "on_or_after", "at_least"})


class Axis:
    """One variable, cut at the constants it is compared with.

    Attributes:
        points: the constants, in order.
        size: how many cells there are, the missing one included.
        known: the cells of known values.
    """

    __slots__ = ("known", "points", "size", "variable")

    def __init__(self, variable: Variable, points: Iterable[Any], cells: int) -> None:
        self.variable = variable
        self.points = tuple(points)
        self.size = cells + 1
        self.known = (1 << cells) - 1

    @property
    def everything(self) -> int:
        """All cells."""
        return (1 << self.size) - 1

    @property
    def missing(self) -> int:
        """The cell of missing values, as a set."""
        return 1 << (self.size - 1)

    def cell(self, value: Any) -> int:
        """The number of the cell of a typed value; None is missing."""
        raise NotImplementedError

    def look_up(self, by_cell: Sequence[int]) -> Callable[[Any], int]:
        """What finds, for a typed value, the entry of its cell."""
        return lambda value: by_cell[self.cell(value)]

    def mask(self, leaf: Leaf) -> int | None:
        """The cells in which a condition holds; None when cells do not decide it."""
        if leaf.test is None:
            wants_missing = (leaf.method == "is_missing") != leaf.negated
            return self.missing if wants_missing else self.known
        found = self._mask(leaf.method, leaf.operand)
        if found is None:
            return None
        return self.known ^ found if leaf.negated else found

    def _mask(self, method: str, operand: Any) -> int | None:
        raise NotImplementedError


class Codes(Axis):
    """One cell for each constant, and one for everything else."""

    __slots__ = ("_cells",)

    def __init__(self, variable: Variable, points: Iterable[Any]) -> None:
        super().__init__(variable, ordered := sorted(set(points)), len(ordered) + 1)
        self._cells = {point: cell for cell, point in enumerate(ordered)}

    @property
    def other(self) -> int:
        """The cell of values that no condition names, as a set."""
        return 1 << len(self.points)

    def cell(self, value: Any) -> int:
        """The number of the cell of a typed value."""
        return self.size - 1 if value is None else self._cells.get(value, self.size - 2)

    def look_up(self, by_cell: Sequence[int]) -> Callable[[Any], int]:
        """What finds, for a typed value, the entry of its cell."""
        by_value = {point: by_cell[cell] for point, cell in self._cells.items()}
        by_value[None] = by_cell[-1]
        other = by_cell[-2]
        return lambda value: by_value.get(value, other)

    def _mask(self, method: str, operand: Any) -> int | None:
        if method in ("is_true", "is_false"):
            return 1 << self._cells[method == "is_true"]
        if method in _EQUAL or method in _UNEQUAL:
            values = operand if isinstance(operand, tuple) else (operand,)
            found = sum({1 << self._cells[value] for value in values})
            return found if method in _EQUAL else self.known ^ found
        return None


class Line(Axis):
    """One cell for each constant, and one for each stretch before, between and after them."""

    __slots__ = ()

    def __init__(self, variable: Variable, points: Iterable[Any]) -> None:
        super().__init__(variable, ordered := sorted(set(points)), 2 * len(ordered) + 1)

    def cell(self, value: Any) -> int:
        """The number of the cell of a typed value."""
        if value is None:
            return self.size - 1
        at = bisect_left(self.points, value)
        return 2 * at + (at < len(self.points) and self.points[at] == value)

    def _mask(self, method: str, operand: Any) -> int | None:
        if method in _EQUAL or method in _UNEQUAL:
            values = operand if isinstance(operand, tuple) else (operand,)
            found = sum({1 << self.cell(value) for value in values})
            return found if method in _EQUAL else self.known ^ found
        if method == "between":
            return self._up_to(operand[1]) & ~self._below(operand[0])
        if method in _LESS or method in _AT_LEAST:
            found = self._below(operand)
            return found if method in _LESS else self.known ^ found
        if method in _AT_MOST or method in _MORE:
            found = self._up_to(operand)
            return found if method in _AT_MOST else self.known ^ found
        return None

    def _below(self, value: Any) -> int:
        return (1 << self.cell(value)) - 1

    def _up_to(self, value: Any) -> int:
        return (2 << self.cell(value)) - 1


def axes_of(rules: Iterable[Conditions]) -> dict[str, Axis]:
    """The axis of every variable that rules compare with constants, by name."""
    variables: dict[str, Variable] = {}
    points: dict[str, set[Any]] = {}
    for conditions in rules:
        for leaf in conditions.leaves.values():
            variables[leaf.variable.name] = leaf.variable
            points.setdefault(leaf.variable.name, set()).update(cuts(leaf))
    made = {name: axis_of(variable, points[name]) for name, variable in variables.items()}
    return {name: axis for name, axis in made.items() if axis is not None}


def axis_of(variable: Variable, points: Iterable[Any]) -> Axis | None:
    """A variable cut at these constants; None for lists of choices, which have no cells."""
    if variable.type == "yes_no":
        return Codes(variable, (False, True))
    if variable.type in BY_CODE:
        return Codes(variable, points)
    return Line(variable, points) if variable.type in ON_A_LINE else None


def cuts(leaf: Leaf) -> tuple[Any, ...]:
    """The constants at which a condition cuts its variable."""
    if leaf.test is None or leaf.method in ("is_true", "is_false"):
        return ()
    if leaf.variable.type in ON_A_LINE or leaf.method in _EQUAL or leaf.method in _UNEQUAL:
        return leaf.operand if isinstance(leaf.operand, tuple) else (leaf.operand,)
    return ()


def owners(masks: Sequence[int], size: int) -> list[int]:
    """For each of ``size`` cells the masks it is in, as a set of their positions."""
    changes: list[list[int]] = [[] for _ in range(size + 1)]
    for position, mask in enumerate(masks):
        for edge in bits(mask ^ mask << 1):  # where its cells begin, end, begin again
            changes[edge].append(position)
    found, here = [], 0
    for each in changes[:-1]:
        here ^= sum(1 << position for position in each)
        found.append(here)
    return found


def bits(number: int) -> Iterator[int]:
    """The members of a set that is kept as a number, in order."""
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest
