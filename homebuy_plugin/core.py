"""The face of the package: what a host holds in its hand."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any, cast

from pluggy import PluginManager
from sqlalchemy import Engine

from homebuy_plugin import creation, outbox, progression, publishing, tick
from homebuy_plugin.arguments import check_moving, check_now, check_publication, check_settings
from homebuy_plugin.configuration import Configuration
from homebuy_plugin.documents.calendars import served_on
from homebuy_plugin.documents.model import CalendarDef
from homebuy_plugin.documents.values import from_json
from homebuy_plugin.engine import built_in_catalogue
from homebuy_plugin.engine.catalogue import Catalogue
from homebuy_plugin.exceptions import DatabaseError, InvalidArgument, SessionError, UnknownName
from homebuy_plugin.library import Library, landlord_catalogue
from homebuy_plugin.migration import MigrationPreview, preview
from homebuy_plugin.plugins import HostPort
from homebuy_plugin.postroom import Postroom
from homebuy_plugin.staff import Staff
from homebuy_plugin.store import documents, migrations
from homebuy_plugin.store.connection import StoreConnection, check_engine
from homebuy_plugin.store.sessions import HostSession, joined
from homebuy_plugin.store.transactions import reading, writing
from homebuy_plugin.types import (
    PIN,
    RECOMPUTE_AND_NOTIFY,
    CaseChange,
    CaseFacts,
    CaseOutcome,
    LiveCases,
    Settings,
    TaskChange,
    TickReport,
)
from homebuy_plugin.workbench import Desk, instant


class _Core:
    """The package's own answers to the lifecycle hooks."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self.engine, self.settings = engine, settings
        self.desk: Desk

    def homebuy_case_created(self, session: Any, case: CaseFacts, now: datetime | None) -> CaseOutcome:
        """Create a case in the caller's transaction."""
        conn = joined(session, self.engine, self.settings.schema)
        return creation.create_case(self.desk, conn, session, case, now)

    def homebuy_case_updated(
        self, session: Any, reference: str, change: CaseChange, now: datetime | None
    ) -> CaseOutcome:
        """Change a case in the caller's transaction."""
        conn = joined(session, self.engine, self.settings.schema)
        return progression.update_case(self.desk, conn, session, reference, change, now)

    def homebuy_task_updated(
        self, session: Any, reference: str, task: str, change: TaskChange, now: datetime | None
    ) -> CaseOutcome:
        """Change a task in the caller's transaction."""
        conn = joined(session, self.engine, self.settings.schema)
        return progression.update_task(self.desk, conn, session, reference, task, change, now)

    def homebuy_tick(self, now: datetime | None) -> TickReport:
        """Decide and hand over, in transactions of its own."""
        return tick.tick(self.desk, self.engine, now)


class HomeBuy:
    """Home buy cases on one database, with the host's plugins.

    Make one with :meth:`create`; it may be shared by threads.

    Attributes:
        engine: the host's engine; nothing is changed on it.
        settings: how this landlord runs the package.
        port: the plugins, asked one by one.
        desk: what the services need; for tools built on this package.
    """

    def __init__(self, engine: Engine, settings: Settings, port: HostPort, desk: Desk) -> None:
        self.engine, self.settings, self.port, self.desk = engine, settings, port, desk

    @classmethod
    def create(
        cls,
        engine: Engine,
        plugins: Iterable[object] = (),
        settings: Settings | None = None,
        upgrade: bool = False,
        entry_points: bool = True,
    ) -> "HomeBuy":
        """Make the face over a fresh plugin manager.

        Args:
            engine: SQLAlchemy engine of the landlord's database (PostgreSQL or SQLite).
            plugins: objects with hook implementations.
            settings: None for the defaults.
            upgrade: also bring the tables up to date and publish the shipped documents where
                a kind has none, as :meth:`upgrade` does.
            entry_points: also load installed plugins of the group ``homebuy``.

        Raises:
            PluginError: a plugin that cannot work, naming it and the mend.
            UnsupportedDatabase: neither PostgreSQL nor SQLite 3.38 or later.
            UnknownName: quiet hours name a calendar that is not published; publish it first. Where the
                database does not answer, or has no tables yet, that is not looked at.
        """
        if not isinstance(engine, Engine):
            raise InvalidArgument(f"engine is a SQLAlchemy Engine, from create_engine(url), not {engine!r}.")
        settings = Settings() if settings is None else settings
        check_settings(settings)
        check_engine(engine, settings.schema)
        core = _Core(engine, settings)
        port = HostPort.create(plugins, entry_points=entry_points, core=core, settings=settings)
        core.desk = Desk(library=Library(settings=settings, port=port, base=built_in_catalogue()), port=port)
        made = cls(engine, settings, port, core.desk)
        made._check_offers()
        if upgrade:
            made.upgrade()
        made._check_quiet_hours()
        return made

    def _check_quiet_hours(self) -> None:
        """Refuse a calendar that was never published, where the database can say: nothing would wait."""
        wanted = self.settings.quiet_hours
        if not wanted:
            return
        with suppress(DatabaseError, SessionError), reading(self.engine, self.settings.schema) as conn:
            published = self.desk.library.shelf(conn).calendars()
            for whose, code in wanted.items():
                if code not in published:
                    raise UnknownName("calendar", code, published, f"for Settings.quiet_hours[{whose!r}]")

    def _check_offers(self) -> None:
        """Refuse clashing names now, not at the first rule that uses them."""
        landlord_catalogue(self.desk.library.base, (), self.port)

    @property
    def catalogue(self) -> Catalogue:
        """Built-in variables and actions, without the landlord's attributes."""
        return self.desk.library.base

    def upgrade(self, now: datetime | None = None) -> list[str]:
        """Bring the tables up to date and publish the shipped documents that have no version yet.

        Safe to call by any number of processes at once, and again.

        Args:
            now: instant of publication; None for the database's clock.

        Returns:
            What was published, as ``kind code``.
        """
        check_now(now)
        migrations.upgrade(self.engine, self.settings)
        with writing(self.engine, self.settings.schema, wait=True) as conn:
            at = instant(conn, now)
            done = publishing.publish_shipped(conn, self.catalogue, self.port, at)
        return [f"{d.kind} {d.code}" for d in done]

    def publish(
        self,
        texts: Mapping[str, str],
        *,
        author: str,
        reason: str,
        now: datetime | None = None,
        live_cases: LiveCases = PIN,
    ) -> dict[str, int]:
        """Check a landlord's own documents and publish them as new versions.

        Args:
            texts: file name to JSON text. A kind that is given replaces the whole of that kind.
            author: who publishes.
            reason: why, for the record.
            now: instant of publication; None for the database's clock.
            live_cases: what open cases do with new packs and calendars. ``pin``: they keep what
                they have. ``recompute``: they move to it as of ``now``, and what is past by the
                new dates is recorded, not sent (but a date set by law never passes in silence).
                ``recompute_and_notify``: they move, and what is past falls due at once; new
                escalation rules are then also asked about what is past already. The
                choice is kept with the version, and with each case that moves.

        Returns:
            ``kind code`` to the new version, for what differs from the version in force.

        Raises:
            InvalidDocument: with every problem found; nothing was published.
        """
        check_now(now)
        check_publication(author, reason, live_cases)
        with writing(self.engine, self.settings.schema, wait=True) as conn:
            at = instant(conn, now)
            return publishing.publish_texts(
                conn,
                texts,
                self.catalogue,
                self.port,
                now=at,
                author=author,
                reason=reason,
                live_cases=live_cases,
            )

    @property
    def staff(self) -> Staff:
        """The landlord's officers: who they are, how work is spread, giving it to others."""
        return Staff(self.desk, self.engine)

    def migrate(
        self,
        *,
        author: str,
        reason: str,
        live_cases: LiveCases = RECOMPUTE_AND_NOTIFY,
        now: datetime | None = None,
    ) -> dict[str, int]:
        """Have open cases follow the packs and calendars in force, where they kept older ones.

        What is in force is published anew for them; each case then moves with its next tick or
        call, as of this instant.

        Args:
            author: who decides it.
            reason: why, for the record.
            live_cases: ``recompute`` or ``recompute_and_notify``, as for :meth:`publish`.
            now: instant of publication; None for the database's clock.

        Returns:
            ``kind code`` to the new version; nothing where every open case has what is in force.
        """
        check_now(now)
        check_publication(author, reason, live_cases)
        check_moving(live_cases)
        with writing(self.engine, self.settings.schema, wait=True) as conn:
            at = instant(conn, now)
            return publishing.publish_texts(
                conn,
                publishing.left_behind(conn),
                self.catalogue,
                self.port,
                now=at,
                author=author,
                reason=reason,
                live_cases=live_cases,
            )

    def preview_migration(
        self,
        texts: Mapping[str, str] | None = None,
        *,
        live_cases: LiveCases = RECOMPUTE_AND_NOTIFY,
        now: datetime | None = None,
    ) -> MigrationPreview:
        """Every deadline of open cases that would move, and what would be told; nothing is written.

        Its transaction cannot write, and nothing is handed over.

        Args:
            texts: files that :meth:`publish` would publish; None for what :meth:`migrate` would.
            live_cases: what open cases would do with them.
            now: the instant it would happen; None for the database's clock.

        Raises:
            InvalidDocument: the files have problems.
        """
        check_now(now)
        check_moving(live_cases)
        return preview(self.desk, self.engine, texts, self.catalogue, now, live_cases)

    @property
    def configuration(self) -> Configuration:
        """What the landlord maintains, as typed values: read, look at a change, publish, take back."""
        return Configuration(self.desk, self.engine)

    def attach(self, platform: PluginManager) -> None:
        """Also ask the plugins of a platform's own manager, and answer our hooks on it."""
        self.port.attach(platform)
        self._check_offers()

    def case_created(self, session: HostSession, case: CaseFacts, now: datetime | None = None) -> CaseOutcome:
        """A case was created: allocate it, open its first stage, start its clocks.

        In the caller's transaction; nothing is committed. Again with equal facts: changes nothing.

        Raises:
            CaseExists: the reference is taken by other facts.
            UnknownName: a scheme, country or fact that is not known.
        """
        return self.port.case_created(session, case, now)

    def case_updated(
        self, session: HostSession, reference: str, change: CaseChange, now: datetime | None = None
    ) -> CaseOutcome:
        """A case changed. In the caller's transaction; settled up to ``now`` first.

        Raises:
            UnknownReference: no such case.
            NotAllowed: its state forbids the change.
        """
        return self.port.case_updated(session, reference, change, now)

    def task_updated(
        self, session: HostSession, reference: str, task: str, change: TaskChange, now: datetime | None = None
    ) -> CaseOutcome:
        """A task changed, named by code or id. In the caller's transaction.

        Raises:
            UnknownReference: no such case.
            UnknownName: no such task.
            AmbiguousTask: two of that code are open.
            NotAllowed: its state forbids the change.
        """
        return self.port.task_updated(session, reference, task, change, now)

    def erase_personal(
        self, session: HostSession, reference: str, *, by: str | None = None, now: datetime | None = None
    ) -> CaseOutcome:
        """Erase what names people in a case, for good. In the caller's transaction.

        Names, addresses and languages of applicants, free text (notes, reasons), facts that the
        attributes call ``personal``, and the words of letters become empty; letters not yet sent
        are not sent. Dates, decisions and the chain of events stay, with one event more. The case
        goes on as it was; erase a case that is over.

        Args:
            session: the caller's.
            reference: of the case.
            by: id of the user who asks.
            now: instant of the call; None for the database's clock.

        Raises:
            UnknownReference: no such case.
        """
        conn = joined(session, self.engine, self.settings.schema)
        return progression.erase(self.desk, conn, session, reference, by, now)

    def deemed_served_on(
        self, sent_on: date, method: str, *, calendar: str | None = None, session: HostSession | None = None
    ) -> date:
        """The local date on which something sent is taken to have been served; for ``served_on``.

        Only evidence of the ordinary course of post (Interpretation Act 1978 s.7), as the
        calendar's ``service`` says it: a day that is known goes before it.

        Args:
            sent_on: local date it was posted, handed over or sent.
            method: ``hand first_class recorded second_class email``, or the landlord's own.
            calendar: whose bank holidays count; None for the default calendar.
            session: read in this transaction; None for one of its own.

        Raises:
            UnknownName: no such calendar, or it does not know the method.
        """
        name = calendar or self.settings.default_calendar
        if session is not None:
            return served_on(
                self._calendar(joined(session, self.engine, self.settings.schema), name), sent_on, method
            )
        with reading(self.engine, self.settings.schema) as conn:
            return served_on(self._calendar(conn, name), sent_on, method)

    def _calendar(self, conn: StoreConnection, name: str) -> CalendarDef:
        published = self.desk.library.shelf(conn).calendars()
        if name not in published:
            raise UnknownName("calendar", name, published, "published")
        body = documents.body(conn, "calendar", name, published[name])
        return cast("CalendarDef", from_json("calendar", body))

    def tick(self, now: datetime | None = None) -> TickReport:
        """Decide everything that fell due, then hand over notices, actions and events.

        In short transactions of its own; any number may run at once.

        Raises:
            TickInsideTransaction: this thread has an open transaction (SQLite).
        """
        return self.port.tick(now)

    @property
    def outbox(self) -> Postroom:
        """Notices and actions: list them, show one, send again what was not handed over."""
        return Postroom(self.engine, self.settings.schema)

    def deliver(self, now: datetime | None = None) -> TickReport:
        """Only hand over what was decided; for mail at once after the host's own commit."""
        return outbox.deliver(self.desk, self.engine, now)
