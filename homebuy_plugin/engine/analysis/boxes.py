"""A formula as boxes: each says for some dimensions in which cells they must be.

A rule applies where at least one of its boxes does. A formula can have very many; beyond a
bound it is not analysed, and the analysis says so.
"""

from collections.abc import Iterable, Mapping, Sequence

from homebuy_plugin.engine.analysis.formulas import Atom, Every, Formula, Space

Box = Mapping[int, int]
"""Dimension to cells; a dimension that is not named may be in any."""

MOST = 400
"""Boxes of one rule."""


class TooWide(Exception):
    """A formula has more boxes than are looked at."""


def boxes_of(formula: Formula, space: Space) -> list[Box]:
    """The boxes of a formula; none where it can never hold.

    Raises:
        TooWide: there are too many, or all formulas together took too long already.
    """
    if isinstance(formula, Atom):
        possible = space.dimensions[formula.dimension].possible
        cells = formula.cells & possible
        return [] if not cells else [{}] if cells == possible else [{formula.dimension: cells}]
    if isinstance(formula, Every):
        return _all_of(formula.members, space)
    return _merged([box for each in formula.members for box in boxes_of(each, space)], space)


def _all_of(members: Iterable[Formula], space: Space) -> list[Box]:
    found: list[Box] = [{}]
    for each in sorted(members, key=lambda member: not isinstance(member, Atom)):
        more = boxes_of(each, space)
        _spend(space, len(found) * len(more))
        both = (together(one, other) for one in found for other in more)
        found = _merged([box for box in both if box is not None], space)
    return found


def _spend(space: Space, effort: int) -> None:
    space.effort -= effort
    if space.effort < 0:
        raise TooWide


def together(one: Box, other: Box) -> Box | None:
    """What two boxes have in common, or None."""
    if len(other) > len(one):
        one, other = other, one
    found = dict(one)
    for dimension, cells in other.items():
        common = found.get(dimension, cells) & cells
        if not common:
            return None
        found[dimension] = common
    return found


def _merged(boxes: Sequence[Box], space: Space) -> list[Box]:
    """The same boxes, those that differ in one dimension only made one."""
    if len(boxes) < 2:
        return list(boxes)
    if any(not box for box in boxes):
        return [{}]
    found = list(boxes)
    dimensions = sorted({number for box in boxes for number in box})
    _spend(space, len(boxes) * len(dimensions))
    for dimension in dimensions:
        joined: dict[frozenset[tuple[int, int]], int] = {}
        rest: list[Box] = []
        for box in found:
            if dimension in box:
                key = frozenset(item for item in box.items() if item[0] != dimension)
                joined[key] = joined.get(key, 0) | box[dimension]
            else:
                rest.append(box)
        found = rest + [{**dict(key), dimension: cells} for key, cells in joined.items()]
    if len(found) > MOST:
        raise TooWide
    return found


def contains(outer: Box, inner: Box) -> bool:
    """Whether one box lies within another."""
    return all(dimension in inner and not inner[dimension] & ~cells for dimension, cells in outer.items())
