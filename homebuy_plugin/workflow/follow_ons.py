"""Follow-ons: escalations counted from the date of a rung that was reached before."""

from collections.abc import Iterator
from datetime import date, datetime

from homebuy_plugin.clock.counting import TIME_UNITS, seconds_of, shift_date
from homebuy_plugin.documents.model import Duration, EscalationRule
from homebuy_plugin.workflow.candidate import Candidate, Ladder, held_back
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.dating import shifted
from homebuy_plugin.workflow.places import Place, rules_at
from homebuy_plugin.workflow.state import ClockState, RungState

BEFORE_GO_LIVE = "before_go_live"
"""Outcome of a rung that fell due before its case went live here: on record, told to nobody."""
ARMING = ("fired", "collapsed", "errored", BEFORE_GO_LIVE)
"""Outcomes of a followed rung that arm what follows it."""


def follow_candidates(
    case: Casework, ladder: Ladder, place: Place, clock: ClockState | None
) -> Iterator[Candidate]:
    """The rungs that follow those of a ladder already reached."""
    rules = rules_at(case, "follow_on", place)
    reached = _reached(case, ladder) if rules else {}
    for armed in rules:
        followed = reached.get(armed.rule.follows or "")
        if followed is None:
            continue
        for occurrence in range(1 + (armed.rule.repeat.times if armed.rule.repeat else 0)):
            key = (*ladder, armed.rule.id, f"after:{armed.rule.follows}", occurrence)
            on, instant = _follow_instant(case, armed.rule, followed, occurrence, clock)
            instant = held_back(clock, instant) if clock else instant
            if armed.covers(instant):
                yield Candidate(key, armed.rule, armed.version, armed.dated(instant), on)


def _reached(case: Casework, ladder: Ladder) -> dict[str, RungState]:
    """By rule, the first rung of a ladder that arms what follows it."""
    found: dict[str, RungState] = {}
    for key in case.state.rungs:
        if key[:3] != ladder or key[5] != 0:
            continue
        rung = case.state.rungs[key]
        if _arms(case, rung):
            known = found.get(key[3])
            if known is None or rung.instant < known.instant:
                found[key[3]] = rung
    return found


def _arms(case: Casework, rung: RungState) -> bool:
    """Whether what follows a rung may come; one carried over arms if what it was carried from did."""
    while rung.outcome == "carried":
        key = rung.key
        before = case.state.rungs.get((key[0], key[1], key[2] - 1, key[3], key[4], key[5]))
        if before is None:
            return True
        rung = before
    return rung.outcome in ARMING


def _follow_instant(
    case: Casework, rule: EscalationRule, followed: RungState, occurrence: int, clock: ClockState | None
) -> tuple[date, datetime]:
    """Counted from the followed rung's date, never from its sending; repeats stay on the grid."""
    calendar = case.world.calendar(clock.calendar if clock else None)
    steps = [rule.after] if rule.after else []
    if occurrence and rule.repeat:
        steps.append(Duration(value=rule.repeat.every.value * occurrence, unit=rule.repeat.every.unit))
    on, instant, unit = followed.on, followed.instant, "days"
    for step in steps:
        unit = unit if unit in TIME_UNITS else step.unit
        if step.unit in TIME_UNITS:
            instant = calendar.add_time(instant, seconds_of(step))
            on = calendar.local_date(instant)
        else:
            on = shift_date(on, step, calendar)
            instant = calendar.opening_on_or_after(on)
    later = tuple(p for p in clock.pauses if p[0] >= followed.instant) if clock else ()
    if not later or clock is None or clock.kind == "statutory":
        return on, instant
    moved_on, moved_at = shifted(on, instant, later, unit, calendar)
    return moved_on, moved_at if unit in TIME_UNITS else calendar.opening_on_or_after(moved_on)
