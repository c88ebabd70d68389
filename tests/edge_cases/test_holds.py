"""Holds, revised targets, tasks that are reopened."""

from datetime import date

from homebuy_plugin import (
    CaseChange,
    TaskChange,
)
from homebuy_plugin.testing.northbrook import Northbrook, at, clock, play


def test_edge_08_a_hold_moves_the_service_clock_and_never_the_law(landlord: Northbrook) -> None:
    landlord.claim()
    landlord.update(CaseChange.hold("waiting for papers", until=date(2026, 12, 9)), at("2026-11-03"))
    landlord.tick(at("2026-12-01T09:00"))
    seen = landlord.look("2026-12-01T09:05")
    assert (clock(seen, "section_124").due_on, clock(seen, "section_124").status) == (
        date(2026, 11, 30),
        "red",
    )
    assert clock(seen, "acknowledge_application_target").status == "paused"
    assert ("held_past_legal_date", "j.marsh") in landlord.letters("held_past_legal_date")
    assert landlord.letters("target_passed") == []
    after = landlord.update(CaseChange.release(), at("2026-12-02"))
    # held for the openings of 4 Nov to 2 Dec: 21 working days; 5 Nov + 21 = Fri 4 Dec
    assert clock(after, "acknowledge_application_target").due_on == date(2026, 12, 4)


def test_edge_09_overlapping_holds_count_once_and_bank_holidays_not_at_all(landlord: Northbrook) -> None:
    landlord.claim()
    task = "acknowledge_application"  # due Thu 5 Nov
    landlord.task(task, TaskChange.hold("tenant away", until=date(2026, 11, 20)), at("2026-11-03"))
    landlord.update(CaseChange.hold("waiting for papers"), at("2026-11-04"))
    landlord.task(task, TaskChange.release(), at("2026-11-06"))
    after = landlord.update(CaseChange.release(), at("2026-11-09"))
    # Tue 3 Nov 10:00 to Mon 9 Nov 10:00: openings of Wed, Thu, Fri, Mon = 4; Thu 5 + 4 = Wed 11 Nov
    assert clock(after, "acknowledge_application_target").due_on == date(2026, 11, 11)
    ledger = [(h.task, h.reason, h.until, h.released_on) for h in after.holds]
    assert ledger == [
        ("acknowledge_application#1", "tenant away", date(2026, 11, 20), date(2026, 11, 6)),
        (None, "waiting for papers", None, date(2026, 11, 9)),
    ]
    winter = play(served=date(2026, 12, 21))  # due Thu 24 Dec
    winter.play(TaskChange.hold("closed", until=date(2027, 1, 4)), at("2026-12-23"), task)
    winter.play(TaskChange.release(), at("2026-12-29"), task)  # early
    # openings of Thu 24 and Tue 29 Dec = 2; Thu 24 + 2 = Wed 30 Dec
    assert winter.clock("acknowledge_application_target").due_on == date(2026, 12, 30)


def test_edge_10_a_reopened_task_is_a_new_run_and_tells_nobody_again(landlord: Northbrook) -> None:
    landlord.claim()
    landlord.tick(at("2026-11-06T09:00"))  # acknowledgement was due Thu 5 Nov
    told = landlord.letters("target_passed")
    landlord.done("2026-11-06T11:00", "acknowledge_application", late_reason="letter lost")
    after = landlord.task(
        "acknowledge_application", TaskChange.reopen("wrong address"), at("2026-11-06T12:00")
    )
    view = clock(after, "acknowledge_application_target")
    assert (view.run, view.due_on, view.status) == (2, date(2026, 11, 5), "red")
    landlord.tick(at("2026-11-06T17:00"))
    assert landlord.letters("target_passed") == told
    landlord.done("2026-11-09T11:00", "acknowledge_application", late_reason="wrong address")
    kept = [e.texts for e in landlord.events() if e.kind == "task_completed"]
    assert [t.get("late_reason") for t in kept] == ["letter lost", "wrong address"]


def test_edge_11_a_target_revised_later_warns_again_and_unsends_nothing(landlord: Northbrook) -> None:
    landlord.claim()
    landlord.tick(at("2026-11-04T09:00"))  # amber of Thu 5 Nov
    ours = [n for n in landlord.host.notices if n.task == "acknowledge_application"]
    assert [n.template for n in ours] == ["target_near"]
    change = TaskChange.revise(date(2026, 11, 9), "tenant asked for more time", by="p.shah")
    after = landlord.task("acknowledge_application", change, at("2026-11-04T12:00"))
    view = clock(after, "acknowledge_application_target")
    assert (view.due_on, view.original_due_on) == (date(2026, 11, 9), date(2026, 11, 5))
    landlord.tick(at("2026-11-06T08:59"))
    assert len([n for n in landlord.host.notices if n.task == "acknowledge_application"]) == 1
    landlord.tick(at("2026-11-06T09:00"))  # one working day before Mon 9 Nov
    ours = [n for n in landlord.host.notices if n.task == "acknowledge_application"]
    assert [n.template for n in ours] == ["target_near", "target_near"]
    revised = [e for e in landlord.events() if e.data.get("cause") == "revised"]
    assert [(e.by, e.texts["reason"]) for e in revised] == [("p.shah", "tenant asked for more time")]


def test_edge_12_a_target_revised_into_the_past_is_one_alert(landlord: Northbrook) -> None:
    landlord.claim()
    change = TaskChange.revise(date(2026, 11, 2), "promised for Monday", by="p.shah")
    after = landlord.task("acknowledge_application", change, at("2026-11-03T12:00"))
    assert clock(after, "acknowledge_application_target").status == "red"
    landlord.tick(at("2026-11-03T12:01"))
    landlord.tick(at("2026-11-03T16:00"))
    ours = [n.template for n in landlord.host.notices if n.task == "acknowledge_application"]
    assert ours == ["target_passed"]
