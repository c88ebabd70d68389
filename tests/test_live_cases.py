"""What open cases do with a new pack or calendar: keep theirs, follow in silence, or follow and tell."""

import copy
import json
import threading
from datetime import date

import pytest
from sqlalchemy.orm import Session

from homebuy_plugin import CaseChange, TaskChange
from homebuy_plugin._resources import data_folder
from homebuy_plugin.exceptions import InvalidArgument, NotAllowed
from homebuy_plugin.insight.history import history
from homebuy_plugin.store import cases, claims, saving
from homebuy_plugin.store.saving import CaseWrite
from homebuy_plugin.store.transactions import reading, writing
from homebuy_plugin.testing.small_documents import ESCALATION, PACK, escalation
from homebuy_plugin.testing.small_landlord import at, facts_of, task_of
from homebuy_plugin.workflow.fold import fold

ENGLAND = data_folder("rules") / "calendars" / "england_and_wales.json"
sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def calendar_with(*days):
    """The calendar with closures on some days of November 2026."""
    raw = json.loads(ENGLAND.read_text(encoding="utf-8"))
    raw["closures"] = [*raw.get("closures", []), *({"date": d, "name": "Proclaimed"} for d in days)]
    return json.dumps(raw)


def pack_with(code, *clocks, stage=0):
    """The small pack with other clocks on one task."""
    raw = copy.deepcopy(PACK)
    task = next(t for t in raw["stages"][stage]["tasks"] if t["code"] == code)
    task["clocks"] = [{**task["clocks"][i], **changes} for i, changes in enumerate(clocks)]
    return raw


def publish(landlord, when, live_cases, *, calendar=None, pack=None, **more):
    texts = {"calendar.json": calendar} if calendar else {"pack.json": json.dumps(pack)}
    return landlord.homebuy.publish(
        texts, author="k.lindqvist", reason="a correction", now=when, live_cases=live_cases, **more
    )


def due(landlord, code="log_application#1:log_target", reference="HB-1"):
    return landlord.state(reference).clocks[code].due_on


def sooner():
    """Log the application within one working day: from Monday the 2nd, by the 3rd."""
    near = [{"name": "first", "before": {"value": 2, "unit": "hours"}}]
    return pack_with("log_application", {"period": {"value": 1, "unit": "working_days"}, "amber": near})


def letters(landlord):
    return [n.template for n in landlord.host.notices]


def outcomes(landlord, reference="HB-1"):
    rungs = landlord.state(reference).rungs.items()
    return {(k[1], k[2], k[3]): r.outcome for k, r in rungs}


# --- a holiday proclaimed ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("live_cases", "on"),
    [
        ("pin", date(2026, 11, 4)),
        ("recompute", date(2026, 11, 5)),
        ("recompute_and_notify", date(2026, 11, 5)),
    ],
)
def test_a_new_holiday_moves_open_deadlines_only_where_that_is_chosen(landlord, live_cases, on):
    landlord.create()
    assert due(landlord) == date(2026, 11, 4)
    publish(landlord, at(2, 12), live_cases, calendar=calendar_with("2026-11-03"))
    landlord.tick(at(2, 13))
    assert due(landlord) == on
    assert due(landlord, "serve_notice#1:section_124") == date(2026, 11, 30), "the law counts every day"
    with reading(landlord.engine) as conn:
        assert claims.due(conn, at(2, 13)).wakeups == 0, "nothing is left to follow"
    landlord.create("HB-2", at(2, 14))
    assert due(landlord, reference="HB-2") == date(2026, 11, 5), "a new case has the new calendar anyway"


def test_the_choice_who_and_why_are_kept_with_the_version_and_with_each_case(landlord):
    landlord.create()
    publish(landlord, at(2, 12), "recompute", calendar=calendar_with("2026-11-03"))
    landlord.tick(at(2, 13))
    with reading(landlord.engine) as conn:
        shelf = landlord.homebuy.desk.library.shelf(conn)
        assert shelf.latest("calendar", "england_and_wales").live_cases == "recompute"
    [moved] = [e for e in landlord.events() if e.kind == "case_migrated"]
    assert (moved.at, moved.by, moved.texts) == (at(2, 12), "k.lindqvist", {"reason": "a correction"})
    assert moved.data["documents"] == ["calendar england_and_wales 2"]
    assert moved.data["notify"] is False
    assert moved.data["before"]["calendars"]["england_and_wales"] == 1
    assert landlord.state().calendars["england_and_wales"] == 2
    assert fold(landlord.events()) == landlord.state()


@sqlite_only
def test_the_history_of_the_case_tells_it(landlord):
    landlord.create()
    publish(landlord, at(2, 12), "recompute", calendar=calendar_with("2026-11-03"))
    landlord.tick(at(2, 13))
    told = [t.text for t in history(landlord.homebuy.desk, landlord.engine, "HB-1")]
    assert (
        "The case moves to calendar england_and_wales 2 by k.lindqvist: a correction. "
        "What was past by the new dates was not sent"
    ) in told


@sqlite_only
def test_whatever_touches_a_case_first_lets_it_follow(landlord):
    landlord.create()
    publish(landlord, at(2, 12), "recompute", calendar=calendar_with("2026-11-03"))
    made = landlord.task("log_application", TaskChange.start(by="amir"), at(2, 13))
    assert task_of(made, "log_application").clocks[0].due_on == date(2026, 11, 5)


@sqlite_only
def test_a_publication_dated_ahead_is_followed_when_its_time_comes(landlord):
    landlord.create()
    publish(landlord, at(3, 12), "recompute", calendar=calendar_with("2026-11-04"))
    landlord.tick(at(2, 13))
    assert due(landlord) == date(2026, 11, 4)
    landlord.tick(at(3, 12))
    assert due(landlord) == date(2026, 11, 5)


@sqlite_only
def test_two_publications_are_followed_in_their_order(landlord):
    landlord.create()
    publish(landlord, at(2, 11), "recompute", calendar=calendar_with("2026-11-03"))
    publish(landlord, at(2, 12), "recompute", pack=sooner())
    landlord.tick(at(2, 13))
    moved = [e.data["documents"] for e in landlord.events() if e.kind == "case_migrated"]
    assert moved == [["calendar england_and_wales 2"], ["pack right_to_buy.england 2"]]
    assert due(landlord) == date(2026, 11, 4), "one working day after Monday, and Tuesday is a holiday"


@sqlite_only
def test_a_new_holiday_within_a_hold_makes_nothing_earlier(landlord):
    """Held Tuesday to Thursday, three working days: due on Monday the 9th. The 4th was a holiday after all."""
    landlord.create()
    landlord.update(CaseChange.hold("waiting", by="amir"), at(3, 9))
    landlord.update(CaseChange.release(by="amir"), at(6, 8))
    before = due(landlord)
    publish(landlord, at(6, 9), "recompute", calendar=calendar_with("2026-11-04"))
    landlord.tick(at(6, 10))
    assert before == date(2026, 11, 9)
    assert due(landlord) == date(2026, 11, 9)


# --- what is past by the new dates ---------------------------------------------------------------------


@sqlite_only
def test_in_silence_what_is_past_is_recorded_and_what_follows_still_comes(landlord):
    landlord.create()
    publish(landlord, at(4, 12), "recompute", pack=sooner())
    landlord.tick(at(4, 13))
    assert due(landlord) == date(2026, 11, 3)
    assert outcomes(landlord)[("log_target", 2, "target-passed")] == "carried"
    assert "passed" not in letters(landlord)
    landlord.tick(at(20))
    assert outcomes(landlord)[("log_target", 2, "still-not-done")] == "fired", "it is still not done"


@sqlite_only
def test_with_notice_what_is_past_falls_due_at_once(landlord):
    landlord.create()
    publish(landlord, at(4, 12), "recompute_and_notify", pack=sooner())
    landlord.tick(at(4, 13))
    assert outcomes(landlord)[("log_target", 2, "target-passed")] == "fired"
    assert "passed" in letters(landlord)


@sqlite_only
@pytest.mark.parametrize("live_cases", ["recompute", "recompute_and_notify"])
def test_a_date_set_by_law_never_passes_in_silence(landlord, live_cases):
    landlord.create()
    week = {"period": {"value": 1, "unit": "weeks"}, "amber": []}
    publish(landlord, at(12), live_cases, pack=pack_with("serve_notice", week))
    landlord.tick(at(12, 11))
    assert due(landlord, "serve_notice#1:section_124") == date(2026, 11, 9)
    told = {n.template for n in landlord.host.notices if n.task == "serve_notice"}
    assert told & {"passed", "statutory_target_passed"}


@sqlite_only
def test_verdicts_stay(landlord):
    landlord.create()
    landlord.task("log_application", TaskChange.complete(by="amir"), at(4, 9))
    publish(landlord, at(4, 12), "recompute_and_notify", pack=sooner())
    landlord.tick(at(4, 13))
    clock = landlord.state().clocks["log_application#1:log_target"]
    assert (clock.status, clock.due_on, clock.run) == ("met", date(2026, 11, 4), 1)


@sqlite_only
def test_how_often_one_ticks_does_not_matter(databases):
    from homebuy_plugin.testing.databases import fresh_engine
    from homebuy_plugin.testing.small_landlord import SmallLandlord, small_landlord

    seen = []
    for ticks in ([at(9)], [at(d, h) for d in range(2, 10) for h in (9, 12, 17)]):
        with fresh_engine(databases, small_landlord) as engine:
            landlord = SmallLandlord(engine)
            landlord.create()
            for tick in ticks:
                if tick >= at(4, 12) and landlord.state().pack_version == 1:
                    publish(landlord, at(4, 12), "recompute", pack=sooner())
                landlord.tick(tick)
            rungs = landlord.state().rungs
            seen.append({k: (r.instant, r.version, r.outcome == "carried") for k, r in rungs.items()})
    assert seen[0] == seen[1]


# --- which cases ---------------------------------------------------------------------------------------


@sqlite_only
def test_a_closed_case_follows_when_it_is_reopened(landlord):
    landlord.create()
    landlord.update(CaseChange.leave("application", "denied", by="amir"), at(2, 11))
    landlord.update(CaseChange.close("denied", "no tenancy", by="amir"), at(2, 11))
    publish(landlord, at(2, 12), "recompute", pack=sooner())
    assert landlord.tick(at(2, 13)).due == 0
    assert landlord.state().pack_version == 1
    landlord.update(CaseChange.reopen("court said so", by="amir"), at(3))
    assert landlord.state().pack_version == 2


@sqlite_only
def test_tasks_come_and_go_with_the_pack(landlord):
    landlord.create()
    changed = sooner()
    tasks = changed["stages"][0]["tasks"]
    tasks[:] = [t for t in tasks if t["code"] not in ("check_form", "file_form")]
    tasks.append({"code": "verify_identity", "name": "Verify identity", "mandatory": True})
    publish(landlord, at(2, 12), "recompute", pack=changed)
    landlord.tick(at(2, 13))
    tasks = {t.code: t.status for t in landlord.state().tasks.values()}
    assert (tasks["check_form"], tasks["verify_identity"]) == ("cancelled", "open")
    assert landlord.state().clocks["log_application#1:log_target"].status == "running"


def test_an_equal_document_is_published_anew_for_cases_that_are_behind(landlord):
    """First kept for new cases only; a month later everybody is to have it."""
    landlord.create()
    assert publish(landlord, at(2, 12), "pin", pack=sooner()) == {"pack right_to_buy.england": 2}
    landlord.tick(at(2, 13))
    assert landlord.state().pack_version == 1
    assert publish(landlord, at(2, 14), "recompute", pack=sooner()) == {"pack right_to_buy.england": 3}
    landlord.tick(at(2, 15))
    assert (landlord.state().pack_version, due(landlord)) == (3, date(2026, 11, 3))
    assert publish(landlord, at(2, 16), "recompute", pack=sooner()) == {}, "nobody is behind"


@sqlite_only
def test_one_case_cannot_go_back_alone_from_what_open_cases_follow(landlord):
    landlord.create()
    publish(landlord, at(2, 12), "recompute", pack=sooner())
    landlord.tick(at(2, 13))
    with pytest.raises(NotAllowed, match="publish version 1 of the pack anew"):
        landlord.update(CaseChange.migrate(1, "I liked it better", by="amir"), at(2, 14))


@sqlite_only
def test_a_choice_that_does_not_exist_is_refused(landlord):
    with pytest.raises(InvalidArgument, match="pin, recompute, recompute_and_notify, not 'all'"):
        publish(landlord, at(2, 12), "all", pack=sooner())


def test_a_wake_up_is_not_lost_to_somebody_who_has_not_seen_it(landlord):
    """A call loads the case, rules are published, the call saves: the case is still looked at again."""
    landlord.create()
    with writing(landlord.engine) as conn:
        claims.wake_all(conn, at(2, 11), "escalation:landlord:1")
    with reading(landlord.engine) as conn:
        loaded = cases.load_one(conn, "HB-1")
    with writing(landlord.engine) as conn:
        claims.wake_all(conn, at(2, 12), "escalation:landlord:2")
    with writing(landlord.engine) as conn:
        write = CaseWrite(
            case_id=loaded.case_id,
            before=loaded.state.copy(),
            after=loaded.state,
            events=[],
            wakeups={},
            before_wakeups=loaded.wakeups,
            outbox=[],
            records={},
        )
        saving.save(conn, [write])
    with reading(landlord.engine) as conn:
        assert claims.due_cases(conn, at(2, 12)) == [loaded.case_id]


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_publishing_does_not_wait_for_a_call_and_the_case_follows_afterwards(landlord):
    landlord.create()
    done = []

    def publishing():
        done.append(publish(landlord, at(2, 11), "recompute", pack=sooner()))

    with Session(landlord.engine) as session, session.begin():
        landlord.homebuy.case_updated(session, "HB-1", CaseChange.update(by="amir"), at(2, 12))
        thread = threading.Thread(target=publishing)
        thread.start()
        thread.join(30)
        assert done, "it waits for the call"
    assert landlord.tick(at(2, 13)).due == 1
    assert landlord.state().pack_version == 2


# --- new rules ------------------------------------------------------------------------------------------


def flag_late(**more):
    action = {"name": "set_flag", "params": {"flag": "late"}}
    rule = {"id": "flag-late", "trigger": "target_exceeded", "state": "on", "actions": [action]}
    return {
        **ESCALATION,
        "rules": [*ESCALATION["rules"], {**rule, "applies_to": {"clock": "service"}, **more}],
    }


@pytest.mark.parametrize(
    ("live_cases", "more", "flags"),
    [
        ("recompute_and_notify", {}, ("late",)),
        ("recompute_and_notify", {"effective_from": "2026-11-06"}, ()),
        ("recompute", {}, ()),
        ("pin", {}, ()),
    ],
)
@sqlite_only
def test_a_new_rule_is_asked_about_what_is_past_where_that_is_chosen(landlord, live_cases, more, flags):
    """The target passed at midnight of the 5th; the rule is published at noon."""
    landlord.create()
    landlord.tick(at(5, 9))
    fired = sum(r.outcome == "fired" for r in landlord.state().rungs.values())
    rules = {"escalation.json": json.dumps(flag_late(**more))}
    landlord.homebuy.publish(rules, author="k", reason="x", now=at(5, 12), live_cases=live_cases)
    landlord.tick(at(5, 13))
    assert landlord.state().flags == flags
    late = [r for k, r in landlord.state().rungs.items() if k[3] == "flag-late"]
    assert [r.instant for r in late] == [at(5, 12)] * len(flags)
    fired_now = sum(r.outcome == "fired" for r in landlord.state().rungs.values())
    assert fired_now == fired + len(flags), "rules that were there are not asked again"


# --- what would move, beforehand -------------------------------------------------------------------------


def test_the_preview_lists_every_deadline_that_would_move_and_writes_nothing(landlord):
    landlord.create()
    landlord.create("HB-2")
    landlord.task("log_application", TaskChange.complete(by="amir"), at(2, 11), "HB-2")
    before = landlord.state()
    seen = landlord.homebuy.preview_migration(
        {"calendar.json": calendar_with("2026-11-03")}, now=at(2, 12), live_cases="recompute"
    )
    assert (seen.documents, seen.looked_at) == (("calendar england_and_wales 2",), 2)
    moves = {
        (c.reference, d.task, d.clock): (d.before, d.after, d.passed) for c in seen.cases for d in c.deadlines
    }
    assert moves == {
        ("HB-1", "log_application", "log_target"): (date(2026, 11, 4), date(2026, 11, 5), False),
        ("HB-1", None, "application_target"): (date(2026, 12, 7), date(2026, 12, 8), False),
        ("HB-2", "check_form", "check_target"): (date(2026, 11, 9), date(2026, 11, 10), False),
        ("HB-2", None, "application_target"): (date(2026, 12, 7), date(2026, 12, 8), False),
    }, "a target that was met keeps its date"
    assert landlord.state() == before
    assert landlord.homebuy.tick(at(2, 13)).due == 0


@sqlite_only
def test_the_preview_is_what_then_happens(landlord):
    landlord.create()
    changed = sooner()
    changed["stages"][0]["tasks"] = [t for t in changed["stages"][0]["tasks"] if t["code"] != "file_form"]
    for live_cases, told in (("recompute", 0), ("recompute_and_notify", 2)):
        seen = landlord.homebuy.preview_migration(
            {"pack.json": json.dumps(changed)}, now=at(4, 12), live_cases=live_cases
        )
        [case] = seen.cases
        assert (case.cancelled, case.told) == (("file_form",), told)
        assert [(d.clock, d.after, d.passed) for d in case.deadlines] == [
            ("log_target", date(2026, 11, 3), True)
        ]
    publish(landlord, at(4, 12), "recompute_and_notify", pack=changed)
    landlord.tick(at(4, 12))
    assert due(landlord) == date(2026, 11, 3)
    assert letters(landlord).count("passed") == 2


def test_cases_that_kept_what_they_had_follow_later_on_request(landlord):
    landlord.create()
    publish(landlord, at(2, 12), "pin", calendar=calendar_with("2026-11-03"))
    seen = landlord.homebuy.preview_migration(now=at(2, 13))
    assert seen.documents == ("calendar england_and_wales 3",)
    assert {d.clock for d in seen.cases[0].deadlines} == {"log_target", "application_target"}
    done = landlord.homebuy.migrate(author="k.lindqvist", reason="all", live_cases="recompute", now=at(2, 13))
    assert done == {"calendar england_and_wales": 3}
    landlord.tick(at(2, 14))
    assert due(landlord) == date(2026, 11, 5)
    assert landlord.homebuy.migrate(author="k", reason="again", now=at(2, 15)) == {}
    with pytest.raises(InvalidArgument, match="with pin nothing moves"):
        landlord.homebuy.migrate(author="k", reason="again", live_cases="pin")


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
@pytest.mark.parametrize("now", [("notice-overdue",), ("notice-overdue", "target-passed")])
def test_rules_published_while_a_case_is_being_created_are_its_rules(landlord, now):
    """Nobody else saw the case yet: it looks at the rules again when it is next worked on."""

    def only(*ids):
        return escalation(*(each for each in ESCALATION["rules"] if each["id"] in ids))

    landlord.publish(at(1, 11, month=10), escalation=only("notice-overdue", "notice-near"))
    with Session(landlord.engine) as session, session.begin():
        landlord.homebuy.case_created(session, facts_of("HB-1"), at(2))
        landlord.publish(at(2, 11), escalation=only(*now))
    for day in (10, 24, 30):
        landlord.tick(at(day, 12))
    landlord.tick(at(5, 12, month=12))
    decided = {key[3]: rung.decided_at for key, rung in landlord.state().rungs.items() if key[3] in now}
    assert set(decided) == set(now)
    assert decided["notice-overdue"] == at(5, 12, month=12)
