"""Who gets a new case, and the record of why."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy.orm import Session

from homebuy_plugin import (
    Applicant,
    CaseChange,
    ConditionSeen,
    Officer,
    Pick,
    RuleVariable,
    TaskChange,
    hookimpl,
)
from homebuy_plugin.documents.model import AbsenceEntry, Landlord, OfficerEntry
from homebuy_plugin.exceptions import PluginError
from homebuy_plugin.store import directory
from homebuy_plugin.store.transactions import writing
from homebuy_plugin.testing.small_documents import allocation
from homebuy_plugin.testing.small_landlord import SmallLandlord, at, facts_of
from homebuy_plugin.workflow.records import record_from_json

FLAT = {"all": [{"name": "property_type", "operator": "equal_to", "value": "flat"}]}
HOUSE = {"all": [{"name": "property_type", "operator": "equal_to", "value": "house"}]}


def rule(id_, *actions, rank=10, **more):
    return {
        "id": id_,
        "name": id_.capitalize(),
        "rank": rank,
        "state": "on",
        "actions": list(actions),
        **more,
    }


def action(name, **params):
    return {"name": name, "params": params}


def to_user(user):
    return action("assign_user", user=user)


def in_turn(role="leasehold_officer"):
    return action("assign_role", role=role, strategy="round_robin")


def least_busy(role="leasehold_officer"):
    return action("assign_role", role=role, strategy="least_open_cases")


def created(landlord, *rules, reference="HB-1", **fields):
    landlord.publish(at(1), allocation=allocation(*rules))
    return landlord.create(reference, **fields)


def away(landlord, officer, start=date(2026, 11, 2), end=date(2026, 11, 3)):
    with writing(landlord.engine) as conn:
        directory.add_absence(conn, officer, start, end)


def owners_of(landlord, count, start=1):
    return [landlord.create(f"HB-{n}").owner.id for n in range(start, start + count)]


class Moon:
    """A plugin whose variable nobody can read."""

    @hookimpl
    def homebuy_rule_variables(self):
        return [RuleVariable(name="moon", label="phase of the moon", type="number", read=self.read)]

    def read(self, facts, case):
        raise OSError("clouds")


MOON = {"all": [{"name": "moon", "operator": "greater_than", "value": 1}]}


# --- each way to give a case away --------------------------------------------------------------


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


# --- in turn -------------------------------------------------------------------------------------


def test_in_turn_each_has_one_and_who_is_away_is_passed_over(landlord):
    landlord.publish(at(1), allocation=allocation(rule("one", in_turn())))
    assert owners_of(landlord, 4) == ["amir", "beth", "amir", "beth"]


def test_in_turn_goes_on_where_it_stopped_when_somebody_left(landlord):
    landlord.publish(at(1), allocation=allocation(rule("one", in_turn())))
    assert owners_of(landlord, 1) == ["amir"]
    from homebuy_plugin.testing.small_documents import LANDLORD

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


# --- the least busy ------------------------------------------------------------------------------


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


# --- the previous owner --------------------------------------------------------------------------

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


# --- nobody who is away, gone or full is chosen in silence ------------------------------------------


def limits(landlord, **officers):
    with writing(landlord.engine) as conn:
        entries = tuple(OfficerEntry(id=id_, name=id_.capitalize(), **more) for id_, more in officers.items())
        directory.import_landlord(conn, Landlord(officers=entries))


def test_a_rule_that_names_somebody_away_drifts_to_nobody(landlord):
    """What is meant for the head of service alone is not for whoever comes next."""
    rules = rule("one", to_user("cora"), action("set_manager", user="dilys"))
    made = created(landlord, rules, rule("two", to_user("amir"), rank=20))
    assert (made.needs_owner, made.decision.rule, made.manager.id) == (True, "one", "dilys")
    assert made.because == ("The case needs an owner: Cora Lane is away.",)
    assert made.decision.picks == (
        Pick(officers=(), passed_over={"user:cora": "away"}, text="Cora Lane is away"),
    )


def test_of_several_users_those_have_it_who_are_there(landlord):
    made = created(landlord, rule("one", action("assign_users", users=["cora", "beth"])))
    assert [o.id for o in made.owners] == ["beth"]
    assert made.because == ("Beth Owen has this case by the rule “One” (version 2). But Cora Lane is away.",)


def test_who_has_left_is_never_chosen(landlord):
    limits(landlord, amir={"left_on": date(2026, 11, 3)}, beth={"left_on": date(2026, 11, 2)})
    away(landlord, "cora")
    away(landlord, "cora", date(2026, 11, 3), date(2026, 11, 4))
    landlord.publish(at(1), allocation=allocation(rule("one", in_turn())))
    assert [landlord.create(f"HB-{n}", now=at(2)).owner.id for n in (1, 2)] == ["amir", "amir"]
    gone = landlord.create("HB-3", now=at(3))
    assert "Amir is no longer here, Beth is no longer here, Cora Lane is away" in gone.because[0]
    landlord.publish(at(3), allocation=allocation(rule("one", action("assign_case_creator"))))
    assert "Amir is no longer here" in landlord.create("HB-4", now=at(3), creator="amir").because[0]


def test_whom_the_host_names_must_be_there_too(landlord):
    landlord.host.answer("homebuy_resolve_owner", Officer(id="cora"))
    made = created(landlord, rule("one", to_user("beth"), conditions=HOUSE))
    assert made.because == (
        "The case needs an owner: no rule applied, and the host named somebody not there: Cora Lane is away.",
    )


def test_a_person_who_gives_work_to_somebody_away_is_told(landlord):
    landlord.create()
    told = ("Cora Lane is away, or no longer here.",)
    assert landlord.update(CaseChange.reassign(["cora", "lena"]), at(3)).because == told
    assert landlord.task("log_application", TaskChange.reassign("cora"), at(3)).because == told
    assert landlord.task("log_application", TaskChange.reassign("cora"), at(15)).because == ()


def test_a_full_officer_is_passed_over_like_one_who_is_away(landlord):
    limits(landlord, amir={"capacity": 1}, beth={"capacity": 2})
    landlord.publish(at(1), allocation=allocation(rule("one", in_turn())))
    away(landlord, "cora")
    assert owners_of(landlord, 3) == ["amir", "beth", "beth"]
    full = landlord.create("HB-4")
    assert "take it: Amir is full (1 of 1), Beth is full (2 of 2), Cora Lane is away." in full.because[0]
    landlord.update(CaseChange.withdraw(), at(2, 12), "HB-1")
    assert landlord.create("HB-5", now=at(2, 12)).owner.id == "amir", "a case less"


def test_the_hosts_officers_may_have_a_capacity_of_their_own(landlord):
    team = [Officer(id="zoe", capacity=0), Officer(id="amir", capacity=2)]
    landlord.host.answer("homebuy_officers_in_role", team)
    limits(landlord, amir={"capacity": 1})
    landlord.publish(at(1), allocation=allocation(rule("one", least_busy())))
    assert owners_of(landlord, 2) == ["amir", "amir"]
    [pick] = landlord.create("HB-3").decision.picks
    assert pick.passed_over == {"user:zoe": "full (0 of 0)", "user:amir": "full (2 of 2)"}


def test_a_capacity_is_a_whole_number(landlord):
    landlord.host.answer("homebuy_officers_in_role", [Officer(id="zoe", capacity="forty")])
    landlord.publish(at(1), allocation=allocation(rule("one", in_turn())))
    with pytest.raises(PluginError, match="capacity of 'zoe' is 'forty'"):
        landlord.create()


# --- what a decision saw ----------------------------------------------------------------------------


def test_the_record_of_a_turn_has_the_position_it_saw(landlord):
    landlord.publish(at(1), allocation=allocation(rule("one", in_turn())))
    landlord.create("HB-1")
    made = landlord.create("HB-2")
    assert made.decision.picks == (
        Pick(
            officers=("user:beth",),
            role="leasehold_officer",
            strategy="round_robin",
            among=("user:amir", "user:beth"),
            passed_over={"user:cora": "away"},
            after="user:amir",
            turn=2,
            text="in turn within the role leasehold officer (turn 2, after Amir Khan; Cora Lane is away)",
        ),
    )
    [written] = [e for e in landlord.events("HB-2") if e.kind == "case_allocated"]
    assert record_from_json(written.data["decision"]) == made.decision


def test_the_record_of_the_least_busy_has_what_everybody_had(landlord):
    landlord.publish(at(1), allocation=allocation(rule("one", least_busy())))
    landlord.create("HB-1")
    [pick] = landlord.create("HB-2").decision.picks
    assert (pick.officers, pick.open_cases) == (("user:beth",), {"user:amir": 1, "user:beth": 0})
    assert pick.text == (
        "with the fewest open cases in the role leasehold officer (no open case); "
        "Amir Khan has 1, Cora Lane is away"
    )


def test_an_owner_of_too_long_ago_does_not_count(landlord):
    withdrawn_case(landlord, "HB-1", "beth", 2)
    previous = action("assign_previous_owner", within_months=2)
    landlord.publish(at(1), allocation=allocation(rule("one", previous)))
    assert landlord.create("HB-2", applicants=(ADA,), now=at(20, month=12)).owner.id == "beth"
    assert landlord.create("HB-3", applicants=(ADA,), now=at(4).replace(year=2027)).needs_owner


# --- rules that do not take part -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "because"),
    [
        ({"state": "off"}, "switched off"),
        ({"schemes": ["right_to_acquire"]}, "for another scheme"),
        ({"companies": ["north"]}, "for another company"),
        ({"effective_from": "2026-11-03"}, "not in force"),
        ({"effective_from": "2026-01-01", "effective_to": "2026-11-02"}, "not in force"),
        ({"state": "watch", "schemes": ["right_to_acquire"]}, "for another scheme"),
        ({"state": "watch", "effective_from": "2026-11-03"}, "not in force"),
    ],
)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_rule_that_does_not_take_part_is_recorded_with_the_reason(landlord, more, because):
    made = created(landlord, rule("first", to_user("lena"), **more), rule("second", to_user("beth"), rank=20))
    assert made.owner.id == "beth"
    skipped, won = made.decision.considered
    assert (skipped.rule, skipped.applied, skipped.because) == ("first", False, because)
    assert (won.rule, won.applied) == ("second", True)


def test_a_watched_rule_is_evaluated_and_decides_nothing(landlord):
    made = created(
        landlord,
        rule("first", to_user("lena"), state="watch", conditions=FLAT),
        rule("second", to_user("beth"), rank=20),
    )
    watched = made.decision.considered[0]
    assert (watched.applied, watched.because) == (True, "being watched")
    assert watched.conditions[0].actual == "flat"
    assert made.owner.id == "beth"


def test_the_lower_rank_comes_first_and_the_first_that_applies_decides(landlord):
    made = created(
        landlord,
        rule("third", to_user("lena"), rank=30),
        rule("first", to_user("cora"), rank=1, conditions=HOUSE),
        rule("second", to_user("beth"), rank=20),
    )
    assert made.owner.id == "beth"
    assert [c.rule for c in made.decision.considered] == ["first", "second"]


def test_a_rule_of_its_company_and_in_force_applies(landlord):
    bounds = {"effective_from": "2026-11-02", "effective_to": "2026-11-03", "companies": ["north"]}
    assert created(landlord, rule("one", to_user("beth"), **bounds), company="north").owner.id == "beth"


# --- when no rule decides ------------------------------------------------------------------------


def test_the_host_is_asked_when_no_rule_applied(landlord):
    landlord.host.answer("homebuy_resolve_owner", Officer(id="lena"))
    made = created(landlord, rule("one", to_user("beth"), conditions=HOUSE))
    assert (made.owner.id, made.needs_owner) == ("lena", False)
    assert made.because == ("No rule applied; the host named Lena Law.",)
    [asked] = landlord.host.calls_of("homebuy_resolve_owner")
    assert (asked["case"].reference, asked["now"]) == ("HB-1", at(2))


def test_the_host_is_not_asked_when_a_rule_applied(landlord):
    created(landlord, rule("one", to_user("beth")))
    assert landlord.host.calls_of("homebuy_resolve_owner") == []


def test_nobody_knows_then_the_case_needs_an_owner(landlord):
    made = created(landlord, rule("one", to_user("beth"), conditions=HOUSE))
    assert made.because == ("The case needs an owner: no rule applied.",)
    assert (made.needs_owner, made.owners, made.decision.rule) == (True, (), None)


def test_a_hosts_error_propagates_and_nothing_is_kept(landlord):
    landlord.host.fail("homebuy_resolve_owner", OSError("directory down"))
    with pytest.raises(OSError, match="directory down"):
        created(landlord, rule("one", to_user("beth"), conditions=HOUSE))
    landlord.host.recover("homebuy_resolve_owner")
    assert landlord.create().created


def test_a_person_is_asked_to_choose_with_a_suggestion(landlord):
    made = created(
        landlord, rule("one", action("choose_owner", role="lawyer"), action("set_manager", user="dilys"))
    )
    assert (made.needs_owner, made.manager.id) == (True, "dilys")
    assert "asks a person to choose (suggested: the role Lawyer)" in made.because[0]
    assert made.decision.rule == "one"


def test_an_owner_given_later_ends_the_need(landlord):
    created(landlord, rule("one", action("choose_owner", role="lawyer")))
    told = len(landlord.outbox())
    made = landlord.update(CaseChange.reassign("lena", by="dilys"), at(2, 11))
    assert (made.needs_owner, made.owner.id) == (False, "lena")
    landlord.tick(at(20))
    assert len([r for r in landlord.outbox() if r.template == "case_needs_owner"]) == told == 1


def test_a_case_without_owner_tells_the_manager_then_the_default_group(landlord):
    created(landlord, rule("one", action("choose_owner", role="lawyer"), action("set_manager", user="dilys")))
    landlord.publish(at(2), allocation=allocation(rule("one", to_user("beth"), conditions=HOUSE)))
    landlord.create("HB-2")
    landlord.tick(at(3, 9))
    told = {(n.reference, n.recipient.id) for n in landlord.host.notices if n.template == "case_needs_owner"}
    assert told == {("HB-1", "dilys"), ("HB-1", "harry"), ("HB-2", "harry")}


# --- errors --------------------------------------------------------------------------------------


def test_a_rule_that_errs_above_the_winner_means_the_case_needs_an_owner(landlord):
    moon = SmallLandlord(landlord.engine, plugins=[Moon()])
    made = created(
        moon, rule("first", to_user("lena"), conditions=MOON), rule("second", to_user("beth"), rank=20)
    )
    assert (made.needs_owner, made.owner) == (True, None)
    assert (made.decision.outcome, made.decision.rule) == ("needs_owner", "first")
    assert "the rule “First” failed" in made.because[0]
    assert "clouds" in made.decision.considered[0].because
    assert [c.rule for c in made.decision.considered] == ["first"]


def test_a_rule_that_would_err_below_the_winner_is_never_asked(landlord):
    moon = SmallLandlord(landlord.engine, plugins=[Moon()])
    made = created(
        moon, rule("first", to_user("lena")), rule("second", to_user("beth"), rank=20, conditions=MOON)
    )
    assert made.owner.id == "lena"


def test_a_watched_rule_that_errs_hinders_nobody(landlord):
    moon = SmallLandlord(landlord.engine, plugins=[Moon()])
    made = created(
        moon,
        rule("first", to_user("lena"), conditions=MOON, state="watch"),
        rule("second", to_user("beth"), rank=20),
    )
    assert made.owner.id == "beth"
    assert "clouds" in made.decision.considered[0].because


# --- the record ----------------------------------------------------------------------------------


def test_the_record_has_every_condition_with_the_value_it_saw(landlord):
    conditions = {
        "all": [
            {"name": "property_type", "operator": "is_one_of", "value": ["flat", "maisonette"]},
            {"not": {"name": "joint_applicants", "operator": "greater_than", "value": 1}},
        ]
    }
    made = created(
        landlord,
        rule("houses", to_user("lena"), conditions=HOUSE),
        rule("flats", to_user("beth"), rank=20, conditions=conditions),
    )
    record = made.decision
    assert (record.kind, record.outcome, record.rule, record.rule_version) == (
        "allocation",
        "owned",
        "flats",
        2,
    )
    assert record.at == at(2)
    assert record.considered[0].conditions == (
        ConditionSeen(
            pointer="/conditions/all/0",
            name="property_type",
            operator="equal_to",
            expected="house",
            actual="flat",
            result="false",
        ),
    )
    assert record.considered[1].conditions == (
        ConditionSeen(
            pointer="/conditions/all/0",
            name="property_type",
            operator="is_one_of",
            expected=["flat", "maisonette"],
            actual="flat",
            result="true",
        ),
        ConditionSeen(
            pointer="/conditions/all/1/not",
            name="joint_applicants",
            operator="greater_than",
            expected=1,
            actual=1,
            result="false",
            negated=True,
        ),
    )
    [written] = [e for e in landlord.events() if e.kind == "case_allocated"]
    assert record_from_json(written.data["decision"]) == record
    assert landlord.create(now=at(3)).decision == record, "the same whenever it is asked for"


def test_a_personal_fact_stays_out_of_the_record(landlord):
    condition = {"name": "national_insurance", "operator": "equal_to", "value": "QQ1"}
    made = created(
        landlord,
        rule("one", to_user("beth"), conditions={"all": [condition]}),
        facts={"national_insurance": "QQ123456C"},
    )
    assert "QQ123456C" not in str(made.decision)
    assert "QQ123456C" not in str([e.data for e in landlord.events()])


def test_absences_are_kept_by_officer(landlord):
    with writing(landlord.engine) as conn:
        directory.import_landlord(
            conn,
            Landlord(
                absences=(AbsenceEntry(officer="amir", start=date(2026, 11, 2), end=date(2026, 11, 9)),)
            ),
        )
    assert created(landlord, rule("one", in_turn())).owner.id == "beth"
