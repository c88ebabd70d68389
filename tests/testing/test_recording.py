"""A host for tests remembers what it is asked, and answers and fails as told."""

import pytest

from homebuy_plugin.exceptions import UnknownName
from homebuy_plugin.hookspecs import ServiceSpecs, hooks_of
from homebuy_plugin.plugins import HostPort
from homebuy_plugin.testing import Call, RecordingHost
from homebuy_plugin.types import AuditEntry, Delivery, Event, Notice, PerformAction, Settings, TickReport


class StandIn:
    def homebuy_case_created(self, session, case, now): ...

    def homebuy_case_updated(self, session, reference, change, now): ...

    def homebuy_task_updated(self, session, reference, task, change, now): ...

    def homebuy_tick(self, now):
        return TickReport()


@pytest.fixture
def host():
    return RecordingHost()


@pytest.fixture
def port(host):
    return HostPort.create([host], entry_points=False, core=StandIn(), settings=Settings())


NOTICE = Notice(
    key="k",
    recipient=None,
    channel="email",
    template="t",
    subject="s",
    body="b",
    reference="HB-1",
    task=None,
    rule="r",
    rule_version=1,
)
ACTION = PerformAction(key="k", name="n", params={}, reference="HB-1", task=None, rule="r", rule_version=1)
EVENT = Event(kind="case_created", reference="HB-1", at=None)
ENTRY = AuditEntry(kind="case_created", reference="HB-1", at=None)


def test_it_implements_every_service_hook(port):
    for hook in hooks_of(ServiceSpecs):
        assert port.has(hook), hook


def test_it_takes_and_remembers_everything(host, port):
    host.forget()
    assert port.notify(NOTICE).detail == "recorded"
    assert port.perform(ACTION).status == "delivered"
    port.audit("session", ENTRY)
    port.event(EVENT)
    assert (host.notices, host.actions, host.audited, host.events) == ([NOTICE], [ACTION], [ENTRY], [EVENT])
    assert host.calls[2] == Call(hook="homebuy_audit", arguments={"session": "session", "entry": ENTRY})


def test_it_answers_as_told(host, port):
    host.answer("homebuy_holidays", lambda region, year: [])
    assert port.holidays("scotland", 2026) == ()
    assert host.calls_of("homebuy_holidays") == [{"region": "scotland", "year": 2026}]
    host.answer("homebuy_notify", None)
    assert port.notify(NOTICE).status == "untaken"
    host.answer("homebuy_notify", Delivery(detail="again"))
    assert port.notify(NOTICE).detail == "again"


def test_it_fails_as_told(host, port):
    host.fail("homebuy_notify", OSError("down"), times=2)
    assert [port.notify(NOTICE).status for _ in range(3)] == ["failed", "failed", "delivered"]
    host.fail("homebuy_notify", OSError("down"))
    assert port.notify(NOTICE).status == "failed"
    host.recover("homebuy_notify")
    assert port.notify(NOTICE).status == "delivered"


def test_a_misspelt_hook_is_refused(host):
    with pytest.raises(UnknownName, match="Did you mean 'homebuy_notify'"):
        host.fail("homebuy_notfy", OSError())
