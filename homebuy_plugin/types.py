"""The values that cross between a host and the package.

All are frozen, keyword-only dataclasses. More attributes may be added in later
versions, always with a default; none is renamed or removed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal

FactValue = str | int | float | bool | date | tuple[str, ...] | list[str] | None
"""A fact: a scalar or a list of strings; ``None`` clears it."""


LiveCases = Literal["pin", "recompute", "recompute_and_notify"]
"""What open cases do with something new: keep what they have; move to it, and what is past by the
new dates is recorded, not sent; or move to it, and be told from now on of what is past."""
PIN: LiveCases = "pin"
RECOMPUTE: LiveCases = "recompute"
RECOMPUTE_AND_NOTIFY: LiveCases = "recompute_and_notify"
LIVE_CASES: tuple[LiveCases, ...] = (PIN, RECOMPUTE, RECOMPUTE_AND_NOTIFY)


def _empty() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How one landlord runs the package.

    Attributes:
        schema: database schema of the package's tables (PostgreSQL), or None.
        timezone: the landlord's zone; due dates are local dates in it.
        country: country of cases that do not say.
        default_calendar: calendar of clocks that do not say.
        default_group: group told when nobody else can be.
        batch: cases per transaction of a tick; None for 500 on PostgreSQL, 200 on SQLite.
        max_seconds: a tick starts no further batch after this many seconds.
        catch_up: what late rungs do that do not say: ``latest``, ``each`` or
            ``{"skip_older_than": {"value": 4, "unit": "hours"}}``.
        quiet_hours: whose notices wait for the opening hours of which calendar: ``user:ID``,
            a kind of recipient (``user``, ``role``, ``applicant``, ``contact``) or ``*`` for
            everybody, each with the code of a published calendar. Empty: at any hour.
        digest_at: local time such as ``"08:30"`` at which the notices of a day go to each
            recipient as one; None: each by itself.
        storm_limit: notices to one recipient within an hour; the rest is held and shown by
            ``status``. None: any number.

    Notices about statutory clocks, and those whose rule says ``"urgent": true``, wait for nothing.
    """

    schema: str | None = None
    timezone: str = "Europe/London"
    country: str = "england"
    default_calendar: str = "england_and_wales"
    default_group: str = "home_ownership"
    batch: int | None = None
    max_seconds: float = 50
    catch_up: str | Mapping[str, Any] = "latest"
    quiet_hours: Mapping[str, str] = field(default_factory=_empty)
    digest_at: str | None = None
    storm_limit: int | None = None


@dataclass(frozen=True, kw_only=True)
class Applicant:
    """A person who applies. ``id`` is the host's."""

    name: str
    id: str = ""
    address: str = ""
    language: str = "en"


@dataclass(frozen=True, kw_only=True)
class Contact:
    """Somebody a notice goes to.

    Attributes:
        kind: ``user``, ``role``, ``applicant`` or ``contact``.
        calendar: code of the calendar in whose hours they may be told, where
            ``Settings.quiet_hours`` is used; "" for the one it names.
    """

    id: str
    kind: str = "contact"
    name: str = ""
    address: str = ""
    language: str = "en"
    calendar: str = ""


@dataclass(frozen=True, kw_only=True)
class Officer:
    """A user or a role of the landlord.

    Attributes:
        capacity: how many open cases rules may give this user at most; None for what the package's
            own table says. It is read of the answers of ``homebuy_officers_in_role``.
    """

    id: str
    kind: Literal["user", "role"] = "user"
    name: str = ""
    capacity: int | None = None

    @property
    def key(self) -> str:
        """``kind:id``, as rules write it."""
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True, kw_only=True)
class CaseFacts:
    """What the host knows of a new case.

    Attributes:
        reference: the host's own, unique for ever.
        scheme: ``right_to_buy``, ``right_to_acquire``, ``social_homebuy`` or a host's own.
        served_on: local date the tenant's notice was served (Housing Act 1985 s.122);
            None while unknown.
        creator: id of the user who created the case.
        linked_to: reference of an earlier case that this one continues: under another scheme, or
            claimed anew. It must exist; its clocks are never taken over, so ``served_on`` is the
            date of the new notice.
        live_from: aware instant from which the case is run here, for one brought in while open.
            What fell due before is recorded as ``before_go_live``: nothing is sent, nothing is
            done. None: from its creation on, and what is past by ``served_on`` falls due at once.
        facts: names of the attribute dictionary with scalars or lists of strings.
    """

    reference: str
    scheme: str
    country: str = "england"
    company: str | None = None
    served_on: date | None = None
    creator: str | None = None
    applicants: tuple[Applicant, ...] = ()
    linked_to: str | None = None
    live_from: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=_empty)


@dataclass(frozen=True, kw_only=True)
class ConditionSeen:
    """One condition of a rule with the value it saw.

    Attributes:
        pointer: JSON pointer of the condition within its rule.
        result: ``true``, ``false`` or ``unknown``.
    """

    pointer: str
    name: str
    operator: str
    expected: Any = None
    actual: Any = None
    result: str
    negated: bool = False


@dataclass(frozen=True, kw_only=True)
class RuleConsidered:
    """One rule a decision looked at.

    Attributes:
        applied: whether its conditions held.
        because: why it did not take part (``off``, ``watch``, ``not in force``, ...), or "".
    """

    rule: str
    name: str = ""
    applied: bool
    because: str = ""
    conditions: tuple[ConditionSeen, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Pick:
    """Who was chosen for some work, from whom, and what was seen of them at that moment.

    Attributes:
        officers: ``kind:id`` of those chosen; empty where nobody could take it.
        role: code of the role they were chosen from, or None: they were named.
        strategy: ``role round_robin least_open_cases named``.
        among: ``kind:id`` of all who could have been chosen.
        passed_over: ``kind:id`` to why not: away, full (40 of 40), no longer here.
        open_cases: how many cases each of them had open (``least_open_cases``).
        after: who had the turn before (``round_robin``); None for the first turn ever.
        turn: number of this turn of the role, from 1; 0 with other strategies.
        text: the same in words.
    """

    officers: tuple[str, ...]
    role: str | None = None
    strategy: str = "named"
    among: tuple[str, ...] = ()
    passed_over: Mapping[str, str] = field(default_factory=_empty)
    open_cases: Mapping[str, int] = field(default_factory=_empty)
    after: str | None = None
    turn: int = 0
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class DecisionRecord:
    """Why an allocation or escalation did or did not happen.

    Attributes:
        kind: ``allocation`` or ``escalation``.
        rule: id of the deciding rule, or None.
        rule_version: version of the published set that held it.
        at: the instant decided about.
        skipped: further rules that could not apply, and are not named to keep the record short.
        picks: of an allocation: who was chosen from whom.
        text: the same in plain sentences.
    """

    kind: str
    outcome: str
    rule: str | None
    rule_version: int | None
    at: datetime
    considered: tuple[RuleConsidered, ...] = ()
    skipped: int = 0
    picks: tuple[Pick, ...] = ()
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class ClockView:
    """A clock as it stands.

    Attributes:
        kind: ``statutory`` (the law's, no hold moves it) or ``service``.
        status: ``green amber red waiting paused blocked met missed cancelled``.
        amber: name of each warning to its local date.
        due_on: local date, the last one in time.
        due_at: instant at which the target is exceeded.
        provisional: the date may yet be moved by an event the law names.
        original_due_on: the date before it was first extended or revised; None where it never was.
        legal_basis: instrument, section, status, checked_on, note.
    """

    code: str
    kind: str
    status: str
    started_on: date | None = None
    amber: Mapping[str, date] = field(default_factory=_empty)
    due_on: date | None = None
    due_at: datetime | None = None
    provisional: bool = False
    legal_basis: Mapping[str, Any] = field(default_factory=_empty)
    run: int = 1
    met_on: date | None = None
    name: str = ""
    original_due_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class HoldView:
    """A hold of a case or of a task, past or present. The ledger of a case keeps them all.

    Attributes:
        task: id of the task held, or None: the whole case.
        reason: as given; "" once it was erased.
        held_on: local date it began.
        until: local date it is to end by itself, or None.
        released_on: local date it ended, or None while it lasts.
    """

    task: str | None
    reason: str
    held_on: date
    until: date | None = None
    released_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class StageView:
    """A stage of a case. ``id`` is unique within the case."""

    id: str
    code: str
    name: str
    status: str
    owner: Officer | None = None
    owners: tuple[Officer, ...] = ()
    clocks: tuple[ClockView, ...] = ()
    master_stage: str = ""
    opened_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class TaskView:
    """A task of a case. ``id`` is unique within the case."""

    id: str
    code: str
    name: str
    status: str
    owner: Officer | None = None
    owners: tuple[Officer, ...] = ()
    clocks: tuple[ClockView, ...] = ()
    stage: str | None = None
    mandatory: bool = False
    planned_start: datetime | None = None
    kind: str = "work"
    completed_on: date | None = None
    rag: str = ""


@dataclass(frozen=True, kw_only=True)
class NextStage:
    """A stage that is offered next; ``activate`` opens it."""

    code: str
    name: str
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class CaseOutcome:
    """A case as it stands after a call.

    Attributes:
        created: True when this call made the case.
        owner: first of ``owners``, or None.
        because: plain sentences: why this owner, what this call did.
        decision: the allocation's record, or None.
        next_stages: stages offered now.
        missing: codes of mandatory tasks still in the way of the open stages.
        holds: the ledger of holds, in order of their beginning.
        links: reference of another case to what it is to this one: ``continues``,
            ``continued_by``, ``merged_from`` or ``merged_into``.
        live_from: as of CaseFacts.
        facts: what is known, without what is personal.
    """

    reference: str
    scheme: str
    status: str
    created: bool = False
    owner: Officer | None = None
    owners: tuple[Officer, ...] = ()
    manager: Officer | None = None
    needs_owner: bool = False
    because: tuple[str, ...] = ()
    decision: DecisionRecord | None = None
    stages: tuple[StageView, ...] = ()
    tasks: tuple[TaskView, ...] = ()
    next_stages: tuple[NextStage, ...] = ()
    missing: tuple[str, ...] = ()
    level: int = 0
    flags: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=_empty)
    served_on: date | None = None
    holds: tuple[HoldView, ...] = ()
    links: Mapping[str, str] = field(default_factory=_empty)
    live_from: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One message to one recipient.

    Attributes:
        key: idempotency key; the same for every attempt.
        subject: rendered when the rung fired, as is ``body``.
        task: code of the task it is about, or None.
        parts: of a digest, the notices it is made of, each with its own key and reference;
            ``reference``, ``rule`` and ``task`` of the digest are those of the first.
    """

    key: str
    recipient: Contact
    channel: str
    template: str
    subject: str
    body: str
    reference: str
    task: str | None
    rule: str
    rule_version: int | None
    parts: "tuple[Notice, ...]" = ()


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """Returned by a host that took a notice or an action over."""

    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to a case, told after commit."""

    kind: str
    reference: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=_empty)


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """The same, told in the transaction that wrote it."""

    kind: str
    reference: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=_empty)
    by: str | None = None


@dataclass(frozen=True, kw_only=True)
class PerformAction:
    """A host's own action that a rule fired, handed to ``homebuy_perform``."""

    key: str
    name: str
    params: Mapping[str, Any]
    reference: str
    task: str | None
    rule: str
    rule_version: int | None


@dataclass(frozen=True, kw_only=True)
class RuleVariable:
    """A host's own variable for conditions.

    Attributes:
        type: ``text number yes_no choice choices date date_time duration``.
        read: pure: of the facts and the case view, no session and no clock.
    """

    name: str
    label: str
    type: str
    read: Callable[[Mapping[str, Any], CaseOutcome], Any]
    options: tuple[str, ...] = ()
    personal: bool = False


@dataclass(frozen=True, kw_only=True)
class RuleAction:
    """A host's own action for rules; a fired one becomes a row for ``homebuy_perform``.

    Attributes:
        params: name of each parameter to its type: ``text``, ``number``, ``yes_no``,
            or ``list``; a trailing ``?`` makes it optional.
    """

    name: str
    label: str
    params: Mapping[str, str] = field(default_factory=_empty)


@dataclass(frozen=True, kw_only=True)
class TickError:
    """One thing a tick could not do."""

    reference: str | None
    where: str
    message: str


@dataclass(frozen=True, kw_only=True)
class TickReport:
    """What one tick did.

    Attributes:
        due: wake-ups that were due; decided: rungs decided; escalated: rungs that fired.
        notices: notices written; opened: tasks and stages opened; released: holds released.
        delivered, failed, untaken: notices handed over, refused with an error, taken by nobody.
        undeliverable: notices written for nobody: no recipient, no manager, an empty default group.
        dead: of the failed, those given up after the last attempt.
        postponed: notices that wait for their hour; held: those the storm limit keeps back.
        digests: digests handed over; their notices count as delivered each.
        timed_out: ``max_seconds`` were over before all was done; the next tick goes on.
        deferred: cases left for the next tick: somebody else was busy with them, or time was up.
        collapsed: rungs whose notices a later one replaced.
        oldest_lag: age of the oldest wake-up found due.
        next_due_at: when there is something to do next, a wake-up or a notice to offer again, or None.
    """

    due: int = 0
    decided: int = 0
    escalated: int = 0
    notices: int = 0
    opened: int = 0
    released: int = 0
    delivered: int = 0
    failed: int = 0
    untaken: int = 0
    undeliverable: int = 0
    dead: int = 0
    postponed: int = 0
    held: int = 0
    digests: int = 0
    timed_out: bool = False
    deferred: int = 0
    collapsed: int = 0
    oldest_lag: timedelta = timedelta(0)
    next_due_at: datetime | None = None
    errors: tuple[TickError, ...] = ()


def _text(name: str, value: object) -> str:
    from homebuy_plugin.exceptions import InvalidArgument

    if not isinstance(value, str) or not value.strip():
        raise InvalidArgument(f"{name} must be a text that is not empty, not {value!r}.")
    return value


def _local_date(name: str, value: object) -> date | None:
    from homebuy_plugin.exceptions import InvalidArgument

    if value is None:
        return None
    if isinstance(value, datetime) or not isinstance(value, date):
        raise InvalidArgument(f"{name} must be a local date (datetime.date) or None, not {value!r}.")
    return value


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change asked for; made by the class methods of its subclasses only.

    Attributes:
        action: the class method's name.
        on: local date it happened in the world; None for the date of ``now``.
        by: id of the user who asks; None is the system.
        data: the other arguments.
    """

    action: str
    on: date | None = None
    by: str | None = None
    note: str = ""
    data: Mapping[str, Any] = field(default_factory=_empty)


@dataclass(frozen=True, kw_only=True)
class TaskChange(Change):
    """What happens to a task."""

    @classmethod
    def _make(
        cls, action: str, by: str | None, note: str, on: date | None = None, **data: Any
    ) -> "TaskChange":
        return cls(action=action, by=by, note=note, on=_local_date("on", on), data=MappingProxyType(data))

    @classmethod
    def start(cls, on: date | None = None, *, by: str | None = None, note: str = "") -> "TaskChange":
        """Somebody began to work on it."""
        return cls._make("start", by, note, on)

    @classmethod
    def plan(
        cls,
        start_on: date | None = None,
        due_on: date | None = None,
        *,
        by: str | None = None,
        note: str = "",
    ) -> "TaskChange":
        """It is to start, or to be done, on a local date, or both.

        A due date set here becomes a service clock of the task's own, ``due``. A task that has a
        service clock already is given another date with ``revise``.
        """
        return cls._make(
            "plan",
            by,
            note,
            start_on=_local_date("start_on", start_on),
            due_on=_local_date("due_on", due_on),
        )

    @classmethod
    def complete(
        cls,
        on: date | None = None,
        reason: str | None = None,
        late_reason: str | None = None,
        facts: Mapping[str, Any] | None = None,
        *,
        by: str | None = None,
        note: str = "",
    ) -> "TaskChange":
        """It was done ``on``; ``facts`` are recorded with it.

        Late (``on`` is after the target of one of its clocks), it needs a ``late_reason`` and a
        ``reason`` where the pack lists such; where the pack lists none, any text will do.
        """
        return cls._make(
            "complete", by, note, on, reason=reason, late_reason=late_reason, facts=dict(facts or {})
        )

    @classmethod
    def cancel(
        cls,
        reason: str,
        dependants: tuple[str, ...] | list[str] | Literal["keep"] | None = None,
        *,
        by: str | None = None,
        note: str = "",
    ) -> "TaskChange":
        """It is not needed. Refused for mandatory tasks; dependants go with it.

        Args:
            reason: one of those the pack lists; any text where it lists none.
            dependants: codes of the tasks that may go with it. Any other in the way refuses the
                change, naming them all: pass ``()`` to be asked first. None: all of them go.
                ``"keep"``: none goes; this task counts as done, and they go on.
            by: id of the user who asks.
            note: free text.
        """
        codes = tuple(dependants) if isinstance(dependants, list) else dependants
        return cls._make("cancel", by, note, reason=_text("reason", reason), dependants=codes)

    @classmethod
    def hold(
        cls, reason: str, until: date | None = None, *, by: str | None = None, note: str = ""
    ) -> "TaskChange":
        """Pause its service clocks, until released or until a local date."""
        return cls._make("hold", by, note, reason=_text("reason", reason), until=_local_date("until", until))

    @classmethod
    def release(cls, *, by: str | None = None, note: str = "") -> "TaskChange":
        """End its hold."""
        return cls._make("release", by, note)

    @classmethod
    def reassign(
        cls, owner: "Officer | str", reason: str = "", *, by: str | None = None, note: str = ""
    ) -> "TaskChange":
        """Give it to another officer (a user id, or an Officer)."""
        return cls._make("reassign", by, note, owner=owner, reason=reason)

    @classmethod
    def revise(cls, due_on: date, reason: str, *, by: str | None = None, note: str = "") -> "TaskChange":
        """Move the target of its service clock; the original stays on record."""
        return cls._make(
            "revise", by, note, due_on=_local_date("due_on", due_on), reason=_text("reason", reason)
        )

    @classmethod
    def extend(
        cls, clock: str, due_on: date, reason: str, *, by: str | None = None, note: str = ""
    ) -> "TaskChange":
        """Extend a clock as its pack allows."""
        return cls._make(
            "extend",
            by,
            note,
            clock=clock,
            due_on=_local_date("due_on", due_on),
            reason=_text("reason", reason),
        )

    @classmethod
    def reopen(cls, reason: str, *, by: str | None = None, note: str = "") -> "TaskChange":
        """Open it again: a new run of its clocks."""
        return cls._make("reopen", by, note, reason=_text("reason", reason))

    @classmethod
    def activity(cls, *, by: str | None = None, note: str = "") -> "TaskChange":
        """Somebody did something on it: ends the silence that a stagnant rule counts."""
        return cls._make("activity", by, note)


_CASE_FIELDS = ("country", "company", "served_on", "creator", "applicants", "live_from")


@dataclass(frozen=True, kw_only=True)
class CaseChange(Change):
    """What happens to a case."""

    @classmethod
    def _make(
        cls, action: str, by: str | None, note: str, on: date | None = None, **data: Any
    ) -> "CaseChange":
        return cls(action=action, by=by, note=note, on=_local_date("on", on), data=MappingProxyType(data))

    @classmethod
    def update(
        cls, facts: Mapping[str, Any] | None = None, *, by: str | None = None, note: str = "", **fields: Any
    ) -> "CaseChange":
        """Correct or add facts, or the fields of CaseFacts but reference, scheme and linked_to."""
        from homebuy_plugin.exceptions import UnknownName

        for name in fields:
            if name not in _CASE_FIELDS:
                raise UnknownName("field of CaseFacts that may change", name, _CASE_FIELDS)
        if "served_on" in fields:
            _local_date("served_on", fields["served_on"])
        return cls._make("update", by, note, facts=dict(facts or {}), fields=dict(fields))

    @classmethod
    def record(
        cls,
        event: str,
        on: date | None = None,
        facts: Mapping[str, Any] | None = None,
        *,
        by: str | None = None,
        note: str = "",
    ) -> "CaseChange":
        """An event that the pack knows happened ``on``."""
        return cls._make("record", by, note, on, event=_text("event", event), facts=dict(facts or {}))

    @classmethod
    def add_task(
        cls,
        task: str,
        stage: str | None = None,
        owner: "Officer | str | None" = None,
        start_on: date | None = None,
        due_on: date | None = None,
        *,
        by: str | None = None,
        note: str = "",
    ) -> "CaseChange":
        """Add a task that the path of the pack did not bring. It is never mandatory.

        Args:
            task: code of a task of the pack, with its clocks; or a code of your own
                (``call_the_solicitor``), which stays open when its stage ends.
            stage: code or id of the open stage it goes into; None for the one it belongs to.
            owner: who has it; None for the owner of the case.
            start_on: local date to begin; None for now.
            due_on: local date it is due, which becomes its service clock ``due``.
            by: id of the user who asks.
            note: free text; it can be erased.
        """
        return cls._make(
            "add_task",
            by,
            note,
            task=_text("task", task),
            stage=stage if stage is None else _text("stage", stage),
            owner=owner,
            start_on=_local_date("start_on", start_on),
            due_on=_local_date("due_on", due_on),
        )

    @classmethod
    def activate(cls, stage: str, *, by: str | None = None, note: str = "") -> "CaseChange":
        """Open an offered or a parallel stage."""
        return cls._make("activate", by, note, stage=_text("stage", stage))

    @classmethod
    def leave(cls, stage: str, reason: str, *, by: str | None = None, note: str = "") -> "CaseChange":
        """Leave an open stage unfinished; its open tasks are cancelled."""
        return cls._make("leave", by, note, stage=_text("stage", stage), reason=_text("reason", reason))

    @classmethod
    def hold(
        cls, reason: str, until: date | None = None, *, by: str | None = None, note: str = ""
    ) -> "CaseChange":
        """Pause all service clocks of the case."""
        return cls._make("hold", by, note, reason=_text("reason", reason), until=_local_date("until", until))

    @classmethod
    def release(cls, *, by: str | None = None, note: str = "") -> "CaseChange":
        """End the hold of the case."""
        return cls._make("release", by, note)

    @classmethod
    def reassign(
        cls,
        owners: "Officer | str | tuple[Officer | str, ...] | list[Officer | str]",
        manager: "Officer | str | None" = None,
        reason: str = "",
        *,
        by: str | None = None,
        note: str = "",
    ) -> "CaseChange":
        """Give the case to others; manager None leaves the manager as it is."""
        return cls._make("reassign", by, note, owners=owners, manager=manager, reason=reason)

    @classmethod
    def reallocate(cls, reason: str, *, by: str | None = None, note: str = "") -> "CaseChange":
        """Ask the allocation rules again, as for a new case: after a transfer of stock, say.

        The new decision record stands beside the old one. Where no rule applies now, the case
        needs an owner.
        """
        return cls._make("reallocate", by, note, reason=_text("reason", reason))

    @classmethod
    def withdraw(
        cls,
        on: date | None = None,
        reason: str = "",
        *,
        applicant: str | None = None,
        by: str | None = None,
        note: str = "",
    ) -> "CaseChange":
        """The tenant withdrew the claim (Housing Act 1985 s.122(3)).

        Args:
            on: local date of the tenant's notice.
            reason: one of those the pack lists; any text where it lists none.
            applicant: id or name of one of several applicants who goes while the others claim on:
                the case stays open, with a task ``review_applicants`` and event
                ``applicant_withdrew``.
            by: id of the user who asks.
            note: free text.
        """
        one = applicant if applicant is None else _text("applicant", applicant)
        return cls._make("withdraw", by, note, on, reason=reason, applicant=one)

    @classmethod
    def merge(cls, reference: str, reason: str, *, by: str | None = None, note: str = "") -> "CaseChange":
        """Another case is the same claim, recorded twice: this one is kept, the other is closed.

        The earlier ``served_on`` of the two counts and every clock follows it. Facts, applicants
        and tasks stay those of the case that is kept.
        """
        return cls._make(
            "merge", by, note, reference=_text("reference", reference), reason=_text("reason", reason)
        )

    @classmethod
    def close(cls, outcome: str, reason: str = "", *, by: str | None = None, note: str = "") -> "CaseChange":
        """Close the case; refused while mandatory tasks are open."""
        return cls._make("close", by, note, outcome=_text("outcome", outcome), reason=reason)

    @classmethod
    def reopen(cls, reason: str, *, by: str | None = None, note: str = "") -> "CaseChange":
        """Open a closed or withdrawn case again."""
        return cls._make("reopen", by, note, reason=_text("reason", reason))

    @classmethod
    def migrate(cls, version: int, reason: str, *, by: str | None = None, note: str = "") -> "CaseChange":
        """Pin the case to another version of its pack."""
        return cls._make("migrate", by, note, version=version, reason=_text("reason", reason))
