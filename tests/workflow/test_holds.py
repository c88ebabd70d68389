"""Holds: service clocks move by the union of held working time, dates set by law by nothing."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homebuy_plugin.clock.holds import merge
from homebuy_plugin.testing.effort import examples
from homebuy_plugin.testing.worlds import escalation_rules, new_case, shipped_world, small_world, with_rules
from homebuy_plugin.types import CaseChange, CaseFacts, TaskChange
from homebuy_plugin.workflow.dating import shifted


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def clock(code="limit", value=5, unit="working_days", **more):
    period = {"value": value, "unit": unit}
    amber = [{"name": "first", "before": {"value": 1, "unit": "working_days"}}]
    return {
        "code": code,
        "kind": "service",
        "starts": ["stage.started"],
        "period": period,
        "amber": amber,
        **more,
    }


def world_with(*clocks, rules=(), **task):
    job = {"code": "job", "name": "Job", "mandatory": True, "clocks": clocks, **task}
    made = small_world(
        {"code": "work", "name": "Work", "master_stage": "application", "next": [], "tasks": [job]},
        events=[{"code": "noted"}],
    )
    return with_rules(made, *rules)


def started(world, at):
    """A case of Monday 2 November 2026, or of the instant given."""
    case = CaseFacts(reference="HB-1", scheme="right_to_buy", served_on=date(2026, 11, 2))
    return new_case(world, case, at)


MONDAY = utc(2026, 11, 2, 10)
HOLD, RELEASE = TaskChange.hold("waiting for the tenant", by="x"), TaskChange.release(by="x")
CASE_HOLD, CASE_RELEASE = CaseChange.hold("a dispute", by="x"), CaseChange.release(by="x")


def test_a_hold_moves_a_service_target_by_the_working_days_it_took():
    case = started(world_with(clock()), MONDAY)
    assert case.clock("limit").due_on == date(2026, 11, 9)
    case.play(HOLD, utc(2026, 11, 3, 12), "job")
    assert case.clock("limit").paused_at == utc(2026, 11, 3, 12)
    case.play(RELEASE, utc(2026, 11, 6, 12), "job")
    # Wednesday, Thursday and Friday opened while it was held
    assert case.clock("limit").due_on == date(2026, 11, 12)
    assert [(a.on, a.at) for a in case.clock("limit").ambers] == [(date(2026, 11, 11), utc(2026, 11, 11, 9))]


def test_a_hold_begins_no_new_run():
    case = started(world_with(clock()), MONDAY)
    case.play(HOLD, utc(2026, 11, 3, 12), "job").play(RELEASE, utc(2026, 11, 6, 12), "job")
    assert case.clock("limit").run == 1


def test_overlapping_holds_count_once():
    case = started(world_with(clock()), MONDAY)
    case.play(HOLD, utc(2026, 11, 3, 12), "job")
    case.play(CASE_HOLD, utc(2026, 11, 4, 12))
    case.play(RELEASE, utc(2026, 11, 6, 12), "job")
    assert case.clock("limit").paused_at is not None
    case.play(CASE_RELEASE, utc(2026, 11, 10, 12))
    # held from Tuesday noon to Tuesday noon: five openings
    assert case.clock("limit").due_on == date(2026, 11, 16)


def test_two_holds_of_one_task_end_together():
    case = started(world_with(clock()), MONDAY)
    case.play(HOLD, utc(2026, 11, 3, 12), "job").play(HOLD, utc(2026, 11, 4, 12), "job")
    case.play(RELEASE, utc(2026, 11, 5, 12), "job")
    assert case.task("job").status == "open"
    assert case.clock("limit").due_on == date(2026, 11, 11)


def test_a_hold_across_a_bank_holiday_counts_working_days_only():
    case = started(world_with(clock(value=10)), utc(2026, 12, 21, 10))
    # ten working days from Monday 21 December, without 25 and 28 December and 1 January
    assert case.clock("limit").due_on == date(2027, 1, 7)
    case.play(HOLD, utc(2026, 12, 24, 12), "job").play(RELEASE, utc(2026, 12, 30, 12), "job")
    # 29 and 30 December opened while it was held
    assert case.clock("limit").due_on == date(2027, 1, 11)


def test_a_hold_within_one_day_moves_no_date():
    case = started(world_with(clock()), MONDAY)
    case.play(HOLD, utc(2026, 11, 3, 10), "job").play(RELEASE, utc(2026, 11, 3, 15), "job")
    assert case.clock("limit").due_on == date(2026, 11, 9)


@pytest.mark.parametrize(
    ("days", "held", "released", "due"),
    [
        # due Tue 3 Nov, held from its noon; released on Thursday before the opening: one morning was held
        (1, utc(2026, 11, 3, 12), utc(2026, 11, 5, 8), date(2026, 11, 5)),
        # due Fri 6 Nov, held from its evening to Monday morning: no working time, but Friday is over
        (4, utc(2026, 11, 6, 18), utc(2026, 11, 9, 8), date(2026, 11, 9)),
        # released on a Saturday: the first day that anything can be done is Monday
        (1, utc(2026, 11, 3, 12), utc(2026, 11, 7, 12), date(2026, 11, 9)),
        # passed already when the hold began
        (1, utc(2026, 11, 4, 12), utc(2026, 11, 9, 12), date(2026, 11, 3)),
    ],
)
def test_a_target_does_not_pass_within_a_hold(days, held, released, due):
    case = started(world_with(clock(value=days, amber=[])), MONDAY)
    case.play(HOLD, held, "job").play(RELEASE, released, "job")
    assert case.clock("limit").due_on == due


def test_a_hold_moves_a_clock_in_hours_by_working_time():
    case = started(world_with(clock(value=6, unit="hours", amber=[])), MONDAY)
    assert case.clock("limit").due_at == utc(2026, 11, 2, 16)
    case.play(HOLD, utc(2026, 11, 2, 11), "job").play(RELEASE, utc(2026, 11, 3, 10), "job")
    # six hours were open from 11:00 to 17:00, and one from 9:00: seven hours later
    assert case.clock("limit").due_at == utc(2026, 11, 3, 15)


def test_a_warning_some_hours_before_a_target_in_days_keeps_its_place_in_the_day():
    amber = [{"name": "first", "before": {"value": 4, "unit": "hours"}}]
    case = started(world_with(clock(value=1, amber=amber)), MONDAY)
    assert case.clock("limit").ambers[0].at == utc(2026, 11, 3, 13)
    case.play(HOLD, utc(2026, 11, 2, 12), "job").play(RELEASE, utc(2026, 11, 4, 12), "job")
    assert case.clock("limit").due_on == date(2026, 11, 5)
    assert case.clock("limit").ambers[0].at == utc(2026, 11, 5, 13)


def test_a_hold_over_the_change_of_the_clocks():
    case = started(world_with(clock()), utc(2026, 10, 21, 10))
    assert case.clock("limit").due_on == date(2026, 10, 28)
    # held from Friday 23 October to Tuesday 27 October; summer time ends on the Sunday
    case.play(HOLD, utc(2026, 10, 23, 7), "job").play(RELEASE, utc(2026, 10, 27, 9, 30), "job")
    assert case.clock("limit").due_on == date(2026, 11, 2)
    # Friday's opening is 08:00 UTC, in summer time, and so fell within the hold
    assert case.clock("limit").due_at == utc(2026, 11, 3)


def test_a_hold_until_a_date_ends_by_itself_at_the_opening_of_it():
    case = started(world_with(clock()), MONDAY)
    case.play(TaskChange.hold("x", until=date(2026, 11, 7)), utc(2026, 11, 3, 12), "job")
    assert "release:" in " ".join(case.wakeups())
    case.tick(utc(2026, 11, 20))
    # Saturday is closed: Monday 9 November 09:00
    released = case.history("released")[-1]
    assert (released.at, released.by) == (utc(2026, 11, 9, 9), None)
    assert case.clock("limit").due_on == date(2026, 11, 12)


def test_a_hold_released_early_takes_only_what_it_took():
    case = started(world_with(clock()), MONDAY)
    case.play(TaskChange.hold("x", until=date(2026, 11, 20)), utc(2026, 11, 3, 12), "job")
    case.play(RELEASE, utc(2026, 11, 4, 12), "job")
    assert case.clock("limit").due_on == date(2026, 11, 10)
    case.tick(utc(2026, 11, 25))
    assert len(case.history("released")) == 1


def test_no_hold_moves_a_date_set_by_law():
    case = new_case(
        shipped_world(),
        CaseFacts(reference="HB-1", scheme="right_to_buy", served_on=date(2026, 11, 2)),
        MONDAY,
    )
    case.play(CASE_HOLD, utc(2026, 11, 3, 12)).play(HOLD, utc(2026, 11, 4, 12), "serve_rtb2")
    assert "law" in " ".join(case.because)
    case.tick(utc(2026, 12, 2))
    limit = case.clock("section_124")
    assert (limit.status, limit.due_on, limit.paused_at) == ("running", date(2026, 11, 30), None)
    assert case.rung("rtb2-overdue").instant == utc(2026, 12, 1)
    assert case.rung("held-past-legal-date").outcome == "fired"
    case.play(CASE_RELEASE, utc(2026, 12, 3, 12))
    assert case.clock("section_124").due_on == date(2026, 11, 30)


def test_while_held_a_service_target_passes_in_silence_and_the_task_reads_paused():
    rules = escalation_rules(
        {
            "id": "late",
            "trigger": "target_exceeded",
            "actions": [{"name": "raise_level", "params": {"level": 1}}],
        }
    )
    case = started(world_with(clock(), rules=rules), MONDAY).play(HOLD, utc(2026, 11, 3, 12), "job")
    case.tick(utc(2026, 12, 1))
    assert case.rungs("late") == []
    assert case.outcome(utc(2026, 12, 1)).tasks[0].clocks[0].status == "paused"


def test_holds_move_what_is_left_of_a_ladder_too():
    rules = escalation_rules(
        {
            "id": "late",
            "trigger": "target_exceeded",
            "actions": [{"name": "raise_level", "params": {"level": 1}}],
        },
        {
            "id": "later",
            "trigger": "follow_on",
            "follows": "late",
            "after": {"value": 2, "unit": "days"},
            "actions": [{"name": "raise_level", "params": {"level": 2}}],
        },
    )
    case = started(world_with(clock(), rules=rules), MONDAY)
    case.tick(utc(2026, 11, 10, 12))
    # due Monday 9 November; the follow-on would stand on Wednesday 11
    case.play(HOLD, utc(2026, 11, 10, 12), "job").play(RELEASE, utc(2026, 11, 12, 12), "job")
    case.tick(utc(2026, 11, 30))
    assert case.rung("later").instant == utc(2026, 11, 13, 9)


def test_a_clock_dated_anew_counts_the_holds_it_had():
    branches = [
        {
            "when": {"all": [{"name": "property_type", "operator": "equal_to", "value": "flat"}]},
            "value": 8,
            "unit": "working_days",
        },
        {"value": 5, "unit": "working_days"},
    ]
    case = started(world_with(clock(period=branches)), MONDAY)
    case.play(HOLD, utc(2026, 11, 3, 12), "job").play(RELEASE, utc(2026, 11, 5, 12), "job")
    assert case.clock("limit").due_on == date(2026, 11, 11)
    case.play(CaseChange.update(facts={"property_type": "flat"}), utc(2026, 11, 6, 9))
    # eight working days are 12 November, and two more were held
    assert (case.clock("limit").run, case.clock("limit").due_on) == (2, date(2026, 11, 16))
    assert case.folded() == case.state


def test_a_clock_dated_anew_while_held_goes_on_being_held():
    branches = [
        {
            "when": {"all": [{"name": "property_type", "operator": "equal_to", "value": "flat"}]},
            "value": 8,
            "unit": "working_days",
        },
        {"value": 5, "unit": "working_days"},
    ]
    case = started(world_with(clock(period=branches)), MONDAY).play(HOLD, utc(2026, 11, 3, 12), "job")
    case.play(CaseChange.update(facts={"property_type": "flat"}), utc(2026, 11, 4, 12))
    assert case.clock("limit").paused_at == utc(2026, 11, 3, 12)
    case.play(RELEASE, utc(2026, 11, 5, 12), "job")
    assert case.clock("limit").due_on == date(2026, 11, 16)


def test_a_hold_before_the_start_of_a_clock_takes_nothing_from_it():
    later = clock(starts=["event:noted"])
    case = started(world_with(later), MONDAY).play(CASE_HOLD, utc(2026, 11, 3, 12))
    case.play(CaseChange.record("noted", on=date(2026, 11, 5)), utc(2026, 11, 5, 12))
    assert case.clock("limit").paused_at == utc(2026, 11, 5, 12)
    case.play(CASE_RELEASE, utc(2026, 11, 6, 12))
    # five working days from Thursday 5 November, and the opening of Friday
    assert case.clock("limit").due_on == date(2026, 11, 13)


def test_a_hold_of_a_task_leaves_the_clock_of_its_stage_alone():
    world = small_world(
        {
            "code": "work",
            "name": "Work",
            "master_stage": "application",
            "next": [],
            "clocks": [clock("whole")],
            "tasks": [{"code": "job", "name": "Job", "mandatory": True, "clocks": [clock()]}],
        }
    )
    case = started(world, MONDAY).play(HOLD, utc(2026, 11, 3, 12), "job")
    assert case.clock("limit").paused_at is not None
    assert case.clock("whole").paused_at is None
    case.play(CASE_HOLD, utc(2026, 11, 4, 12))
    assert case.clock("whole").paused_at == utc(2026, 11, 4, 12)


def test_completing_a_held_task_releases_it_and_judges_it_by_what_was_left():
    case = started(world_with(clock(value=2)), MONDAY).play(HOLD, utc(2026, 11, 3, 12), "job")
    case.complete("job", at=utc(2026, 11, 12, 12))
    assert case.clock("limit").status == "met"
    assert case.state.active_holds() == []


@pytest.mark.parametrize("scope", ["job", ""])
def test_a_pending_task_on_hold_waits_to_be_released(scope):
    world = small_world(
        {
            "code": "work",
            "name": "Work",
            "master_stage": "application",
            "next": [],
            "tasks": [
                {"code": "first", "name": "First", "mandatory": True, "clocks": []},
                {"code": "job", "name": "Job", "mandatory": True, "after": ["first"], "clocks": [clock()]},
            ],
        }
    )
    case = started(world, MONDAY)
    case.play(HOLD if scope else CASE_HOLD, utc(2026, 11, 3, 12), scope).complete(
        "first", at=utc(2026, 11, 4, 12)
    )
    assert case.task("job").status == ("on_hold" if scope else "open")
    case.play(RELEASE if scope else CASE_RELEASE, utc(2026, 11, 5, 12), scope)
    assert case.task("job").status == "open"


# --- 5: by the union of held working time ----------------------------------------------------------

SPELL = st.tuples(st.sampled_from(["job", "case"]), st.integers(1, 500), st.integers(1, 120))


@given(
    spells=st.lists(SPELL, min_size=1, max_size=6), unit=st.sampled_from(["working_days", "hours", "days"])
)
@settings(max_examples=examples(80))
def test_a_service_target_moves_by_the_union_of_the_holds_that_began_before_it(spells, unit):
    case = started(world_with(clock(value=30, unit=unit, amber=[])), MONDAY)
    base, steps = case.clock("limit"), []
    for scope, start, length in spells:
        hold = HOLD if scope == "job" else CASE_HOLD
        steps += [(start, 0, hold, scope), (start + length, 1, None, scope)]
    held, intervals = {"job": [], "case": []}, []
    for hours, _, change, scope in sorted(steps, key=lambda s: s[:2]):
        at = MONDAY + timedelta(hours=hours)
        task = "job" if scope == "job" else ""
        if change is not None:
            case.play(change, at, task)
            held[scope].append(at)
        elif held[scope]:
            # a release ends every hold of its scope
            intervals += [(since, at) for since in held[scope]]
            held[scope].clear()
            case.play(RELEASE if task else CASE_RELEASE, at, task)
    calendar = case.world.home
    union = merge(intervals)
    on, at = shifted(base.due_on, base.due_at, union, unit, calendar)
    now = case.clock("limit")
    assert now.paused_at is None
    assert (now.due_on, now.due_at) == (on, at)
    assert now.pauses == union
    assert case.folded() == case.state
