"""What the services may ask of the host, and the shape of its answers.

Services depend on :class:`Asking` only; ``homebuy_plugin.plugins`` implements it over
Pluggy, and tests may implement it over anything.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypeVar

from homebuy_plugin.types import (
    AuditEntry,
    CaseOutcome,
    Contact,
    Event,
    Notice,
    Officer,
    PerformAction,
    RuleAction,
    RuleVariable,
    TaskView,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from sqlalchemy.orm import Session, scoped_session

    SessionLike: TypeAlias = Session | scoped_session[Any] | Connection
    """A session is lent as it is; on a connection each plugin gets a savepoint of its own."""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one attempt to hand a notice or an action over.

    Attributes:
        status: ``delivered`` (a plugin returned a ``Delivery``), ``failed`` (none did, and
            at least one went wrong) or ``untaken`` (all said "not mine", or nobody was there).
        detail: the detail of the delivery, or what went wrong.
        asked: names of the plugins asked, in order.
        errors: one sentence for each plugin that went wrong, also beside a delivery.
        by: the plugin that took it, or None.
    """

    status: Literal["delivered", "failed", "untaken"]
    detail: str = ""
    asked: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    by: str | None = None


@dataclass(frozen=True, kw_only=True)
class PackOffer:
    """A scheme pack that a plugin offers: a file, or a document already parsed."""

    plugin: str
    source: Path | Mapping[str, Any]


class Asking(Protocol):
    """The questions and commands of the package to the host, each typed."""

    def rule_variables(self) -> tuple[RuleVariable, ...]:
        """Variables of all plugins; a name offered twice is refused."""

    def rule_actions(self) -> tuple[RuleAction, ...]:
        """Actions of all plugins; a name offered twice is refused."""

    def provider(self, name: str) -> str:
        """Who offers a variable or action of this name, in words for an error message."""

    def scheme_packs(self) -> tuple[PackOffer, ...]:
        """Packs of all plugins."""

    def resolve_owner(self, session: "SessionLike", case: CaseOutcome, now: datetime) -> Officer | None:
        """The first plugin's answer, or None."""

    def officers_in_role(self, session: "SessionLike", role: str, on: date) -> tuple[Officer, ...] | None:
        """The union of the answers; None when nobody answered."""

    def officer_available(self, session: "SessionLike", officer: Officer, on: date) -> bool | None:
        """The first plugin's answer; None when nobody answered."""

    def resolve_stakeholders(
        self,
        session: "SessionLike",
        case: CaseOutcome,
        task: TaskView | None,
        group: str,
        errors: list[str] | None = None,
    ) -> tuple[Contact, ...] | None:
        """The union of the answers; None when nobody answered; failures go to ``errors``."""

    def holidays(self, region: str, year: int) -> tuple[date, ...]:
        """The union of the answers, in order."""

    def notify(self, notice: Notice) -> Outcome:
        """Offer a notice to one plugin after the other; never raises for a plugin's error."""

    def perform(self, action: PerformAction) -> Outcome:
        """Offer an action to one plugin after the other; never raises for a plugin's error."""

    def audit(self, session: "SessionLike", entry: AuditEntry) -> None:
        """Tell every plugin, in the transaction; errors propagate."""

    def event(self, event: Event) -> list[str]:
        """Tell every plugin; errors are logged and returned."""

    def has(self, hook: str) -> bool:
        """Whether a plugin implements a hook."""

    def plugin_names(self) -> tuple[str, ...]:
        """Names of all plugins, in order, without the package's own core."""

    def notifiers(self) -> tuple[str, ...]:
        """Names of the plugins that implement ``homebuy_notify``, in the order of asking."""

    def fingerprint(self) -> str:
        """Changes when the plugins change."""


@dataclass(kw_only=True)
class Answers:
    """The answers of one batch, each question asked once.

    An error is remembered like an answer, so that a directory that times out is not
    asked again for each case of the batch.

    Attributes:
        errors: one sentence for each stakeholder resolver that failed, without repeats.
    """

    port: Asking
    errors: list[str] = field(default_factory=list)
    _kept: dict[Hashable, Callable[[], Any]] = field(default_factory=dict, repr=False)

    def officers_in_role(self, session: "SessionLike", role: str, on: date) -> tuple[Officer, ...] | None:
        """As :meth:`Asking.officers_in_role`."""
        return self._once(("role", role, on), lambda: self.port.officers_in_role(session, role, on))

    def officer_available(self, session: "SessionLike", officer: Officer, on: date) -> bool | None:
        """As :meth:`Asking.officer_available`."""
        if not self._presence_is_told:
            return None
        key = ("available", officer.key, on)
        return self._once(key, lambda: self.port.officer_available(session, officer, on))

    @cached_property
    def _presence_is_told(self) -> bool:
        """Whether a plugin says who is there: where none does, nobody is asked of each officer of a role."""
        return self.port.has("homebuy_officer_available")

    def resolve_stakeholders(
        self, session: "SessionLike", case: CaseOutcome, task: TaskView | None, group: str
    ) -> tuple[Contact, ...] | None:
        """As :meth:`Asking.resolve_stakeholders`, for this case and task."""
        key = ("group", case.reference, task and task.id, group)
        return self._once(
            key, lambda: self.port.resolve_stakeholders(session, case, task, group, self.errors)
        )

    def _once(self, key: Hashable, ask: Callable[[], T]) -> T:
        if key not in self._kept:
            self._kept[key] = _remembered(ask)
        answer: T = self._kept[key]()
        return answer


def _remembered(ask: Callable[[], T]) -> Callable[[], T]:
    try:
        answer = ask()
    except Exception as error:  # a plugin raised it, and each who asks is to see it
        failure, trace = error, error.__traceback__

        def fail() -> T:
            # The first traceback each time: raising again would lengthen it case by case.
            raise failure.with_traceback(trace)

        return fail
    return lambda: answer
