"""Play a case through the pure workflow: no database, no clock, no host.

::

    case = new_case(shipped_world("right_to_buy"), CaseFacts(...), at=datetime(2026, 11, 2, 9, tzinfo=UTC))
    case.tick(datetime(2026, 12, 1, tzinfo=UTC))
    assert [notice.template for notice in case.notices] == ["rtb2_overdue"]

Each call does what a service does: settle first, change, let follow what follows, settle
again, collapse. :attr:`PlayedCase.events` is then all that a database would keep.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from typing import Any, cast

from homebuy_plugin._resources import data_folder
from homebuy_plugin.documents.formats import FORMATS, LISTS
from homebuy_plugin.documents.model import (
    Attribute,
    CalendarDef,
    EscalationRule,
    EscalationSet,
    Pack,
    Template,
)
from homebuy_plugin.documents.values import from_json
from homebuy_plugin.engine.actions import BUILT_IN_ACTIONS
from homebuy_plugin.engine.catalogue import Catalogue
from homebuy_plugin.engine.variables import BUILT_IN
from homebuy_plugin.library import DERIVED, landlord_catalogue, working_calendar
from homebuy_plugin.types import (
    CaseChange,
    CaseFacts,
    CaseOutcome,
    Contact,
    Officer,
    Pick,
    Settings,
    TaskChange,
)
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.advance import advance
from homebuy_plugin.workflow.case_changes import change_case
from homebuy_plugin.workflow.casework import ActionDraft, Casework, NoticeDraft
from homebuy_plugin.workflow.catching_up import collapse
from homebuy_plugin.workflow.events import CaseEvent, to_json
from homebuy_plugin.workflow.facts import check_facts, split_personal
from homebuy_plugin.workflow.fold import apply, fold
from homebuy_plugin.workflow.settle import settle, wakeups
from homebuy_plugin.workflow.stages import open_first
from homebuy_plugin.workflow.state import (
    ACTIVE_TASK,
    CaseState,
    ClockState,
    RungKey,
    RungState,
    StageState,
    TaskState,
)
from homebuy_plugin.workflow.task_changes import change_task, find_task
from homebuy_plugin.workflow.views import outcome
from homebuy_plugin.workflow.world import EscalationVersion, World

_OWNERS = ("user:p.shah",)


@dataclass(slots=True)
class FakeDirectory:
    """Who is who, as told; by default every role has one officer, named after it, who is there.

    Attributes:
        roles: role to the ids of its users; a role not named has the user of its own name.
        groups: group to ids of users; one not named has the user of its own name.
        away: ids of users who are not there.
        busy: ``kind:id`` to how many open cases each has.
    """

    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    away: set[str] = field(default_factory=set)
    busy: dict[str, int] = field(default_factory=dict)

    def members(self, role: str, on: date) -> tuple[Officer, ...]:
        """The officers in a role."""
        return tuple(Officer(id=user, name=user) for user in self.roles.get(role, (role,)))

    def available(self, officer: str, on: date) -> bool:
        """Whether ``kind:id`` is there."""
        return officer.partition(":")[2] not in self.away

    def contact(self, officer: str) -> Contact:
        """``kind:id`` with an address made of its id."""
        kind, _, ident = officer.partition(":")
        return Contact(kind=kind, id=ident, name=ident, address=f"{ident}@example.org")

    def group(self, group: str, on: date, task: str | None) -> tuple[Contact, ...]:
        """Everybody in a group who is there."""
        users = self.groups.get(group, (group,))
        return tuple(self.contact(f"user:{u}") for u in users if u not in self.away)

    def open_cases(self, officer: str) -> int:
        """As told; else none."""
        return self.busy.get(officer, 0)

    def pick(self, role: str, strategy: str, on: date) -> Pick:
        """The first of the role who is there, whatever the strategy."""
        there = tuple(o.key for o in self.members(role, on) if self.available(o.key, on))
        text = f"by {strategy}" if there else f"nobody in {role} is there"
        return Pick(officers=there[:1], role=role, strategy=strategy, among=there, text=text)

    def named(self, officers: Sequence[str], on: date) -> Pick:
        """Those of them who are there."""
        there = tuple(o for o in officers if self.available(o, on))
        return Pick(officers=there, among=there, text="named" if there else "away")


@cache
def shipped_documents() -> Mapping[str, tuple[Any, ...]]:
    """Every shipped document by kind, as typed values; lists are the union of their files."""
    found: dict[str, list[Any]] = {kind: [] for kind in FORMATS.values()}
    for path in sorted(data_folder("rules").rglob("*.json")):
        raw = json.loads(path.read_text(encoding="utf-8"))
        kind = FORMATS[raw["format"]]
        value: Any = from_json(kind, raw)
        if kind in LISTS:
            found[kind] += value.rules if hasattr(value, "rules") else value
        else:
            found[kind].append(value)
    return {kind: tuple(values) for kind, values in found.items()}


@cache
def _calendars() -> Mapping[str, Any]:
    definitions: tuple[CalendarDef, ...] = shipped_documents()["calendar"]
    return {d.id: working_calendar(d) for d in definitions}


@cache
def shipped_catalogue() -> Catalogue:
    """The built-in names and the shipped attributes."""
    return landlord_catalogue(
        Catalogue.of(BUILT_IN, BUILT_IN_ACTIONS), shipped_documents()["attributes"], None
    )


@cache
def shipped_world(scheme: str = "right_to_buy", country: str = "england") -> World:
    """The shipped documents as the world that a case of this scheme is judged by."""
    documents = shipped_documents()
    packs: tuple[Pack, ...] = documents["pack"]
    attributes: tuple[Attribute, ...] = documents["attributes"]
    templates: tuple[Template, ...] = documents["templates"]
    return World(
        pack=next(p for p in packs if (p.scheme, p.country) == (scheme, country)),
        pack_version=1,
        calendars=_calendars(),
        settings=Settings(),
        catalogue=shipped_catalogue(),
        escalation=(EscalationVersion(version=1, since=None, rules=documents["escalation"]),),
        templates=templates,
        personal=frozenset(a.name for a in attributes if a.personal),
        in_letters={a.name: a.label for a in attributes if a.in_letters and not a.personal},
        defaults={a.name: a.default for a in attributes if a.default is not None},
    )


def small_world(*stages: Mapping[str, Any], **pack: Any) -> World:
    """The shipped world with a pack of these stages, as an analyst writes them, and without rules."""
    raw = {"format": "homebuy.pack/1", "scheme": "right_to_buy", "stages": list(stages), **pack}
    made = cast("Pack", from_json("pack", raw))
    return replace(shipped_world(), pack=made, escalation=())


def escalation_rules(*raw: Mapping[str, Any]) -> tuple[EscalationRule, ...]:
    """Rules as an analyst writes them; ``state`` on unless said."""
    rules = [{"state": "on", **rule} for rule in raw]
    read = cast("EscalationSet", from_json("escalation", {"format": "homebuy.escalation/1", "rules": rules}))
    return read.rules


def with_rules(world: World, *rules: EscalationRule) -> World:
    """The world with these escalation rules and no others."""
    return with_versions(world, (None, rules))


def with_versions(world: World, *versions: tuple[datetime | None, Iterable[EscalationRule]]) -> World:
    """The world with these escalation sets: since when (None: from the beginning), and the rules."""
    made = (
        EscalationVersion(version=number, since=since, rules=tuple(rules))
        for number, (since, rules) in enumerate(versions, 1)
    )
    return replace(world, escalation=tuple(made))


@dataclass(slots=True)
class PlayedCase:
    """A case and everything that happened to it.

    Attributes:
        world: what it is judged by; may be exchanged between two calls.
        events: all events so far; folding them gives :attr:`state`.
        notices: every notice drafted, also those collapsed; see :meth:`sent`.
        records: the decision record of each rung, as JSON.
        because: what the last call said.
    """

    state: CaseState
    world: World
    directory: FakeDirectory
    events: list[CaseEvent] = field(default_factory=list)
    notices: list[NoticeDraft] = field(default_factory=list)
    actions: list[ActionDraft] = field(default_factory=list)
    records: dict[RungKey, dict[str, Any]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    because: list[str] = field(default_factory=list)

    def tick(self, at: datetime) -> int:
        """Decide what fell due up to an instant; how many wake-ups that were."""
        case = self._bench(at)
        count = settle(case, case.now)
        self._keep(case)
        return count

    def play(self, change: CaseChange | TaskChange, at: datetime, task: str = "") -> "PlayedCase":
        """Change the case, or the task named by code or id, at an instant; gives itself back."""
        case = self._bench(at)
        settle(case, case.now)
        facts = check_facts(
            change.data.get("facts") or {}, self.world.catalogue, DERIVED, self.world.host_variables
        )
        if isinstance(change, TaskChange):
            change_task(case, find_task(case, task), change, facts, case.now)
        else:
            change_case(case, change, facts, case.now)
        advance(case, case.now)
        settle(case, case.now)
        self._keep(case)
        return self

    def complete(self, *tasks: str, at: datetime, **arguments: Any) -> "PlayedCase":
        """Complete tasks, in order; the arguments are those of ``TaskChange.complete``."""
        for task in tasks:
            self.play(TaskChange.complete(**{"by": "p.shah", **arguments}), at, task)
        return self

    def finish_stage(self, code: str, at: datetime, **facts: Any) -> "PlayedCase":
        """Complete the mandatory tasks of an open stage, in the order of the pack.

        A fact goes with the task that requires it.
        """
        stage, definition = self.stage(code), self.world.pack.stage(code)
        for task in definition.tasks if definition else ():
            found = [t for t in self.state.tasks_of(stage.id) if t.code == task.code]
            if found and found[0].mandatory and found[0].status in ACTIVE_TASK:
                mine = {n: facts.pop(n) for n in list(facts) if n in task.requires}
                self.complete(found[0].id, at=at, facts=mine)
        return self

    def outcome(self, at: datetime) -> CaseOutcome:
        """The case as people see it at an instant."""
        case = self._bench(at)
        return outcome(case, case.now, because=tuple(self.because))

    def wakeups(self) -> dict[str, datetime]:
        """What waits for which instant."""
        return wakeups(self._bench(self.state.last_at))

    def copy(self) -> "PlayedCase":
        """An independent copy, to try another way on."""
        return replace(
            self,
            state=self.state.copy(),
            events=list(self.events),
            notices=list(self.notices),
            actions=list(self.actions),
            records=dict(self.records),
            errors=list(self.errors),
            because=list(self.because),
        )

    def folded(self) -> CaseState:
        """What the events alone make."""
        return fold(self.events)

    def task(self, name: str) -> TaskState:
        """A task, by id or code."""
        return find_task(self._bench(self.state.last_at), name)

    def stage(self, code: str) -> StageState:
        """The last stage of a code."""
        return [s for s in self.state.stages.values() if s.code == code][-1]

    def clock(self, code: str) -> ClockState:
        """The last clock of a code."""
        return [c for c in self.state.clocks.values() if c.code == code][-1]

    def rung(self, rule: str, occurrence: int = 0, run: int | None = None, anchor: str = "") -> RungState:
        """The last rung decided of a rule."""
        return self.rungs(rule, occurrence, run, anchor)[-1]

    def rungs(
        self, rule: str, occurrence: int | None = None, run: int | None = None, anchor: str = ""
    ) -> list[RungState]:
        """The rungs decided of a rule."""
        return [
            r
            for k, r in self.state.rungs.items()
            if k[3] == rule and occurrence in (None, k[5]) and run in (None, k[2]) and k[4].startswith(anchor)
        ]

    def sent(self, template: str | None = None) -> list[NoticeDraft]:
        """The notices that were not collapsed and have somebody to go to, of a template or all."""
        return [n for n in self.notices if n.status == "pending" and template in (None, n.template)]

    def history(self, kind: str) -> list[CaseEvent]:
        """The events of a kind, in order."""
        return [event for event in self.events if event.kind == kind]

    def _bench(self, at: datetime) -> Casework:
        return Casework(self.state.copy(), self.world, self.directory, max(at, self.state.last_at))

    def _keep(self, case: Casework) -> None:
        collapse(case)
        self.state = case.state
        self.events += case.events
        self.notices += case.notices
        self.actions += case.actions
        self.records |= case.records
        self.errors += case.errors
        self.because = case.because


def new_case(
    world: World,
    facts: CaseFacts,
    at: datetime,
    *,
    directory: FakeDirectory | None = None,
    owners: tuple[str, ...] = _OWNERS,
    manager: str | None = "user:m.jones",
) -> PlayedCase:
    """Create a case at an instant; without ``owners`` it needs one."""
    first = _first_event(world, facts, at)
    people = directory or FakeDirectory()
    case = Casework(apply(None, first), world, people, at)
    case.events.append(first)
    if owners:
        case.emit(e.CASE_ALLOCATED, at, owners=owners, manager=manager, groups=())
    else:
        case.emit(e.CASE_UNALLOCATED, at, manager=manager, groups=())
    open_first(case, at)
    advance(case, at)
    settle(case, at)
    played = PlayedCase(state=case.state, world=world, directory=people)
    played._keep(case)
    return played


def _first_event(world: World, facts: CaseFacts, at: datetime) -> CaseEvent:
    given = check_facts(facts.facts, world.catalogue, DERIVED, world.host_variables)
    open_, personal = split_personal({k: v for k, v in given.items() if v is not None}, world.personal)
    data = {
        "reference": facts.reference,
        "scheme": facts.scheme,
        "country": facts.country,
        "company": facts.company,
        "served_on": facts.served_on,
        "creator": facts.creator,
        "facts": open_,
        "pack_version": world.pack_version,
        "calendars": dict.fromkeys(world.calendars, 1),
    }
    return CaseEvent(
        seq=1,
        kind=e.CASE_CREATED,
        at=at,
        recorded_at=at,
        by=facts.creator,
        data=to_json(data),
        texts=personal,
        people=tuple(facts.applicants),
    )
