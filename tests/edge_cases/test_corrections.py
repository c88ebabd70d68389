"""Facts corrected late, people who change, cases brought in."""

from datetime import date

import pytest

from homebuy_plugin import (
    Applicant,
    CaseChange,
)
from homebuy_plugin.engine import built_in_catalogue, compile_conditions, evaluate
from homebuy_plugin.exceptions import (
    CaseExists,
    NotAllowed,
    UnknownName,
)
from homebuy_plugin.testing.northbrook import SERVED, Northbrook, at, clock, offered, play


def test_edge_17_served_on_corrected_earlier(landlord: Northbrook) -> None:
    landlord.claim(date(2026, 11, 9))
    landlord.tick(at("2026-12-01T09:00"))
    landlord.host.forget()
    change = CaseChange.update(served_on=date(2026, 10, 30), by="p.shah", note="date stamp found")
    after = landlord.update(change, at("2026-12-01T10:00"))
    assert (clock(after, "section_124").due_on, clock(after, "section_124").status) == (
        date(2026, 11, 27),
        "red",
    )
    landlord.tick(at("2026-12-01T10:01"))
    assert ("rtb2_overdue", "p.shah") in landlord.letters("rtb2_overdue")
    (changed,) = [e for e in landlord.events() if e.kind == "case_changed"]
    assert changed.data["before"]["served_on"] == "2026-11-09"
    assert changed.by == "p.shah"
    dates = [e.data.get("previous_due_on") for e in landlord.events() if e.kind == "clock_started"]
    assert "2026-12-07" in dates


def test_edge_18_bringing_in_old_cases_floods_nobody(landlord: Northbrook) -> None:
    go_live = at("2026-11-02T09:00")
    for number in range(1, 21):
        landlord.claim(date(2026, 7, 1), "2026-11-02T09:00", reference=f"HB-{number}", live_from=go_live)
    assert landlord.tick(at("2026-11-02T09:05")).notices == 0
    assert (landlord.host.notices, landlord.outbox()) == ([], [])
    seen = landlord.look("2026-11-02T09:10")
    assert (clock(seen, "section_124").status, clock(seen, "section_124").due_on, seen.level) == (
        "red",
        date(2026, 7, 29),
        0,
    )
    missed = landlord.decisions("serve_rtb2#1", "section_124")
    assert ("rtb2-overdue", "before_go_live", "2026-07-29T23:00:00+00:00") in missed
    assert {outcome for _, outcome, _ in missed} == {"before_go_live"}
    # what falls due from then on is told: the acknowledgement, three working days from Mon 2 Nov
    landlord.tick(at("2026-11-06T09:00"))
    told = {(n.template, n.reference) for n in landlord.host.notices if n.task == "acknowledge_application"}
    assert told == {("target_passed", f"HB-{number}") for number in range(1, 21)}
    assert "serve_rtb2" not in {n.task for n in landlord.host.notices}


def test_edge_19_all_joint_tenants_are_told_and_one_leaving_withdraws_nothing(landlord: Northbrook) -> None:
    both = (
        Applicant(name="Ada Obi", id="P-1", address="ada@example.org"),
        Applicant(name="Ben Obi", id="P-2", address="ben@example.org"),
    )
    landlord.claim(applicants=both)
    landlord.done("2026-11-20", "serve_rtb2", facts={"eligibility_decision": "admit"})
    landlord.done("2027-01-11", "serve_section_125_notice")
    landlord.tick(at("2027-03-05T09:00"))  # four weeks before Sun 4 Apr is Sun 7 Mar: told on Friday
    assert landlord.letters("offer_reminder") == [("offer_reminder", "P-1"), ("offer_reminder", "P-2")]
    change = CaseChange.withdraw(date(2027, 3, 6), "moving out", applicant="P-2", by="p.shah")
    after = landlord.update(change, at("2027-03-08"))
    assert after.status == "open"
    assert clock(after, "section_125d").status in ("green", "amber")
    assert [t.status for t in after.tasks if t.code == "review_applicants"] == ["open"]
    assert [a.id for a in landlord.state().applicants] == ["P-1"]
    assert "withdrawal" not in [s.code for s in after.stages]


def test_edge_20_the_tenant_dies_and_a_successor_takes_over() -> None:
    case = play({"property_type": "house"})
    offered(case)
    case.complete("await_notice_of_intention", at=at("2027-02-15"))
    case.play(CaseChange.record("new_tenant_recorded"), at("2027-03-01"))
    assert (case.clock("section_125d").status, case.clock("section_125d").due_on) == (
        "running",
        date(2027, 5, 23),
    )
    exchanged = play({"property_type": "house"})
    offered(exchanged)
    # a mutual exchange (s.92) passes no claim on: the right is lost
    exchanged.play(CaseChange.record("right_lost"), at("2027-03-01"))
    assert exchanged.clock("section_125d").status == "cancelled"


def test_edge_21_stock_transfer_changes_the_company_and_no_clock(landlord: Northbrook) -> None:
    landlord.claim(company="north")
    before = landlord.look("2026-11-03")
    landlord.record("2026-11-10", "new_landlord_recorded")
    after = landlord.update(CaseChange.update(company="south"), at("2026-11-10"))
    assert clock(after, "section_124").due_on == clock(before, "section_124").due_on == date(2026, 11, 30)
    assert after.owners == before.owners
    moved = landlord.update(CaseChange.reallocate("transfer of stock", by="p.shah"), at("2026-11-11"))
    assert moved.owners != before.owners
    assert moved.decision is not None
    assert moved.decision.rule != "rtb-north"
    decided = [e.data["decision"]["rule"] for e in landlord.events() if e.kind == "case_allocated"]
    assert decided == ["rtb-north", moved.decision.rule]
    assert clock(moved, "section_124").run == 1


def test_edge_22_another_scheme_is_another_case_with_its_own_date(landlord: Northbrook) -> None:
    landlord.claim()
    with pytest.raises(UnknownName):
        CaseChange.update(scheme="right_to_acquire")
    landlord.done("2026-11-20", "serve_rtb2", facts={"eligibility_decision": "deny"})
    second = landlord.claim(
        date(2026, 12, 1),
        reference="HB-2",
        scheme="right_to_acquire",
        facts={"property_type": "house"},
        linked_to="HB-1",
    )
    assert second.created
    assert clock(second, "section_124").due_on == date(2026, 12, 29)
    assert dict(second.links) == {"HB-1": "continues"}
    first = landlord.look("2026-12-01T11:00")
    assert dict(first.links) == {"HB-2": "continued_by"}
    assert clock(first, "section_124").status == "met"
    with pytest.raises(NotAllowed, match="its clocks are not taken over"):
        landlord.claim(SERVED, "2026-12-01", reference="HB-3", scheme="social_homebuy", linked_to="HB-1")


def test_edge_23_a_house_turns_out_leasehold(landlord: Northbrook) -> None:
    landlord.claim()
    offer = landlord.done("2026-11-20", "serve_rtb2", facts={"eligibility_decision": "admit"})
    assert clock(offer, "section_125").due_on == date(2027, 1, 15)
    change = CaseChange.update({"tenure_offered": "leasehold"}, by="i.petrov", note="head lease found")
    after = landlord.update(change, at("2026-12-16"))
    assert clock(after, "section_125").due_on == date(2027, 2, 12)
    (changed,) = [e for e in landlord.events() if e.kind == "case_changed"]
    assert (changed.by, changed.texts["note"]) == ("i.petrov", "head lease found")


def test_edge_24_eight_weeks_only_when_another_landlords_time_is_needed(landlord: Northbrook) -> None:
    made = landlord.claim()
    assert clock(made, "section_124").due_on == date(2026, 11, 30)
    landlord.tick(at("2026-12-01T09:00"))
    late = landlord.update(CaseChange.update({"other_landlord_period": True}), at("2026-12-04"))
    assert clock(late, "section_124").due_on == date(2026, 12, 28)
    assert "delay_risk" in late.flags  # found after day 28: what was set then stays
    assert ("rtb2_overdue", "p.shah") in landlord.letters("rtb2_overdue")


def test_edge_25_twelve_weeks_from_the_last_determination() -> None:
    case = play({"property_type": "house"})
    offered(case)
    case.play(CaseChange.record("determination_requested"), at("2027-03-01"))
    case.complete("serve_determination", at=at("2027-05-17"))
    assert case.clock("section_125d").due_on == date(2027, 8, 8)
    case.play(CaseChange.record("determination_requested"), at("2027-07-01"))  # after proceedings, s.128(3)
    case.complete("serve_determination", at=at("2027-08-02"))
    assert case.clock("section_125d").due_on == date(2027, 10, 24)
    assert case.clock("section_125d").run == 3


def test_edge_26_withdrawn_then_claimed_anew(landlord: Northbrook) -> None:
    landlord.claim(facts={"property_type": "house", "estimated_value": 180_000})
    landlord.update(CaseChange.withdraw(reason="changed our mind"), at("2026-11-13"))
    again = landlord.claim(date(2027, 2, 1), reference="HB-2", linked_to="HB-1")
    assert clock(again, "section_124").due_on == date(2027, 3, 1)
    assert "estimated_value" not in again.facts
    assert dict(again.links) == {"HB-1": "continues"}
    assert landlord.state("HB-1").status == "withdrawn"
    with pytest.raises(CaseExists, match="served_on"):
        landlord.claim(date(2027, 2, 1))


def test_edge_27_what_counts_is_the_day_of_service(landlord: Northbrook) -> None:
    landlord.claim(date(2024, 11, 21))  # dated the 20th, received the 21st
    assert landlord.state().served_on == date(2024, 11, 21)
    new_caps = compile_conditions(
        {"name": "served_on", "operator": "on_or_after", "value": "2024-11-21"}, built_in_catalogue()
    )
    assert evaluate(new_caps, {"served_on": date(2024, 11, 21)}).result
    assert not evaluate(new_caps, {"served_on": date(2024, 11, 20)}).result
