"""The ladder: which rungs a case has, and when each falls due.

A rung is one rule, one occurrence, on one run of one clock. Candidates are worked out from
the state each time, never stored; a rung is decided once, by its key.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import chain

from homebuy_plugin.clock.counting import TIME_UNITS, seconds_of, shift_date
from homebuy_plugin.documents.model import Duration
from homebuy_plugin.workflow.agenda import Source
from homebuy_plugin.workflow.candidate import Candidate, held_back
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.definitions import outlives
from homebuy_plugin.workflow.follow_ons import follow_candidates
from homebuy_plugin.workflow.places import THE_CASE, Place, clock_place, rules_at, task_place
from homebuy_plugin.workflow.state import ClockState, RungKey, TaskState

TARGET_PASSED = "statutory_target_passed"
"""Built-in rule: a statutory clock never passes its target in silence."""
NEEDS_OWNER = "case_needs_owner"
"""Built-in rule: a case without an owner tells the manager, then the default group."""
NEEDS_OWNER_TIMES = 5
GRACE = timedelta(minutes=5)
"""Lateness below this is no lateness."""


def candidates(case: Casework) -> list[Candidate]:
    """Every undecided rung of the case with its instant, soonest first."""
    found = (c for source in sources(case) for c in undecided(case, source))
    return sorted(found, key=lambda c: c.order)


def sources(case: Casework) -> Iterator[Source]:
    """Whatever in the case may have rungs to decide."""
    for clock in case.state.clocks.values():
        if _runs(case, clock):
            yield clock.subject, clock.code
    if case.state.status != "closed":
        for task in case.state.tasks.values():
            yield f"task:{task.id}", "-"
        yield "case", "-"


def undecided(case: Casework, source: Source) -> list[Candidate]:
    """The undecided rungs of one source, in no order."""
    rungs = case.state.rungs
    return [c for c in _all(case, *source) if c.key not in rungs]


def _all(case: Casework, subject: str, code: str) -> Iterable[Candidate]:
    owner = subject.partition(":")[2]
    if code != "-":
        clock = case.state.clocks.get(f"{owner}:{code}")
        return clock_candidates(case, clock) if clock is not None and _runs(case, clock) else ()
    if case.state.status == "closed":
        return ()
    if owner:
        task = case.state.tasks.get(owner)
        return _stagnant_candidates(case, task) if task is not None else ()
    return chain(_event_candidates(case), _unowned_candidates(case))


def _runs(case: Casework, clock: ClockState) -> bool:
    moves = clock.status == "running" and clock.paused_at is None and clock.blocked_since is None
    return moves and _still_told(case, clock)


def _still_told(case: Casework, clock: ClockState) -> bool:
    """Whether anybody is told of a clock: once the case is closed only where its task outlives it."""
    if case.state.status != "closed":
        return True
    return clock.of_task and outlives(case, case.state.tasks[clock.owner_id])


def clock_candidates(case: Casework, clock: ClockState) -> list[Candidate]:
    """The rungs of one run of a clock, decided or not."""
    place = clock_place(case, clock)
    grid: list[Candidate] | None = case.agenda.grids.get(clock.id)
    if grid is None:
        grid = [*_amber_candidates(case, clock, place), *_target_candidates(case, clock, place)]
        case.agenda.grids[clock.id] = grid
    found = [*grid, *follow_candidates(case, (clock.subject, clock.code, clock.run), place, clock)]
    if clock.kind == "statutory" and not _told(case, clock):
        due_on, due_at = clock.target
        key = (clock.subject, clock.code, clock.run, TARGET_PASSED, "target", 0)
        found.append(Candidate(key, None, None, held_back(clock, due_at), due_on))
    return found


def _amber_candidates(case: Casework, clock: ClockState, place: Place) -> Iterator[Candidate]:
    for armed in rules_at(case, "amber", place):
        for amber in clock.ambers:
            instant = held_back(clock, amber.at)
            if armed.rule.warning in (None, amber.name) and armed.covers(instant):
                key = (clock.subject, clock.code, clock.run, armed.rule.id, f"amber:{amber.name}", 0)
                yield Candidate(key, armed.rule, armed.version, armed.dated(instant), amber.on)


def _target_candidates(case: Casework, clock: ClockState, place: Place) -> Iterator[Candidate]:
    due_on, due_at = clock.target
    instant = held_back(clock, due_at)
    for armed in rules_at(case, "target_exceeded", place):
        if armed.covers(instant):
            key = (clock.subject, clock.code, clock.run, armed.rule.id, "target", 0)
            yield Candidate(key, armed.rule, armed.version, armed.dated(instant), due_on)


def _told(case: Casework, clock: ClockState) -> bool:
    """Whether a notice was written for the passed target of this run."""
    mine = (clock.subject, clock.code, clock.run)
    rungs = case.state.rungs
    return any(k[:3] == mine and k[4] == "target" and rungs[k].notices for k in rungs)


def _event_candidates(case: Casework) -> Iterator[Candidate]:
    """One ladder for each recorded event; its run is the event's number."""
    for seen in case.state.occurrences:
        if seen.void:
            continue
        for armed in rules_at(case, "event", THE_CASE):
            if seen.name == armed.rule.event and armed.covers(seen.at):
                key = ("case", "-", seen.seq, armed.rule.id, f"event:{seen.seq}", 0)
                yield Candidate(key, armed.rule, armed.version, armed.dated(seen.at), seen.on)
        yield from follow_candidates(case, ("case", "-", seen.seq), THE_CASE, None)


def _stagnant_candidates(case: Casework, task: TaskState) -> Iterator[Candidate]:
    """One ladder for each silence; its run is the number of the event it began with.

    While the case is on hold, so is each of its tasks.
    """
    since, silence = task.silence_at, task.silence_seq
    if task.status not in ("open", "on_hold") or since is None:
        return
    place = task_place(case, task)
    state = "on_hold" if case.state.active_holds("case") else task.status
    ladder = (f"task:{task.id}", "-", silence)
    for armed in rules_at(case, "stagnant", place):
        if armed.rule.watch_state != state or armed.rule.after is None:
            continue
        on, instant = _silence(case, since, armed.rule.after)
        if armed.covers(instant):
            key = (*ladder, armed.rule.id, f"stagnant:{silence}", 0)
            yield Candidate(key, armed.rule, armed.version, armed.dated(instant), on)
    yield from follow_candidates(case, ladder, place, None)


def _silence(case: Casework, since: datetime, after: Duration) -> tuple[date, datetime]:
    calendar = case.world.home
    if after.unit in TIME_UNITS:
        at = calendar.add_time(since, seconds_of(after))
        return calendar.local_date(at), at
    on = shift_date(calendar.local_date(since), after, calendar)
    return on, calendar.opening_on_or_after(on)


def _unowned_candidates(case: Casework) -> Iterator[Candidate]:
    since = case.state.unowned_at
    if not case.state.needs_owner or since is None or case.state.status not in ("open", "on_hold"):
        return
    calendar = case.world.home
    anchor = f"event:{case.state.unowned_seq}"
    for occurrence in range(NEEDS_OWNER_TIMES):
        instant = calendar.next_opening(since)
        if occurrence:
            on = calendar.add_working_days(calendar.local_date(instant), occurrence)
            instant = calendar.opening_on_or_after(on)
        yield Candidate(
            ("case", "-", case.state.unowned_seq, NEEDS_OWNER, anchor, occurrence),
            None,
            None,
            instant,
            calendar.local_date(instant),
        )


def retries(case: Casework) -> dict[RungKey, datetime]:
    """Errored rungs that are to be tried again, and when: in a while, or once their rule is corrected.

    One on a run of a clock that another run has replaced went on with it, or lapsed.
    """
    found: dict[RungKey, datetime] = {}
    for key, rung in case.state.rungs.items():
        if rung.outcome == "errored" and _of_present_run(case, key):
            corrected = case.world.corrected(key[3], rung.version)
            instants = [at for at in (rung.retry_at, corrected) if at is not None]
            if instants:
                found[key] = min(instants)
    return found


def _of_present_run(case: Casework, key: RungKey) -> bool:
    clock = case.state.clocks.get(f"{key[0].partition(':')[2]}:{key[1]}")
    if clock is None:
        return case.state.status != "closed"
    return clock.run == key[2] and _still_told(case, clock)
