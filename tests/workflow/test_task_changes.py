"""Everything a person may do to a task, and what is refused; its dates and its second run apart."""

from datetime import date

import pytest

from homebuy_plugin.exceptions import AmbiguousTask, InvalidArgument, NotAllowed, UnknownName
from homebuy_plugin.testing.tried_tasks import LIMIT, MONDAY, TUESDAY, case_of, law, refused, utc
from homebuy_plugin.testing.worlds import new_case, small_world
from homebuy_plugin.types import CaseChange, CaseFacts, Officer, TaskChange

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
