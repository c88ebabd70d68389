"""The typed values that documents become: packs, rules, letters, groups, calendars.

Conditions stay as the JSON they were written in (``Mapping`` or None for always); the
engine compiles them. Codes and ids are lower-case slugs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Literal, TypeVar

from homebuy_plugin.exceptions import UnknownName
from homebuy_plugin.types import CaseFacts

T = TypeVar("T")
_WITH_TASK = ("task.planned_start",)
Raw = Mapping[str, Any]
"""JSON as it was written."""


def _nothing() -> Raw:
    return MappingProxyType({})


def _put(parts: tuple[T, ...], part: T, key: str) -> tuple[T, ...]:
    """The parts with one in the place of the one that is called the same, else at the end."""
    name = getattr(part, key)
    if all(getattr(each, key) != name for each in parts):
        return (*parts, part)
    return tuple(part if getattr(each, key) == name else each for each in parts)


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
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=_nothing)
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
        return replace(self, clocks=_put(self.clocks, clock, "code"))


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
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=_nothing)
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
        return replace(self, tasks=_put(self.tasks, task, "code"))

    def with_clock(self, clock: ClockDef) -> "StageDef":
        """The same with this clock of the stage itself, which starts with the stage unless it says."""
        if clock.starts == _WITH_TASK:
            clock = replace(clock, starts=("stage.started",))
        return replace(self, clocks=_put(self.clocks, clock, "code"))


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
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=_nothing)

    def stage(self, code: str) -> StageDef | None:
        """The stage of this code, or None."""
        return next((s for s in self.stages if s.code == code), None)

    def stage_of(self, task: str) -> StageDef | None:
        """The first stage that holds a task of this code, or None."""
        return next((s for s in self.stages if s.task(task)), None)

    def task(self, code: str) -> TaskDef | None:
        """The task of this code, or None."""
        stage = self.stage_of(code)
        return stage.task(code) if stage else None

    def with_stage(self, stage: StageDef) -> "Pack":
        """The same with this stage, in the place of the one of its code or added."""
        return replace(self, stages=_put(self.stages, stage, "code"))

    def with_task(self, task: TaskDef) -> "Pack":
        """The same with this task in the place of the one of its code.

        Raises:
            UnknownName: no stage has it; add it with ``pack.with_stage(stage.with_task(task))``.
        """
        stage = self.stage_of(task.code)
        if stage is None:
            raise UnknownName("task", task.code, [t.code for s in self.stages for t in s.tasks])
        return self.with_stage(stage.with_task(task))


@dataclass(frozen=True, kw_only=True)
class ActionDef:
    """An action of a rule as written."""

    name: str
    params: Raw = field(default_factory=_nothing)


@dataclass(frozen=True, kw_only=True)
class RuleTest:
    """An example stored beside a rule: given these values, it matches or not."""

    name: str
    given: Raw
    matches: bool


@dataclass(frozen=True, kw_only=True)
class AllocationRule:
    """One allocation rule. ``schemes`` empty means every scheme."""

    id: str
    rank: int
    actions: tuple[ActionDef, ...]
    name: str = ""
    description: str = ""
    schemes: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    state: str = "on"
    effective_from: date | None = None
    effective_to: date | None = None
    conditions: Raw | None = None
    tests: tuple[RuleTest, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Repeat:
    """Repeats after the first occurrence: ``times`` of them, one each ``every``."""

    every: Duration
    times: int


@dataclass(frozen=True, kw_only=True)
class AppliesTo:
    """What an escalation rule narrows to; empty means all.

    Attributes:
        clock: kind or code of a clock: ``statutory``, ``service`` or a clock's code.
        subject: ``task`` or ``stage``.
    """

    stages: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    clock: str | None = None
    subject: str = "task"


@dataclass(frozen=True, kw_only=True)
class EscalationRule:
    """One escalation rule.

    Attributes:
        trigger: ``amber target_exceeded follow_on stagnant event``.
        warning: name of the one warning an amber rule is about.
        follows: the rule a follow-on comes after; after: how long after it (also the
            silence of a stagnant rule).
        watch_state: for ``stagnant``: of tasks that are ``open`` or ``on_hold``.
        catch_up: None for the landlord's setting.
    """

    id: str
    trigger: str
    actions: tuple[ActionDef, ...]
    name: str = ""
    description: str = ""
    schemes: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    applies_to: AppliesTo = field(default_factory=AppliesTo)
    warning: str | None = None
    event: str | None = None
    follows: str | None = None
    after: Duration | None = None
    repeat: Repeat | None = None
    watch_state: str = "open"
    catch_up: str | Raw | None = None
    state: str = "on"
    effective_from: date | None = None
    effective_to: date | None = None
    conditions: Raw | None = None
    tests: tuple[RuleTest, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AllocationSet:
    """All allocation rules of the landlord, by rank."""

    rules: tuple[AllocationRule, ...]

    def with_rule(self, rule: AllocationRule) -> "AllocationSet":
        """The same with this rule, in the place of the one of its id or added."""
        return replace(self, rules=_put(self.rules, rule, "id"))


@dataclass(frozen=True, kw_only=True)
class EscalationSet:
    """All escalation rules of the landlord, by id."""

    rules: tuple[EscalationRule, ...]

    def with_rule(self, rule: EscalationRule) -> "EscalationSet":
        """The same with this rule, in the place of the one of its id or added."""
        return replace(self, rules=_put(self.rules, rule, "id"))


@dataclass(frozen=True, kw_only=True)
class Template:
    """A letter or message with ``((placeholders))``."""

    id: str
    subject: str
    body: str
    language: str = "en"
    channel: str = "email"
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Member:
    """A member of a group with effective dates (half-open)."""

    kind: Literal["user", "role"]
    id: str
    effective_from: date | None = None
    effective_to: date | None = None


@dataclass(frozen=True, kw_only=True)
class Group:
    """A stakeholder group."""

    id: str
    name: str
    members: tuple[Member, ...] = ()

    def with_member(self, member: Member) -> "Group":
        """The same with one more member; to remove one, give it an end date."""
        return replace(self, members=(*self.members, member))


@dataclass(frozen=True, kw_only=True)
class DatedName:
    """A holiday: a date and what it is called."""

    date: date
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class PartDay:
    """A closure (whole day without times) or an extra opening (with times)."""

    date: date
    start: str | None = None
    end: str | None = None
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class ServiceMethod:
    """A way of sending documents, and when one is then taken to have been served.

    Attributes:
        method: its code, for example ``first_class``.
        after: days after it was sent.
        counts: ``days`` or ``business_days``.
        lands_on: ``any_day``, or ``business_day`` to move on to the next one.
    """

    method: str
    after: int
    name: str = ""
    counts: str = "days"
    lands_on: str = "any_day"
    legal_basis: LegalBasis = field(default_factory=LegalBasis)


@dataclass(frozen=True, kw_only=True)
class CalendarDef:
    """When the landlord is open. ``hours``: ``mon`` ... ``sun`` to intervals of HH:MM."""

    id: str
    hours: Mapping[str, tuple[tuple[str, str], ...]]
    name: str = ""
    timezone: str = "Europe/London"
    region: str = ""
    holidays: tuple[DatedName, ...] = ()
    closures: tuple[PartDay, ...] = ()
    openings: tuple[PartDay, ...] = ()
    service: tuple[ServiceMethod, ...] = ()

    def with_holiday(self, day: date, name: str) -> "CalendarDef":
        """The same with one more bank holiday, for example one proclaimed."""
        days = (*self.holidays, DatedName(date=day, name=name))
        return replace(self, holidays=tuple(sorted(days, key=lambda each: each.date)))


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """A fact that cases or tasks may have.

    Attributes:
        type: ``text number yes_no choice choices date date_time duration``.
        applies_to: ``case`` or ``task``.
        personal: kept where it can be erased, never shown in records.
        in_letters: whether letters may show it.
    """

    name: str
    type: str
    label: str = ""
    options: tuple[str, ...] = ()
    default: Any = None
    personal: bool = False
    in_letters: bool = False
    applies_to: str = "case"
    phrases: tuple[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class OfficerEntry:
    """An officer of the landlord.

    Attributes:
        capacity: how many open cases rules may give them at most; None for any number.
        left_on: the first local date on which they are no longer with the landlord.
    """

    id: str
    name: str
    address: str = ""
    capacity: int | None = None
    left_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class RoleMember:
    """Who is in a role, and from when until when (half-open)."""

    id: str
    effective_from: date | None = None
    effective_to: date | None = None


@dataclass(frozen=True, kw_only=True)
class RoleEntry:
    """A role of the sample landlord with its officers."""

    id: str
    name: str
    members: tuple[RoleMember, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AbsenceEntry:
    """An officer is away ``start <= day < end``."""

    officer: str
    start: date
    end: date
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Landlord:
    """Officers, roles and absences of a sample landlord."""

    officers: tuple[OfficerEntry, ...] = ()
    roles: tuple[RoleEntry, ...] = ()
    absences: tuple[AbsenceEntry, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CaseSample:
    """A sample case: what the host knows of it, and when it came in."""

    case: CaseFacts
    created_at: datetime


Published = (
    Pack
    | AllocationSet
    | EscalationSet
    | CalendarDef
    | tuple[Template, ...]
    | tuple[Group, ...]
    | tuple[Attribute, ...]
)
"""What a published document holds, by its kind."""

Document = Published | Landlord | tuple[CaseSample, ...]
"""What a file of any format holds: also the sample data, which is not published."""
