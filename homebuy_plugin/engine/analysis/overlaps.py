"""Rules of which the order alone decides."""

from collections.abc import Iterator
from itertools import islice

from homebuy_plugin.engine.analysis.boxes import Box, contains, together
from homebuy_plugin.engine.analysis.findings import Finding, titles
from homebuy_plugin.engine.analysis.ruleset import RuleSet
from homebuy_plugin.engine.analysis.wording import region_words, sample
from homebuy_plugin.engine.cells import bits

PAIRS = 20_000
"""Pairs of rules that are looked at."""
TOLD = 30
"""Rules of which it is told that they go before others."""


def overlaps(known: RuleSet) -> Iterator[Finding]:
    """Rules with different outcomes that apply to the same cases, neither being an exception.

    An exception is a special case that is asked before the general one: that is how exceptions
    are written, and says nothing.
    """
    pairs = _pairs(known)
    first_of: dict[int, list[tuple[int, Box]]] = {}
    for first, second, common in islice(pairs, PAIRS):
        if not _is_exception(known, first, second):
            first_of.setdefault(first, []).append((second, common))
    for first, others in islice(first_of.items(), TOLD):
        yield _overlap(known, first, others)
    if len(first_of) > TOLD or next(pairs, None):
        yield Finding(kind="overlap", message="There are more rules that overlap.")


def _pairs(known: RuleSet) -> Iterator[tuple[int, int, Box]]:
    """Pairs of rules with different outcomes, and one of the boxes they have in common."""
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


def _overlap(known: RuleSet, first: int, others: list[tuple[int, Box]]) -> Finding:
    given = known.scene[0] if len(known.scene) == 1 else {}
    region = {number: cells for number, cells in others[0][1].items() if given.get(number) != cells}
    dimensions = known.space.dimensions
    positions = tuple(second for second, _ in others)
    example = f", for example when {region_words(region, dimensions)}" if region else ""
    return Finding(
        kind="overlap",
        rule=first,
        others=positions,
        facts=sample(region, dimensions),
        message=f"“{known.rules[first].title}” goes before {titles(known.rules, positions)} in cases they "
        f"share{example}.",
        help="Nothing is wrong if that is meant. Otherwise change their order, or narrow one of them.",
    )
