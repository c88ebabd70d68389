"""The hooks that ask who does the work, who is told of it, and when nobody works."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy.orm import Session

from homebuy_plugin.hookspecs.markers import hookspec
from homebuy_plugin.types import CaseOutcome, Contact, Officer, TaskView


class PeopleSpecs:
    """Owners, officers of a role, who is at work, stakeholders, closed days."""

    @hookspec(firstresult=True)
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

    @hookspec
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

    @hookspec(firstresult=True)
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

    @hookspec
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

    @hookspec
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
