"""Dates, numbers and names as people here write them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from homebuy_plugin.engine.variables import SCHEME_NAMES
from homebuy_plugin.workflow.letter_words import spell_date as spell_date

COLOURS = ("red", "amber", "green", "paused", "blocked", "waiting")
"""What a clock that has not ended can be, the most urgent first."""

_STATES = {
    "pending": "on its way",
    "delivered": "handed over",
    "failed": "failed, will be tried again",
    "untaken": "nobody took it",
    "held": "held back by the storm limit",
    "digested": "part of a digest",
    "dead": "given up after the last attempt",
    "collapsed": "not sent: a later one took its place",
    "undeliverable": "nobody there to get it",
}


def spell_instant(at: datetime, zone: tzinfo) -> str:
    """``Tue 24 Nov 2026, 09:00`` in the landlord's zone."""
    local = at.astimezone(zone)
    return f"{spell_date(local.date())}, {local:%H:%M}"


def count(number: int, noun: str, plural: str = "") -> str:
    """``1 task``, ``2 tasks``."""
    return f"{number} {noun}" if number == 1 else f"{number} {plural or noun + 's'}"


def scheme_name(code: str) -> str:
    """A scheme as people call it."""
    return SCHEME_NAMES.get(code, code.replace("_", " "))


def listed(names: Iterable[str], none: str = "nobody") -> str:
    """``Ann, Bo and Cy``."""
    found: Sequence[str] = tuple(names)
    if len(found) < 2:
        return found[0] if found else none
    return f"{', '.join(found[:-1])} and {found[-1]}"


def notice_state(state: str) -> str:
    """What became of a notice, in words."""
    return _STATES.get(state, state)


def days_late(number: int) -> str:
    """``1 day late``."""
    return f"{count(number, 'day')} late"
