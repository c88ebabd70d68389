"""A case as people see it: the outcome of a call, with every clock's colour at an instant."""

from collections.abc import Iterable
from datetime import datetime
from types import MappingProxyType

from homebuy_plugin.types import (
    CaseOutcome,
    ClockView,
    DecisionRecord,
    HoldView,
    Officer,
    StageView,
    TaskView,
)
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.definitions import clock_def, task_words
from homebuy_plugin.workflow.stages import offered
from homebuy_plugin.workflow.state import ACTIVE_TASK, ClockState, HoldState, StageState, TaskState

_WORST = ("red", "missed", "amber", "blocked", "green", "paused", "waiting", "met", "cancelled")
_RUNNING = ("red", "amber", "green")


def outcome(
    case: Casework,
    at: datetime,
    *,
    created: bool = False,
    because: tuple[str, ...] = (),
    decision: DecisionRecord | None = None,
) -> CaseOutcome:
    """The case as it stands at an instant."""
    state = case.state
    owners = officers(case, state.owners)
    return CaseOutcome(
        reference=state.reference,
        scheme=state.scheme,
        status=state.status,
        created=created,
        owner=owners[0] if owners else None,
        owners=owners,
        manager=officer(case, state.manager) if state.manager else None,
        needs_owner=state.needs_owner,
        because=because,
        decision=decision,
        stages=tuple([stage_view(case, s, at, owners) for s in state.stages.values()]),
        tasks=tuple([task_view(case, t, at, owners) for t in state.tasks.values()]),
        next_stages=offered(case, at),
        missing=missing(case),
        level=state.level,
        flags=state.flags,
        facts=MappingProxyType({n: v for n, v in state.facts.items() if n not in case.world.personal}),
        served_on=state.served_on,
        holds=tuple([hold_view(case, h) for h in state.holds.values()]),
        links=MappingProxyType(dict(state.links)),
        live_from=state.live_from,
    )


def hold_view(case: Casework, hold: HoldState) -> HoldView:
    """A hold as the ledger shows it."""
    return HoldView(
        task=None if hold.scope == "case" else hold.scope,
        reason=hold.reason,
        held_on=case.local(hold.started_at),
        until=hold.until,
        released_on=case.local(hold.released_at) if hold.released_at else None,
    )


def missing(case: Casework) -> tuple[str, ...]:
    """Codes of mandatory tasks still in the way of the open stages."""
    opened = {s.id for s in case.state.open_stages()}
    tasks = case.state.tasks.values()
    return tuple([t.code for t in tasks if t.stage in opened and t.mandatory and t.status in ACTIVE_TASK])


def officer(case: Casework, key: str) -> Officer:
    """The officer of ``kind:id`` with the name on file."""
    kind, _, ident = key.partition(":")
    return Officer(kind="role" if kind == "role" else "user", id=ident, name=case.directory.contact(key).name)


def officers(case: Casework, keys: Iterable[str]) -> tuple[Officer, ...]:
    """The officers of several keys."""
    return tuple([officer(case, key) for key in keys])


def stage_view(case: Casework, stage: StageState, at: datetime, owners: tuple[Officer, ...]) -> StageView:
    """A stage with its clocks; ``owners`` are the case's."""
    definition = case.world.pack.stage(stage.code)
    return StageView(
        id=stage.id,
        code=stage.code,
        name=definition.name if definition else stage.code,
        status=stage.status,
        owner=owners[0] if owners else None,
        owners=owners,
        clocks=tuple([clock_view(case, c, at) for c in case.state.clocks_of(f"stage:{stage.id}")]),
        master_stage=definition.master_stage if definition else "",
        opened_on=stage.opened_on,
    )


def task_view(
    case: Casework, task: TaskState, at: datetime, of_case: tuple[Officer, ...] | None = None
) -> TaskView:
    """A task with its clocks; its colour is the worst of the running ones.

    ``of_case`` are the owners of the case, where they are known: those of a task that has none of its own.
    """
    owners = of_case
    if owners is None or task.owners:
        owners = officers(case, task.owners or case.state.owners)
    clocks = tuple([clock_view(case, c, at) for c in case.state.clocks_of(f"task:{task.id}")])
    stage = case.state.stages.get(task.stage or "")
    return TaskView(
        id=task.id,
        code=task.code,
        name=task_words(case, task),
        status=task.status,
        owner=owners[0] if owners else None,
        owners=owners,
        clocks=clocks,
        stage=stage.code if stage else None,
        mandatory=task.mandatory,
        planned_start=task.planned_start,
        kind=task.kind,
        completed_on=task.completed_on,
        rag=worst(clocks),
    )


def worst(clocks: Iterable[ClockView]) -> str:
    """The worst colour of the running clocks; else the first state worth showing."""
    found = [c.status for c in clocks]
    if len(found) == 1:
        return found[0]
    running = [s for s in found if s in _RUNNING]
    return min(running or found, key=_WORST.index, default="")


def colour(case: Casework, clock: ClockState, at: datetime) -> str:
    """``green amber red`` of a running clock at an instant, else its state."""
    if clock.status != "running":
        return clock.status
    if clock.blocked_since is not None:
        return "blocked"
    if clock.paused_at is not None:
        return "paused"
    if clock.due_at is not None and at >= clock.due_at:
        return "red"
    return "amber" if any(at >= a.at for a in clock.ambers) else "green"


def clock_view(case: Casework, clock: ClockState, at: datetime) -> ClockView:
    """A clock as it stands at an instant."""
    definition = clock_def(case, clock)
    basis = definition.legal_basis if definition else None
    return ClockView(
        code=clock.code,
        name=(definition.name or definition.code) if definition else clock.code,
        kind=clock.kind,
        status=colour(case, clock, at),
        started_on=clock.started_on,
        amber=MappingProxyType({a.name: a.on for a in clock.ambers}),
        due_on=clock.due_on,
        due_at=clock.due_at,
        provisional=clock.provisional_until is not None and case.local(at) <= clock.provisional_until,
        legal_basis=MappingProxyType(
            {
                "instrument": basis.instrument,
                "section": basis.section,
                "status": basis.status,
                "checked_on": basis.checked_on,
                "note": basis.note,
            }
            if basis
            else {}
        ),
        run=clock.run,
        met_on=clock.met_on,
        original_due_on=clock.original_due_on,
    )
