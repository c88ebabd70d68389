"""Dates, daylight saving, outages, two schedulers."""

import threading
from contextlib import suppress
from datetime import date

from homebuy_plugin.clock import Duration, due_on
from homebuy_plugin.exceptions import (
    RetryTransaction,
)
from homebuy_plugin.testing.northbrook import Northbrook, at, clock, offered, play
from homebuy_plugin.testing.worlds import shipped_world


def test_edge_01_due_on_a_closed_day_unmoved_and_warned_before_the_closure(landlord: Northbrook) -> None:
    calendar, weeks = shipped_world().home, Duration(value=4, unit="weeks")
    for served, last in (
        (date(2026, 11, 27), date(2026, 12, 25)),  # Christmas Day
        (date(2027, 2, 26), date(2027, 3, 26)),  # Good Friday
    ):
        assert due_on(served, weeks, "within", calendar) == last
        assert not calendar.is_working_day(last)
    made = landlord.claim(date(2027, 3, 1))  # Easter Monday
    assert clock(made, "section_124").due_on == date(2027, 3, 29)
    landlord.tick(at("2027-03-25T08:59"))
    assert landlord.letters("rtb2_due_in_three_days") == []
    landlord.tick(at("2027-03-25T09:00"))  # Maundy Thursday; three days before is Good Friday
    assert set(landlord.letters("rtb2_due_in_three_days")) == {
        ("rtb2_due_in_three_days", "p.shah"),
        ("rtb2_due_in_three_days", "j.marsh"),
    }


def test_edge_02_within_and_beginning_with_differ_by_a_day() -> None:
    calendar, weeks = shipped_world().home, Duration(value=12, unit="weeks")
    assert due_on(date(2027, 1, 11), weeks, "within", calendar) == date(2027, 4, 5)
    assert due_on(date(2027, 1, 11), weeks, "beginning_with", calendar) == date(2027, 4, 4)
    case = play({"property_type": "house"})
    offered(case)
    assert case.clock("section_125d").due_on == date(2027, 4, 4)


def test_edge_03_month_end_and_leap_year() -> None:
    calendar = shipped_world().home
    for start, months, last in (
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2028, 2, 29), 3, date(2028, 5, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
    ):
        assert due_on(start, Duration(value=months, unit="months"), "within", calendar) == last


def test_edge_04_each_threshold_once_while_the_clocks_change(landlord: Northbrook) -> None:
    landlord.claim(date(2026, 2, 28), "2026-03-02")  # due Sat 28 Mar; over at 00:00 GMT on the 29th
    landlord.tick(at("2026-03-28T23:59"))
    assert landlord.letters("rtb2_overdue") == []
    for minute in ("00:00", "00:30", "00:59", "01:00", "01:30", "02:00"):
        landlord.tick(at(f"2026-03-29T{minute}"))
    once = landlord.letters("rtb2_overdue")
    assert ("rtb2_overdue", "p.shah") in once
    assert len(once) == len(set(once))
    landlord.host.forget()
    landlord.claim(date(2026, 9, 26), "2026-09-28", reference="HB-2")  # due 24 Oct; over at 00:00 BST
    landlord.tick(at("2026-10-24T22:59"))
    assert landlord.letters("rtb2_overdue") == []
    for text in ("2026-10-24T23:00", "2026-10-25T00:30", "2026-10-25T01:00", "2026-10-25T01:30"):
        landlord.tick(at(text))
    again = [n for n in landlord.host.notices if n.template == "rtb2_overdue" and n.reference == "HB-2"]
    assert len({n.key for n in again}) == len(again) == len({n.recipient.id for n in again}) > 0


def test_edge_05_after_an_outage_each_threshold_once_in_order_collapsed(landlord: Northbrook) -> None:
    landlord.claim()
    landlord.tick(at("2026-11-20"))
    landlord.host.forget()
    landlord.tick(at("2026-12-04"))  # over both warnings and the target, Mon 30 Nov
    mine = [
        n.template for n in landlord.host.notices if n.task == "serve_rtb2" and n.recipient.id == "p.shah"
    ]
    assert mine == ["rtb2_overdue"]
    # Mon 23, Fri 27, and the end of Mon 30 Nov: once each, each at its own instant, in order
    ladder = ("rtb2-due-in-seven-days", "rtb2-due-in-three-days", "rtb2-overdue")
    decided = [d for d in landlord.decisions("serve_rtb2#1", "section_124") if d[0] in ladder]
    assert decided == [
        ("rtb2-due-in-seven-days", "collapsed", "2026-11-23T09:00:00+00:00"),
        ("rtb2-due-in-three-days", "collapsed", "2026-11-27T09:00:00+00:00"),
        ("rtb2-overdue", "fired", "2026-12-01T00:00:00+00:00"),
    ]
    before = len(landlord.host.notices)
    landlord.tick(at("2026-12-04T10:05"))
    assert len(landlord.host.notices) == before


def test_edge_06_two_schedulers_tick_together(landlord: Northbrook) -> None:
    for number in range(1, 6):
        landlord.claim(reference=f"HB-{number}")
    other = Northbrook(landlord.engine)
    start = threading.Barrier(2)

    def tick(each: Northbrook) -> None:
        start.wait()
        with suppress(RetryTransaction):  # the other has the database; the next tick does it
            each.tick(at("2026-12-01T09:00"))

    threads = [threading.Thread(target=tick, args=(each,)) for each in (landlord, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    landlord.tick(at("2026-12-01T09:01"))
    keys = [n.key for each in (landlord, other) for n in each.host.notices]
    assert len(keys) == len(set(keys))
    overdue = [n for each in (landlord, other) for n in each.host.notices if n.template == "rtb2_overdue"]
    assert {n.reference for n in overdue} == {f"HB-{n}" for n in range(1, 6)}


def test_edge_07_done_before_the_tick_that_would_have_told(landlord: Northbrook) -> None:
    landlord.claim()
    landlord.done("2026-11-30T22:30", "serve_rtb2", facts={"eligibility_decision": "admit"})
    landlord.tick(at("2026-12-01T00:05"))
    assert landlord.letters("rtb2_overdue", "statutory_target_passed") == []
