"""Every change of a task, and what each refuses."""

from datetime import UTC, date, datetime

import pytest

from homebuy_plugin import Applicant, CaseChange, Officer, TaskChange
from homebuy_plugin.exceptions import AmbiguousTask, InvalidArgument, NotAllowed, UnknownName
from homebuy_plugin.testing.small_landlord import at, clock_of, refused, task_of

DONE = TaskChange.complete(by="amir")
ADMIT = TaskChange.complete(by="amir", facts={"eligibility_decision": "admit"})
DENY = TaskChange.complete(by="amir", facts={"eligibility_decision": "deny"})


@pytest.fixture
def made(landlord):
    """A landlord with one case, created on Monday 2 November at ten."""
    landlord.create(applicants=(Applicant(name="Ada Obi", id="P-1"),))
    return landlord


# --- tasks ---------------------------------------------------------------------------------------


def test_start_notes_the_day_it_began(made):
    made.task("log_application", TaskChange.start(date(2026, 11, 2), by="amir", note="by hand"), at(3))
    started = made.last_event("task_started")
    assert (started.by, started.data["on"], started.texts) == ("amir", "2026-11-02", {"note": "by hand"})
    assert made.state().tasks["log_application#1"].started_on == date(2026, 11, 2)


def test_start_opens_a_task_before_its_turn(made):
    out = made.task("check_form", TaskChange.start(by="amir"), at(2, 11))
    assert task_of(out, "check_form").status == "open"
    assert clock_of(out, "check_form", "check_target").due_on == date(2026, 11, 9)


def test_plan_moves_the_start_and_the_tick_opens_it(made):
    out = made.task("check_form", TaskChange.plan(date(2026, 11, 10), by="amir"), at(2, 11))
    assert task_of(out, "check_form").planned_start == at(10, 9)
    assert task_of(out, "check_form").status == "pending"
    assert made.tick(at(10, 9)).opened == 1
    assert made.state().tasks["check_form#1"].status == "open"


def test_complete_meets_its_clock_and_lets_follow_what_waited(made):
    out = made.task("log_application", DONE, at(3))
    assert clock_of(out, "log_application", "log_target").status == "met"
    assert [t.code for t in out.tasks if t.status == "open"] == ["check_form", "decide", "serve_notice"]
    assert out.missing == ("decide", "serve_notice")


def test_complete_is_judged_by_the_day_it_was_done(made):
    """Done on the due day, recorded two days later: met; the alert sent meanwhile stays."""
    made.tick(at(5, 9))
    out = made.task(
        "log_application",
        TaskChange.complete(on=date(2026, 11, 4), late_reason="post was late", by="amir"),
        at(6),
    )
    assert clock_of(out, "log_application", "log_target").status == "met"
    assert [r.state for r in made.outbox() if r.rule == "target-passed"] == ["delivered", "delivered"]


def test_complete_late_is_missed(made):
    out = made.task("log_application", DONE, at(5))
    assert clock_of(out, "log_application", "log_target").status == "missed"


def test_complete_late_is_explained_where_the_pack_lists_reasons(made):
    made.task("log_application", DONE, at(3))  # check_form is due five working days on, Tue 10 Nov
    late = [{}, {"late_reason": "post was late"}, {"reason": "checked", "late_reason": "asleep"}]
    for given, words in zip(late, ("late_reason=", "reason=", "no late reason 'asleep'"), strict=True):
        error = UnknownName if "asleep" in given.values() else NotAllowed
        refused(made, lambda given=given: made.task("check_form", complete(given), at(11)), error, words)
    out = made.task("check_form", complete({"reason": "checked", "late_reason": "post was late"}), at(11))
    assert clock_of(out, "check_form", "check_target").status == "missed"
    assert made.last_event("task_completed").texts == {"reason": "checked", "late_reason": "post was late"}


def complete(arguments):
    return TaskChange.complete(**arguments)


def test_complete_records_facts_and_the_stage_follows(made):
    made.task("log_application", DONE, at(3))
    made.task("serve_notice", DONE, at(3))
    out = made.task("decide", ADMIT, at(3))
    assert [(s.code, s.status) for s in out.stages] == [("application", "complete"), ("offer", "open")]
    assert task_of(out, "make_offer").owner == Officer(id="sam", name="Sam Surveyor")
    assert task_of(out, "check_form").status == "cancelled", "optional, and its stage is over"
    assert made.state().facts["eligibility_decision"] == "admit"


def test_denied_the_next_stage_is_only_offered(made):
    for task, change in (("log_application", DONE), ("serve_notice", DONE), ("decide", DENY)):
        out = made.task(task, change, at(3))
    assert [s.code for s in out.next_stages] == ["review"]
    assert not [s for s in out.stages if s.status == "open"]
    out = made.update(CaseChange.activate("review", by="amir"), at(3))
    assert [t.code for t in out.tasks if t.status == "open"] == ["review_decision"]


def test_cancel_takes_dependants_with_it_and_says_so(made):
    out = made.task("check_form", TaskChange.cancel("not needed", by="amir"), at(2, 11))
    assert [t.code for t in out.tasks if t.status == "cancelled"] == ["check_form", "file_form"]
    assert "Cancelled with it: file_form." in out.because


def test_hold_stops_service_clocks_and_release_moves_them(made):
    held = made.task("log_application", TaskChange.hold("waiting for a form", by="amir"), at(3))
    assert clock_of(held, "log_application", "log_target").status == "paused"
    assert clock_of(held, "serve_notice", "section_124").status == "green"
    assert "The dates set by law go on running while this is on hold." in held.because
    assert made.tick(at(9)).escalated == 0
    out = made.task("log_application", TaskChange.release(by="amir"), at(10))
    assert clock_of(out, "log_application", "log_target").due_on == date(2026, 11, 11)


def test_hold_until_is_released_by_the_tick(made):
    made.task("log_application", TaskChange.hold("leave", until=date(2026, 11, 9), by="amir"), at(3))
    report = made.tick(at(9, 9))
    assert report.released == 1
    assert made.state().tasks["log_application#1"].status == "open"


def test_reassign_gives_a_task_to_another(made):
    out = made.task("log_application", TaskChange.reassign("beth", "busy", by="dilys"), at(3))
    assert task_of(out, "log_application").owner == Officer(id="beth", name="Beth Owen")
    assert out.owner.id == "amir"
    out = made.task("decide", TaskChange.reassign(Officer(kind="role", id="lawyer"), by="dilys"), at(3))
    assert task_of(out, "decide").owner.key == "role:lawyer"


def test_revise_moves_a_service_target_and_keeps_the_original(made):
    out = made.task("log_application", TaskChange.revise(date(2026, 11, 6), "two forms", by="dilys"), at(3))
    assert clock_of(out, "log_application", "log_target").due_on == date(2026, 11, 6)
    assert clock_of(out, "log_application", "log_target").run == 2
    clock = made.state().clocks["log_application#1:log_target"]
    assert clock.original_due_on == date(2026, 11, 4)


def test_extend_moves_a_clock_as_its_pack_allows(made):
    out = made.task(
        "serve_notice", TaskChange.extend("section_124", date(2026, 12, 14), "agreed", by="dilys"), at(3)
    )
    assert clock_of(out, "serve_notice", "section_124").due_on == date(2026, 12, 14)


def test_reopen_a_task_begins_a_new_run(made):
    made.task("log_application", DONE, at(3))
    out = made.task("log_application", TaskChange.reopen("wrong form", by="amir"), at(3, 12))
    assert task_of(out, "log_application").status == "open"
    clock = clock_of(out, "log_application", "log_target")
    assert (clock.run, clock.status, clock.due_on) == (2, "amber", date(2026, 11, 4))


def test_activity_is_a_sign_of_life(made):
    made.task("log_application", TaskChange.activity(by="amir", note="phoned"), at(3))
    assert made.state().tasks["log_application#1"].silence_at == at(3)
    assert made.last_event("task_activity").texts == {"note": "phoned"}


@pytest.mark.parametrize(
    ("task", "change", "now", "error", "words"),
    [
        ("lodge", DONE, at(3), UnknownName, "There is no task 'lodge'"),
        ("check_form#1", TaskChange.release(), at(3), NotAllowed, "not on hold"),
        ("decide", DONE, at(3), NotAllowed, "without eligibility_decision"),
        ("decide", TaskChange.cancel("x"), at(3), NotAllowed, "mandatory"),
        ("log_application", TaskChange.plan(date(2026, 12, 1)), at(3), NotAllowed, "it cannot be planned"),
        (
            "check_form",
            TaskChange.complete(reason="lost"),
            at(3),
            UnknownName,
            "no complete reason 'lost'",
        ),
        ("check_form", TaskChange.complete(late_reason="asleep"), at(3), UnknownName, "late reason"),
        ("log_application", TaskChange.complete(on=date(2026, 11, 4)), at(3), InvalidArgument, "later than"),
        ("log_application", TaskChange.start(on=date(2026, 11, 4)), at(3), InvalidArgument, "later than"),
        ("log_application", TaskChange.complete(facts={"bedroms": 1}), at(3), UnknownName, "'bedrooms'"),
        (
            "log_application",
            TaskChange.hold("x", until=date(2026, 11, 3)),
            at(3),
            InvalidArgument,
            "later than today",
        ),
        (
            "log_application",
            TaskChange.revise(date(2026, 11, 30), "x"),
            at(3),
            NotAllowed,
            "Fri 6 Nov 2026 at the latest",
        ),
        (
            "log_application",
            TaskChange.revise(date(2026, 11, 1), "x"),
            at(3),
            InvalidArgument,
            "before the clock started",
        ),
        (
            "serve_notice",
            TaskChange.revise(date(2026, 12, 1), "x"),
            at(3),
            NotAllowed,
            "running service clock",
        ),
        (
            "serve_notice",
            TaskChange.extend("section_124", date(2026, 12, 15), "x"),
            at(3),
            NotAllowed,
            "Mon 14 Dec 2026 at the latest",
        ),
        (
            "serve_notice",
            TaskChange.extend("section_124", date(2026, 11, 30), "x"),
            at(3),
            InvalidArgument,
            "ends later than",
        ),
        (
            "serve_notice",
            TaskChange.extend("section_124", date(2026, 12, 5), "x"),
            at(1, month=12),
            NotAllowed,
            "before its end",
        ),
        (
            "serve_notice",
            TaskChange.extend("section_125", date(2026, 12, 5), "x"),
            at(3),
            UnknownName,
            "section_124",
        ),
        (
            "log_application",
            TaskChange.extend("log_target", date(2026, 11, 5), "x"),
            at(3),
            NotAllowed,
            "allows no extension",
        ),
        ("log_application", TaskChange.reopen("x"), at(3), NotAllowed, "cannot be reopened"),
        ("log_application", TaskChange.reassign(7), at(3), InvalidArgument, "owner must be a text, not 7"),
        ("log_application", TaskChange.reassign(" "), at(3), InvalidArgument, "not empty"),
    ],
)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_task_change_that_cannot_be_is_refused(made, task, change, now, error, words):
    refused(made, lambda: made.task(task, change, now), error, words)


def test_a_clock_is_extended_only_as_often_as_its_pack_allows(made):
    made.task("serve_notice", TaskChange.extend("section_124", date(2026, 12, 7), "agreed"), at(3))
    again = TaskChange.extend("section_124", date(2026, 12, 14), "again")
    refused(made, lambda: made.task("serve_notice", again, at(4)), NotAllowed, "moved once already")


@pytest.mark.parametrize(
    "change",
    [DONE, TaskChange.start(), TaskChange.hold("x"), TaskChange.reassign("beth"), TaskChange.cancel("x")],
)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_complete_task_only_reopens(made, change):
    made.task("log_application", DONE, at(3))
    refused(made, lambda: made.task("log_application", change, at(3)), NotAllowed, "is complete")


@pytest.mark.parametrize(
    "make",
    [
        lambda: TaskChange.cancel(""),
        lambda: TaskChange.hold(" "),
        lambda: TaskChange.reopen(""),
        lambda: TaskChange.revise(date(2026, 11, 5), ""),
        lambda: TaskChange.start(datetime(2026, 11, 5, tzinfo=UTC)),
        lambda: TaskChange.plan("2026-11-05"),
        lambda: CaseChange.close(""),
        lambda: CaseChange.record(""),
        lambda: CaseChange.activate(None),
        lambda: CaseChange.update(served_on="2026-11-05"),
    ],
)
def test_a_change_that_says_nothing_cannot_be_made(make):
    with pytest.raises(InvalidArgument):
        make()


def test_a_field_that_cannot_change_is_named():
    with pytest.raises(UnknownName, match="Did you mean 'company'"):
        CaseChange.update(compny="x")


# --- which task ------------------------------------------------------------------------------------


def test_a_code_means_its_one_open_task_or_the_latest_and_two_open_are_ambiguous(made):
    made.update(CaseChange.record("delay_notice_served", by="amir"), at(3))
    made.update(CaseChange.record("delay_notice_served", by="amir"), at(4))
    with pytest.raises(AmbiguousTask, match="answer_delay#1, answer_delay#2") as refused:
        made.task("answer_delay", DONE, at(5))
    assert refused.value.ids == ("answer_delay#1", "answer_delay#2")
    made.task("answer_delay#1", DONE, at(5))
    made.task("answer_delay", DONE, at(5))
    assert {made.state().tasks[f"answer_delay#{n}"].status for n in (1, 2)} == {"complete"}
    made.task("answer_delay", TaskChange.reopen("not good", by="amir"), at(5))
    assert made.state().tasks["answer_delay#2"].status == "open"
