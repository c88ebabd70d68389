"""Ladders that cases share: worked out once, and told apart by everything that they depend on."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from homebuy_plugin.testing.worlds import escalation_rules, new_case, small_world, with_rules
from homebuy_plugin.types import CaseFacts
from homebuy_plugin.workflow import world as worlds
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.ladders import of_clock
from homebuy_plugin.workflow.rungs import candidates

HOUR, DAY = timedelta(hours=1), {"value": 1, "unit": "days"}
NOV2 = datetime(2026, 11, 2, 10, tzinfo=UTC)


def told(name, trigger, **more):
    notify = {"name": "notify", "params": {"to": ["task_owner"], "template": name}}
    return {"id": name, "trigger": trigger, "actions": [notify], **more}


def landlord():
    """A task with two clocks, and rules that narrow by all that a rule can narrow by."""
    limit = {
        "code": "limit",
        "kind": "service",
        "starts": ["stage.started"],
        "period": {"value": 10, "unit": "days"},
        "amber": [{"name": "near", "before": DAY}],
    }
    jobs = [
        {"code": code, "name": code, "mandatory": True, "clocks": [limit, {**limit, "code": "other"}]}
        for code in ("job", "chore")
    ]
    work = {"code": "work", "name": "Work", "master_stage": "application", "next": [], "tasks": jobs}
    return with_rules(
        small_world(work),
        *escalation_rules(
            told("near", "amber"),
            told("late", "target_exceeded"),
            told("late-limit", "target_exceeded", applies_to={"clock": "limit"}),
            told("late-job", "target_exceeded", applies_to={"tasks": ["job"]}),
            told("late-north", "target_exceeded", companies=["north"]),
            told("later", "follow_on", follows="late", after=DAY),
        ),
    )


def claim(world, at=NOV2):
    return new_case(
        world, CaseFacts(reference="HB-1", scheme="right_to_buy", served_on=date(2026, 11, 2)), at
    ).state


def asked(state, world):
    return candidates(Casework(state.copy(), world, None, NOV2))


def test_cases_with_the_same_dates_share_a_ladder():
    world = landlord()
    benches = [Casework(claim(world, at), world, None, NOV2) for at in (NOV2, NOV2 + HOUR)]
    first, second = (of_clock(bench, bench.state.clocks["job#1:limit"]) for bench in benches)
    assert first is second
    assert [c.key[3] for c in first.rungs] == ["near", "late", "late-job", "late-limit"]


def later(clock):
    clock.due_on, clock.due_at = clock.due_on + timedelta(1), clock.due_at + timedelta(1)


def warned_later(clock):
    clock.ambers = tuple(replace(amber, at=amber.at + HOUR) for amber in clock.ambers)


def late_told(state, clock, instant):
    """The passed target of a clock was told of; what follows is counted from its date."""
    case = Casework(state, landlord(), None, NOV2)
    data = {"subject": clock.subject, "clock": clock.code, "run": 1, "rule": "late", "anchor": "target"}
    on = instant.date()
    case.emit(
        "rung_decided",
        NOV2,
        **data,
        occurrence=0,
        outcome="fired",
        instant=instant,
        on=on,
        notices=1,
        version=1,
    )


def held_since(state, clock):
    """A hold after the passed target moves what follows it."""
    late_told(state, clock, clock.due_at)
    clock.pauses = ((clock.due_at + HOUR, clock.due_at + 4 * timedelta(1)),)


VARIED = {
    "target": lambda state, clock: later(clock),
    "warning": lambda state, clock: warned_later(clock),
    "run": lambda state, clock: setattr(clock, "run", 2),
    "block": lambda state, clock: setattr(clock, "unblocked_at", clock.due_at + HOUR),
    "company": lambda state, clock: setattr(state, "company", "north"),
    "task": lambda state, clock: setattr(state.tasks["job#1"], "code", "chore"),
    "scheme": lambda state, clock: setattr(state, "scheme", "social_homebuy"),
    "followed": lambda state, clock: late_told(state, clock, clock.due_at),
    "held since": held_since,
    "followed later": lambda state, clock: late_told(state, clock, clock.due_at + timedelta(1)),
}


@pytest.mark.parametrize("vary", VARIED.values(), ids=VARIED)
def test_a_case_that_differs_has_ladders_of_its_own(vary):
    world = landlord()
    usual, other = claim(world), claim(world)
    late_told(usual, usual.clocks["job#1:other"], usual.clocks["job#1:other"].due_at)
    vary(other, other.clocks["job#1:limit"])
    expected = asked(other, replace(world))
    assert asked(usual, world) != expected
    assert asked(other, world) == expected


def test_a_world_remembers_so_many_answers_and_no_more(monkeypatch):
    monkeypatch.setattr(worlds, "_REMEMBERED", 2)
    world, asked_for = landlord(), []

    def double(_, number):
        asked_for.append(number)
        return 2 * number

    assert [world.remembered(double, n) for n in (1, 1, 2, 3, 3, 1)] == [2, 2, 4, 6, 6, 2]
    assert asked_for == [1, 2, 3, 1]
    assert replace(world).remembered(double, 1) == 2
    assert asked_for == [1, 2, 3, 1, 1], "another world"
