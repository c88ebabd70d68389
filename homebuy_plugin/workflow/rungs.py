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
from homebuy_plugin.workflow.world import EscalationVersion, in_force

TARGET_PASSED = "statutory_target_passed"
"""Built-in rule: a statutory clock never passes its target in silence."""
NEEDS_OWNER = "case_needs_owner"
"""Built-in rule: a case without an owner tells the manager, then the default group."""
NEEDS_OWNER_TIMES = 5
ARMING = ("fired", "collapsed", "carried", "errored")
"""Outcomes of a followed rung that arm what follows it."""


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
    if case.state.status == "closed":
        return []
    found = [c for c in _all(case) if c.key not in case.state.rungs]
    return sorted(found, key=lambda c: c.order)


def _all(case: Casework) -> Iterator[Candidate]:
    for clock in case.state.clocks.values():
        if clock.status == "running" and clock.paused_at is None and clock.blocked_since is None:
            yield from clock_candidates(case, clock)
    yield from _event_candidates(case)
    yield from _stagnant_candidates(case)
    yield from _unowned_candidates(case)


def _versions(
    case: Casework, kind: str
) -> Iterator[tuple[EscalationVersion, datetime | None, EscalationRule]]:
    """Each rule of a trigger in each version, with the end of that version's time."""
    versions = case.world.escalation
    for index, version in enumerate(versions):
        until = versions[index + 1].since if index + 1 < len(versions) else None
        for rule in version.rules:
            if rule.trigger == kind and rule.state != "off" and _for_case(case, rule):
                yield version, until, rule


def _for_case(case: Casework, rule: EscalationRule) -> bool:
    if rule.schemes and case.state.scheme not in rule.schemes:
        return False
    return not rule.companies or case.state.company in rule.companies


def _timely(
    case: Casework,
    version: EscalationVersion,
    until: datetime | None,
    rule: EscalationRule,
    instant: datetime,
) -> bool:
    """Whether this version is the one for the instant, and its rule in force on that date."""
    if version.since is not None and instant < version.since:
        return False
    if until is not None and instant >= until:
        return False
    return in_force(rule, case.local(instant))


def concerns(case: Casework, rule: EscalationRule, clock: ClockState) -> bool:
    """Whether a rule narrows to this clock."""
    narrow = rule.applies_to
    if (narrow.subject == "task") != clock.of_task:
        return False
    if narrow.clock is not None and narrow.clock not in (clock.kind, clock.code):
        return False
    if not clock.of_task:
        stage = case.state.stages[clock.owner_id]
        return not narrow.stages or stage.code in narrow.stages
    return concerns_task(case, rule, case.state.tasks[clock.owner_id])


def concerns_task(case: Casework, rule: EscalationRule, task: TaskState) -> bool:
    """Whether a rule narrows to this task."""
    narrow = rule.applies_to
    if narrow.tasks and task.code not in narrow.tasks:
        return False
    if not narrow.stages:
        return True
    stage = case.state.stages.get(task.stage or "")
    home = case.world.pack.stage_of(task.code)
    code = stage.code if stage else home.code if home else None
    return code in narrow.stages


def clock_candidates(case: Casework, clock: ClockState) -> Iterator[Candidate]:
    """The rungs of one run of a clock, decided or not."""
    yield from _amber_candidates(case, clock)
    yield from _target_candidates(case, clock)
    yield from _follow_candidates(case, clock.subject, clock.code, clock.run, clock)


def _held_back(clock: ClockState, instant: datetime) -> datetime:
    """What fell due while the clock was blocked waits for the end of the block."""
    return max(instant, clock.unblocked_at) if clock.unblocked_at else instant


def _amber_candidates(case: Casework, clock: ClockState) -> Iterator[Candidate]:
    for version, until, rule in _versions(case, "amber"):
        if not concerns(case, rule, clock):
            continue
        for amber in clock.ambers:
            instant = _held_back(clock, amber.at)
            if rule.warning in (None, amber.name) and _timely(case, version, until, rule, instant):
                key = (clock.subject, clock.code, clock.run, rule.id, f"amber:{amber.name}", 0)
                yield Candidate(key, rule, version.version, instant, amber.on)


def _target_candidates(case: Casework, clock: ClockState) -> Iterator[Candidate]:
    assert clock.due_at and clock.due_on  # noqa: S101 - a running clock is dated
    instant = _held_back(clock, clock.due_at)
    for version, until, rule in _versions(case, "target_exceeded"):
        if concerns(case, rule, clock) and _timely(case, version, until, rule, instant):
            key = (clock.subject, clock.code, clock.run, rule.id, "target", 0)
            yield Candidate(key, rule, version.version, instant, clock.due_on)
    if clock.kind == "statutory" and not _told(case, clock):
        key = (clock.subject, clock.code, clock.run, TARGET_PASSED, "target", 0)
        yield Candidate(key, None, None, instant, clock.due_on)


def _told(case: Casework, clock: ClockState) -> bool:
    """Whether a notice was written for the passed target of this run."""
    mine = (clock.subject, clock.code, clock.run)
    return any(k[:3] == mine and k[4] == "target" and r.notices for k, r in case.state.rungs.items())


def _follow_candidates(
    case: Casework, subject: str, clock_code: str, run: int, clock: ClockState | None
) -> Iterator[Candidate]:
    for version, until, rule in _versions(case, "follow_on"):
        if clock is not None and not concerns(case, rule, clock):
            continue
        followed = _followed(case, rule, (subject, clock_code, run))
        if followed is None:
            continue
        for occurrence in range(1 + (rule.repeat.times if rule.repeat else 0)):
            on, instant = _follow_instant(case, rule, followed, occurrence, clock)
            instant = _held_back(clock, instant) if clock else instant
            if _timely(case, version, until, rule, instant):
                key = (subject, clock_code, run, rule.id, f"after:{rule.follows}", occurrence)
                yield Candidate(key, rule, version.version, instant, on)


def _followed(case: Casework, rule: EscalationRule, ladder: tuple[str, str, int]) -> RungState | None:
    """The first rung of the same ladder that arms a follow-on."""
    found = [
        r
        for k, r in case.state.rungs.items()
        if k[3] == rule.follows and k[:3] == ladder and k[5] == 0 and r.outcome in ARMING
    ]
    return min(found, key=lambda r: r.instant, default=None)


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
        for version, until, rule in _versions(case, "event"):
            if seen.name == rule.event and _timely(case, version, until, rule, seen.at):
                key = ("case", "-", seen.seq, rule.id, f"event:{seen.seq}", 0)
                yield Candidate(key, rule, version.version, seen.at, seen.on)
        yield from _follow_candidates(case, "case", "-", seen.seq, None)


def _stagnant_candidates(case: Casework) -> Iterator[Candidate]:
    """One ladder for each silence; its run is the number of the event it began with."""
    for task in case.state.tasks.values():
        if task.status not in ("open", "on_hold") or task.silence_at is None:
            continue
        subject, silence = f"task:{task.id}", task.silence_seq
        for version, until, rule in _versions(case, "stagnant"):
            if rule.watch_state != task.status or rule.after is None or not concerns_task(case, rule, task):
                continue
            on, instant = _silence(case, task.silence_at, rule.after)
            if _timely(case, version, until, rule, instant):
                key = (subject, "-", silence, rule.id, f"stagnant:{silence}", 0)
                yield Candidate(key, rule, version.version, instant, on)
        yield from _follow_candidates(case, subject, "-", silence, None)


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
