"""People create cases and work on them."""

from collections.abc import Callable
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule
from sqlalchemy.orm import Session

from homebuy_plugin import TaskChange
from homebuy_plugin.testing.machine.accidents import accident
from homebuy_plugin.testing.machine.doings import Doing, doings
from homebuy_plugin.testing.machine.moments import CASE, NUDGE, Moments
from homebuy_plugin.testing.oracle import TinyCase

TASK = st.sampled_from(["work", "serve"])
WHICH = st.integers(0, 8)


class People(Moments):
    """Everybody in the office."""

    @initialize()
    def first_case(self) -> None:
        """There is one always."""
        self.create("HB-1")

    @rule(reference=CASE)
    def create(self, reference: str) -> None:
        """A case, or the same once more."""
        made = self.office.create(reference, self.now, served_on=self.season.served_on)
        assert made.created is (reference not in self.cases)
        if made.created:
            self.cases[reference] = TinyCase(self.published, self.now, self.season.served_on, self.hours)
        self.changed = [reference] if made.created else []

    def plan(self, reference: str, task: str, which: int, number: int) -> tuple[str, Doing]:
        """A case, and one of the things that may be done to it."""
        reference = self.known(reference)
        possible = doings(self.cases[reference], task, number, self.now)
        return reference, possible[which % len(possible)]

    def call(self, reference: str, doing: Doing, session: Session) -> None:
        """Do it."""
        homebuy, change = self.office.homebuy, doing.change
        if isinstance(change, TaskChange):
            homebuy.task_updated(session, reference, doing.task, change, self.now)
        else:
            homebuy.case_updated(session, reference, change, self.now)

    @rule(reference=CASE, task=TASK, which=WHICH, number=st.integers(0, 4))
    def work(self, reference: str, task: str, which: int, number: int) -> None:
        """Something is done."""
        reference, doing = self.plan(reference, task, which, number)
        with Session(self.engine) as session, session.begin():
            self.call(reference, doing, session)
        doing.expected(self.now)
        self.changed, self.ticked = [reference], False

    @rule(reference=CASE, task=TASK, which=WHICH, after=st.integers(0, 30))
    def work_that_meets_with_an_accident(self, reference: str, task: str, which: int, after: int) -> None:
        """All of it is done, or nothing."""
        reference, doing = self.plan(reference, task, which, 1)
        before = self.office.state(reference)
        with accident(self.engine, after), Session(self.engine) as session, session.begin():
            self.call(reference, doing, session)
        if self.office.state(reference) != before:
            doing.expected(self.now)
        self.changed, self.ticked = [reference], False

    @rule(reference=CASE)
    def fires_completes_reopens_fires(self, reference: str) -> None:
        """Booster: what a new run does with what was decided on the old one."""
        reference = self.known(reference)
        self.to_the_next_instant(timedelta(0), reference)
        self.tick_with(500)
        case = self.cases[reference]
        for task in ("work", "serve"):
            if case.status[task] == "open":
                self._do(reference, task, TaskChange.complete(by="amir"), case.complete)
                self._do(reference, task, TaskChange.reopen("again", by="amir"), case.reopen)
        self.to_the_next_instant(timedelta(0), reference)
        self.tick_with(1)

    def _do(
        self, reference: str, task: str, change: TaskChange, expected: Callable[[str, datetime], None]
    ) -> None:
        self.office.task(task, change, self.now, reference)
        expected(task, self.now)
        self.changed, self.ticked = [reference], False

    def hold(self, reference: str) -> None:
        """The task "work" waits."""
        self._do(reference, "work", TaskChange.hold("wait", by="amir"), self.cases[reference].hold)

    def release(self, reference: str) -> None:
        """It goes on."""
        self._do(reference, "work", TaskChange.release(by="amir"), self.cases[reference].release)

    @rule(reference=CASE, task=TASK, which=WHICH, number=st.integers(0, 4), nudge=NUDGE)
    def to_the_next_instant_and_work(
        self, reference: str, task: str, which: int, number: int, nudge: timedelta
    ) -> None:
        """Booster: a person is just in time, or just not."""
        self.to_the_next_instant(nudge, self.known(reference))
        self.work(reference, task, which, number)
