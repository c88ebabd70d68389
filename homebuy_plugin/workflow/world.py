"""What a case is judged by: its pinned pack and calendars, and the rules ever in force."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property, lru_cache, partial
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from homebuy_plugin.clock.calendar import WorkingCalendar
from homebuy_plugin.documents.model import ClockDef, EscalationRule, Pack, StageDef, TaskDef, Template
from homebuy_plugin.engine.actions import Actions, compile_actions
from homebuy_plugin.engine.catalogue import Catalogue
from homebuy_plugin.engine.conditions import Conditions, compile_conditions
from homebuy_plugin.types import Contact, Officer, Pick, Settings

P = ParamSpec("P")
T = TypeVar("T")

_REMEMBERED = 1024
"""Answers of each function that a world remembers."""
_LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)


class Directory(Protocol):
    """What lies outside a case: who is who, who is away, who has how much to do.

    Answers are asked at the deciding moment and kept in the record.
    """

    def members(self, role: str, on: date) -> tuple[Officer, ...]:
        """The officers in a role on a local date."""

    def available(self, officer: str, on: date) -> bool:
        """Whether ``kind:id`` is there on a local date."""

    def contact(self, officer: str) -> Contact:
        """Name and address of ``kind:id``."""

    def group(self, group: str, on: date, task: str | None) -> tuple[Contact, ...]:
        """Everybody in a stakeholder group on a local date."""

    def open_cases(self, officer: str) -> int:
        """How many open cases ``kind:id`` owns."""

    def pick(self, role: str, strategy: str, on: date) -> Pick:
        """One officer of a role who can take a case, by ``round_robin`` or ``least_open_cases``."""

    def named(self, officers: Sequence[str], on: date) -> Pick:
        """Those of these ``kind:id`` who can take a case: here, at work, and not full."""


@dataclass(frozen=True, kw_only=True)
class EscalationVersion:
    """A published escalation set. ``since`` None: in force from the beginning.

    Attributes:
        include_open: its new rules are also asked about what was past in open cases when it was
            published; that falls due at publication.
    """

    version: int
    since: datetime | None
    rules: tuple[EscalationRule, ...]
    include_open: bool = False


@dataclass(frozen=True, slots=True)
class Armed:
    """A rule of one version, and the time in which that version and the rule's dates hold.

    Attributes:
        back_to: instants from here on fall due at publication when they were past then; None
            where what was past stays past.
    """

    rule: EscalationRule
    version: int
    since: datetime | None
    until: datetime | None
    back_to: datetime | None = None

    def covers(self, instant: datetime) -> bool:
        """Whether this version of the rule is the one for an instant."""
        if self.since is not None and instant < self.since:
            return self.back_to is not None and instant >= self.back_to
        return self.until is None or instant < self.until

    def dated(self, instant: datetime) -> datetime:
        """When a rung of an instant that this covers falls due."""
        return instant if self.back_to is None or self.since is None else max(instant, self.since)


@dataclass(frozen=True, kw_only=True)
class Move:
    """A publication that open cases follow: from one world to the next, at one instant.

    Attributes:
        at: when it was published.
        notify: people are told of what is past by the new dates; otherwise it is only recorded.
        documents: what was published, as ``kind code version``.
        pack_version, calendars: what a case is pinned to from then on.
        world: what a case is judged by from then on.
        by, reason: who published, and why.
    """

    at: datetime
    notify: bool
    documents: tuple[str, ...]
    pack_version: int
    calendars: Mapping[str, int]
    world: "World"
    by: str | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class World:
    """Everything published that a case is judged by.

    Attributes:
        escalation: versions in order of publication.
        templates: all letters in force.
        personal: names of facts never shown in records.
        in_letters: names of facts that letters may show.
        move: the next publication that a case judged by this world follows, or None.
        kept: what others worked out from this world alone, by a key of theirs.
    """

    pack: Pack
    pack_version: int
    calendars: Mapping[str, WorkingCalendar]
    settings: Settings
    catalogue: Catalogue
    escalation: tuple[EscalationVersion, ...] = ()
    templates: tuple[Template, ...] = ()
    personal: frozenset[str] = frozenset()
    in_letters: Mapping[str, str] = field(default_factory=dict)
    host_variables: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    move: Move | None = field(default=None, compare=False, repr=False)
    # worked out from the above: a world made from this one by ``replace`` works them out anew
    _task_defs: dict[tuple[str | None, str], TaskDef | None] = field(
        init=False, default_factory=dict, compare=False, repr=False
    )
    _compiled: dict[int, tuple[object, Conditions]] = field(
        init=False, default_factory=dict, compare=False, repr=False
    )
    _actions: dict[int, tuple[object, Actions]] = field(
        init=False, default_factory=dict, compare=False, repr=False
    )
    kept: dict[Hashable, Any] = field(init=False, default_factory=dict, compare=False, repr=False)

    def remembered(
        self, work_out: "Callable[Concatenate[World, P], T]", /, *inputs: P.args, **_: P.kwargs
    ) -> T:
        """What a pure function makes of this world and of hashable inputs that many cases share."""
        found = self.kept.get(work_out)
        if found is None:
            found = self.kept[work_out] = lru_cache(_REMEMBERED)(partial(work_out, self))
        answer: T = found(*inputs)
        return answer

    def calendar(self, code: str | None) -> WorkingCalendar:
        """The calendar of this code; None for the landlord's default."""
        return self.calendars[code or self.settings.default_calendar]

    def local_date(self, at: datetime) -> date:
        """The landlord's local date of an instant; remembered, for many cases wait for one instant."""
        # Elsewhere than in UTC two instants may be equal: an hour that summer time repeats.
        return self.remembered(_local_date, at) if at.tzinfo is UTC else self.home.local_date(at)

    @cached_property
    def home(self) -> WorkingCalendar:
        """The landlord's default calendar; its zone is the landlord's."""
        return self.calendars[self.settings.default_calendar]

    def task_def(self, stage: str | None, task: str) -> TaskDef | None:
        """The definition of a task in a stage, or the pack's first of that code; looked up once."""
        key = (stage, task)
        if key not in self._task_defs:
            found = self.pack.stage(stage) if stage else None
            self._task_defs[key] = (found.task(task) if found else None) or self.pack.task(task)
        return self._task_defs[key]

    def compiled(self, raw: Mapping[str, Any] | None) -> Conditions:
        """The conditions ready to evaluate; compiled once for each document object."""
        found = self._compiled.get(id(raw))
        if found is None or found[0] is not raw:
            found = self._compiled[id(raw)] = (raw, compile_conditions(raw, self.catalogue))
        return found[1]

    def actions(self, rule: EscalationRule) -> Actions:
        """The actions of a rule ready to run; compiled once for each rule object."""
        found = self._actions.get(id(rule))
        if found is None or found[0] is not rule:
            raw = [{"name": a.name, "params": dict(a.params)} for a in rule.actions]
            found = self._actions[id(rule)] = (rule, compile_actions(raw, self.catalogue, "escalation"))
        return found[1]

    @cached_property
    def armed(self) -> tuple[Armed, ...]:
        """Every rule that is not off in every version, with the time it is in force."""
        found: list[Armed] = []
        known: set[str] = set()
        for index, version in enumerate(self.escalation):
            later = self.escalation[index + 1].since if index + 1 < len(self.escalation) else None
            for rule in version.rules:
                if rule.state != "off":
                    since = _latest(version.since, self._midnight(rule.effective_from))
                    until = _soonest(later, self._midnight(rule.effective_to))
                    new = version.include_open and rule.id not in known
                    back_to = (self._midnight(rule.effective_from) or _LONG_AGO) if new else None
                    found.append(Armed(rule, version.version, since, until, back_to))
            known |= {rule.id for rule in version.rules}
        return tuple(found)

    def _midnight(self, on: date | None) -> datetime | None:
        return self.home.midnight(on) if on is not None else None

    def rule(self, rule_id: str, version: int | None) -> EscalationRule | None:
        """The escalation rule of this id in that version."""
        for published in self.escalation:
            if published.version == version:
                return next((r for r in published.rules if r.id == rule_id), None)
        return None

    def rule_at(self, rule_id: str, at: datetime) -> tuple[EscalationRule, int] | None:
        """The rule of this id in the newest version published by then that has it."""
        for published in reversed(self.escalation):
            rule = self.rule(rule_id, published.version)
            if rule is not None and (published.since is None or published.since <= at):
                return rule, published.version
        return None

    def corrected(self, rule_id: str, version: int | None) -> datetime | None:
        """When the rule as it was in a version was first published anew in other words."""
        before = self.rule(rule_id, version)
        for published in self.escalation:
            if version is not None and published.version > version:
                rule = self.rule(rule_id, published.version)
                if rule is not None and rule != before:
                    return published.since
        return None

    def template(self, template_id: str, language: str, channel: str | None) -> Template | None:
        """The letter in this language and channel, or the nearest there is."""
        key = ("template", template_id, language, channel)
        if key not in self.kept:
            found = [t for t in self.templates if t.id == template_id]
            self.kept[key] = _best(
                found,
                lambda t: (t.language == language, t.channel == (channel or t.channel), t.language == "en"),
            )
        best: Template | None = self.kept[key]
        return best


def _local_date(world: World, at: datetime) -> date:
    return world.home.local_date(at)


def _latest(first: datetime | None, second: datetime | None) -> datetime | None:
    return max((i for i in (first, second) if i is not None), default=None)


def _soonest(first: datetime | None, second: datetime | None) -> datetime | None:
    return min((i for i in (first, second) if i is not None), default=None)


def _best(items: Sequence[Template], rank: Any) -> Template | None:
    return max(items, key=rank, default=None)


def in_force(item: EscalationRule | TaskDef | StageDef | Any, on: date) -> bool:
    """Whether effective dates (half-open) include a local date."""
    if item.effective_from is not None and on < item.effective_from:
        return False
    return item.effective_to is None or on < item.effective_to


def clocks_in(pack: Pack) -> Iterable[tuple[StageDef, TaskDef | None, ClockDef]]:
    """Every clock of a pack with the stage and task that carry it."""
    for stage in pack.stages:
        for clock in stage.clocks:
            yield stage, None, clock
        for task in stage.tasks:
            for clock in task.clocks:
                yield stage, task, clock
