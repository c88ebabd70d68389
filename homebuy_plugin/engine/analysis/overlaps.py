"""Pairs of rules of which the order alone decides."""

from collections.abc import Iterator

from homebuy_plugin.engine.analysis.boxes import Box, contains, together
from homebuy_plugin.engine.analysis.findings import Finding
from homebuy_plugin.engine.analysis.ruleset import RuleSet
from homebuy_plugin.engine.analysis.wording import region_words, sample
from homebuy_plugin.engine.cells import bits

PAIRS = 5_000
"""Pairs that are looked at."""
TOLD = 30
"""Pairs that are told one by one."""


def overlaps(known: RuleSet) -> Iterator[Finding]:
    """Rules with different outcomes that apply to the same cases, neither being an exception.

    An exception is a special case that is asked before the general one: that is how exceptions
    are written, and says nothing.
    """
    told = looked = more = 0
    for first, second, common in _pairs(known):
        looked += 1
        if looked > PAIRS:
            yield Finding(kind="overlap", message="There are more overlaps than were looked at.")
            break
        if _is_exception(known, first, second):
            continue
        told += 1
        if told <= TOLD:
            yield _overlap(known, first, second, common)
        else:
            more += 1
    if more:
        yield Finding(kind="overlap", message=f"There are {more} more pairs of rules that overlap.")


def _pairs(known: RuleSet) -> Iterator[tuple[int, int, Box]]:
    seen: set[tuple[int, int]] = set()
    for at, (rule, box) in enumerate(known.boxes):
        if rule not in known.winners:
            continue
        for other in bits(known.neighbours.of(box) >> (at + 1)):
            later, its = known.boxes[at + 1 + other]
            if later == rule or later not in known.winners or (rule, later) in seen:
                continue
            seen.add((rule, later))
            common = together(box, its)
            if common is not None and known.rules[rule].outcome != known.rules[later].outcome:
                yield rule, later, common


def _is_exception(known: RuleSet, first: int, second: int) -> bool:
    outer = known.studied[second].boxes
    return all(any(contains(each, box) for each in outer) for box in known.studied[first].boxes)


def _overlap(known: RuleSet, first: int, second: int, common: Box) -> Finding:
    given = known.scene[0] if len(known.scene) == 1 else {}
    region = {number: cells for number, cells in common.items() if given.get(number) != cells}
    dimensions = known.space.dimensions
    one, other = known.rules[first].title, known.rules[second].title
    when = f"when {region_words(region, dimensions)}" if region else "always"
    return Finding(
        kind="overlap",
        rule=second,
        others=(first,),
        facts=sample(region, dimensions),
        message=f"“{one}” and “{other}” both apply {when}; “{one}” decides, being asked first.",
        help="Nothing is wrong if that is meant. Otherwise change their order, or narrow one of them.",
    )
