"""Where the tiny landlord stands, and what has to hold of it whatever happens."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from hypothesis.stateful import RuleBasedStateMachine, invariant
from sqlalchemy import Engine, event

from homebuy_plugin import Settings
from homebuy_plugin.store import cases, claims
from homebuy_plugin.store.transactions import reading
from homebuy_plugin.testing.databases import Databases, fresh_engine
from homebuy_plugin.testing.machine.accidents import waits_for_nobody
from homebuy_plugin.testing.machine.comparison import compare
from homebuy_plugin.testing.machine.seasons import HOURS, WINTER, Season
from homebuy_plugin.testing.office_hours import DAY, local_date
from homebuy_plugin.testing.oracle import Published, TinyCase
from homebuy_plugin.testing.small_landlord import PUBLISHED_AT, SmallLandlord, small_landlord
from homebuy_plugin.testing.tiny_documents import calendar, documents
from homebuy_plugin.types import Delivery, Notice

BY_LAW = ("law_near", "law_passed", "law_still", "statutory_target_passed")
"""Rules whose notices go out while the office is closed, too."""


def tiny_landlord(engine: Engine) -> None:
    """Prepare a database: the tiny documents, and a calendar for each kind of office."""
    small_landlord(engine)
    landlord = SmallLandlord(engine, [])
    landlord.publish(PUBLISHED_AT, **documents())
    texts = {
        f"{name}.json": json.dumps(calendar(name, h.opens, h.closes))
        for name, h in HOURS.items()
        if h.every_day
    }
    landlord.homebuy.publish(texts, author="tests", reason="offices", now=PUBLISHED_AT)


class Standing(RuleBasedStateMachine):
    """A database, what the oracle makes of it, and the comparison of the two.

    Attributes:
        calendar: of the office's clocks.
        quiet: whether nobody is told of anything but the law's dates while it is closed.
        cases: what the oracle knows of each.
        changed: the cases to be compared after this step.
        ticked: whether nothing may be due after this step.
        disturbed: when somebody was told in the office's quiet hours, and of what.
        unknown: keys of notices that left and are not marked.
    """

    databases: Databases
    season: Season = WINTER
    calendar: str = "england_and_wales"
    quiet: bool = False
    changed: Sequence[str] = ()

    def __init__(self) -> None:
        super().__init__()
        self._database = fresh_engine(self.databases, tiny_landlord)
        self.engine = self._database.__enter__()
        if self.engine.dialect.name == "postgresql":
            event.listen(self.engine, "connect", waits_for_nobody)
        self.hours = HOURS[self.calendar]
        self.offices = {n: self._office(n) for n in (1, 2, 500)}
        self.office = self.offices[500]
        self.now = self.season.begins
        self.disturbed: list[tuple[datetime, str]] = []
        self.published = Published([(PUBLISHED_AT, "plain")])
        self.cases: dict[str, TinyCase] = {}
        self.unknown: set[str] = set()
        self.ticked = False

    def _office(self, batch: int) -> SmallLandlord:
        hours = {"*": self.calendar} if self.quiet else {}
        settings = Settings(batch=batch, default_calendar=self.calendar, quiet_hours=hours)
        office = SmallLandlord(self.engine, settings=settings)
        office.host.answer("homebuy_notify", self.taken)
        return office

    def taken(self, notice: Notice) -> Delivery:
        """A host takes every notice, and writes down which disturbed."""
        if self.quiet and notice.rule not in BY_LAW and not self.hours.is_open(self.now):
            self.disturbed.append((self.now, notice.key))
        return Delivery(detail="recorded")

    def known(self, reference: str) -> str:
        """This case if there is one, else the first."""
        return reference if reference in self.cases else "HB-1"

    def id_of(self, reference: str) -> int | None:
        """The number of its row."""
        with reading(self.engine) as conn:
            return cases.find(conn, reference)

    def sent(self) -> list[Notice]:
        """What the offices handed over."""
        return [notice for office in self.offices.values() for notice in office.host.notices]

    def tick_with(self, batch: int) -> None:
        """Everything due is decided, and what is due next is known."""
        report = self.offices[batch].tick(self.now)
        assert report.errors == ()
        assert report.deferred == 0
        self.all_ticked()
        if self.now >= self.published.versions[-1][0]:
            with reading(self.engine) as conn:
                waits = claims.next_due(conn)
            assert waits == min(filter(None, (c.next_due() for c in self.cases.values())), default=None)

    def all_ticked(self) -> None:
        """The oracle hears of a tick."""
        for case in self.cases.values():
            case.tick(self.now)
        self.ticked, self.changed = True, list(self.cases)

    @invariant()
    def each_case_is_as_the_oracle_says(self) -> None:
        """Those that this step may have changed."""
        for reference in self.changed:
            compare(self.office, reference, self.cases[reference])
        self.changed = []

    @invariant()
    def nobody_is_disturbed(self) -> None:
        """In quiet hours."""
        assert self.disturbed == []

    @invariant()
    def nothing_due_is_left_behind(self) -> None:
        """After a tick."""
        if self.ticked:
            with reading(self.engine) as conn:
                assert claims.due(conn, self.now).cases == 0
            self.ticked = False

    def teardown(self) -> None:
        """Look once more, at everything, and drop the database."""
        try:
            self.everything_left_once()
        finally:
            self._database.__exit__(None, None, None)

    def everything_left_once(self) -> None:
        """On the next open day nothing waits, and nothing went twice but what nobody knew of."""
        if not self.cases:
            return
        last = max([self.now, *(c.last_at for c in self.cases.values())])
        self.now = self.hours.opening_from(local_date(last) + DAY)
        self.tick_with(500)
        self.each_case_is_as_the_oracle_says()
        letters = {item.key: item.state for item in self.office.outbox()}
        assert set(letters.values()) <= {"delivered", "collapsed"}
        left = Counter(n.key for n in self.sent())
        assert left.keys() == {key for key, state in letters.items() if state == "delivered"}
        assert {key for key, times in left.items() if times > 1} <= self.unknown
