"""The port over all plugins: several managers, sessions lent, wrappers, answers of a batch."""

from datetime import UTC, date, datetime

import pluggy
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from homebuy_plugin.exceptions import PluginError
from homebuy_plugin.hookspecs import hookimpl
from homebuy_plugin.plugins import HostPort
from homebuy_plugin.testing import RecordingHost
from homebuy_plugin.types import (
    AuditEntry,
    CaseFacts,
    CaseOutcome,
    Contact,
    Delivery,
    Officer,
    Settings,
    TickReport,
)

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
DAY = date(2026, 11, 2)
CASE = CaseOutcome(reference="HB-1", scheme="right_to_buy", status="open")
SHAH, MOSS = Officer(id="p.shah"), Officer(id="j.moss")
ENTRY = AuditEntry(kind="case_created", reference="HB-1", at=NOW)

acme = pluggy.HookimplMarker("acme")


class StandIn:
    def __init__(self):
        self.created = 0

    def homebuy_case_created(self, session, case, now):
        self.created += 1
        return CASE

    def homebuy_case_updated(self, session, reference, change, now):
        return CASE

    def homebuy_task_updated(self, session, reference, task, change, now):
        return CASE

    def homebuy_tick(self, now):
        return TickReport(due=1)


def port(*plugins, core=None):
    return HostPort.create(plugins, entry_points=False, core=core or StandIn(), settings=Settings())


# --- a platform with a manager of its own -------------------------------------------------


class AcmeStaff:
    """A plugin of a platform, with the platform's marker."""

    def __init__(self):
        self.zones, self.created = [], []

    @acme
    def homebuy_configure(self, settings):
        self.zones.append(settings.timezone)

    @acme
    def homebuy_officers_in_role(self, role):
        return [MOSS]

    @acme
    def homebuy_case_created(self, case):
        self.created.append(case.reference)

    @acme
    def acme_other_business(self):
        """A hook of the platform's own, which is not ours to judge."""


class Staff:
    def __init__(self):
        self.created = []

    @hookimpl
    def homebuy_officers_in_role(self, role):
        return [SHAH]

    @hookimpl
    def homebuy_case_created(self, case):
        self.created.append(case.reference)


def platform(*plugins):
    manager = pluggy.PluginManager("acme")
    for plugin in plugins:
        manager.register(plugin)
    return manager


def test_an_attached_platform_is_asked_too():
    asked = port(Staff())
    asked.attach(platform(AcmeStaff()))
    assert asked.officers_in_role(None, "rtb_officer", DAY) == (MOSS, SHAH)
    assert asked.plugin_names() == ("AcmeStaff", "Staff")
    assert asked.has("homebuy_officers_in_role")
    assert not asked.has("homebuy_notify")


def test_a_call_on_either_manager_reaches_the_core_and_every_observer_once():
    core, ours, theirs = StandIn(), Staff(), AcmeStaff()
    asked, manager = port(ours, core=core), platform(theirs)
    asked.attach(manager)
    case = CaseFacts(reference="HB-1", scheme="right_to_buy")
    assert asked.case_created(None, case, None) is CASE
    assert manager.hook.homebuy_case_created(session=None, case=case, now=None) is CASE
    assert manager.hook.homebuy_case_updated(session=None, reference="HB-1", change=None, now=None) is CASE
    task = {"session": None, "reference": "HB-1", "task": "t", "change": None, "now": None}
    assert manager.hook.homebuy_task_updated(**task) is CASE
    assert manager.hook.homebuy_tick(now=None) == TickReport(due=1)
    assert (core.created, ours.created, theirs.created) == (2, ["HB-1"] * 2, ["HB-1"] * 2)


def test_a_platforms_plugins_are_configured_the_late_ones_too():
    early, late = AcmeStaff(), AcmeStaff()
    asked, manager = port(), platform(early)
    asked.attach(manager)
    asked.attach(manager)  # again, which does nothing
    manager.register(late)
    assert (early.zones, late.zones) == (["Europe/London"], ["Europe/London"])
    assert asked.officers_in_role(None, "rtb_officer", DAY) == (MOSS,)


def test_a_platforms_plugin_that_cannot_be_configured_is_unregistered():
    class Refuser:
        @acme
        def homebuy_configure(self, settings):
            raise LookupError("no mail server")

    asked, manager = port(), platform(AcmeStaff(), Refuser())
    with pytest.raises(LookupError, match="no mail server"):
        asked.attach(manager)
    assert [type(p).__name__ for _, p in manager.list_name_plugin()] == ["AcmeStaff"]
    assert not asked.has("homebuy_officers_in_role")
    asked.attach(manager)
    assert asked.has("homebuy_officers_in_role")


def test_a_platform_that_reads_markers_its_own_way_is_understood():
    """As pytest does: every function of the right prefix is an implementation."""

    class ByPrefix(pluggy.PluginManager):
        def parse_hookimpl_opts(self, plugin, name):
            found = super().parse_hookimpl_opts(plugin, name)
            return {} if found is None and name == "homebuy_holidays" else found

    class Closed:
        def homebuy_holidays(self, year):
            return [date(year, 12, 24)]

    asked, manager = port(), ByPrefix("acme")
    manager.register(Closed())
    asked.attach(manager)
    assert asked.holidays("england_and_wales", 2026) == (date(2026, 12, 24),)


def test_an_object_with_both_markers_is_asked_once():
    class Both:
        asked = 0

        @hookimpl
        @acme
        def homebuy_notify(self, notice):
            self.asked += 1

    both = Both()
    asked = port(both)
    asked.attach(platform(both))
    assert asked.notify("notice").asked == ("Both",)
    assert both.asked == 1


def test_two_platforms_can_be_attached():
    asked, first, second = port(Staff()), platform(AcmeStaff()), pluggy.PluginManager("zeta")
    asked.attach(first)
    asked.attach(second)
    assert asked.case_created(None, CaseFacts(reference="1", scheme="s"), None) is CASE
    assert second.hook.homebuy_tick(now=None) == TickReport(due=1)
    assert asked.officers_in_role(None, "rtb_officer", DAY) == (MOSS, SHAH)


def test_another_manager_of_our_own_name_can_be_attached():
    asked, manager = port(), pluggy.PluginManager("homebuy")
    manager.register(Staff())
    asked.attach(manager)
    assert asked.officers_in_role(None, "rtb_officer", DAY) == (SHAH,)


class AcmeTypo:
    @acme
    def homebuy_notfy(self, notice): ...


class AcmeArgument:
    @acme
    def homebuy_notify(self, message): ...


@pytest.mark.parametrize(
    ("plugin", "message"),
    [
        (AcmeTypo(), "implements homebuy_notfy.* Did you mean 'homebuy_notify'"),
        (AcmeArgument(), "asks homebuy_notify for 'message'"),
        (AcmeStaff, r"Register AcmeStaff\(\)"),
    ],
)
def test_a_platforms_plugin_that_cannot_work_is_refused_before_anything_is_changed(plugin, message):
    manager = platform(plugin)
    with pytest.raises(PluginError, match=message):
        port().attach(manager)
    assert len(manager.list_name_plugin()) == 1
    assert not hasattr(manager.hook, "homebuy_tick")


def test_only_a_manager_can_be_attached_and_only_to_one_homebuy():
    with pytest.raises(PluginError, match=r"attach takes a pluggy.PluginManager, not AcmeStaff"):
        port().attach(AcmeStaff())
    manager = platform()
    port().attach(manager)
    with pytest.raises(PluginError, match="Another HomeBuy is attached to the manager 'acme'"):
        port().attach(manager)


# --- wrappers and late plugins ------------------------------------------------------------


def test_wrappers_stand_around_each_implementation():
    seen = []

    class Traced:
        @hookimpl(wrapper=True)
        def homebuy_notify(self, notice):
            seen.append("before")
            result = yield
            seen.append(result)
            return result

    class Mail:
        @hookimpl
        def homebuy_notify(self):
            return Delivery(detail="queued")

    class Silent:
        @hookimpl
        def homebuy_notify(self):
            return None

    outcome = port(Mail(), Traced(), Silent()).notify("notice")
    assert (outcome.by, outcome.asked) == ("Mail", ("Mail",))
    assert seen == ["before", Delivery(detail="queued")]


def test_plugins_may_come_and_go():
    asked = port()
    before = asked.fingerprint()
    host = RecordingHost()
    asked.manager.register(host)
    assert asked.notify("notice").by == "RecordingHost"
    assert asked.fingerprint() != before
    asked.manager.unregister(host)
    assert asked.notify("notice").status == "untaken"
    assert asked.fingerprint() == before


def test_the_fingerprint_is_the_same_in_every_process():
    assert port(Staff(), RecordingHost()).fingerprint() == port(RecordingHost(), Staff()).fingerprint()


# --- sessions -----------------------------------------------------------------------------


class Ledger:
    """Writes with the session it is given, in one way or another."""

    def __init__(self, then=lambda session: None):
        self.then = then

    @hookimpl
    def homebuy_audit(self, session, entry):
        assert isinstance(session, Session)
        session.execute(text("INSERT INTO ledger VALUES (:kind)"), {"kind": entry.kind})
        self.then(session)


def fail(session):
    raise OSError("audit store down")


@pytest.fixture
def ledger(engine):
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE ledger (kind TEXT)"))
    return engine


def kinds(engine):
    with engine.connect() as connection:
        return [row.kind for row in connection.execute(text("SELECT kind FROM ledger ORDER BY kind"))]


def test_the_callers_session_is_lent_as_it_is(ledger):
    with Session(ledger) as session:
        port(Ledger()).audit(session, ENTRY)
        session.rollback()
    assert kinds(ledger) == []
    with Session(ledger) as session, session.begin():
        port(Ledger()).audit(session, ENTRY)
    assert kinds(ledger) == ["case_created"]


@pytest.mark.parametrize(
    ("then", "left"),
    [
        (lambda session: None, ["a", "case_created", "z"]),
        (lambda session: session.commit(), ["a", "case_created", "z"]),
        (lambda session: session.rollback(), ["a", "z"]),
        (lambda session: session.close(), ["a", "z"]),
        (fail, ["a", "z"]),
    ],
)
def test_on_a_connection_a_plugin_touches_only_its_own_work(ledger, then, left):
    with ledger.begin() as connection:
        connection.execute(text("INSERT INTO ledger VALUES ('a')"))
        try:
            port(Ledger(then)).audit(connection, ENTRY)
        except OSError:
            assert then is fail
        connection.execute(text("INSERT INTO ledger VALUES ('z')"))
    assert kinds(ledger) == left


def test_what_a_plugin_did_on_a_connection_goes_with_the_connection(ledger):
    with ledger.connect() as connection:
        connection.execute(text("INSERT INTO ledger VALUES ('a')"))
        port(Ledger(lambda session: session.commit())).audit(connection, ENTRY)
        connection.rollback()
    assert kinds(ledger) == []


# --- answers of a batch -------------------------------------------------------------------


def test_a_question_is_asked_once_in_a_batch():
    host = RecordingHost()
    host.answer(
        "homebuy_officers_in_role", lambda session, role, on: [SHAH] if role == "rtb_officer" else None
    )
    host.answer("homebuy_officer_available", False)
    host.answer("homebuy_resolve_stakeholders", [Contact(id="cllr-hall")])
    answers = port(host).answers()
    for _ in range(3):
        assert answers.officers_in_role(None, "rtb_officer", DAY) == (SHAH,)
        assert answers.officers_in_role(None, "valuer", DAY) is None
        assert answers.officer_available(None, SHAH, DAY) is False
        assert answers.resolve_stakeholders(None, CASE, None, "legal") == (Contact(id="cllr-hall"),)
    asked = [call.hook for call in host.calls if call.hook != "homebuy_configure"]
    assert sorted(asked) == [
        "homebuy_officer_available",
        "homebuy_officers_in_role",
        "homebuy_officers_in_role",
        "homebuy_resolve_stakeholders",
    ]
    port(host).answers().officer_available(None, SHAH, DAY)
    assert len(host.calls_of("homebuy_officer_available")) == 2


def test_another_date_or_case_is_another_question():
    host = RecordingHost()
    answers = port(host).answers()
    answers.officer_available(None, SHAH, DAY)
    answers.officer_available(None, SHAH, date(2026, 11, 3))
    other = CaseOutcome(reference="HB-2", scheme="right_to_buy", status="open")
    answers.resolve_stakeholders(None, CASE, None, "legal")
    answers.resolve_stakeholders(None, other, None, "legal")
    assert len(host.calls_of("homebuy_officer_available")) == 2
    assert len(host.calls_of("homebuy_resolve_stakeholders")) == 2


def test_a_directory_that_is_down_is_not_asked_again_for_every_case():
    host = RecordingHost()
    host.fail("homebuy_officers_in_role", OSError("directory down"))
    host.fail("homebuy_resolve_stakeholders", OSError("directory down"))
    answers = port(host).answers()
    for _ in range(3):
        with pytest.raises(OSError, match="directory down") as caught:
            answers.officers_in_role(None, "rtb_officer", DAY)
        assert answers.resolve_stakeholders(None, CASE, None, "legal") is None
    assert len(caught.value.__notes__) == 1
    assert len(host.calls_of("homebuy_officers_in_role")) == 1
    assert answers.errors == [
        "homebuy_resolve_stakeholders of plugin 'RecordingHost' raised OSError: directory down"
    ]
