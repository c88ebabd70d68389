"""The tiny landlord as a state machine: people, the scheduler, the clock and accidents do what they like."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import event
from sqlalchemy.orm import Session

from homebuy_plugin import CaseChange, Settings, TaskChange
from homebuy_plugin.exceptions import TickInsideTransaction
from homebuy_plugin.store import cases, claims
from homebuy_plugin.store.transactions import reading
from homebuy_plugin.testing.databases import fresh_engine
from homebuy_plugin.testing.office_hours import DAY, OfficeHours, local_date
from homebuy_plugin.testing.oracle import Published, TinyCase
from homebuy_plugin.testing.small_landlord import PUBLISHED_AT, SmallLandlord, at, small_landlord
from homebuy_plugin.testing.tiny_documents import VARIANTS, calendar, documents, groups, rules
from homebuy_plugin.types import Delivery
from homebuy_plugin.workflow.fold import fold

CASES = ("HB-1", "HB-2", "HB-3")
CASE = st.sampled_from(CASES)
TASK = st.sampled_from(["work", "serve"])
SCOPE = st.sampled_from(["case", "work"])
WAIT = st.sampled_from(
    [timedelta(minutes=3), timedelta(hours=3), timedelta(days=1), timedelta(days=6), timedelta(weeks=3)]
)
SECOND = timedelta(seconds=1)
AROUND = st.sampled_from([timedelta(minutes=m) for m in (-600, -61, -30, 0, 30, 60, 120)])
SKEW = st.sampled_from([timedelta(hours=-2), timedelta(minutes=-1), timedelta(days=1)])
NUDGE = st.sampled_from([-SECOND, timedelta(0), SECOND])


@dataclass(frozen=True)
class Season:
    """When the machine lives.

    Attributes:
        night: the instant at which clocks change, on the very day that the law's date falls on.
    """

    begins: datetime
    served_on: date
    ends: datetime
    night: datetime | None = None


WINTER = Season(at(2), date(2026, 11, 2), datetime(2027, 2, 1, 10, tzinfo=UTC))
AUTUMN = Season(
    datetime(2026, 10, 5, 9, tzinfo=UTC),
    date(2026, 9, 27),
    datetime(2026, 12, 20, 10, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
)
SPRING = Season(
    datetime(2027, 3, 8, 10, tzinfo=UTC),
    date(2027, 2, 28),
    datetime(2027, 5, 30, 10, tzinfo=UTC),
    datetime(2027, 3, 28, 1, tzinfo=UTC),
)
HOURS = {
    "england_and_wales": OfficeHours(),
    "always": OfficeHours(opens=0, closes=24, every_day=True),
    "nights": OfficeHours(opens=0, closes=6, every_day=True),
}
BY_LAW = ("law_near", "law_passed", "law_still", "statutory_target_passed")


class Accident(BaseException):
    """Something that no code expects, such as the end of the process."""


def tiny_landlord(engine):
    small_landlord(engine)
    landlord = SmallLandlord(engine, [])
    landlord.publish(PUBLISHED_AT, **documents())
    texts = {
        f"{name}.json": json.dumps(calendar(name, h.opens, h.closes))
        for name, h in HOURS.items()
        if h.every_day
    }
    landlord.homebuy.publish(texts, author="tests", reason="offices", now=PUBLISHED_AT)


@contextmanager
def accident(engine, after, when="before_cursor_execute"):
    """The statement after so many others meets with one; so does every other from then on."""
    left = [after]

    def meet(*_):
        left[0] -= 1
        if left[0] < 0:
            raise Accident

    event.listen(engine, when, meet)
    try:
        yield
    except Accident:
        pass
    finally:
        event.remove(engine, when, meet)


def waits_for_nobody(connection, _):
    """Who waits for a lock would wait for ever: whoever holds it is in the same thread."""
    connection.execute("SET lock_timeout = '500ms'")
    connection.commit()


class TinyLandlord(RuleBasedStateMachine):
    """The machine.

    Attributes:
        calendar: of the office's clocks.
        quiet: whether nobody is told of anything but the law's dates while it is closed.
    """

    databases = None
    season, calendar, quiet = WINTER, "england_and_wales", False

    def __init__(self):
        super().__init__()
        self._database = fresh_engine(self.databases, tiny_landlord)
        self.engine = self._database.__enter__()
        if self.engine.dialect.name == "postgresql":
            event.listen(self.engine, "connect", waits_for_nobody)
        self.hours = HOURS[self.calendar]
        self.offices = {n: self._office(n) for n in (1, 2, 500)}
        self.office = self.offices[500]
        self.now = self.season.begins
        self.disturbed = []
        self.published = Published([(PUBLISHED_AT, "plain")])
        self.cases = {}
        self.unknown = set()
        self.ticked = False

    def _office(self, batch):
        hours = {"*": self.calendar} if self.quiet else {}
        settings = Settings(batch=batch, default_calendar=self.calendar, quiet_hours=hours)
        office = SmallLandlord(self.engine, settings=settings)
        office.host.answer("homebuy_notify", self._taken)
        return office

    def _taken(self, notice):
        if self.quiet and notice.rule not in BY_LAW and not self.hours.is_open(self.now):
            self.disturbed.append((self.now, notice.key))
        return Delivery(detail="recorded")

    @initialize()
    def first_case(self):
        self.create("HB-1")

    # --- people --------------------------------------------------------------------------------------

    def _create(self, reference):
        self.office.create(reference, self.now, served_on=self.season.served_on)
        self.cases[reference] = TinyCase(self.published, self.now, self.season.served_on, self.hours)
        self.changed = [reference]

    @rule(reference=CASE)
    def create(self, reference):
        if reference not in self.cases:
            self._create(reference)
        else:
            assert not self.office.create(reference, self.now, served_on=self.season.served_on).created
            self.changed = []

    def known(self, reference):
        return reference if reference in self.cases else "HB-1"

    def doings(self, case, task, number):
        """What a person may do now: the call, and the same for the oracle."""
        settled = deepcopy(case)
        settled.settle_first(self.now)
        on_hold = {h.scope for h in settled.holds}
        if case.status[task] == "open":
            yield (task, TaskChange.complete(by="amir")), lambda now: case.complete(task, now)
        else:
            yield (task, TaskChange.reopen("again", by="amir")), lambda now: case.reopen(task, now)
        if case.status["work"] == "open":
            until = local_date(max(self.now, settled.last_at)) + timedelta(days=1 + number)
            yield ("work", TaskChange.hold("wait", by="amir")), lambda now: case.hold("work", now)
            yield (
                ("work", TaskChange.hold("wait", until=until, by="amir")),
                lambda now: case.hold("work", now, until),
            )
            yield ("work", TaskChange.activity(by="amir")), case.activity
        if "work" in on_hold:
            yield ("work", TaskChange.release(by="amir")), lambda now: case.release("work", now)
        if "case" in on_hold:
            yield (None, CaseChange.release(by="amir")), lambda now: case.release("case", now)
        else:
            yield (None, CaseChange.hold("ill", by="amir")), lambda now: case.hold("case", now)
        yield (
            (None, CaseChange.update(facts={"bedrooms": number}, by="amir")),
            lambda now: case.bedrooms(number, now),
        )
        yield (None, CaseChange.record("visit", by="amir")), case.visit

    def plan(self, reference, task, which, number):
        reference = self.known(reference)
        case = self.cases[reference]
        possible = list(self.doings(case, task, number))
        (name, change), expected = possible[which % len(possible)]
        return reference, name, change, expected

    def call(self, reference, name, change, session):
        homebuy = self.office.homebuy
        if name is None:
            return homebuy.case_updated(session, reference, change, self.now)
        return homebuy.task_updated(session, reference, name, change, self.now)

    @rule(reference=CASE, task=TASK, which=st.integers(0, 8), number=st.integers(0, 4))
    def work(self, reference, task, which, number):
        reference, name, change, expected = self.plan(reference, task, which, number)
        with Session(self.engine) as session, session.begin():
            self.call(reference, name, change, session)
        expected(self.now)
        self.changed, self.ticked = [reference], False

    @rule(reference=CASE, task=TASK, which=st.integers(0, 8), after=st.integers(0, 30))
    def work_that_meets_with_an_accident(self, reference, task, which, after):
        reference, name, change, expected = self.plan(reference, task, which, 1)
        before = self.office.state(reference)
        with accident(self.engine, after), Session(self.engine) as session, session.begin():
            self.call(reference, name, change, session)
        if self.office.state(reference) != before:
            expected(self.now)
        self.changed, self.ticked = [reference], False

    @rule(reference=CASE)
    def fires_completes_reopens_fires(self, reference):
        """Booster: what a new run does with what was decided on the old one."""
        reference = self.known(reference)
        self.to_the_next_instant(timedelta(0), reference)
        self.tick(500)
        case = self.cases[reference]
        for task in ("work", "serve"):
            if case.status[task] == "open":
                self._do(reference, task, TaskChange.complete(by="amir"), case.complete)
                self._do(reference, task, TaskChange.reopen("again", by="amir"), case.reopen)
        self.to_the_next_instant(timedelta(0), reference)
        self.tick(1)

    def held(self, reference, what):
        """A hold or release of the task "work"."""
        change = TaskChange.hold("wait", by="amir") if what == "hold" else TaskChange.release(by="amir")
        self.office.task("work", change, self.now, reference)
        getattr(self.cases[reference], what)("work", self.now)

    def _do(self, reference, task, change, expected):
        self.office.task(task, change, self.now, reference)
        expected(task, self.now)
        self.changed, self.ticked = [reference], False

    @rule(reference=CASE, task=TASK, which=st.integers(0, 8), number=st.integers(0, 4), nudge=NUDGE)
    def to_the_next_instant_and_work(self, reference, task, which, number, nudge):
        """Booster: a person is just in time, or just not."""
        self.to_the_next_instant(nudge, self.known(reference))
        self.work(reference, task, which, number)

    # --- time ----------------------------------------------------------------------------------------

    @rule(wait=WAIT)
    def time_passes(self, wait):
        self.now = max(self.now, min(self.now + wait, self.season.ends))
        self.ticked, self.changed = False, []

    @rule(back=st.sampled_from([timedelta(hours=2), timedelta(days=-1)]))
    def the_clock_jumps(self, back):
        self.now = max(self.now - back, self.season.begins + timedelta(hours=2))
        self.ticked, self.changed = False, []

    @rule(nudge=NUDGE, reference=CASE)
    def to_the_next_instant(self, nudge, reference):
        due = self.cases[self.known(reference)].next_due()
        if due is not None and due < self.season.ends:
            self.now = max(self.now, due + nudge)
        self.ticked, self.changed = False, []

    @rule(around=AROUND)
    def into_the_night_when_clocks_change(self, around):
        """Booster: an hour is left out, or comes twice."""
        if self.season.night is not None:
            self.now = max(self.now, self.season.night + around)
        self.ticked, self.changed = False, []

    # --- the scheduler -------------------------------------------------------------------------------

    def _ticked(self):
        for case in self.cases.values():
            case.tick(self.now)
        self.ticked, self.changed = True, list(self.cases)

    @rule(batch=st.sampled_from([1, 2, 500]))
    def tick(self, batch):
        report = self.offices[batch].tick(self.now)
        assert report.errors == ()
        assert report.deferred == 0
        self._ticked()
        if self.now >= self.published.versions[-1][0]:
            with reading(self.engine) as conn:
                waits = claims.next_due(conn)
            assert waits == min(filter(None, (c.next_due() for c in self.cases.values())), default=None)

    @rule(nudge=NUDGE, batch=st.sampled_from([1, 500]))
    def to_the_next_instant_and_tick(self, nudge, batch):
        self.to_the_next_instant(nudge, "HB-1")
        self.tick(batch)

    @rule(batch=st.sampled_from([1, 2]), after=st.integers(0, 80))
    def tick_that_meets_with_an_accident(self, batch, after):
        with accident(self.engine, after):
            self.offices[batch].tick(self.now)
        self._settled_as_found()

    @rule(after=st.integers(0, 6))
    def tick_that_cannot_commit(self, after):
        with accident(self.engine, after, "commit"):
            self.offices[1].tick(self.now)
        self._settled_as_found()

    def _settled_as_found(self):
        """Each case is as it was before the accident or as it is after the tick: never between."""
        with reading(self.engine) as conn:
            still_due = set(claims.due_cases(conn, self.now))
        self._note_unknown()
        for reference, case in self.cases.items():
            if self._id(reference) not in still_due:
                case.tick(self.now)
        self.ticked, self.changed = False, list(self.cases)

    def _note_unknown(self):
        """What left and is not marked: it may, and has to, be sent again."""
        left = {item.key: item.state for item in self.office.outbox()}
        self.unknown |= {n.key for n in self.sent() if left[n.key] != "delivered"}

    @rule(reference=CASE, wait=WAIT, after=st.integers(5, 30))
    def delivery_that_meets_with_an_accident(self, reference, wait, after):
        """Booster: what a call has decided is being handed over."""
        self.time_passes(wait)
        self.work(reference, "work", 8, 1)
        with accident(self.engine, after):
            self.office.homebuy.deliver(self.now)
        self._note_unknown()

    def _id(self, reference):
        with reading(self.engine) as conn:
            return cases.find(conn, reference)

    @rule()
    def two_ticks_at_once(self):
        with ThreadPoolExecutor(2) as pool:
            reports = list(pool.map(lambda office: office.tick(self.now), (self.offices[1], self.offices[2])))
        assert [r.errors for r in reports] == [(), ()]
        self._ticked()

    @rule()
    def another_delivers_meanwhile(self):
        def notify(notice):
            self.offices[2].homebuy.deliver(self.now)
            return Delivery(detail="late")

        self.offices[1].host.answer("homebuy_notify", notify)
        self.tick(1)
        self.offices[1].host.answer("homebuy_notify", self._taken)

    @rule(reference=CASE, task=TASK, which=st.integers(0, 8))
    def tick_while_a_person_is_busy(self, reference, task, which):
        reference, name, change, expected = self.plan(reference, task, which, 2)
        case_id = self._id(reference)
        with reading(self.engine) as conn:
            was_due = case_id in claims.due_cases(conn, self.now)
        with Session(self.engine) as session, session.begin():
            self.call(reference, name, change, session)
            if self.engine.dialect.name == "sqlite":
                with pytest.raises(TickInsideTransaction):
                    self.office.tick(self.now)
            else:
                report = self.office.tick(self.now)
                assert (report.deferred, report.errors) == (was_due, ())
        expected(self.now)
        if self.engine.dialect.name != "sqlite":
            for other in self.cases.keys() - {reference}:
                self.cases[other].tick(self.now)
        self.changed, self.ticked = list(self.cases), False

    # --- another host, whose clock is wrong ---------------------------------------------------------

    @contextmanager
    def wrong_clock(self, skew):
        right, self.now = self.now, max(self.now + skew, self.season.begins)
        try:
            yield
        finally:
            self.now, self.ticked = right, False

    @rule(skew=SKEW, batch=st.sampled_from([1, 500]))
    def a_host_whose_clock_is_wrong_ticks(self, skew, batch):
        with self.wrong_clock(skew):
            self.tick(batch)

    @rule(skew=SKEW, reference=CASE, task=TASK, which=st.integers(0, 8), number=st.integers(0, 4))
    def a_host_whose_clock_is_wrong_works(self, skew, reference, task, which, number):
        with self.wrong_clock(skew):
            self.work(reference, task, which, number)

    # --- the analyst ---------------------------------------------------------------------------------

    @rule(variant=st.sampled_from(VARIANTS))
    def publish(self, variant):
        if self.now > self.published.versions[-1][0]:
            self.office.publish(self.now, escalation=rules(variant))
            self.published.versions.append((self.now, variant))
            self.ticked, self.changed = False, []

    @rule(member=st.sampled_from(["lena", "sam", "harry"]))
    def the_group_changes(self, member):
        if self.now >= self.published.versions[-1][0]:
            self.office.publish(self.now, groups=groups(member))
            self.published.legal = member
            self.ticked, self.changed = False, []

    @rule(member=st.sampled_from(["lena", "sam", "harry"]), reference=CASE, batch=st.sampled_from([1, 500]))
    def the_group_changes_and_is_told(self, member, reference, batch):
        """Booster: who is in a group now, when rungs that tell it fall due one after another."""
        self.the_group_changes(member)
        for _ in range(4):
            self.to_the_next_instant(timedelta(0), reference)
            self.tick(batch)

    @rule(reference=CASE, late=st.booleans(), variant=st.sampled_from(VARIANTS))
    def published_around_an_instant(self, reference, late, variant):
        """Booster: a rung that is decided only after other rules were published."""
        self.to_the_next_instant(timedelta(seconds=0 if late else -1), reference)
        self.publish(variant)
        self.now += timedelta(hours=1)
        self.tick(2)

    # --- what has to hold ----------------------------------------------------------------------------

    def sent(self):
        return [n for office in self.offices.values() for n in office.host.notices]

    @invariant()
    def each_case_is_as_the_oracle_says(self):
        for reference in self.changed:
            self.compare(reference)
        self.changed = []

    changed = ()

    def compare(self, reference):
        case, state = self.cases[reference], self.office.state(reference)
        assert fold(self.office.events(reference)) == state
        found = Counter(
            (plain(key), rung.instant.astimezone(UTC), rung.outcome) for key, rung in state.rungs.items()
        )
        wanted = Counter((plain_key(key), d.instant, d.outcome) for key, d in case.decided.items())
        assert found == wanted, reference
        assert state.last_at == case.last_at
        letters = self.office.outbox(reference=reference)
        found = Counter(
            (plain(i.key.split("/")[2:8]), i.recipient.id, i.state == "collapsed") for i in letters
        )
        wanted = Counter((plain_key(one.key), one.to, one.state == "fell away") for one in case.letters)
        assert found == wanted, reference
        clocks = {c.owner_id.partition("#")[0]: (c.status, c.run) for c in state.clocks.values()}
        assert clocks == {task: (clock.status, clock.run) for task, clock in case.clocks.items()}

    @invariant()
    def nobody_is_disturbed(self):
        assert self.disturbed == []

    @invariant()
    def nothing_due_is_left_behind(self):
        if self.ticked:
            with reading(self.engine) as conn:
                assert claims.due(conn, self.now).cases == 0
            self.ticked = False

    def teardown(self):
        try:
            self.everything_left_once()
        finally:
            self._database.__exit__(None, None, None)

    def everything_left_once(self):
        if not self.cases:
            return
        last = max([self.now, *(c.last_at for c in self.cases.values())])
        self.now = self.hours.opening_from(local_date(last) + DAY)
        self.tick(500)
        self.each_case_is_as_the_oracle_says()
        letters = {item.key: item.state for item in self.office.outbox()}
        assert set(letters.values()) <= {"delivered", "collapsed"}
        left = Counter(n.key for n in self.sent())
        assert left.keys() == {key for key, state in letters.items() if state == "delivered"}
        assert {key for key, times in left.items() if times > 1} <= self.unknown


def plain(key):
    """A rung by what the oracle knows of it: numbers of events are not among it."""
    subject, _, run, name, _, occurrence = key
    task = subject.partition(":")[2].partition("#")[0] or "case"
    return (task, 0 if name in ("quiet", "visited") else int(run), name, int(occurrence))


def plain_key(key):
    return (key[0], 0 if key[2] in ("quiet", "visited") else key[1], *key[2:])


SHORT = settings(
    max_examples=5,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    # Without shrinking: one step of it takes as long as the whole test.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    report_multiple_bugs=False,
)


def accidents_of_a_delivery(machine):
    machine.first_case()
    machine.delivery_that_meets_with_an_accident("HB-1", timedelta(days=6), machine.after)


def accidents_of_a_tick(machine):
    machine.first_case()
    machine.create("HB-2")
    machine.time_passes(timedelta(days=6))
    machine.tick_that_meets_with_an_accident(2, machine.after)
    machine.each_case_is_as_the_oracle_says()


def two_deliver(machine):
    machine.first_case()
    machine.create("HB-2")
    machine.time_passes(timedelta(weeks=3))
    machine.another_delivers_meanwhile()


def three_cases_one_by_one(machine):
    machine.first_case()
    machine.create("HB-2")
    machine.create("HB-3")
    for _ in range(4):
        machine.to_the_next_instant_and_tick(timedelta(0), 1)
        machine.each_case_is_as_the_oracle_says()
        machine.nothing_due_is_left_behind()


def a_week_late(machine):
    machine.first_case()
    machine.time_passes(timedelta(days=6))
    machine.tick(500)
    for _ in range(4):
        machine.each_case_is_as_the_oracle_says()
        machine.to_the_next_instant_and_tick(timedelta(seconds=1), 1)
    machine.work("HB-1", "work", 0, 0)
    machine.each_case_is_as_the_oracle_says()


def two_hours_back(machine):
    machine.first_case()
    for jump in (timedelta(days=-1), timedelta(hours=2)):
        machine.the_clock_jumps(jump)
        machine.work("HB-1", "work", 6, 0)  # a visit, which is due at once
        machine.each_case_is_as_the_oracle_says()


def two_hosts_beside_each_other(machine):
    machine.first_case()
    machine.create("HB-2")
    for which in range(6):
        machine.a_host_whose_clock_is_wrong_works(timedelta(days=1), "HB-1", "work", which, 1)
        machine.each_case_is_as_the_oracle_says()
        machine.to_the_next_instant(SECOND, "HB-2")
        machine.a_host_whose_clock_is_wrong_ticks(timedelta(hours=-2), 1)
        machine.each_case_is_as_the_oracle_says()
        machine.tick(500)
        machine.each_case_is_as_the_oracle_says()
        machine.nothing_due_is_left_behind()


def other_rules_before_it_is_decided(machine):
    machine.first_case()
    for variant in ("fewer", "conditional", "plain"):
        machine.published_around_an_instant("HB-1", True, variant)
        machine.each_case_is_as_the_oracle_says()


def a_person_is_busy(machine):
    machine.first_case()
    machine.time_passes(timedelta(days=6))
    machine.tick_while_a_person_is_busy("HB-1", "work", 6)
    machine.each_case_is_as_the_oracle_says()


# Each with the number of the statement that meets with an accident, where one does.
SCRIPTS = [
    *[(accidents_of_a_delivery, after) for after in range(8, 18)],
    *[(accidents_of_a_tick, after) for after in range(14, 34, 2)],
    (two_deliver, 0),
    (three_cases_one_by_one, 0),
    (a_week_late, 0),
    (two_hours_back, 0),
    (two_hosts_beside_each_other, 0),
    (other_rules_before_it_is_decided, 0),
    (a_person_is_busy, 0),
]
SCRIPTS.reverse()  # the quick ones first


@pytest.fixture(scope="session")
def play():
    """Play short scripts on the machine, of what chance comes to seldom."""

    def run(databases):
        for script, after in SCRIPTS:
            machine = type("TinyLandlord", (TinyLandlord,), {"databases": databases, "after": after})()
            try:
                script(machine)
            except BaseException:
                machine.cases = {}  # it has been seen; what it left behind is nothing more to say
                raise
            finally:
                machine.teardown()

    return run


@pytest.fixture(scope="session", params=["autumn", "spring"])
def season(request):
    """The machine in a season in which clocks change."""
    return {"season": {"autumn": AUTUMN, "spring": SPRING}[request.param]}


@pytest.fixture(scope="session")
def through_the_night():
    """From the day before clocks change until the day after, in steps, with somebody at work."""

    def run(databases, **where):
        machine = type("TinyLandlord", (TinyLandlord,), {"databases": databases, **where})()
        machine.now = machine.season.night - timedelta(hours=13)
        try:
            for reference in CASES:
                machine._create(reference)
            for half_hours in range(-24, 60, 3):
                machine.now = machine.season.night + half_hours * timedelta(minutes=30)
                held = {-9: "hold", 3: "release", 6: "hold", 21: "release"}.get(half_hours)
                if held:
                    machine.held("HB-2", held)
                machine.tick(2)
                for check in (machine.each_case_is_as_the_oracle_says, machine.nobody_is_disturbed):
                    check()
        finally:
            machine.teardown()
        return machine

    return run


@pytest.fixture(scope="session")
def let_loose():
    """Let the machine loose on databases of one kind, for so many examples and steps."""

    def run(databases, examples, steps, where=MappingProxyType({}), **more):
        machine = type("TinyLandlord", (TinyLandlord,), {"databases": databases, **where})
        how = settings(SHORT, max_examples=examples, stateful_step_count=steps, **more)
        run_state_machine_as_test(machine, settings=how)

    return run
