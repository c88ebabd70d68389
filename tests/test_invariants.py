"""Whatever a landlord does: rows equal the fold of the events, and nothing due is left behind."""

from datetime import UTC, date, timedelta
from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from homebuy_plugin import Applicant, CaseChange, TaskChange
from homebuy_plugin.exceptions import HomeBuyError
from homebuy_plugin.store import cases, claims
from homebuy_plugin.store.transactions import reading
from homebuy_plugin.testing.databases import fresh_engine
from homebuy_plugin.testing.effort import examples
from homebuy_plugin.testing.small_landlord import SmallLandlord, at, small_landlord
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.fold import fold
from homebuy_plugin.workflow.settle import wakeups

TASKS = ("log_application", "check_form", "file_form", "decide", "serve_notice", "make_offer", "answer_delay")
STAGES = ("application", "offer", "review", "delay")
PEOPLE = st.sampled_from(["amir", "beth", "dilys", None])
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "property_type": st.sampled_from(["flat", "house", None]),
        "other_landlord_period": st.sampled_from([True, False, None]),
        "eligibility_decision": st.sampled_from(["admit", "deny", None]),
        "national_insurance": st.sampled_from(["QQ123456C", None]),
        "bedrooms": st.integers(0, 5),
    },
)
WAIT = st.sampled_from(
    [timedelta(0), timedelta(minutes=7), timedelta(hours=5), timedelta(days=1), timedelta(days=6)]
)


class Landlord(RuleBasedStateMachine):
    """Officers do what they like with one case; the scheduler ticks when it likes."""

    databases = None

    def __init__(self):
        super().__init__()
        self._database = fresh_engine(self.databases, small_landlord)
        self.landlord = SmallLandlord(self._database.__enter__(), plugins=[])
        self.now, self.ticked = at(2), False

    def teardown(self):
        self._database.__exit__(None, None, None)

    @initialize(served=st.booleans(), facts=FACTS)
    def create(self, served, facts):
        self.landlord.create(
            served_on=date(2026, 11, 2) if served else None,
            facts=facts,
            applicants=(Applicant(name="Ada"), Applicant(name="Ben", id="P-1")),
        )

    def attempt(self, call, *arguments):
        """Do it, or have it refused and nothing changed."""
        self.ticked = False
        before = self.landlord.state(), len(self.landlord.outbox())
        try:
            call(*arguments, self.now)
        except HomeBuyError:
            assert (self.landlord.state(), len(self.landlord.outbox())) == before

    @rule(wait=WAIT)
    def time_passes(self, wait):
        self.now += wait
        self.ticked = False

    @rule()
    def tick(self):
        report = self.landlord.tick(self.now)
        assert [e for e in report.errors if e.where != "rule"] == []
        self.ticked = True

    @rule()
    def to_the_next_wakeup_and_tick(self):
        with reading(self.landlord.engine) as conn:
            due = claims.next_due(conn)
        if due is not None:
            self.now = max(self.now, due.astimezone(UTC))
            self.tick()

    @rule(task=st.sampled_from(TASKS), by=PEOPLE, facts=FACTS, ago=st.integers(0, 3))
    def complete(self, task, by, facts, ago):
        change = TaskChange.complete(on=self.now.date() - timedelta(days=ago), facts=facts, by=by)
        self.attempt(self.landlord.task, task, change)

    @rule(
        task=st.sampled_from(TASKS),
        change=st.sampled_from(
            [
                TaskChange.start(by="amir"),
                TaskChange.cancel("no", by="amir"),
                TaskChange.hold("wait", by="amir"),
                TaskChange.release(by="amir"),
                TaskChange.reassign("beth", by="dilys"),
                TaskChange.reopen("again", by="amir"),
                TaskChange.activity(by="amir", note="rang"),
            ]
        ),
    )
    def work(self, task, change):
        self.attempt(self.landlord.task, task, change)

    @rule(task=st.sampled_from(TASKS), days=st.integers(1, 20))
    def date_a_task(self, task, days):
        on = self.now.date() + timedelta(days=days)
        self.attempt(self.landlord.task, task, TaskChange.hold("until then", until=on, by="amir"))
        self.attempt(self.landlord.task, task, TaskChange.plan(on, by="amir"))
        self.attempt(self.landlord.task, task, TaskChange.plan(due_on=on, by="amir"))
        self.attempt(self.landlord.task, task, TaskChange.revise(on, "busy", by="amir"))
        self.attempt(self.landlord.task, task, TaskChange.extend("section_124", on, "agreed", by="amir"))

    @rule(facts=FACTS, company=st.sampled_from(["north", None]), by=PEOPLE)
    def correct(self, facts, company, by):
        self.attempt(self.landlord.update, CaseChange.update(facts=facts, company=company, by=by))

    @rule(days=st.integers(0, 20))
    def correct_the_day_of_service(self, days):
        served = self.now.date() - timedelta(days=days)
        self.attempt(self.landlord.update, CaseChange.update(served_on=served, by="amir"))

    @rule(
        change=st.sampled_from(
            [
                CaseChange.record("delay_notice_served", by="amir"),
                CaseChange.hold("ill", by="amir"),
                CaseChange.release(by="amir"),
                CaseChange.reassign(("beth", "harry"), manager="dilys", by="dilys"),
                CaseChange.withdraw(by="amir"),
                CaseChange.close("denied", by="amir"),
                CaseChange.reopen("again", by="amir"),
                CaseChange.add_task("call", due_on=date(2026, 11, 20), by="amir"),
                CaseChange.add_task("check_form", owner="beth", by="amir"),
                CaseChange.reallocate("again", by="dilys"),
                CaseChange.withdraw(applicant="P-1", by="amir"),
                *[CaseChange.activate(stage, by="amir") for stage in STAGES],
                *[CaseChange.leave(stage, "on", by="amir") for stage in STAGES],
            ]
        )
    )
    def change(self, change):
        self.attempt(self.landlord.update, change)

    @invariant()
    def rows_equal_the_fold(self):
        events = self.landlord.events()
        if events:
            assert self.landlord.state() == fold(events)
            assert [e.seq for e in events] == list(range(1, len(events) + 1))
            assert all(a.at <= b.at for a, b in pairwise(events))

    @invariant()
    def wakeups_are_what_one_would_work_out_anew(self):
        """What was kept of them from one decision, and one call, to the next is still true."""
        desk = self.landlord.homebuy.desk
        with reading(self.landlord.engine) as conn:
            found = cases.load_one(conn, "HB-1")
            if found is not None:
                world = desk.library.shelf(conn).world_of(found.state)
                anew = Casework(found.state.copy(), world, None, found.state.last_at)
                assert found.wakeups == wakeups(anew)

    @invariant()
    def nothing_due_is_left_behind(self):
        if self.ticked:
            with reading(self.landlord.engine) as conn:
                assert claims.due(conn, self.now).cases == 0

    @invariant()
    def no_statutory_target_passes_in_silence(self):
        if not self.ticked:
            return
        rungs = self.landlord.state().rungs
        for clock in self.landlord.state().clocks.values():
            watched = clock.status == "running" and clock.kind == "statutory" and clock.blocked_since is None
            if watched and clock.due_at <= self.now and self.landlord.state().status != "closed":
                mine = (clock.subject, clock.code, clock.run)
                assert any(k[:3] == mine and k[4] == "target" and r.notices for k, r in rungs.items())


def test_rows_equal_the_fold_whatever_is_done(databases):
    machine = type("OnThisDatabase", (Landlord,), {"databases": databases})
    most = examples(24 if databases.kind == "sqlite" else 12)
    run_state_machine_as_test(
        machine, settings=settings(max_examples=most, stateful_step_count=25, deadline=None)
    )
