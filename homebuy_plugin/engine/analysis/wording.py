"""Regions and sample cases in words."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from math import ceil
from typing import Any

from homebuy_plugin.engine.analysis.boxes import Box
from homebuy_plugin.engine.analysis.dimensions import YES, Dimension, value_in
from homebuy_plugin.engine.casting import jsonable
from homebuy_plugin.engine.catalogue import Variable
from homebuy_plugin.engine.cells import Axis, Codes, bits
from homebuy_plugin.engine.phrases import be, sentence, subject, value_words, yes_no_phrase

_MOST_NAMED = 8


def region_words(region: Box, dimensions: Sequence[Dimension]) -> str:
    """A region as a clause: ``the scheme is Right to Acquire and the patch is not known``."""
    asked = {dimensions[number].variable.name for number in region if dimensions[number].axis is None}
    parts = [
        cells_words(dimensions[number], cells)
        for number, cells in sorted(region.items())
        if not (dimensions[number].variable.name in asked and _says_known(dimensions[number], cells))
    ]
    joint = ", and " if any(" or " in part for part in parts) else " and "
    return joint.join(parts) or "always"


def _says_known(dimension: Dimension, cells: int) -> bool:
    """Whether these cells only say that there is a value, which a test of it says as well."""
    return dimension.axis is not None and cells == dimension.possible & dimension.axis.known


def cells_words(dimension: Dimension, cells: int) -> str:
    """Cells of a dimension as a clause."""
    variable = dimension.variable
    if dimension.axis is None:
        return _question(dimension, so=bool(cells & YES))
    axis = dimension.axis
    known, missing = cells & axis.known, cells & axis.missing
    if not known:
        return f"{subject(variable)} {be(variable)} not known"
    if known == dimension.possible & axis.known:
        return f"{subject(variable)} {be(variable)} known"
    words = _codes(axis, known) if isinstance(axis, Codes) else _line(axis, known)
    return f"{words} or {be(variable)} not known" if missing else words


def _question(dimension: Dimension, *, so: bool) -> str:
    variable = dimension.variable
    if dimension.test is not None:
        return sentence(variable, dimension.test.operator, dimension.test.expected, negated=not so)
    if dimension.code:
        word = "include" if so else "do not include"
        return f"{subject(variable)} {word} {value_words(variable, dimension.code)}"
    return f"{subject(variable)} include {'something else' if so else 'nothing else'}"


def _codes(axis: Codes, known: int) -> str:
    variable = axis.variable
    if variable.type == "yes_no":
        return yes_no_phrase(variable, bool(known & 2))
    named = [point for cell, point in enumerate(axis.points) if known >> cell & 1]
    if not known & axis.other:
        return f"{subject(variable)} is {_either(variable, named)}"
    if variable.options:
        rest = [option for option in variable.options if option not in axis.points]
        return f"{subject(variable)} is {_either(variable, [*named, *rest])}"
    others = [point for cell, point in enumerate(axis.points) if not known >> cell & 1]
    return f"{subject(variable)} is not {_either(variable, others)}"


def _either(variable: Variable, values: Sequence[Any]) -> str:
    words = [value_words(variable, value) for value in values]
    if len(words) > _MOST_NAMED:
        words = [*words[:_MOST_NAMED], f"{len(words) - _MOST_NAMED} others"]
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


def _line(axis: Axis, known: int) -> str:
    variable = axis.variable
    ranges = [_range(axis, first, last) for first, last in _runs(bits(known))]
    shown = ranges[:_MOST_NAMED] + (["in other ranges"] if len(ranges) > _MOST_NAMED else [])
    return f"{subject(variable)} is {' or '.join(shown)}"


def _runs(cells: Iterable[int]) -> list[tuple[int, int]]:
    """Neighbouring cells together: first and last of each run."""
    ordered = list(cells)
    breaks = [at for at, (one, other) in enumerate(pairwise(ordered), 1) if other != one + 1]
    return [
        (ordered[first], ordered[last - 1])
        for first, last in zip([0, *breaks], [*breaks, len(ordered)], strict=True)
    ]


def _range(axis: Axis, first: int, last: int) -> str:
    """A run of cells; ends that are counted are said as values, whole numbers and days always."""
    low, low_counts = _end(axis, first, lower=True)
    high, high_counts = _end(axis, last, lower=False)
    word = _WORDS[axis.variable.type]
    if low is not None and low == high:
        return value_words(axis.variable, low)
    if low is not None and high is not None and low_counts and high_counts:
        return f"from {value_words(axis.variable, low)} to {value_words(axis.variable, high)}"
    parts = []
    if low is not None:
        parts.append(f"{word['at_least' if low_counts else 'more']} {value_words(axis.variable, low)}")
    if high is not None:
        parts.append(f"{word['at_most' if high_counts else 'less']} {value_words(axis.variable, high)}")
    return " and ".join(parts) or "anything"


def _end(axis: Axis, cell: int, *, lower: bool) -> tuple[Any, bool]:
    """Where a run begins or ends, and whether that value itself is in it; None is nowhere."""
    at, is_point = divmod(cell, 2)
    if is_point:
        return axis.points[at], True
    neighbour = at - 1 if lower else at
    beyond = not 0 <= neighbour < len(axis.points)
    if axis.variable.whole or axis.variable.type == "date":
        value = value_in(axis, cell)
        if lower and (not beyond or axis.variable.least is not None):
            return value, True  # the first whole value after the point
        if not lower and not beyond:
            return _before(axis, axis.points[neighbour]), True
    return (None, False) if beyond else (axis.points[neighbour], False)


def _before(axis: Axis, point: Any) -> Any:
    return point - timedelta(days=1) if axis.variable.type == "date" else ceil(point) - 1


_WORDS: Mapping[str, Mapping[str, str]] = {
    "number": {"more": "more than", "at_least": "at least", "less": "less than", "at_most": "at most"},
    "date": {"more": "after", "at_least": "on or after", "less": "before", "at_most": "on or before"},
    "date_time": {"more": "after", "at_least": "on or after", "less": "before", "at_most": "on or before"},
    "duration": {
        "more": "longer than",
        "at_least": "at least",
        "less": "shorter than",
        "at_most": "at most",
    },
}


def sample(region: Box, dimensions: Sequence[Dimension]) -> dict[str, Any]:
    """A case of a region, as facts in plain JSON; what it does not name may be anything.

    A text that must pass or fail a test of its letters is left out: nobody makes one up.
    """
    found: dict[str, Any] = {}
    tested = {dimensions[n].variable.name for n in region if dimensions[n].test is not None}
    for number, cells in sorted(region.items()):
        dimension = dimensions[number]
        if dimension.variable.name in tested:
            continue
        axis, name = dimension.axis, dimension.variable.name
        if dimension.variable.type == "choices":
            if axis is None or cells & axis.known:
                named = found.setdefault(name, [])
                named += [dimension.code or "another"] if axis is None and cells & YES else []
        elif axis is not None and cells & axis.known:
            found[name] = _first_value(axis, cells & axis.known)
    return {name: jsonable(value) for name, value in found.items()}


def _first_value(axis: Axis, cells: int) -> Any:
    """A value of the cells; one that rules name before one that they do not."""
    values = [value_in(axis, cell) for cell in bits(cells)]
    points = [value for value in values if value in axis.points]
    return (points or values)[0]


def sample_words(facts: Mapping[str, Any], variables: Mapping[str, Variable]) -> str:
    """A sample case in words: ``scheme Right to Buy, estimated value 90,000``."""
    return ", ".join(_fact(variables[name], value) for name, value in facts.items())


def _fact(variable: Variable, value: Any) -> str:
    if variable.type == "yes_no":
        return yes_no_phrase(variable, value)
    return f"{subject(variable).removeprefix('the ')} {value_words(variable, value)}"
