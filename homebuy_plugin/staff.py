"""The landlord's officers, for tools and hosts: who they are, how work is spread, giving it to others."""

from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import Engine

from homebuy_plugin import reassignment
from homebuy_plugin.arguments import check_now, check_officer
from homebuy_plugin.documents.model import Landlord
from homebuy_plugin.documents.parse import parse
from homebuy_plugin.documents.validating import validate_texts
from homebuy_plugin.exceptions import InvalidArgument, InvalidDocument, UnknownName
from homebuy_plugin.insight.workload import Workload, officer_workload
from homebuy_plugin.library import landlord_catalogue
from homebuy_plugin.reassignment import RULES, ReassignmentPlan, ReassignmentReport
from homebuy_plugin.store import directory
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.transactions import writing
from homebuy_plugin.types import Officer
from homebuy_plugin.workbench import Desk


class Staff:
    """The officers of one landlord; each call is a transaction of its own.

    What :meth:`take_over`, :meth:`away` and :meth:`leaves` write serves where no plugin answers
    ``homebuy_officers_in_role`` or ``homebuy_officer_available``.
    """

    def __init__(self, desk: Desk, engine: Engine) -> None:
        self._desk, self._engine = desk, engine
        self._schema = desk.library.settings.schema

    def take_over(self, text: str, source: str = "officers.json") -> dict[str, int]:
        """Take over officers, roles and absences from a document ``homebuy.officers/1``.

        Officers and roles that it names are made, or replaced whole with their members and
        absences; others stay as they are.

        Args:
            text: the document.
            source: its name, for messages.

        Returns:
            How many officers, roles and absences it has.

        Raises:
            InvalidDocument: with every problem; nothing was changed.
        """
        catalogue = landlord_catalogue(self._desk.library.base, (), self._desk.port)
        problems = [p for p in validate_texts({source: text}, catalogue) if p.diagnostic.severity == "error"]
        found = parse(text, source=source, catalogue=catalogue).value
        if problems:
            raise InvalidDocument(problems, source)
        if not isinstance(found, Landlord):
            raise InvalidArgument(f"{source} holds no officers. Its format is to be homebuy.officers/1.")
        with writing(self._engine, self._schema, wait=True) as conn:
            directory.import_landlord(conn, found)
        return {name: len(getattr(found, name)) for name in asdict(found)}

    def away(self, officer: str, start: date, end: date, reason: str = "") -> None:
        """An officer is away ``start <= day < end`` (local dates): rules give them nothing then.

        Raises:
            UnknownName: no such officer in the package's own table.
            InvalidArgument: they would be back before they leave.
        """
        check_officer(officer)
        if end <= start:
            raise InvalidArgument(f"The first day back, {end}, is not after the first day away, {start}.")
        with writing(self._engine, self._schema, wait=True) as conn:
            self._check_known(conn, officer)
            directory.add_absence(conn, officer, start, end, reason)

    def leaves(self, officer: str, on: date | None) -> None:
        """An officer is gone from a local date on (None: is not): rules give them nothing from then.

        Their work stays theirs until :meth:`reassign` gives it to others.

        Raises:
            UnknownName: no such officer in the package's own table.
        """
        check_officer(officer)
        with writing(self._engine, self._schema, wait=True) as conn:
            self._check_known(conn, officer)
            directory.set_left(conn, officer, on)

    def _check_known(self, conn: StoreConnection, officer: str) -> None:
        known = directory.officer_ids(conn)
        if officer not in known:
            raise UnknownName("officer", officer, known)

    def workload(
        self,
        since: date | None = None,
        until: date | None = None,
        role: str | None = None,
        now: datetime | None = None,
    ) -> Workload:
        """Who has how much, and whether the work of a period was shared out evenly.

        Args:
            since: first local date of the period; None for 90 days before its end.
            until: first local date after it; None for tomorrow.
            role: only officers in this role or chosen from it, and choices from it.
            now: None for the database's clock, or a simulation's own time.

        Raises:
            InvalidArgument: the period ends before it begins.
        """
        check_now(now)
        return officer_workload(self._desk, self._engine, since, until, role, now)

    def plan_reassignment(
        self,
        officer: str,
        to: "str | Officer" = RULES,
        strategy: str = "least_open_cases",
        now: datetime | None = None,
    ) -> ReassignmentPlan:
        """Who would get the open cases and tasks of an officer, and why. Changes nothing.

        Args:
            officer: id of the officer who gives up their work: a leaver, or one long away.
            to: ``rules``: the allocation rules decide as if each case came in now, without this
                officer; or an Officer, the id of a user, or ``role:CODE``.
            strategy: how of a role: ``round_robin``, ``least_open_cases``, or ``role`` itself.
            now: None for the database's clock, or a simulation's own time.

        Returns:
            The plan for :meth:`reassign`. Where the same was begun and interrupted, that one.

        Raises:
            InvalidArgument: to themselves, or to somebody who is not there.
            UnknownName: an officer or role that neither the package's own tables nor the host know.
        """
        check_now(now)
        check_officer(officer)
        target = reassignment.check_target(officer, to, strategy)
        return reassignment.plan(self._desk, self._engine, officer, target, strategy, now)

    def reassign(
        self, plan: ReassignmentPlan, reason: str, by: str | None = None, now: datetime | None = None
    ) -> ReassignmentReport:
        """Do exactly what a plan says, each case in a transaction of its own.

        Events and audit are those of single reassignments. After a crash the same call, or a plan
        made anew, goes on where it stopped. A case that changed while this ran is left alone, and
        the report says so.

        Args:
            plan: from :meth:`plan_reassignment`.
            reason: for the record of each case.
            by: id of the user who asks; None is the system.
            now: None for the database's clock, or a simulation's own time.

        Raises:
            PlanOutdated: something else would happen now than the plan says, with each
                difference; nothing was changed.
        """
        if not isinstance(plan, ReassignmentPlan):
            raise InvalidArgument(f"plan comes from plan_reassignment, it is not {plan!r}.")
        check_officer(by, "by")
        return reassignment.carry_out(self._desk, self._engine, plan, reason, by, now)
