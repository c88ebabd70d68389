"""A landlord with every kind of rule, and a menu of things that happen to a case, for the properties."""

from datetime import UTC, date, datetime, timedelta

import pytest

from homebuy_plugin.exceptions import HomeBuyError
from homebuy_plugin.testing.worlds import (
    escalation_rules,
    new_case,
    shipped_world,
    small_world,
    with_versions,
)
from homebuy_plugin.types import CaseChange, CaseFacts, TaskChange

START = datetime(2026, 11, 2, 10, tzinfo=UTC)


def _days(value, unit="days"):
    return {"value": value, "unit": unit}


def _clock(code, kind, starts, period, *ambers, **more):
    amber = [{"name": n, "before": b} for n, b in ambers]
    return {"code": code, "kind": kind, "starts": starts, "period": period, "amber": amber, **more}


def _task(code, *clocks, **more):
    return {"code": code, "name": code, "mandatory": True, "clocks": clocks, **more}


IS_FLAT = {"all": [{"name": "property_type", "operator": "equal_to", "value": "flat"}]}

STAGES = (
    {
        "code": "first",
        "name": "First",
        "master_stage": "application",
        "next": [{"stage": "second", "opens": "automatic"}],
        "clocks": [_clock("whole", "service", ["stage.started"], _days(12, "working_days"))],
        "tasks": [
            _task(
                "log",
                _clock(
                    "log_target",
                    "service",
                    ["stage.started"],
                    _days(2, "working_days"),
                    ("first", _days(3, "hours")),
                ),
            ),
            _task(
                "call",
                _clock("call_target", "service", ["task.planned_start"], _days(6, "hours")),
                mandatory=False,
            ),
            _task(
                "check",
                _clock("check_target", "service", ["task.planned_start"], _days(5), ("first", _days(1))),
                after=["log"],
                lag=_days(1, "working_days"),
            ),
        ],
    },
    {
        "code": "second",
        "name": "Second",
        "master_stage": "eligibility",
        "next": [],
        "tasks": [
            _task(
                "answer",
                _clock(
                    "law",
                    "statutory",
                    ["case.served_on"],
                    [{"when": IS_FLAT, **_days(5, "weeks")}, _days(3, "weeks")],
                    ("first", _days(7)),
                    ("last", _days(2)),
                    restarts=["event:again"],
                    ends=["event:claim_withdrawn"],
                    blocks=[{"from": "event:barred", "until": "event:unbarred"}],
                    extension={"maximum": _days(7), "times": 2, "before_expiry": False},
                ),
            ),
            _task("file", mandatory=False),
        ],
    },
    {
        "code": "delay",
        "name": "Delay",
        "master_stage": "delay",
        "parallel": True,
        "opens_on": ["event:delay"],
        "next": [],
        "tasks": [
            _task(
                "counter",
                _clock("month", "statutory", ["event:delay"], _days(1, "months"), counting="beginning_with"),
            )
        ],
    },
)


def _notify(to, template):
    return {"name": "notify", "params": {"to": [to], "template": template}}


def _level(level):
    return {"name": "raise_level", "params": {"level": level}}


def _flag(flag):
    return {"name": "set_flag", "params": {"flag": flag}}


def _on(name, operator, *value):
    return {"all": [{"name": name, "operator": operator, **({"value": value[0]} if value else {})}]}


RULES = (
    {"id": "near", "trigger": "amber", "actions": [_notify("task_owner", "near")]},
    {
        "id": "near-north",
        "trigger": "amber",
        "warning": "last",
        "conditions": _on("patch", "equal_to", "north"),
        "actions": [_notify("manager", "near_north"), _flag("north")],
    },
    {
        "id": "late",
        "trigger": "target_exceeded",
        "conditions": _on("on_hold", "is_false"),
        "actions": [_notify("task_owner", "late"), _level(1)],
    },
    {
        "id": "later",
        "trigger": "follow_on",
        "follows": "late",
        "after": _days(2),
        "repeat": {"every": _days(3), "times": 3},
        "conditions": _on("case_flags", "does_not_contain", "enough"),
        "actions": [_notify("manager", "later"), _level(2)],
    },
    {
        "id": "hours-later",
        "trigger": "follow_on",
        "follows": "late",
        "after": _days(5, "hours"),
        "applies_to": {"clock": "service"},
        "actions": [{"name": "add_task", "params": {"task": "chase"}}],
    },
    {
        "id": "stage-late",
        "trigger": "target_exceeded",
        "applies_to": {"subject": "stage"},
        "actions": [_level(3)],
    },
    {
        "id": "quiet",
        "trigger": "stagnant",
        "after": _days(4, "working_days"),
        "actions": [_notify("task_owner", "quiet")],
    },
    {
        "id": "quieter",
        "trigger": "follow_on",
        "follows": "quiet",
        "after": _days(3),
        "actions": [_flag("enough")],
    },
    {
        "id": "held-long",
        "trigger": "stagnant",
        "task_state": "on_hold",
        "after": _days(5),
        "actions": [_notify("manager", "held_long")],
    },
    {
        "id": "delay-told",
        "trigger": "event",
        "event": "delay",
        "actions": [_notify("group:legal", "delay"), _level(2)],
    },
    {
        "id": "give-away",
        "trigger": "target_exceeded",
        "applies_to": {"tasks": ["check"]},
        "conditions": _on("escalation_level", "greater_than", 0),
        "actions": [{"name": "reassign", "params": {"role": "surveyor", "strategy": "round_robin"}}],
    },
)

EVENTS = [{"code": c} for c in ("again", "barred", "unbarred", "delay")]


def _task_menu():
    for task in ("log", "call", "check", "answer", "file", "counter", "chase"):
        # often enough that cases get somewhere
        yield from [(TaskChange.complete(by="p.shah"), task)] * 4
        for change in (
            TaskChange.complete(by="p.shah"),
            TaskChange.start(by="p.shah"),
            TaskChange.hold("waiting", by="p.shah"),
            TaskChange.release(by="p.shah"),
            TaskChange.activity(),
            TaskChange.reopen("again", by="p.shah"),
            TaskChange.reassign("jo", by="m.jones"),
        ):
            yield change, task
    yield TaskChange.cancel("not needed", by="p.shah"), "call"
    yield TaskChange.hold("until", until=date(2026, 11, 16), by="p.shah"), "check"
    yield TaskChange.plan(date(2026, 11, 12)), "check"
    yield TaskChange.revise(date(2026, 11, 9), "x", by="p.shah"), "log"
    yield TaskChange.revise(date(2026, 11, 3), "x", by="p.shah"), "log"
    yield TaskChange.extend("law", date(2026, 11, 27), "x", by="p.shah"), "answer"


def _case_menu():
    for facts in ({"patch": "north"}, {"patch": None}, {"property_type": "flat"}, {"property_type": "house"}):
        yield CaseChange.update(facts=facts, by="p.shah"), ""
    for served_on in (date(2026, 10, 20), date(2026, 11, 1), None):
        yield CaseChange.update(served_on=served_on, by="p.shah"), ""
    for event in ("again", "barred", "unbarred", "delay"):
        yield CaseChange.record(event, by="p.shah"), ""
        yield CaseChange.record(event, on=date(2026, 11, 1)), ""
    yield CaseChange.hold("a dispute", by="m.jones"), ""
    yield CaseChange.add_task("visit", due_on=date(2026, 11, 13), by="p.shah"), ""
    yield CaseChange.add_task("call", start_on=date(2026, 11, 10), by="p.shah"), ""
    yield CaseChange.update(live_from=datetime(2026, 11, 3, 9, tzinfo=UTC)), ""
    yield CaseChange.release(by="m.jones"), ""
    yield CaseChange.reassign("kit", by="m.jones"), ""
    yield CaseChange.withdraw(by="p.shah"), ""
    yield CaseChange.reopen("a mistake", by="p.shah"), ""
    yield CaseChange.leave("first", "x", by="p.shah"), ""
    yield CaseChange.activate("delay", by="p.shah"), ""
    yield CaseChange.close("done", by="p.shah"), ""
    yield CaseChange.migrate(1, "again", by="m.jones"), ""


class Landlord:
    """What the properties play with."""

    start = START
    stages = STAGES
    rules = RULES
    menu = (*_task_menu(), *_case_menu())

    def world(self, *versions):
        """The small pack with escalation sets: (hours after the start, rules as written)."""
        made = small_world(*STAGES, events=EVENTS)
        dated = [
            (START + timedelta(hours=since) if since else None, escalation_rules(*rules))
            for since, rules in versions or ((0, RULES),)
        ]
        return with_versions(made, *dated)

    def case(self, world, served_on=date(2026, 10, 30), **more):
        """A case of Monday 2 November 2026, served on the Friday before."""
        scheme = world.pack.scheme
        facts = CaseFacts(
            reference="HB-1", scheme=scheme, served_on=served_on, facts={"property_type": "house"}
        )
        return new_case(world, facts, START, **more)

    def at(self, hours):
        """An instant so many hours after the start."""
        return START + timedelta(hours=hours)

    def attempt(self, case, step, hours):
        """Play a step of the menu; whether it was allowed. What is refused leaves no trace."""
        change, task = step
        try:
            case.play(change, self.at(hours), task)
        except HomeBuyError:
            return False
        return True

    def shipped(self, scheme="right_to_buy"):
        """The shipped world of a scheme."""
        return shipped_world(scheme)


@pytest.fixture(scope="session")
def landlord():
    """The landlord of the properties."""
    return Landlord()
