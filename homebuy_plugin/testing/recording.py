"""A host for tests: it implements every service hook and remembers each call.

::

    host = RecordingHost()
    host.answer("homebuy_officers_in_role", [Officer(id="p.shah")])
    host.fail("homebuy_notify", OSError("mail server down"), times=1)
    hb = HomeBuy.create(engine, plugins=[host], entry_points=False, upgrade=True)
    ...
    assert [notice.template for notice in host.notices] == ["rtb2_overdue"]
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from homebuy_plugin.exceptions import UnknownName
from homebuy_plugin.hookspecs import ServiceSpecs, hookimpl, hooks_of
from homebuy_plugin.types import (
    AuditEntry,
    CaseOutcome,
    Delivery,
    Event,
    Notice,
    Officer,
    PerformAction,
    Settings,
    TaskView,
)

_HOOKS = tuple(hooks_of(ServiceSpecs))


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of a hook, with its arguments by name."""

    hook: str
    arguments: Mapping[str, Any]


@dataclass(kw_only=True)
class _Failure:
    error: Exception
    left: int | None


class RecordingHost:
    """Records what it is asked; answers and fails as told.

    Unless told otherwise it takes every notice and action, and answers None to the rest.

    Attributes:
        calls: every call, in order.
        notices: every notice offered, attempt by attempt.
        actions: every action offered, attempt by attempt.
        audited: every audit entry told, also those of transactions rolled back since.
        events: every event told.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.notices: list[Notice] = []
        self.actions: list[PerformAction] = []
        self.audited: list[AuditEntry] = []
        self.events: list[Event] = []
        self._answers: dict[str, Any] = {
            "homebuy_notify": Delivery(detail="recorded"),
            "homebuy_perform": Delivery(detail="recorded"),
        }
        self._failures: dict[str, _Failure] = {}

    def answer(self, hook: str, answer: Any | Callable[..., Any]) -> None:
        """Answer a hook with this value from now on, or with what a function makes of its arguments.

        Raises:
            UnknownName: there is no such service hook.
        """
        self._answers[_known(hook)] = answer

    def fail(self, hook: str, error: Exception, times: int | None = None) -> None:
        """Raise this error in the next ``times`` calls of a hook, or in all of them.

        Raises:
            UnknownName: there is no such service hook.
        """
        self._failures[_known(hook)] = _Failure(error=error, left=times)

    def recover(self, hook: str) -> None:
        """Stop failing in a hook."""
        self._failures.pop(_known(hook), None)

    def calls_of(self, hook: str) -> list[Mapping[str, Any]]:
        """The arguments of each call of a hook, in order."""
        _known(hook)
        return [call.arguments for call in self.calls if call.hook == hook]

    def forget(self) -> None:
        """Forget the calls so far; answers and failures stay."""
        for record in (self.calls, self.notices, self.actions, self.audited, self.events):
            record.clear()

    @hookimpl
    def homebuy_configure(self, settings: Settings) -> None:
        """See the hook."""
        self._called("homebuy_configure", settings=settings)

    @hookimpl
    def homebuy_scheme_packs(self) -> Any:
        """See the hook."""
        return self._called("homebuy_scheme_packs")

    @hookimpl
    def homebuy_rule_variables(self) -> Any:
        """See the hook."""
        return self._called("homebuy_rule_variables")

    @hookimpl
    def homebuy_rule_actions(self) -> Any:
        """See the hook."""
        return self._called("homebuy_rule_actions")

    @hookimpl
    def homebuy_perform(self, action: PerformAction) -> Any:
        """See the hook."""
        self.actions.append(action)
        return self._called("homebuy_perform", action=action)

    @hookimpl
    def homebuy_resolve_owner(self, session: Session, case: CaseOutcome, now: datetime) -> Any:
        """See the hook."""
        return self._called("homebuy_resolve_owner", session=session, case=case, now=now)

    @hookimpl
    def homebuy_officers_in_role(self, session: Session, role: str, on: date) -> Any:
        """See the hook."""
        return self._called("homebuy_officers_in_role", session=session, role=role, on=on)

    @hookimpl
    def homebuy_officer_available(self, session: Session, officer: Officer, on: date) -> Any:
        """See the hook."""
        return self._called("homebuy_officer_available", session=session, officer=officer, on=on)

    @hookimpl
    def homebuy_resolve_stakeholders(
        self, session: Session, case: CaseOutcome, task: TaskView | None, group: str
    ) -> Any:
        """See the hook."""
        return self._called(
            "homebuy_resolve_stakeholders", session=session, case=case, task=task, group=group
        )

    @hookimpl
    def homebuy_holidays(self, region: str, year: int) -> Any:
        """See the hook."""
        return self._called("homebuy_holidays", region=region, year=year)

    @hookimpl
    def homebuy_notify(self, notice: Notice) -> Any:
        """See the hook."""
        self.notices.append(notice)
        return self._called("homebuy_notify", notice=notice)

    @hookimpl
    def homebuy_audit(self, session: Session, entry: AuditEntry) -> None:
        """See the hook."""
        self.audited.append(entry)
        self._called("homebuy_audit", session=session, entry=entry)

    @hookimpl
    def homebuy_event(self, event: Event) -> None:
        """See the hook."""
        self.events.append(event)
        self._called("homebuy_event", event=event)

    def _called(self, hook: str, **arguments: Any) -> Any:
        self.calls.append(Call(hook=hook, arguments=arguments))
        self._fail_if_told(hook)
        answer = self._answers.get(hook)
        return answer(**arguments) if callable(answer) else answer

    def _fail_if_told(self, hook: str) -> None:
        failure = self._failures.get(hook)
        if failure is None or failure.left == 0:
            return
        if failure.left is not None:
            failure.left -= 1
        raise failure.error


def _known(hook: str) -> str:
    if hook not in _HOOKS:
        raise UnknownName("service hook", hook, _HOOKS)
    return hook
