"""Follow-ons: escalations counted from the date of a rung that was reached before."""

from collections.abc import Iterable
from datetime import date, datetime

from homebuy_plugin.clock.calendar import WorkingCalendar
from homebuy_plugin.clock.counting import TIME_UNITS, seconds_of, shift_date
from homebuy_plugin.documents.model import Duration, EscalationRule
from homebuy_plugin.workflow.candidate import Candidate
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.dating import Pauses, shifted
from homebuy_plugin.workflow.ladders import Ladder, held_back, in_order, rung
from homebuy_plugin.workflow.state import RungKey, RungState
from homebuy_plugin.workflow.world import World

BEFORE_GO_LIVE = "before_go_live"
"""Outcome of a rung that fell due before its case went live here: on record, told to nobody."""
ARMING = ("fired", "collapsed", "errored", BEFORE_GO_LIVE)
"""Outcomes of a followed rung that arm what follows it."""


def following(case: Casework, ladder: Ladder, reached: Iterable[RungKey]) -> list[tuple[Candidate, ...]]:
    """The rungs that follow those of a ladder already reached, by what they follow, each soonest first."""
    found = _arming(case, ladder, reached)
    if not found:
        return []
    return [case.world.remembered(_after, ladder, name, r.on, r.instant) for name, r in found.items()]


def _arming(case: Casework, ladder: Ladder, reached: Iterable[RungKey]) -> dict[str, RungState]:
    """By rule, the first rung of a ladder that arms what follows it."""
    first: dict[str, RungState] = {}
    for key in reached:
        if key[3] in ladder.follows and key[5] == 0:
            rung, known = case.state.rungs[key], first.get(key[3])
            if (known is None or rung.instant < known.instant) and _arms(case, rung):
                first[key[3]] = rung
    return first


def _arms(case: Casework, rung: RungState) -> bool:
    """Whether what follows a rung may come; one carried over arms if what it was carried from did."""
    while rung.outcome == "carried":
        key = rung.key
        before = case.state.rungs.get((key[0], key[1], key[2] - 1, key[3], key[4], key[5]))
        if before is None:
            return True
        rung = before
    return rung.outcome in ARMING


def _after(world: World, ladder: Ladder, followed: str, on: date, instant: datetime) -> tuple[Candidate, ...]:
    """What follows a rule whose rung on a ladder stands for a date, and fell due at an instant."""
    calendar, found = world.calendar(ladder.calendar), []
    for armed in ladder.follows[followed]:
        for occurrence in range(1 + (armed.rule.repeat.times if armed.rule.repeat else 0)):
            day, at = _follow_instant(armed.rule, on, instant, occurrence, ladder.pauses, calendar)
            at = held_back(at, ladder.unblocked_at)
            if armed.covers(at):
                found.append(rung(ladder.key, armed, f"after:{followed}", at, day, occurrence))
    return in_order(found)


def _follow_instant(
    rule: EscalationRule,
    on: date,
    instant: datetime,
    occurrence: int,
    pauses: Pauses,
    calendar: WorkingCalendar,
) -> tuple[date, datetime]:
    """Counted from the followed rung's date, never from its sending; repeats stay on the grid."""
    steps = [rule.after] if rule.after else []
    if occurrence and rule.repeat:
        steps.append(Duration(value=rule.repeat.every.value * occurrence, unit=rule.repeat.every.unit))
    later, unit = tuple(p for p in pauses if p[0] >= instant), "days"
    for step in steps:
        unit = unit if unit in TIME_UNITS else step.unit
        if step.unit in TIME_UNITS:
            instant = calendar.add_time(instant, seconds_of(step))
            on = calendar.local_date(instant)
        else:
            on = shift_date(on, step, calendar)
            instant = calendar.opening_on_or_after(on)
    if not later:
        return on, instant
    moved_on, moved_at = shifted(on, instant, later, unit, calendar)
    return moved_on, moved_at if unit in TIME_UNITS else calendar.opening_on_or_after(moved_on)
