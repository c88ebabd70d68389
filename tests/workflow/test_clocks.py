"""Clocks kept true to the facts: started, re-dated, blocked, ended, judged."""

from datetime import UTC, date, datetime

import pytest

from homebuy_plugin.testing.worlds import escalation_rules, new_case, shipped_world, small_world, with_rules
from homebuy_plugin.types import CaseChange, CaseFacts, RuleVariable, TaskChange

HOUSE, FLAT = {"property_type": "house"}, {"property_type": "flat"}


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


NOV2 = utc(2026, 11, 2, 12)


def claim(served_on=date(2026, 11, 2), facts=HOUSE, at=NOV2, world=None):
    case = CaseFacts(reference="HB-1", scheme="right_to_buy", served_on=served_on, facts=facts)
    return new_case(world or shipped_world(), case, at)


def update(**fields):
    return CaseChange.update(by="p.shah", **fields)


def stage(code="work", *tasks, **more):
    return {"code": code, "name": code, "master_stage": "application", "next": [], "tasks": tasks, **more}


def task(code="job", *clocks, **more):
    return {"code": code, "name": code, "mandatory": True, "clocks": clocks, **more}


def clock(code="limit", kind="statutory", **more):
    period = {"value": 10, "unit": "days"}
    return {"code": code, "kind": kind, "starts": ["case.served_on"], "period": period, **more}


# --- the day of service ----------------------------------------------------------------------------


def test_an_unknown_day_of_service_waits_without_a_date():
    case = claim(served_on=None)
    waiting = case.clock("section_124")
    assert (waiting.status, waiting.due_on, waiting.run) == ("waiting", None, 0)
    assert case.outcome(NOV2).tasks[-1].clocks[0].status == "waiting"
    case.tick(utc(2027, 6, 1))
    assert not [n for n in case.notices if n.task == "serve_rtb2"]


def test_the_day_of_service_once_known_dates_the_clock():
    case = claim(served_on=None).play(update(served_on=date(2026, 10, 30)), utc(2026, 11, 4, 9))
    assert case.clock("section_124").due_on == date(2026, 11, 27)
    assert case.stage("application").status == "open"
    assert case.stage("pre_application").status == "left"


def test_a_day_of_service_corrected_to_an_earlier_one_is_a_new_run_that_passed_at_once():
    case = claim().play(update(served_on=date(2026, 10, 5)), utc(2026, 11, 25, 10))
    now = case.clock("section_124")
    assert (now.run, now.due_on) == (2, date(2026, 11, 2))
    started = [e for e in case.history("clock_started") if e.data["clock"] == now.id]
    assert [e.data["due_on"] for e in started] == ["2026-11-30", "2026-11-02"]
    assert started[-1].data["previous_due_on"] == "2026-11-30"
    changed = case.history("case_changed")[-1]
    assert changed.by == "p.shah"
    assert changed.data["before"] == {"served_on": "2026-11-02"}
    # the first amber was sent on 23 November and is carried; the last one falls to the breach
    assert case.rung("rtb2-due-in-seven-days", run=2).outcome == "carried"
    assert case.rung("rtb2-due-in-three-days", run=2).outcome == "collapsed"
    assert case.rung("rtb2-overdue", run=2).outcome == "fired"
    assert [n.recipient.id for n in case.sent("rtb2_overdue")] == ["p.shah", "m.jones", "legal"]
    assert len(case.sent("rtb2_amber")) == 1


def test_what_was_sent_in_the_run_before_is_not_sent_again():
    case = claim()
    case.tick(utc(2026, 12, 2))
    before = len(case.sent("rtb2_overdue"))
    case.play(update(served_on=date(2026, 10, 29)), utc(2026, 12, 2, 11))
    assert case.rung("rtb2-overdue", run=2).outcome == "carried"
    assert len(case.sent("rtb2_overdue")) == before
    # five days after 26 November is Tuesday 1 December, which is past: it falls due at once
    assert case.rung("rtb2-overdue-head-of-service", 0, run=2).instant == utc(2026, 12, 1, 9)


def test_a_later_day_of_service_arms_again_what_lies_ahead():
    case = claim()
    case.tick(utc(2026, 12, 2))
    case.play(update(served_on=date(2026, 11, 12)), utc(2026, 12, 2, 11))
    assert case.clock("section_124").due_on == date(2026, 12, 10)
    assert case.rungs("rtb2-overdue", run=2) == []
    case.tick(utc(2026, 12, 11, 1))
    assert case.rung("rtb2-overdue", run=2).outcome == "fired"
    assert len(case.sent("rtb2_overdue")) == 6


def test_a_day_of_service_taken_back_waits_again():
    case = claim().play(update(served_on=None), utc(2026, 11, 4, 9))
    assert (case.clock("section_124").status, case.clock("section_124").due_on) == ("waiting", None)
    case.play(update(served_on=date(2026, 11, 3)), utc(2026, 11, 5, 9))
    assert (case.clock("section_124").run, case.clock("section_124").due_on) == (2, date(2026, 12, 1))
    assert case.folded() == case.state


# --- branches of a period --------------------------------------------------------------------------


def test_time_with_another_landlord_found_late_gives_eight_weeks():
    case = claim().play(update(facts={"other_landlord_period": True}), utc(2026, 11, 20, 9))
    assert (case.clock("section_124").run, case.clock("section_124").due_on) == (2, date(2026, 12, 28))


def test_a_house_that_turns_out_leasehold_has_twelve_weeks():
    case = claim().complete("serve_rtb2", at=utc(2026, 11, 30, 12), facts={"eligibility_decision": "admit"})
    assert case.clock("section_125").due_on == date(2027, 1, 25)
    case.play(update(facts={"tenure_offered": "leasehold"}, note="title checked"), utc(2026, 12, 10, 9))
    assert (case.clock("section_125").run, case.clock("section_125").due_on) == (2, date(2027, 2, 22))
    case.play(update(facts={"tenure_offered": None}), utc(2026, 12, 11, 9))
    assert (case.clock("section_125").run, case.clock("section_125").due_on) == (3, date(2027, 1, 25))


def test_once_answered_a_late_fact_never_changes_the_verdict():
    case = claim()
    case.complete("serve_rtb2", at=utc(2026, 12, 3, 12), facts={"eligibility_decision": "deny"})
    assert case.clock("section_124").status == "missed"
    case.play(update(facts={"other_landlord_period": True}), utc(2026, 12, 4, 9))
    case.play(update(served_on=date(2026, 11, 20)), utc(2026, 12, 4, 10))
    assert (case.clock("section_124").status, case.clock("section_124").run) == ("missed", 1)


# --- judged by the day it happened -----------------------------------------------------------------


def test_served_on_friday_and_recorded_on_monday_is_in_time_for_saturday():
    # due Saturday 28 November 2026
    case = claim(served_on=date(2026, 10, 31), at=utc(2026, 11, 2, 12))
    assert case.clock("section_124").due_on == date(2026, 11, 28)
    case.complete(
        "serve_rtb2",
        at=utc(2026, 11, 30, 9, 30),
        on=date(2026, 11, 27),
        facts={"eligibility_decision": "admit"},
    )
    assert (case.clock("section_124").status, case.clock("section_124").met_on) == ("met", date(2026, 11, 27))
    # the alert of Sunday 00:00 stays
    assert case.rung("rtb2-overdue").outcome == "fired"
    # and the next clock runs from the Friday: eight weeks to 22 January 2027
    assert case.clock("section_125").due_on == date(2027, 1, 22)


@pytest.mark.parametrize(
    ("on", "status"),
    [(date(2026, 11, 28), "met"), (date(2026, 11, 29), "missed")],
)
def test_the_last_day_is_in_time_and_the_next_is_not(on, status):
    case = claim(served_on=date(2026, 10, 31))
    case.complete("serve_rtb2", at=utc(2026, 11, 30, 9), on=on, facts={"eligibility_decision": "deny"})
    assert case.clock("section_124").status == status


def test_a_clock_in_hours_is_judged_by_the_instant():
    hours = clock(kind="service", starts=["case.created"], period={"value": 4, "unit": "hours"})
    world = small_world(stage("work", task("job", hours)))
    # Monday 12:00 and four hours of working time end at 16:00
    assert claim(world=world).clock("limit").due_at == utc(2026, 11, 2, 16)
    assert claim(world=world).complete("job", at=utc(2026, 11, 2, 16)).clock("limit").status == "met"
    assert claim(world=world).complete("job", at=utc(2026, 11, 2, 16, 1)).clock("limit").status == "missed"


def test_a_stage_is_judged_by_the_day_its_last_task_was_done():
    stage_clock = clock(
        "whole", kind="service", starts=["stage.started"], period={"value": 3, "unit": "days"}
    )
    world = small_world(stage("work", task("job"), clocks=[stage_clock]))
    case = claim(world=world).complete("job", at=utc(2026, 11, 9, 9), on=date(2026, 11, 5))
    assert (case.clock("whole").status, case.clock("whole").met_on) == ("met", date(2026, 11, 5))


# --- starts, restarts, ends, conditions ------------------------------------------------------------


def test_the_first_of_several_starts_counts():
    late = clock(starts=["event:noted", "fact:decided_on"], restarts=[])
    world = small_world(stage("work", task("job", late)), events=[{"code": "noted"}])
    case = claim(world=world)
    assert case.clock("limit").status == "waiting"
    case.play(CaseChange.record("noted", on=date(2026, 11, 4)), utc(2026, 11, 5, 9))
    assert case.clock("limit").due_on == date(2026, 11, 14)


def test_a_restart_on_the_day_of_the_start_counts_whatever_the_time_of_day():
    four = {"value": 4, "unit": "hours"}
    again = clock(kind="service", starts=["task.completed:job"], restarts=["event:noted"], period=four)
    world = small_world(stage("work", task("job"), task("next", again)), events=[{"code": "noted"}])
    case = claim(world=world).complete("job", at=utc(2026, 11, 3, 15))
    case.play(CaseChange.record("noted", on=date(2026, 11, 3)), utc(2026, 11, 4, 9))
    assert case.clock("limit").started_at == utc(2026, 11, 3, 9)


def test_a_restart_before_the_start_counts_for_nothing():
    again = clock(starts=["task.completed:job"], restarts=["event:noted"])
    world = small_world(stage("work", task("job"), task("next", again)), events=[{"code": "noted"}])
    case = claim(world=world).play(CaseChange.record("noted"), utc(2026, 11, 3, 9))
    assert (case.clock("limit").status, case.clock("limit").started_on) == ("running", date(2026, 11, 3))
    case.complete("job", at=utc(2026, 11, 5, 15))
    assert (case.clock("limit").run, case.clock("limit").started_on) == (2, date(2026, 11, 5))


def test_an_end_stops_a_clock_without_an_answer():
    case = claim().play(
        CaseChange.record("suspension_order_made", on=date(2026, 11, 3)), utc(2026, 11, 3, 15)
    )
    assert case.clock("section_124").status == "cancelled"
    case.tick(utc(2027, 1, 1))
    assert case.sent("rtb2_overdue") == []


def test_a_clock_whose_condition_fails_is_cancelled_and_comes_back_when_it_holds():
    case = claim().complete("serve_rtb2", at=utc(2026, 11, 27, 12), facts={"eligibility_decision": "admit"})
    assert case.clock("section_125").status == "running"
    case.play(update(facts={"eligibility_decision": "deny"}), utc(2026, 11, 30, 9))
    assert case.clock("section_125").status == "cancelled"
    case.play(update(facts={"eligibility_decision": "admit"}), utc(2026, 12, 1, 9))
    again = case.clock("section_125")
    assert (again.status, again.run, again.due_on) == ("running", 2, date(2027, 1, 22))


def test_a_task_done_before_its_clock_could_start_is_judged_when_it_does():
    case = claim(served_on=None)
    case.complete("serve_rtb2", at=utc(2026, 12, 7, 12), facts={"eligibility_decision": "deny"})
    assert case.clock("section_124").status == "waiting"
    case.play(update(served_on=date(2026, 11, 2)), utc(2026, 12, 8, 9))
    assert (case.clock("section_124").status, case.clock("section_124").met_on) == (
        "missed",
        date(2026, 12, 7),
    )
    assert case.sent("rtb2_overdue") == []


def test_a_condition_that_cannot_be_evaluated_is_reported_and_silences_no_clock():
    def broken(facts, case):
        raise OSError("the tenancy system is down")

    world = small_world(
        stage("work", task("job", clock(when={"all": [{"name": "social", "operator": "is_true"}]})))
    )
    world = with_variable(world, RuleVariable(name="social", label="social", type="yes_no", read=broken))
    case = claim(world=world)
    assert case.clock("limit").status == "running"
    assert len(case.errors) == 1
    assert "the tenancy system is down" in case.errors[0]
    assert case.because[0].startswith("A condition of the pack right_to_buy cannot be evaluated")


def with_variable(world, variable):
    from dataclasses import replace

    from homebuy_plugin.library import host_variable

    catalogue = world.catalogue.with_variables([host_variable(variable, "a test")])
    return replace(world, catalogue=catalogue, host_variables={variable.name: variable})


# --- blocks ----------------------------------------------------------------------------------------


def blocked():
    case = claim().play(CaseChange.record("secretary_of_state_intervened"), utc(2026, 11, 16, 9))
    assert case.clock("section_124").blocked_since == utc(2026, 11, 16, 9)
    return case


def test_while_blocked_no_date_moves_and_no_rung_is_decided():
    case = blocked()
    case.tick(utc(2026, 12, 14))
    assert case.clock("section_124").due_on == date(2026, 11, 30)
    assert case.rungs("rtb2-overdue") == []
    task = next(t for t in case.outcome(utc(2026, 12, 14)).tasks if t.code == "serve_rtb2")
    assert task.clocks[0].status == "blocked"


def test_after_a_block_what_waited_falls_due_at_its_end():
    case = blocked()
    case.play(CaseChange.record("secretary_of_state_intervention_ended"), utc(2026, 12, 15, 11))
    assert case.clock("section_124").blocked_since is None
    assert case.rung("rtb2-overdue").instant == utc(2026, 12, 15, 11)
    assert case.rung("rtb2-overdue").on == date(2026, 11, 30)
    assert len(case.sent("rtb2_overdue")) == 3


def test_a_bar_that_began_and_ended_on_one_day_is_over_however_late_that_is_recorded():
    bars = [{"from": "event:barred", "until": "event:unbarred"}]
    world = small_world(
        stage("work", task("job", clock(blocks=bars))), events=[{"code": "barred"}, {"code": "unbarred"}]
    )
    case = claim(world=world).play(CaseChange.record("barred"), utc(2026, 11, 3, 15))
    assert case.clock("limit").blocked_since is not None
    case.play(CaseChange.record("unbarred", on=date(2026, 11, 3)), utc(2026, 11, 4, 9))
    assert case.clock("limit").blocked_since is None
    case.play(CaseChange.record("barred", on=date(2026, 11, 3)), utc(2026, 11, 5, 9))
    assert case.clock("limit").blocked_since is not None


def test_of_two_restarts_on_one_day_the_one_recorded_last_counts():
    four = {"value": 4, "unit": "hours"}
    again = clock(kind="service", starts=["event:a"], restarts=["event:b", "event:c"], period=four)
    world = small_world(stage("work", task("job", again)), events=[{"code": c} for c in "abc"])
    case = claim(world=world).play(CaseChange.record("a"), utc(2026, 11, 3, 9))
    case.play(CaseChange.record("c"), utc(2026, 11, 4, 11)).play(CaseChange.record("b"), utc(2026, 11, 4, 10))
    assert case.clock("limit").started_at == utc(2026, 11, 4, 11)
    case.play(CaseChange.record("b"), utc(2026, 11, 4, 12))
    assert case.clock("limit").started_at == utc(2026, 11, 4, 12)


# --- migration -------------------------------------------------------------------------------------


def test_a_case_moved_to_another_version_is_dated_by_it():
    old = small_world(stage("work", task("job", clock(), clock("gone", kind="service"))))
    new = small_world(stage("work", task("job", clock(period={"value": 12, "unit": "days"}))))
    case = claim(world=old)
    case.world = new
    case.play(CaseChange.migrate(1, "a correction", by="x"), utc(2026, 11, 3, 9))
    assert (case.clock("limit").run, case.clock("limit").due_on) == (2, date(2026, 11, 14))
    assert case.clock("gone").status == "cancelled"


def test_a_version_that_moves_only_a_warning_begins_a_new_run():
    warned = [{"name": "first", "before": {"value": 2, "unit": "days"}}]
    old, new = (small_world(stage("work", task("job", clock(amber=a)))) for a in ([], warned))
    case = claim(world=old)
    case.world = new
    case.play(CaseChange.migrate(1, "a warning"), utc(2026, 11, 3, 9))
    assert [a.on for a in case.clock("limit").ambers] == [date(2026, 11, 10)]
    assert case.clock("limit").run == 2
    case.play(CaseChange.migrate(1, "nothing new"), utc(2026, 11, 4, 9))
    assert case.clock("limit").run == 2


# --- follow-on of a stage's clock ------------------------------------------------------------------


def test_a_follow_on_inherits_that_its_rule_is_about_stages():
    rules = escalation_rules(
        {
            "id": "stage-late",
            "trigger": "target_exceeded",
            "applies_to": {"subject": "stage"},
            "actions": [{"name": "raise_level", "params": {"level": 1}}],
        },
        {
            "id": "stage-later",
            "trigger": "follow_on",
            "follows": "stage-late",
            "after": {"value": 2, "unit": "working_days"},
            "actions": [{"name": "raise_level", "params": {"level": 2}}],
        },
    )
    stage_clock = clock(
        "whole", kind="service", starts=["stage.started"], period={"value": 3, "unit": "days"}
    )
    world = with_rules(small_world(stage("work", task("job"), clocks=[stage_clock])), *rules)
    case = claim(world=world)
    case.tick(utc(2026, 11, 12))
    # due Thursday 5 November; two working days later is Monday 9 November
    assert case.rung("stage-later").instant == utc(2026, 11, 9, 9)
    assert case.state.level == 2


def test_a_started_task_keeps_its_dates():
    case = claim().play(TaskChange.start(by="p.shah"), utc(2026, 11, 3, 9), "acknowledge_application")
    assert case.clock("acknowledge_application_target").run == 1


# --- clocks in hours, and those that a task itself begins ------------------------------------------


def test_a_clock_in_hours_is_warned_in_hours_days_or_shares_of_its_time():
    ambers = [
        {"name": "hours", "before": {"value": 2, "unit": "hours"}},
        {"name": "half", "percent": 50},
        {"name": "day", "before": {"value": 1, "unit": "working_days"}},
    ]
    sixteen = {"value": 16, "unit": "hours"}
    limit = clock(kind="service", starts=["stage.started"], period=sixteen, amber=ambers)
    case = claim(world=small_world(stage("work", task("job", limit))), at=utc(2026, 11, 2, 9))
    # sixteen hours from Monday 09:00 are the whole of Monday and Tuesday, 09:00 to 17:00
    assert case.clock("limit").due_at == utc(2026, 11, 3, 17)
    assert {a.name: a.at for a in case.clock("limit").ambers} == {
        "hours": utc(2026, 11, 3, 15),
        "half": utc(2026, 11, 2, 17),
        "day": utc(2026, 11, 2, 9),
    }
    case.play(TaskChange.hold("x"), utc(2026, 11, 2, 11), "job")
    case.play(TaskChange.release(), utc(2026, 11, 3, 11), "job")
    # eight working hours were held; the warning of Monday 09:00 had passed
    assert case.clock("limit").due_at == utc(2026, 11, 4, 17)
    assert {a.name: a.at for a in case.clock("limit").ambers} == {
        "hours": utc(2026, 11, 4, 15),
        "half": utc(2026, 11, 3, 17),
        "day": utc(2026, 11, 2, 9),
    }


def test_a_clock_in_hours_may_be_revised_to_the_end_of_a_day():
    limit = clock(kind="service", starts=["stage.started"], period={"value": 4, "unit": "hours"})
    case = claim(world=small_world(stage("work", task("job", limit)), events=[]))
    case.play(TaskChange.revise(date(2026, 11, 3), "x"), utc(2026, 11, 2, 13), "job")
    assert (case.clock("limit").due_on, case.clock("limit").due_at) == (date(2026, 11, 3), utc(2026, 11, 4))
    assert case.complete("job", at=utc(2026, 11, 3, 20)).clock("limit").status == "met"


def test_a_clock_may_run_from_the_start_of_its_task():
    limit = clock(kind="service", starts=["task.started"], period={"value": 3, "unit": "days"})
    case = claim(world=small_world(stage("work", task("job", limit))))
    assert case.clock("limit").status == "waiting"
    case.play(TaskChange.start(on=date(2026, 11, 3)), utc(2026, 11, 4, 9), "job")
    assert (case.clock("limit").started_on, case.clock("limit").due_on) == (
        date(2026, 11, 3),
        date(2026, 11, 6),
    )


def test_a_clock_may_run_from_a_date_on_record():
    limit = clock(kind="service", starts=["fact:completion_date"], period={"value": 3, "unit": "days"})
    world = small_world(stage("work", task("job", limit)))
    world = with_date(world, "completion_date")
    case = claim(world=world, facts={"completion_date": date(2026, 11, 10)})
    assert case.clock("limit").due_on == date(2026, 11, 13)
    case.play(update(facts={"completion_date": date(2026, 11, 12)}), utc(2026, 11, 3, 9))
    assert (case.clock("limit").run, case.clock("limit").due_on) == (2, date(2026, 11, 15))
    case.play(update(facts={"completion_date": None}), utc(2026, 11, 4, 9))
    assert (case.clock("limit").status, case.clock("limit").due_on) == ("waiting", None)


def with_date(world, name):
    from dataclasses import replace

    from homebuy_plugin.engine.catalogue import Variable

    if name in world.catalogue.variables:
        return world
    made = Variable(name=name, label=name, type="date", provider="a test")
    return replace(world, catalogue=world.catalogue.with_variables([made]))
