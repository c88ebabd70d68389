"""Stages: which opens first, when one is complete, what follows, and what a withdrawal ends."""

from datetime import UTC, date, datetime

import pytest

from homebuy_plugin.testing.worlds import new_case, shipped_world, small_world
from homebuy_plugin.types import CaseChange, CaseFacts, TaskChange

HOUSE, FLAT = {"property_type": "house"}, {"property_type": "flat"}


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


NOV2, NOV3 = utc(2026, 11, 2, 12), utc(2026, 11, 3, 12)


def claim(scheme="right_to_buy", served_on=date(2026, 11, 2), facts=HOUSE, at=NOV2, world=None):
    case = CaseFacts(reference="HB-1", scheme=scheme, served_on=served_on, facts=facts)
    return new_case(world or shipped_world(scheme), case, at)


def open_stages(case):
    return [s.code for s in case.state.open_stages()]


def stage(code, *tasks, **more):
    return {
        "code": code,
        "name": code.title(),
        "master_stage": "application",
        "next": [],
        "tasks": tasks,
        **more,
    }


def task(code, **more):
    return {"code": code, "name": code.title(), "mandatory": True, "clocks": [], **more}


def link(to, opens="automatic", when=None):
    return {"stage": to, "opens": opens, "when": when, "why": f"because {to}"}


IS_FLAT = {"all": [{"name": "property_type", "operator": "equal_to", "value": "flat"}]}


# --- the shipped ways through ----------------------------------------------------------------------


def test_a_claim_that_was_served_begins_as_an_application():
    assert open_stages(claim()) == ["application"]
    assert open_stages(claim("right_to_acquire")) == ["application"]
    assert open_stages(claim("social_homebuy")) == ["enquiry"]


def test_an_enquiry_becomes_an_application_when_it_is_served():
    case = claim(served_on=None)
    assert open_stages(case) == ["pre_application"]
    case.play(CaseChange.update(served_on=date(2026, 11, 3)), NOV3)
    assert open_stages(case) == ["application"]
    assert case.stage("pre_application").status == "left"


@pytest.mark.parametrize("facts", [HOUSE, FLAT])
def test_a_claim_admitted_goes_through_to_completion(facts):
    case = claim(facts=facts)
    for number, code in enumerate(
        ("application", "eligibility", "valuation", "offer", "tenant_decision", "acceptance", "completion")
    ):
        assert code in open_stages(case), code
        case.finish_stage(code, utc(2026, 11, 4 + number, 12), eligibility_decision="admit")
    assert open_stages(case) == []
    assert {s.status for s in case.state.stages.values()} == {"complete"}
    assert ("estimate_service_charges" in {t.code for t in case.state.tasks.values()}) == (facts is FLAT)
    case.play(CaseChange.close("completed"), utc(2026, 12, 1, 12))
    assert (case.state.status, case.state.outcome) == ("closed", "completed")
    assert case.folded() == case.state


def test_social_homebuy_goes_through_to_completion():
    case = claim("social_homebuy")
    for code in ("enquiry", "eligibility", "valuation_and_offer", "acceptance", "completion"):
        case.finish_stage(code, NOV3, eligibility_decision="admit")
    assert {s.status for s in case.state.stages.values()} == {"complete"}


def test_a_claim_denied_waits_for_the_challenge_and_an_upheld_one_goes_on():
    case = claim().finish_stage("application", NOV2)
    case.finish_stage("eligibility", utc(2026, 11, 20, 12), eligibility_decision="deny")
    assert open_stages(case) == ["appeal"]
    assert case.clock("appeal_window").due_on == date(2027, 1, 15)
    assert [n.code for n in case.outcome(utc(2026, 11, 20, 12)).next_stages] == ["withdrawal"]
    facts = {"eligibility_decision": "admit"}
    case.play(CaseChange.record("appeal_upheld", facts=facts), utc(2026, 12, 14, 12))
    assert open_stages(case) == ["valuation"]
    assert case.stage("appeal").status == "left"
    assert case.task("await_appeal").status == "cancelled"
    assert case.clock("section_125").started_on == date(2026, 12, 14)


def test_a_decision_corrected_later_moves_no_stage_but_offers_the_other():
    case = claim().finish_stage("application", NOV2)
    case.finish_stage("eligibility", utc(2026, 11, 20, 12), eligibility_decision="deny")
    case.play(CaseChange.update(facts={"eligibility_decision": "admit"}), utc(2026, 11, 23, 12))
    assert open_stages(case) == ["appeal"]
    assert {n.code for n in case.outcome(utc(2026, 11, 23, 12)).next_stages} == {"valuation", "withdrawal"}
    case.play(CaseChange.activate("valuation"), utc(2026, 11, 24, 12))
    assert open_stages(case) == ["valuation"]


def test_a_second_notice_of_delay_opens_a_second_stage_with_its_own_month():
    case = claim()
    case.play(CaseChange.record("delay_notice_served", on=date(2026, 12, 14)), utc(2026, 12, 14, 12))
    case.play(CaseChange.record("delay_notice_served", on=date(2026, 12, 21)), utc(2026, 12, 21, 12))
    assert open_stages(case) == ["application", "delay", "delay"]
    due = [c.due_on for c in case.state.clocks.values() if c.code == "section_153a"]
    assert due == [date(2027, 1, 13), date(2027, 1, 20)]
    case.play(CaseChange.leave("delay#1", "answered together"), utc(2026, 12, 22, 12))
    assert [s.status for s in case.state.stages.values() if s.code == "delay"] == ["left", "open"]
    assert open_stages(case) == ["application", "delay"]


def test_two_notices_recorded_at_one_instant_are_two_delays():
    case = claim()
    for day in (14, 18):
        case.play(CaseChange.record("delay_notice_served", on=date(2026, 12, day)), utc(2026, 12, 21, 12))
    due = [c.due_on for c in case.state.clocks.values() if c.code == "section_153a"]
    assert due == [date(2027, 1, 13), date(2027, 1, 17)]


def test_a_delay_opened_by_hand_does_not_answer_the_next_notice():
    case = claim().play(CaseChange.activate("delay"), utc(2026, 12, 7, 12))
    assert open_stages(case) == ["application", "delay"]
    case.play(CaseChange.record("delay_notice_served"), utc(2026, 12, 14, 12))
    assert open_stages(case) == ["application", "delay", "delay"]


def test_a_delay_opens_on_a_case_on_hold_and_in_appeal():
    case = claim().finish_stage("application", NOV2)
    case.finish_stage("eligibility", utc(2026, 11, 20, 12), eligibility_decision="deny")
    case.play(CaseChange.hold("a dispute"), utc(2026, 11, 23, 12))
    case.play(CaseChange.record("delay_notice_served"), utc(2026, 12, 14, 12))
    assert open_stages(case) == ["appeal", "delay"]


def test_the_second_dispute_does_not_run_from_the_first_determination():
    case = claim().complete("serve_rtb2", at=utc(2026, 11, 27, 12), facts={"eligibility_decision": "admit"})
    case.complete("serve_section_125_notice", at=utc(2027, 1, 18, 12))
    case.play(CaseChange.record("determination_requested"), utc(2027, 2, 1, 12))
    case.complete("serve_determination", at=utc(2027, 3, 10, 12))
    case.play(CaseChange.record("determination_requested"), utc(2027, 4, 12, 12))
    second = [c for c in case.state.clocks.values() if c.code == "section_128a"][1:]
    assert [c.status for c in second] in ([], ["waiting"])


# --- withdrawal, closing, reopening ----------------------------------------------------------------


def test_a_withdrawal_ends_the_claim_and_leaves_its_confirmation_to_do():
    case = claim().finish_stage("application", NOV2)
    case.play(CaseChange.record("delay_notice_served"), utc(2026, 11, 9, 12))
    case.play(CaseChange.withdraw(on=date(2026, 11, 10), reason="moving away", by="x"), utc(2026, 11, 11, 12))
    assert case.state.status == "withdrawn"
    assert open_stages(case) == ["withdrawal"]
    active = {t.code for t in case.state.tasks.values() if t.status in ("pending", "open", "on_hold")}
    assert active == {"confirm_withdrawal", "clear_property_flag"}
    running = {c.code for c in case.state.clocks.values() if c.status in ("waiting", "running")}
    assert (
        running
        == {"confirm_withdrawal_target", "clear_property_flag_target", "withdrawal_stage_target"} & running
    )
    case.finish_stage("withdrawal", utc(2026, 11, 12, 12))
    case.play(CaseChange.close("withdrawn"), utc(2026, 11, 12, 12))
    assert case.state.status == "closed"
    case.tick(utc(2027, 6, 1))
    assert case.sent("rtb2_overdue") == []


def test_a_withdrawal_without_a_stage_of_its_own_leaves_nothing_open():
    case = claim("social_homebuy").play(CaseChange.withdraw(), NOV3)
    assert (case.state.status, open_stages(case)) == ("withdrawn", [])
    assert not any(t.status in ("pending", "open") for t in case.state.tasks.values())
    before = len(case.notices)
    case.tick(utc(2027, 6, 1))
    assert len(case.notices) == before


def test_a_withdrawal_releases_the_hold():
    case = claim().play(CaseChange.hold("x"), NOV3).play(CaseChange.withdraw(), utc(2026, 11, 4, 12))
    assert (case.state.status, case.state.active_holds()) == ("withdrawn", [])


def test_a_withdrawal_by_mistake_is_taken_back_with_the_dates_of_the_law():
    case = claim().finish_stage("application", NOV2).play(CaseChange.withdraw(), utc(2026, 11, 9, 12))
    case.play(CaseChange.reopen("a mistake", by="x"), utc(2026, 11, 10, 12))
    assert (case.state.status, open_stages(case)) == ("open", ["eligibility"])
    assert case.stage("withdrawal").status == "left"
    assert (case.clock("section_124").status, case.clock("section_124").due_on) == (
        "running",
        date(2026, 11, 30),
    )
    case.tick(utc(2026, 12, 1, 9))
    assert case.rung("rtb2-overdue").outcome == "fired"
    assert case.folded() == case.state


def test_a_claim_may_be_withdrawn_again_after_it_was_reopened():
    case = claim().play(CaseChange.withdraw(), NOV3).play(CaseChange.reopen("x"), utc(2026, 11, 4, 12))
    assert open_stages(case) == ["application"]
    case.play(CaseChange.withdraw(), utc(2026, 11, 5, 12))
    assert (case.state.status, open_stages(case)) == ("withdrawn", ["withdrawal"])
    assert case.clock("section_124").status == "cancelled"


def test_a_case_closed_too_soon_has_its_dates_back_when_it_is_reopened():
    case = claim().play(CaseChange.leave("application", "a duplicate"), NOV3)
    case.play(CaseChange.close("duplicate", "the same twice"), NOV3)
    assert not any(c.status in ("waiting", "running") for c in case.state.clocks.values())
    assert case.wakeups() == {}
    case.play(CaseChange.reopen("not a duplicate"), utc(2026, 11, 9, 12))
    assert (case.state.status, case.state.outcome, open_stages(case)) == ("open", None, ["application"])
    assert (case.clock("section_124").status, case.clock("section_124").due_on) == (
        "running",
        date(2026, 11, 30),
    )


# --- how stages complete ---------------------------------------------------------------------------


def test_a_stage_is_complete_without_a_mandatory_task_left_out_by_its_condition():
    first = stage("first", task("a"), task("b", when=IS_FLAT), next=[link("second")])
    case = claim(world=small_world(first, stage("second", task("c"))))
    assert [t.code for t in case.state.tasks.values()] == ["a"]
    case.complete("a", at=NOV3)
    assert open_stages(case) == ["second"]


def test_a_stage_all_of_whose_mandatory_tasks_are_left_out_is_complete_at_once():
    first = stage("first", task("b", when=IS_FLAT), next=[link("second")])
    case = claim(world=small_world(first, stage("second", task("c"))))
    assert open_stages(case) == ["second"]


def test_a_stage_without_mandatory_tasks_waits_for_all_it_has():
    first = stage("first", task("a", mandatory=False), task("b", mandatory=False), next=[link("second")])
    case = claim(world=small_world(first, stage("second", task("c")))).complete("a", at=NOV3)
    assert open_stages(case) == ["first"]
    case.play(TaskChange.cancel("not needed", by="x"), NOV3, "b")
    assert open_stages(case) == ["second"]


def test_what_is_open_when_a_stage_completes_is_cancelled_unless_it_carries():
    first = stage(
        "first",
        task("a"),
        task("b", mandatory=False),
        task("c", mandatory=False, carry=True),
        next=[link("second")],
    )
    case = claim(world=small_world(first, stage("second", task("d")))).complete("a", at=NOV3)
    assert [(t.code, t.status) for t in case.state.tasks.values()] == [
        ("a", "complete"),
        ("b", "cancelled"),
        ("c", "open"),
        ("d", "open"),
    ]
    assert case.history("task_cancelled")[-1].by is None


def test_a_carried_task_opens_when_its_predecessor_is_done_though_their_stage_is_complete():
    first = stage(
        "first",
        task("a"),
        task("b", mandatory=False, carry=True),
        task("c", mandatory=False, carry=True, after=["b"]),
        next=[link("second")],
    )
    case = claim(world=small_world(first, stage("second", task("d")))).complete("a", "b", at=NOV3)
    assert case.task("c").status == "open"


def test_the_first_automatic_link_that_holds_is_followed():
    first = stage("first", task("a"), next=[link("flats", when=IS_FLAT), link("others")])
    world = small_world(first, stage("flats", task("b")), stage("others", task("c")))
    assert open_stages(claim(world=world, facts=FLAT).complete("a", at=NOV3)) == ["flats"]
    assert open_stages(claim(world=world).complete("a", at=NOV3)) == ["others"]


def test_a_case_that_no_stage_follows_says_so():
    first = stage("first", task("a"), next=[link("flats", when=IS_FLAT)])
    case = claim(world=small_world(first, stage("flats", task("b")))).complete("a", at=NOV3)
    assert len(case.history("stage_stuck")) == 1
    assert "no stage follows" in " ".join(case.because)
    assert case.state.status == "open"
    case.play(CaseChange.update(facts=FLAT), utc(2026, 11, 4, 12))
    assert [n.code for n in case.outcome(utc(2026, 11, 4, 12)).next_stages] == ["flats"]


def test_a_last_stage_is_not_stuck():
    case = claim(world=small_world(stage("first", task("a")))).complete("a", at=NOV3)
    assert case.history("stage_stuck") == []


def test_an_offered_stage_waits_for_a_person():
    first = stage("first", task("a"), next=[link("second", "offered")])
    case = claim(world=small_world(first, stage("second", task("b")))).complete("a", at=NOV3)
    assert open_stages(case) == []
    offered = case.outcome(NOV3).next_stages
    assert [(n.code, n.name, n.why) for n in offered] == [("second", "Second", "because second")]
    case.play(CaseChange.activate("second", by="x"), NOV3)
    assert open_stages(case) == ["second"]
    assert case.history("stage_opened")[-1].by == "x"


def test_a_stage_entered_again_is_a_new_instance_with_tasks_of_its_own():
    first = stage("first", task("a"), next=[link("second", "offered")])
    second = stage("second", task("b"), next=[link("first", "offered")])
    case = claim(world=small_world(first, second)).complete("a", at=NOV3)
    case.play(CaseChange.activate("second"), NOV3).play(CaseChange.activate("first"), NOV3)
    assert list(case.state.stages) == ["first#1", "second#1", "first#2"]
    assert list(case.state.tasks) == ["a#1", "b#1", "a#2"]
    assert (case.task("b#1").status, case.task("a").id) == ("cancelled", "a#2")


def test_leaving_a_stage_keeps_what_the_law_keeps_running():
    case = claim().finish_stage("application", NOV2)
    case.play(CaseChange.leave("eligibility", "handled elsewhere", by="x"), NOV3)
    assert open_stages(case) == []
    assert case.task("check_exemptions").status == "cancelled"
    assert case.task("serve_rtb2").status in ("pending", "open")
    assert case.clock("section_124").status == "running"
    case.play(CaseChange.record("right_lost"), utc(2026, 11, 5, 12))
    assert case.task("serve_rtb2").status == "cancelled"


def test_the_only_stage_left_is_offered_again_with_what_follows_it():
    case = claim().play(CaseChange.leave("application", "opened by mistake"), NOV3)
    assert case.history("stage_stuck")[-1].data["code"] == "application"
    assert case.because[-1].startswith("“Application received” was left and no stage is open.")
    assert [n.code for n in case.outcome(NOV3).next_stages][:2] == ["application", "eligibility"]
    for code in ("application", "eligibility"):
        again = case.copy().play(CaseChange.activate(code), NOV3)
        assert open_stages(again) == [code]
        assert [t.id for t in again.state.tasks.values() if t.code == "serve_rtb2"] == ["serve_rtb2#1"]
        assert again.clock("section_124").run == 1


def test_a_stage_left_for_another_or_beside_one_is_not_told_as_stuck():
    first, side = stage("first", task("a"), next=[link("second", "offered")]), stage("side", parallel=True)
    world = small_world(first, stage("second", task("b")), {**side, "tasks": [task("c")]})
    case = (
        claim(world=world).play(CaseChange.activate("second"), NOV3).play(CaseChange.activate("side"), NOV3)
    )
    case.play(CaseChange.leave("side", "x"), NOV3)
    assert (case.history("stage_stuck"), case.outcome(NOV3).next_stages) == ([], ())


def test_what_follows_a_stage_that_was_left_has_its_conditions():
    first = stage("first", task("a"), next=[link("flats", when=IS_FLAT), link("second")])
    world = small_world(first, stage("flats", task("f")), stage("second", task("b")))
    case = claim(world=world).play(CaseChange.leave("first", "x"), NOV3)
    assert [n.code for n in case.outcome(NOV3).next_stages] == ["first", "second"]


def test_a_parallel_stage_does_not_keep_a_case_from_its_application():
    case = claim(served_on=None).play(CaseChange.activate("delay"), NOV3)
    case.play(CaseChange.update(served_on=date(2026, 11, 3)), NOV3)
    assert open_stages(case) == ["delay", "application"]


def test_a_pack_none_of_whose_stages_begins_a_case_says_so():
    case = claim(world=small_world(stage("flats", task("a"), when=IS_FLAT)))
    assert case.because == ["No stage of the pack begins a case like this one."]


def test_a_stage_is_opened_in_its_effective_dates_only():
    old = stage("old", task("a"), effective_to="2026-11-02")
    new = stage("new", task("b"), effective_from="2026-11-02")
    assert open_stages(claim(world=small_world(old, new))) == ["new"]


def test_a_pack_that_loops_is_refused_to_run_on():
    first = stage("first", next=[link("second")])
    second = stage("second", next=[link("first")])
    with pytest.raises(RuntimeError, match="its pack loops"):
        claim(world=small_world(first, second))
