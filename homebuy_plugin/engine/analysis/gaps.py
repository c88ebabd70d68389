"""Cases that no rule takes, as few and as large regions as will do."""

from collections.abc import Iterator, Sequence

from homebuy_plugin.engine.analysis.boxes import Box, contains
from homebuy_plugin.engine.analysis.findings import Finding
from homebuy_plugin.engine.analysis.ruleset import RuleSet
from homebuy_plugin.engine.analysis.sweep import REGIONS
from homebuy_plugin.engine.analysis.wording import region_words, sample, sample_words
from homebuy_plugin.engine.cells import bits

TOLD = 30
"""Regions that are told one by one."""
_CELLS = 24


def gaps(known: RuleSet) -> Iterator[Finding]:
    """Cases that no rule takes; nothing is said where some rule could not be looked at.

    Raises:
        OutOfBudget: it would take too long.
    """
    if any(each.wide for each in known.studied):
        return
    found: list[Box] = []
    cut = False
    for scene, sweep in zip(known.scene, known.sweeps, strict=True):
        regions = sweep.gaps()
        cut = cut or len(regions) >= REGIONS
        found += [_widened(known, dict(region), scene) for region in regions]
    largest = sorted(_largest(found), key=lambda region: (_is_dated(known, region), len(region)))
    for region in largest[:TOLD]:
        yield _gap(known, region)
    if cut or len(largest) > TOLD:
        yield Finding(kind="gap", message="There are more kinds of case that no rule takes.")


def _widened(known: RuleSet, region: Box, scene: Box) -> Box:
    """A region made as large as it can be: without a dimension, or with more of its cells."""
    wide = dict(region)
    for number in sorted(region, key=lambda number: number in known.last):
        whole = scene.get(number, known.space.dimensions[number].possible)
        if _is_free(known, {**scene, **wide, number: whole}):
            del wide[number]
            continue
        for cell in [*bits(whole & ~wide[number])][:_CELLS]:
            if _is_free(known, {**scene, **wide, number: wide[number] | 1 << cell}):
                wide[number] |= 1 << cell
    return wide


def _is_free(known: RuleSet, region: Box) -> bool:
    return not known.neighbours.of(region)


def _largest(regions: Sequence[Box]) -> list[Box]:
    """Without those that lie within another."""
    found: list[Box] = []
    for region in regions:
        if any(contains(other, region) for other in found):
            continue
        found = [other for other in found if not contains(region, other)]
        found.append(region)
    return found


def _is_dated(known: RuleSet, region: Box) -> bool:
    return any(number in region for number in known.last)


def _gap(known: RuleSet, region: Box) -> Finding:
    dimensions = known.space.dimensions
    facts = sample(region, dimensions)
    variables = {each.variable.name: each.variable for each in dimensions}
    example = f" For example: {sample_words(facts, variables)}." if facts else ""
    words = (
        f"No rule applies when {region_words(region, dimensions)}." if region else "No rule applies at all."
    )
    return Finding(
        kind="date_gap" if _is_dated(known, region) else "gap",
        facts=facts,
        message=words + example,
        help="Such a case needs an owner by hand, unless the host names one. "
        "A last rule without conditions takes whatever is left.",
    )
