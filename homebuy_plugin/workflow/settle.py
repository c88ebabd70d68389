"""Settle first: decide everything of a case that fell due, strictly in order of instant.

``evaluate`` is the one evaluator: the live tick, ``why``, previews and replays all call it.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial

from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.advance import advance
from homebuy_plugin.workflow.agenda import PUBLICATION, RELEASE, RETRY, RUNG, START, Source, Step
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.decide import decide, retry
from homebuy_plugin.workflow.following import follow, follows
from homebuy_plugin.workflow.rungs import retries, sources, undecided
from homebuy_plugin.workflow.state import CaseState
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
        before = len(case.events)
        step.handle()
        if any(ev.kind != e.RUNG_DECIDED for ev in case.events[before:]) or step.moves:
            advance(case, max(step.at, case.state.last_at))
    raise RuntimeError(f"case {case.state.reference} never comes to rest; nothing was saved")


def wakeups(case: Casework) -> dict[str, datetime]:
    """The next instant of everything in the case that waits for one, by subject."""
    return dict(_instants(case))


def _next(case: Casework, until: datetime) -> Step | None:
    """The first thing to do, if it is to be done by then; of the others nothing is worked out."""
    instants = _instants(case)
    due = [name for name, at in instants.items() if at <= until]
    # What was saved may be older than the rules: a step worked out anew is due when it says.
    steps = [step for name in due if (step := _step(case, name)) is not None and step.at <= until]
    return min(steps, key=lambda s: s.order, default=None)


def _instants(case: Casework) -> dict[str, datetime]:
    """The agenda of the case, brought up to date."""
    agenda = case.agenda
    if agenda.instants is None:
        agenda.instants, agenda.changed = {}, set()
        agenda.steps.clear()
        _note(case, _names(case))
    elif agenda.changed:
        changed, agenda.changed = agenda.changed, set()
        _note(case, [f"{kind}:{subject}:{clock}" for subject, clock in changed for kind in (RUNG, RETRY)])
    if PUBLICATION in agenda.instants or follows(case) is not None:
        _note(case, [PUBLICATION])  # what is published changes without an event of the case
    return agenda.instants


def _names(case: Casework) -> Iterator[str]:
    """The wake-ups that a case may have."""
    for subject, clock in sources(case):
        yield f"{RUNG}:{subject}:{clock}"
    for subject, clock in {key[:2]: None for key in retries(case)}:
        yield f"{RETRY}:{subject}:{clock}"
    for task in case.state.tasks.values():
        yield f"{START}:{task.id}"
    for hold in case.state.active_holds():
        yield f"{RELEASE}:{hold.seq}"


def _note(case: Casework, names: Iterable[str]) -> None:
    """Work out these wake-ups."""
    agenda = case.agenda
    instants = agenda.instants if agenda.instants is not None else {}
    for name in names:
        step = agenda.steps[name] = _worked_out(case, name)
        if step is not None:
            instants[name] = step.at
        else:
            instants.pop(name, None)


def _step(case: Casework, name: str) -> Step | None:
    if name not in case.agenda.steps:
        _note(case, [name])
    return case.agenda.steps[name]


def _worked_out(case: Casework, name: str) -> Step | None:
    """The next thing to do under the name of a wake-up."""
    kind, _, rest = name.partition(":")
    return _WORKED_OUT[kind](case, rest)


def _rung_step(case: Casework, name: str) -> Step | None:
    first = min(undecided(case, _source(name)), key=lambda c: c.order, default=None)
    return None if first is None else Step(first.instant, 2, first.order, partial(decide, case, first))


def _retry_step(case: Casework, name: str) -> Step | None:
    source = _source(name)
    mine = {key: at for key, at in retries(case).items() if key[:2] == source}
    if not mine:
        return None
    key = min(mine, key=lambda k: (mine[k], k))
    return Step(mine[key], 1, key, partial(retry, case, case.state.rungs[key], mine[key]))


def _source(name: str) -> Source:
    subject, _, clock = name.rpartition(":")
    return subject, clock


def _start_step(case: Casework, task_id: str) -> Step | None:
    """A task that opens by itself at a time: what follows sees that its time has come."""
    task = case.state.tasks.get(task_id)
    if task is None or task.planned_start is None or not startable(task):
        return None
    return Step(task.planned_start, 3, task_id, _nothing, moves=True)


def _nothing() -> None:
    pass


def _release_step(case: Casework, number: str) -> Step | None:
    hold = case.state.holds.get(int(number))
    if hold is None or hold.released_at is not None or hold.release_at is None:
        return None
    return Step(hold.release_at, 0, hold.seq, partial(_release, case, hold.seq, hold.release_at))


def _release(case: Casework, hold: int, at: datetime) -> None:
    case.emit(e.RELEASED, at, hold=hold, early=False)
    case.released += 1


def _publication_step(case: Casework, _: str) -> Step | None:
    move = follows(case)
    return None if move is None else Step(move.at, -1, 0, partial(follow, case, move))


_WORKED_OUT: dict[str, Callable[[Casework, str], Step | None]] = {
    RUNG: _rung_step,
    RETRY: _retry_step,
    START: _start_step,
    RELEASE: _release_step,
    PUBLICATION: _publication_step,
}
