"""Every change of a case, what each refuses, and what every call decides first."""

from datetime import date

import pytest

from homebuy_plugin import Applicant, CaseChange, Officer, RuleVariable, TaskChange, hookimpl
from homebuy_plugin.exceptions import InvalidArgument, NotAllowed, UnknownName
from homebuy_plugin.testing.small_documents import PACK, escalation, notify, rule
from homebuy_plugin.testing.small_landlord import SmallLandlord, at, clock_of, refused, task_of
from homebuy_plugin.testing.statements import statements

DONE = TaskChange.complete(by="amir")
ADMIT = TaskChange.complete(by="amir", facts={"eligibility_decision": "admit"})
DENY = TaskChange.complete(by="amir", facts={"eligibility_decision": "deny"})


@pytest.fixture
def made(landlord):
    """A landlord with one case, created on Monday 2 November at ten."""
    landlord.create(applicants=(Applicant(name="Ada Obi", id="P-1"),))
    return landlord


# --- cases -----------------------------------------------------------------------------------------


def test_update_changes_facts_and_fields_and_keeps_what_was(made):
    people = (Applicant(name="Bo Li"), Applicant(name="Cy Li"))
    made.update(
        CaseChange.update(
            facts={"bedrooms": 3, "property_type": None}, company="north", applicants=people, by="amir"
        ),
        at(3),
    )
    state, changed = made.state(), made.last_event("case_changed")
    assert (state.facts, state.company, state.applicants) == ({"bedrooms": 3}, "north", people)
    assert changed.data["before"]["property_type"] == "flat"
    assert made.state().pack == "right_to_buy.england", "a company chosen later changes no pack"


def test_update_of_a_named_fact_chooses_the_period_again(made):
    out = made.update(CaseChange.update(facts={"other_landlord_period": True}, by="amir"), at(3))
    assert clock_of(out, "serve_notice", "section_124").due_on == date(2026, 12, 28)
    assert clock_of(out, "serve_notice", "section_124").run == 2


def test_update_of_the_country_keeps_the_pack_the_case_was_made_with(made):
    made.update(CaseChange.update(country="wales", by="amir"), at(3))
    assert made.tick(at(5)).errors == ()
    assert made.state().country == "wales"


def test_update_corrects_the_day_of_service(made):
    out = made.update(CaseChange.update(served_on=date(2026, 10, 30), by="amir"), at(3))
    assert clock_of(out, "serve_notice", "section_124").due_on == date(2026, 11, 27)


def test_record_an_event_opens_what_answers_it(made):
    out = made.update(
        CaseChange.record("delay_notice_served", on=date(2026, 11, 3), facts={"bedrooms": 2}, by="amir"),
        at(4),
    )
    assert clock_of(out, "answer_delay", "section_153a").due_on == date(2026, 12, 2)
    assert [s.code for s in out.stages if s.status == "open"] == ["application", "delay"]
    assert made.state().facts["bedrooms"] == 2


def test_activate_a_parallel_stage_leaves_the_others_alone(made):
    out = made.update(CaseChange.activate("delay", by="amir"), at(3))
    assert [s.code for s in out.stages if s.status == "open"] == ["application", "delay"]


def test_leave_a_stage_cancels_its_tasks_but_not_what_the_law_wants(made):
    out = made.update(CaseChange.leave("application", "moved on", by="amir"), at(3))
    assert [s.status for s in out.stages] == ["left"]
    assert task_of(out, "log_application").status == "cancelled"
    assert clock_of(out, "serve_notice", "section_124").status == "green"


def test_hold_and_release_a_case(made):
    out = made.update(CaseChange.hold("tenant in hospital", by="amir"), at(3))
    assert out.status == "on_hold"
    assert clock_of(out, "log_application", "log_target").status == "paused"
    out = made.update(CaseChange.release(by="amir"), at(4))
    assert (out.status, clock_of(out, "log_application", "log_target").due_on) == ("open", date(2026, 11, 5))


def test_hold_a_case_until(made):
    made.update(CaseChange.hold("holiday", until=date(2026, 11, 9), by="amir"), at(3))
    assert made.tick(at(9, 9)).released == 1
    assert made.state().status == "open"


def test_reassign_a_case_moves_the_tasks_that_follow_it(made):
    out = made.update(CaseChange.reassign(["beth", "role:lawyer"], manager="harry", by="dilys"), at(3))
    assert [o.key for o in out.owners] == ["user:beth", "role:lawyer"]
    assert out.manager == Officer(id="harry", name="Harry Holt")
    assert task_of(out, "log_application").owner.id == "beth"


def test_withdraw_stops_what_the_withdrawal_ends(made):
    out = made.update(CaseChange.withdraw(date(2026, 11, 3), "moving away", by="amir"), at(4))
    assert out.status == "withdrawn"
    assert clock_of(out, "serve_notice", "section_124").status == "cancelled"
    assert made.last_event("event_recorded").data["on"] == "2026-11-03"


def test_close_ends_everything(made):
    made.update(CaseChange.leave("application", "denied", by="amir"), at(3))
    out = made.update(CaseChange.close("denied", "no right", by="amir"), at(3))
    assert out.status == "closed"
    assert made.tick(at(30, month=12)).decided == 0
    assert {c.status for t in out.tasks for c in t.clocks} <= {"met", "missed", "cancelled"}


def test_reopen_a_closed_case(made):
    made.update(CaseChange.leave("application", "denied", by="amir"), at(3))
    made.update(CaseChange.close("denied", by="amir"), at(3))
    out = made.update(CaseChange.reopen("court said so", by="amir"), at(4))
    assert out.status == "open"
    assert [(s.id, s.status) for s in out.stages] == [("application#1", "left"), ("application#2", "open")]


def test_migrate_pins_another_version_of_the_pack(made):
    longer = {**PACK, "stages": [dict(s) for s in PACK["stages"]]}
    application = longer["stages"][0]
    application["tasks"] = [*application["tasks"], {"code": "copy_form", "name": "Copy", "mandatory": False}]
    application["clocks"] = [{**application["clocks"][0], "period": {"value": 30, "unit": "working_days"}}]
    assert made.publish(at(3), pack=longer) == {"pack right_to_buy.england": 2}
    before = made.update(CaseChange.update(by="amir"), at(3))
    assert before.stages[0].clocks[0].due_on == date(2026, 12, 7), "a new version changes no case"
    out = made.update(CaseChange.migrate(2, "new standard", by="amir"), at(3))
    assert out.stages[0].clocks[0].due_on == date(2026, 12, 14)
    assert made.state().pack_version == 2


@pytest.mark.parametrize(
    ("change", "now", "error", "words"),
    [
        (CaseChange.update(facts={"bedroms": 1}), at(3), UnknownName, "Did you mean 'bedrooms'"),
        (CaseChange.update(served_on=date(2026, 11, 4)), at(3), InvalidArgument, "future"),
        (CaseChange.record("rain"), at(3), UnknownName, "There is no event 'rain'"),
        (CaseChange.record("claim_withdrawn"), at(3), NotAllowed, "CaseChange.withdraw"),
        (CaseChange.record("delay_notice_served", on=date(2026, 11, 4)), at(3), InvalidArgument, "later"),
        (CaseChange.activate("offfer"), at(3), UnknownName, "Did you mean 'offer'"),
        (CaseChange.activate("offer"), at(3), NotAllowed, "not offered now"),
        (CaseChange.leave("offer", "x"), at(3), UnknownName, "no open stage 'offer'"),
        (CaseChange.release(), at(3), NotAllowed, "not on hold"),
        (CaseChange.hold("x", until=date(2026, 11, 2)), at(3), InvalidArgument, "later than today"),
        (CaseChange.reassign(()), at(3), InvalidArgument, "at least one officer"),
        (CaseChange.reassign(object()), at(3), InvalidArgument, "owners"),
        (CaseChange.withdraw(date(2026, 11, 9)), at(3), InvalidArgument, "later than today"),
        (CaseChange.close("sold"), at(3), UnknownName, "outcome 'sold'"),
        (CaseChange.close("completed"), at(3), NotAllowed, "Mandatory tasks are open: log_application"),
        (CaseChange.reopen("x"), at(3), NotAllowed, "need not be reopened"),
        (CaseChange.migrate(7, "x"), at(3), InvalidArgument, "no version 7"),
    ],
)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_case_change_that_cannot_be_is_refused(made, change, now, error, words):
    refused(made, lambda: made.update(change, now), error, words)


@pytest.mark.parametrize(
    "change", [CaseChange.activate("delay"), CaseChange.hold("x"), CaseChange.withdraw()]
)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_withdrawn_case_takes_few_changes(made, change):
    made.update(CaseChange.withdraw(by="amir"), at(3))
    refused(made, lambda: made.update(change, at(3)), NotAllowed, "withdrawn")


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_closed_case_only_reopens(made):
    made.update(CaseChange.leave("application", "x"), at(3))
    made.update(CaseChange.close("denied"), at(3))
    refused(made, lambda: made.update(CaseChange.update(company="n"), at(3)), NotAllowed, "closed")
    refused(made, lambda: made.task("decide", DONE, at(3)), NotAllowed, "closed")


# --- settle first ----------------------------------------------------------------------------------


def test_every_call_first_decides_what_fell_due(made):
    """Nobody ticked for a week; completing the task does not hide that it was late."""
    made.task("log_application", DONE, at(9))
    decided = [(r.key[3], r.outcome) for r in made.state().rungs.values()]
    assert decided == [("target-near", "collapsed"), ("target-passed", "fired"), ("still-not-done", "fired")]
    levels = [(e.at, e.recorded_at) for e in made.events() if e.kind == "level_raised"]
    assert levels == [(at(5, 0), at(9))], "effective at the instant of its rung, recorded now"


def test_a_rung_sees_the_facts_of_its_own_instant(made):
    made.publish(
        at(2),
        escalation=escalation(
            {
                "id": "few-bedrooms",
                "name": "Few",
                "trigger": "target_exceeded",
                "state": "on",
                "applies_to": {"clock": "service"},
                "conditions": {"all": [{"name": "bedrooms", "operator": "is_missing"}]},
                "actions": [{"name": "set_flag", "params": {"flag": "few"}}],
            }
        ),
    )
    out = made.update(CaseChange.update(facts={"bedrooms": 3}, by="amir"), at(9))
    assert out.flags == ("few",)


class Moon:
    """A plugin whose variable nobody can read."""

    @hookimpl
    def homebuy_rule_variables(self):
        return [RuleVariable(name="moon", label="phase of the moon", type="number", read=self.read)]

    def read(self, facts, case):
        raise OSError("clouds")


def test_a_rule_that_fails_while_settling_never_reaches_the_officer(made):
    lost = SmallLandlord(made.engine, plugins=[Moon()])
    conditions = {"all": [{"name": "moon", "operator": "greater_than", "value": 1}]}
    howl = rule("howl", "target_exceeded", notify("manager", template="passed"), conditions=conditions)
    lost.publish(at(2), escalation=escalation({**howl, "applies_to": {"clock": "service"}}))
    out = lost.task("log_application", DONE, at(9))
    assert task_of(out, "log_application").status == "complete"
    assert [r.outcome for r in made.state().rungs.values()] == ["errored"]
    assert {r.template for r in made.outbox()} == {"rule_failed"}


# --- cost ------------------------------------------------------------------------------------------


def test_a_call_asks_the_database_a_fixed_number_of_questions(made):
    """Not one for each officer, task or earlier event."""
    plain, activity = SmallLandlord(made.engine, plugins=[]), TaskChange.activity(by="amir")
    plain.task("log_application", activity, at(2))
    with statements(made.engine) as first:
        plain.task("log_application", activity, at(2))
    for _ in range(20):
        plain.task("log_application", activity, at(2))
    with statements(made.engine) as later:
        plain.task("log_application", activity, at(2))
    assert len(later) == len(first) < 30
