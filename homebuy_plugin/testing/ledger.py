"""Everything a landlord's database holds about its cases, to be compared with another's.

Left out is only when something was recorded, and how often it was tried: what a crash may change.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, select

from homebuy_plugin.store import cases, outbox, tables
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.events import events_of
from homebuy_plugin.store.outbox import OutboxItem
from homebuy_plugin.store.transactions import reading
from homebuy_plugin.workflow.events import CaseEvent
from homebuy_plugin.workflow.fold import fold
from homebuy_plugin.workflow.state import CaseState

_SAME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Page:
    """What is known of one case."""

    state: CaseState
    events: tuple[CaseEvent, ...]
    wakeups: dict[str, datetime]
    letters: dict[str, tuple[Any, ...]]

    def rungs(self) -> int:
        """How many rungs were decided."""
        return len(self.state.rungs)


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """All cases by reference, and what became of each letter by its key."""

    pages: dict[str, Page]
    letters: dict[str, str]

    def rungs(self) -> int:
        """How many rungs were decided in all cases."""
        return sum(page.rungs() for page in self.pages.values())

    def with_state(self, state: str) -> set[str]:
        """The keys of the letters in a state."""
        return {key for key, now in self.letters.items() if now == state}


def ledger(engine: Engine) -> Ledger:
    """Read everything, and see that the rows of each case are what its events make of it.

    Raises:
        AssertionError: a case is half written.
    """
    with reading(engine) as conn:
        items = outbox.listed(conn, limit=1_000_000)
        found = cases.load(conn, list(conn.execute(select(tables.case.c.id)).scalars()))
        pages = {each.state.reference: _page(conn, each, items) for each in found}
    return Ledger(pages=pages, letters={item.key: item.state for item in items})


def _page(conn: StoreConnection, loaded: cases.LoadedCase, items: list[OutboxItem]) -> Page:
    events = events_of(conn, loaded.case_id)
    assert fold(events) == loaded.state, loaded.state.reference
    assert [e.seq for e in events] == list(range(1, len(events) + 1))
    mine = [item for item in items if item.case_id == loaded.case_id]
    return Page(
        state=loaded.state,
        events=tuple(replace(e, recorded_at=_SAME) for e in events),
        wakeups=loaded.wakeups,
        letters={item.key: _words(item) for item in mine},
    )


def _words(item: OutboxItem) -> tuple[Any, ...]:
    kept = item.state if item.state in ("collapsed", "undeliverable") else ""
    return kept, item.kind, item.recipient, item.template, item.subject, item.body, item.rung, item.name
