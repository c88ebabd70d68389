"""Whatever happens to a case, and however it is cut into transactions, its rows are the fold of its events."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homebuy_plugin.store import cases
from homebuy_plugin.store.events import events_of
from homebuy_plugin.store.migrations import upgrade
from homebuy_plugin.store.personal import erase_personal
from homebuy_plugin.store.saving import CaseWrite, save
from homebuy_plugin.store.transactions import writing
from homebuy_plugin.testing.databases import fresh_engine
from homebuy_plugin.testing.effort import examples
from homebuy_plugin.types import Applicant
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.events import CaseEvent
from homebuy_plugin.workflow.fold import apply, fold

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
CODES = ("a", "b", "c")
DATES = st.dates(datetime(2026, 1, 1).date(), datetime(2027, 12, 31).date()).map(lambda d: d.isoformat())
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)).map(
    lambda i: i.isoformat()
)
PEOPLE = st.none() | st.sampled_from(["p.shah", "k.jones"])
OWNERS = st.lists(st.sampled_from(["user:a", "user:b", "role:c"]), unique=True, max_size=3)
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
FACTS = st.dictionaries(
    st.sampled_from(["flat", "value", "dated", "list"]),
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | TEXT | st.lists(TEXT, max_size=2)
    | DATES.map(lambda d: {"$date": d}),
    max_size=3,
)  # fmt: skip
SECRETS = st.dictionaries(
    st.sampled_from(["fact:secret", "fact:dated", "note"]), st.none() | TEXT, max_size=2
)
APPLICANTS = st.lists(st.builds(Applicant, name=TEXT, id=TEXT, address=TEXT), max_size=3).map(tuple)


@pytest.fixture(scope="module")
def shared_engine(databases):
    """One database for all examples: each makes a case of its own."""
    with fresh_engine(databases, upgrade) as engine:
        yield engine


numbers = itertools.count(1)


class Machine:
    """Draws events that can follow on the state."""

    def __init__(self, draw):
        self.draw = draw
        self.reference = f"HB-{next(numbers)}"
        self.state = None
        self.events = []

    def step(self):
        event = self.created() if self.state is None else self.draw(st.sampled_from(MOVES))(self)
        if event is not None:
            self.state = apply(self.state, event)
            self.events.append(event)
        return event

    def event(self, kind, /, texts=None, people=(), by=None, **data):
        seq = len(self.events) + 1
        at = START + seq * timedelta(hours=1)
        return CaseEvent(
            seq=seq, kind=kind, at=at, recorded_at=at, by=by, data=data, texts=texts or {}, people=people
        )

    def created(self):
        return self.event(
            e.CASE_CREATED,
            texts=self.draw(SECRETS),
            people=self.draw(APPLICANTS),
            reference=self.reference,
            scheme="right_to_buy",
            country="england",
            company=None,
            served_on=self.draw(st.none() | DATES),
            creator=None,
            pack_version=1,
            calendars={"c": 1},
            live_from=self.draw(st.none() | INSTANTS),
            linked_to=self.draw(st.none() | st.just("HB-0")),
            facts=self.draw(FACTS),
        )

    def pick(self, mapping):
        return self.draw(st.sampled_from(sorted(mapping))) if mapping else None


def change(m):
    people = {"people": m.draw(APPLICANTS)} if m.draw(st.booleans()) else {}
    fields = m.draw(
        st.sampled_from([{}, {"served_on": "2026-11-03"}, {"company": "north", "served_on": None}])
    )
    event = m.event(
        e.CASE_CHANGED, by=m.draw(PEOPLE), texts=m.draw(SECRETS), fields=fields, facts=m.draw(FACTS), **people
    )
    event.data["people"] = bool(people)
    return event


def own(m):
    kind = m.draw(st.sampled_from([e.CASE_ALLOCATED, e.CASE_REASSIGNED]))
    return m.event(
        kind, by=m.draw(PEOPLE), owners=m.draw(OWNERS), manager=m.draw(st.none() | st.just("user:m"))
    )


def disown(m):
    return m.event(e.CASE_UNALLOCATED, groups=["legal"])


def open_stage(m):
    code = m.draw(st.sampled_from(CODES))
    return m.event(
        e.STAGE_OPENED,
        stage=f"{code}#{len(m.events)}",
        code=code,
        parallel=m.draw(st.booleans()),
        on=m.draw(DATES),
    )


def end_stage(m):
    stage = m.pick(m.state.stages)
    return stage and m.event(m.draw(st.sampled_from([e.STAGE_COMPLETED, e.STAGE_LEFT])), stage=stage)


def make_task(m):
    code = m.draw(st.sampled_from(CODES))
    return m.event(
        e.TASK_CREATED,
        task=f"{code}#{len(m.events)}",
        code=code,
        stage=None,
        mandatory=True,
        kind="work",
        carry=False,
    )


def move_task(m):
    task = m.pick(m.state.tasks)
    if task is None:
        return None
    kind, data = m.draw(
        st.sampled_from(
            [
                (e.TASK_OPENED, {"owners": ["user:a"]}),
                (e.TASK_STARTED, {"on": "2026-11-03"}),
                (e.TASK_PLANNED, {"planned_start": "2026-11-03T09:00:00+00:00"}),
                (e.TASK_COMPLETED, {"on": "2026-11-04", "facts": {"value": 7}}),
                (e.TASK_CANCELLED, {}),
                (e.TASK_REOPENED, {}),
                (e.TASK_REASSIGNED, {"owners": []}),
                (e.TASK_ACTIVITY, {}),
            ]
        )
    )
    return m.event(kind, by=m.draw(PEOPLE), task=task, **data)


def wait_clock(m):
    task = m.pick(m.state.tasks)
    clock = f"{task}:{m.draw(st.sampled_from(CODES))}"
    return task and m.event(
        e.CLOCK_WAITING, clock=clock, code="a", kind="service", subject=f"task:{task}", calendar="c", run=0
    )


def amber(m):
    return {
        "name": "first",
        "on": m.draw(DATES),
        "at": m.draw(INSTANTS),
        "base_on": m.draw(DATES),
        "base_at": m.draw(INSTANTS),
    }


def move_clock(m):
    clock = m.pick(m.state.clocks)
    if clock is None:
        return None
    kind = m.draw(
        st.sampled_from(["start", e.CLOCK_PAUSED, e.CLOCK_RESUMED, e.CLOCK_BLOCKED, e.CLOCK_UNBLOCKED, "end"])
    )
    dates = {
        "due_on": m.draw(DATES),
        "due_at": m.draw(INSTANTS),
        "ambers": [amber(m)] if m.draw(st.booleans()) else [],
    }
    if kind == "start":
        more = {"run": len(m.events), "value": 4, "unit": "weeks", "counting": "within", "extended": 0}
        started = {
            "started_on": m.draw(DATES),
            "started_at": m.draw(INSTANTS),
            "original_due_on": m.draw(DATES),
        }
        return m.event(e.CLOCK_STARTED, clock=clock, **dates, **more, **started)
    if kind == "end":
        return m.event(e.CLOCK_ENDED, clock=clock, status="met", on=m.draw(st.none() | DATES))
    return m.event(kind, clock=clock, **dates)


def hold(m):
    scope = m.draw(st.sampled_from(["case", *sorted(m.state.tasks)]))
    return m.event(e.HELD, scope=scope, until=m.draw(st.none() | DATES), texts={"reason": m.draw(TEXT)})


def release(m):
    held = m.pick(m.state.holds)
    return held and m.event(e.RELEASED, by=m.draw(PEOPLE), hold=held)


def record(m):
    return m.event(
        e.EVENT_RECORDED,
        by=m.draw(PEOPLE),
        event="letter",
        on=m.draw(DATES),
        facts=m.draw(FACTS),
        texts=m.draw(SECRETS),
    )


def decide(m):
    return m.event(
        e.RUNG_DECIDED,
        subject="case", clock="-", run=1, rule=m.draw(st.sampled_from(CODES)), anchor="target", occurrence=0,
        outcome=m.draw(st.sampled_from(["fired", "errored"])), instant=m.draw(INSTANTS), on=m.draw(DATES),
        version=m.draw(st.none() | st.integers(1, 9)), notices=m.draw(st.integers(0, 3)),
        inputs=m.draw(st.none() | st.just({"value": 1})), retry_at=m.draw(st.none() | INSTANTS),
    )  # fmt: skip


def raise_or_flag(m):
    return m.draw(st.sampled_from([m.event(e.LEVEL_RAISED, level=2), m.event(e.FLAG_SET, flag="told")]))


def close(m):
    return m.event(e.CASE_STATUS, status=m.draw(st.sampled_from(["open", "closed"])), outcome=None)


def link(m):
    return m.event(e.CASE_LINKED, reference=m.draw(st.sampled_from(["HB-A", "HB-B"])), how="merged_from")


MOVES = (
    change, own, link, disown, open_stage, end_stage, make_task, make_task, move_task, move_task, wait_clock, move_clock,
    move_clock, hold, release, record, decide, raise_or_flag, close,
)  # fmt: skip


@settings(max_examples=examples(60))
@given(st.data())
def test_rows_equal_the_fold(shared_engine, data):
    machine = Machine(data.draw)
    case_id, erased = None, []
    for _ in range(data.draw(st.integers(1, 5), label="transactions")):
        with writing(shared_engine) as conn:
            loaded = cases.load(conn, [case_id])[0] if case_id else None
            before = loaded.state.copy() if loaded else None
            new = [x for x in (machine.step() for _ in range(data.draw(st.integers(1, 6)))) if x]
            [case_id] = save(conn, [CaseWrite(case_id, before, machine.state, new)])
            if data.draw(st.sampled_from([False] * 5 + [True]), label="erase"):
                erased.append(erase_personal(conn, machine.reference, "dpo", new[-1].at if new else START))
                machine.events.append(erased[-1])
                machine.state = apply(machine.state, erased[-1])
        with writing(shared_engine) as conn:
            [loaded] = cases.load(conn, [case_id])
            events = events_of(conn, case_id)
            assert loaded.state == fold(events) == machine.state
            assert list(loaded.state.tasks) == list(machine.state.tasks)
            assert list(loaded.state.rungs) == list(machine.state.rungs)
            if not erased:
                assert events == machine.events
