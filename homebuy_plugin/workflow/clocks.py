"""Keep the clocks of a case true to its facts: start, re-date, block and end them.

:func:`reconcile` compares what each clock should be with what it is and emits the
difference, so that a corrected date, a new event and a late fact all go one way.
"""

from datetime import date, datetime

from homebuy_plugin.documents.model import Block, ClockDef, Duration, PeriodBranch, Restart, TaskDef
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.casework import Casework, Subject
from homebuy_plugin.workflow.dating import Dates, dated, moved, on_day
from homebuy_plugin.workflow.definitions import applies, clock_def, stage_of
from homebuy_plugin.workflow.plans import ClockPlan, Lawful, keep
from homebuy_plugin.workflow.points import Moment, first, moments
from homebuy_plugin.workflow.runs import Dating, begin_run, held, resume
from homebuy_plugin.workflow.state import ACTIVE_TASK, LIVE_CLOCK, ClockState, StageState, TaskState
from homebuy_plugin.workflow.watching import Watch


def reconcile(case: Casework, at: datetime, watch: Watch | None = None, *, afresh: bool = False) -> None:
    """Bring every clock of the case up to date with its facts at an instant.

    ``watch`` knows what it looked at before at this instant. ``afresh`` after the definitions have
    changed: compare every date, and end clocks that have gone.
    """
    watch = watch or Watch.over(case)
    touched = watch.touched(case)
    if touched is None or touched:
        _reconcile_some(case, at, watch, touched, afresh)
    for left in list(case.state.clocks.values()) if afresh else ():
        if clock_def(case, left) is None:
            _end(case, left, at, "cancelled")


def _reconcile_some(
    case: Casework, at: datetime, watch: Watch, touched: set[str] | None, afresh: bool
) -> None:
    """The clocks of the tasks and stages with these ids or codes; None for all."""
    state, plans = case.state, watch.plans
    for task in list(state.tasks.values()):
        if touched is None or task.id in touched or task.code in touched:
            stage = stage_of(case, task)
            for plan in plans.of_task(stage.code if stage else None, task.code):
                _reconcile_one(case, plan, task, stage, at, watch, afresh)
    for stage in list(state.stages.values()):
        if touched is None or stage.id in touched or stage.code in touched:
            for plan in plans.stages.get(stage.code, ()):
                _reconcile_one(case, plan, None, stage, at, watch, afresh)


def missing_statutory_tasks(case: Casework, at: datetime, watch: Watch) -> list[TaskDef]:
    """Tasks with a statutory clock whose start is known, and which the case does not have.

    One that went with its stage or case is made anew when the law runs again.
    """
    have = {t.code for t in case.state.tasks.values() if not t.swept}
    return [
        each.task
        for each in watch.lawful
        if each.task.code not in have and any(_known(case, clock, at, watch) for clock in each.clocks)
        if _for_this_case(case, each, at) and case.holds(each.task.when, at)
    ]


def _for_this_case(case: Casework, lawful: Lawful, at: datetime) -> bool:
    today = case.local(at)
    return applies(case, lawful.task, today) and applies(case, lawful.home, today)


def _known(case: Casework, plan: ClockPlan, at: datetime, watch: Watch) -> bool:
    """Whether a statutory clock runs, or waits for nothing but the day the claim was served."""
    if plan.definition.kind != "statutory":
        return False
    clock = plan.so_far(watch.happened).definition
    start = first(case, clock.starts, Subject())
    if start is None and "case.served_on" not in plan.definition.starts:
        return False
    if not applies(case, clock, start.on if start else case.local(at)):
        return False
    return case.holds(clock.when, at) and not _ended_since(case, clock, Subject(), start)


def _reconcile_one(
    case: Casework,
    plan: ClockPlan,
    task: TaskState | None,
    stage: StageState | None,
    at: datetime,
    watch: Watch,
    afresh: bool,
) -> None:
    clock = case.state.clocks.get(_clock_id(plan.definition, task, stage))
    over = clock is not None and clock.status in ("met", "missed")
    if over and not plan.definition.restarts:
        return
    plan, about = plan.so_far(watch.happened), Subject(task, clock, stage)
    if clock is not None and over:
        _reopen_on_restart(case, plan, clock, about, at)
        return
    if not _live(about):
        return
    definition = plan.definition
    start, restart = _start(case, definition, about, at)
    wanted = case.holds(definition.when, at, about, otherwise=True)
    # What began while a target was in force keeps it.
    wanted = wanted and applies(case, definition, start.on if start else case.local(at))
    if not wanted or _ended_since(case, definition, about, start):
        _end(case, clock, at, "cancelled")
        return
    anew = start is None and clock is not None and _waits_anew(plan, clock)
    if clock is None or anew or (afresh and _is_another(case, definition, clock)):
        clock = _waiting(case, definition, about, at)
    if start is not None:
        about = Subject(task, clock, stage)
        _date(case, plan, clock, start, restart, about, at, afresh)
    _block(case, definition, clock, about, at)
    if task is not None and task.status == "complete":
        finish(case, clock, at, task.completed_on or case.local(at), task.completed_at)


def _clock_id(definition: ClockDef, task: TaskState | None, stage: StageState | None) -> str:
    owner = task or stage
    return f"{owner.id if owner else ''}:{definition.code}"


def _live(about: Subject) -> bool:
    """Whether a clock may run: its task or stage goes on, or is done while it still waited."""
    if about.task is not None and about.task.status == "complete":
        return about.clock is not None and about.clock.status in LIVE_CLOCK
    if about.task is not None:
        return about.task.status in ACTIVE_TASK
    return about.stage is not None and about.stage.status == "open"


def _start(
    case: Casework, definition: ClockDef, about: Subject, at: datetime
) -> tuple[Moment | None, Restart | None]:
    """What the clock runs from: the first start to happen, or the last restart since."""
    start, chosen = first(case, definition.starts, about), None
    for restart in definition.restarts:
        found = _restarted(case, restart, about, at)
        if found is not None and (start is None or _since(found, start, chosen)):
            start, chosen = found, restart
    return start, chosen


def _since(found: Moment, start: Moment, chosen: Restart | None) -> bool:
    """A restart on the day of the start re-dates it, whatever the time of day on record."""
    return found.on > start.on or (found.on == start.on and (chosen is None or found.known >= start.known))


def _restarted(case: Casework, restart: Restart, about: Subject, at: datetime) -> Moment | None:
    found = moments(case, restart.on, about)
    return found[-1] if found and case.holds(restart.when, at, about) else None


def _ended_since(case: Casework, definition: ClockDef, about: Subject, start: Moment | None) -> bool:
    for point in definition.ends:
        for moment in moments(case, point, about):
            if start is None or moment.on >= start.on:
                return True
    return False


def _waits_anew(plan: ClockPlan, clock: ClockState) -> bool:
    """Whether a clock without a start waits for one again: it lost it, or its task was reopened.

    It lost it when a date on record is not there any more. A clock that runs from a task goes on
    while that task is open again: an alert too many is better than a date set by law in silence.
    """
    return clock.status == "cancelled" or (clock.status == "running" and plan.taken_back)


def _is_another(case: Casework, definition: ClockDef, clock: ClockState) -> bool:
    """Whether a clock has become one of another kind, or of another calendar."""
    calendar = definition.calendar or case.world.settings.default_calendar
    return (clock.kind, clock.calendar) != (definition.kind, calendar)


def _waiting(case: Casework, definition: ClockDef, about: Subject, at: datetime) -> ClockState:
    clock_id = _clock_id(definition, about.task, about.stage)
    kind = "task" if about.task else "stage"
    data = {
        "clock": clock_id,
        "code": definition.code,
        "kind": definition.kind,
        "subject": f"{kind}:{clock_id.rpartition(':')[0]}",
        "calendar": definition.calendar or case.world.settings.default_calendar,
        "run": about.clock.run if about.clock else 0,
    }
    case.note(e.CLOCK_WAITING, at, data)
    return case.state.clocks[clock_id]


def _branch(case: Casework, definition: ClockDef, about: Subject, at: datetime) -> PeriodBranch:
    """The first branch of the period whose conditions hold."""
    for branch in definition.period:
        if branch.when is None or case.holds(branch.when, at, about):
            return branch
    return definition.period[-1]


def _stated(case: Casework, branch: PeriodBranch, clock: ClockState, about: Subject) -> date | None:
    """The last day that the notice of this clock names, if it is on record.

    The fact speaks of the newest notice. An earlier one keeps what was stated in it, and what was
    stated in an earlier one says nothing of a newer.
    """
    if branch.stated is None:
        return None
    if about.stage is not None and _answered_anew(case, about.stage):
        return clock.base_due_on
    told = case.state.facts.get(branch.stated)
    others = (c for c in case.state.clocks.values() if c.code == clock.code and c.id != clock.id)
    known = isinstance(told, date) and told not in {c.base_due_on for c in others}
    return told if known else None


def _answered_anew(case: Casework, stage: StageState) -> bool:
    """Whether what opened a parallel stage has happened again since."""
    opened = case.state.occurrences.get(stage.origin or 0)
    return opened is not None and stage.parallel and case.state.seen(opened.name)[-1:] != [opened]


def _date(
    case: Casework,
    plan: ClockPlan,
    clock: ClockState,
    start: Moment,
    restart: Restart | None,
    about: Subject,
    at: datetime,
    afresh: bool,
) -> None:
    definition = plan.definition
    branch = _branch(case, definition, about, at)
    period = branch.duration
    unchanged = clock.status == "running" and _same_run(clock, start, period, definition)
    if unchanged and not afresh and (branch.stated is None or clock.extended):
        return
    stated = _stated(case, branch, clock, about)
    dates, extended = _dates(case, plan, clock, start, restart, period, stated)
    if unchanged and (clock.extended or _same_dates(case, clock, start, dates, at)):
        return
    dating = Dating(
        start=start,
        period=period,
        counting=definition.counting,
        dates=dates,
        cause="redated" if clock.run else "started",
        provisional=_provisional(case, clock, restart, start),
        extended=extended,
    )
    begin_run(case, clock, dating, at)


def _dates(
    case: Casework,
    plan: ClockPlan,
    clock: ClockState,
    start: Moment,
    restart: Restart | None,
    period: Duration,
    stated: date | None,
) -> tuple[Dates, int]:
    """The dates of a new run, and how often it counts as extended.

    A restart takes back no extension of a date set by law: "extended (or further extended)"
    (Housing Act 1985 s.125E(3)).
    """
    dates = _dated(case, plan, clock, start, period, stated)
    given = clock.due_on if restart and clock.extended and clock.kind == "statutory" else None
    if given is None or given <= dates.due_on:
        return dates, 0
    calendar = case.world.calendar(clock.calendar)
    return on_day(start.on, given, plan.definition.amber, calendar), clock.extended


def _dated(
    case: Casework, plan: ClockPlan, clock: ClockState, start: Moment, period: Duration, stated: date | None
) -> Dates:
    """The dates that a start and a period alone make: many cases share them."""
    key = (start.on, start.at, period.value, period.unit, clock.calendar, stated)
    found = plan.dates.get(key)
    if found is None:
        definition, calendar = plan.definition, case.world.calendar(clock.calendar)
        found = dated(start, period, definition.counting, definition.amber, calendar, stated)
        keep(plan.dates, key, found)
    return found


def _same_run(clock: ClockState, start: Moment, period: Duration, definition: ClockDef) -> bool:
    if clock.started_on != start.on or not (clock.dated_in_days or clock.started_at == start.at):
        return False
    return (clock.value, clock.unit, clock.counting) == (period.value, period.unit, definition.counting)


def _same_dates(case: Casework, clock: ClockState, start: Moment, dates: Dates, at: datetime) -> bool:
    """Whether dating a clock anew would change nothing, its holds counted."""
    _, pauses = held(case, clock, start.at, at)
    new = moved(dates, pauses, clock.unit, case.world.calendar(clock.calendar))
    ambers = {(a.name, a.on, a.at) for a in clock.ambers}
    same_warnings = ambers == {(a.name, a.on, a.at) for a in new.ambers}
    return same_warnings and (clock.due_on, clock.due_at) == (new.due_on, new.due_at)


def _provisional(case: Casework, clock: ClockState, restart: Restart | None, start: Moment) -> date | None:
    if restart is None or restart.provisional is None:
        return None
    calendar = case.world.calendar(clock.calendar)
    return dated(start, restart.provisional, "beginning_with", (), calendar).due_on


def _block(case: Casework, definition: ClockDef, clock: ClockState, about: Subject, at: datetime) -> None:
    blocked = False
    if clock.status == "running" and definition.blocks:
        blocked = any(in_the_way(case, block, about) for block in definition.blocks)
    if blocked and clock.blocked_since is None:
        case.emit(e.CLOCK_BLOCKED, at, clock=clock.id)
    elif not blocked and clock.blocked_since is not None:
        case.emit(e.CLOCK_UNBLOCKED, at, clock=clock.id)


def in_the_way(case: Casework, block: Block, about: Subject) -> bool:
    """Whether a block has begun and none of the points that end it came after."""
    begun = [moment.known for moment in moments(case, block.start, about)]
    if not begun:
        return False
    over = [moment.known for point in block.until for moment in moments(case, point, about)]
    return not over or max(over) < max(begun)


def _reopen_on_restart(
    case: Casework, plan: ClockPlan, clock: ClockState, about: Subject, at: datetime
) -> None:
    """A restart that reopens re-dates even a clock already answered (s.136(2): a new tenant).

    What counts is whether it became known after the answer, not whether it happened after it.
    """
    definition = plan.definition
    if _ended_since(case, definition, about, Moment(*clock.start)):
        return
    for restart in definition.restarts:
        found = _restarted(case, restart, about, at) if restart.reopens and about.task else None
        if found is None or about.task is None or not _later_than_answer(found, clock):
            continue
        case.emit(e.TASK_REOPENED, at, task=about.task.id)
        _date(case, plan, clock, found, restart, about, at, False)
        return


def _later_than_answer(found: Moment, clock: ClockState) -> bool:
    if clock.ended_at is None or (clock.started_on is not None and found.on < clock.started_on):
        return False
    _, known = found.known
    return known > clock.ended_at or (known == clock.ended_at and found.on != clock.started_on)


def finish(
    case: Casework, clock: ClockState, at: datetime, on: date, done_at: datetime | None = None
) -> None:
    """The thing was done ``on``: met or missed. A clock that waits for its start goes on waiting.

    A period of ``at_least`` is a date to wait for: nobody is late after it.
    """
    if clock.status != "running":
        return
    if clock.paused_at is not None:
        resume(case, clock, at)
    due_on, due_at = clock.target
    late = on > due_on
    if not clock.dated_in_days and on == due_on:
        late = (done_at or at) > due_at
    late = late and clock.counting != "at_least"
    case.emit(e.CLOCK_ENDED, at, clock=clock.id, status="missed" if late else "met", on=on)


def cancel_clocks(case: Casework, subject: str, at: datetime) -> None:
    """What carries these clocks is not needed any more."""
    for clock in case.state.clocks_of(subject):
        _end(case, clock, at, "cancelled")


def _end(case: Casework, clock: ClockState | None, at: datetime, status: str) -> None:
    if clock is not None and clock.status in LIVE_CLOCK:
        case.emit(e.CLOCK_ENDED, at, clock=clock.id, status=status)
