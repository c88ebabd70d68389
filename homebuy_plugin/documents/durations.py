"""Durations compared and said in words, before any date is known."""

from homebuy_plugin.clock import nominal_working_days
from homebuy_plugin.documents.model import ClockDef, Duration


def longest_of(clock: ClockDef) -> Duration:
    """The longest branch of a clock's period."""
    return max((branch.duration for branch in clock.period), key=nominal_working_days)


def shortest_of(clock: ClockDef) -> Duration:
    """The shortest branch of a clock's period."""
    return min((branch.duration for branch in clock.period), key=nominal_working_days)


def words(duration: Duration) -> str:
    """For example ``8 weeks`` or ``1 working day``."""
    unit = duration.unit.replace("_", " ")
    return f"{duration.value} {unit.removesuffix('s') if duration.value == 1 else unit}"
