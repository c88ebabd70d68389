"""Settle first: decide everything of a case that fell due, strictly in order of instant.

``evaluate`` is the one evaluator: the live tick, ``why``, previews and replays all call it.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.advance import advance
from homebuy_plugin.workflow.agenda import PUBLICATION, RELEASE, RETRY, RUNG, START, Step, read
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.decide import decide, retry
from homebuy_plugin.workflow.following import follow, follows
from homebuy_plugin.workflow.rungs import retries, soonest, sources
from homebuy_plugin.workflow.state import CaseState, RungKey
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
        step = _next(case, until)
        if step is None:
            return count
        case.agenda.stirred = step.moves
        step.handle(case, step.about)
        if case.agenda.stirred:
            advance(case, max(step.at, case.state.last_at))
    raise RuntimeError(f"case {case.state.reference} never comes to rest; nothing was saved")


def wakeups(case: Casework) -> dict[str, datetime]:
    """The next instant of everything in the case that waits for one, by subject."""
    return dict(_instants(case))


def _next(case: Casework, until: datetime) -> Step | None:
    """The first thing to do, if it is to be done by then; of the others nothing is worked out."""
    first, instants, steps = None, _instants(case), case.agenda.steps
    for name, at in tuple(instants.items()):
        if at <= until:
            step = steps[name] if name in steps else _note(case, name)
            # What was saved may be older than the rules: a step worked out anew is due when it says.
            if step is not None and step.at <= until and (first is None or step < first):
                first = step
    return first


def _instants(case: Casework) -> dict[str, datetime]:
    """The agenda of the case, brought up to date."""
    agenda = case.agenda
    if agenda.stale:
        agenda.forget()
        for name in _names(case):
            _note(case, name)
    elif agenda.changed:
        for name in agenda.concerned():
            _note(case, name)
    if case.world.move is not None or PUBLICATION in agenda.instants:
        _note(case, PUBLICATION)  # what is published changes without an event of the case
    return agenda.instants


def _names(case: Casework) -> Iterator[str]:
    """The wake-ups that a case may have."""
    for subject, clock in sources(case):
        yield f"{RUNG}:{subject}:{clock}"
    for subject, clock in {key[:2]: None for key in retries(case)}:
        yield f"{RETRY}:{subject}:{clock}"
    for task in case.state.tasks.values():
        if task.planned_start is not None:
            yield f"{START}:{task.id}"
    for hold in case.state.active_holds():
        yield f"{RELEASE}:{hold.seq}"


def _note(case: Casework, name: str) -> Step | None:
    """Work out the next thing to do under the name of a wake-up."""
    agenda, (kind, about) = case.agenda, read(name)
    step = agenda.steps[name] = _WORKED_OUT[kind](case, *about)
    if step is not None:
        agenda.instants[name] = step.at
    elif name in agenda.instants:
        del agenda.instants[name]
    return step


def _rung_step(case: Casework, subject: str, clock: str) -> Step | None:
    first = soonest(case, (subject, clock))
    return None if first is None else Step(first.instant, 2, first.order, decide, first)


def _retry_step(case: Casework, subject: str, clock: str) -> Step | None:
    found = retries(case, (subject, clock))
    if not found:
        return None
    at, key = min((at, key) for key, at in found.items())
    return Step(at, 1, key, _retry, (key, at))


def _retry(case: Casework, about: tuple[RungKey, datetime]) -> None:
    key, at = about
    retry(case, case.state.rungs[key], at)


def _start_step(case: Casework, task_id: str) -> Step | None:
    """A task that opens by itself at a time: what follows sees that its time has come."""
    task = case.state.tasks.get(task_id)
    if task is None or task.planned_start is None or not startable(task):
        return None
    return Step(task.planned_start, 3, task_id, _nothing, None, moves=True)


def _nothing(case: Casework, about: None) -> None:
    pass


def _release_step(case: Casework, number: str) -> Step | None:
    hold = case.state.holds.get(int(number))
    if hold is None or hold.released_at is not None or hold.release_at is None:
        return None
    return Step(hold.release_at, 0, hold.seq, _release, (hold.seq, hold.release_at))


def _release(case: Casework, about: tuple[int, datetime]) -> None:
    hold, at = about
    case.emit(e.RELEASED, at, hold=hold, early=False)
    case.released += 1


def _publication_step(case: Casework, _: str) -> Step | None:
    move = follows(case)
    return None if move is None else Step(move.at, -1, 0, follow, move)


_WORKED_OUT: dict[str, Callable[..., Step | None]] = {
    RUNG: _rung_step,
    RETRY: _retry_step,
    START: _start_step,
    RELEASE: _release_step,
    PUBLICATION: _publication_step,
}
