"""Nobody who is away, gone or full is given a case in silence."""

from datetime import date

import pytest

from homebuy_plugin import (
    CaseChange,
    Officer,
    Pick,
    TaskChange,
)
from homebuy_plugin.documents.model import AbsenceEntry, Landlord, OfficerEntry
from homebuy_plugin.exceptions import PluginError
from homebuy_plugin.store import directory
from homebuy_plugin.store.transactions import writing
from homebuy_plugin.testing.owner_rules import (
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
from homebuy_plugin.testing.small_documents import allocation
from homebuy_plugin.testing.small_landlord import at


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


def test_absences_are_kept_by_officer(landlord):
    with writing(landlord.engine) as conn:
        directory.import_landlord(
            conn,
            Landlord(
                absences=(AbsenceEntry(officer="amir", start=date(2026, 11, 2), end=date(2026, 11, 9)),)
            ),
        )
    assert created(landlord, rule("one", in_turn())).owner.id == "beth"
