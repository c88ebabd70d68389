"""Late ticks: every rung is decided; what is still worth sending is sent."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from homebuy_plugin.testing.worlds import escalation_rules, new_case, small_world, with_rules
from homebuy_plugin.types import CaseFacts, Settings


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


NOV2 = utc(2026, 11, 2, 10)
NEAR_AT, LATE_AT, LATER_AT = utc(2026, 11, 6, 9), utc(2026, 11, 10), utc(2026, 11, 12, 9)
"""Of a target on Monday 9 November, warned on the working day before, followed three days later."""

LIMIT = {
    "code": "limit",
    "kind": "service",
    "starts": ["stage.started"],
    "period": {"value": 5, "unit": "working_days"},
    "amber": [{"name": "first", "before": {"value": 1, "unit": "working_days"}}],
}


def rule(id, trigger, *to, **more):
    params = {"to": list(to) or ["task_owner"], "template": id}
    return {"id": id, "trigger": trigger, "actions": [{"name": "notify", "params": params}], **more}


NEAR, LATE = rule("near", "amber"), rule("late", "target_exceeded")
LATER = rule("later", "follow_on", follows="late", after={"value": 3, "unit": "days"})
DAILY = {**LATER, "repeat": {"every": {"value": 1, "unit": "days"}, "times": 3}}


def ticked(at, *rules, catch_up=None, tasks=1, kind="service"):
    made = [
        {"code": f"job{n}", "name": "Job", "mandatory": True, "clocks": [{**LIMIT, "kind": kind}]}
        for n in range(tasks)
    ]
    work = {"code": "work", "name": "Work", "master_stage": "application", "next": [], "tasks": made}
    world = with_rules(small_world(work), *escalation_rules(*rules))
    if catch_up:
        world = replace(world, settings=Settings(catch_up=catch_up))
    facts = CaseFacts(reference="HB-1", scheme="right_to_buy", served_on=date(2026, 11, 2))
    case = new_case(world, facts, NOV2)
    case.tick(at)
    return case


def outcomes(case):
    return [(r.key[3], r.key[5], r.outcome) for r in case.state.rungs.values()]


def sent(case):
    return [(n.template, n.rung[5]) for n in case.sent()]


def test_in_time_everything_is_sent():
    case = ticked(NEAR_AT, NEAR, LATE, LATER)
    case.tick(LATE_AT)
    case.tick(LATER_AT)
    assert sent(case) == [("near", 0), ("late", 0), ("later", 0)]


def test_by_default_only_the_latest_notice_to_somebody_about_a_clock_is_sent():
    case = ticked(utc(2026, 11, 30), NEAR, LATE, DAILY)
    assert sent(case) == [("later", 3)]
    assert outcomes(case) == [
        ("near", 0, "collapsed"),
        ("late", 0, "collapsed"),
        ("later", 0, "collapsed"),
        ("later", 1, "collapsed"),
        ("later", 2, "collapsed"),
        ("later", 3, "fired"),
    ]
    assert case.folded() == case.state


def test_what_was_collapsed_is_on_record_with_the_reason():
    case = ticked(utc(2026, 11, 30), NEAR, LATE, LATER)
    record = case.records[case.rung("late").key]
    assert record["outcome"] == "collapsed"
    assert record["text"].endswith("Nothing was sent: a later notice about the same deadline took its place.")
    assert {n.why for n in case.notices if n.template == "near"} == {
        "its target passed before it could be sent"
    }
    assert case.rung("late").notices == 1


def test_collapsed_rungs_have_their_effects_all_the_same_and_in_order():
    raise_ = {**LATE, "actions": [*LATE["actions"], {"name": "raise_level", "params": {"level": 2}}]}
    case = ticked(utc(2026, 11, 30), NEAR, raise_, LATER)
    assert (case.rung("late").outcome, case.state.level) == ("collapsed", 2)
    assert case.history("level_raised")[0].at == LATE_AT


def test_others_hear_what_concerns_them_alone():
    case = ticked(
        utc(2026, 11, 30), LATE, rule("later", "follow_on", "manager", follows="late", after=LATER["after"])
    )
    assert [(n.template, n.recipient.id) for n in case.sent()] == [("late", "p.shah"), ("later", "m.jones")]


def test_a_notice_to_two_of_whom_one_hears_something_later_stays_fired():
    both = rule("late", "target_exceeded", "task_owner", "manager")
    case = ticked(utc(2026, 11, 30), both, LATER)
    assert [(n.template, n.recipient.id) for n in case.sent()] == [("late", "m.jones"), ("later", "p.shah")]
    assert case.rung("late").outcome == "fired"


def test_each_clock_is_told_of_by_itself():
    assert sent(ticked(utc(2026, 11, 30), NEAR, LATE, tasks=2)) == [("late", 0), ("late", 0)]


def test_two_rules_of_one_instant_both_speak():
    assert sent(ticked(utc(2026, 11, 30), LATE, rule("late-too", "target_exceeded"))) == [
        ("late", 0),
        ("late-too", 0),
    ]


def test_lateness_under_five_minutes_is_none():
    case = ticked(utc(2026, 11, 10, 0, 4, 59), LATE, rule("near", "amber"))
    # the amber is four days late and its target is decided in the same go
    assert sent(case) == [("late", 0)]
    # two days overdue is yesterday, three days overdue four minutes ago: both to the same person
    second = rule("second", "follow_on", follows="late", after={"value": 2, "unit": "days"}, catch_up="each")
    case = ticked(utc(2026, 11, 12, 9, 4), LATE, second, LATER)
    assert sent(case) == [("second", 0), ("later", 0)]


def test_a_warning_whose_target_was_decided_is_overtaken_even_if_the_target_told_nobody():
    never = {"all": [{"name": "patch", "operator": "equal_to", "value": "nowhere"}]}
    case = ticked(utc(2026, 11, 30), NEAR, {**LATE, "conditions": never})
    assert (sent(case), case.rung("near").outcome) == ([], "collapsed")


def test_a_warning_without_any_rule_for_its_target_is_sent_late():
    assert sent(ticked(utc(2026, 11, 30), NEAR)) == [("near", 0)]


def test_each_sends_everything():
    for case in (
        ticked(utc(2026, 11, 30), *({**r, "catch_up": "each"} for r in (NEAR, LATE, DAILY))),
        ticked(utc(2026, 11, 30), NEAR, LATE, DAILY, catch_up="each"),
    ):
        assert sent(case) == [
            ("near", 0),
            ("late", 0),
            ("later", 0),
            ("later", 1),
            ("later", 2),
            ("later", 3),
        ]
        assert {o for _, _, o in outcomes(case)} == {"fired"}


@pytest.mark.parametrize(
    ("limit", "at", "kept"),
    [
        ({"value": 4, "unit": "hours"}, utc(2026, 11, 12, 12), [("later", 0)]),
        ({"value": 2, "unit": "hours"}, utc(2026, 11, 12, 12), []),
        ({"value": 2, "unit": "days"}, utc(2026, 11, 12, 12), [("late", 0), ("later", 0)]),
        ({"value": 1, "unit": "days"}, utc(2026, 11, 12, 12), [("later", 0)]),
    ],
)
def test_skip_older_than_lets_fall_what_is_too_old(limit, at, kept):
    policy = {"skip_older_than": limit}
    assert sent(ticked(at, {**LATE, "catch_up": policy}, {**LATER, "catch_up": policy})) == kept
    assert sent(ticked(at, LATE, LATER, catch_up=policy)) == kept


def test_nothing_falls_away_for_a_notice_that_falls_away_itself():
    old = {**LATER, "catch_up": {"skip_older_than": {"value": 1, "unit": "hours"}}}
    assert sent(ticked(utc(2026, 11, 30), LATE, old)) == [("late", 0)]


def test_the_passing_of_a_date_set_by_law_never_grows_too_old():
    policy = {"skip_older_than": {"value": 1, "unit": "hours"}}
    case = ticked(utc(2026, 11, 30), LATE, catch_up=policy, kind="statutory")
    assert sent(case) == [("late", 0)]


def test_what_two_ticks_decide_does_not_collapse():
    case = ticked(utc(2026, 11, 10, 12), NEAR, LATE, LATER)
    case.tick(utc(2026, 11, 30))
    assert sent(case) == [("late", 0), ("later", 0)]
