"""What is published while cases are open."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

from homebuy_plugin import (
    Applicant,
    CaseChange,
)
from homebuy_plugin.testing.northbrook import Northbrook, at, clock, play
from homebuy_plugin.testing.shipped import problems_after, shipped, task_in


def test_edge_28_a_case_keeps_its_pack_until_it_is_migrated(landlord: Northbrook) -> None:
    landlord.claim()
    pack = shipped("right_to_buy/pack.json")
    task_in(pack, "acknowledge_application")["clocks"][0]["period"]["value"] = 2
    landlord.homebuy.publish(
        {"pack.json": json.dumps(pack)}, author="t", reason="sooner", now=at("2026-11-02T11:00")
    )
    kept = landlord.look("2026-11-02T12:00")
    assert clock(kept, "acknowledge_application_target").due_on == date(2026, 11, 5)
    new = landlord.claim(now="2026-11-02T12:00", reference="HB-2")
    assert clock(new, "acknowledge_application_target").due_on == date(2026, 11, 4)
    events = len(landlord.events())
    preview = landlord.homebuy.preview_migration(now=at("2026-11-02T13:00"))
    assert [(c.reference, d.clock, d.before, d.after) for c in preview.cases for d in c.deadlines] == [
        ("HB-1", "acknowledge_application_target", date(2026, 11, 5), date(2026, 11, 4))
    ]
    assert len(landlord.events()) == events
    moved = landlord.update(CaseChange.migrate(2, "all on the new pack"), at("2026-11-02T13:00"))
    assert clock(moved, "acknowledge_application_target").due_on == date(2026, 11, 4)
    assert landlord.homebuy.preview_migration(now=at("2026-11-02T14:00")).deadlines == 0


def test_edge_29_an_owner_who_is_away_two_roles_one_notice(landlord: Northbrook) -> None:
    landlord.host.answer(
        "homebuy_officer_available", lambda session, officer, on: False if officer.id == "p.shah" else None
    )
    landlord.claim()
    landlord.tick(at("2026-12-01T09:00"))
    overdue = [who for _, who in landlord.letters("rtb2_overdue")]
    assert "p.shah" not in overdue
    assert overdue.count("j.marsh") == 1  # in place of the owner, and as manager
    landlord.host.answer(
        "homebuy_officers_in_role", lambda session, role, on: [] if role == "head_of_service" else None
    )
    landlord.tick(at("2026-12-07T09:00"))  # five days late on Sat 5 Dec; the role is empty
    assert [who for _, who in landlord.letters("rtb2_overdue_senior")] == ["j.marsh"]
    landlord.host.answer("homebuy_officer_available", lambda session, officer, on: False)
    report = landlord.tick(at("2026-12-14T09:00"))  # a week later nobody at all is there
    assert report.undeliverable >= 1
    undelivered = [o for o in landlord.outbox("undeliverable") if o.template == "rtb2_overdue_senior"]
    assert len(undelivered) == 1


def test_edge_30_of_two_rules_the_lower_rank_and_nobody_is_said(landlord: Northbrook) -> None:
    made = landlord.claim(company="north", facts={"property_type": "flat"})  # ranks 90 and 100 both fit
    assert made.decision is not None
    assert made.decision.rule == "rtb-north"
    considered = [r.rule for r in made.decision.considered]
    assert considered.index("rtb-rush-to-overflow") < considered.index("rtb-north")
    nobody = landlord.claim(reference="HB-2", creator=None)
    assert nobody.needs_owner
    landlord.tick(at("2026-11-02T10:10"))
    assert [n.reference for n in landlord.host.notices if n.template == "case_needs_owner"][:1] == ["HB-2"]


def test_edge_31_an_allocation_rule_begins_at_local_midnight(landlord: Northbrook) -> None:
    rule = {
        "id": "tomorrow",
        "name": "From tomorrow",
        "rank": 1,
        "state": "on",
        "effective_from": "2026-07-02",
        "actions": [{"name": "assign_user", "params": {"user": "d.clarke"}}],
    }
    fallback = {**rule, "id": "until-then", "name": "Until then", "rank": 2, "effective_from": "2020-01-01"}
    fallback["actions"] = [{"name": "assign_user", "params": {"user": "a.novak"}}]
    document = {"format": "homebuy.allocation/1", "rules": [rule, fallback]}
    landlord.homebuy.publish(
        {"allocation.json": json.dumps(document)}, author="t", reason="r", now=at("2026-06-30T09:00")
    )
    today = landlord.claim(date(2026, 7, 1), "2026-07-01T22:59")  # 23:59 in London
    tomorrow = landlord.claim(date(2026, 7, 1), "2026-07-01T23:00", reference="HB-2")  # midnight
    assert (today.owner and today.owner.id, tomorrow.owner and tomorrow.owner.id) == ("a.novak", "d.clarke")


def test_edge_32_a_chain_that_comes_back_to_itself_is_refused() -> None:
    def change(body: dict[str, Any]) -> None:
        rules = {r["id"]: r for r in body["rules"]}
        rules["target-passed-manager"]["follows"] = "target-passed-team-leader"
        rules["target-passed-team-leader"]["follows"] = "target-passed-manager"

    found = problems_after("escalation.json", change)
    assert "HB161" in [c for c, _ in found], found


def test_edge_33_a_missing_letter_is_refused_and_a_missing_language_falls_back(landlord: Northbrook) -> None:
    def change(body: dict[str, Any]) -> None:
        body["rules"][0]["actions"][0]["params"]["template"] = "no_such_letter"

    assert "HB169" in [c for c, _ in problems_after("escalation.json", change)]
    landlord.claim(applicants=(Applicant(name="Ada", id="P-1", address="a@example.org", language="so"),))
    landlord.done("2026-11-20", "serve_rtb2", facts={"eligibility_decision": "admit"})
    landlord.done("2027-01-11", "serve_section_125_notice")
    landlord.tick(at("2027-03-05T09:00"))
    (letter,) = [n for n in landlord.host.notices if n.template == "offer_reminder"]
    english = [t for t in shipped("shared/templates.json")["templates"] if t["id"] == "offer_reminder"]
    assert [t["language"] for t in english] == ["en"]
    assert letter.body.startswith(english[0]["body"].partition("((")[0])
    unlettered = play()
    unlettered.world = replace(unlettered.world, templates=())
    unlettered.tick(at("2026-12-01"))
    assert "(The letter 'rtb2_overdue' is missing" in unlettered.sent("rtb2_overdue")[0].body
    assert "the letter 'rtb2_overdue' is not published; it was sent in plain words" in unlettered.errors
