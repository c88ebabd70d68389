"""The typed values of a pack: stages, tasks, clocks."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Literal

from homebuy_plugin.documents.model_parts import Raw, nothing, put
from homebuy_plugin.exceptions import UnknownName

_WITH_TASK = ("task.planned_start",)


@dataclass(frozen=True, kw_only=True)
class Duration:
    """A length of time: ``minutes hours working_days days weeks months``."""

    value: int
    unit: str


@dataclass(frozen=True, kw_only=True)
class PeriodBranch:
    """One branch of a clock's period; the last has no ``when``.

    Attributes:
        stated: name of a fact, the last day that a notice itself names. The period ends on that
            day, and never before ``duration`` does: what the law leaves to the notice is bounded
            below by what the law says.
    """

    duration: Duration
    when: Raw | None = None
    stated: str | None = None


@dataclass(frozen=True, kw_only=True)
class Amber:
    """A warning: exactly one of before, after, percent."""

    name: str
    before: Duration | None = None
    after: Duration | None = None
    percent: int | None = None


@dataclass(frozen=True, kw_only=True)
class Restart:
    """A point that re-dates a clock.

    Attributes:
        on: the point in time, for example ``task.completed:serve_determination``.
        reopens: also reopen the clock's task when it is complete.
        provisional: while this long (counted ``beginning_with`` the point) the new date may
            still be moved by an event the law names.
        when: only if these conditions hold.
    """

    on: str
    reopens: bool = False
    provisional: Duration | None = None
    when: Raw | None = None


@dataclass(frozen=True, kw_only=True)
class Block:
    """No date moves and landlord-delay rungs wait from one point until the first of others."""

    start: str
    until: tuple[str, ...]
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """When a task cannot be completed: the law does not let it be done yet.

    Attributes:
        when: it is refused while these conditions hold.
        before: it is refused before the period of this clock of the case has run (``at_least``:
            before its date, the earliest day permitted; else up to and on its date, the last in
            time), and while that clock is blocked.
        fact: it is refused when this date lies later than ``within`` after the day it is done.
        why: what people are told.
        firm: false only tells them, and lets it be.
    """

    why: str
    when: Raw | None = None
    before: str | None = None
    fact: str | None = None
    within: Duration | None = None
    firm: bool = True


@dataclass(frozen=True, kw_only=True)
class Extension:
    """How far a clock may be moved out, and how often.

    Attributes:
        maximum: at most this much later than the date before; None for no bound.
        times: at most so many times; None for any number.
        before_expiry: only while the date has not passed.
    """

    maximum: Duration | None = None
    times: int | None = None
    before_expiry: bool = True


@dataclass(frozen=True, kw_only=True)
class LegalBasis:
    """Where a period comes from. ``status``: verified, guidance or policy."""

    instrument: str = ""
    section: str = ""
    status: str = "policy"
    checked_on: date | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class ClockDef:
    """A deadline of a task or a stage.

    Attributes:
        kind: ``statutory`` or ``service``.
        when: the clock exists only while these conditions hold.
        starts: points in time; the first to happen starts it.
        ends: points that stop it without an answer.
        counting: ``within``, ``beginning_with`` or ``at_least``.
        calendar: code, or None for the landlord's default.
        companies: only their cases have it; empty for all.
        effective_from, effective_to: it is for what starts on these local dates.
        may_outlast_stage: its period may be longer than that of the stage its task stands in.
        period: branches; the first whose conditions hold counts.
    """

    code: str
    kind: Literal["statutory", "service"]
    period: tuple[PeriodBranch, ...]
    name: str = ""
    when: Raw | None = None
    starts: tuple[str, ...] = _WITH_TASK
    restarts: tuple[Restart, ...] = ()
    ends: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()
    counting: str = "within"
    calendar: str | None = None
    amber: tuple[Amber, ...] = ()
    extension: Extension | None = None
    legal_basis: LegalBasis = field(default_factory=LegalBasis)
    companies: tuple[str, ...] = ()
    effective_from: date | None = None
    effective_to: date | None = None
    may_outlast_stage: bool = False


@dataclass(frozen=True, kw_only=True)
class TaskDef:
    """One thing to do in a stage.

    Attributes:
        audience: ``customer`` or ``internal``.
        kind: ``work``, or ``wait`` where an outside party owns the clock.
        after: codes of its predecessors in the same stage; lag: time after the last of them.
        requires: facts that ``complete`` must bring unless the case has them.
        reasons: ``complete cancel hold late`` to the texts offered; what is not here its stage
            may offer, then the pack (none: any text).
        templates: letters this task may use; attributes: names of task attributes.
        carry: stays open when its stage completes.
        companies: only their cases have it; empty for all. So it is with stages.
        outlives: stays, with its clocks and their reminders, when the case is closed; it can
            still be completed then.
    """

    code: str
    name: str
    information: str = ""
    audience: str = "internal"
    kind: str = "work"
    owner_role: str | None = None
    mandatory: bool = False
    when: Raw | None = None
    after: tuple[str, ...] = ()
    lag: Duration | None = None
    requires: tuple[str, ...] = ()
    refuse: tuple[Refusal, ...] = ()
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=nothing)
    templates: tuple[str, ...] = ()
    clocks: tuple[ClockDef, ...] = ()
    attributes: tuple[str, ...] = ()
    carry: bool = False
    outlives: bool = False
    companies: tuple[str, ...] = ()
    effective_from: date | None = None
    effective_to: date | None = None

    def with_clock(self, clock: ClockDef) -> "TaskDef":
        """The same with this clock, in the place of the one of its code or added."""
        return replace(self, clocks=put(self.clocks, clock, "code"))


@dataclass(frozen=True, kw_only=True)
class NextStageDef:
    """A link to a stage: ``opens`` is ``automatic`` or ``offered``."""

    stage: str
    opens: str = "offered"
    when: Raw | None = None
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class StageDef:
    """A phase of a case.

    Attributes:
        opens_on: points that open it whatever is open; a stage that is not ``parallel``
            leaves the others then.
        when: for the first stage: the first in the file whose conditions hold opens.
        reasons: as of a task, for its tasks that offer none; and ``leave``.
    """

    code: str
    name: str
    master_stage: str
    description: str = ""
    default_for_master: bool = False
    audience: str = "internal"
    when: Raw | None = None
    opens_on: tuple[str, ...] = ()
    parallel: bool = False
    next: tuple[NextStageDef, ...] = ()
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=nothing)
    clocks: tuple[ClockDef, ...] = ()
    tasks: tuple[TaskDef, ...] = ()
    companies: tuple[str, ...] = ()
    effective_from: date | None = None
    effective_to: date | None = None

    def task(self, code: str) -> TaskDef | None:
        """The task of this code, or None."""
        return next((t for t in self.tasks if t.code == code), None)

    def with_task(self, task: TaskDef) -> "StageDef":
        """The same with this task, in the place of the one of its code or added."""
        return replace(self, tasks=put(self.tasks, task, "code"))

    def with_clock(self, clock: ClockDef) -> "StageDef":
        """The same with this clock of the stage itself, which starts with the stage unless it says."""
        if clock.starts == _WITH_TASK:
            clock = replace(clock, starts=("stage.started",))
        return replace(self, clocks=put(self.clocks, clock, "code"))


@dataclass(frozen=True, kw_only=True)
class Named:
    """A code with a name, for example an event."""

    code: str
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Outcome(Named):
    """How a case may end, and on which local dates one may choose it."""

    effective_from: date | None = None
    effective_to: date | None = None


@dataclass(frozen=True, kw_only=True)
class Pack:
    """The stages, tasks and clocks of one scheme in one country.

    Attributes:
        events: what a host may record; those named by clocks and stages are known as well.
        outcomes: codes that ``close`` accepts; empty accepts any.
        reasons: as of a stage, for stages and tasks that offer none; ``hold`` also for the case, and
            ``withdraw close reopen`` of it.
    """

    scheme: str
    stages: tuple[StageDef, ...]
    name: str = ""
    description: str = ""
    country: str = "england"
    companies: tuple[str, ...] = ()
    events: tuple[Named, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=nothing)

    def stage(self, code: str) -> StageDef | None:
        """The stage of this code, or None."""
        return next((s for s in self.stages if s.code == code), None)

    def stage_of(self, task: str) -> StageDef | None:
        """The first stage that holds a task of this code, or None."""
        return self._homes.get(task)

    @cached_property
    def _homes(self) -> Mapping[str, StageDef]:
        """The first stage of each task, by code."""
        return {task.code: stage for stage in reversed(self.stages) for task in stage.tasks}

    def task(self, code: str) -> TaskDef | None:
        """The task of this code, or None."""
        stage = self.stage_of(code)
        return stage.task(code) if stage else None

    def with_stage(self, stage: StageDef) -> "Pack":
        """The same with this stage, in the place of the one of its code or added."""
        return replace(self, stages=put(self.stages, stage, "code"))

    def with_task(self, task: TaskDef) -> "Pack":
        """The same with this task in the place of the one of its code.

        Raises:
            UnknownName: no stage has it; add it with ``pack.with_stage(stage.with_task(task))``.
        """
        stage = self.stage_of(task.code)
        if stage is None:
            raise UnknownName("task", task.code, [t.code for s in self.stages for t in s.tasks])
        return self.with_stage(stage.with_task(task))
