"""The ladder: which rungs there are, and when each falls due."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from homebuy_plugin.testing.worlds import (
    escalation_rules,
    new_case,
    shipped_world,
    small_world,
    with_rules,
    with_versions,
)
from homebuy_plugin.types import CaseChange, CaseFacts, TaskChange
from homebuy_plugin.workflow.ladders import NEEDS_OWNER
from homebuy_plugin.workflow.rungs import candidates


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


NOV2 = utc(2026, 11, 2, 10)


def notify(template="letter", *to):
    return {"name": "notify", "params": {"to": list(to) or ["task_owner"], "template": template}}


def rule(id, trigger, **more):
    return {"id": id, "trigger": trigger, "actions": [notify(id)], **more}


def clock(code="limit", value=5, unit="working_days", kind="service", *ambers, **more):
    amber = [{"name": n, "before": b} for n, b in ambers]
    return {
        "code": code,
        "kind": kind,
        "starts": ["stage.started"],
        "period": {"value": value, "unit": unit},
        "amber": amber,
        **more,
    }


def world_of(*clocks, rules=(), **task):
    job = {"code": "job", "name": "Job", "mandatory": True, "clocks": clocks, **task}
    work = {"code": "work", "name": "Work", "master_stage": "application", "next": [], "tasks": [job]}
    return with_rules(small_world(work, events=[{"code": "noted"}]), *escalation_rules(*rules))


def claim(world, at=NOV2, **more):
    owners = {"owners": more.pop("owners")} if "owners" in more else {}
    case = CaseFacts(
        **{"reference": "HB-1", "scheme": "right_to_buy", "served_on": date(2026, 11, 2), **more}
    )
    return new_case(world, case, at, **owners)


DAY, WEEK = {"value": 1, "unit": "days"}, {"value": 1, "unit": "weeks"}


# --- ambers and targets ----------------------------------------------------------------------------


def test_a_warning_names_its_rung_and_falls_due_at_the_opening():
    case = claim(
        world_of(clock("limit", 10, "days", "service", ("first", DAY)), rules=[rule("near", "amber")])
    )
    case.tick(utc(2026, 11, 20))
    # due Thursday 12 November; the day before opens at 09:00
    rung = case.rung("near")
    assert (rung.key, rung.instant, rung.on) == (
        ("task:job#1", "limit", 1, "near", "amber:first", 0),
        utc(2026, 11, 11, 9),
        date(2026, 11, 11),
    )


def test_a_rule_may_be_about_one_of_several_warnings():
    both = clock("limit", 10, "days", "service", ("first", {"value": 5, "unit": "days"}), ("last", DAY))
    rules = [rule("any", "amber"), rule("last", "amber", warning="last")]
    case = claim(world_of(both, rules=rules))
    case.tick(utc(2026, 11, 12, 12))
    assert [r.key[4] for r in case.rungs("any")] == ["amber:first", "amber:last"]
    assert [r.key[4] for r in case.rungs("last")] == ["amber:last"]


def test_a_rule_without_a_clock_makes_one_rung_for_each():
    rules = [
        rule("late", "target_exceeded"),
        rule("service", "target_exceeded", applies_to={"clock": "service"}),
        rule("one", "target_exceeded", applies_to={"clock": "limit"}),
    ]
    case = claim(world_of(clock(), clock("law", 3, "days", "statutory"), rules=rules))
    case.tick(utc(2026, 11, 20))
    assert [r.key[1] for r in case.rungs("late")] == ["law", "limit"]
    assert [r.key[1] for r in case.rungs("service")] == ["limit"]
    assert [r.key[1] for r in case.rungs("one")] == ["limit"]


@pytest.mark.parametrize(
    ("narrow", "fires"),
    [
        ({"tasks": ["job"]}, True),
        ({"tasks": ["other"]}, False),
        ({"stages": ["work"]}, True),
        ({"stages": ["other"]}, False),
        ({"subject": "stage"}, False),
        ({"clock": "statutory"}, False),
        ({"tasks": ["job"], "stages": ["work"], "clock": "limit"}, True),
    ],
)
def test_a_rule_narrows(narrow, fires):
    case = claim(world_of(clock(), rules=[rule("late", "target_exceeded", applies_to=narrow)]))
    case.tick(utc(2026, 11, 20))
    assert bool(case.rungs("late")) is fires


def test_a_task_made_ahead_counts_for_the_stage_it_will_stand_in():
    rules = escalation_rules(rule("late", "target_exceeded", applies_to={"stages": ["eligibility"]}))
    case = claim(with_rules(shipped_world(), *rules))
    case.tick(utc(2026, 12, 2))
    assert [r.key[0] for r in case.rungs("late")] == ["task:serve_rtb2#1"]


def test_schemes_and_companies_limit_a_rule():
    rules = [
        rule("other-scheme", "target_exceeded", schemes=["social_homebuy"]),
        rule("north", "target_exceeded", companies=["north"]),
        rule("all", "target_exceeded"),
    ]
    case = claim(world_of(clock(), rules=rules), company="south")
    case.tick(utc(2026, 11, 20))
    assert {k[3] for k in case.state.rungs} == {"all"}
    case = claim(world_of(clock(), rules=rules), company="north")
    case.tick(utc(2026, 11, 20))
    assert {k[3] for k in case.state.rungs} == {"all", "north"}


def test_at_one_instant_warnings_come_before_targets_and_the_built_in_notice_last():
    # due Sunday 8 November: both warnings are given at the opening of Friday 6
    law = clock("law", 6, "days", "statutory", ("first", {"value": 2, "unit": "days"}), ("last", DAY))
    case = claim(world_of(law, rules=[rule("near", "amber"), rule("z", "amber", warning="first")]))
    order = [(c.key[3], c.key[4]) for c in candidates(case._bench(NOV2))]
    assert order == [
        ("near", "amber:first"),
        ("near", "amber:last"),
        ("z", "amber:first"),
        ("statutory_target_passed", "target"),
    ]


@pytest.mark.parametrize("night", [date(2026, 10, 25), date(2027, 3, 28)])
def test_in_the_nights_the_clocks_change_each_rung_is_decided_once(night):
    # a target on the Saturday, exceeded at the midnight in which the Sunday of the change begins
    saturday = night - timedelta(days=1)
    law = clock(
        "law", 1, "days", "statutory", ("first", {"value": 2, "unit": "hours"}), starts=["case.served_on"]
    )
    case = claim(
        world_of(law, rules=[rule("near", "amber"), rule("late", "target_exceeded")]),
        at=datetime.combine(saturday - timedelta(days=1), time(12), UTC),
        served_on=saturday - timedelta(days=1),
    )
    at = datetime.combine(saturday, time(20), UTC)
    for _ in range(60):
        at += timedelta(minutes=10)
        case.tick(at)
    assert [(r.key[3], r.outcome) for r in case.state.rungs.values()] == [
        ("near", "fired"),
        ("late", "fired"),
    ]
    assert case.rung("late").instant == case.world.home.midnight(night)


# --- follow-ons ------------------------------------------------------------------------------------


def follow(id="later", follows="late", value=5, unit="days", **more):
    return rule(id, "follow_on", follows=follows, after={"value": value, "unit": unit}, **more)


LATE = rule("late", "target_exceeded")


def test_a_follow_on_counts_from_the_target_date_and_never_from_the_sending():
    # due Monday 9 November; found on Thursday 12
    case = claim(world_of(clock(), rules=[LATE, follow()]))
    case.tick(utc(2026, 11, 12, 12))
    assert case.rungs("later") == []
    case.tick(utc(2026, 11, 30))
    # five days overdue is Saturday 14 November: Monday's opening
    rung = case.rung("later")
    assert (rung.instant, rung.on, rung.key[4]) == (utc(2026, 11, 16, 9), date(2026, 11, 14), "after:late")


@pytest.mark.parametrize(
    ("value", "unit", "instant"),
    [
        (1, "days", utc(2026, 11, 10, 9)),
        (2, "working_days", utc(2026, 11, 11, 9)),
        # working time from midnight after the due date
        (3, "hours", utc(2026, 11, 10, 12)),
        (30, "minutes", utc(2026, 11, 10, 9, 30)),
        (1, "months", utc(2026, 12, 9, 9)),
    ],
)
def test_a_follow_on_in_every_unit(value, unit, instant):
    case = claim(world_of(clock(), rules=[LATE, follow(value=value, unit=unit)]))
    case.tick(utc(2026, 12, 20))
    assert case.rung("later").instant == instant


def test_repeats_are_bounded_and_stay_on_the_grid():
    repeated = follow(repeat={"every": WEEK, "times": 4})
    case = claim(world_of(clock(), rules=[LATE, repeated]))
    case.tick(utc(2027, 3, 1))
    # Saturday 14, 21, 28 November, 5 and 12 December, each told at Monday's opening
    assert [(r.key[5], r.on, r.instant) for r in case.rungs("later")] == [
        (0, date(2026, 11, 14), utc(2026, 11, 16, 9)),
        (1, date(2026, 11, 21), utc(2026, 11, 23, 9)),
        (2, date(2026, 11, 28), utc(2026, 11, 30, 9)),
        (3, date(2026, 12, 5), utc(2026, 12, 7, 9)),
        (4, date(2026, 12, 12), utc(2026, 12, 14, 9)),
    ]


def test_the_grid_of_months_does_not_drift_at_a_short_one():
    repeated = follow(value=0, unit="days", repeat={"every": {"value": 1, "unit": "months"}, "times": 3})
    # due Sunday 31 January 2027
    case = claim(world_of(clock("limit", 90, "days"), rules=[LATE, repeated]))
    case.tick(utc(2027, 6, 1))
    assert [r.on for r in case.rungs("later")] == [
        date(2027, 1, 31),
        date(2027, 2, 28),
        date(2027, 3, 31),
        date(2027, 4, 30),
    ]


def test_the_repeats_of_a_breach_in_november_skip_the_christmas_closure_without_moving_the_grid():
    case = claim(shipped_world())
    case.tick(utc(2027, 2, 1))
    told = case.rungs("rtb2-overdue-head-of-service")
    # five days after Monday 30 November is Saturday 5 December, then weekly
    assert [r.instant for r in told] == [
        utc(2026, 12, 7, 9),
        utc(2026, 12, 14, 9),
        utc(2026, 12, 21, 9),
        utc(2026, 12, 29, 9),
        utc(2027, 1, 4, 9),
    ]


def test_a_ladder_stops_when_the_task_is_done():
    case = claim(world_of(clock(), rules=[LATE, follow(repeat={"every": WEEK, "times": 4})]))
    case.tick(utc(2026, 11, 17))
    case.complete("job", at=utc(2026, 11, 18, 12))
    case.tick(utc(2027, 3, 1))
    assert len(case.rungs("later")) == 1
    assert case.wakeups() == {}


NEVER = {"all": [{"name": "patch", "operator": "equal_to", "value": "nowhere"}]}


def test_a_rule_that_did_not_fire_arms_nothing():
    case = claim(world_of(clock(), rules=[{**LATE, "conditions": NEVER}, follow()]))
    case.tick(utc(2026, 12, 20))
    assert (case.rung("late").outcome, case.rungs("later")) == ("not_fired", [])


def test_one_that_did_not_fire_and_was_carried_over_arms_nothing_either():
    rules = [{**LATE, "conditions": NEVER}, follow()]
    case = claim(world_of(clock("law", 10, "days", "statutory", starts=["case.served_on"]), rules=rules))
    case.tick(utc(2026, 11, 13))
    case.play(CaseChange.update(served_on=date(2026, 10, 30)), utc(2026, 11, 13, 10))
    assert case.rung("late", run=2).outcome == "carried"
    case.play(CaseChange.update(served_on=date(2026, 10, 29)), utc(2026, 11, 13, 11))
    assert case.rung("late", run=3).outcome == "carried"
    case.tick(utc(2026, 12, 20))
    assert case.rungs("later") == []


def test_a_watched_rule_arms_nothing():
    case = claim(world_of(clock(), rules=[{**LATE, "state": "watch"}, follow()]))
    case.tick(utc(2026, 12, 20))
    assert (case.rung("late").outcome, case.rungs("later")) == ("not_fired", [])


def test_one_carried_over_arms_what_follows_from_its_new_date():
    law = clock("law", 10, "days", "statutory", starts=["case.served_on"])
    case = claim(world_of(law, rules=[LATE, follow(value=10)]))
    case.tick(utc(2026, 11, 13))
    case.play(CaseChange.update(served_on=date(2026, 10, 30)), utc(2026, 11, 13, 10))
    case.tick(utc(2026, 12, 20))
    # due 9 November in the second run; ten days later is Thursday 19 November
    assert [(r.key[2], r.instant) for r in case.rungs("later")] == [(2, utc(2026, 11, 19, 9))]
    assert len(case.sent("late")) == 1


def test_follow_ons_may_follow_each_other():
    rules = [LATE, follow(), follow("latest", "later", 2)]
    case = claim(world_of(clock(), rules=rules))
    case.tick(utc(2026, 12, 20))
    # counted from Saturday 14 November, the date of the one before
    assert case.rung("latest").instant == utc(2026, 11, 16, 9)
    assert case.rung("latest").on == date(2026, 11, 16)


def test_a_follow_on_may_narrow_what_it_inherits():
    rules = [LATE, follow(applies_to={"clock": "other"})]
    case = claim(world_of(clock(), clock("other"), rules=rules))
    case.tick(utc(2026, 12, 20))
    assert [r.key[1] for r in case.rungs("later")] == ["other"]


# --- stagnant --------------------------------------------------------------------------------------


def quiet(id="quiet", **more):
    return rule(id, "stagnant", after={"value": 5, "unit": "working_days"}, **more)


def test_a_silence_is_told_once_and_its_follow_on_counts_from_it():
    case = claim(world_of(rules=[quiet(), follow(follows="quiet")]))
    case.tick(utc(2027, 1, 20))
    # open since Monday 2 November: the fifth working day after it is Monday 9 November
    assert [r.instant for r in case.rungs("quiet")] == [utc(2026, 11, 9, 9)]
    assert [r.instant for r in case.rungs("later")] == [utc(2026, 11, 16, 9)]


@pytest.mark.parametrize(
    ("change", "task"),
    [
        (TaskChange.start(by="x"), "job"),
        (TaskChange.activity(by="x"), "job"),
        (TaskChange.reassign("jo", by="x"), "job"),
        (TaskChange.revise(date(2026, 11, 20), "later", by="x"), "job"),
        (CaseChange.update(facts={"patch": "N1"}, by="x"), ""),
        (CaseChange.reassign("jo", by="x"), ""),
        (CaseChange.record("noted", by="x"), ""),
    ],
)
def test_what_a_person_does_ends_the_silence(change, task):
    case = claim(world_of(clock(value=20), rules=[quiet()])).play(change, utc(2026, 11, 5, 10), task)
    case.tick(utc(2026, 11, 30))
    assert [r.instant for r in case.rungs("quiet")] == [utc(2026, 11, 12, 9)]


@pytest.mark.parametrize(
    ("change", "task"),
    [
        (TaskChange.reassign("jo"), "job"),
        (CaseChange.update(facts={"patch": "N1"}), ""),
        (CaseChange.reassign("jo"), ""),
    ],
)
def test_what_the_system_does_ends_no_silence(change, task):
    case = claim(world_of(rules=[quiet()])).play(change, utc(2026, 11, 5, 10), task)
    case.tick(utc(2026, 11, 30))
    assert [r.instant for r in case.rungs("quiet")] == [utc(2026, 11, 9, 9)]


def test_another_task_done_ends_no_silence_unless_it_brings_facts():
    work = {
        "code": "work",
        "name": "Work",
        "master_stage": "application",
        "next": [],
        "tasks": [{"code": c, "name": c, "mandatory": True, "clocks": []} for c in ("a", "b", "c")],
    }
    case = claim(with_rules(small_world(work), *escalation_rules(quiet())))
    case.complete("a", at=utc(2026, 11, 4, 10))
    case.tick(utc(2026, 11, 9, 10))
    assert {r.key[0] for r in case.rungs("quiet")} == {"task:b#1", "task:c#1"}
    case.complete("b", at=utc(2026, 11, 11, 10), facts={"patch": "N1"})
    case.tick(utc(2026, 11, 30))
    assert [r.instant for r in case.rungs("quiet") if r.key[0] == "task:c#1"][1:] == [utc(2026, 11, 18, 9)]


def test_a_task_on_hold_is_silent_in_its_own_way():
    held = rule("held", "stagnant", after={"value": 5, "unit": "working_days"}, task_state="on_hold")
    case = claim(world_of(rules=[quiet(), held]))
    case.play(TaskChange.hold("x", by="x"), utc(2026, 11, 4, 10), "job")
    case.tick(utc(2026, 11, 30))
    assert case.rungs("quiet") == []
    assert [r.instant for r in case.rungs("held")] == [utc(2026, 11, 11, 9)]
    case.play(TaskChange.release(by="x"), utc(2026, 12, 1, 10), "job")
    case.tick(utc(2026, 12, 31))
    assert [r.instant for r in case.rungs("quiet")] == [utc(2026, 12, 8, 9)]


def test_the_tasks_of_a_case_on_hold_are_on_hold():
    held = rule("held", "stagnant", after={"value": 5, "unit": "working_days"}, task_state="on_hold")
    case = claim(world_of(rules=[quiet(), held])).play(CaseChange.hold("x"), utc(2026, 11, 4, 10))
    case.tick(utc(2026, 11, 30))
    assert (len(case.rungs("quiet")), len(case.rungs("held"))) == (0, 1)


def test_a_revised_target_is_a_sign_of_life_whoever_recorded_it():
    case = claim(world_of(clock(value=20), rules=[quiet()]))
    case.play(TaskChange.revise(date(2026, 11, 20), "x"), utc(2026, 11, 5, 10), "job")
    case.tick(utc(2026, 11, 30))
    assert [r.instant for r in case.rungs("quiet")] == [utc(2026, 11, 12, 9)]


# --- events ----------------------------------------------------------------------------------------


def test_an_event_rung_fires_at_once_for_each_event():
    case = claim(world_of(rules=[rule("seen", "event", event="noted"), follow(follows="seen")]))
    for day in (4, 6):
        case.play(CaseChange.record("noted"), utc(2026, 11, day, 10))
    assert [r.instant for r in case.rungs("seen")] == [utc(2026, 11, 4, 10), utc(2026, 11, 6, 10)]
    case.tick(utc(2026, 12, 1))
    assert [r.on for r in case.rungs("later")] == [date(2026, 11, 9), date(2026, 11, 11)]


def test_the_follow_on_of_an_event_counts_from_the_day_it_happened():
    case = claim(world_of(rules=[rule("seen", "event", event="noted"), follow(follows="seen")]))
    case.play(CaseChange.record("noted", on=date(2026, 11, 2)), utc(2026, 11, 6, 10))
    case.tick(utc(2026, 12, 1))
    assert case.rung("seen").instant == utc(2026, 11, 6, 10)
    assert case.rung("later").on == date(2026, 11, 7)


# --- nobody's case ---------------------------------------------------------------------------------


def test_a_case_without_an_owner_tells_the_manager_every_working_day_for_a_week():
    # created on Friday 6 November at 18:00, after hours
    case = claim(world_of(), utc(2026, 11, 6, 18), owners=())
    assert case.state.needs_owner
    case.tick(utc(2027, 1, 1))
    assert [r.instant for r in case.rungs(NEEDS_OWNER)] == [utc(2026, 11, 9 + n, 9) for n in range(5)]
    assert {n.recipient.id for n in case.notices if n.template == NEEDS_OWNER} == {
        "m.jones",
        "home_ownership",
    }


def test_the_ladder_of_an_unowned_case_ends_with_an_owner():
    case = claim(world_of(), owners=())
    case.tick(utc(2026, 11, 4, 10))
    case.play(CaseChange.reassign("jo", by="m.jones"), utc(2026, 11, 4, 11))
    case.tick(utc(2027, 1, 1))
    assert (case.state.needs_owner, len(case.rungs(NEEDS_OWNER))) == (False, 3)


# --- versions --------------------------------------------------------------------------------------


def versions(*dated):
    return with_versions(world_of(clock()), *((since, escalation_rules(*rules)) for since, rules in dated))


def test_the_version_last_published_before_its_instant_decides_a_rung():
    # due Monday 9 November, so the target falls due on Tuesday 00:00
    for since, version in ((utc(2026, 11, 9, 23), 2), (utc(2026, 11, 10), 2), (utc(2026, 11, 10, 0, 1), 1)):
        case = claim(versions((None, [LATE]), (since, [{**LATE, "name": "New"}])))
        case.tick(utc(2026, 11, 20))
        assert case.rung("late").version == version, since


def test_a_rule_never_fires_for_an_instant_before_it_was_published():
    case = claim(versions((None, []), (utc(2026, 11, 12), [LATE, follow()])))
    case.tick(utc(2026, 12, 20))
    assert case.state.rungs == {}


def test_a_rule_gone_from_a_later_version_stops():
    repeated = follow(value=1, repeat={"every": DAY, "times": 5})
    case = claim(versions((None, [LATE, repeated]), (utc(2026, 11, 12), [LATE])))
    case.tick(utc(2026, 12, 20))
    assert [r.instant for r in case.rungs("later")] == [utc(2026, 11, 10, 9), utc(2026, 11, 11, 9)]


@pytest.mark.parametrize(
    ("start", "end", "fires"),
    [
        ("2026-11-10", None, True),
        ("2026-11-11", None, False),
        (None, "2026-11-10", False),
        (None, "2026-11-11", True),
    ],
)
def test_effective_dates_are_half_open_local_dates_of_the_instant(start, end, fires):
    dated = {**LATE, "effective_from": start, "effective_to": end}
    case = claim(world_of(clock(), rules=[dated]))
    case.tick(utc(2026, 11, 20))
    assert bool(case.rungs("late")) is fires


def test_a_closed_case_has_no_ladder():
    case = claim(world_of(clock(), rules=[LATE, follow()])).complete("job", at=NOV2)
    case.play(CaseChange.close("done"), NOV2)
    assert case.wakeups() == {}
