"""A ladder: one rung after another, all about one run of a clock, one silence or one event.

Which rungs it has, and when, follows from a few dates and the rules in force; of what was decided it
knows nothing. So the cases that have those dates in common share it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from homebuy_plugin.clock.counting import TIME_UNITS, seconds_of, shift_date
from homebuy_plugin.documents.model import Duration
from homebuy_plugin.workflow.candidate import Candidate, LadderKey
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.dating import Pauses
from homebuy_plugin.workflow.places import Place, case_place, clock_place, rules_at, task_place
from homebuy_plugin.workflow.state import AmberState, ClockState, Occurrence, TaskState
from homebuy_plugin.workflow.world import Armed, World

TARGET_PASSED = "statutory_target_passed"
"""Built-in rule: a statutory clock never passes its target in silence."""
NEEDS_OWNER = "case_needs_owner"
"""Built-in rule: a case without an owner tells the manager, then the default group."""
NEEDS_OWNER_TIMES = 5


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Ladder:
    """The rungs of a ladder, whether decided or not.

    Attributes:
        key: what the keys of its rungs begin with.
        rungs: those that its dates give, soonest first.
        follows: by rule, the follow-ons that may come of its rungs.
        calendar, unblocked_at, pauses: those are counted by it (None: the landlord's own), and moved by
            what held its clock.
    """

    key: LadderKey
    rungs: tuple[Candidate, ...]
    follows: Mapping[str, tuple[Armed, ...]]
    calendar: str | None = None
    unblocked_at: datetime | None = None
    pauses: Pauses = ()


def held_back(instant: datetime, unblocked_at: datetime | None) -> datetime:
    """What fell due while the clock was blocked waits for the end of the block."""
    return max(instant, unblocked_at) if unblocked_at else instant


def rung(
    ladder: LadderKey, armed: Armed, anchor: str, instant: datetime, on: date, occurrence: int = 0
) -> Candidate:
    """The rung of a rule at an instant that this version of it covers."""
    key = (*ladder, armed.rule.id, anchor, occurrence)
    return Candidate(key, armed.rule, armed.version, armed.dated(instant), on)


def in_order(rungs: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Soonest first."""
    return tuple(sorted(rungs, key=lambda candidate: candidate.order))


def follows_at(world: World, place: Place) -> Mapping[str, tuple[Armed, ...]]:
    """The follow-ons that concern a place, by the rule they follow; worked out once for each world."""
    return world.remembered(_follows_at, place)


def _follows_at(world: World, place: Place) -> Mapping[str, tuple[Armed, ...]]:
    rules = rules_at(world, "follow_on", place)
    followed = dict.fromkeys(armed.rule.follows or "" for armed in rules)
    return {name: tuple(a for a in rules if a.rule.follows == name) for name in followed}


def of_clock(case: Casework, clock: ClockState) -> Ladder:
    """The ladder of the present run of a clock."""
    return case.world.remembered(
        _of_clock,
        (clock.subject, clock.code, clock.run),
        clock_place(case, clock),
        clock.target,
        clock.ambers,
        clock.unblocked_at,
        clock.calendar,
        clock.pauses if clock.kind != "statutory" else (),
    )


def _of_clock(
    world: World,
    key: LadderKey,
    place: Place,
    target: tuple[date, datetime],
    ambers: tuple[AmberState, ...],
    unblocked_at: datetime | None,
    calendar: str,
    pauses: Pauses,
) -> Ladder:
    due_on, due_at = target[0], held_back(target[1], unblocked_at)
    targets, warnings = rules_at(world, "target_exceeded", place), rules_at(world, "amber", place)
    found = [rung(key, armed, "target", due_at, due_on) for armed in targets if armed.covers(due_at)]
    for amber in ambers:
        at = held_back(amber.at, unblocked_at)
        meant = [a for a in warnings if a.rule.warning in (None, amber.name) and a.covers(at)]
        found += [rung(key, armed, f"amber:{amber.name}", at, amber.on) for armed in meant]
    if place.kind == "statutory":
        found.append(Candidate((*key, TARGET_PASSED, "target", 0), None, None, due_at, due_on))
    return Ladder(
        key=key,
        rungs=in_order(found),
        follows=follows_at(world, place),
        calendar=calendar,
        unblocked_at=unblocked_at,
        pauses=pauses,
    )


def of_event(case: Casework, seen: Occurrence) -> Ladder:
    """The ladder of a recorded event; its run is the event's number."""
    key, place = ("case", "-", seen.seq), case_place(case)
    found = [
        rung(key, armed, f"event:{seen.seq}", seen.at, seen.on)
        for armed in rules_at(case.world, "event", place)
        if seen.name == armed.rule.event and armed.covers(seen.at)
    ]
    return _plain(case.world, key, place, found)


def of_silence(case: Casework, task: TaskState) -> Ladder | None:
    """The ladder of a silence; its run is the number of the event it began with.

    While the case is on hold, so is each of its tasks.
    """
    since = task.silence_at
    if task.status not in ("open", "on_hold") or since is None:
        return None
    key, place, found = (f"task:{task.id}", "-", task.silence_seq), task_place(case, task), []
    status = "on_hold" if case.state.active_holds("case") else task.status
    for armed in rules_at(case.world, "stagnant", place):
        if armed.rule.watch_state == status and armed.rule.after is not None:
            on, instant = case.world.remembered(_silence, since, armed.rule.after)
            if armed.covers(instant):
                found.append(rung(key, armed, f"stagnant:{task.silence_seq}", instant, on))
    return _plain(case.world, key, place, found)


def _silence(world: World, since: datetime, after: Duration) -> tuple[date, datetime]:
    calendar = world.home
    if after.unit in TIME_UNITS:
        at = calendar.add_time(since, seconds_of(after))
        return calendar.local_date(at), at
    on = shift_date(calendar.local_date(since), after, calendar)
    return on, calendar.opening_on_or_after(on)


def of_ownerless(case: Casework) -> Ladder | None:
    """The built-in ladder of a case that nobody owns; its run is the number of the event that made it so."""
    since, seq = case.state.unowned_at, case.state.unowned_seq
    if not case.state.needs_owner or since is None or case.state.status not in ("open", "on_hold"):
        return None
    key, calendar, found = ("case", "-", seq), case.world.home, []
    for occurrence in range(NEEDS_OWNER_TIMES):
        instant = calendar.next_opening(since)
        if occurrence:
            on = calendar.add_working_days(calendar.local_date(instant), occurrence)
            instant = calendar.opening_on_or_after(on)
        rung_key = (*key, NEEDS_OWNER, f"event:{seq}", occurrence)
        found.append(Candidate(rung_key, None, None, instant, calendar.local_date(instant)))
    return Ladder(key=key, rungs=in_order(found), follows={})


def _plain(world: World, key: LadderKey, place: Place, rungs: list[Candidate]) -> Ladder:
    """A ladder that no clock moves."""
    return Ladder(key=key, rungs=in_order(rungs), follows=follows_at(world, place))
