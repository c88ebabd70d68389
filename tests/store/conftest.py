"""A migrated database, and a case rich enough to use every table."""

from datetime import UTC, datetime

import pytest

from homebuy_plugin.store.migrations import upgrade
from homebuy_plugin.store.transactions import writing
from homebuy_plugin.testing.databases import fresh_engine
from homebuy_plugin.types import Applicant
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.events import CaseEvent


@pytest.fixture
def ready(databases):
    """An engine on a migrated database of this test's own."""
    with fresh_engine(databases, upgrade) as engine:
        yield engine


@pytest.fixture
def conn(ready):
    """A transaction of ours on it, committed at the end."""
    with writing(ready) as conn:
        yield conn


def at(day, hour=9, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


class Script:
    """Events of a case, numbered as they are written."""

    def __init__(self):
        self.events = []

    def __call__(self, kind, when, /, by=None, texts=None, people=(), **data):
        event = CaseEvent(
            seq=len(self.events) + 1,
            kind=kind,
            at=when,
            recorded_at=when,
            by=by,
            data=data,
            texts=texts or {},
            people=people,
        )
        self.events.append(event)
        return event


def create(script, reference="HB-1", when=None):
    return script(
        e.CASE_CREATED,
        when or at(2),
        by="k.jones",
        reference=reference,
        scheme="right_to_buy",
        country="england",
        company="north",
        served_on="2026-11-02",
        creator="k.jones",
        pack_version=3,
        calendars={"england_and_wales": 2},
        facts={
            "property_type": "flat",
            "asb_pending": False,
            "estimated_value": 250000.5,
            "decided_on": {"$date": "2026-11-01"},
            "channels": ["post", "web"],
        },
        texts={"fact:national_insurance": "QQ123456C", "note": "Came in by post."},
        people=(
            Applicant(name="Ada Obi", id="P-1", address="1 Mill Lane", language="cy"),
            Applicant(name="Ben Obi", id="P-2"),
        ),
    )


def rich_script(reference="HB-1"):
    s = Script()
    create(s, reference)
    s(
        e.CASE_ALLOCATED,
        at(2),
        owners=["user:p.shah", "role:leasehold"],
        manager="role:team_leader",
        groups=["legal"],
    )
    s(e.STAGE_OPENED, at(2), stage="application#1", code="application", parallel=False, on="2026-11-02")
    for code in ("zebra", "acknowledge_application", "serve_rtb2"):
        s(
            e.TASK_CREATED,
            at(2),
            task=f"{code}#1",
            code=code,
            stage="application#1",
            mandatory=True,
            kind="work",
            carry=False,
        )
    s(e.TASK_OPENED, at(2), task="zebra#1", owners=["user:p.shah"])
    s(e.TASK_PLANNED, at(2), by="k.jones", task="serve_rtb2#1", planned_start="2026-11-03T09:00:00+00:00")
    s(
        e.CLOCK_WAITING,
        at(2),
        clock="serve_rtb2#1:section_124",
        code="section_124",
        kind="statutory",
        subject="task:serve_rtb2#1",
        calendar="england_and_wales",
    )
    amber = {
        "name": "first",
        "on": "2026-11-20",
        "at": "2026-11-20T09:00:00+00:00",
        "base_on": "2026-11-20",
        "base_at": "2026-11-20T09:00:00+00:00",
    }
    s(
        e.CLOCK_STARTED,
        at(2),
        clock="serve_rtb2#1:section_124",
        run=1,
        started_on="2026-11-02",
        started_at="2026-11-02T00:00:00+00:00",
        value=4,
        unit="weeks",
        counting="within",
        due_on="2026-11-30",
        due_at="2026-12-01T00:00:00+00:00",
        original_due_on="2026-11-30",
        ambers=[amber],
        provisional_until="2026-11-09",
        extended=0,
    )
    s(e.CLOCK_PAUSED, at(3), clock="serve_rtb2#1:section_124")
    s(
        e.CLOCK_RESUMED,
        at(4),
        clock="serve_rtb2#1:section_124",
        due_on="2026-12-01",
        due_at="2026-12-02T00:00:00+00:00",
        ambers=[amber],
    )
    s(e.CLOCK_BLOCKED, at(4), clock="serve_rtb2#1:section_124")
    s(
        e.HELD,
        at(5),
        by="p.shah",
        scope="zebra#1",
        until="2026-11-12",
        release_at="2026-11-12T09:00:00+00:00",
        texts={"reason": "Awaiting a letter"},
    )
    s(
        e.EVENT_RECORDED,
        at(6),
        by="p.shah",
        event="form_received",
        on="2026-11-05",
        facts={"received_via": "post"},
    )
    s(
        e.RUNG_DECIDED,
        at(7),
        subject="task:serve_rtb2#1",
        clock="section_124",
        run=1,
        rule="rtb2-amber",
        anchor="amber:first",
        occurrence=0,
        outcome="errored",
        instant="2026-11-07T09:00:00+00:00",
        on="2026-11-07",
        version=None,
        notices=0,
        attempts=1,
        retry_at="2026-11-07T09:02:00+00:00",
        inputs={"property_type": "flat"},
    )
    s(e.LEVEL_RAISED, at(7), level=2)
    s(e.FLAG_SET, at(7), flag="head_of_service_told")
    return s


@pytest.fixture
def script():
    """Events of a case that touch every table."""
    return rich_script()


@pytest.fixture
def make_script():
    """A maker of such events for any reference."""
    return rich_script


@pytest.fixture
def blank_script():
    """A maker of a case that was only created."""

    def make(reference="HB-1"):
        s = Script()
        create(s, reference)
        return s

    return make
