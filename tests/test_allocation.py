"""Who gets a new case: each way in which a rule may give it away."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy.orm import Session

from homebuy_plugin import (
    Applicant,
    CaseChange,
    Officer,
)
from homebuy_plugin.documents.model import Landlord
from homebuy_plugin.store import directory
from homebuy_plugin.store.transactions import writing
from homebuy_plugin.testing.owner_rules import (
    FLAT,
    HOUSE,
    action,
    away,
    created,
    in_turn,
    least_busy,
    owners_of,
    rule,
    to_user,
)
from homebuy_plugin.testing.small_documents import LANDLORD, allocation
from homebuy_plugin.testing.small_landlord import at, facts_of

# --- each way to give a case away -------------------------------------------------------------------


def test_to_a_user(landlord):
    made = created(landlord, rule("one", to_user("beth")))
    assert (made.owner, made.needs_owner) == (Officer(id="beth", name="Beth Owen"), False)
    assert made.because == ("Beth Owen has this case by the rule “One” (version 2).",)


def test_to_several_users(landlord):
    made = created(landlord, rule("one", action("assign_users", users=["beth", "lena"])))
    assert [o.id for o in made.owners] == ["beth", "lena"]
    assert made.owner.id == "beth"
    assert made.because[0].startswith("Beth Owen and Lena Law have this case")


def test_to_a_role_itself(landlord):
    made = created(landlord, rule("one", action("assign_role", role="house_officer", strategy="role")))
    assert made.owner == Officer(kind="role", id="house_officer", name="House officer")


def test_a_role_where_nobody_is_there_owns_it_and_the_record_says_so(landlord):
    rules = rule("one", action("assign_role", role="roofer", strategy="role"))
    made = created(landlord, rules)
    assert made.owner == Officer(kind="role", id="roofer")
    assert made.because[0].endswith(" But nobody in the role roofer is there now.")


def test_to_whoever_created_it(landlord):
    rules = rule("one", action("assign_case_creator"))
    assert created(landlord, rules, creator="lena").owner.id == "lena"
    nobody = landlord.create("HB-2")
    assert nobody.needs_owner
    assert "no creator on record" in nobody.because[0]


def test_a_manager_and_groups_come_with_the_owner(landlord):
    made = created(
        landlord,
        rule(
            "one", to_user("beth"), action("set_manager", role="lawyer"), action("add_group", group="legal")
        ),
    )
    assert made.manager.key == "role:lawyer"
    assert landlord.state().groups == ("legal",)


# --- in turn ----------------------------------------------------------------------------------------


def test_in_turn_each_has_one_and_who_is_away_is_passed_over(landlord):
    landlord.publish(at(1), allocation=allocation(rule("one", in_turn())))
    assert owners_of(landlord, 4) == ["amir", "beth", "amir", "beth"]


def test_in_turn_goes_on_where_it_stopped_when_somebody_left(landlord):
    landlord.publish(at(1), allocation=allocation(rule("one", in_turn())))
    assert owners_of(landlord, 1) == ["amir"]
    [role] = [r for r in LANDLORD.roles if r.id == "leasehold_officer"]
    fewer = replace(role, members=tuple(m for m in role.members if m.id != "amir"))
    with writing(landlord.engine) as conn:
        directory.import_landlord(conn, Landlord(officers=(), roles=(fewer,), absences=()))
    assert owners_of(landlord, 2, start=2) == ["beth", "beth"], "cora is away until the 15th"


def test_a_call_that_fails_takes_no_turn(landlord):
    landlord.publish(at(1), allocation=allocation(rule("one", in_turn())))
    landlord.host.fail("homebuy_audit", OSError("full"), times=1)
    with Session(landlord.engine) as session, session.begin(), pytest.raises(OSError, match="full"):
        landlord.homebuy.case_created(session, facts_of(), at(2))
    assert owners_of(landlord, 1) == ["amir"]


def test_two_roles_in_turn_are_locked_in_one_order(landlord):
    """Whoever needs one position locks them all, so that nobody waits in a circle."""
    rules = (
        rule("flats", in_turn("leasehold_officer"), conditions=FLAT),
        rule("houses", in_turn("house_officer"), rank=20, conditions=HOUSE),
    )
    landlord.publish(at(1), allocation=allocation(*rules))
    landlord.create()
    with writing(landlord.engine) as conn:
        assert directory.turns_taken(conn, ["house_officer", "leasehold_officer"]) == {
            "house_officer": (None, 0),
            "leasehold_officer": ("user:amir", 1),
        }


# --- the least busy ---------------------------------------------------------------------------------


def test_the_least_busy_has_it_then_the_one_whose_last_is_longest_ago(landlord):
    landlord.publish(at(1), allocation=allocation(rule("one", least_busy())))
    landlord.create("HB-1", now=at(2, 9))
    landlord.create("HB-2", now=at(2, 10))
    landlord.update(CaseChange.reassign("lena"), at(2, 11), "HB-1")
    landlord.update(CaseChange.reassign("lena"), at(2, 11), "HB-2")
    assert landlord.create("HB-3", now=at(2, 12)).owner.id == "amir", "both free: amir's last is longer ago"
    made = landlord.create("HB-4", now=at(2, 13))
    assert made.owner.id == "beth"
    assert "fewest open cases in the role leasehold officer (no open case)" in made.because[0]


def test_closed_cases_do_not_count(landlord):
    landlord.publish(at(1), allocation=allocation(rule("one", least_busy())))
    assert owners_of(landlord, 2) == ["amir", "beth"]
    landlord.update(CaseChange.leave("application", "x"), at(2, 11), "HB-2")
    landlord.update(CaseChange.close("denied"), at(2, 11), "HB-2")
    assert owners_of(landlord, 1, start=3) == ["beth"]


def test_nobody_there_needs_an_owner_and_the_record_says_why(landlord):
    away(landlord, "amir")
    away(landlord, "beth")
    made = created(landlord, rule("one", in_turn()))
    assert (made.needs_owner, made.owner, made.decision.outcome) == (True, None, "needs_owner")
    assert made.because == (
        "The case needs an owner: the role leasehold_officer cannot take it: everybody in it is away.",
    )


def test_an_empty_role_needs_an_owner(landlord):
    made = created(landlord, rule("one", least_busy("roofers")))
    assert "nobody is in it" in made.because[0]


def test_an_absence_ends_on_its_last_day(landlord):
    """Half-open: away from the 2nd to the 3rd is one day."""
    away(landlord, "amir")
    landlord.publish(at(1), allocation=allocation(rule("one", in_turn())))
    assert landlord.create("HB-1", now=at(2)).owner.id == "beth"
    assert landlord.create("HB-2", now=at(3)).owner.id == "amir"


def test_the_hosts_directory_comes_before_the_tables(landlord):
    landlord.host.answer("homebuy_officers_in_role", [Officer(id="zoe", name="Zoe Zed"), Officer(id="yan")])
    landlord.host.answer("homebuy_officer_available", lambda session, officer, on: officer.id == "zoe")
    made = created(landlord, rule("one", in_turn()))
    assert made.owner == Officer(id="zoe", name="Zoe Zed")


def test_a_host_that_knows_of_nobody_is_believed(landlord):
    landlord.host.answer("homebuy_officers_in_role", [])
    assert created(landlord, rule("one", in_turn())).needs_owner


# --- the previous owner -----------------------------------------------------------------------------


ADA = Applicant(name="Ada Obi", id="P-1")


def withdrawn_case(landlord, reference, owner, day):
    landlord.publish(at(1), allocation=allocation(rule("first", to_user(owner))))
    landlord.create(reference, applicants=(ADA,))
    landlord.update(CaseChange.withdraw(), at(day), reference)


def test_the_owner_of_an_earlier_case_of_the_same_people(landlord):
    withdrawn_case(landlord, "HB-1", "beth", 2)
    withdrawn_case(landlord, "HB-2", "lena", 3)
    previous = action("assign_previous_owner")
    made = created(landlord, rule("one", previous), reference="HB-3", applicants=(ADA,), now=at(4))
    assert made.owner.id == "lena", "the latest of them"
    away(landlord, "lena", date(2026, 11, 4), date(2026, 11, 30))
    assert landlord.create("HB-4", applicants=(ADA,), now=at(4)).owner.id == "beth"
    other = landlord.create("HB-5", applicants=(Applicant(name="Bo", id="P-2"),), now=at(4))
    assert other.needs_owner, "no other rule is there to be asked"
    [considered] = other.decision.considered
    assert (considered.applied, considered.because) == (
        False,
        "no earlier owner is still there, so the next rule was asked",
    )


def test_without_an_earlier_owner_the_next_rule_decides(landlord):
    withdrawn_case(landlord, "HB-1", "beth", 2)
    away(landlord, "beth", date(2026, 11, 4), date(2026, 11, 5))
    rules = (rule("again", action("assign_previous_owner"), action("set_manager", user="lena")),)
    made = created(
        landlord,
        *rules,
        rule("rest", to_user("amir"), rank=20),
        reference="HB-2",
        applicants=(ADA,),
        now=at(4),
    )
    assert (made.owner.id, made.decision.rule) == ("amir", "rest")
    assert made.manager is None, "nothing of a rule that did not decide is done"
    assert (
        made.decision.considered[0].because == "no earlier owner is still there, so the next rule was asked"
    )
    assert landlord.create("HB-3", applicants=(ADA,), now=at(5)).owner.id == "beth"


def test_a_rule_that_names_somebody_beside_the_earlier_owner_decides(landlord):
    rules = (
        rule("again", action("assign_previous_owner"), to_user("cora")),
        rule("rest", to_user("amir"), rank=20),
    )
    made = created(landlord, *rules, applicants=(ADA,))
    assert made.needs_owner
    assert made.because == ("The case needs an owner: no earlier owner is still there; Cora Lane is away.",)


def test_an_owner_of_too_long_ago_does_not_count(landlord):
    withdrawn_case(landlord, "HB-1", "beth", 2)
    previous = action("assign_previous_owner", within_months=2)
    landlord.publish(at(1), allocation=allocation(rule("one", previous)))
    assert landlord.create("HB-2", applicants=(ADA,), now=at(20, month=12)).owner.id == "beth"
    assert landlord.create("HB-3", applicants=(ADA,), now=at(4).replace(year=2027)).needs_owner
