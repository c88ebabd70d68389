"""Whether a change of a pack moves a date that the law sets, without a word of the law."""

from collections.abc import Iterator, Mapping

from homebuy_plugin.documents.clock_checks import PlacedClock, placed_clocks
from homebuy_plugin.documents.diagnostics import Diagnostic, warning
from homebuy_plugin.documents.durations import words
from homebuy_plugin.documents.model import ClockDef, LegalBasis, Pack

_Place = tuple[str, str, str]
"""Codes of a stage, of a task or "", and of a clock."""


def check_law(before: Pack, after: Pack) -> Iterator[Diagnostic]:
    """A warning for each statutory clock with another period and the legal basis it had.

    Args:
        before: the pack in force.
        after: the pack that would be; pointers are into it.
    """
    had = _statutory(before)
    for place, now in _statutory(after).items():
        then = had.get(place)
        if then and then.clock.period != now.clock.period and _basis(then) == _basis(now):
            yield warning("HB238", _told(then.clock, now), _HELP, f"{now.pointer}/period")


_HELP = "Say in “legal_basis” which law makes it so, and on what day that was checked; or leave the period."


def _statutory(pack: Pack) -> Mapping[_Place, PlacedClock]:
    return {
        (each.stage.code, each.task.code if each.task else "", each.clock.code): each
        for each in placed_clocks(pack)
        if each.clock.kind == "statutory"
    }


def _basis(placed: PlacedClock) -> LegalBasis:
    return placed.clock.legal_basis


def _told(before: ClockDef, now: PlacedClock) -> str:
    where = f"task “{now.task.code}”" if now.task else f"stage “{now.stage.code}”"
    return (
        f"A date set by law changes, and its legal basis was not touched: the clock “{before.code}” of the "
        f"{where} is {_period(now.clock)}, was {_period(before)}."
    )


def _period(clock: ClockDef) -> str:
    return " or ".join(words(branch.duration) for branch in clock.period)
