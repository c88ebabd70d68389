"""Changes to tasks and cases, made by class methods."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Literal

from homebuy_plugin.types.mappings import empty
from homebuy_plugin.types.people import Officer


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
    data: Mapping[str, Any] = field(default_factory=empty)


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
