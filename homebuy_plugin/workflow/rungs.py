"""The ladder: which rungs a case has, and when each falls due.

A rung is one rule, one occurrence, on one run of one clock. Candidates are worked out from
the state each time, never stored; a rung is decided once, by its key.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from homebuy_plugin.clock.counting import TIME_UNITS, seconds_of, shift_date
from homebuy_plugin.documents.model import Duration, EscalationRule
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.dating import shifted
from homebuy_plugin.workflow.state import ClockState, RungKey, RungState, TaskState
from homebuy_plugin.workflow.world import Armed

TARGET_PASSED = "statutory_target_passed"
"""Built-in rule: a statutory clock never passes its target in silence."""
NEEDS_OWNER = "case_needs_owner"
"""Built-in rule: a case without an owner tells the manager, then the default group."""
NEEDS_OWNER_TIMES = 5
ARMING = ("fired", "collapsed", "carried", "errored")
"""Outcomes of a followed rung that arm what follows it."""


Ladder = tuple[str, str, int]
"""Subject, clock and run: what the keys of one ladder's rungs begin with."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rung that is not decided yet.

    Attributes:
        rule: None for a built-in one.
        instant: when it falls due; on: the local date it stands for.
    """

    key: RungKey
    rule: EscalationRule | None
    version: int | None
    instant: datetime
    on: date

    @property
    def order(self) -> tuple[datetime, bool, int, str, RungKey]:
        """In order of instant; at one instant ambers before targets, built-in ones last."""
        return (
            self.instant,
            self.rule is None,
            _STEP.get(self.key[4].partition(":")[0], 1),
            self.key[3],
            self.key,
        )


_STEP = {"amber": 0, "target": 1, "after": 2}


def candidates(case: Casework) -> list[Candidate]:
    """Every undecided rung of the case with its instant, soonest first."""
    return sorted(undecided(case), key=lambda c: c.order)


def undecided(case: Casework) -> Iterator[Candidate]:
    """Every undecided rung of the case, in no order."""
    if case.state.status != "closed":
        yield from (c for c in _all(case) if c.key not in case.state.rungs)


def _all(case: Casework) -> Iterator[Candidate]:
    for clock in case.state.clocks.values():
        if clock.status == "running" and clock.paused_at is None and clock.blocked_since is None:
            yield from clock_candidates(case, clock)
    yield from _event_candidates(case)
    yield from _stagnant_candidates(case)
    yield from _unowned_candidates(case)


Place = tuple[str, str | None, str | None, str | None, str | None]
"""Subject (``task``, ``stage`` or ``case``), task, stage, kind and code of a clock: what rules narrow to."""


def _rules(case: Casework, trigger: str, place: Place) -> tuple[Armed, ...]:
    """The rules of a trigger that concern a place; worked out once for each world."""
    key = (trigger, case.state.scheme, case.state.company, place)
    found: tuple[Armed, ...] | None = case.world.kept.get(key)
    if found is None:
        found = tuple(
            a
            for a in case.world.armed
            if a.rule.trigger == trigger and _for_case(case, a.rule) and _concerns(a.rule, place)
        )
        case.world.kept[key] = found
    return found


def _for_case(case: Casework, rule: EscalationRule) -> bool:
    if rule.schemes and case.state.scheme not in rule.schemes:
        return False
    return not rule.companies or case.state.company in rule.companies


def _concerns(rule: EscalationRule, place: Place) -> bool:
    subject, task, stage, kind, code = place
    narrow = rule.applies_to
    if subject == "case":
        return True
    if kind is not None and (narrow.subject != subject or narrow.clock not in (None, kind, code)):
        return False
    if subject == "task" and narrow.tasks and task not in narrow.tasks:
        return False
    return not narrow.stages or stage in narrow.stages


_CASE: Place = ("case", None, None, None, None)


def _clock_place(case: Casework, clock: ClockState) -> Place:
    if not clock.of_task:
        return ("stage", None, case.state.stages[clock.owner_id].code, clock.kind, clock.code)
    task = case.state.tasks[clock.owner_id]
    return ("task", task.code, _stage_of(case, task), clock.kind, clock.code)


def _task_place(case: Casework, task: TaskState) -> Place:
    return ("task", task.code, _stage_of(case, task), None, None)


def _stage_of(case: Casework, task: TaskState) -> str | None:
    stage = case.state.stages.get(task.stage or "")
    if stage is not None:
        return stage.code
    home = case.world.pack.stage_of(task.code)
    return home.code if home else None


def clock_candidates(case: Casework, clock: ClockState) -> Iterator[Candidate]:
    """The rungs of one run of a clock, decided or not."""
    place = _clock_place(case, clock)
    yield from _amber_candidates(case, clock, place)
    yield from _target_candidates(case, clock, place)
    yield from _follow_candidates(case, (clock.subject, clock.code, clock.run), place, clock)


def _held_back(clock: ClockState, instant: datetime) -> datetime:
    """What fell due while the clock was blocked waits for the end of the block."""
    return max(instant, clock.unblocked_at) if clock.unblocked_at else instant


def _amber_candidates(case: Casework, clock: ClockState, place: Place) -> Iterator[Candidate]:
    for armed in _rules(case, "amber", place):
        for amber in clock.ambers:
            instant = _held_back(clock, amber.at)
            if armed.rule.warning in (None, amber.name) and armed.covers(instant):
                key = (clock.subject, clock.code, clock.run, armed.rule.id, f"amber:{amber.name}", 0)
                yield Candidate(key, armed.rule, armed.version, instant, amber.on)


def _target_candidates(case: Casework, clock: ClockState, place: Place) -> Iterator[Candidate]:
    assert clock.due_at and clock.due_on  # noqa: S101, PT018 - a running clock is dated
    instant = _held_back(clock, clock.due_at)
    for armed in _rules(case, "target_exceeded", place):
        if armed.covers(instant):
            key = (clock.subject, clock.code, clock.run, armed.rule.id, "target", 0)
            yield Candidate(key, armed.rule, armed.version, instant, clock.due_on)
    if clock.kind == "statutory" and not _told(case, clock):
        key = (clock.subject, clock.code, clock.run, TARGET_PASSED, "target", 0)
        yield Candidate(key, None, None, instant, clock.due_on)


def _told(case: Casework, clock: ClockState) -> bool:
    """Whether a notice was written for the passed target of this run."""
    mine = (clock.subject, clock.code, clock.run)
    return any(k[:3] == mine and k[4] == "target" and r.notices for k, r in case.state.rungs.items())


def _follow_candidates(
    case: Casework, ladder: Ladder, place: Place, clock: ClockState | None
) -> Iterator[Candidate]:
    rules = _rules(case, "follow_on", place)
    reached = _reached(case, ladder) if rules else {}
    for armed in rules:
        followed = reached.get(armed.rule.follows or "")
        if followed is None:
            continue
        for occurrence in range(1 + (armed.rule.repeat.times if armed.rule.repeat else 0)):
            key = (*ladder, armed.rule.id, f"after:{armed.rule.follows}", occurrence)
            on, instant = _follow_instant(case, armed.rule, followed, occurrence, clock)
            instant = _held_back(clock, instant) if clock else instant
            if armed.covers(instant):
                yield Candidate(key, armed.rule, armed.version, instant, on)


def _reached(case: Casework, ladder: Ladder) -> dict[str, RungState]:
    """By rule, the first rung of a ladder that arms what follows it."""
    found: dict[str, RungState] = {}
    for key, rung in case.state.rungs.items():
        if key[:3] == ladder and key[5] == 0 and rung.outcome in ARMING:
            known = found.get(key[3])
            if known is None or rung.instant < known.instant:
                found[key[3]] = rung
    return found


def _follow_instant(
    case: Casework, rule: EscalationRule, followed: RungState, occurrence: int, clock: ClockState | None
) -> tuple[date, datetime]:
    """Counted from the followed rung's date, never from its sending; repeats stay on the grid."""
    calendar = case.world.calendar(clock.calendar if clock else None)
    steps = [rule.after] if rule.after else []
    if occurrence and rule.repeat:
        steps.append(Duration(value=rule.repeat.every.value * occurrence, unit=rule.repeat.every.unit))
    on, instant, in_time = followed.on, followed.instant, False
    for step in steps:
        if step.unit in TIME_UNITS:
            instant, in_time = calendar.add_time(instant, seconds_of(step)), True
            on = calendar.local_date(instant)
        else:
            on = shift_date(on, step, calendar)
            instant = calendar.opening_on_or_after(on)
    later = tuple(p for p in clock.pauses if p[0] >= followed.instant) if clock else ()
    if not later or clock is None or clock.kind == "statutory":
        return on, instant
    moved_on, moved_at = shifted(on, instant, later, not in_time, calendar)
    return moved_on, moved_at if in_time else calendar.opening_on_or_after(moved_on)


def _event_candidates(case: Casework) -> Iterator[Candidate]:
    """One ladder for each recorded event; its run is the event's number."""
    for seen in case.state.occurrences:
        for armed in _rules(case, "event", _CASE):
            if seen.name == armed.rule.event and armed.covers(seen.at):
                key = ("case", "-", seen.seq, armed.rule.id, f"event:{seen.seq}", 0)
                yield Candidate(key, armed.rule, armed.version, seen.at, seen.on)
        yield from _follow_candidates(case, ("case", "-", seen.seq), _CASE, None)


def _stagnant_candidates(case: Casework) -> Iterator[Candidate]:
    """One ladder for each silence; its run is the number of the event it began with."""
    for task in case.state.tasks.values():
        if task.status not in ("open", "on_hold") or task.silence_at is None:
            continue
        place, silence = _task_place(case, task), task.silence_seq
        ladder = (f"task:{task.id}", "-", silence)
        for armed in _rules(case, "stagnant", place):
            if armed.rule.watch_state != task.status or armed.rule.after is None:
                continue
            on, instant = _silence(case, task.silence_at, armed.rule.after)
            if armed.covers(instant):
                key = (*ladder, armed.rule.id, f"stagnant:{silence}", 0)
                yield Candidate(key, armed.rule, armed.version, instant, on)
        yield from _follow_candidates(case, ladder, place, None)


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
    """Errored rungs that are to be tried again, and when."""
    return {
        k: r.retry_at
        for k, r in case.state.rungs.items()
        if r.retry_at is not None and r.outcome == "errored"
    }


def carry_over(case: Casework, clock: ClockState, before: int, at: datetime) -> None:
    """A new run: rungs decided in the one before, and whose new instant is past, are carried.

    Recorded, nothing sent. What lies ahead is armed again; what was never decided and is
    past falls due at once.
    """
    grew = True
    while grew:
        grew = False
        for candidate in list(clock_candidates(case, clock)):
            key = candidate.key
            old = case.state.rungs.get((*key[:2], before, *key[3:]))
            if key in case.state.rungs or old is None or candidate.instant > at:
                continue
            decided(case, candidate, "carried", at, notices=old.notices, version=old.version)
            grew = True


def decided(
    case: Casework,
    candidate: Candidate,
    outcome: str,
    at: datetime,
    *,
    notices: int = 0,
    version: int | None = None,
    attempts: int = 0,
    retry_at: datetime | None = None,
    inputs: object = None,
) -> None:
    """Record the decision about a rung."""
    subject, clock, run, rule, anchor, occurrence = candidate.key
    case.emit(
        e.RUNG_DECIDED,
        at,
        subject=subject,
        clock=clock,
        run=run,
        rule=rule,
        anchor=anchor,
        occurrence=occurrence,
        outcome=outcome,
        instant=candidate.instant,
        on=candidate.on,
        version=candidate.version if version is None else version,
        notices=notices,
        attempts=attempts,
        retry_at=retry_at,
        inputs=inputs,
    )


GRACE = timedelta(minutes=5)
"""Lateness below this is no lateness."""
