"""Everything a person may do to a task, and what is refused."""

from datetime import UTC, date, datetime

import pytest

from homebuy_plugin.exceptions import AmbiguousTask, InvalidArgument, NotAllowed, UnknownName
from homebuy_plugin.testing.worlds import escalation_rules, new_case, shipped_world, small_world, with_rules
from homebuy_plugin.types import CaseChange, CaseFacts, Officer, TaskChange


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


MONDAY, TUESDAY = utc(2026, 11, 2, 10), utc(2026, 11, 3, 10)

LIMIT = {
    "code": "limit",
    "kind": "service",
    "starts": ["stage.started"],
    "period": {"value": 5, "unit": "working_days"},
    "amber": [{"name": "first", "before": {"value": 1, "unit": "working_days"}}],
}


def law(**extension):
    return {
        "code": "law",
        "kind": "statutory",
        "starts": ["case.served_on"],
        "period": {"value": 28, "unit": "days"},
        "amber": [{"name": "first", "before": {"value": 7, "unit": "days"}}],
        "extension": extension or None,
    }


def case_of(*tasks, rules=(), **claim):
    made = [{"name": t["code"].title(), "mandatory": True, "clocks": [], **t} for t in tasks]
    work = {"code": "work", "name": "Work", "master_stage": "application", "next": [], "tasks": made}
    world = with_rules(small_world(work, events=[{"code": "noted"}]), *escalation_rules(*rules))
    facts = CaseFacts(reference="HB-1", scheme="right_to_buy", served_on=date(2026, 11, 2), **claim)
    return new_case(world, facts, MONDAY)


def refused(case, change, task, error, words, at=TUESDAY):
    before, events = case.state.copy(), len(case.events)
    with pytest.raises(error, match=words):
        case.play(change, at, task)
    assert (case.state, len(case.events)) == (before, events)


# --- which task ------------------------------------------------------------------------------------


def test_a_code_means_its_one_task_that_is_not_done_else_the_latest():
    case = case_of({"code": "a"}, {"code": "b"})
    case.complete("a", at=TUESDAY)
    assert case.task("a").id == "a#1"
    refused(case, TaskChange.complete(), "a", NotAllowed, "Task a#1 is complete; it cannot be completed")


def test_an_unknown_task_is_named_with_the_nearest():
    refused(
        case_of({"code": "acknowledge"}),
        TaskChange.complete(),
        "acknowlege",
        UnknownName,
        "Did you mean 'ackn",
    )


def test_two_open_tasks_of_one_code_need_an_id():
    main, side = (
        {
            "code": code,
            "name": code,
            "master_stage": "delay",
            "next": [],
            "parallel": code == "side",
            "tasks": [{"code": task, "name": task, "mandatory": True, "clocks": []}],
        }
        for code, task in (("main", "job"), ("side", "answer"))
    )
    facts = CaseFacts(reference="HB-1", scheme="right_to_buy", served_on=date(2026, 11, 2))
    case = new_case(small_world(main, side), facts, MONDAY)
    for _ in range(2):
        case.play(CaseChange.activate("side"), TUESDAY)
    refused(case, TaskChange.complete(), "answer", AmbiguousTask, "answer#1, answer#2")
    case.complete("answer#2", "answer", at=TUESDAY)
    assert case.task("answer#1").status == "complete"


# --- start, plan -----------------------------------------------------------------------------------


def test_start_opens_a_pending_task_and_keeps_the_day():
    case = case_of({"code": "a"}, {"code": "b", "after": ["a"]})
    case.play(TaskChange.start(on=date(2026, 11, 2), by="x"), TUESDAY, "b")
    assert (case.task("b").status, case.task("b").started_on) == ("open", date(2026, 11, 2))


def test_start_is_refused_later_than_today_and_when_done():
    case = case_of({"code": "a"}, {"code": "b"})
    refused(case, TaskChange.start(on=date(2026, 11, 4)), "a", InvalidArgument, "later than today, Tue 3 Nov")
    case.complete("a", at=TUESDAY)
    refused(case, TaskChange.start(), "a", NotAllowed, "complete; it cannot be started")


def test_plan_puts_a_pending_task_off_to_the_opening_of_a_day():
    case = case_of({"code": "a"}, {"code": "b", "after": ["a"]})
    case.play(TaskChange.plan(date(2026, 11, 7), by="x"), TUESDAY, "b")
    case.complete("a", at=utc(2026, 11, 4, 10))
    assert case.task("b").status == "pending"
    case.tick(utc(2026, 11, 10))
    assert case.task("b").opened_at == utc(2026, 11, 9, 9)
    refused(case, TaskChange.plan(date(2026, 11, 20)), "b", NotAllowed, "is open; it cannot be planned")


# --- complete --------------------------------------------------------------------------------------


def test_complete_records_facts_reasons_and_the_day():
    case = case_of({"code": "a", "reasons": {"complete": ["done"], "late": ["post"]}, "requires": ["patch"]})
    change = TaskChange.complete(
        on=date(2026, 11, 2), reason="done", late_reason="post", facts={"patch": "N1"}, by="x", note="at last"
    )
    case.play(change, TUESDAY, "a")
    event = case.history("task_completed")[-1]
    assert event.texts == {"note": "at last", "reason": "done", "late_reason": "post"}
    assert (event.by, event.data["on"], event.data["facts"]) == ("x", "2026-11-02", {"patch": "N1"})
    assert case.state.facts["patch"] == "N1"


def test_complete_is_refused_without_its_facts_with_other_reasons_and_in_the_future():
    case = case_of(
        {"code": "a", "reasons": {"complete": ["done"], "late": ["post"]}, "requires": ["patch", "region"]}
    )
    refused(case, TaskChange.complete(facts={"patch": "N1"}), "a", NotAllowed, "without region")
    given = {"patch": "N1", "region": "North"}
    refused(case, TaskChange.complete(reason="dnoe", facts=given), "a", UnknownName, "Did you mean 'done'")
    refused(case, TaskChange.complete(late_reason="x", facts=given), "a", UnknownName, "late reason 'x'")
    later = TaskChange.complete(on=date(2026, 11, 4), facts=given)
    refused(case, later, "a", InvalidArgument, "later than today")
    refused(case, TaskChange.complete(facts={"pathc": "N1"}), "a", UnknownName, "Did you mean 'patch'")
    refused(case, TaskChange.complete(facts={"patch": 1}), "a", InvalidArgument, "is a text, not 1")


def test_what_is_done_late_is_explained_from_each_list_the_pack_has():
    case = case_of({"code": "a", "clocks": [LIMIT], "reasons": {"complete": ["done"], "late": ["post"]}})
    late = utc(2026, 11, 10, 10)  # due Mon 9 Nov
    words = r"'a' is late: it was due on Mon 9 Nov 2026.*complete\(late_reason=...\). Reasons offered: post"
    refused(case, TaskChange.complete(), "a", NotAllowed, words, late)
    words = r"complete\(reason=...\). Reasons offered: done"
    refused(case, TaskChange.complete(late_reason="post"), "a", NotAllowed, words, late)
    # judged by the day it was done, not by the day it is recorded
    in_time = case.copy().play(TaskChange.complete(on=date(2026, 11, 9)), late, "a")
    assert in_time.clock("limit").status == "met"
    case.play(TaskChange.complete(reason="done", late_reason="post"), late, "a")
    assert case.clock("limit").status == "missed"


def test_a_late_task_needs_no_reason_where_none_is_listed_and_takes_any():
    case = case_of({"code": "a", "clocks": [LIMIT]}, {"code": "b", "clocks": [{**LIMIT, "code": "other"}]})
    case.complete("a", at=utc(2026, 11, 10, 10)).complete("b", at=utc(2026, 11, 10, 10), late_reason="ill")
    assert [e.texts for e in case.history("task_completed")] == [{}, {"late_reason": "ill"}]


def test_reasons_come_from_the_task_else_its_stage_else_the_pack():
    tasks = [
        {"code": "a", "name": "A", "mandatory": False, "clocks": [], "reasons": {"cancel": ["task"]}},
        {"code": "b", "name": "B", "mandatory": False, "clocks": []},
        {"code": "c", "name": "C", "mandatory": True, "clocks": []},
    ]
    stage = {"code": "work", "name": "W", "master_stage": "application", "next": [], "tasks": tasks}
    world = small_world(
        {**stage, "reasons": {"cancel": ["stage"], "leave": ["over"]}},
        reasons={
            "cancel": ["pack"],
            "hold": ["wait"],
            "withdraw": ["moved"],
            "close": ["x"],
            "reopen": ["y"],
        },
    )
    case = new_case(world, CaseFacts(reference="HB-1", scheme="right_to_buy"), MONDAY)
    refused(case, TaskChange.cancel("stage"), "a", UnknownName, "Known: task")
    refused(case, TaskChange.cancel("pack"), "b", UnknownName, "Known: stage")
    refused(case, TaskChange.hold("w"), "c", UnknownName, "hold reason 'w' for task 'c'. Known: wait")
    for change, error, words in (
        (CaseChange.hold("wat"), UnknownName, "hold reason 'wat' for case 'HB-1'. Did you mean 'wait'"),
        (CaseChange.leave("work", "bored"), UnknownName, "leave reason 'bored' for stage 'work'"),
        (CaseChange.withdraw(), NotAllowed, "Say why the claim is withdrawn .* Reasons offered: moved"),
        (CaseChange.withdraw(reason="z"), UnknownName, "withdraw reason 'z'"),
        (CaseChange.close("done"), NotAllowed, "Say why the case is closed .* Reasons offered: x"),
    ):
        refused(case, change, "", error, words)
    case.play(CaseChange.withdraw(reason="moved"), TUESDAY)
    refused(case, CaseChange.reopen("z"), "", UnknownName, "reopen reason 'z'")


def test_a_fact_the_case_has_need_not_come_again():
    case = case_of({"code": "a", "requires": ["patch"]}, facts={"patch": "N1"}).complete("a", at=TUESDAY)
    assert case.task("a").status == "complete"


# --- cancel ----------------------------------------------------------------------------------------


def test_cancel_takes_dependants_along_and_says_so():
    case = case_of(
        {"code": "a"},
        {"code": "b", "mandatory": False, "clocks": [LIMIT]},
        {"code": "c", "mandatory": False, "after": ["b"]},
        {"code": "d", "mandatory": False, "after": ["c"]},
    )
    case.play(TaskChange.cancel("not needed", by="x"), TUESDAY, "b")
    assert [t.status for t in case.state.tasks.values()] == ["open", "cancelled", "cancelled", "cancelled"]
    assert case.because == ["Cancelled with it: c, d."]
    assert case.clock("limit").status == "cancelled"


def test_cancel_is_refused_for_what_is_mandatory_or_awaited_by_it():
    case = case_of({"code": "a"}, {"code": "b", "mandatory": False}, {"code": "c", "after": ["b"]})
    refused(case, TaskChange.cancel("x"), "a", NotAllowed, "mandatory and cannot be cancelled")
    refused(case, TaskChange.cancel("x"), "b", NotAllowed, "c waits for it and is mandatory")


def test_cancel_needs_a_reason_that_is_offered():
    case = case_of({"code": "a", "mandatory": False, "reasons": {"cancel": ["not needed"]}}, {"code": "z"})
    refused(case, TaskChange.cancel("bored"), "a", UnknownName, "cancel reason 'bored'")
    with pytest.raises(InvalidArgument):
        TaskChange.cancel(" ")


# --- hold, release ---------------------------------------------------------------------------------


def test_hold_and_release_are_refused_where_they_make_no_sense():
    case = case_of({"code": "a", "reasons": {"hold": ["waiting"]}}, {"code": "b"})
    refused(case, TaskChange.hold("bored"), "a", UnknownName, "hold reason 'bored'")
    refused(case, TaskChange.hold("x", until=date(2026, 11, 3)), "b", InvalidArgument, "later than today")
    refused(case, TaskChange.release(), "b", NotAllowed, "Task b#1 is not on hold")
    case.complete("b", at=TUESDAY)
    refused(case, TaskChange.hold("x"), "b", NotAllowed, "complete; it cannot be put on hold")


def test_the_reason_of_a_hold_is_kept_where_it_can_be_erased():
    case = case_of({"code": "a"}).play(
        TaskChange.hold("the tenant is ill", by="x", note="call"), TUESDAY, "a"
    )
    event = case.history("held")[-1]
    assert event.texts == {"reason": "the tenant is ill", "note": "call"}
    assert "ill" not in str(event.data)


# --- reassign --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("owner", "key"),
    [
        ("jo", "user:jo"),
        ("user:jo", "user:jo"),
        ("role:legal", "role:legal"),
        (Officer(id="legal", kind="role"), "role:legal"),
        (Officer(id="jo"), "user:jo"),
        ("tenant:7", "user:tenant:7"),
    ],
)
def test_reassign_names_a_user_or_a_role(owner, key):
    assert case_of({"code": "a"}).play(TaskChange.reassign(owner), TUESDAY, "a").task("a").owners == (key,)


def test_reassign_is_refused_for_nobody_and_for_what_is_done():
    case = case_of({"code": "a"}, {"code": "b"})
    refused(case, TaskChange.reassign(" "), "a", InvalidArgument, "An owner is an Officer")
    refused(case, TaskChange.reassign(None), "a", InvalidArgument, "not None")
    case.complete("a", at=TUESDAY)
    refused(case, TaskChange.reassign("jo"), "a", NotAllowed, "cannot be reassigned")


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


# --- what the law does not let be done yet ---------------------------------------------------------


def test_complete_is_refused_while_the_pack_says_the_law_forbids_it():
    barred = {"all": [{"name": "asb_pending", "operator": "is_true"}]}
    why = "Proceedings are pending (s.138(2A))."
    case = case_of({"code": "a", "refuse": [{"when": barred, "why": why}]}, facts={"asb_pending": True})
    refused(case, TaskChange.complete(), "a", NotAllowed, r"Proceedings are pending \(s.138\(2A\)\)")
    # a fact told with the completion counts
    case.complete("a", at=TUESDAY, facts={"asb_pending": False})
    assert case.task("a").status == "complete"


def test_complete_is_refused_before_the_earliest_day_and_judged_by_the_day_it_was_done():
    earliest = {**law(), "counting": "at_least"}
    case = case_of(
        {"code": "wait", "clocks": [earliest], "mandatory": False},
        {"code": "serve", "refuse": [{"before": "law", "why": "Too early (s.140(3))."}]},
    )
    late = utc(2026, 12, 1, 10)
    words = r"Too early \(s.140\(3\)\). The first day is Mon 30 Nov 2026"
    refused(case, TaskChange.complete(), "serve", NotAllowed, words, utc(2026, 11, 29, 10))
    refused(case, TaskChange.complete(on=date(2026, 11, 29)), "serve", NotAllowed, "Too early", late)
    case.complete("serve", at=late, on=date(2026, 11, 30))
    assert case.task("serve").status == "complete"
