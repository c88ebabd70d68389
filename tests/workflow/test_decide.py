"""Deciding a rung: what its rule saw, what it does, and what becomes of one that errs."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from homebuy_plugin.engine import Variable
from homebuy_plugin.engine.remembered import Remembered
from homebuy_plugin.library import host_variable
from homebuy_plugin.testing.worlds import (
    FakeDirectory,
    escalation_rules,
    new_case,
    small_world,
    with_versions,
)
from homebuy_plugin.types import CaseChange, CaseFacts, RuleAction, RuleVariable, TaskChange
from homebuy_plugin.workflow.records import record_from_json


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


NOV2 = utc(2026, 11, 2, 10)
TARGET = utc(2026, 11, 10)
"""When the target of Monday 9 November is exceeded."""

LIMIT = {
    "code": "limit",
    "kind": "service",
    "starts": ["stage.started"],
    "period": {"value": 5, "unit": "working_days"},
}
STAGES = [
    {
        "code": "work",
        "name": "Work",
        "master_stage": "application",
        "next": [],
        "tasks": [{"code": "job", "name": "The job", "mandatory": True, "clocks": [LIMIT]}],
    }
]


def late(*actions, **more):
    notify = {"name": "notify", "params": {"to": ["task_owner"], "template": "late"}}
    made = {"id": "late", "name": "Late", "trigger": "target_exceeded", "actions": list(actions) or [notify]}
    return {**made, **more}


def world_of(*rules):
    return versions((None, rules))


def versions(*dated):
    made = small_world(*STAGES, events=[{"code": "noted"}])
    return with_versions(made, *((since, escalation_rules(*rules)) for since, rules in dated))


def claim(world, **more):
    directory = more.pop("directory", None)
    facts = CaseFacts(
        **{"reference": "HB-1", "scheme": "right_to_buy", "served_on": date(2026, 11, 2), **more}
    )
    return new_case(world, facts, NOV2, directory=directory)


def condition(name, operator, *value):
    return {"all": [{"name": name, "operator": operator, **({"value": value[0]} if value else {})}]}


# --- records ---------------------------------------------------------------------------------------


def test_a_record_names_the_rule_and_every_value_seen():
    rule = late(conditions=condition("patch", "equal_to", "N1"))
    case = claim(world_of(rule), facts={"patch": "N1"})
    case.tick(utc(2026, 11, 10, 9))
    record = record_from_json(case.records[case.rung("late").key])
    assert (record.outcome, record.rule, record.rule_version, record.at) == ("fired", "late", 1, TARGET)
    seen = record.considered[0].conditions[0]
    assert (seen.pointer, seen.name, seen.operator, seen.expected, seen.actual, seen.result) == (
        "/conditions/all/0",
        "patch",
        "equal_to",
        "N1",
        "N1",
        "true",
    )
    assert record.text.startswith("“Late” (version 1) fired on Tue 10 Nov 2026 because the patch is")


def test_a_rung_that_does_not_fire_is_recorded_too_and_never_asked_again():
    case = claim(world_of(late(conditions=condition("patch", "equal_to", "N1"))))
    case.tick(utc(2026, 11, 10, 9))
    assert (case.rung("late").outcome, case.sent()) == ("not_fired", [])
    assert case.records[case.rung("late").key]["considered"][0]["conditions"][0]["result"] == "unknown"
    case.play(CaseChange.update(facts={"patch": "N1"}), utc(2026, 11, 11, 9))
    case.tick(utc(2026, 12, 1))
    assert [r.outcome for r in case.rungs("late")] == ["not_fired"]


def test_a_rung_decided_late_sees_the_facts_of_its_own_instant():
    case = claim(world_of(late(conditions=condition("patch", "equal_to", "N1"))), facts={"patch": "N1"})
    # nobody ticked; the fact changes after the target
    case.play(CaseChange.update(facts={"patch": "S4"}), utc(2026, 11, 12, 9))
    assert case.rung("late").outcome == "fired"
    assert case.records[case.rung("late").key]["considered"][0]["conditions"][0]["actual"] == "N1"


def test_what_a_late_rung_does_takes_effect_at_its_instant_and_is_recorded_now():
    case = claim(world_of(late({"name": "raise_level", "params": {"level": 2}})))
    case.tick(utc(2026, 11, 12, 9))
    event = case.history("level_raised")[-1]
    assert (event.at, event.recorded_at) == (TARGET, utc(2026, 11, 12, 9))


def test_a_personal_value_is_used_and_never_written_down():
    rule = late(conditions=condition("applicant_vulnerable", "is_true"))
    case = claim(world_of(rule), facts={"applicant_vulnerable": True})
    case.tick(utc(2026, 11, 10, 9))
    assert case.rung("late").outcome == "fired"
    assert case.records[case.rung("late").key]["considered"][0]["conditions"][0]["actual"] == "(personal)"
    case.play(CaseChange.update(facts={"applicant_vulnerable": None}), utc(2026, 11, 11, 9))
    data = " ".join(str(e.data) for e in case.events)
    assert "'applicant_vulnerable': True" not in data
    assert "before': {}" in str(case.history("case_changed")[-1].data)
    assert "applicant_vulnerable" not in case.state.facts
    assert case.folded() == case.state


def test_a_watched_rule_is_evaluated_and_recorded_and_does_nothing():
    case = claim(world_of(late({"name": "raise_level", "params": {"level": 2}}, state="watch")))
    case.tick(utc(2026, 11, 10, 9))
    assert (case.rung("late").outcome, case.state.level) == ("not_fired", 0)
    record = case.records[case.rung("late").key]
    assert record["considered"][0]["applied"] is True
    assert "it would have fired" in record["text"]


# --- actions ---------------------------------------------------------------------------------------


def test_all_matching_rules_fire():
    case = claim(
        world_of(
            late({"name": "raise_level", "params": {"level": 3}}),
            late({"name": "raise_level", "params": {"level": 2}}, id="other"),
            late({"name": "set_flag", "params": {"flag": "x"}}, id="third"),
        )
    )
    case.tick(utc(2026, 11, 10, 9))
    assert (case.state.level, case.state.flags) == (3, ("x",))
    assert {r.outcome for r in case.state.rungs.values()} == {"fired"}
    assert len(case.history("level_raised")) == 1


@pytest.mark.parametrize(
    ("params", "owners"),
    [
        ({"user": "kit"}, ("user:kit",)),
        ({"users": ["jo", "kit", "lou"]}, ("user:kit", "user:lou")),
        ({"role": "surveyor"}, ("role:surveyor",)),
        ({"role": "surveyor", "strategy": "least_open_cases"}, ("user:kit",)),
    ],
)
def test_reassign_gives_the_task_to_others(params, owners):
    directory = FakeDirectory(roles={"surveyor": ("jo", "kit")}, away={"jo"})
    case = claim(world_of(late({"name": "reassign", "params": params})), directory=directory)
    case.tick(utc(2026, 11, 10, 9))
    assert case.task("job").owners == owners


def test_reassign_to_nobody_leaves_the_owner_and_reports_it():
    directory = FakeDirectory(roles={"surveyor": ("jo",)}, away={"jo"})
    action = {"name": "reassign", "params": {"role": "surveyor", "strategy": "round_robin"}}
    case = claim(world_of(late(action)), directory=directory)
    case.tick(utc(2026, 11, 10, 9))
    assert case.task("job").owners == ()
    assert case.errors == ["rule late: nobody to reassign to: nobody in surveyor is there"]


def test_an_event_rule_reassigns_the_case():
    rule = late({"name": "reassign", "params": {"user": "jo"}}, trigger="event", event="noted")
    case = claim(world_of(rule)).play(CaseChange.record("noted"), utc(2026, 11, 3, 9))
    assert case.state.owners == ("user:jo",)


def test_a_closure_is_proposed_and_never_made():
    case = claim(world_of(late({"name": "propose_closure", "params": {"reason": "time is up"}})))
    case.tick(utc(2026, 11, 10, 9))
    assert case.state.status == "open"
    assert case.history("closure_proposed")[-1].data["reason"] == "time is up"


def test_a_hosts_own_action_becomes_a_draft():
    from homebuy_plugin.engine.catalogue import ActionSpec

    declared = RuleAction(name="ring_the_bell", label="ring the bell", params={"times": "number"})
    world = world_of(late({"name": "ring_the_bell", "params": {"times": 3}}))
    spec = ActionSpec.declared(declared.name, declared.label, declared.params, provider="a test")
    case = claim(replace(world, catalogue=world.catalogue.with_actions([spec])))
    case.tick(utc(2026, 11, 10, 9))
    assert [(a.name, a.params, a.task, a.rule) for a in case.actions] == [
        ("ring_the_bell", {"times": 3}, "job", "late")
    ]


# --- errors ----------------------------------------------------------------------------------------


class Meter:
    """A host's variable that fails as long as it is told to."""

    def __init__(self, world):
        self.failing = True
        self.value = True
        variable = RuleVariable(name="meter", label="meter", type="yes_no", read=self.read)
        catalogue = world.catalogue.with_variables([host_variable(variable, "a test")])
        self.world = replace(world, catalogue=catalogue, host_variables={"meter": variable})

    def read(self, facts, case):
        if self.failing:
            raise OSError("no answer")
        return self.value


METERED = {
    "all": [
        {"name": "patch", "operator": "equal_to", "value": "N1"},
        {"name": "meter", "operator": "is_true"},
    ]
}


def metered(**more):
    meter = Meter(world_of(late(conditions=METERED)))
    case = claim(meter.world, facts={"patch": "N1"}, **more)
    case.tick(utc(2026, 11, 10, 0, 1))
    return meter, case


def test_an_error_is_recorded_told_once_and_harms_no_other_rule():
    meter = Meter(world_of(late(conditions=METERED), late(id="other")))
    case = claim(meter.world, facts={"patch": "N1"})
    case.tick(utc(2026, 11, 10, 0, 1))
    errored = case.rung("late")
    assert (errored.outcome, errored.attempts, errored.notices) == ("errored", 1, 0)
    assert "no answer" in case.records[errored.key]["text"]
    mine = [text for text in case.errors if text.startswith("rule ")]
    assert mine == ["rule late: “meter” could not be read: OSError: no answer (at /conditions/all/1)"]
    assert [n.recipient.id for n in case.sent("rule_failed")] == ["m.jones", "home_ownership"]
    assert case.rung("other").outcome == "fired"
    case.tick(utc(2026, 11, 10, 12))
    assert len(case.sent("rule_failed")) == 2


def test_one_report_for_each_rule_and_case_however_many_deadlines_it_fails_on():
    job = STAGES[0]["tasks"][0]
    stages = [{**STAGES[0], "tasks": [{**job, "code": f"job{n}"} for n in range(4)]}]
    world = with_versions(small_world(*stages), (None, escalation_rules(late(conditions=METERED))))
    case = claim(Meter(world).world, facts={"patch": "N1"})
    case.tick(utc(2026, 11, 10, 0, 1))
    assert [r.outcome for r in case.rungs("late")] == ["errored"] * 4
    assert len(case.sent("rule_failed")) == 2


def test_an_error_is_tried_again_on_the_facts_it_saw():
    meter, case = metered()
    # the patch changes before the meter answers
    case.play(CaseChange.update(facts={"patch": "S4"}), utc(2026, 11, 10, 0, 2))
    meter.failing = False
    case.tick(utc(2026, 11, 10, 12))
    rung = case.rung("late")
    assert (rung.outcome, rung.instant, rung.retry_at) == ("fired", TARGET, None)
    seen = case.records[rung.key]["considered"][0]["conditions"]
    assert [s["actual"] for s in seen] == ["N1", True]
    assert case.folded() == case.state


def test_what_the_rule_had_not_looked_at_is_kept_as_well():
    _, case = metered()
    assert case.rung("late").inputs["task_code"] == "job"
    assert case.rung("late").inputs["days_overdue"] == 1
    assert "meter" not in case.rung("late").inputs
    assert "applicant_vulnerable" not in case.rung("late").inputs


def test_the_wait_grows_and_ends():
    _, case = metered()
    waits = []
    at = utc(2026, 11, 10, 0, 1)
    for _ in range(20):
        retry_at = case.rung("late").retry_at
        if retry_at is None:
            break
        waits.append(retry_at - at)
        at = retry_at
        case.tick(at)
    assert waits == [timedelta(minutes=m) for m in (2, 4, 8, 16, 32, 60, 60)]
    assert (case.rung("late").outcome, case.rung("late").attempts) == ("errored", 8)
    assert case.wakeups() == {}


def test_a_late_tick_does_not_spend_all_attempts_at_once():
    meter = Meter(world_of(late(conditions=METERED)))
    case = claim(meter.world, facts={"patch": "N1"})
    case.tick(utc(2026, 11, 20))
    assert (case.rung("late").attempts, case.rung("late").retry_at) == (1, utc(2026, 11, 20, 0, 2))


def test_a_corrected_rule_is_tried_at_once_on_the_facts_kept_even_after_the_last_attempt():
    _, case = metered()
    while case.rung("late").retry_at:
        case.tick(case.rung("late").retry_at)
    case.play(CaseChange.update(facts={"patch": "S4"}), utc(2026, 11, 11, 9))
    since = utc(2026, 11, 12, 9)
    by_patch = late(conditions=condition("patch", "equal_to", "N1"))
    case.world = replace(
        case.world,
        escalation=versions((None, [late(conditions=METERED)]), (since, [by_patch])).escalation,
    )
    assert min(case.wakeups().values()) == since
    case.tick(utc(2026, 11, 13))
    rung = case.rung("late")
    assert (rung.outcome, rung.version, rung.instant) == ("fired", 2, TARGET)


def test_an_unchanged_rule_in_a_later_version_is_no_correction():
    _, case = metered()
    while case.rung("late").retry_at:
        case.tick(case.rung("late").retry_at)
    again = [late(conditions=METERED)]
    case.world = replace(
        case.world, escalation=versions((None, again), (utc(2026, 11, 12), again)).escalation
    )
    assert case.wakeups() == {}


@pytest.mark.parametrize("later", [[], [late(conditions=METERED, state="off")]])
def test_a_rule_that_is_gone_or_off_is_not_tried_again(later):
    meter, case = metered()
    since = utc(2026, 11, 10, 0, 2)
    case.world = replace(
        case.world, escalation=versions((None, [late(conditions=METERED)]), (since, later)).escalation
    )
    meter.failing = False
    if not later:
        # the newest version that has it still decides
        case.tick(utc(2026, 11, 11))
        assert case.rung("late").outcome == "fired"
        return
    case.tick(utc(2026, 11, 11))
    assert (case.rung("late").outcome, case.rung("late").retry_at) == ("errored", None)
    assert case.wakeups() == {}


def test_an_error_goes_on_with_the_new_run_of_its_clock():
    meter, case = metered()
    case.play(TaskChange.revise(date(2026, 11, 6), "sooner"), utc(2026, 11, 10, 0, 2), "job")
    carried = case.rung("late", run=2)
    assert (carried.outcome, carried.attempts) == ("errored", 1)
    assert len(case.sent("rule_failed")) == 2
    meter.failing = False
    case.tick(utc(2026, 11, 10, 1))
    assert case.rung("late", run=2).outcome == "fired"
    assert case.rung("late", run=1).outcome == "errored"
    assert len(case.sent("late")) == 1


def test_an_error_lapses_where_the_new_run_lies_ahead():
    meter, case = metered()
    case.play(TaskChange.revise(date(2026, 11, 13), "later"), utc(2026, 11, 10, 0, 2), "job")
    meter.failing = False
    case.tick(utc(2026, 11, 11))
    assert [(r.key[2], r.outcome) for r in case.rungs("late")] == [(1, "errored")]
    case.tick(utc(2026, 11, 14, 1))
    assert case.rung("late", run=2).outcome == "fired"


def test_an_errored_rung_arms_what_follows_it():
    meter = Meter(
        world_of(
            late(conditions=METERED),
            {
                **late(id="later"),
                "trigger": "follow_on",
                "follows": "late",
                "after": {"value": 1, "unit": "days"},
            },
        )
    )
    case = claim(meter.world, facts={"patch": "N1"})
    case.tick(utc(2026, 11, 12))
    assert case.rung("later").outcome == "fired"


def test_a_rule_that_names_what_is_gone_errs_and_nothing_else():
    gone = escalation_rules(late(conditions=condition("patch", "equal_to", "N1")))[0]
    world = world_of(late(id="other"))
    rules = (
        *world.escalation[0].rules,
        replace(gone, conditions=condition("no_such_fact", "equal_to", "N1")),
    )
    case = claim(replace(world, escalation=(replace(world.escalation[0], rules=rules),)))
    case.tick(utc(2026, 11, 10, 0, 1))
    assert (case.rung("late").outcome, case.rung("other").outcome) == ("errored", "fired")
    assert "no_such_fact" in case.errors[0]


def test_a_closed_case_tries_nothing_again():
    _, case = metered()
    case.complete("job", at=utc(2026, 11, 10, 0, 1)).play(CaseChange.close("done"), utc(2026, 11, 10, 0, 1))
    assert case.wakeups() == {}


# --- what is remembered ----------------------------------------------------------------------------


def test_what_the_host_is_asked_is_asked_once_for_every_case():
    asked = []

    def read(facts, case):
        asked.append(case.reference)
        return len(asked)

    variable = RuleVariable(name="tries", label="tries", type="number", read=read)
    world = world_of()
    world = replace(
        world,
        catalogue=world.catalogue.with_variables([host_variable(variable, "the host")]),
        host_variables={"tries": variable},
    )
    rules = escalation_rules(late(conditions=condition("tries", "greater_than", 0)))
    world = with_versions(world, (None, rules))
    for _ in range(3):
        case = claim(world)
        case.tick(utc(2026, 11, 10, 9))
        assert case.rung("late").outcome == "fired"
    assert len(asked) == 3


def test_cases_of_one_world_with_other_values_are_told_apart():
    world = world_of(late(conditions=condition("patch", "equal_to", "N1")))
    outcomes = []
    for patch in ("N1", "S4", "N1", None):
        case = claim(world, facts={"patch": patch} if patch else {})
        case.tick(utc(2026, 11, 10, 9))
        (seen,) = record_from_json(case.records[case.rung("late").key]).considered[0].conditions
        outcomes.append((case.rung("late").outcome, seen.actual))
    assert outcomes == [("fired", "N1"), ("not_fired", "S4"), ("fired", "N1"), ("not_fired", None)]


def test_a_ruling_on_a_personal_fact_is_kept_for_nobody():
    world = world_of()
    income = Variable(name="income", label="income", type="number", personal=True)
    world = replace(world, catalogue=world.catalogue.with_variables([income]))
    rules = escalation_rules(late(conditions=condition("income", "greater_than", 31_337)))
    world = with_versions(world, (None, rules))
    case = claim(world, facts={"income": 41_414})
    case.tick(utc(2026, 11, 10, 9))
    assert case.rung("late").outcome == "fired"
    ((_, judge),) = [kept for key, kept in world.kept.items() if isinstance(key, tuple) and key[0] == "judge"]
    assert not isinstance(judge, Remembered)
