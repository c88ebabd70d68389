"""What of the rules decided, what did not, and the record of it."""

import pytest

from homebuy_plugin import (
    CaseChange,
    ConditionSeen,
    Officer,
    Pick,
    RuleVariable,
    hookimpl,
)
from homebuy_plugin.testing.owner_rules import (
    FLAT,
    HOUSE,
    action,
    created,
    in_turn,
    least_busy,
    rule,
    to_user,
)
from homebuy_plugin.testing.small_documents import allocation
from homebuy_plugin.testing.small_landlord import SmallLandlord, at
from homebuy_plugin.workflow.records import record_from_json


class Moon:
    """A plugin whose variable nobody can read."""

    @hookimpl
    def homebuy_rule_variables(self):
        return [RuleVariable(name="moon", label="phase of the moon", type="number", read=self.read)]

    def read(self, facts, case):
        raise OSError("clouds")


MOON = {"all": [{"name": "moon", "operator": "greater_than", "value": 1}]}


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


# --- rules that do not take part --------------------------------------------------------------------


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


# --- when no rule decides ---------------------------------------------------------------------------


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


# --- errors -----------------------------------------------------------------------------------------


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


# --- the record -------------------------------------------------------------------------------------


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
