"""The scheduler ticks: alone, beside others, with accidents, by a wrong clock."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy.orm import Session

from homebuy_plugin.exceptions import TickInsideTransaction
from homebuy_plugin.store import claims
from homebuy_plugin.store.transactions import reading
from homebuy_plugin.testing.machine.accidents import accident
from homebuy_plugin.testing.machine.moments import CASE, NUDGE, WAIT
from homebuy_plugin.testing.machine.people import TASK, WHICH, People
from homebuy_plugin.types import Delivery, Notice

SKEW = st.sampled_from([timedelta(hours=-2), timedelta(minutes=-1), timedelta(days=1)])


class Schedulers(People):
    """Whatever calls the tick, and hands over."""

    @rule(batch=st.sampled_from([1, 2, 500]))
    def tick(self, batch: int) -> None:
        """With batches of a size."""
        self.tick_with(batch)

    @rule(nudge=NUDGE, batch=st.sampled_from([1, 500]))
    def to_the_next_instant_and_tick(self, nudge: timedelta, batch: int) -> None:
        """Booster: a tick just in time, or just not."""
        self.to_the_next_instant(nudge, "HB-1")
        self.tick_with(batch)

    @rule(batch=st.sampled_from([1, 2]), after=st.integers(0, 80))
    def tick_that_meets_with_an_accident(self, batch: int, after: int) -> None:
        """At one of its statements."""
        with accident(self.engine, after):
            self.offices[batch].tick(self.now)
        self._settled_as_found()

    @rule(after=st.integers(0, 6))
    def tick_that_cannot_commit(self, after: int) -> None:
        """One of its transactions."""
        with accident(self.engine, after, "commit"):
            self.offices[1].tick(self.now)
        self._settled_as_found()

    def _settled_as_found(self) -> None:
        """Each case is as it was before the accident or as it is after the tick: never between."""
        with reading(self.engine) as conn:
            still_due = set(claims.due_cases(conn, self.now))
        self._note_unknown()
        for reference, case in self.cases.items():
            if self.id_of(reference) not in still_due:
                case.tick(self.now)
        self.ticked, self.changed = False, list(self.cases)

    def _note_unknown(self) -> None:
        """What left and is not marked: it may, and has to, be sent again."""
        left = {item.key: item.state for item in self.office.outbox()}
        self.unknown |= {n.key for n in self.sent() if left[n.key] != "delivered"}

    @rule(reference=CASE, wait=WAIT, after=st.integers(5, 30))
    def delivery_that_meets_with_an_accident(self, reference: str, wait: timedelta, after: int) -> None:
        """Booster: what a call has decided is being handed over."""
        self.time_passes(wait)
        self.work(reference, "work", 8, 1)
        with accident(self.engine, after):
            self.office.homebuy.deliver(self.now)
        self._note_unknown()

    @rule()
    def two_ticks_at_once(self) -> None:
        """Each case is decided by one of them."""
        with ThreadPoolExecutor(2) as pool:
            reports = list(pool.map(lambda office: office.tick(self.now), (self.offices[1], self.offices[2])))
        assert [r.errors for r in reports] == [(), ()]
        self.all_ticked()

    @rule()
    def another_delivers_meanwhile(self) -> None:
        """While a host takes a notice."""

        def notify(notice: Notice) -> Delivery:
            self.offices[2].homebuy.deliver(self.now)
            return Delivery(detail="late")

        self.offices[1].host.answer("homebuy_notify", notify)
        self.tick_with(1)
        self.offices[1].host.answer("homebuy_notify", self.taken)

    @rule(reference=CASE, task=TASK, which=WHICH)
    def tick_while_a_person_is_busy(self, reference: str, task: str, which: int) -> None:
        """With a case: it is left to that person's transaction, and the others are not."""
        reference, doing = self.plan(reference, task, which, 2)
        case_id = self.id_of(reference)
        with reading(self.engine) as conn:
            was_due = case_id in claims.due_cases(conn, self.now)
        with Session(self.engine) as session, session.begin():
            self.call(reference, doing, session)
            if self.engine.dialect.name == "sqlite":
                with pytest.raises(TickInsideTransaction):
                    self.office.tick(self.now)
            else:
                report = self.office.tick(self.now)
                assert (report.deferred, report.errors) == (was_due, ())
        doing.expected(self.now)
        if self.engine.dialect.name != "sqlite":
            for other in self.cases.keys() - {reference}:
                self.cases[other].tick(self.now)
        self.changed, self.ticked = list(self.cases), False

    @contextmanager
    def wrong_clock(self, skew: timedelta) -> Iterator[None]:
        """Another host, whose clock is wrong."""
        right, self.now = self.now, max(self.now + skew, self.season.begins)
        try:
            yield
        finally:
            self.now, self.ticked = right, False

    @rule(skew=SKEW, batch=st.sampled_from([1, 500]))
    def a_host_whose_clock_is_wrong_ticks(self, skew: timedelta, batch: int) -> None:
        """Early or late."""
        with self.wrong_clock(skew):
            self.tick_with(batch)

    @rule(skew=SKEW, reference=CASE, task=TASK, which=WHICH, number=st.integers(0, 4))
    def a_host_whose_clock_is_wrong_works(
        self, skew: timedelta, reference: str, task: str, which: int, number: int
    ) -> None:
        """On a case that may have gone on already."""
        with self.wrong_clock(skew):
            self.work(reference, task, which, number)
