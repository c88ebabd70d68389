"""Notices of delay, bars, endings."""

from datetime import date

from homebuy_plugin import (
    CaseChange,
    TaskChange,
)
from homebuy_plugin.testing.northbrook import SERVED, Northbrook, at, clock


def test_edge_34_a_notice_of_delay_opens_its_stage_on_hold_and_when_denied(landlord: Northbrook) -> None:
    landlord.claim()
    landlord.update(CaseChange.hold("waiting for papers"), at("2026-11-03"))
    held = landlord.record("2026-12-01", "delay_notice_served")
    assert "delay" in [s.code for s in held.stages if s.status == "open"]
    assert clock(held, "section_153a").due_on == date(2026, 12, 31)
    landlord.claim(reference="HB-2")
    change = TaskChange.complete(facts={"eligibility_decision": "deny"})
    landlord.task("serve_rtb2", change, at("2026-12-01T11:00"), reference="HB-2")
    after = landlord.update(CaseChange.record("delay_notice_served"), at("2026-12-02"), reference="HB-2")
    assert clock(after, "section_153a").due_on == date(2027, 1, 1)


def test_edge_35_a_counter_notice_after_the_period_does_not_undo_it(landlord: Northbrook) -> None:
    landlord.claim()
    landlord.record("2026-12-01", "delay_notice_served", facts={"delay_ground": "admission_missed"})
    landlord.tick(at("2027-01-01T09:00"))
    assert ("delay_notice_unanswered", "w.thorne") in landlord.letters("delay_notice_unanswered")
    landlord.done("2027-01-11", "serve_rtb2", facts={"eligibility_decision": "admit"})
    after = landlord.done("2027-01-11", "serve_counter_notice")
    view = clock(after, "section_153a")
    assert (view.status, view.due_on, view.met_on) == ("missed", date(2026, 12, 31), date(2027, 1, 11))


def test_edge_36_a_bar_on_completing_quiets_our_delay_and_is_reviewed(landlord: Northbrook) -> None:
    landlord.claim()
    landlord.done("2026-11-04", "record_service", "acknowledge_application", "check_application_form")
    landlord.done(
        "2026-11-10",
        "check_tenancy_history",
        "check_exemptions",
        "check_disqualifications",
        "verify_identity",
    )
    admit = {"eligibility_decision": "admit"}
    landlord.done("2026-11-12", "decide_eligibility", "serve_rtb2", facts=admit)
    landlord.done("2026-11-20", "instruct_valuer", "check_structural_defects", "arrange_inspection")
    landlord.done("2026-11-20", "receive_valuation_report", "check_title", "draft_offer", "audit_draft_offer")
    landlord.done("2026-11-24", "serve_section_125_notice")
    landlord.done("2026-12-01", "await_notice_of_intention")
    landlord.tick(at("2026-12-01T12:00"))
    barred = landlord.record("2026-12-02", "arrears_bar_began", facts={"arrears_weeks": 5})
    assert clock(barred, "acceptance_stage_target").status == "blocked"
    landlord.host.forget()
    landlord.tick(at("2026-12-30T09:00"))  # 28 days later
    assert ("completion_bar_review", "p.shah") in landlord.letters("completion_bar_review")
    landlord.tick(at("2027-06-30T09:00"))  # 26 weeks from 1 Dec are over on 1 Jun
    assert "acceptance" not in [n.task for n in landlord.host.notices if n.template == "stage_overdue"]
    assert landlord.letters("stage_overdue") == []
    free = landlord.record("2027-07-01", "arrears_bar_ended", facts={"arrears_weeks": 0})
    assert clock(free, "acceptance_stage_target").status == "red"
    landlord.host.forget()
    landlord.tick(at("2027-09-30T09:00"))
    assert landlord.letters("completion_bar_review") == []


def test_edge_37_a_final_demolition_notice_ends_the_claim_and_starts_the_diary(landlord: Northbrook) -> None:
    landlord.claim(date(2027, 2, 8))
    after = landlord.record("2027-03-01", "final_demolition_notice_in_force")
    assert clock(after, "section_124").status == "cancelled"
    assert clock(after, "section_138c").due_on == date(2027, 5, 31)
    landlord.done("2027-03-02", "confirm_withdrawal", "clear_property_flag")
    closed = landlord.update(CaseChange.close("ceased"), at("2027-06-01"))
    assert closed.status == "closed"
    landlord.claim(reference="HB-2")
    suspended = landlord.update(
        CaseChange.record("suspension_order_made"), at("2027-06-02"), reference="HB-2"
    )
    assert clock(suspended, "section_124").status == "cancelled"


def test_edge_38_deemed_withdrawal_is_confirmed_by_a_person(landlord: Northbrook) -> None:
    landlord.claim()
    landlord.done("2026-11-20", "serve_rtb2", facts={"eligibility_decision": "admit"})
    landlord.done("2027-01-11", "serve_section_125_notice")
    landlord.record("2027-04-12", "default_notice_served")
    longer = TaskChange.extend("section_125e", date(2027, 6, 7), "s.125E(3): in hospital", by="p.shah")
    landlord.task("await_reply_to_default_notice", longer, at("2027-05-06"))
    landlord.tick(at("2027-06-08T09:00"))
    seen = landlord.look("2027-06-08T10:00")
    assert seen.status == "open"
    assert ("default_time_over", "p.shah") in landlord.letters("default_time_over")
    extended = [e for e in landlord.events() if e.kind == "clock_started" and e.by == "p.shah"]
    assert [e.texts["reason"] for e in extended] == ["s.125E(3): in hospital"]
    ended = landlord.record("2027-06-09", "claim_deemed_withdrawn", by="p.shah")
    assert "withdrawal" in [s.code for s in ended.stages if s.status == "open"]


def test_edge_39_of_a_duplicate_the_earliest_service_is_kept(landlord: Northbrook) -> None:
    landlord.claim(date(2026, 11, 4))
    landlord.claim(date(2026, 11, 2), "2026-11-05", reference="HB-2")
    kept = landlord.update(
        CaseChange.merge("HB-2", "the same claim, posted twice", by="p.shah"), at("2026-11-05")
    )
    assert (kept.served_on, clock(kept, "section_124").due_on) == (SERVED, date(2026, 11, 30))
    assert dict(kept.links) == {"HB-2": "merged_from"}
    closed = landlord.state("HB-2")
    assert (closed.status, closed.outcome, closed.links) == ("closed", "merged", {"HB-1": "merged_into"})
    landlord.tick(at("2026-12-01T09:00"))
    assert {n.reference for n in landlord.host.notices if n.template == "rtb2_overdue"} == {"HB-1"}
    # recorded for the wrong property: the claim itself is right, and keeps its date
    right = landlord.update(CaseChange.update({"property_type": "maisonette"}, by="p.shah"), at("2026-12-02"))
    assert (right.served_on, right.facts["property_type"]) == (SERVED, "maisonette")
