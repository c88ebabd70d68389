"""The hooks: what a host may call, and what a host may answer.

:class:`LifecycleSpecs` are calls from the host to this package. Hosts normally make
them through :class:`homebuy_plugin.HomeBuy`, which fills defaults and checks results.
:class:`ServiceSpecs` are questions and commands from this package to the host; a host
implements those it can serve, each marked with :data:`homebuy_plugin.hookimpl`.

For all of them:

* ``None`` means "not mine". An empty list means "I know, and there is nobody".
* An implementation may take fewer arguments than its hook has, in any order, each by
  its exact name. It should give none of them a default.
* An argument is never added to a lifecycle hook; new options go into the values.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from os import PathLike
from typing import Any, Final

from pluggy import HookimplMarker, HookspecMarker
from sqlalchemy.orm import Session

from homebuy_plugin.types import (
    AuditEntry,
    CaseChange,
    CaseFacts,
    CaseOutcome,
    Contact,
    Delivery,
    Event,
    Notice,
    Officer,
    PerformAction,
    RuleAction,
    RuleVariable,
    Settings,
    TaskChange,
    TaskView,
    TickReport,
)

PROJECT: Final = "homebuy"
"""Pluggy project name, and the entry-point group of installed plugins."""

hookimpl: Final = HookimplMarker(PROJECT)
"""Marks a function or method as the implementation of the hook of that name."""

_hookspec: Final = HookspecMarker(PROJECT)


class LifecycleSpecs:
    """The host tells this package what happened.

    The package's own implementations are registered ``trylast``. A plugin that
    implements one of these observes by returning None; by returning a result it takes
    the call over, and the package then knows nothing of it.
    """

    @_hookspec(firstresult=True)
    def homebuy_case_created(
        self, session: Session, case: CaseFacts, now: datetime | None
    ) -> CaseOutcome | None:
        """A case was created: give it an owner, a first stage, tasks and clocks.

        Called by the host once for each application, when it saves its own record. The
        same reference with equal facts changes nothing and returns the case as it is
        now, with ``created=False``.

        Transaction: the caller's. The package flushes and never commits, so that the
        host's rows and its own commit together or not at all.

        None: a plugin only observes, the next one is asked; the package always answers.

        Errors: propagate to the caller, who should roll back. ``CaseExists`` when the
        reference is taken by a case with other facts, ``UnknownReference`` when it is linked
        to a case nobody created; nothing was changed.

        Args:
            session: the caller's session.
            case: what the host knows of the application.
            now: an aware instant, or None for the database's clock, as a live host should pass.

        Returns:
            The case as it now stands.

        Example:
            Count new cases without taking them over::

                class Counter:
                    count = 0

                    @hookimpl
                    def homebuy_case_created(self, case):
                        self.count += 1

        .. versionadded:: 0.1.0
        """

    @_hookspec(firstresult=True)
    def homebuy_case_updated(
        self, session: Session, reference: str, change: CaseChange, now: datetime | None
    ) -> CaseOutcome | None:
        """Something about a case changed: a fact, an event, a task more, a hold, an owner, its end.

        Called by the host whenever its users change a case. Everything of the case that
        fell due up to this instant is decided first. A merger changes the other case too;
        plugins are told of the one that is kept.

        Transaction: the caller's; flushed, never committed.

        None: a plugin only observes; the package always answers.

        Errors: propagate; nothing was changed. ``UnknownReference`` for a case nobody
        created, ``NotAllowed`` where the state of the case forbids the change.

        Args:
            session: the caller's session.
            reference: the host's reference of the case.
            change: made by a class method of :class:`homebuy_plugin.CaseChange`.
            now: an aware instant, or None for the database's clock.

        Returns:
            The case as it now stands.

        Example:
            Tell the search index::

                class SearchIndex:
                    def __init__(self):
                        self.stale = set()

                    @hookimpl
                    def homebuy_case_updated(self, reference):
                        self.stale.add(reference)

        .. versionadded:: 0.1.0
        """

    @_hookspec(firstresult=True)
    def homebuy_task_updated(
        self, session: Session, reference: str, task: str, change: TaskChange, now: datetime | None
    ) -> CaseOutcome | None:
        """Something about a task changed: started, complete, held, reassigned, revised.

        Called by the host whenever its users change a task.

        Transaction: the caller's; flushed, never committed.

        None: a plugin only observes; the package always answers.

        Errors: propagate; nothing was changed. ``AmbiguousTask`` names the ids where a
        code has two open tasks.

        Args:
            session: the caller's session.
            reference: the host's reference of the case.
            task: id of the task, or its code: the one task of that code that is neither
                complete nor cancelled, else the latest.
            change: made by a class method of :class:`homebuy_plugin.TaskChange`.
            now: an aware instant, or None for the database's clock.

        Returns:
            The case as it now stands.

        Example:
            Keep a list of who completed what::

                class Completions:
                    def __init__(self):
                        self.done = []

                    @hookimpl
                    def homebuy_task_updated(self, task, change):
                        if change.action == "complete":
                            self.done.append((task, change.by))

        .. versionadded:: 0.1.0
        """

    @_hookspec(firstresult=True)
    def homebuy_tick(self, now: datetime | None) -> TickReport | None:
        """Time has passed: decide what fell due, then hand over what was decided.

        Called by the host's scheduler, usually every minute. Safe to call twice, late,
        or from several processes at once.

        Transaction: its own short ones. Call it outside of any transaction of yours.

        None: a plugin does periodic work of its own and leaves the tick to the package.

        Errors: propagate. What goes wrong with one case is in ``TickReport.errors`` and
        does not stop the others.

        Args:
            now: an aware instant, or None for the database's clock.

        Returns:
            What the tick did.

        Example:
            Note that the scheduler is alive::

                class Heartbeat:
                    beats = 0

                    @hookimpl
                    def homebuy_tick(self):
                        self.beats += 1

        .. versionadded:: 0.1.0
        """


class ServiceSpecs:
    """This package asks the host, or tells it something.

    A hook with a ``session`` gets the caller's session in a call of the host, and in a
    tick a session on the tick's connection in a savepoint of its own: an error, rollback
    or commit there touches only what that one implementation did. Answers about
    officers, roles and groups are kept for the batch.
    """

    @_hookspec(historic=True)
    def homebuy_configure(self, settings: Settings) -> None:
        """Get ready: the plugin is registered, and these are the landlord's settings.

        Called once for each plugin, when it is registered; a plugin registered late
        still gets it, with the same settings.

        Transaction: none.

        None: always returned; the result is ignored. Wrappers are not possible here.

        Errors: the plugin is unregistered and the exception propagates.

        Args:
            settings: as given to ``HomeBuy.create``.

        Example:
            Keep the landlord's time zone::

                class LocalTime:
                    zone = None

                    @hookimpl
                    def homebuy_configure(self, settings):
                        self.zone = settings.timezone

        .. versionadded:: 0.1.0
        """

    @_hookspec
    def homebuy_scheme_packs(self) -> Iterable[str | PathLike[str] | Mapping[str, Any]] | None:
        """Offer packs of stages, tasks and clocks beside the shipped ones.

        Called when documents are published by ``homebuy db upgrade``, not per case.

        Transaction: none.

        None: this plugin offers no packs.

        Errors: propagate; nothing is published. A pack that cannot be used is refused
        with its diagnostics, naming the plugin.

        Returns:
            Paths of JSON files, or documents already parsed.

        Example:
            A scheme of the landlord's own::

                class CashIncentive:
                    @hookimpl
                    def homebuy_scheme_packs(self):
                        return [Path(__file__).parent / "cash_incentive" / "pack.json"]

        .. versionadded:: 0.1.0
        """

    @_hookspec
    def homebuy_rule_variables(self) -> Iterable[RuleVariable] | None:
        """Offer variables that conditions of rules may name.

        Called when the plugins are set up, and again when they change.

        Transaction: none, here and in ``read``. ``read(facts, case)`` must be pure: no
        session, no clock, no network, the same answer whenever it is asked.

        None: this plugin offers no variables.

        Errors: propagate. A name offered twice is an error that names both providers.
        An exception in ``read`` errors the rule that asked, and only that one; None
        there means the value is missing.

        Returns:
            The variables.

        Example:
            A home worth more than 500,000::

                class HighValue:
                    @hookimpl
                    def homebuy_rule_variables(self):
                        return [RuleVariable(
                            name="high_value", label="Worth more than 500,000", type="yes_no",
                            read=lambda facts, case: (facts.get("estimated_value") or 0) > 500_000,
                        )]

        .. versionadded:: 0.1.0
        """

    @_hookspec
    def homebuy_rule_actions(self) -> Iterable[RuleAction] | None:
        """Declare actions that rules may name; ``homebuy_perform`` carries them out.

        Called when the plugins are set up, and again when they change.

        Transaction: none.

        None: this plugin offers no actions.

        Errors: propagate. A name offered twice is an error that names both providers.

        Returns:
            Declarations only. A fired action becomes an outbox row, written with the
            decision and handed to ``homebuy_perform`` after commit.

        Example:
            See ``homebuy_perform`` for the other half::

                class Repairs:
                    @hookimpl
                    def homebuy_rule_actions(self):
                        return [RuleAction(
                            name="book_survey", label="Book a survey", params={"kind": "text"},
                        )]

        .. versionadded:: 0.1.0
        """

    @_hookspec(firstresult=True)
    def homebuy_perform(self, action: PerformAction) -> Delivery | None:
        """Carry out an action of the host's own that a rule fired.

        Called after commit, from the outbox, one plugin after the other until one
        returns a ``Delivery``. It may be called again with the same ``action.key`` when
        an earlier attempt failed or its outcome was lost: act on each key once.

        Transaction: none; the package's is committed.

        None: not mine. None from all leaves the action *untaken*: shown in ``status``
        and offered again when the plugins change or at the next local day.

        Errors: this attempt failed; it is made again later, unless another plugin took
        the action. Anything returned but a ``Delivery`` or None is an error as well.

        Args:
            action: name and parameters as the rule gave them, with an idempotency key.

        Returns:
            A ``Delivery`` once the action is in safe hands.

        Example:
            Book each survey once::

                class Surveys:
                    def __init__(self):
                        self.booked = {}

                    @hookimpl
                    def homebuy_perform(self, action):
                        if action.name != "book_survey":
                            return None
                        self.booked.setdefault(action.key, action.params["kind"])
                        return Delivery(detail="survey booked")

        .. versionadded:: 0.1.0
        """

    @_hookspec(firstresult=True)
    def homebuy_resolve_owner(self, session: Session, case: CaseOutcome, now: datetime) -> Officer | None:
        """Choose the owner of a case that no allocation rule claimed.

        Called inside ``homebuy_case_created``, after the rules, once per case, and from
        the tick for a case still without owner. Stops at the first answer that is not
        None. A plugin that asks a network should be marked ``trylast=True``.

        Transaction: that of the call it belongs to.

        None: let another plugin decide. None from all: the case is saved as *needs
        owner*, is shown in ``status`` and itself escalates.

        Errors: propagate and abort the creation; in a tick they put off that one case.

        Args:
            session: to read the host's own tables with.
            case: the case as it stands.
            now: the instant decided about.

        Returns:
            A user or a role.

        Example:
            One person for everything else::

                class Fallback:
                    @hookimpl(trylast=True)
                    def homebuy_resolve_owner(self, case):
                        return Officer(id="d.evans", name="Dilys Evans")

        .. versionadded:: 0.1.0
        """

    @_hookspec
    def homebuy_officers_in_role(self, session: Session, role: str, on: date) -> Iterable[Officer] | None:
        """List the officers who hold a role on a date.

        Called wherever a rule or a pack names a role: allocation, reassignment,
        recipients of notices. The union of all answers counts.

        Transaction: that of the call it belongs to.

        None: this plugin does not know the role. None from all: the package's own
        table of roles is read. An empty list: nobody holds it.

        Errors: propagate and abort the call; in a tick they put off that one case. An
        incomplete answer is never used as if it were complete.

        Args:
            session: to read the host's own tables with.
            role: code of the role.
            on: local date.

        Returns:
            Officers, in any order. ``Officer(capacity=...)`` says how many open cases rules may
            give one at most.

        Example:
            From a dictionary::

                class Staff:
                    roles = {"leasehold_officer": ["p.shah", "j.moss"]}

                    @hookimpl
                    def homebuy_officers_in_role(self, role):
                        if role not in self.roles:
                            return None
                        return [Officer(id=name) for name in self.roles[role]]

        .. versionadded:: 0.1.0
        """

    @_hookspec(firstresult=True)
    def homebuy_officer_available(self, session: Session, officer: Officer, on: date) -> bool | None:
        """Say whether an officer is at work on a date.

        Called before work or a notice is given to somebody. Stops at the first answer
        that is not None, and False is such an answer.

        Transaction: that of the call it belongs to.

        None: not known here. None from all: the package's own table of absences decides.

        Errors: propagate and abort the call; in a tick they put off that one case.

        Args:
            session: to read the host's own tables with.
            officer: the user asked about.
            on: local date.

        Returns:
            True or False; no other value is taken for either.

        Example:
            Somebody who works Monday to Thursday::

                class PartTime:
                    @hookimpl
                    def homebuy_officer_available(self, officer, on):
                        if officer.id == "j.moss" and on.weekday() == 4:
                            return False
                        return None

        .. versionadded:: 0.1.0
        """

    @_hookspec
    def homebuy_resolve_stakeholders(
        self, session: Session, case: CaseOutcome, task: TaskView | None, group: str
    ) -> Iterable[Contact] | None:
        """List who belongs to a stakeholder group, for one case.

        Called when a notice goes to ``group:CODE``. Plugins are asked one by one; the
        union of their answers counts.

        Transaction: that of the call it belongs to.

        None: this plugin does not know the group. None from all: the package's own
        groups are read. An empty list: nobody.

        Errors: logged and recorded; the other plugins are asked and the escalation
        still goes out.

        Args:
            session: to read the host's own tables with.
            case: the case as it stands.
            task: the task the notice is about, or None.
            group: code of the group.

        Returns:
            Contacts, in any order.

        Example:
            The ward councillors::

                class Councillors:
                    @hookimpl
                    def homebuy_resolve_stakeholders(self, group):
                        if group != "ward_councillors":
                            return None
                        return [Contact(id="cllr-hall", name="Cllr Hall", address="hall@example.org")]

        .. versionadded:: 0.1.0
        """

    @_hookspec
    def homebuy_holidays(self, region: str, year: int) -> Iterable[date] | None:
        """List closures beyond the shipped bank holidays.

        Called when a version of a calendar is made, never while deadlines are counted:
        a calendar in use does not change.

        Transaction: none.

        None: nothing to add. An empty list means the same here.

        Errors: propagate; the version is not made.

        Args:
            region: bank-holiday region of the calendar, for example ``england_and_wales``.
            year: the year asked for.

        Returns:
            Local dates in that year.

        Example:
            The offices close between Christmas and New Year::

                class OfficeClosure:
                    @hookimpl
                    def homebuy_holidays(self, year):
                        return [date(year, 12, day) for day in (27, 28, 29, 30, 31)]

        .. versionadded:: 0.1.0
        """

    @_hookspec(firstresult=True)
    def homebuy_notify(self, notice: Notice) -> Delivery | None:
        """Hand one notice to one recipient.

        Called after commit, from the outbox, one plugin after the other until one
        returns a ``Delivery``. It may be called again with the same ``notice.key`` when
        an earlier attempt failed or its outcome was lost: send each key once.

        Transaction: none; the package's is committed.

        None: not my channel. None from all leaves the notice *untaken*, which is not an
        attempt: it is parked, shown in ``status`` with who was asked, and offered again
        when the plugins change, at the next local day, or by ``homebuy outbox retry``.

        Errors: this attempt failed; it is made again later with a growing delay, unless
        another plugin took the notice. Anything returned but a ``Delivery`` or None
        (True, for instance) is an error as well, so that nothing is reported as sent
        that was not.

        Args:
            notice: rendered when the escalation was decided; not rendered again.

        Returns:
            A ``Delivery`` once the notice is in safe hands.

        Example:
            A mail sender::

                class Mail:
                    def __init__(self):
                        self.sent = {}

                    @hookimpl
                    def homebuy_notify(self, notice):
                        if notice.channel != "email":
                            return None
                        self.sent.setdefault(notice.key, notice)
                        return Delivery(detail="queued")

        .. versionadded:: 0.1.0
        """

    @_hookspec
    def homebuy_audit(self, session: Session, entry: AuditEntry) -> None:
        """Record what the package did, in the same transaction.

        Called for every event of a case, as it is written.

        Transaction: that of the call it belongs to: what is recorded commits with what
        was done, or not at all.

        None: always returned; the result is ignored.

        Errors: propagate: what cannot be audited must not happen. In a tick they put
        off that one case.

        Args:
            session: to write the host's own audit table with.
            entry: what happened, when, and by whom.

        Example:
            Keep the kinds in order::

                class Ledger:
                    def __init__(self):
                        self.lines = []

                    @hookimpl
                    def homebuy_audit(self, entry):
                        self.lines.append((entry.reference, entry.kind))

        .. versionadded:: 0.1.0
        """

    @_hookspec
    def homebuy_event(self, event: Event) -> None:
        """Observe what happened, after it was committed.

        Called one by one, for dashboards, search indexes and the like.

        Transaction: none; the package's is committed.

        None: always returned; the result is ignored.

        Errors: logged and swallowed.

        Args:
            event: a fact of the past.

        Example:
            Count escalations::

                class Dashboard:
                    def __init__(self):
                        self.counts = {}

                    @hookimpl
                    def homebuy_event(self, event):
                        self.counts[event.kind] = self.counts.get(event.kind, 0) + 1

        .. versionadded:: 0.1.0
        """
