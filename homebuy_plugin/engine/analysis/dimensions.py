"""The dimensions in which a case can differ, as far as some rules can tell.

Most are an axis: a variable cut into cells. A list of choices becomes one dimension for each
code that a rule names ("is it in the list?"), which is exact. A test that cells do not decide
("starts with") is decided on the constants that rules name; for all other values it becomes a
dimension of its own, true or false, independent of everything else.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from math import ceil, floor
from typing import Any

from homebuy_plugin.engine.catalogue import Variable
from homebuy_plugin.engine.cells import Axis, Codes, Line
from homebuy_plugin.engine.lowering import Leaf

NO, YES = 1, 2
"""The two cells of a dimension that is a question."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Dimension:
    """Something two cases can differ in.

    Attributes:
        axis: the cells, where it is an axis.
        code: the code asked for, where it is a question about a list; "" asks for any other code.
        test: the test, where it is a question about a text.
        possible: the cells that exist at all.
    """

    variable: Variable
    possible: int
    axis: Axis | None = None
    code: str | None = None
    test: Leaf | None = None


def along(axis: Axis) -> Dimension:
    """The dimension of an axis."""
    return Dimension(variable=axis.variable, possible=possible_cells(axis), axis=axis)


def question(variable: Variable, *, code: str | None = None, test: Leaf | None = None) -> Dimension:
    """A dimension that is a question."""
    return Dimension(variable=variable, possible=NO | YES, code=code, test=test)


def possible_cells(axis: Axis) -> int:
    """The cells in which there can be a value."""
    found = axis.known if axis.variable.never_missing else axis.everything
    if isinstance(axis, Codes) and not _another_code(axis):
        found &= ~axis.other
    elif isinstance(axis, Line):
        for cell in range(axis.size - 1):
            if value_in(axis, cell) is None:
                found &= ~(1 << cell)
    return found


def _another_code(axis: Codes) -> str | bool | None:
    """A value that no rule names, or None when there is none."""
    variable = axis.variable
    if variable.type == "yes_no":
        return None
    if not variable.options:
        word = "another"
        while word in axis.points:
            word += "-one"
        return word
    return next((option for option in variable.options if option not in axis.points), None)


def value_in(axis: Axis, cell: int) -> Any:
    """A typed value of a cell; None where there can be none, or it is the missing one."""
    if cell == axis.size - 1:
        return None
    if isinstance(axis, Codes):
        return axis.points[cell] if cell < len(axis.points) else _another_code(axis)
    return _on_the_line(axis, cell)


def _on_the_line(axis: Axis, cell: int) -> Any:
    at, is_point = divmod(cell, 2)
    after = axis.points[at - 1] if at else None
    before = axis.points[at] if at < len(axis.points) else None
    if axis.variable.type == "number":
        return _number(axis.variable, before, before) if is_point else _number(axis.variable, after, before)
    if is_point:
        return before
    return _between(axis.variable, after, before)


def _number(variable: Variable, after: Any, before: Any) -> Any:
    """A number strictly between two (or the one, when they are the same), or None."""
    least = variable.least
    if after is not None and after == before:
        fits = (not variable.whole or after == after.to_integral_value()) and (
            least is None or after >= least
        )
        return after if fits else None
    low = after if least is None or (after is not None and after >= least) else None
    if variable.whole:
        first = floor(low) + 1 if low is not None else least if least is not None else None
        if first is None:
            return ceil(before) - 1 if before is not None else 0
        return first if before is None or first < before else None
    if low is None and least is not None:
        return least if before is None or least < before else None
    return _between(variable, low, before)


def _between(variable: Variable, after: Any, before: Any) -> Any:
    step: Any = Decimal(1) if variable.type == "number" else timedelta(days=1)
    try:
        if after is None:
            return step if before is None else before - step
        if before is None:
            return after + step
    except OverflowError:  # the calendar ends here
        return None
    if variable.type == "date":
        return after + step if before - after > step else None
    return after + (before - after) / 2


@dataclass(slots=True)
class Register:
    """The dimensions of a space, each under a key, numbered in the order they came up."""

    dimensions: list[Dimension] = field(default_factory=list)
    _numbers: dict[Any, int] = field(default_factory=dict)

    def number(self, key: Any, make: Callable[[], Dimension]) -> int:
        """The number of a dimension; a new one is made and entered under its key."""
        if key not in self._numbers:
            self._numbers[key] = len(self.dimensions)
            self.dimensions.append(make())
        return self._numbers[key]
