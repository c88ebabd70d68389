"""The rungs of a case: which are still to be decided, and which of them comes first.

A rung is one rule, one occurrence, on one run of one clock. Which there are is worked out from
the state each time, never stored; a rung is decided once, by its key.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from homebuy_plugin.workflow.agenda import Source
from homebuy_plugin.workflow.candidate import Candidate
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.definitions import outlives
from homebuy_plugin.workflow.follow_ons import following
from homebuy_plugin.workflow.ladders import (
    TARGET_PASSED,
    Ladder,
    of_clock,
    of_event,
    of_ownerless,
    of_silence,
)
from homebuy_plugin.workflow.state import ClockState, RungKey

GRACE = timedelta(minutes=5)
"""Lateness below this is no lateness."""


def candidates(case: Casework) -> list[Candidate]:
    """Every undecided rung of the case with its instant, soonest first."""
    ladders = [ladder for source in sources(case) for ladder in _ladders(case, source)]
    found = (c for ladder in ladders for c in standing(case, ladder) if c.key not in case.state.rungs)
    return sorted(found, key=lambda candidate: candidate.order)


def sources(case: Casework) -> Iterator[Source]:
    """Whatever in the case may have rungs to decide."""
    for clock in case.state.clocks.values():
        if clock.status == "running":
            yield clock.subject, clock.code
    if case.state.status != "closed":
        for task in case.state.tasks.values():
            if task.silence_at is not None:
                yield f"task:{task.id}", "-"
        yield "case", "-"


def soonest(case: Casework, source: Source) -> Candidate | None:
    """The first undecided rung of a source."""
    first = None
    for ladder in _ladders(case, source):
        reached = case.agenda.reached(case.state.rungs, ladder.key)
        after = following(case, ladder, reached) if reached and ladder.follows else ()
        for rungs in (ladder.rungs, *after):
            found = _first(case, rungs, reached)
            if found is not None and (first is None or found.order < first.order):
                first = found
    return first


def _first(case: Casework, rungs: tuple[Candidate, ...], reached: Iterable[RungKey]) -> Candidate | None:
    """The first undecided of some rungs of a ladder in order."""
    decided = case.state.rungs
    for rung in rungs:
        if rung.key not in decided and not (rung.key[3] == TARGET_PASSED and _told(case, reached)):
            return rung
    return None


def standing(case: Casework, ladder: Ladder) -> list[Candidate]:
    """The rungs that a ladder has by now, decided or not."""
    reached = case.agenda.reached(case.state.rungs, ladder.key)
    told = _told(case, reached)
    found = [c for rungs in (ladder.rungs, *following(case, ladder, reached)) for c in rungs]
    return [c for c in found if not (c.key[3] == TARGET_PASSED and told)]


def _told(case: Casework, reached: Iterable[RungKey]) -> bool:
    """Whether a notice was written for the passed target of a run of which these rungs were reached."""
    return any(key[4] == "target" and case.state.rungs[key].notices for key in reached)


def _ladders(case: Casework, source: Source) -> tuple[Ladder, ...]:
    """The ladders of a source; worked out once while nothing happens that moves a rung."""
    known: tuple[Ladder, ...] | None = case.agenda.ladders.get(source)
    if known is None:
        known = case.agenda.ladders[source] = _ladders_of(case, *source)
    return known


def _ladders_of(case: Casework, subject: str, code: str) -> tuple[Ladder, ...]:
    owner = subject.partition(":")[2]
    if code != "-":
        clock = case.state.clocks.get(f"{owner}:{code}")
        return (of_clock(case, clock),) if clock is not None and _runs(case, clock) else ()
    if case.state.status == "closed":
        return ()
    if owner:
        task = case.state.tasks.get(owner)
        silence = of_silence(case, task) if task is not None else None
        return (silence,) if silence is not None else ()
    events = [of_event(case, seen) for seen in case.state.occurrences.values() if not seen.void]
    ownerless = of_ownerless(case)
    return (*events, ownerless) if ownerless is not None else tuple(events)


def _runs(case: Casework, clock: ClockState) -> bool:
    moves = clock.status == "running" and clock.paused_at is None and clock.blocked_since is None
    return moves and _still_told(case, clock)


def _still_told(case: Casework, clock: ClockState) -> bool:
    """Whether anybody is told of a clock: once the case is closed only where its task outlives it."""
    if case.state.status != "closed":
        return True
    return clock.of_task and outlives(case, case.state.tasks[clock.owner_id])


def retries(case: Casework, source: Source | None = None) -> dict[RungKey, datetime]:
    """Errored rungs that are to be tried again, and when: in a while, or once their rule is corrected.

    One on a run of a clock that another run has replaced went on with it, or lapsed.
    """
    found: dict[RungKey, datetime] = {}
    for key in [key for key in case.state.rungs if source is None or key[:2] == source]:
        rung = case.state.rungs[key]
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
