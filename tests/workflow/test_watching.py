"""Between two rounds only the clocks are looked at that something may have moved; none is overlooked."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homebuy_plugin.testing.effort import examples
from homebuy_plugin.testing.worlds import new_case, shipped_world, small_world
from homebuy_plugin.types import CaseChange, CaseFacts
from homebuy_plugin.workflow import clocks
from homebuy_plugin.workflow.watching import Watch

START = datetime(2026, 11, 2, 10, tzinfo=UTC)


def task(code, *clocks, **more):
    return {"code": code, "name": code, "mandatory": True, "clocks": clocks, **more}


def clock(code, starts, **more):
    period = {"value": 10, "unit": "days"}
    return {"code": code, "kind": "service", "starts": starts, "period": period, **more}


def stage(code, *tasks, **more):
    return {"code": code, "name": code, "master_stage": "application", "next": [], "tasks": tasks, **more}


def claim(world, at=START):
    facts = CaseFacts(reference="HB-1", scheme="right_to_buy", served_on=date(2026, 11, 2))
    return new_case(world, facts, at)


def happened(case):
    return [(e.kind, e.at, e.data) for e in case.events], case.wakeups()


# --- nothing is overlooked -------------------------------------------------------------------------


@given(data=st.data())
@settings(max_examples=examples(60))
def test_to_look_at_what_was_touched_is_to_look_at_everything(landlord, data):
    hours = data.draw(st.lists(st.integers(1, 500), min_size=3, max_size=10, unique=True).map(sorted))
    script = [(h, data.draw(st.sampled_from(landlord.menu))) for h in hours]

    def played():
        case = landlord.case(landlord.world())
        for at, step in script:
            landlord.attempt(case, step, at)
        return happened(case)

    careful = played()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Watch, "touched", lambda *_: None)
        assert played() == careful


def test_a_clock_that_reads_what_is_open_is_looked_at_when_a_task_opens():
    is_open = {"all": [{"name": "tasks_open", "operator": "contains", "value": "job"}]}
    case = claim(
        small_world(stage("work", task("job"), clocks=[clock("w", ["stage.started"], when=is_open)]))
    )
    assert case.clock("w").due_on == date(2026, 11, 12)


def test_the_clock_of_a_stage_that_opens_is_looked_at():
    following = [{"stage": "next", "opens": "automatic"}]
    later = stage("next", task("other"), clocks=[clock("w", ["stage.started"])])
    case = claim(small_world({**stage("work", task("job")), "next": following}, later))
    case.complete("job", at=datetime(2026, 11, 3, 10, tzinfo=UTC))
    assert case.clock("w").due_on == date(2026, 11, 13)


def test_a_clock_that_names_a_task_is_looked_at_when_that_task_is_reopened():
    again = {"on": "event:again", "reopens": True}
    world = small_world(
        stage(
            "work",
            task("before", clock("until", ["case.served_on"], ends=["task.completed:job"])),
            task("job", clock("own", ["case.served_on"], restarts=[again])),
        ),
        events=[{"code": "again"}],
    )
    case = claim(world).complete("job", at=datetime(2026, 11, 3, 10, tzinfo=UTC))
    assert case.clock("until").status == "cancelled"
    case.play(CaseChange.record("again", by="p.shah"), datetime(2026, 11, 4, 10, tzinfo=UTC))
    assert case.task("job").status == "open"
    assert case.clock("until").status == "running"


def test_what_it_does_not_know_makes_it_look_at_everything():
    case = claim(shipped_world())._bench(START)
    watch = Watch.over(case)
    assert watch.touched(case) is None
    assert watch.touched(case) == set()
    case.emit("flag_set", START, flag="x")
    assert watch.touched(case) is None


# --- and what needs no look gets none --------------------------------------------------------------


def test_a_round_in_which_nothing_happens_looks_at_no_clock(monkeypatch):
    looks = []
    real = clocks._reconcile_one
    monkeypatch.setattr(clocks, "_reconcile_one", lambda *given: looks.append(given) or real(*given))
    case = claim(shipped_world())
    # once when they are made; then the one of the task made for the law, and those of the two tasks opened
    assert len(case.state.clocks) == 6
    assert len(looks) == 6 + 2
