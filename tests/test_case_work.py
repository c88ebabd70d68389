"""Work on cases beside the path of their pack, through the face a host holds."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy.orm import Session

from homebuy_plugin import Applicant, CaseChange, HoldView, Officer, TaskChange
from homebuy_plugin.exceptions import (
    CaseExists,
    InvalidArgument,
    NaiveDatetime,
    NotAllowed,
    UnknownName,
    UnknownReference,
)
from homebuy_plugin.insight.history import history
from homebuy_plugin.testing.small_documents import escalation, notify, rule
from homebuy_plugin.testing.small_landlord import at, clock_of, facts_of, refused, task_of

ADA = Applicant(name="Ada Obi", id="P-1", address="1 Mill Lane")
BEN = Applicant(name="Ben Obi", id="P-2")
DONE = TaskChange.complete(by="amir")
sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def made(landlord):
    """A landlord with one case, created on Monday 2 November at ten."""
    landlord.create(applicants=(ADA, BEN))
    return landlord


def kinds(landlord, reference="HB-1"):
    return [e.kind for e in landlord.events(reference)]


# --- tasks by hand ---------------------------------------------------------------------------------


@sqlite_only
def test_a_task_of_ones_own_has_an_owner_a_start_and_a_due_date_that_warns(made):
    change = CaseChange.add_task(
        "call_the_solicitor",
        owner="beth",
        start_on=date(2026, 11, 4),
        due_on=date(2026, 11, 6),
        by="dilys",
        note="about the lease",
    )
    out = made.update(change, at(2, 11))
    task = task_of(out, "call_the_solicitor")
    assert (task.status, task.stage, task.mandatory) == ("pending", "application", False)
    assert task.owner == Officer(id="beth", name="Beth Owen")
    due = clock_of(out, "call_the_solicitor", "due")
    assert (due.kind, due.due_on, dict(due.amber)) == (
        "service",
        date(2026, 11, 6),
        {"first": date(2026, 11, 5)},
    )
    assert out.because == (
        "“call_the_solicitor” is no task of the pack: it was added as a task of your own.",
    )
    created = next(e for e in made.events() if e.data.get("task") == "call_the_solicitor#1")
    assert (created.by, created.texts) == ("dilys", {"note": "about the lease"})
    made.tick(at(5, 9))
    assert made.state().tasks["call_the_solicitor#1"].status == "open"
    made.tick(at(7, 9))
    mine = [(n.template, n.recipient.id) for n in made.host.notices if n.task == "call_the_solicitor"]
    assert mine == [("near", "beth"), ("passed", "beth"), ("passed", "dilys")]
    out = made.task("call_the_solicitor", TaskChange.complete(date(2026, 11, 6), by="beth"), at(9))
    assert clock_of(out, "call_the_solicitor", "due").status == "met"


@sqlite_only
def test_a_task_of_ones_own_outlasts_its_stage_and_hinders_nothing(made):
    made.update(CaseChange.add_task("call_the_solicitor"), at(2, 11))
    for task in ("log_application", "serve_notice"):
        made.task(task, DONE, at(3))
    out = made.task("decide", TaskChange.complete(facts={"eligibility_decision": "admit"}), at(3))
    assert [s.code for s in out.stages if s.status == "open"] == ["offer"]
    assert task_of(out, "call_the_solicitor").status == "open"


@sqlite_only
def test_a_task_of_the_pack_comes_with_its_clocks_once_it_is_not_there(made):
    add = CaseChange.add_task("check_form", by="dilys")
    refused(
        made, lambda: made.update(add, at(3)), NotAllowed, r"still to be done \(check_form#1 is pending\)"
    )
    made.task("check_form", TaskChange.cancel("not needed"), at(3))
    out = made.update(add, at(3, 11))
    assert (task_of(out, "check_form").id, task_of(out, "check_form").status) == ("check_form#2", "open")
    assert clock_of(out, "check_form", "check_target").due_on == date(2026, 11, 10)
    assert out.because == ()


@sqlite_only
@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (CaseChange.add_task("Call them!"), InvalidArgument, "no code of a task. Use small letters"),
        (CaseChange.add_task("call", stage="offfer"), UnknownName, "no open stage 'offfer' in case 'HB-1'"),
        (CaseChange.add_task("call", due_on=date(2026, 11, 1)), InvalidArgument, "Sun 1 Nov 2026, which is"),
        (
            CaseChange.add_task("call", start_on=date(2026, 11, 9), due_on=date(2026, 11, 6)),
            InvalidArgument,
            "due_on, Fri 6 Nov 2026, lies before start_on, Mon 9 Nov 2026",
        ),
        (CaseChange.add_task("call", owner=7), InvalidArgument, "owner must be a text"),
    ],
)
def test_a_task_that_cannot_be_added_is_refused(made, change, error, words):
    refused(made, lambda: made.update(change, at(3)), error, words)


@sqlite_only
def test_a_due_date_by_hand_where_the_pack_has_none_else_it_is_revised(made):
    out = made.task("decide", TaskChange.plan(due_on=date(2026, 11, 13), by="dilys"), at(3))
    assert clock_of(out, "decide", "due").due_on == date(2026, 11, 13)
    plan = TaskChange.plan(due_on=date(2026, 11, 20))
    words = "has a service clock, 'due'. Move its target with TaskChange.revise"
    refused(made, lambda: made.task("decide", plan, at(3)), NotAllowed, words)
    out = made.task("decide", TaskChange.revise(date(2026, 11, 18), "two forms", by="dilys"), at(3))
    due = clock_of(out, "decide", "due")
    assert (due.due_on, due.original_due_on, due.run) == (date(2026, 11, 18), date(2026, 11, 13), 2)
    # ten days by hand may become twenty: Fri 13 Nov and ten days more
    late = TaskChange.revise(date(2026, 11, 24), "more")
    refused(made, lambda: made.task("decide", late, at(3)), NotAllowed, "Mon 23 Nov 2026 at the latest")
    refused(made, lambda: made.task("decide", TaskChange.plan(), at(3)), InvalidArgument, "neither was given")


@sqlite_only
def test_dependants_are_named_and_confirmed_before_they_go(made):
    def cancel(*dependants):
        change = TaskChange.cancel("not needed", dependants=dependants, by="amir")
        return lambda: made.task("check_form", change, at(3))

    words = r"would be cancelled: file_form. Confirm it with .*dependants=\('file_form',\)"
    refused(made, cancel(), NotAllowed, words)
    refused(made, cancel("decide"), NotAllowed, words)
    out = cancel("file_form")()
    assert [t.code for t in out.tasks if t.status == "cancelled"] == ["check_form", "file_form"]


# --- holds and dates, as the outcome shows them ------------------------------------------------------


def test_the_ledger_of_holds_has_reasons_and_dates(made):
    made.task("log_application", TaskChange.hold("tenant away", until=date(2026, 11, 20)), at(3))
    made.update(CaseChange.hold("a dispute"), at(4))
    out = made.task("log_application", TaskChange.release(), at(6))  # before its day
    assert out.holds == (
        HoldView(
            task="log_application#1",
            reason="tenant away",
            held_on=date(2026, 11, 3),
            until=date(2026, 11, 20),
            released_on=date(2026, 11, 6),
        ),
        HoldView(task=None, reason="a dispute", held_on=date(2026, 11, 4)),
    )
    out = made.update(CaseChange.release(), at(9))
    assert out.holds[1].released_on == date(2026, 11, 9)
    # Wed 4 Nov and four openings, of Wed, Thu, Fri and Mon: the overlap counts once
    assert clock_of(out, "log_application", "log_target").due_on == date(2026, 11, 10)


@sqlite_only
def test_a_hold_across_christmas_takes_the_working_days_only(landlord):
    landlord.create(served_on=None, now=at(22, month=12))  # due Thu 24 Dec
    landlord.task("log_application", TaskChange.hold("closed"), at(23, month=12))
    out = landlord.task("log_application", TaskChange.release(), at(29, month=12))
    # openings of Thu 24 and Tue 29 Dec: Thu 24 Dec and two working days is Wed 30 Dec
    assert clock_of(out, "log_application", "log_target").due_on == date(2026, 12, 30)


# --- one of several applicants ---------------------------------------------------------------------


@sqlite_only
def test_one_applicant_withdraws_and_the_claim_is_reviewed(made):
    change = CaseChange.withdraw(date(2026, 11, 3), "moving out", applicant="P-2", by="amir")
    out = made.update(change, at(4))
    assert out.status == "open"
    assert clock_of(out, "serve_notice", "section_124").status == "green"
    assert task_of(out, "review_applicants").status == "open"
    assert out.because == (
        "One of 2 applicants withdrew; the claim goes on. Task review_applicants asks for a review.",
    )
    assert made.state().applicants == (ADA,)
    [event] = [e for e in made.events() if e.kind == "event_recorded"]
    assert (event.data["event"], event.data["on"], event.texts["applicant"]) == (
        "applicant_withdrew",
        "2026-11-03",
        "P-2",
    )
    refused(made, lambda: made.update(change, at(4)), UnknownName, "no applicant 'P-2' in case 'HB-1'")
    only = CaseChange.withdraw(applicant="Ada Obi")
    refused(
        made, lambda: made.update(only, at(4)), NotAllowed, "only applicant on record. Withdraw the claim"
    )
    by_name = CaseChange.record("applicant_withdrew")
    refused(made, lambda: made.update(by_name, at(4)), NotAllowed, r"withdraw\(on, reason, applicant=...\)")


@sqlite_only
def test_a_rule_may_be_triggered_by_an_applicant_who_withdraws(landlord):
    told = rule("one-left", "event", notify("manager", template="near"), event="applicant_withdrew")
    landlord.publish(at(1), escalation=escalation(told))
    landlord.create(applicants=(ADA, BEN))
    landlord.update(CaseChange.withdraw(applicant="P-2"), at(4))
    landlord.tick(at(4, 11))
    assert [(n.rule, n.recipient.id) for n in landlord.host.notices] == [("one-left", "dilys")]


# --- owners again ----------------------------------------------------------------------------------


def test_the_rules_are_asked_again_and_both_records_stay(made):
    made.update(CaseChange.reassign(["beth", Officer(id="lawyer", kind="role")], "harry"), at(3))
    made.update(CaseChange.update({"property_type": "house"}), at(3))
    out = made.update(CaseChange.reallocate("stock transfer", by="dilys"), at(4))
    assert [o.key for o in out.owners] == ["role:house_officer"]
    assert out.manager == Officer(id="harry", name="Harry Holt")
    assert (out.decision.rule, out.decision.at) == ("houses-to-the-role", at(4))
    decisions = [e.data["decision"]["rule"] for e in made.events() if e.kind == "case_allocated"]
    assert decisions == ["flats-to-leasehold", "houses-to-the-role"]
    asked = next(e for e in made.events() if e.kind == "reallocation_asked")
    assert (asked.by, asked.texts) == ("dilys", {"reason": "stock transfer"})
    made.update(CaseChange.update({"property_type": None}), at(4))
    nobody = made.update(CaseChange.reallocate("again"), at(4))
    assert (nobody.needs_owner, nobody.owners) == (True, ())
    assert made.create(applicants=(ADA, BEN), now=at(5)).decision == nobody.decision


# --- two cases -------------------------------------------------------------------------------------


def test_a_case_that_continues_another_has_its_own_date_and_both_show_it(made):
    made.update(CaseChange.withdraw(reason="changed our mind"), at(3))
    out = made.create("HB-2", served_on=date(2026, 11, 9), linked_to="HB-1", now=at(9), creator="amir")
    assert dict(out.links) == {"HB-1": "continues"}
    assert clock_of(out, "serve_notice", "section_124").due_on == date(2026, 12, 7)
    old = made.update(CaseChange.update({}), at(9))
    assert (dict(old.links), old.served_on) == ({"HB-2": "continued_by"}, date(2026, 11, 2))
    [linked] = [e for e in made.events() if e.kind == "case_linked"]
    assert (linked.by, linked.data) == ("amir", {"reference": "HB-2", "how": "continued_by"})
    assert "case_linked" in {entry.kind for entry in made.host.audited if entry.reference == "HB-1"}
    again = made.create("HB-2", served_on=date(2026, 11, 9), linked_to="HB-1", now=at(10), creator="amir")
    assert not again.created
    with pytest.raises(CaseExists, match="linked_to was 'HB-1' and is None"):
        made.create("HB-2", served_on=date(2026, 11, 9), now=at(10), creator="amir")


@sqlite_only
@pytest.mark.parametrize(
    ("fields", "error", "words"),
    [
        ({"linked_to": "HB-9"}, UnknownReference, "No case has the reference 'HB-9'"),
        ({"linked_to": "HB-2"}, InvalidArgument, "of another case, not of the one created"),
        ({"linked_to": 7}, InvalidArgument, "linked_to must be a text"),
        (
            {"linked_to": "HB-1"},
            NotAllowed,
            "'HB-2' cannot be served on Mon 2 Nov 2026: 'HB-1', which it continues, was served on Mon 2 Nov",
        ),
    ],
)
def test_a_link_that_cannot_be_is_refused_and_nothing_is_made(made, fields, error, words):
    refused(made, lambda: made.create("HB-2", now=at(9), **fields), error, words)
    with pytest.raises(UnknownReference):
        made.update(CaseChange.update({}), at(9), "HB-2")


def test_a_claim_recorded_twice_is_merged_and_keeps_the_earlier_date(made):
    made.create("HB-2", served_on=date(2026, 10, 30), now=at(4))
    made.task("log_application", TaskChange.hold("waiting"), at(4), "HB-2")
    out = made.update(CaseChange.merge("HB-2", "same claim", by="dilys"), at(5))
    assert (out.served_on, dict(out.links)) == (date(2026, 10, 30), {"HB-2": "merged_from"})
    assert clock_of(out, "serve_notice", "section_124").due_on == date(2026, 11, 27)
    assert "Served on Fri 30 Oct 2026, as HB-2 had it; every clock follows." in out.because
    other = made.state("HB-2")
    assert (other.status, other.outcome, other.links) == ("closed", "merged", {"HB-1": "merged_into"})
    assert {t.status for t in other.tasks.values()} == {"cancelled"}
    for reference in ("HB-1", "HB-2"):
        [linked] = [e for e in made.events(reference) if e.kind == "case_linked"]
        assert (linked.by, linked.texts) == ("dilys", {"reason": "same claim"})
    made.tick(at(1, 9, month=12))
    assert {n.reference for n in made.host.notices if n.task == "serve_notice"} == {"HB-1"}


@sqlite_only
def test_what_a_merger_makes_due_is_asked_about_the_case_that_is_kept(made):
    made.create("HB-2", served_on=date(2026, 9, 28), now=at(4))
    before = len(made.host.calls)
    out = made.update(CaseChange.merge("HB-2", "same claim"), at(5))
    assert clock_of(out, "serve_notice", "section_124").status == "red"  # since Mon 26 Oct
    asked = [c for c in made.host.calls[before:] if c.hook == "homebuy_resolve_stakeholders"]
    assert {c.arguments["case"].reference for c in asked} == {"HB-1"}


@sqlite_only
def test_history_tells_where_a_case_comes_from_and_what_became_of_it(made):
    made.create("HB-2", served_on=date(2026, 11, 4), linked_to="HB-1", live_from=at(4, 9), now=at(4))
    made.update(CaseChange.add_task("call_them", by="amir", note="lease"), at(4))
    made.update(CaseChange.reallocate("a transfer", by="dilys"), at(4))
    first, second = (
        [each.text for each in history(made.homebuy.desk, made.engine, reference)]
        for reference in ("HB-1", "HB-2")
    )
    words = "(served Wed 4 Nov 2026); it continues HB-1; run here since Wed 4 Nov 2026"
    assert second[0].endswith(words)
    assert "The claim is continued as HB-2" in first
    assert "The task “call them” is added by Amir Khan: lease" in first
    assert "The allocation rules are asked again by Dilys Evans: a transfer" in first


@sqlite_only
def test_a_later_record_of_a_claim_changes_no_date(made):
    made.create("HB-2", served_on=date(2026, 11, 4), now=at(4))
    out = made.update(CaseChange.merge("HB-2", "same claim"), at(5))
    assert (out.served_on, clock_of(out, "serve_notice", "section_124").run) == (date(2026, 11, 2), 1)


@sqlite_only
def test_what_is_not_the_same_claim_is_not_merged(made):
    def merge(reference):
        return lambda: made.update(CaseChange.merge(reference, "same"), at(5))

    refused(made, merge("HB-1"), InvalidArgument, "names the other case")
    refused(made, merge("HB-9"), UnknownReference, "HB-9")
    made.create("HB-2", now=at(4))
    made.update(CaseChange.merge("HB-2", "same"), at(4))
    refused(made, merge("HB-2"), NotAllowed, "'HB-2' is closed already; there is nothing to merge")
    made.update(CaseChange.withdraw(), at(4))
    refused(made, merge("HB-2"), NotAllowed, "withdrawn; merge is not possible")


# --- before go-live --------------------------------------------------------------------------------

FORTNIGHT_LATER = rule(
    "a-fortnight-later",
    "follow_on",
    notify("manager", template="still_not_done"),
    follows="notice-overdue",
    after={"value": 14, "unit": "days"},
)
OVERDUE = rule(
    "notice-overdue",
    "target_exceeded",
    notify("task_owner", "manager", template="passed"),
    {"name": "raise_level", "params": {"level": 2}},
    applies_to={"clock": "statutory"},
)


def test_what_fell_due_before_go_live_is_on_record_and_nobody_is_told(landlord):
    landlord.publish(datetime(2026, 10, 2, 9, tzinfo=UTC), escalation=escalation(OVERDUE, FORTNIGHT_LATER))
    live_from = datetime(2026, 11, 20, 8, tzinfo=timezone(timedelta(hours=-1)))  # 9:00 in London
    out = landlord.create(served_on=date(2026, 10, 12), now=at(20, 10), live_from=live_from)
    assert out.live_from == at(20, 9)
    law = clock_of(out, "serve_notice", "section_124")
    assert (law.status, law.due_on, out.level) == ("red", date(2026, 11, 9), 0)
    landlord.tick(at(20, 11))
    assert (landlord.outbox(), landlord.state().level) == ([], 0)
    outcomes = {k[3]: r.outcome for k, r in landlord.state().rungs.items()}
    assert outcomes == {"notice-overdue": "before_go_live", "statutory_target_passed": "before_go_live"}
    landlord.tick(at(23, 9))  # a fortnight after Mon 9 Nov
    assert [(n.template, n.recipient.id) for n in landlord.host.notices] == [("still_not_done", "dilys")]


@sqlite_only
def test_a_case_may_go_live_when_it_was_brought_in_and_what_comes_then_is_told(landlord):
    landlord.create(served_on=date(2026, 10, 12), now=at(9), live_from=at(9, 9))
    landlord.tick(at(9, 12))  # warned on 2 Nov
    assert landlord.outbox() == []
    landlord.tick(at(10, 9))  # over at midnight, after 9 Nov; log_target is one of these days
    assert {n.task for n in landlord.host.notices} == {"log_application", "serve_notice"}
    assert not landlord.create(served_on=date(2026, 10, 12), now=at(11), live_from=at(9, 9)).created
    with pytest.raises(CaseExists, match="live_from was"):
        landlord.create(served_on=date(2026, 10, 12), now=at(11), live_from=at(10, 9))


@sqlite_only
def test_no_two_applicants_have_one_id(made):
    people = (Applicant(id="t1", name="Ann"), Applicant(id="t1", name="Ben"), Applicant(name="Cy"))
    words = "More than one of the applicants has the id 't1'"
    with pytest.raises(InvalidArgument, match=words):
        made.create("HB-2", applicants=people)
    refused(made, lambda: made.update(CaseChange.update(applicants=people), at(3)), InvalidArgument, words)
    assert made.create("HB-2", applicants=(Applicant(name="Ann"), Applicant(name="Ben"))).created


@sqlite_only
def test_going_live_never_lies_ahead(made):
    ahead = datetime(2036, 11, 2, 9, tzinfo=UTC)
    words = "live_from is 2036-11-02T09:00:00.00:00, which is later than now, 2026-11-03T10:00"
    with pytest.raises(InvalidArgument, match=words):
        made.create("HB-2", live_from=ahead, now=at(3))
    refused(made, lambda: made.update(CaseChange.update(live_from=ahead), at(3)), InvalidArgument, words)
    assert made.create("HB-2", live_from=at(3, 10, 4), now=at(3)).created  # clocks differ a little
    assert made.update(CaseChange.update(live_from=at(3)), at(3)).live_from == at(3)


@sqlite_only
@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (datetime(2026, 11, 2), NaiveDatetime, "live_from has no time zone"),
        (date(2026, 11, 2), InvalidArgument, "live_from is an aware datetime or None"),
    ],
)
def test_going_live_is_an_instant(made, value, error, words):
    with pytest.raises(error, match=words):
        made.create("HB-2", live_from=value)
    refused(made, lambda: made.update(CaseChange.update(live_from=value), at(3)), error, words)


# --- erasing ---------------------------------------------------------------------------------------


def test_erasing_leaves_dates_and_decisions_and_no_names(landlord):
    given = {"applicants": (ADA,), "facts": {"property_type": "flat", "national_insurance": "QQ1"}}
    landlord.create(**given)
    landlord.update(CaseChange.hold("she is ill", note="Ada rang"), at(3))
    with Session(landlord.engine) as session, session.begin():
        out = landlord.homebuy.erase_personal(session, "HB-1", by="dpo", now=at(20))
        assert out.because == ("Names, addresses, free text and personal facts of this case were erased.",)
    state, told = landlord.state(), repr(landlord.events())
    assert (state.applicants, state.facts) == ((Applicant(name=""),), {"property_type": "flat"})
    assert not [word for word in ("Ada", "Mill Lane", "QQ1", "she is ill") if word in told]
    assert [h.reason for h in out.holds] == [""]
    assert clock_of(out, "serve_notice", "section_124").due_on == date(2026, 11, 30)
    assert kinds(landlord)[-1] == "personal_data_erased"
    assert "personal_data_erased" in {entry.kind for entry in landlord.host.audited}
    assert kinds(landlord).index("rung_decided") < kinds(landlord).index("personal_data_erased")
    again = landlord.create(**given, now=at(21))
    assert not again.created
    assert again.because[-1] == (
        "Personal data of this case was erased, so people and personal facts were not compared."
    )
    with pytest.raises(CaseExists, match="property_type was 'flat' and is 'house'"):
        landlord.create(applicants=(ADA,), facts={"property_type": "house"}, now=at(21))


def test_erasing_is_undone_with_the_hosts_transaction(made):
    before = made.events()
    with Session(made.engine) as session:
        made.homebuy.erase_personal(session, "HB-1", now=at(3))
        session.rollback()
    assert made.events() == before
    with Session(made.engine) as session, session.begin():
        with pytest.raises(UnknownReference):
            made.homebuy.erase_personal(session, "HB-9")
        with pytest.raises(InvalidArgument, match="by must be a text"):
            made.homebuy.erase_personal(session, "HB-1", by=" ")


def test_facts_of_a_case_say_where_it_comes_from():
    facts = facts_of("HB-2", linked_to="HB-1", live_from=at(2))
    assert (facts.linked_to, facts.live_from) == ("HB-1", at(2))


@sqlite_only
def test_a_legal_date_found_passed_after_go_live_is_told(made):
    """Served on 5 October: four weeks, not eight as first recorded, end on 2 November."""
    facts = {"property_type": "flat", "other_landlord_period": True}
    made.create("HB-2", now=at(20), served_on=date(2026, 10, 5), live_from=at(20), facts=facts)
    made.tick(at(20, 12))
    made.update(CaseChange.update(facts={"other_landlord_period": False}, by="amir"), at(24), "HB-2")
    made.tick(at(25, 12))
    told = [n for n in made.host.notices if (n.reference, n.task) == ("HB-2", "serve_notice")]
    assert "statutory_target_passed" in {n.template for n in told}


def test_an_owner_named_twice_is_one(made):
    done = made.update(CaseChange.reassign(["lena", "lena"], reason="hers", by="dilys"), at(3))
    assert [o.id for o in done.owners] == ["lena"]
