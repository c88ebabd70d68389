"""Each rule as boxes, within what must hold for it to be asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from homebuy_plugin.engine.analysis.boxes import Box, TooWide, boxes_of
from homebuy_plugin.engine.analysis.findings import Ruling
from homebuy_plugin.engine.analysis.formulas import Every, Formula, Space
from homebuy_plugin.engine.lowering import Conditions


@dataclass(slots=True)
class Studied:
    """A rule with its boxes.

    Attributes:
        limits: what else must hold for it to be asked.
        boxes: where it applies, as far as it is asked.
        wide: it has too many boxes to be analysed.
    """

    rule: Ruling
    own: Formula
    limits: Formula
    boxes: Sequence[Box] = ()
    wide: bool = False


def study(space: Space, rule: Ruling, scene: Formula) -> Studied:
    """The boxes of a rule."""
    limits = Every([scene, *(space.formula(each) for each in rule.limits)])
    found = Studied(rule, space.formula(rule.conditions), limits)
    try:
        found.boxes = boxes_of(Every([limits, found.own]), space)
    except TooWide:
        found.wide = True
    return found


def space_of(rules: Sequence[Ruling], scene: Conditions | None) -> Space:
    """The dimensions of all rules and of what surrounds them."""
    around = [] if scene is None else [scene]
    return Space([*around, *(c for rule in rules for c in (rule.conditions, *rule.limits))])
