"""Forty-two edge cases of home buy work, one test each, named by number.

Those that need a database go through the public API on a landlord with the shipped
documents; the others through the pure core. Every date was typed by hand.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from homebuy_plugin import (
    Applicant,
    CaseChange,
    CaseOutcome,
    HomeBuy,
    RuleVariable,
    TaskChange,
    hookimpl,
)
from homebuy_plugin._resources import data_folder
from homebuy_plugin.clock import Duration, due_on
from homebuy_plugin.documents import validate_texts
from homebuy_plugin.documents.values import from_json
from homebuy_plugin.engine import built_in_catalogue, compile_conditions, evaluate
from homebuy_plugin.exceptions import (
    CaseExists,
    InvalidDocument,
    NotAllowed,
    RetryTransaction,
    UnknownName,
)
from homebuy_plugin.insight.why import why
from homebuy_plugin.store import directory
from homebuy_plugin.store.transactions import writing
from homebuy_plugin.testing import RecordingHost
from homebuy_plugin.testing.databases import fresh_engine
from homebuy_plugin.testing.small_landlord import SmallLandlord
from homebuy_plugin.testing.worlds import PlayedCase, new_case, shipped_world, small_world
from homebuy_plugin.types import CaseFacts

SERVED = date(2026, 11, 2)
GO_LIVE = datetime(2024, 1, 8, 9, tzinfo=UTC)


def at(text: str) -> datetime:
    """An instant in UTC; ten in the morning unless it says."""
    return datetime.fromisoformat(text if "T" in text else f"{text}T10:00").replace(tzinfo=UTC)


def raw(path: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((data_folder("rules") / path).read_text(encoding="utf-8"))
    return found


def northbrook(engine: Engine) -> None:
    """The shipped documents, published long ago, and the sample landlord's officers."""
    hb = HomeBuy.create(engine, entry_points=False)
    hb.upgrade(now=GO_LIVE)
    officers = json.loads((data_folder("fixtures") / "officers.json").read_text(encoding="utf-8"))
    with writing(engine) as conn:
        directory.import_landlord(conn, from_json("officers", officers))


class Northbrook(SmallLandlord):
    """The sample landlord, with short ways to say what happens."""

    def claim(self, served: date | None = SERVED, now: str = "", **fields: Any) -> CaseOutcome:
        given = {"scheme": "right_to_buy", "creator": "p.shah", "facts": {"property_type": "house"}, **fields}
        when = at(now) if now else at(f"{served or SERVED}")
        return self.create(now=when, served_on=served, **given)

    def done(self, now: str, *tasks: str, **arguments: Any) -> CaseOutcome:
        for task in tasks:
            outcome = self.task(task, TaskChange.complete(by="p.shah", **arguments), at(now))
        return outcome

    def record(self, now: str, event: str, **arguments: Any) -> CaseOutcome:
        return self.update(CaseChange.record(event, **arguments), at(now))

    def look(self, now: str) -> CaseOutcome:
        return self.update(CaseChange.update({}), at(now))

    def letters(self, *templates: str) -> list[tuple[str, str]]:
        """Template and recipient of what was handed over."""
        return [(n.template, n.recipient.id) for n in self.host.notices if n.template in templates]


@pytest.fixture(scope="session")
def database_kind() -> str:
    """Cases, not databases: one kind will do."""
    return "sqlite"


def merged_rules(name: str) -> list[Any]:
    """The rules of every shipped file of this name."""
    return [r for p in rules_files() if p.name == name for r in json.loads(p.read_text())["rules"]]


@pytest.fixture
def landlord(databases: Any) -> Iterator[Northbrook]:
    with fresh_engine(databases, northbrook) as engine:
        yield Northbrook(engine)


def decisions(landlord: Northbrook, task: str, code: str) -> list[tuple[str, str, str]]:
    """Rule, outcome and instant of the rungs of a task's clock, as last decided, in order of instant."""
    last = {
        (e.data["run"], e.data["rule"], e.data["anchor"], e.data["occurrence"]): e.data
        for e in landlord.events()
        if e.kind == "rung_decided" and (e.data["subject"], e.data["clock"]) == (f"task:{task}", code)
    }
    found = [(d["rule"], d["outcome"], d["instant"]) for d in last.values()]
    return sorted(found, key=lambda each: each[2])


def clock(outcome: CaseOutcome, code: str) -> Any:
    """The latest clock of a code, of a task or of a stage."""
    held = [c for stage in outcome.stages for c in stage.clocks]
    held += [c for task in outcome.tasks for c in task.clocks]
    return [c for c in held if c.code == code][-1]


def play(facts: dict[str, Any] | None = None, served: date = SERVED) -> PlayedCase:
    given = CaseFacts(reference="HB-1", scheme="right_to_buy", served_on=served, facts=facts or {})
    return new_case(shipped_world(), given, at(f"{served}"))


def offered(case: Any) -> None:
    """Admitted on 20 November 2026, offer served on 11 January 2027."""
    case.complete("serve_rtb2", at=at("2026-11-20"), facts={"eligibility_decision": "admit"})
    case.complete("serve_section_125_notice", at=at("2027-01-11"))


def problems(path: str, change: Any) -> list[tuple[str, str]]:
    """Code and pointer of what is wrong after a change to a shipped document."""
    texts = {p.name if p.parent.name == "shared" else str(p): p.read_text() for p in rules_files()}
    name = next(n for n in texts if n == path or (n.endswith(f"/{path}") and "/" in path))
    body = json.loads(texts[name])
    change(body)
    texts[name] = json.dumps(body)
    return [(p.code, p.pointer) for p in validate_texts(texts, built_in_catalogue())]


def rules_files() -> list[Any]:
    return sorted(data_folder("rules").rglob("*.json"))


def at_task(pointer: str) -> tuple[str, str]:
    """The code of the task that a pointer into the Right to Buy pack leads to, and what follows it."""
    _, _, stage, _, task, *rest = pointer.split("/")
    found = raw("right_to_buy/pack.json")["stages"][int(stage)]["tasks"][int(task)]
    return str(found["code"]), "/" + "/".join(rest)


def task_in(pack: dict[str, Any], code: str) -> dict[str, Any]:
    found: dict[str, Any] = next(t for s in pack["stages"] for t in s["tasks"] if t["code"] == code)
    return found


# --- dates -------------------------------------------------------------------------------------


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


# --- ticks -------------------------------------------------------------------------------------


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
    decided = [d for d in decisions(landlord, "serve_rtb2#1", "section_124") if d[0] in ladder]
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


# --- holds, revisions, reopening ---------------------------------------------------------------


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


# --- what is refused when it is written ---------------------------------------------------------


def test_edge_13_a_warning_not_shorter_than_its_period_is_refused() -> None:
    def change(pack: dict[str, Any]) -> None:
        task_in(pack, "serve_rtb2")["clocks"][0]["amber"][0]["before"] = {"value": 28, "unit": "days"}

    [(code, pointer)] = problems("right_to_buy/pack.json", change)
    assert (code, at_task(pointer)) == ("HB211", ("serve_rtb2", "/clocks/0/amber/0/before"))


def test_edge_14_a_task_longer_than_its_stage_is_refused() -> None:
    def change(pack: dict[str, Any]) -> None:
        task_in(pack, "acknowledge_application")["clocks"][0]["period"]["value"] = 6  # the stage has 5

    found = {code: at_task(pointer) for code, pointer in problems("right_to_buy/pack.json", change)}
    assert found["HB216"][0] == "acknowledge_application"


def test_edge_15_work_that_cannot_fit_its_legal_date_is_warned_of() -> None:
    def change(pack: dict[str, Any]) -> None:
        task_in(pack, "verify_identity")["clocks"][0]["period"]["value"] = 15  # 1 + 3 + 15 + 2 = 21 of 20

    assert "HB231" in [c for c, _ in problems("right_to_buy/pack.json", change)]


def test_edge_16_predecessors_in_a_circle_missing_or_cancelled() -> None:
    def circle(pack: dict[str, Any]) -> None:
        task_in(pack, "record_service")["after"] = ["check_application_form"]

    def missing(pack: dict[str, Any]) -> None:
        task_in(pack, "record_service")["after"] = ["check_the_form"]

    for change, code in ((circle, "HB225"), (missing, "HB224")):
        found = {code: at_task(pointer) for code, pointer in problems("right_to_buy/pack.json", change)}
        assert found[code][0] in ("record_service", "check_application_form"), found
    case = play()
    with pytest.raises(NotAllowed, match="mandatory"):
        case.play(TaskChange.cancel("not needed"), at("2026-11-02"), "record_service")
    case.play(TaskChange.cancel("not needed"), at("2026-11-02"), "set_property_flag")
    case.complete("record_service", "acknowledge_application", "check_application_form", at=at("2026-11-03"))
    assert case.stage("eligibility").status == "open"
    tasks = [
        {"code": code, "name": code, "mandatory": code == "decide", "clocks": [], **more}
        for code, more in (("ask", {}), ("chase", {"after": ["ask"]}), ("decide", {"after": ["ask"]}))
    ]
    work = {"code": "work", "name": "Work", "master_stage": "application", "next": [], "tasks": tasks}
    small = new_case(small_world(work), CaseFacts(reference="HB-2", scheme="right_to_buy"), at("2026-11-02"))
    with pytest.raises(NotAllowed, match="decide waits for it and is mandatory"):
        small.play(TaskChange.cancel("not needed"), at("2026-11-02"), "ask")
    small.play(TaskChange.cancel("not needed", dependants="keep"), at("2026-11-02"), "ask")
    assert [small.task(code).status for code in ("ask", "chase", "decide")] == ["cancelled", "open", "open"]


# --- facts corrected, cases brought in ----------------------------------------------------------


def test_edge_17_served_on_corrected_earlier(landlord: Northbrook) -> None:
    landlord.claim(date(2026, 11, 9))
    landlord.tick(at("2026-12-01T09:00"))
    landlord.host.forget()
    change = CaseChange.update(served_on=date(2026, 10, 30), by="p.shah", note="date stamp found")
    after = landlord.update(change, at("2026-12-01T10:00"))
    assert (clock(after, "section_124").due_on, clock(after, "section_124").status) == (
        date(2026, 11, 27),
        "red",
    )
    landlord.tick(at("2026-12-01T10:01"))
    assert ("rtb2_overdue", "p.shah") in landlord.letters("rtb2_overdue")
    (changed,) = [e for e in landlord.events() if e.kind == "case_changed"]
    assert changed.data["before"]["served_on"] == "2026-11-09"
    assert changed.by == "p.shah"
    dates = [e.data.get("previous_due_on") for e in landlord.events() if e.kind == "clock_started"]
    assert "2026-12-07" in dates


def test_edge_18_bringing_in_old_cases_floods_nobody(landlord: Northbrook) -> None:
    go_live = at("2026-11-02T09:00")
    for number in range(1, 21):
        landlord.claim(date(2026, 7, 1), "2026-11-02T09:00", reference=f"HB-{number}", live_from=go_live)
    assert landlord.tick(at("2026-11-02T09:05")).notices == 0
    assert (landlord.host.notices, landlord.outbox()) == ([], [])
    seen = landlord.look("2026-11-02T09:10")
    assert (clock(seen, "section_124").status, clock(seen, "section_124").due_on, seen.level) == (
        "red",
        date(2026, 7, 29),
        0,
    )
    missed = decisions(landlord, "serve_rtb2#1", "section_124")
    assert ("rtb2-overdue", "before_go_live", "2026-07-29T23:00:00+00:00") in missed
    assert {outcome for _, outcome, _ in missed} == {"before_go_live"}
    # what falls due from then on is told: the acknowledgement, three working days from Mon 2 Nov
    landlord.tick(at("2026-11-06T09:00"))
    told = {(n.template, n.reference) for n in landlord.host.notices if n.task == "acknowledge_application"}
    assert told == {("target_passed", f"HB-{number}") for number in range(1, 21)}
    assert "serve_rtb2" not in {n.task for n in landlord.host.notices}


def test_edge_19_all_joint_tenants_are_told_and_one_leaving_withdraws_nothing(landlord: Northbrook) -> None:
    both = (
        Applicant(name="Ada Obi", id="P-1", address="ada@example.org"),
        Applicant(name="Ben Obi", id="P-2", address="ben@example.org"),
    )
    landlord.claim(applicants=both)
    landlord.done("2026-11-20", "serve_rtb2", facts={"eligibility_decision": "admit"})
    landlord.done("2027-01-11", "serve_section_125_notice")
    landlord.tick(at("2027-03-05T09:00"))  # four weeks before Sun 4 Apr is Sun 7 Mar: told on Friday
    assert landlord.letters("offer_reminder") == [("offer_reminder", "P-1"), ("offer_reminder", "P-2")]
    change = CaseChange.withdraw(date(2027, 3, 6), "moving out", applicant="P-2", by="p.shah")
    after = landlord.update(change, at("2027-03-08"))
    assert after.status == "open"
    assert clock(after, "section_125d").status in ("green", "amber")
    assert [t.status for t in after.tasks if t.code == "review_applicants"] == ["open"]
    assert [a.id for a in landlord.state().applicants] == ["P-1"]
    assert "withdrawal" not in [s.code for s in after.stages]


def test_edge_20_the_tenant_dies_and_a_successor_takes_over() -> None:
    case = play({"property_type": "house"})
    offered(case)
    case.complete("await_notice_of_intention", at=at("2027-02-15"))
    case.play(CaseChange.record("new_tenant_recorded"), at("2027-03-01"))
    assert (case.clock("section_125d").status, case.clock("section_125d").due_on) == (
        "running",
        date(2027, 5, 23),
    )
    exchanged = play({"property_type": "house"})
    offered(exchanged)
    # a mutual exchange (s.92) passes no claim on: the right is lost
    exchanged.play(CaseChange.record("right_lost"), at("2027-03-01"))
    assert exchanged.clock("section_125d").status == "cancelled"


def test_edge_21_stock_transfer_changes_the_company_and_no_clock(landlord: Northbrook) -> None:
    landlord.claim(company="north")
    before = landlord.look("2026-11-03")
    landlord.record("2026-11-10", "new_landlord_recorded")
    after = landlord.update(CaseChange.update(company="south"), at("2026-11-10"))
    assert clock(after, "section_124").due_on == clock(before, "section_124").due_on == date(2026, 11, 30)
    assert after.owners == before.owners
    moved = landlord.update(CaseChange.reallocate("transfer of stock", by="p.shah"), at("2026-11-11"))
    assert moved.owners != before.owners
    assert moved.decision is not None
    assert moved.decision.rule != "rtb-north"
    decided = [e.data["decision"]["rule"] for e in landlord.events() if e.kind == "case_allocated"]
    assert decided == ["rtb-north", moved.decision.rule]
    assert clock(moved, "section_124").run == 1


def test_edge_22_another_scheme_is_another_case_with_its_own_date(landlord: Northbrook) -> None:
    landlord.claim()
    with pytest.raises(UnknownName):
        CaseChange.update(scheme="right_to_acquire")
    landlord.done("2026-11-20", "serve_rtb2", facts={"eligibility_decision": "deny"})
    second = landlord.claim(
        date(2026, 12, 1),
        reference="HB-2",
        scheme="right_to_acquire",
        facts={"property_type": "house"},
        linked_to="HB-1",
    )
    assert second.created
    assert clock(second, "section_124").due_on == date(2026, 12, 29)
    assert dict(second.links) == {"HB-1": "continues"}
    first = landlord.look("2026-12-01T11:00")
    assert dict(first.links) == {"HB-2": "continued_by"}
    assert clock(first, "section_124").status == "met"
    with pytest.raises(NotAllowed, match="its clocks are not taken over"):
        landlord.claim(SERVED, "2026-12-01", reference="HB-3", scheme="social_homebuy", linked_to="HB-1")


def test_edge_23_a_house_turns_out_leasehold(landlord: Northbrook) -> None:
    landlord.claim()
    offer = landlord.done("2026-11-20", "serve_rtb2", facts={"eligibility_decision": "admit"})
    assert clock(offer, "section_125").due_on == date(2027, 1, 15)
    change = CaseChange.update({"tenure_offered": "leasehold"}, by="i.petrov", note="head lease found")
    after = landlord.update(change, at("2026-12-16"))
    assert clock(after, "section_125").due_on == date(2027, 2, 12)
    (changed,) = [e for e in landlord.events() if e.kind == "case_changed"]
    assert (changed.by, changed.texts["note"]) == ("i.petrov", "head lease found")


def test_edge_24_eight_weeks_only_when_another_landlords_time_is_needed(landlord: Northbrook) -> None:
    made = landlord.claim()
    assert clock(made, "section_124").due_on == date(2026, 11, 30)
    landlord.tick(at("2026-12-01T09:00"))
    late = landlord.update(CaseChange.update({"other_landlord_period": True}), at("2026-12-04"))
    assert clock(late, "section_124").due_on == date(2026, 12, 28)
    assert "delay_risk" in late.flags  # found after day 28: what was set then stays
    assert ("rtb2_overdue", "p.shah") in landlord.letters("rtb2_overdue")


def test_edge_25_twelve_weeks_from_the_last_determination() -> None:
    case = play({"property_type": "house"})
    offered(case)
    case.play(CaseChange.record("determination_requested"), at("2027-03-01"))
    case.complete("serve_determination", at=at("2027-05-17"))
    assert case.clock("section_125d").due_on == date(2027, 8, 8)
    case.play(CaseChange.record("determination_requested"), at("2027-07-01"))  # after proceedings, s.128(3)
    case.complete("serve_determination", at=at("2027-08-02"))
    assert case.clock("section_125d").due_on == date(2027, 10, 24)
    assert case.clock("section_125d").run == 3


def test_edge_26_withdrawn_then_claimed_anew(landlord: Northbrook) -> None:
    landlord.claim(facts={"property_type": "house", "estimated_value": 180_000})
    landlord.update(CaseChange.withdraw(reason="changed our mind"), at("2026-11-13"))
    again = landlord.claim(date(2027, 2, 1), reference="HB-2", linked_to="HB-1")
    assert clock(again, "section_124").due_on == date(2027, 3, 1)
    assert "estimated_value" not in again.facts
    assert dict(again.links) == {"HB-1": "continues"}
    assert landlord.state("HB-1").status == "withdrawn"
    with pytest.raises(CaseExists, match="served_on"):
        landlord.claim(date(2027, 2, 1))


def test_edge_27_what_counts_is_the_day_of_service(landlord: Northbrook) -> None:
    landlord.claim(date(2024, 11, 21))  # dated the 20th, received the 21st
    assert landlord.state().served_on == date(2024, 11, 21)
    new_caps = compile_conditions(
        {"name": "served_on", "operator": "on_or_after", "value": "2024-11-21"}, built_in_catalogue()
    )
    assert evaluate(new_caps, {"served_on": date(2024, 11, 21)}).result
    assert not evaluate(new_caps, {"served_on": date(2024, 11, 20)}).result


# --- what is published while cases are open ------------------------------------------------------


def test_edge_28_a_case_keeps_its_pack_until_it_is_migrated(landlord: Northbrook) -> None:
    landlord.claim()
    pack = raw("right_to_buy/pack.json")
    task_in(pack, "acknowledge_application")["clocks"][0]["period"]["value"] = 2
    landlord.homebuy.publish(
        {"pack.json": json.dumps(pack)}, author="t", reason="sooner", now=at("2026-11-02T11:00")
    )
    kept = landlord.look("2026-11-02T12:00")
    assert clock(kept, "acknowledge_application_target").due_on == date(2026, 11, 5)
    new = landlord.claim(now="2026-11-02T12:00", reference="HB-2")
    assert clock(new, "acknowledge_application_target").due_on == date(2026, 11, 4)
    events = len(landlord.events())
    preview = landlord.homebuy.preview_migration(now=at("2026-11-02T13:00"))
    assert [(c.reference, d.clock, d.before, d.after) for c in preview.cases for d in c.deadlines] == [
        ("HB-1", "acknowledge_application_target", date(2026, 11, 5), date(2026, 11, 4))
    ]
    assert len(landlord.events()) == events
    moved = landlord.update(CaseChange.migrate(2, "all on the new pack"), at("2026-11-02T13:00"))
    assert clock(moved, "acknowledge_application_target").due_on == date(2026, 11, 4)
    assert landlord.homebuy.preview_migration(now=at("2026-11-02T14:00")).deadlines == 0


def test_edge_29_an_owner_who_is_away_two_roles_one_notice(landlord: Northbrook) -> None:
    landlord.host.answer(
        "homebuy_officer_available", lambda session, officer, on: False if officer.id == "p.shah" else None
    )
    landlord.claim()
    landlord.tick(at("2026-12-01T09:00"))
    overdue = [who for _, who in landlord.letters("rtb2_overdue")]
    assert "p.shah" not in overdue
    assert overdue.count("j.marsh") == 1  # in place of the owner, and as manager
    landlord.host.answer(
        "homebuy_officers_in_role", lambda session, role, on: [] if role == "head_of_service" else None
    )
    landlord.tick(at("2026-12-07T09:00"))  # five days late on Sat 5 Dec; the role is empty
    assert [who for _, who in landlord.letters("rtb2_overdue_senior")] == ["j.marsh"]
    landlord.host.answer("homebuy_officer_available", lambda session, officer, on: False)
    report = landlord.tick(at("2026-12-14T09:00"))  # a week later nobody at all is there
    assert report.undeliverable >= 1
    undelivered = [o for o in landlord.outbox("undeliverable") if o.template == "rtb2_overdue_senior"]
    assert len(undelivered) == 1


def test_edge_30_of_two_rules_the_lower_rank_and_nobody_is_said(landlord: Northbrook) -> None:
    made = landlord.claim(company="north", facts={"property_type": "flat"})  # ranks 90 and 100 both fit
    assert made.decision is not None
    assert made.decision.rule == "rtb-north"
    considered = [r.rule for r in made.decision.considered]
    assert considered.index("rtb-rush-to-overflow") < considered.index("rtb-north")
    nobody = landlord.claim(reference="HB-2", creator=None)
    assert nobody.needs_owner
    landlord.tick(at("2026-11-02T10:10"))
    assert [n.reference for n in landlord.host.notices if n.template == "case_needs_owner"][:1] == ["HB-2"]


def test_edge_31_an_allocation_rule_begins_at_local_midnight(landlord: Northbrook) -> None:
    rule = {
        "id": "tomorrow",
        "name": "From tomorrow",
        "rank": 1,
        "state": "on",
        "effective_from": "2026-07-02",
        "actions": [{"name": "assign_user", "params": {"user": "d.clarke"}}],
    }
    fallback = {**rule, "id": "until-then", "name": "Until then", "rank": 2, "effective_from": "2020-01-01"}
    fallback["actions"] = [{"name": "assign_user", "params": {"user": "a.novak"}}]
    document = {"format": "homebuy.allocation/1", "rules": [rule, fallback]}
    landlord.homebuy.publish(
        {"allocation.json": json.dumps(document)}, author="t", reason="r", now=at("2026-06-30T09:00")
    )
    today = landlord.claim(date(2026, 7, 1), "2026-07-01T22:59")  # 23:59 in London
    tomorrow = landlord.claim(date(2026, 7, 1), "2026-07-01T23:00", reference="HB-2")  # midnight
    assert (today.owner and today.owner.id, tomorrow.owner and tomorrow.owner.id) == ("a.novak", "d.clarke")


def test_edge_32_a_chain_that_comes_back_to_itself_is_refused() -> None:
    def change(body: dict[str, Any]) -> None:
        rules = {r["id"]: r for r in body["rules"]}
        rules["target-passed-manager"]["follows"] = "target-passed-team-leader"
        rules["target-passed-team-leader"]["follows"] = "target-passed-manager"

    found = problems("escalation.json", change)
    assert "HB161" in [c for c, _ in found], found


def test_edge_33_a_missing_letter_is_refused_and_a_missing_language_falls_back(landlord: Northbrook) -> None:
    def change(body: dict[str, Any]) -> None:
        body["rules"][0]["actions"][0]["params"]["template"] = "no_such_letter"

    assert "HB169" in [c for c, _ in problems("escalation.json", change)]
    landlord.claim(applicants=(Applicant(name="Ada", id="P-1", address="a@example.org", language="so"),))
    landlord.done("2026-11-20", "serve_rtb2", facts={"eligibility_decision": "admit"})
    landlord.done("2027-01-11", "serve_section_125_notice")
    landlord.tick(at("2027-03-05T09:00"))
    (letter,) = [n for n in landlord.host.notices if n.template == "offer_reminder"]
    english = [t for t in raw("shared/templates.json")["templates"] if t["id"] == "offer_reminder"]
    assert [t["language"] for t in english] == ["en"]
    assert letter.body.startswith(english[0]["body"].partition("((")[0])
    unlettered = play()
    unlettered.world = replace(unlettered.world, templates=())
    unlettered.tick(at("2026-12-01"))
    assert "(The letter 'rtb2_overdue' is missing" in unlettered.sent("rtb2_overdue")[0].body
    assert "the letter 'rtb2_overdue' is not published; it was sent in plain words" in unlettered.errors


# --- delay, bars, endings -------------------------------------------------------------------------


def test_edge_34_a_notice_of_delay_opens_its_stage_on_hold_and_when_denied(landlord: Northbrook) -> None:
    landlord.claim()
    landlord.update(CaseChange.hold("waiting for papers"), at("2026-11-03"))
    held = landlord.record("2026-12-01", "delay_notice_served")
    assert "delay" in [s.code for s in held.stages if s.status == "open"]
    assert clock(held, "section_153a").due_on == date(2026, 12, 31)
    landlord.claim(reference="HB-2")
    change = TaskChange.complete(facts={"eligibility_decision": "deny"})
    landlord.task("serve_rtb2", change, at("2026-12-01T11:00"), reference="HB-2")
    after = landlord.update(CaseChange.record("delay_notice_served"), at("2026-12-02"), reference="HB-2")
    assert clock(after, "section_153a").due_on == date(2027, 1, 1)


def test_edge_35_a_counter_notice_after_the_period_does_not_undo_it(landlord: Northbrook) -> None:
    landlord.claim()
    landlord.record("2026-12-01", "delay_notice_served", facts={"delay_ground": "admission_missed"})
    landlord.tick(at("2027-01-01T09:00"))
    assert ("delay_notice_unanswered", "w.thorne") in landlord.letters("delay_notice_unanswered")
    landlord.done("2027-01-11", "serve_rtb2", facts={"eligibility_decision": "admit"})
    after = landlord.done("2027-01-11", "serve_counter_notice")
    view = clock(after, "section_153a")
    assert (view.status, view.due_on, view.met_on) == ("missed", date(2026, 12, 31), date(2027, 1, 11))


def test_edge_36_a_bar_on_completing_quiets_our_delay_and_is_reviewed(landlord: Northbrook) -> None:
    landlord.claim()
    landlord.done("2026-11-04", "record_service", "acknowledge_application", "check_application_form")
    landlord.done(
        "2026-11-10",
        "check_tenancy_history",
        "check_exemptions",
        "check_disqualifications",
        "verify_identity",
    )
    admit = {"eligibility_decision": "admit"}
    landlord.done("2026-11-12", "decide_eligibility", "serve_rtb2", facts=admit)
    landlord.done("2026-11-20", "instruct_valuer", "check_structural_defects", "arrange_inspection")
    landlord.done("2026-11-20", "receive_valuation_report", "check_title", "draft_offer", "audit_draft_offer")
    landlord.done("2026-11-24", "serve_section_125_notice")
    landlord.done("2026-12-01", "await_notice_of_intention")
    landlord.tick(at("2026-12-01T12:00"))
    barred = landlord.record("2026-12-02", "arrears_bar_began", facts={"arrears_weeks": 5})
    assert clock(barred, "acceptance_stage_target").status == "blocked"
    landlord.host.forget()
    landlord.tick(at("2026-12-30T09:00"))  # 28 days later
    assert ("completion_bar_review", "p.shah") in landlord.letters("completion_bar_review")
    landlord.tick(at("2027-06-30T09:00"))  # 26 weeks from 1 Dec are over on 1 Jun
    assert "acceptance" not in [n.task for n in landlord.host.notices if n.template == "stage_overdue"]
    assert landlord.letters("stage_overdue") == []
    free = landlord.record("2027-07-01", "arrears_bar_ended", facts={"arrears_weeks": 0})
    assert clock(free, "acceptance_stage_target").status == "red"
    landlord.host.forget()
    landlord.tick(at("2027-09-30T09:00"))
    assert landlord.letters("completion_bar_review") == []


def test_edge_37_a_final_demolition_notice_ends_the_claim_and_starts_the_diary(landlord: Northbrook) -> None:
    landlord.claim(date(2027, 2, 8))
    after = landlord.record("2027-03-01", "final_demolition_notice_in_force")
    assert clock(after, "section_124").status == "cancelled"
    assert clock(after, "section_138c").due_on == date(2027, 5, 31)
    landlord.done("2027-03-02", "confirm_withdrawal", "clear_property_flag")
    closed = landlord.update(CaseChange.close("ceased"), at("2027-06-01"))
    assert closed.status == "closed"
    landlord.claim(reference="HB-2")
    suspended = landlord.update(
        CaseChange.record("suspension_order_made"), at("2027-06-02"), reference="HB-2"
    )
    assert clock(suspended, "section_124").status == "cancelled"


def test_edge_38_deemed_withdrawal_is_confirmed_by_a_person(landlord: Northbrook) -> None:
    landlord.claim()
    landlord.done("2026-11-20", "serve_rtb2", facts={"eligibility_decision": "admit"})
    landlord.done("2027-01-11", "serve_section_125_notice")
    landlord.record("2027-04-12", "default_notice_served")
    longer = TaskChange.extend("section_125e", date(2027, 6, 7), "s.125E(3): in hospital", by="p.shah")
    landlord.task("await_reply_to_default_notice", longer, at("2027-05-06"))
    landlord.tick(at("2027-06-08T09:00"))
    seen = landlord.look("2027-06-08T10:00")
    assert seen.status == "open"
    assert ("default_time_over", "p.shah") in landlord.letters("default_time_over")
    extended = [e for e in landlord.events() if e.kind == "clock_started" and e.by == "p.shah"]
    assert [e.texts["reason"] for e in extended] == ["s.125E(3): in hospital"]
    ended = landlord.record("2027-06-09", "claim_deemed_withdrawn", by="p.shah")
    assert "withdrawal" in [s.code for s in ended.stages if s.status == "open"]


def test_edge_39_of_a_duplicate_the_earliest_service_is_kept(landlord: Northbrook) -> None:
    landlord.claim(date(2026, 11, 4))
    landlord.claim(date(2026, 11, 2), "2026-11-05", reference="HB-2")
    kept = landlord.update(
        CaseChange.merge("HB-2", "the same claim, posted twice", by="p.shah"), at("2026-11-05")
    )
    assert (kept.served_on, clock(kept, "section_124").due_on) == (SERVED, date(2026, 11, 30))
    assert dict(kept.links) == {"HB-2": "merged_from"}
    closed = landlord.state("HB-2")
    assert (closed.status, closed.outcome, closed.links) == ("closed", "merged", {"HB-1": "merged_into"})
    landlord.tick(at("2026-12-01T09:00"))
    assert {n.reference for n in landlord.host.notices if n.template == "rtb2_overdue"} == {"HB-1"}
    # recorded for the wrong property: the claim itself is right, and keeps its date
    right = landlord.update(CaseChange.update({"property_type": "maisonette"}, by="p.shah"), at("2026-12-02"))
    assert (right.served_on, right.facts["property_type"]) == (SERVED, "maisonette")


# --- rules that are wrong, secrets, records --------------------------------------------------------


def test_edge_40_a_wrong_rule_is_refused_and_one_that_errs_stops_no_other(databases: Any) -> None:
    def change(body: dict[str, Any]) -> None:
        body["rules"][0]["conditions"] = {
            "all": [{"name": "task_knd", "operator": "equal_to", "value": "work"}]
        }

    assert ("HB110", "/rules/0/conditions/all/0/name") in problems("escalation.json", change)

    def read(facts: Any, case: Any) -> bool:
        raise RuntimeError("the rent system is down")

    class Plugin(RecordingHost):
        @hookimpl
        def homebuy_rule_variables(self) -> list[RuleVariable]:
            return [RuleVariable(name="owes_rent", label="rent is owed", type="yes_no", read=read)]

    with fresh_engine(databases, northbrook) as engine:
        host = Plugin()
        landlord = Northbrook(engine, plugins=[host])
        merged = merged_rules("escalation.json")
        bad = {
            "id": "needs-the-rent-system",
            "name": "Needs the rent system",
            "trigger": "target_exceeded",
            "applies_to": {"tasks": ["serve_rtb2"], "clock": "statutory"},
            "state": "on",
            "effective_from": "2020-01-01",
            "conditions": {"all": [{"name": "owes_rent", "operator": "is_true"}]},
            "actions": [{"name": "raise_level", "params": {"level": 4}}],
        }
        document = {"format": "homebuy.escalation/1", "rules": [*merged, bad]}
        landlord.homebuy.publish(
            {"escalation.json": json.dumps(document)}, author="t", reason="r", now=at("2026-10-01")
        )
        landlord.claim()
        landlord.tick(at("2026-12-01T09:00"))
        told = {n.template for n in host.notices}
        assert {"rtb2_overdue", "rule_failed"} <= told
        broken = json.dumps({**document, "rules": [*merged, {**bad, "trigger": "never"}]})
        with pytest.raises(InvalidDocument):
            landlord.homebuy.publish({"escalation.json": broken}, author="t", reason="r")


def test_edge_41_secrets_stay_out_of_letters_and_records(landlord: Northbrook) -> None:
    def change(body: dict[str, Any]) -> None:
        body["templates"][0]["body"] = "Marker: ((fraud_marker))"

    assert "HB307" in [c for c, _ in problems("templates.json", change)]
    made = landlord.claim(facts={"property_type": "house", "fraud_marker": True, "asb_pending": True})
    assert made.decision is not None
    assert made.decision.rule == "fraud-marker-two-owners"
    seen = [c for r in made.decision.considered for c in r.conditions if c.name == "fraud_marker"]
    assert seen
    assert all(c.actual is not True for c in seen)
    assert all("fraud_marker" not in json.dumps(e.data.get("facts", {})) for e in landlord.events())
    landlord.tick(at("2026-12-01T09:00"))
    assert all(
        "marker" not in n.body.lower() and "fraud" not in n.body.lower() for n in landlord.host.notices
    )


def test_edge_42_why_it_was_allocated_and_why_it_escalated(landlord: Northbrook) -> None:
    made = landlord.claim(facts={"property_type": "flat"})
    decision = made.decision
    assert decision is not None
    assert (decision.rule, decision.rule_version) == ("rtb-flats-to-leasehold", 1)
    winner = next(r for r in decision.considered if r.rule == decision.rule)
    seen = {c.name: (c.operator, c.actual, c.result) for c in winner.conditions}
    assert seen["property_type"] == ("is_one_of", "flat", "true")
    assert decision.text
    landlord.tick(at("2026-12-01T09:00"))
    (notice, *_) = [n for n in landlord.host.notices if n.template == "rtb2_overdue"]
    assert (notice.rule, notice.rule_version) == ("rtb2-overdue", 1)
    assert {entry.kind for entry in landlord.host.audited} >= {
        "case_created",
        "case_allocated",
        "rung_decided",
    }
    decided = [e for e in landlord.events() if e.kind == "rung_decided"]
    assert decided
    assert all(e.recorded_at >= e.at for e in decided)
    told = why(landlord.homebuy.desk, landlord.engine, "HB-1", now=at("2026-12-01T09:05"))
    prepare = next(x for x in told.escalations if x.rule == "rtb2-overdue-prepare")
    assert (prepare.version, prepare.outcome) == (1, "fired")
    [(condition, held)] = prepare.considered[0].conditions
    assert "delay_risk" in condition.replace(" ", "_")
    assert held == "true"
