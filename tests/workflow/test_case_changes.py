"""Everything that may happen to a case as a whole, and what is refused."""

from datetime import UTC, date, datetime

import pytest

from homebuy_plugin.exceptions import InvalidArgument, NotAllowed, UnknownName
from homebuy_plugin.testing.worlds import new_case, shipped_world, small_world
from homebuy_plugin.types import Applicant, CaseChange, CaseFacts, Officer, TaskChange
from homebuy_plugin.workflow.case_changes import known_events


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


MONDAY, TUESDAY = utc(2026, 11, 2, 10), utc(2026, 11, 3, 10)


def claim(**more):
    given = {"reference": "HB-1", "scheme": "right_to_buy", "served_on": date(2026, 11, 2), **more}
    return new_case(shipped_world(given["scheme"]), CaseFacts(**given), MONDAY)


def refused(case, change, error, words, at=TUESDAY):
    before, events = case.state.copy(), len(case.events)
    with pytest.raises(error, match=words):
        case.play(change, at)
    assert (case.state, len(case.events)) == (before, events)


# --- update ----------------------------------------------------------------------------------------


def test_update_merges_facts_and_none_clears_one():
    case = claim(facts={"patch": "N1", "property_type": "flat"})
    case.play(CaseChange.update(facts={"patch": None, "region": "North"}, by="x"), TUESDAY)
    assert case.state.facts == {"property_type": "flat", "region": "North"}
    event = case.history("case_changed")[-1]
    assert (event.by, event.data["before"]) == ("x", {"patch": "N1"})


def test_update_changes_the_fields_of_a_case_and_keeps_the_old_values():
    case = claim(company="north", creator="k")
    case.play(CaseChange.update(company="south", creator=None, served_on=date(2026, 11, 1)), TUESDAY)
    assert (case.state.company, case.state.creator, case.state.served_on) == (
        "south",
        None,
        date(2026, 11, 1),
    )
    before = case.history("case_changed")[-1].data["before"]
    assert before == {"company": "north", "creator": "k", "served_on": "2026-11-02"}


def test_update_replaces_the_applicants_and_may_leave_none():
    ada, ben = Applicant(name="Ada Obi", address="1 Mill Lane"), Applicant(name="Ben Obi")
    case = claim(applicants=(ada,)).play(CaseChange.update(applicants=(ada, ben)), TUESDAY)
    assert case.state.applicants == (ada, ben)
    event = case.history("case_changed")[-1]
    assert event.people == (ada, ben)
    assert "Obi" not in str(event.data)
    case.play(CaseChange.update(applicants=()), TUESDAY)
    assert case.state.applicants == ()
    assert case.folded() == case.state


def test_personal_facts_are_kept_apart_before_and_after():
    case = claim(facts={"applicant_vulnerable": True})
    case.play(CaseChange.update(facts={"applicant_vulnerable": False, "patch": "N1"}), TUESDAY)
    event = case.history("case_changed")[-1]
    assert event.texts == {"fact:applicant_vulnerable": False}
    assert (event.data["facts"], event.data["before"]) == ({"patch": "N1"}, {})
    assert case.state.facts["applicant_vulnerable"] is False
    assert case.state.personal == {"applicant_vulnerable": event.seq}


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (CaseChange.update(served_on=date(2026, 11, 4)), InvalidArgument, "lies in the future"),
        (CaseChange.update(facts={"pathc": "N1"}), UnknownName, "Did you mean 'patch'"),
        (CaseChange.update(facts={"property_type": "castle"}), UnknownName, "castle"),
        (CaseChange.update(facts={"arrears_weeks": True}), InvalidArgument, "is a number, not True"),
        (CaseChange.update(facts={"days_overdue": 3}), UnknownName, "days_overdue"),
        (CaseChange.update(country=None), InvalidArgument, "always in some country"),
        (CaseChange.update(company=5), InvalidArgument, "company must be a text"),
        (CaseChange.update(creator=" "), InvalidArgument, "creator must be a text"),
        (CaseChange.update(applicants="Ada"), InvalidArgument, "tuple of Applicant"),
        (CaseChange.update(applicants=["Ada"]), InvalidArgument, "tuple of Applicant"),
        (CaseChange.update(applicants=7), InvalidArgument, "tuple of Applicant"),
    ],
)
def test_an_update_that_cannot_be_is_refused(change, error, words):
    refused(claim(), change, error, words)


def test_the_reference_and_the_scheme_never_change():
    for name in ("reference", "scheme", "served"):
        with pytest.raises(UnknownName):
            CaseChange.update(**{name: "x"})


# --- record ----------------------------------------------------------------------------------------


def test_record_keeps_the_day_the_facts_and_who():
    case = claim()
    change = CaseChange.record(
        "evidence_missing", on=date(2026, 11, 2), facts={"patch": "N1"}, by="x", note="no ID"
    )
    case.play(change, TUESDAY)
    seen = case.state.seen("evidence_missing")[0]
    assert (seen.on, seen.at) == (date(2026, 11, 2), TUESDAY)
    event = case.history("event_recorded")[-1]
    assert (event.by, event.texts, case.state.facts["patch"]) == ("x", {"note": "no ID"}, "N1")


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (CaseChange.record("evidence_mising"), UnknownName, "Did you mean 'evidence_missing'"),
        (CaseChange.record("evidence_missing", on=date(2026, 11, 4)), InvalidArgument, "later than today"),
        (CaseChange.record("claim_withdrawn"), NotAllowed, "CaseChange.withdraw"),
    ],
)
def test_an_event_that_cannot_be_is_refused(change, error, words):
    refused(claim(), change, error, words)


def test_every_event_that_a_clock_or_a_stage_names_is_known():
    clock = {
        "code": "c",
        "kind": "service",
        "starts": ["event:a"],
        "ends": ["event:b"],
        "period": {"value": 1, "unit": "days"},
        "restarts": [{"on": "event:c"}],
        "blocks": [{"from": "event:d", "until": "event:e"}],
    }
    world = small_world(
        {
            "code": "s",
            "name": "S",
            "master_stage": "application",
            "next": [],
            "opens_on": ["event:f"],
            "tasks": [{"code": "t", "name": "T", "mandatory": True, "clocks": [clock]}],
        },
        events=[{"code": "g"}],
    )
    assert known_events(world.pack) == {
        "a",
        "b",
        "c",
        "d",
        "e",
        "f",
        "g",
        "claim_withdrawn",
        "applicant_withdrew",
    }


# --- activate, leave -------------------------------------------------------------------------------


def test_activate_opens_what_is_offered_or_parallel_and_nothing_else():
    case = claim()
    refused(case, CaseChange.activate("valuaton"), UnknownName, "Did you mean 'valuation'")
    refused(case, CaseChange.activate("valuation"), NotAllowed, "not offered now")
    case.play(CaseChange.activate("delay", by="x"), TUESDAY)
    assert case.stage("delay").status == "open"


def test_leave_names_an_open_stage():
    case = claim()
    refused(case, CaseChange.leave("valuation", "x"), UnknownName, "no open stage 'valuation'")
    case.play(CaseChange.leave("application#1", "a duplicate", by="x"), TUESDAY)
    event = case.history("stage_left")[-1]
    assert (event.by, event.texts) == ("x", {"reason": "a duplicate"})
    assert case.outcome(TUESDAY).missing == ()


# --- hold, release ---------------------------------------------------------------------------------


def test_hold_and_release_of_a_case():
    case = claim().play(CaseChange.hold("a dispute", by="x"), TUESDAY)
    assert case.state.status == "on_hold"
    assert case.because == ["The dates set by law go on running while this is on hold."]
    case.play(CaseChange.release(by="x"), utc(2026, 11, 5, 10))
    assert case.state.status == "open"
    refused(case, CaseChange.release(), NotAllowed, "The case is not on hold", utc(2026, 11, 5, 11))
    early = CaseChange.hold("x", until=date(2026, 11, 5))
    refused(case, early, InvalidArgument, "ends later than today", utc(2026, 11, 5, 11))


def test_a_case_on_hold_until_a_day_comes_back_by_itself():
    case = claim().play(CaseChange.hold("x", until=date(2026, 11, 9)), TUESDAY)
    case.tick(utc(2026, 11, 9, 8, 59))
    assert case.state.status == "on_hold"
    case.tick(utc(2026, 11, 9, 9))
    assert case.state.status == "open"


# --- reassign --------------------------------------------------------------------------------------


def test_reassign_names_owners_and_a_manager():
    case = claim().play(CaseChange.reassign(["jo", Officer(id="legal", kind="role")], "kit", "away"), TUESDAY)
    assert (case.state.owners, case.state.manager) == (("user:jo", "role:legal"), "user:kit")
    case.play(CaseChange.reassign("sam"), TUESDAY)
    assert (case.state.owners, case.state.manager) == (("user:sam",), "user:kit")


@pytest.mark.parametrize("owners", [(), [], None, "", 5, (None,)])
def test_reassign_to_nobody_is_refused(owners):
    refused(claim(), CaseChange.reassign(owners), InvalidArgument, "owner")


# --- withdraw, close, reopen -----------------------------------------------------------------------


def test_withdraw_keeps_the_day_and_the_reason():
    case = claim().play(CaseChange.withdraw(date(2026, 11, 2), "moving", by="x"), TUESDAY)
    event = case.history("event_recorded")[-1]
    assert (event.data["event"], event.data["on"], event.texts) == (
        "claim_withdrawn",
        "2026-11-02",
        {"reason": "moving"},
    )
    refused(claim(), CaseChange.withdraw(date(2026, 11, 4)), InvalidArgument, "later than today")
    words = "withdrawn on Sun 1 Nov 2026, before the notice was served on Mon 2 Nov 2026"
    refused(claim(), CaseChange.withdraw(date(2026, 11, 1)), InvalidArgument, words)


@pytest.mark.parametrize(
    "change",
    [
        CaseChange.activate("delay"),
        CaseChange.leave("withdrawal", "x"),
        CaseChange.hold("x"),
        CaseChange.release(),
        CaseChange.withdraw(),
    ],
)
def test_a_withdrawn_case_takes_no_such_change(change):
    case = claim().play(CaseChange.withdraw(), TUESDAY)
    refused(case, change, NotAllowed, f"withdrawn; {change.action} is not possible. Reopen it first")


def test_a_withdrawn_case_may_still_be_corrected_and_given_away():
    case = claim().play(CaseChange.withdraw(), TUESDAY)
    for change in (
        CaseChange.update(facts={"patch": "N1"}),
        CaseChange.record("evidence_missing"),
        CaseChange.reassign("jo"),
    ):
        case.play(change, TUESDAY)
    assert case.state.owners == ("user:jo",)


def test_close_names_an_outcome_and_waits_for_what_is_mandatory():
    case = claim()
    refused(case, CaseChange.close("sold"), UnknownName, "outcome 'sold'")
    refused(case, CaseChange.close("denied"), NotAllowed, "Mandatory tasks are open: record_service")
    case.play(CaseChange.leave("application", "x"), TUESDAY)
    case.play(CaseChange.close("duplicate", "the same twice", by="x"), TUESDAY)
    assert (case.state.status, case.state.outcome) == ("closed", "duplicate")
    assert case.because == ["A date set by law was still running: section_124, due Mon 30 Nov 2026."]
    assert case.history("case_status")[-1].texts == {"reason": "the same twice"}
    assert not any(t.status in ("pending", "open", "on_hold") for t in case.state.tasks.values())


def test_close_ends_holds():
    case = claim().play(CaseChange.leave("application", "x"), TUESDAY)
    case.play(CaseChange.hold("x", until=date(2026, 12, 1)), TUESDAY).play(
        CaseChange.close("denied"), TUESDAY
    )
    assert (case.state.active_holds(), case.wakeups()) == ([], {})


@pytest.mark.parametrize(
    "change",
    [
        CaseChange.update(facts={"patch": "N1"}),
        CaseChange.record("evidence_missing"),
        CaseChange.close("denied"),
        CaseChange.reassign("jo"),
        CaseChange.hold("x"),
        CaseChange.migrate(2, "x"),
    ],
)
def test_a_closed_case_takes_nothing_but_its_reopening(change):
    case = (
        claim().play(CaseChange.leave("application", "x"), TUESDAY).play(CaseChange.close("denied"), TUESDAY)
    )
    refused(case, change, NotAllowed, "closed. Reopen it first")


def test_reopen_is_for_what_is_over():
    refused(claim(), CaseChange.reopen("x"), NotAllowed, "is open; it need not be reopened")
    on_hold = claim().play(CaseChange.hold("x"), TUESDAY)
    refused(on_hold, CaseChange.reopen("x"), NotAllowed, "is on_hold; it need not be reopened")


def test_a_case_closed_at_its_end_reopens_at_its_last_stage():
    case = claim(scheme="social_homebuy")
    for code in ("enquiry", "eligibility", "valuation_and_offer", "acceptance", "completion"):
        case.finish_stage(code, TUESDAY, eligibility_decision="admit")
    case.play(CaseChange.close("completed"), TUESDAY).play(CaseChange.reopen("a task was missed"), TUESDAY)
    assert [s.id for s in case.state.open_stages()] == ["completion#2"]


# --- settle first ----------------------------------------------------------------------------------


def test_every_change_first_decides_what_fell_due():
    case = claim()
    case.play(TaskChange.activity(by="x"), utc(2026, 12, 2, 10), "record_service")
    decided = [e.seq for e in case.history("rung_decided")]
    assert decided
    assert max(decided) < case.history("task_activity")[-1].seq
    assert case.rung("rtb2-overdue").outcome == "fired"


def test_a_change_that_makes_something_due_decides_it_at_once():
    case = claim().play(CaseChange.record("delay_notice_served", by="x"), TUESDAY)
    assert [n.template for n in case.sent("delay_notice_logged")] == ["delay_notice_logged"] * 4
    assert case.rung("delay-notice-logged").instant == TUESDAY
