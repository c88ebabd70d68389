"""The work of one officer goes to others: shown first, then exactly as shown."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text

from homebuy_plugin import CaseChange, TaskChange
from homebuy_plugin.documents.model import Landlord, OfficerEntry
from homebuy_plugin.exceptions import InvalidArgument, PlanOutdated, RetryTransaction
from homebuy_plugin.reassignment import plan_from_json, plan_json
from homebuy_plugin.store import directory
from homebuy_plugin.store.transactions import reading, writing
from homebuy_plugin.testing.databases import fresh_engine
from homebuy_plugin.testing.small_documents import LANDLORD
from homebuy_plugin.testing.small_landlord import SmallLandlord, at, small_landlord

NOON = at(20, 12)


def four_flats(engine):
    """In turn: amir has HB-1 and HB-4, beth HB-2, cora HB-3."""
    small_landlord(engine)
    landlord = SmallLandlord(engine)
    for n in range(1, 5):
        landlord.create(f"HB-{n}", now=at(20, 8 + n // 4))


@pytest.fixture
def four(databases):
    with fresh_engine(databases, four_flats) as engine:
        yield SmallLandlord(engine)


ON_ONE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
"""What is asked here is the same on every database."""


def plan(landlord, to="rules", officer="amir", now=NOON, **more):
    return landlord.homebuy.staff.plan_reassignment(officer, to, now=now, **more)


def reassign(landlord, made, now=NOON):
    return landlord.homebuy.staff.reassign(made, "left us", by="dilys", now=now)


def who_gets(made):
    return {m.reference + (f" {m.task}" if m.task else ""): m.after for m in made.moves}


def owners(landlord, *references):
    return [landlord.state(reference).owners for reference in references]


def everything(landlord):
    with reading(landlord.engine) as conn:
        turns = directory.turns_taken(conn, ["leasehold_officer"])
    return turns, [landlord.events(f"HB-{n}") for n in range(1, 5)]


# --- the preview -----------------------------------------------------------------------------------


def test_the_preview_says_who_gets_what_and_why_and_changes_nothing(four):
    before = everything(four)
    made = plan(four)
    assert who_gets(made) == {"HB-1": ("user:beth",), "HB-4": ("user:cora",)}
    why = made.moves[0].because
    assert why.startswith("Beth Owen has this case by the rule “Flats go to the leasehold team” (version 1)")
    assert why.endswith("in turn within the role leasehold officer (turn 5, after Amir Khan)")
    assert everything(four) == before
    assert plan(four) == made, "asked again it says the same"
    assert plan_from_json(plan_json(made)) == made


@ON_ONE
@pytest.mark.parametrize(
    ("to", "strategy", "gets"),
    [
        ("lena", "role", {"HB-1": ("user:lena",), "HB-4": ("user:lena",)}),
        ("role:house_officer", "role", {"HB-1": ("role:house_officer",), "HB-4": ("role:house_officer",)}),
        ("role:leasehold_officer", "least_open_cases", {"HB-1": ("user:beth",), "HB-4": ("user:cora",)}),
        ("role:leasehold_officer", "round_robin", {"HB-1": ("user:beth",), "HB-4": ("user:cora",)}),
    ],
)
def test_to_a_user_a_role_or_one_of_a_role(four, to, strategy, gets):
    assert who_gets(plan(four, to, strategy=strategy)) == gets


@ON_ONE
def test_co_owners_stay_in_their_place(four):
    four.update(CaseChange.reassign(["beth", "amir", "lena"]), at(20, 10))
    assert who_gets(plan(four, "sam"))["HB-1"] == ("user:beth", "user:sam", "user:lena")
    assert who_gets(plan(four, "lena"))["HB-1"] == ("user:beth", "user:lena")


@ON_ONE
def test_tasks_of_their_own_move_too(four):
    four.task("log_application", TaskChange.reassign("amir"), at(20, 10), "HB-2")
    four.task("log_application", TaskChange.reassign("amir"), at(20, 10), "HB-1")
    task = "log_application#1"
    assert who_gets(plan(four)) == {
        "HB-1": ("user:beth",),
        f"HB-1 {task}": (),
        f"HB-2 {task}": (),
        "HB-4": ("user:cora",),
    }, "by the rules a task without a role of its own follows its case"
    assert who_gets(plan(four, "lena"))[f"HB-2 {task}"] == ("user:lena",)
    reassign(four, plan(four))
    assert four.state("HB-2").tasks[task].owners == ()


@ON_ONE
def test_a_task_of_a_role_stays_in_it(four):
    four.task("log_application", TaskChange.complete(), at(20, 10))
    four.task("decide", TaskChange.complete(facts={"eligibility_decision": "admit"}), at(20, 10))
    four.task("serve_notice", TaskChange.complete(), at(20, 10))
    assert four.state().tasks["make_offer#1"].owners == ("user:sam",)
    made = plan(four, officer="sam")
    assert [(m.what, m.after, m.because) for m in made.moves] == [("Make offer", (), "it follows its case")]
    with writing(four.engine) as conn:
        [role] = [r for r in LANDLORD.roles if r.id == "surveyor"]
        more = replace(role, members=(*role.members, replace(role.members[0], id="tess")))
        directory.import_landlord(conn, Landlord(roles=(more,)))
    made = plan(four, officer="sam")
    assert [(m.after, m.because) for m in made.moves] == [(("user:tess",), "for the role surveyor")]


def test_the_preview_cannot_write(four):
    """Not even what a plugin does meanwhile gets through."""

    def writes(session, role, on):
        session.execute(text("UPDATE homebuy_officer SET name = 'nobody'"))

    four.host.answer("homebuy_officers_in_role", writes)
    with pytest.raises(Exception, match=r"read-?only"):
        plan(four, "role:leasehold_officer")


@ON_ONE
def test_the_cases_they_manage_are_named(four):
    assert plan(four, officer="dilys").manages == ("HB-1", "HB-2", "HB-3", "HB-4")


@ON_ONE
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"to": "amir"}, "cannot go to 'amir'"),
        ({"to": "lena", "strategy": "by_age"}, "least_open_cases, not 'by_age'"),
        ({"officer": "user:amir"}, "id of a user alone"),
        ({"to": "nosuch"}, "nosuch"),
        ({"to": "role:leashold_officer"}, "Did you mean 'leasehold_officer'"),
        ({"officer": "amri"}, "Did you mean 'amir'"),
        ({"to": "cora", "now": at(3)}, "Cora Lane is away, or no longer here, on 2026-11-03"),
    ],
)
def test_what_cannot_be_planned_is_refused(landlord, arguments, message):
    with pytest.raises(InvalidArgument, match=message):
        plan(landlord, **arguments)


@ON_ONE
def test_whom_the_host_answers_for_is_known(landlord):
    landlord.host.answer("homebuy_officer_available", True)
    assert plan(landlord, to="somebody").moves == ()


# --- doing it --------------------------------------------------------------------------------------


def test_what_was_shown_is_done_and_recorded_like_single_reassignments(four):
    made = plan(four)
    report = reassign(four, made)
    assert (report.done, report.earlier, report.skipped) == (made.moves, (), ())
    assert owners(four, "HB-1", "HB-4") == [("user:beth",), ("user:cora",)]
    last = four.events("HB-1")[-1]
    assert (last.kind, last.by, last.texts) == ("case_reassigned", "dilys", {"reason": "left us"})
    assert last.data["why"] == made.moves[0].because
    told = [a for a in four.host.audited if a.kind == "case_reassigned"]
    assert [(a.reference, a.by) for a in told] == [("HB-1", "dilys"), ("HB-4", "dilys")]
    assert four.create("HB-5", now=NOON).decision.picks[0].turn == 7, "turns 5 and 6 were had by these"


@ON_ONE
def test_nobody_to_take_it_leaves_a_case_that_needs_an_owner(four):
    full = [OfficerEntry(id=name, name=name.capitalize(), capacity=1) for name in ("beth", "cora")]
    with writing(four.engine) as conn:
        directory.import_landlord(conn, Landlord(officers=tuple(full)))
    made = plan(four)
    assert who_gets(made) == {"HB-1": (), "HB-4": ()}
    assert "Beth is full (1 of 1), Cora is full (1 of 1)" in made.moves[0].because
    reassign(four, made)
    state = four.state()
    assert (state.owners, state.needs_owner, state.unowned_at) == ((), True, NOON)
    assert reassign(four, replace(made, moves=())).done == ()


def test_a_preview_that_no_longer_holds_is_refused_with_the_differences(four):
    made = plan(four)
    four.update(CaseChange.reassign("lena"), at(20, 11), "HB-1")
    four.create("HB-5", now=at(20, 11))
    four.update(CaseChange.reassign("amir"), at(20, 11), "HB-2")
    before = everything(four)
    with pytest.raises(PlanOutdated) as refused:
        reassign(four, made)
    assert refused.value.differences == (
        "HB-1 is not theirs any more",
        "HB-4 would now go to Beth Owen, not to Cora Lane",
        "HB-2 is theirs too",
    )
    assert everything(four) == before


def breaks_at(landlord, reference):
    def audit(session, entry):
        if entry.reference == reference:
            raise OSError("disk full")

    landlord.host.answer("homebuy_audit", audit)


def test_after_a_crash_the_same_call_goes_on(four):
    made = plan(four)
    breaks_at(four, "HB-4")
    with pytest.raises(OSError, match="disk full"):
        reassign(four, made)
    assert owners(four, "HB-1", "HB-4") == [("user:beth",), ("user:amir",)]
    breaks_at(four, None)
    again = plan(four)
    assert (again.moves, again.unfinished) == (made.moves, True)
    report = reassign(four, again)
    assert [m.reference for m in report.earlier] == ["HB-1"]
    assert [m.reference for m in report.done] == ["HB-4"]
    assert len([e for e in four.events("HB-1") if e.kind == "case_reassigned"]) == 1
    assert plan(four).moves == ()


@ON_ONE
def test_what_changed_after_the_crash_is_left_alone(four):
    made = plan(four, "role:leasehold_officer", strategy="round_robin")
    breaks_at(four, "HB-1")
    with pytest.raises(OSError, match="disk full"):
        reassign(four, made)
    breaks_at(four, None)
    four.update(CaseChange.reassign("lena"), NOON, "HB-1")
    with writing(four.engine) as conn:
        directory.add_absence(conn, "cora", date(2026, 11, 20), date(2026, 11, 21))
    report = reassign(four, made)
    assert [(m.reference, why) for m, why in report.skipped] == [
        ("HB-1", "somebody else has it meanwhile"),
        ("HB-4", "Cora Lane is away"),
    ]
    assert owners(four, "HB-1", "HB-4") == [("user:lena",), ("user:amir",)]


def test_two_at_once_do_it_once(four):
    made = plan(four)

    def go(_):
        try:
            return len(reassign(four, made).done)
        except PlanOutdated:  # the other one had finished
            return 0

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(go, range(2))) == 2
    for reference in ("HB-1", "HB-4"):
        assert [e.kind for e in four.events(reference)].count("case_reassigned") == 1


def create(landlord, reference):
    for _ in range(50):
        try:
            return landlord.create(reference, now=NOON)
        except RetryTransaction:
            continue
    raise AssertionError("never came through")


def leave_nothing(landlord):
    """Preview and do, until nothing is left: cases come in meanwhile and take turns too."""
    while True:
        made = plan(landlord)
        if not made.moves:
            return
        with suppress(PlanOutdated):
            reassign(landlord, made)


def test_turns_are_had_once_though_cases_come_in_meanwhile(four):
    four.homebuy.staff.leaves("amir", date(2026, 11, 20))
    with ThreadPoolExecutor(3) as pool:
        leaving = pool.submit(leave_nothing, four)
        made = list(pool.map(lambda n: create(four, f"HB-{n}"), range(5, 11)))
        leaving.result()
    assert {m.owner.id for m in made} == {"beth", "cora"}
    picks = [
        pick
        for n in range(1, 11)
        for event in four.events(f"HB-{n}")
        for pick in event.data.get("decision", event.data).get("picks", ())
    ]
    assert sorted(pick["turn"] for pick in picks) == list(range(1, 13))
