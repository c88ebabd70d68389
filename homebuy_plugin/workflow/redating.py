"""What a person does to the dates of a task: revise, extend, reopen."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from homebuy_plugin.clock.counting import TIME_UNITS, nominal_days, shift_date
from homebuy_plugin.documents.model import ClockDef, Duration, Extension
from homebuy_plugin.exceptions import InvalidArgument, NotAllowed, UnknownName
from homebuy_plugin.types import Change, TaskChange
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.dating import Dates, on_day
from homebuy_plugin.workflow.definitions import DUE, clock_def
from homebuy_plugin.workflow.letter_words import spell_date
from homebuy_plugin.workflow.points import Moment
from homebuy_plugin.workflow.requirements import REOPEN_CASE, is_over_for, require, texts_of
from homebuy_plugin.workflow.runs import Dating, begin_run
from homebuy_plugin.workflow.state import DONE_TASK, LIVE_CLOCK, ClockState, TaskState


def set_due(case: Casework, task: TaskState, due_on: date, change: Change, at: datetime) -> None:
    """Give a task without a service clock a due date, as a clock of its own."""
    today, clock_id = case.local(at), f"{task.id}:{DUE.code}"
    mine = [c for c in case.state.clocks_of(f"task:{task.id}") if c.kind == "service"]
    for clock in mine:
        if clock.status in LIVE_CLOCK:
            raise NotAllowed(
                f"Task {task.id} has a service clock, {clock.code!r}. "
                "Move its target with TaskChange.revise(due_on, reason)."
            )
    if due_on < today:
        raise InvalidArgument(f"due_on is {spell_date(due_on)}, which is over; give today or a later day.")
    before = case.state.clocks.get(clock_id)
    case.emit(
        e.CLOCK_WAITING,
        at,
        clock=clock_id,
        code=DUE.code,
        kind=DUE.kind,
        subject=f"task:{task.id}",
        calendar=case.world.settings.default_calendar,
        run=before.run if before else 0,
    )
    clock = case.state.clocks[clock_id]
    dates = on_day(today, due_on, DUE.amber, case.world.calendar(clock.calendar))
    dating = Dating(
        start=Moment(today, at),
        period=Duration(value=max(1, (due_on - today).days), unit="days"),
        counting=DUE.counting,
        dates=replace(dates, ambers=tuple(a for a in dates.ambers if a.on > today)),
        given=True,
        by=change.by,
    )
    begin_run(case, clock, dating, at)


def revise(case: Casework, task: TaskState, change: TaskChange, facts: Any, at: datetime) -> None:
    """Move the target of a service clock, within bounds."""
    clock, definition = _running(case, task, None, "service")
    _check_times(clock, definition.extension)
    due_on, (started_on, _) = change.data["due_on"], clock.start
    latest = _latest_revision(case, clock, definition)
    if due_on > latest:
        raise NotAllowed(
            f"The target of {clock.code!r} may be revised to {spell_date(latest)} at the latest."
        )
    if due_on < started_on:
        raise InvalidArgument(f"{spell_date(due_on)} lies before the clock started.")
    _redate(case, clock, definition, change, at)


def extend(case: Casework, task: TaskState, change: TaskChange, facts: Any, at: datetime) -> None:
    """Extend a clock as its pack allows."""
    clock, definition = _running(case, task, change.data["clock"], None)
    if definition.extension is None:
        mend = "revise its target instead" if clock.kind == "service" else "its date stands"
        raise NotAllowed(f"The pack allows no extension of the clock {clock.code!r}; {mend}.")
    _check_extension(case, clock, definition.extension, change.data["due_on"], at)
    _redate(case, clock, definition, change, at)


def _running(
    case: Casework, task: TaskState, code: str | None, kind: str | None
) -> tuple[ClockState, ClockDef]:
    clocks = [c for c in case.state.clocks_of(f"task:{task.id}") if c.status == "running"]
    found = [c for c in clocks if code in (None, c.code) and kind in (None, c.kind)]
    if not found:
        known = [c.code for c in clocks if kind in (None, c.kind)]
        what = f"running {kind} clock" if kind else "running clock"
        if code is None:
            raise NotAllowed(f"Task {task.id} has no {what}.")
        raise UnknownName(what, code, known, f"on task {task.id}")
    definition = clock_def(case, found[0])
    if definition is None:
        raise NotAllowed(f"The pack no longer has the clock {found[0].code!r}.")
    return found[0], definition


def _check_times(clock: ClockState, rule: Extension | None) -> None:
    if rule is not None and rule.times is not None and clock.extended >= rule.times:
        times = "once" if clock.extended == 1 else f"{clock.extended} times"
        raise NotAllowed(f"The clock {clock.code!r} was moved {times} already, the most allowed.")


def _latest_revision(case: Casework, clock: ClockState, definition: ClockDef) -> date:
    """At most the extension's maximum beyond the original target; by default the period again."""
    original = clock.original_due_on or clock.target[0]
    maximum = definition.extension.maximum if definition.extension else None
    length = maximum or Duration(value=clock.value, unit=clock.unit)
    if length.unit in TIME_UNITS:
        return original + timedelta(days=int(nominal_days(length)) + 1)
    return shift_date(original, length, case.world.calendar(clock.calendar))


def _check_extension(case: Casework, clock: ClockState, rule: Extension, wanted: date, at: datetime) -> None:
    due_on, due_at = clock.target
    _check_times(clock, rule)
    if rule.before_expiry and at >= due_at:
        raise NotAllowed(
            f"The clock {clock.code!r} ended on {spell_date(due_on)}; extend a clock before its end."
        )
    if wanted <= due_on:
        raise InvalidArgument(f"An extension ends later than {spell_date(due_on)}.")
    if rule.maximum is None:
        return
    latest = shift_date(due_on, rule.maximum, case.world.calendar(clock.calendar))
    if wanted > latest:
        raise NotAllowed(f"The clock {clock.code!r} may be extended to {spell_date(latest)} at the latest.")


def _redate(
    case: Casework, clock: ClockState, definition: ClockDef, change: TaskChange, at: datetime
) -> None:
    dates = _on_day(case, clock, definition, change.data["due_on"])
    dating = replace(
        _as_it_is(clock, dates, change),
        cause="revised" if change.action == "revise" else "extended",
        original=clock.original_due_on or clock.due_on,
        extended=clock.extended + 1,
    )
    begin_run(case, clock, dating, at)


def _on_day(case: Casework, clock: ClockState, definition: ClockDef, due_on: date) -> Dates:
    """The dates of a target moved to a day; a warning that would precede the start falls away."""
    started_on, _ = clock.start
    dates = on_day(started_on, due_on, definition.amber, case.world.calendar(clock.calendar))
    return replace(dates, ambers=tuple(a for a in dates.ambers if a.on >= started_on))


def _as_it_is(clock: ClockState, dates: Dates, change: TaskChange) -> Dating:
    """A run like the present one on other dates, which a person gave."""
    return Dating(
        start=Moment(*clock.start),
        period=Duration(value=clock.value, unit=clock.unit),
        counting=clock.counting,
        dates=dates,
        provisional=clock.provisional_until,
        original=clock.original_due_on,
        extended=clock.extended,
        given=True,
        by=change.by,
        reason=change.data["reason"],
    )


def reopen(case: Casework, task: TaskState, change: TaskChange, facts: Any, at: datetime) -> None:
    """Open a task again: a new run of each clock, on the dates it had.

    One that was cancelled before it opened is pending again, and opens when its turn comes.
    """
    require(case, task, DONE_TASK, "reopened")
    if is_over_for(case, task):
        raise NotAllowed(f"Case {case.state.reference!r} is {case.state.status}. {REOPEN_CASE}")
    early = task.status == "cancelled" and task.opened_at is None
    status, texts = "pending" if early else "open", texts_of(change, "reason")
    case.emit(e.TASK_REOPENED, at, by=change.by, texts=texts, task=task.id, status=status)
    for clock in case.state.clocks_of(f"task:{task.id}"):
        if clock.due_on is None or clock_def(case, clock) is None:
            continue
        ambers = tuple(replace(a, base_on=a.on, base_at=a.at) for a in clock.ambers)
        dates = Dates(*clock.target, ambers)
        begin_run(case, clock, replace(_as_it_is(clock, dates, change), cause="reopened"), at)
