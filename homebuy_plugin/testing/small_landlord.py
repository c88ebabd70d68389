"""A landlord on a database, with a host that records, for tests in few lines.

::

    with fresh_engine(databases, small_landlord) as engine:
        landlord = SmallLandlord(engine)
        landlord.create(facts={"property_type": "flat"})
        landlord.tick(at(5, 9))
        assert landlord.host.notices[0].template == "passed"
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from homebuy_plugin.core import HomeBuy
from homebuy_plugin.insight.moment import move_simulation
from homebuy_plugin.store import cases, directory, migrations, outbox
from homebuy_plugin.store.events import events_of
from homebuy_plugin.store.outbox import OutboxItem
from homebuy_plugin.store.transactions import reading, writing
from homebuy_plugin.testing.recording import RecordingHost
from homebuy_plugin.testing.small_documents import LANDLORD, SCHEME, small_texts
from homebuy_plugin.types import (
    CaseChange,
    CaseFacts,
    CaseOutcome,
    Settings,
    TaskChange,
    TickReport,
)
from homebuy_plugin.workflow.events import CaseEvent
from homebuy_plugin.workflow.state import CaseState

PUBLISHED_AT = datetime(2026, 10, 1, 9, tzinfo=UTC)


def at(day: int, hour: int = 10, minute: int = 0, month: int = 11) -> datetime:
    """An instant of November 2026, when London keeps UTC."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def small_landlord(engine: Engine) -> None:
    """Prepare a database: tables, the small documents, officers. For ``fresh_engine``."""
    migrations.upgrade(engine)
    homebuy = HomeBuy.create(engine, entry_points=False)
    homebuy.publish(small_texts(), author="tests", reason="small", now=PUBLISHED_AT)
    with writing(engine) as conn:
        directory.import_landlord(conn, LANDLORD)


class SmallLandlord:
    """The face on a prepared database; each call is a transaction of its own.

    Attributes:
        host: records what it is asked; answers as told.
        homebuy: the face itself, for calls in transactions of the test.
    """

    def __init__(
        self, engine: Engine, plugins: Sequence[object] | None = None, settings: Settings | None = None
    ) -> None:
        self.engine, self.host = engine, RecordingHost()
        given = [self.host] if plugins is None else plugins
        self.homebuy = HomeBuy.create(engine, given, settings, entry_points=False)

    @property
    def url(self) -> str:
        """Of its database, for a command line."""
        return self.engine.url.render_as_string(hide_password=False)

    def stand_still(self, now: datetime) -> None:
        """From here on its clock stands at an instant, as in a demonstration."""
        with writing(self.engine) as conn:
            move_simulation(conn, now)

    def create(self, reference: str = "HB-1", now: datetime | None = None, **fields: Any) -> CaseOutcome:
        """Create a case, served and created on Monday 2 November 2026 unless said otherwise."""
        facts = facts_of(reference, **fields)
        with Session(self.engine) as session, session.begin():
            return self.homebuy.case_created(session, facts, now or at(2))

    def create_some(self, count: int, start: int = 1) -> list[str]:
        """So many cases, each in a transaction of its own; their references."""
        references = [f"HB-{number}" for number in range(start, start + count)]
        for reference in references:
            self.create(reference)
        return references

    def take_in(self, references: Sequence[str], now: datetime, **fields: Any) -> None:
        """Create cases in one transaction, as who brings in the open cases of another system does."""
        with Session(self.engine) as session, session.begin():
            for reference in references:
                self.homebuy.case_created(session, facts_of(reference, **fields), now)

    def update(self, change: CaseChange, now: datetime | None = None, reference: str = "HB-1") -> CaseOutcome:
        """Change a case."""
        with Session(self.engine) as session, session.begin():
            return self.homebuy.case_updated(session, reference, change, now)

    def task(
        self, task: str, change: TaskChange, now: datetime | None = None, reference: str = "HB-1"
    ) -> CaseOutcome:
        """Change a task."""
        with Session(self.engine) as session, session.begin():
            return self.homebuy.task_updated(session, reference, task, change, now)

    def tick(self, now: datetime) -> TickReport:
        """Tick."""
        return self.homebuy.tick(now)

    def publish(self, now: datetime, **documents: dict[str, Any]) -> dict[str, int]:
        """Publish documents by kind in place of those in force."""
        texts = {name: text for name, text in small_texts(**documents).items() if name[:-5] in documents}
        return self.homebuy.publish(texts, author="tests", reason="a test", now=now)

    def state(self, reference: str = "HB-1") -> CaseState:
        """The case as its rows hold it."""
        with reading(self.engine) as conn:
            found = cases.load_one(conn, reference)
            assert found is not None
            return found.state

    def events(self, reference: str = "HB-1") -> list[CaseEvent]:
        """Its events."""
        with reading(self.engine) as conn:
            case_id = cases.find(conn, reference)
            return events_of(conn, case_id) if case_id is not None else []

    def decided(self, reference: str = "HB-1") -> list[tuple[str, str]]:
        """Rule and outcome of its rungs."""
        return [(key[3], rung.outcome) for key, rung in self.state(reference).rungs.items()]

    def last_event(self, kind: str, reference: str = "HB-1") -> CaseEvent:
        """Its latest event of a kind."""
        return [event for event in self.events(reference) if event.kind == kind][-1]

    def outbox(self, *states: str, reference: str | None = None) -> list[OutboxItem]:
        """Rows of the outbox, in these states or in any."""
        with reading(self.engine) as conn:
            return outbox.listed(conn, states, reference)


def facts_of(reference: str = "HB-1", **fields: Any) -> CaseFacts:
    """A flat, applied for on Monday 2 November 2026."""
    given: dict[str, Any] = {
        "scheme": SCHEME,
        "served_on": date(2026, 11, 2),
        "facts": {"property_type": "flat"},
        **fields,
    }
    return CaseFacts(reference=reference, **given)


def task_of(outcome: CaseOutcome, code: str) -> Any:
    """The latest task of a code."""
    return [t for t in outcome.tasks if t.code == code][-1]


def clock_of(outcome: CaseOutcome, task: str, code: str) -> Any:
    """A clock of the latest task of a code."""
    return next(c for c in task_of(outcome, task).clocks if c.code == code)


def refused(landlord: SmallLandlord, call: Callable[[], object], error: type[Exception], words: str) -> None:
    """The call is refused in these words, and nothing of the case is another."""
    before, said = (landlord.state(), landlord.events()), ""
    try:
        call()
    except error as refusal:
        said = str(refusal)
    assert re.search(words, said), f"it was to be refused with {words!r}; what was said is {said!r}"
    assert (landlord.state(), landlord.events()) == before
