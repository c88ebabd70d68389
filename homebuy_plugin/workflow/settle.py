"""Settle first: decide everything of a case that fell due, strictly in order of instant.

``evaluate`` is the one evaluator: the live tick, ``why``, previews and replays all call it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.advance import advance
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.decide import decide, retry
from homebuy_plugin.workflow.following import follow, follows
from homebuy_plugin.workflow.rungs import retries, undecided
from homebuy_plugin.workflow.state import CaseState, TaskState
from homebuy_plugin.workflow.tasks import startable
from homebuy_plugin.workflow.world import Directory, World

_MOST = 10_000
"""More wake-ups than a case can have in a decade; a case that needs more is looping."""


def evaluate(state: CaseState, world: World, directory: Directory, now: datetime) -> Casework:
    """Everything that falls due in a case up to an instant, decided; the state given is left alone."""
    case = Casework(state.copy(), world, directory, now)
    settle(case, now)
    return case


def settle(case: Casework, until: datetime) -> int:
    """Handle every wake-up of the case up to an instant; how many there were."""
    for count in range(_MOST):
        step = _next(case)
        if step is None or step.at > until:
            return count
        before = len(case.events)
        step.handle()
        if any(ev.kind != e.RUNG_DECIDED for ev in case.events[before:]) or step.moves:
            advance(case, max(step.at, case.state.last_at))
    raise RuntimeError(f"case {case.state.reference} never comes to rest; nothing was saved")


@dataclass(frozen=True, slots=True)
class _Step:
    """One thing to do at an instant.

    Attributes:
        rank: at one instant the case follows a publication first, then holds end, then rungs
            are decided, then tasks begin.
        moves: time itself changes the case, whatever the handling records.
    """

    at: datetime
    rank: int
    handle: Callable[[], None]
    moves: bool = False

    @property
    def order(self) -> tuple[datetime, int]:
        return self.at, self.rank


def _next(case: Casework) -> _Step | None:
    return min(_steps(case), key=lambda s: s.order, default=None)


def _steps(case: Casework) -> Iterator[_Step]:
    move = follows(case)
    if move is not None:
        yield _Step(move.at, -1, partial(follow, case, move))
    for hold in case.state.active_holds():
        if hold.release_at is not None:
            yield _Step(hold.release_at, 0, partial(_release, case, hold.seq, hold.release_at))
    again = retries(case)
    if again:
        key = min(again, key=lambda k: (again[k], k))
        yield _Step(again[key], 1, partial(retry, case, case.state.rungs[key], again[key]))
    first = min(undecided(case), key=lambda c: c.order, default=None)
    if first is not None:
        yield _Step(first.instant, 2, partial(decide, case, first))
    for task in _planned(case):
        yield _Step(task.planned_start or case.now, 3, _nothing, moves=True)


def _nothing() -> None:
    """The task opens by itself: what follows sees that its time has come."""


def _release(case: Casework, hold: int, at: datetime) -> None:
    case.emit(e.RELEASED, at, hold=hold, early=False)
    case.released += 1


def _planned(case: Casework) -> list[TaskState]:
    """Tasks that will open by themselves at a time; in a closed case none does."""
    if case.state.status == "closed":
        return []
    return [t for t in case.state.tasks.values() if startable(t) and t.planned_start is not None]


def wakeups(case: Casework) -> dict[str, datetime]:
    """The next instant of everything in the case that waits for one, by subject."""
    found: dict[str, datetime] = {}

    def note(name: str, at: datetime | None) -> None:
        if at is not None and (name not in found or at < found[name]):
            found[name] = at

    for candidate in undecided(case):
        note(f"rung:{candidate.key[0]}:{candidate.key[1]}", candidate.instant)
    for key, at in retries(case).items():
        note(f"retry:{key[0]}:{key[1]}", at)
    for task in _planned(case):
        note(f"start:{task.id}", task.planned_start)
    for hold in case.state.active_holds():
        note(f"release:{hold.seq}", hold.release_at)
    move = follows(case)
    note("publication", move.at if move else None)
    return found
