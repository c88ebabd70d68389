"""The dates of a task are moved, or it begins anew: what a person may do, and what is refused."""

from datetime import date

import pytest

from homebuy_plugin.exceptions import InvalidArgument, NotAllowed, UnknownName
from homebuy_plugin.testing.tried_tasks import LIMIT, MONDAY, TUESDAY, case_of, law, refused, utc
from homebuy_plugin.testing.worlds import new_case, shipped_world, small_world
from homebuy_plugin.types import CaseChange, CaseFacts, TaskChange

# --- revise ----------------------------------------------------------------------------------------


def test_revise_moves_a_service_target_and_keeps_the_original():
    case = case_of({"code": "a", "clocks": [LIMIT]})
    case.play(TaskChange.revise(date(2026, 11, 12), "valuer ill", by="x"), TUESDAY, "a")
    limit = case.clock("limit")
    assert (limit.run, limit.due_on, limit.original_due_on) == (2, date(2026, 11, 12), date(2026, 11, 9))
    assert [a.on for a in limit.ambers] == [date(2026, 11, 11)]
    assert limit.extended == 1
    event = case.history("clock_started")[-1]
    assert (event.by, event.texts, event.data["cause"]) == ("x", {"reason": "valuer ill"}, "revised")


def test_revise_is_bounded_by_the_original_however_often():
    case = case_of({"code": "a", "clocks": [LIMIT]})
    # five working days after Monday 9 November
    refused(
        case, TaskChange.revise(date(2026, 11, 17), "x"), "a", NotAllowed, "Mon 16 Nov 2026 at the latest"
    )
    case.play(TaskChange.revise(date(2026, 11, 16), "x"), TUESDAY, "a")
    refused(
        case, TaskChange.revise(date(2026, 11, 17), "x"), "a", NotAllowed, "Mon 16 Nov 2026 at the latest"
    )
    case.play(TaskChange.revise(date(2026, 11, 13), "x"), TUESDAY, "a")
    assert case.clock("limit").original_due_on == date(2026, 11, 9)


def test_revise_is_bounded_by_the_extension_where_the_pack_has_one():
    limit = {**LIMIT, "extension": {"maximum": {"value": 2, "unit": "days"}, "times": 1}}
    case = case_of({"code": "a", "clocks": [limit]})
    refused(
        case, TaskChange.revise(date(2026, 11, 12), "x"), "a", NotAllowed, "Wed 11 Nov 2026 at the latest"
    )
    case.play(TaskChange.revise(date(2026, 11, 11), "x"), TUESDAY, "a")
    refused(case, TaskChange.revise(date(2026, 11, 10), "x"), "a", NotAllowed, "moved once already")


def test_revise_never_touches_a_date_set_by_law():
    case = case_of({"code": "a", "clocks": [law()]})
    refused(case, TaskChange.revise(date(2026, 12, 1), "x"), "a", NotAllowed, "no running service clock")
    refused(
        case_of({"code": "a", "clocks": [LIMIT]}),
        TaskChange.revise(date(2026, 11, 1), "x"),
        "a",
        InvalidArgument,
        "before the clock started",
    )


LATE = {
    "id": "late",
    "trigger": "target_exceeded",
    "actions": [{"name": "notify", "params": {"to": ["task_owner"], "template": "late"}}],
}
NEAR = {
    "id": "near",
    "trigger": "amber",
    "actions": [{"name": "notify", "params": {"to": ["task_owner"], "template": "near"}}],
}


def test_a_target_revised_to_a_day_past_is_one_alert_at_once():
    case = case_of({"code": "a", "clocks": [LIMIT]}, rules=(LATE, NEAR))
    case.play(TaskChange.revise(date(2026, 11, 4), "urgent"), utc(2026, 11, 5, 10), "a")
    assert [n.template for n in case.sent()] == ["late"]
    assert case.rung("near").outcome == "collapsed"


def test_a_target_revised_after_its_warning_warns_again():
    case = case_of({"code": "a", "clocks": [LIMIT]}, rules=(LATE, NEAR))
    case.tick(utc(2026, 11, 6, 10))
    assert [n.template for n in case.sent()] == ["near"]
    case.play(TaskChange.revise(date(2026, 11, 12), "x"), utc(2026, 11, 6, 11), "a")
    case.tick(utc(2026, 11, 11, 10))
    assert [n.template for n in case.sent()] == ["near", "near"]


def test_a_held_clock_revised_stays_held_and_the_new_date_moves_on_from_now():
    case = case_of({"code": "a", "clocks": [LIMIT]}).play(TaskChange.hold("x"), TUESDAY, "a")
    case.play(TaskChange.revise(date(2026, 11, 12), "x"), utc(2026, 11, 5, 10), "a")
    assert case.clock("limit").due_on == date(2026, 11, 12)
    case.play(TaskChange.release(), utc(2026, 11, 9, 10), "a")
    # Friday and Monday opened since the revision
    assert case.clock("limit").due_on == date(2026, 11, 16)


# --- extend ----------------------------------------------------------------------------------------


def test_extend_moves_a_clock_as_its_pack_allows():
    case = case_of({"code": "a", "clocks": [law(maximum={"value": 14, "unit": "days"}, times=1)]})
    case.play(TaskChange.extend("law", date(2026, 12, 14), "agreed", by="x"), TUESDAY, "a")
    clock = case.clock("law")
    assert (clock.due_on, clock.original_due_on, clock.extended) == (
        date(2026, 12, 14),
        date(2026, 11, 30),
        1,
    )
    assert [a.on for a in clock.ambers] == [date(2026, 12, 7)]
    again = TaskChange.extend("law", date(2026, 12, 15), "x")
    refused(case, again, "a", NotAllowed, "moved once already, the most allowed")


@pytest.mark.parametrize(
    ("due_on", "error", "words"),
    [
        (date(2026, 12, 15), NotAllowed, "Mon 14 Dec 2026 at the latest"),
        (date(2026, 11, 30), InvalidArgument, "ends later than Mon 30 Nov 2026"),
    ],
)
def test_extend_has_its_bounds(due_on, error, words):
    case = case_of({"code": "a", "clocks": [law(maximum={"value": 14, "unit": "days"}, times=1)]})
    refused(case, TaskChange.extend("law", due_on, "x"), "a", error, words)


def test_extend_comes_before_the_end():
    case = case_of({"code": "a", "clocks": [law(times=None, before_expiry=True)]})
    last, after = utc(2026, 11, 30, 23, 59), utc(2026, 12, 1)
    change = TaskChange.extend("law", date(2026, 12, 31), "x")
    refused(case, change, "a", NotAllowed, "ended on Mon 30 Nov 2026; extend a clock before its end", after)
    case.play(change, last, "a")
    assert case.clock("law").due_on == date(2026, 12, 31)


def test_extend_after_the_end_where_the_pack_says_so():
    case = case_of({"code": "a", "clocks": [law(before_expiry=False)]})
    case.play(TaskChange.extend("law", date(2026, 12, 31), "x"), utc(2026, 12, 2, 10), "a")
    assert case.clock("law").due_on == date(2026, 12, 31)
    # the alert of the run before stays; the new date lies ahead and is armed again
    case.tick(utc(2027, 1, 1, 10))
    assert [r.outcome for r in case.rungs("statutory_target_passed")] == ["fired", "fired"]


def test_extend_names_a_clock_that_runs_and_may_be_extended():
    case = case_of({"code": "a", "clocks": [law()]})
    refused(
        case,
        TaskChange.extend("law", date(2026, 12, 31), "x"),
        "a",
        NotAllowed,
        "allows no extension .*; its date stands",
    )
    refused(case, TaskChange.extend("lwa", date(2026, 12, 31), "x"), "a", UnknownName, "Did you mean 'law'")


def test_a_default_notice_may_be_extended_again_and_again_before_its_end():
    # Housing Act 1985 s.125E(2)
    facts = CaseFacts(reference="HB-1", scheme="right_to_buy", served_on=date(2026, 11, 2))
    case = new_case(shipped_world(), facts, MONDAY)
    case.complete("serve_rtb2", at=TUESDAY, facts={"eligibility_decision": "admit"})
    case.complete("serve_section_125_notice", at=TUESDAY)
    case.play(CaseChange.record("default_notice_served", on=date(2027, 2, 1)), utc(2027, 2, 1, 12))
    assert case.clock("section_125e").due_on == date(2027, 3, 1)
    for day in (8, 15):
        change = TaskChange.extend("section_125e", date(2027, 3, day), "the tenant asked", by="x")
        case.play(change, utc(2027, 2, 26, 12), "await_reply_to_default_notice")
    assert case.clock("section_125e").due_on == date(2027, 3, 15)


# --- reopen, activity ------------------------------------------------------------------------------


def test_reopen_begins_a_new_run_on_the_dates_it_had():
    case = case_of({"code": "a", "clocks": [LIMIT]}, {"code": "z"}, rules=(LATE, NEAR))
    case.tick(utc(2026, 11, 6, 10))
    case.complete("a", at=utc(2026, 11, 6, 11))
    assert case.clock("limit").status == "met"
    case.play(TaskChange.reopen("not good enough", by="x"), utc(2026, 11, 6, 12), "a")
    limit = case.clock("limit")
    assert (case.task("a").status, limit.status, limit.run, limit.due_on) == (
        "open",
        "running",
        2,
        date(2026, 11, 9),
    )
    assert case.rung("near", run=2).outcome == "carried"
    case.tick(utc(2026, 11, 10, 1))
    assert [n.template for n in case.sent()] == ["near", "late"]


def test_reopen_of_what_is_overdue_alerts_at_once():
    case = case_of({"code": "a", "clocks": [LIMIT]}, {"code": "z"}, rules=(LATE,))
    case.complete("a", at=utc(2026, 11, 6, 11))
    case.play(TaskChange.reopen("x"), utc(2026, 11, 12, 12), "a")
    assert case.rung("late", run=2).instant == utc(2026, 11, 10)
    assert len(case.sent()) == 1


def test_reopen_keeps_what_a_hold_gave():
    case = case_of({"code": "a", "clocks": [LIMIT]}, {"code": "z"})
    case.play(TaskChange.hold("x"), TUESDAY, "a").play(TaskChange.release(), utc(2026, 11, 5, 10), "a")
    assert case.clock("limit").due_on == date(2026, 11, 11)
    case.complete("a", at=utc(2026, 11, 6, 10))
    case.play(TaskChange.reopen("x"), utc(2026, 11, 9, 10), "a")
    assert case.clock("limit").due_on == date(2026, 11, 11)
    case.play(CaseChange.update(facts={"patch": "N1"}), utc(2026, 11, 9, 11))
    assert (case.clock("limit").run, case.clock("limit").due_on) == (2, date(2026, 11, 11))


def test_reopen_is_for_what_is_done():
    case = case_of({"code": "a"})
    refused(case, TaskChange.reopen("x"), "a", NotAllowed, "is open; it cannot be reopened")
    with pytest.raises(InvalidArgument):
        TaskChange.reopen("")


def test_a_cancelled_task_may_be_reopened():
    case = case_of({"code": "a", "mandatory": False, "clocks": [LIMIT]}, {"code": "z"})
    case.play(TaskChange.cancel("x"), TUESDAY, "a").play(TaskChange.reopen("needed after all"), TUESDAY, "a")
    assert (case.task("a").status, case.clock("limit").status) == ("open", "running")


def test_a_task_that_a_withdrawal_ended_comes_back_with_its_case_only():
    case = new_case(
        shipped_world(),
        CaseFacts(reference="HB-1", scheme="right_to_buy", served_on=date(2026, 11, 2)),
        MONDAY,
    )
    case.play(CaseChange.withdraw(), TUESDAY)
    words = r"Case 'HB-1' is withdrawn\. Reopen it first, with CaseChange\.reopen"
    for change in (TaskChange.reopen("x"), TaskChange.complete()):
        refused(case, change, "record_service", NotAllowed, words)
    case.complete("confirm_withdrawal", at=TUESDAY)  # its stage is still open
    case.play(TaskChange.reopen("the wrong letter"), TUESDAY, "confirm_withdrawal")
    assert case.task("confirm_withdrawal").status == "open"
    case.play(CaseChange.reopen("a mistake"), TUESDAY)
    case.complete("record_service", at=TUESDAY)
    assert case.task("confirm_withdrawal").status == "cancelled"


def test_nothing_whose_clock_runs_from_the_notice_is_done_before_it():
    case = case_of({"code": "a", "clocks": [law()]}, {"code": "b"})
    early, words = date(2026, 11, 1), "done on Sun 1 Nov 2026, before the notice was served on Mon 2 Nov 2026"
    refused(case, TaskChange.complete(on=early), "a", InvalidArgument, words)
    case.complete("a", at=TUESDAY, on=date(2026, 11, 2))
    assert next(c for c in case.state.clocks.values()).status == "met"
    case.complete("b", at=TUESDAY, on=early)  # no clock says that it follows the notice


def test_what_was_done_before_the_case_was_brought_in_keeps_its_day():
    work = {"code": "work", "name": "Work", "master_stage": "application", "next": []}
    world = small_world({**work, "tasks": [{"code": "a", "name": "A", "mandatory": True, "clocks": [LIMIT]}]})
    facts = CaseFacts(reference="HB-1", scheme="right_to_buy", served_on=date(2026, 7, 1))
    case = new_case(world, facts, MONDAY).complete("a", at=TUESDAY, on=date(2026, 7, 6))
    assert (case.task("a").completed_on, case.clock("limit").status) == (date(2026, 7, 6), "met")


STAGNANT = {
    "id": "quiet",
    "trigger": "stagnant",
    "after": {"value": 5, "unit": "working_days"},
    "actions": [{"name": "notify", "params": {"to": ["task_owner"], "template": "quiet"}}],
}


def test_activity_ends_the_silence_whoever_reports_it():
    case = case_of({"code": "a"}, rules=(STAGNANT,))
    case.play(TaskChange.activity(), utc(2026, 11, 6, 10), "a")
    case.tick(utc(2026, 11, 12, 12))
    assert case.sent() == []
    case.tick(utc(2026, 11, 13, 12))
    assert case.rung("quiet").instant == utc(2026, 11, 13, 9)


def test_every_change_of_a_closed_case_is_refused():
    case = case_of({"code": "a"}).complete("a", at=TUESDAY).play(CaseChange.close("done"), TUESDAY)
    refused(case, TaskChange.activity(), "a", NotAllowed, "closed. Reopen it first")


def test_time_never_runs_back_within_a_case():
    case = case_of({"code": "a"}, {"code": "b"}).complete("a", at=utc(2026, 11, 6, 10))
    case.complete("b", at=utc(2026, 11, 4, 10))
    assert case.history("task_completed")[-1].at == utc(2026, 11, 6, 10)
