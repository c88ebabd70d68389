"""Tasks: made with their stage or their clock, planned, opened, owned."""

from datetime import UTC, date, datetime

import pytest

from homebuy_plugin.testing.worlds import (
    FakeDirectory,
    escalation_rules,
    new_case,
    shipped_world,
    small_world,
    with_rules,
)
from homebuy_plugin.types import CaseChange, CaseFacts, TaskChange


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


MONDAY = utc(2026, 11, 2, 10)


def claim(world, at=MONDAY, **more):
    case = CaseFacts(reference="HB-1", scheme="right_to_buy", served_on=date(2026, 11, 2))
    return new_case(world, case, at, **more)


def world_of(*tasks, **stage):
    made = [{"name": t["code"].title(), "mandatory": True, "clocks": [], **t} for t in tasks]
    work = {"code": "work", "name": "Work", "master_stage": "application", "next": [], "tasks": made, **stage}
    return small_world(work)


def test_a_task_without_predecessors_opens_with_its_stage():
    case = claim(world_of({"code": "a"}))
    assert (case.task("a").status, case.task("a").planned_start) == ("open", MONDAY)


def test_a_task_opens_when_all_its_predecessors_are_done():
    case = claim(world_of({"code": "a"}, {"code": "b"}, {"code": "c", "after": ["a", "b"]}))
    assert case.task("c").status == "pending"
    case.complete("a", at=utc(2026, 11, 3, 10))
    assert case.task("c").status == "pending"
    case.complete("b", at=utc(2026, 11, 4, 10))
    assert (case.task("c").status, case.task("c").opened_at) == ("open", utc(2026, 11, 4, 10))


def test_a_predecessor_left_out_or_cancelled_counts_as_done():
    flats = {"all": [{"name": "property_type", "operator": "equal_to", "value": "flat"}]}
    case = claim(
        world_of(
            {"code": "a", "when": flats},
            {"code": "b", "mandatory": False},
            {"code": "c", "after": ["a", "b"]},
        )
    )
    assert case.task("c").status == "pending"


@pytest.mark.parametrize(
    ("lag", "opens"),
    [
        # from Tuesday 3 November 10:00
        ({"value": 4, "unit": "hours"}, utc(2026, 11, 3, 14)),
        ({"value": 2, "unit": "working_days"}, utc(2026, 11, 5, 9)),
        # four days later is Saturday: Monday's opening
        ({"value": 4, "unit": "days"}, utc(2026, 11, 9, 9)),
        ({"value": 0, "unit": "days"}, utc(2026, 11, 3, 10)),
    ],
)
def test_a_lag_puts_the_start_off(lag, opens):
    case = claim(world_of({"code": "a"}, {"code": "b", "after": ["a"], "lag": lag}))
    case.complete("a", at=utc(2026, 11, 3, 10))
    assert case.task("b").planned_start == opens
    case.tick(utc(2026, 11, 30))
    assert (case.task("b").status, case.task("b").opened_at) == ("open", opens)


def test_the_start_counts_from_the_day_the_predecessor_was_done():
    lag = {"value": 2, "unit": "working_days"}
    case = claim(world_of({"code": "a"}, {"code": "b", "after": ["a"], "lag": lag}))
    case.complete("a", at=utc(2026, 11, 6, 10), on=date(2026, 11, 3))
    assert case.task("b").planned_start == utc(2026, 11, 5, 9)
    assert case.task("b").opened_at == utc(2026, 11, 6, 10)


def test_a_clock_starts_at_the_planned_start_even_before_the_task_opens():
    limit = {"code": "limit", "kind": "service", "period": {"value": 3, "unit": "working_days"}}
    lag = {"value": 5, "unit": "working_days"}
    case = claim(world_of({"code": "a"}, {"code": "b", "after": ["a"], "lag": lag, "clocks": [limit]}))
    assert case.clock("limit").status == "waiting"
    case.complete("a", at=utc(2026, 11, 3, 10))
    assert (case.task("b").status, case.clock("limit").due_on) == ("pending", date(2026, 11, 13))


# --- owners ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "owners"),
    [
        ((), ()),
        (("jo",), ("user:jo",)),
        (("jo", "kit"), ("role:surveyor",)),
        # the owner of the case, where in the role
        (("jo", "p.shah"), ("user:p.shah",)),
    ],
)
def test_a_task_of_a_role_is_its_only_members_or_the_roles(members, owners):
    directory = FakeDirectory(roles={"surveyor": members})
    case = claim(world_of({"code": "a", "owner_role": "surveyor"}), directory=directory)
    assert case.task("a").owners == owners


def test_a_task_without_a_role_follows_its_case():
    case = claim(world_of({"code": "a"}))
    assert [o.key for o in case.outcome(MONDAY).tasks[0].owners] == ["user:p.shah"]
    case.play(CaseChange.reassign("jo"), utc(2026, 11, 3, 10))
    assert [o.key for o in case.outcome(MONDAY).tasks[0].owners] == ["user:jo"]


def test_the_role_is_asked_when_the_task_opens():
    directory = FakeDirectory(roles={"surveyor": ("jo",)})
    case = claim(
        world_of({"code": "a"}, {"code": "b", "after": ["a"], "owner_role": "surveyor"}), directory=directory
    )
    directory.roles["surveyor"] = ("kit",)
    case.complete("a", at=utc(2026, 11, 3, 10))
    assert case.task("b").owners == ("user:kit",)


# --- tasks made with their clock -------------------------------------------------------------------


def test_the_task_of_a_statutory_clock_is_made_ahead_and_adopted_by_its_stage():
    case = claim(shipped_world())
    assert case.task("serve_rtb2").stage is None
    case.finish_stage("application", utc(2026, 11, 3, 10))
    assert case.task("serve_rtb2").id == "serve_rtb2#1"
    assert case.task("serve_rtb2").stage == "eligibility#1"
    assert len(case.history("task_adopted")) == 1


def test_the_task_of_a_statutory_clock_whose_stage_is_open_belongs_to_it():
    case = claim(shipped_world()).complete(
        "serve_rtb2", at=utc(2026, 11, 4, 12), facts={"eligibility_decision": "admit"}
    )
    for code in ("application", "eligibility", "valuation", "offer"):
        case.finish_stage(code, utc(2026, 11, 5, 12))
    case.play(CaseChange.record("default_notice_served"), utc(2027, 2, 1, 12))
    made = case.task("await_reply_to_default_notice")
    assert (made.stage, made.status) == ("tenant_decision#1", "open")


def test_a_task_made_ahead_of_its_stage_may_be_planned_and_waits_for_it():
    case = claim(shipped_world())
    case.play(TaskChange.plan(date(2026, 11, 4)), utc(2026, 11, 3, 10), "serve_rtb2")
    case.tick(utc(2026, 11, 5))
    assert case.task("serve_rtb2").status == "pending"
    assert "start:serve_rtb2#1" not in case.wakeups()
    case.finish_stage("application", utc(2026, 11, 5, 10))
    assert case.task("serve_rtb2").status == "open"


def test_a_task_that_a_person_cancelled_is_not_made_again():
    case = claim(shipped_world()).play(CaseChange.record("form_requested"), utc(2026, 11, 3, 10))
    assert case.task("supply_form").status == "pending"
    case.play(TaskChange.cancel("the tenant found one", by="x"), utc(2026, 11, 4, 10), "supply_form")
    case.play(CaseChange.update(facts={"patch": "N1"}), utc(2026, 11, 5, 10))
    assert [t.status for t in case.state.tasks.values() if t.code == "supply_form"] == ["cancelled"]


# --- tasks added by rules --------------------------------------------------------------------------


def adding(task, stage=None):
    params = {"task": task} | ({"stage": stage} if stage else {})
    return escalation_rules(
        {
            "id": "add",
            "trigger": "event",
            "event": "noted",
            "actions": [{"name": "add_task", "params": params}],
        }
    )


def world_that_adds(*tasks, rules):
    made = [{"name": t["code"].title(), "mandatory": True, "clocks": [], **t} for t in tasks]
    work = {"code": "work", "name": "Work", "master_stage": "application", "next": [], "tasks": made}
    side = {
        "code": "side",
        "name": "Side",
        "master_stage": "delay",
        "parallel": True,
        "next": [],
        "tasks": [{"code": "aside", "name": "Aside", "mandatory": True, "clocks": []}],
    }
    return with_rules(small_world(work, side, events=[{"code": "noted"}]), *rules)


def test_a_rule_adds_a_task_of_the_pack_to_the_stage_it_belongs_to():
    never = {"all": [{"name": "property_type", "operator": "equal_to", "value": "flat"}]}
    world = world_that_adds({"code": "a"}, {"code": "extra", "when": never}, rules=adding("extra"))
    case = claim(world).play(CaseChange.activate("side"), utc(2026, 11, 3, 10))
    case.play(CaseChange.record("noted"), utc(2026, 11, 3, 10))
    extra = case.task("extra")
    assert (extra.stage, extra.status, extra.adhoc, extra.mandatory) == ("work#1", "open", True, False)


def test_a_rule_adds_a_task_of_its_own_to_the_main_stage():
    case = claim(world_that_adds({"code": "a"}, rules=adding("call_the_tenant")))
    case.play(CaseChange.activate("side"), utc(2026, 11, 3, 10))
    case.play(CaseChange.record("noted"), utc(2026, 11, 3, 10))
    assert case.task("call_the_tenant").stage == "work#1"
    assert case.outcome(MONDAY).tasks[-1].name == "call the tenant"


def test_a_rule_adds_to_the_stage_it_names():
    case = claim(world_that_adds({"code": "a"}, rules=adding("call_the_tenant", "side")))
    case.play(CaseChange.activate("side"), utc(2026, 11, 3, 10))
    case.play(CaseChange.record("noted"), utc(2026, 11, 3, 10))
    assert case.task("call_the_tenant").stage == "side#1"


def test_a_rule_adds_no_second_task_while_one_is_open():
    case = claim(world_that_adds({"code": "a"}, rules=adding("call_the_tenant")))
    for day in (3, 4):
        case.play(CaseChange.record("noted"), utc(2026, 11, day, 10))
    assert len([t for t in case.state.tasks.values() if t.code == "call_the_tenant"]) == 1
    case.complete("call_the_tenant", at=utc(2026, 11, 5, 10))
    case.play(CaseChange.record("noted"), utc(2026, 11, 6, 10))
    assert [t for t in case.state.tasks if t.startswith("call")] == ["call_the_tenant#1", "call_the_tenant#2"]


# --- plans follow their predecessors ---------------------------------------------------------------

LAG = {"value": 5, "unit": "working_days"}


def test_a_plan_is_undone_when_its_predecessor_is_reopened():
    limit = {"code": "limit", "kind": "service", "period": {"value": 3, "unit": "working_days"}}
    case = claim(world_of({"code": "a"}, {"code": "b", "after": ["a"], "lag": LAG, "clocks": [limit]}))
    case.complete("a", at=utc(2026, 11, 3, 10))
    assert (case.task("b").planned_start, case.clock("limit").status) == (utc(2026, 11, 10, 9), "running")
    case.play(TaskChange.reopen("not right", by="x"), utc(2026, 11, 4, 10), "a")
    assert (case.task("b").planned_start, case.wakeups()) == (None, {})
    assert case.clock("limit").status == "waiting"
    case.complete("a", at=utc(2026, 11, 5, 10))
    case.tick(utc(2026, 11, 30))
    assert case.task("b").opened_at == utc(2026, 11, 12, 9)
    assert (case.clock("limit").run, case.clock("limit").due_on) == (2, date(2026, 11, 17))


@pytest.mark.parametrize("done_before", [False, True])
def test_a_task_cancelled_before_its_turn_waits_for_it_again_when_reopened(done_before):
    limit = {"code": "limit", "kind": "service", "period": {"value": 3, "unit": "working_days"}}
    waits = {"code": "b", "after": ["a"], "mandatory": False, "clocks": [limit]}
    case = claim(world_of({"code": "a"}, {"code": "z"}, waits))
    case.play(TaskChange.cancel("not needed"), utc(2026, 11, 3, 10), "b")
    if done_before:  # its turn has come: it opens at once
        case.complete("a", at=utc(2026, 11, 5, 9))
        assert case.clock("limit").status == "cancelled"
    case.play(TaskChange.reopen("needed after all", by="x"), utc(2026, 11, 5, 10), "b")
    if not done_before:
        assert (case.task("b").status, case.clock("limit").status) == ("pending", "waiting")
        case.complete("a", at=utc(2026, 11, 5, 11))
    assert (case.task("b").status, case.clock("limit").status) == ("open", "running")
    assert case.clock("limit").due_on == date(2026, 11, 10)
    assert case.folded() == case.state


def test_a_clock_cancelled_before_its_event_waits_for_it_again_when_its_task_is_reopened():
    limit = {"code": "limit", "kind": "service", "starts": ["event:noted"]}
    optional = {
        "code": "b",
        "mandatory": False,
        "clocks": [{**limit, "period": {"value": 3, "unit": "days"}}],
    }
    case = claim(world_of({"code": "z"}, optional))
    case.play(TaskChange.cancel("x"), MONDAY, "b").play(TaskChange.reopen("y"), MONDAY, "b")
    assert (case.task("b").status, case.clock("limit").status) == ("open", "waiting")


def test_a_task_that_has_opened_stays_open_when_its_predecessor_is_reopened():
    case = claim(world_of({"code": "a"}, {"code": "b", "after": ["a"]})).complete(
        "a", at=utc(2026, 11, 3, 10)
    )
    case.play(TaskChange.reopen("not right"), utc(2026, 11, 4, 10), "a")
    assert case.task("b").status == "open"


def test_a_plan_made_by_hand_stays_whatever_its_predecessors_do():
    case = claim(world_of({"code": "a"}, {"code": "b", "after": ["a"], "lag": LAG}))
    case.play(TaskChange.plan(date(2026, 11, 20)), utc(2026, 11, 3, 9), "b").complete(
        "a", at=utc(2026, 11, 3, 10)
    )
    assert (case.task("b").planned_start, case.task("b").planned_by) == (utc(2026, 11, 20, 9), "")
