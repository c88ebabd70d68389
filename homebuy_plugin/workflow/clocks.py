"""Keep the clocks of a case true to its facts: start, re-date, block and end them.

:func:`reconcile` compares what each clock should be with what it is and emits the
difference, so that a corrected date, a new event and a late fact all go one way.
"""

from datetime import date, datetime

from homebuy_plugin.documents.model import ClockDef, Duration, PeriodBranch, Restart, StageDef, TaskDef
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.casework import Casework, Subject
from homebuy_plugin.workflow.dating import Dates, dated, moved
from homebuy_plugin.workflow.points import Moment, first, moments
from homebuy_plugin.workflow.rungs import carry_over
from homebuy_plugin.workflow.state import ACTIVE_TASK, LIVE_CLOCK, ClockState, StageState, TaskState
from homebuy_plugin.workflow.world import in_force


def reconcile(case: Casework, at: datetime) -> None:
    """Bring every clock of the case up to date with its facts at an instant."""
    for task in list(case.state.tasks.values()):
        definition = task_def(case, task)
        if definition:
            for clock in definition.clocks:
                _reconcile_one(case, clock, task, _stage_of(case, task), at)
    for stage in list(case.state.stages.values()):
        found = case.world.pack.stage(stage.code)
        for clock in found.clocks if found else ():
            _reconcile_one(case, clock, None, stage, at)


def task_def(case: Casework, task: TaskState) -> TaskDef | None:
    """The definition of a task: its stage's, or the pack's first of that code."""
    stage = _stage_of(case, task)
    found = case.world.pack.stage(stage.code) if stage else None
    return (found.task(task.code) if found else None) or case.world.pack.task(task.code)


def clock_def(case: Casework, clock: ClockState) -> ClockDef | None:
    """The definition of a clock in the pinned pack, or None when it has gone."""
    owner: TaskDef | StageDef | None
    if clock.of_task:
        owner = task_def(case, case.state.tasks[clock.owner_id])
    else:
        owner = case.world.pack.stage(case.state.stages[clock.owner_id].code)
    return next((c for c in owner.clocks if c.code == clock.code), None) if owner else None


def missing_statutory_tasks(case: Casework, at: datetime) -> list[TaskDef]:
    """Tasks with a statutory clock whose start is known, and which the case does not have yet."""
    have = {t.code for t in case.state.tasks.values()}
    return [
        task
        for task in case.world.statutory_tasks
        if task.code not in have and any(_known(case, clock, at) for clock in task.clocks)
        if in_force(task, case.local(at)) and case.holds(task.when, at)
    ]


def _known(case: Casework, clock: ClockDef, at: datetime) -> bool:
    """Whether a statutory clock runs, or waits for nothing but the day the claim was served."""
    if clock.kind != "statutory":
        return False
    start = first(case, clock.starts, None, None)
    if start is None and "case.served_on" not in clock.starts:
        return False
    return case.holds(clock.when, at) and not _ended_since(case, clock, None, None, start)


def _stage_of(case: Casework, task: TaskState) -> StageState | None:
    return case.state.stages.get(task.stage or "")


def _reconcile_one(
    case: Casework, definition: ClockDef, task: TaskState | None, stage: StageState | None, at: datetime
) -> None:
    subject = f"task:{task.id}" if task else f"stage:{stage.id if stage else ''}"
    clock = case.state.clocks.get(f"{subject.partition(':')[2]}:{definition.code}")
    if clock is not None and clock.status in ("met", "missed"):
        _reopen_on_restart(case, definition, clock, task, stage, at)
        return
    if not _live(task, stage, clock):
        return
    about = Subject(task=task, clock=clock, stage=stage)
    if not case.holds(definition.when, at, about):
        _end(case, clock, at, "cancelled")
        return
    start, restart = _start(case, definition, task, stage, at)
    if _ended_since(case, definition, task, stage, start):
        _end(case, clock, at, "cancelled")
        return
    if clock is None:
        clock = _waiting(case, definition, subject, at)
    if start is not None:
        _date(case, definition, clock, start, restart, about, at)
    _block(case, definition, clock, task, stage, at)
    if task is not None and task.status == "complete" and clock.status == "running":
        finish(case, clock, at, task.completed_on or case.local(at), task.completed_at)


def _live(task: TaskState | None, stage: StageState | None, clock: ClockState | None) -> bool:
    if case_done(task, stage):
        return (
            clock is not None
            and clock.status in LIVE_CLOCK
            and task is not None
            and task.status == "complete"
        )
    return True


def case_done(task: TaskState | None, stage: StageState | None) -> bool:
    """Whether what carries a clock is over."""
    if task is not None:
        return task.status not in ACTIVE_TASK
    return stage is None or stage.status != "open"


def _start(
    case: Casework, definition: ClockDef, task: TaskState | None, stage: StageState | None, at: datetime
) -> tuple[Moment | None, Restart | None]:
    start, chosen = first(case, definition.starts, task, stage), None
    for restart in definition.restarts:
        found = _restarted(case, restart, task, stage, at)
        if found is not None and (start is None or found >= start):
            start, chosen = found, restart
    return start, chosen


def _restarted(
    case: Casework, restart: Restart, task: TaskState | None, stage: StageState | None, at: datetime
) -> Moment | None:
    found = moments(case, restart.on, task, stage)
    if not found or not case.holds(restart.when, at, Subject(task=task, stage=stage)):
        return None
    return found[-1]


def _ended_since(
    case: Casework,
    definition: ClockDef,
    task: TaskState | None,
    stage: StageState | None,
    start: Moment | None,
) -> bool:
    for point in definition.ends:
        for moment in moments(case, point, task, stage):
            if start is None or moment.at >= start.at or moment.on >= start.on:
                return True
    return False


def _waiting(case: Casework, definition: ClockDef, subject: str, at: datetime) -> ClockState:
    clock_id = f"{subject.partition(':')[2]}:{definition.code}"
    case.emit(
        e.CLOCK_WAITING,
        at,
        clock=clock_id,
        code=definition.code,
        kind=definition.kind,
        subject=subject,
        calendar=definition.calendar or case.world.settings.default_calendar,
    )
    return case.state.clocks[clock_id]


def choose_period(case: Casework, definition: ClockDef, about: Subject, at: datetime) -> Duration:
    """The period of the first branch whose conditions hold."""
    branch: PeriodBranch = next(
        (b for b in definition.period if case.holds(b.when, at, about)), definition.period[-1]
    )
    return branch.duration


def _date(
    case: Casework,
    definition: ClockDef,
    clock: ClockState,
    start: Moment,
    restart: Restart | None,
    about: Subject,
    at: datetime,
) -> None:
    period = choose_period(case, definition, about, at)
    same_start = clock.started_on == start.on and (clock.dated_in_days or clock.started_at == start.at)
    if clock.status == "running" and same_start and (clock.value, clock.unit) == (period.value, period.unit):
        return
    calendar = case.world.calendar(clock.calendar)
    dates = dated(start, period, definition.counting, definition.amber, calendar)
    provisional = _provisional(restart, start, case, clock)
    begin_run(case, clock, start, period, definition.counting, dates, at, provisional=provisional)


def _provisional(restart: Restart | None, start: Moment, case: Casework, clock: ClockState) -> date | None:
    if restart is None or restart.provisional is None:
        return None
    calendar = case.world.calendar(clock.calendar)
    return dated(start, restart.provisional, "beginning_with", (), calendar).due_on


def begin_run(
    case: Casework,
    clock: ClockState,
    start: Moment,
    period: Duration,
    counting: str,
    dates: Dates,
    at: datetime,
    *,
    provisional: date | None = None,
    original: date | None = None,
    extended: int = 0,
    by: str | None = None,
    reason: str = "",
) -> None:
    """Date a clock anew: a new run. What was decided and is past is carried over."""
    before = clock.run
    case.emit(
        e.CLOCK_STARTED,
        at,
        by=by,
        texts={"reason": reason},
        clock=clock.id,
        run=before + 1,
        started_on=start.on,
        started_at=start.at,
        value=period.value,
        unit=period.unit,
        counting=counting,
        due_on=dates.due_on,
        due_at=dates.due_at,
        original_due_on=original,
        previous_due_on=clock.due_on,
        ambers=[_amber_json(a) for a in dates.ambers],
        provisional_until=provisional,
        paused_at=at if pausing(case, clock) else None,
        extended=extended,
    )
    if before:
        carry_over(case, clock, before, at)


def _amber_json(amber: object) -> dict[str, object]:
    return {k: getattr(amber, k) for k in ("name", "on", "at", "base_on", "base_at")}


def pausing(case: Casework, clock: ClockState) -> bool:
    """Whether a hold pauses this clock now. No hold pauses a statutory clock."""
    if clock.kind == "statutory":
        return False
    return bool(case.state.active_holds("case", clock.owner_id if clock.of_task else "case"))


def sync_pauses(case: Casework, at: datetime) -> None:
    """Pause and resume service clocks after a hold or a release."""
    for clock in case.state.clocks.values():
        if clock.status != "running" or clock.kind == "statutory":
            continue
        if pausing(case, clock) and clock.paused_at is None:
            case.emit(e.CLOCK_PAUSED, at, clock=clock.id)
        elif clock.paused_at is not None and not pausing(case, clock):
            _resume(case, clock, at)


def _resume(case: Casework, clock: ClockState, at: datetime) -> None:
    assert clock.paused_at is not None  # noqa: S101 - the caller looked
    pauses = (*clock.pauses, (clock.paused_at, at))
    dates = moved(clock, pauses, case.world.calendar(clock.calendar))
    case.emit(
        e.CLOCK_RESUMED,
        at,
        clock=clock.id,
        due_on=dates.due_on,
        due_at=dates.due_at,
        ambers=[_amber_json(a) for a in dates.ambers],
    )


def _block(
    case: Casework,
    definition: ClockDef,
    clock: ClockState,
    task: TaskState | None,
    stage: StageState | None,
    at: datetime,
) -> None:
    blocked = clock.status == "running" and any(
        _block_open(case, b.start, b.until, task, stage) for b in definition.blocks
    )
    if blocked and clock.blocked_since is None:
        case.emit(e.CLOCK_BLOCKED, at, clock=clock.id)
    elif not blocked and clock.blocked_since is not None:
        case.emit(e.CLOCK_UNBLOCKED, at, clock=clock.id)


def _block_open(
    case: Casework, start: str, until: str, task: TaskState | None, stage: StageState | None
) -> bool:
    begun = moments(case, start, task, stage)
    over = moments(case, until, task, stage)
    return bool(begun) and (not over or over[-1] < begun[-1])


def _reopen_on_restart(
    case: Casework,
    definition: ClockDef,
    clock: ClockState,
    task: TaskState | None,
    stage: StageState | None,
    at: datetime,
) -> None:
    """A restart that reopens re-dates even a clock already answered (s.136(2): a new tenant)."""
    for restart in definition.restarts:
        found = _restarted(case, restart, task, stage, at) if restart.reopens and task else None
        if found is None or clock.ended_at is None or task is None or found.at <= clock.ended_at:
            continue
        case.emit(e.TASK_REOPENED, at, task=task.id)
        _date(case, definition, clock, found, restart, Subject(task=task, clock=clock, stage=stage), at)
        return


def finish(
    case: Casework, clock: ClockState, at: datetime, on: date, done_at: datetime | None = None
) -> None:
    """The thing was done ``on``: met or missed. A clock that waits for its start goes on waiting."""
    if clock.status != "running":
        return
    assert clock.due_on and clock.due_at  # noqa: S101 - a running clock is dated
    if clock.paused_at is not None:
        _resume(case, clock, at)
    late = on > clock.due_on
    if not clock.dated_in_days and on == clock.due_on:
        late = (done_at or at) > clock.due_at
    case.emit(e.CLOCK_ENDED, at, clock=clock.id, status="missed" if late else "met", on=on)


def cancel_clocks(case: Casework, subject: str, at: datetime) -> None:
    """What carries these clocks is not needed any more."""
    for clock in case.state.clocks_of(subject):
        _end(case, clock, at, "cancelled")


def _end(case: Casework, clock: ClockState | None, at: datetime, status: str) -> None:
    if clock is not None and clock.status in LIVE_CLOCK:
        case.emit(e.CLOCK_ENDED, at, clock=clock.id, status=status)
