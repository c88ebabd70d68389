"""A statutory clock never passes its target in silence, and no hold moves its date."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homebuy_plugin.library import host_variable
from homebuy_plugin.testing.effort import examples
from homebuy_plugin.testing.worlds import FakeDirectory, new_case, shipped_world, with_rules
from homebuy_plugin.types import CaseChange, CaseFacts, RuleVariable, Settings, TaskChange
from homebuy_plugin.workflow.ladders import TARGET_PASSED


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


NOV2 = utc(2026, 11, 2, 10)
LATE = utc(2026, 12, 1, 9)


def broken(facts, case):
    raise OSError("the tenancy system is down")


def unreliable(world):
    """The world with a variable that cannot be read."""
    variable = RuleVariable(name="broken", label="broken", type="yes_no", read=broken)
    catalogue = world.catalogue.with_variables([host_variable(variable, "a test")])
    return replace(world, catalogue=catalogue, host_variables={"broken": variable})


ERRS = {"all": [{"name": "broken", "operator": "is_true"}]}


def claim(world, **more):
    scheme = world.pack.scheme
    facts = CaseFacts(reference="HB-1", scheme=scheme, served_on=date(2026, 11, 2))
    return new_case(world, facts, NOV2, **more)


def in_state(world, state):
    return with_rules(world, *(replace(r, state=state) for r in world.escalation[0].rules))


@pytest.mark.parametrize("state", ["off", "watch"])
def test_with_every_rule_off_or_watched_the_built_in_notice_goes_out(state):
    case = claim(in_state(shipped_world(), state))
    case.tick(LATE)
    told = case.sent(TARGET_PASSED)
    assert [n.recipient.id for n in told] == ["p.shah", "m.jones", "home_ownership"]
    assert {n.task for n in told} == {"serve_rtb2"}
    assert case.rung(TARGET_PASSED).instant == utc(2026, 12, 1)
    assert case.rung(TARGET_PASSED).version is None


def test_without_any_rule_the_built_in_notice_goes_out():
    case = claim(replace(shipped_world(), escalation=()))
    case.tick(LATE)
    assert len(case.sent(TARGET_PASSED)) == 3
    assert [n for n in case.sent() if n.template != TARGET_PASSED] == []


def test_where_a_rule_told_somebody_the_built_in_notice_stays_away():
    case = claim(shipped_world())
    case.tick(LATE)
    assert case.rung("rtb2-overdue").notices == 3
    assert case.rungs(TARGET_PASSED) == []


def test_where_no_rule_matched_the_built_in_notice_goes_out():
    never = {"all": [{"name": "patch", "operator": "equal_to", "value": "nowhere"}]}
    world = shipped_world()
    case = claim(with_rules(world, *(replace(r, conditions=never) for r in world.escalation[0].rules)))
    case.tick(LATE)
    assert case.rung("rtb2-overdue").outcome == "not_fired"
    assert len(case.sent(TARGET_PASSED)) == 3


def test_where_the_rule_errs_the_built_in_notice_goes_out_besides_the_report_of_the_error():
    world = unreliable(shipped_world())
    case = claim(with_rules(world, *(replace(r, conditions=ERRS) for r in world.escalation[0].rules)))
    case.tick(LATE)
    assert case.rung("rtb2-overdue").outcome == "errored"
    assert len(case.sent(TARGET_PASSED)) == 3
    assert {n.recipient.id for n in case.sent("rule_failed")} == {"m.jones", "home_ownership"}


def test_where_nobody_is_there_for_the_rule_the_owner_still_hears():
    # the rule names legal, the manager and the task's owner, who are all away, and the case has an owner
    directory = FakeDirectory(away={"m.jones", "legal", "jo"}, groups={"home_ownership": ()})
    world = shipped_world()
    only_legal = tuple(
        replace(
            r, actions=(replace(r.actions[0], params={"to": ["group:legal"], "template": "rtb2_overdue"}),)
        )
        for r in world.escalation[0].rules
        if r.id == "rtb2-overdue"
    )
    case = claim(with_rules(world, *only_legal), directory=directory)
    case.tick(LATE)
    assert [n.status for n in case.notices if n.template == "rtb2_overdue"] == ["undeliverable"]
    assert [n.recipient.id for n in case.sent(TARGET_PASSED)] == ["p.shah"]


def test_however_late_the_tick_and_short_its_memory_the_passing_is_told():
    policy = {"skip_older_than": {"value": 1, "unit": "hours"}}
    for world in (shipped_world(), replace(shipped_world(), escalation=())):
        case = claim(replace(world, settings=Settings(catch_up=policy)))
        case.tick(utc(2027, 1, 4, 12))
        told = [n for n in case.sent() if n.task == "serve_rtb2" and n.rung[4] == "target"]
        assert {n.recipient.id for n in told} >= {"p.shah", "m.jones"}


# --- 5: whatever happens ---------------------------------------------------------------------------

POLICIES = ["latest", "each", {"skip_older_than": {"value": 2, "unit": "hours"}}]


@st.composite
def worlds(draw):
    """A shipped world with rules switched and broken at random."""
    world = unreliable(
        shipped_world(draw(st.sampled_from(["right_to_buy", "right_to_acquire", "social_homebuy"])))
    )
    rules = []
    for rule in world.escalation[0].rules:
        how = draw(st.sampled_from(["on", "on", "off", "watch", "errs", "gone"]))
        if how in ("on", "off", "watch"):
            rules.append(replace(rule, state=how))
        elif how == "errs":
            rules.append(replace(rule, conditions=ERRS))
    world = with_rules(world, *rules)
    return replace(world, settings=Settings(catch_up=draw(st.sampled_from(POLICIES))))


HOLDS = [
    CaseChange.hold("x", by="a"),
    CaseChange.hold("x", until=date(2026, 12, 24), by="a"),
    CaseChange.release(by="a"),
    *(TaskChange.hold("x", by="a"), TaskChange.release(by="a")),
]
FACTS = [
    CaseChange.update(facts={"other_landlord_period": True}, by="a"),
    CaseChange.update(facts={"other_landlord_period": None}, by="a"),
    CaseChange.update(served_on=date(2026, 10, 12), by="a"),
    CaseChange.record("delay_notice_served", by="a"),
]


@given(data=st.data())
@settings(max_examples=examples(60))
def test_a_passed_statutory_target_yields_a_notice_and_a_hold_moves_no_statutory_date(landlord, data):
    case = claim(data.draw(worlds()))
    for hours in sorted(data.draw(st.lists(st.integers(1, 1500), min_size=1, max_size=8))):
        change = data.draw(st.sampled_from([*HOLDS, *FACTS]))
        before = statutory(case)
        if not landlord.attempt(case, (change, "serve_rtb2"), hours):
            landlord.attempt(case, (change, "acknowledge_application"), hours)
        if change.action in ("hold", "release"):
            assert {k: v for k, v in statutory(case).items() if k in before} == before
        if data.draw(st.booleans()):
            case.tick(landlord.at(hours + 1))
            assert_told(case, landlord.at(hours + 1))
    case.tick(landlord.at(1600))
    assert_told(case, landlord.at(1600))


def statutory(case):
    """The dates the law sets."""
    return {
        c.id: (c.run, c.due_on, c.due_at, tuple(a.at for a in c.ambers))
        for c in case.state.clocks.values()
        if c.kind == "statutory" and c.status == "running"
    }


def assert_told(case, now):
    for clock in case.state.clocks.values():
        if clock.kind == "statutory" and clock.status == "running" and clock.due_at <= now:
            told = [n for n in case.sent() if n.rung[:2] == (clock.subject, clock.code)]
            assert [n for n in told if n.rung[4] == "target" or n.rung[4].startswith("after:")], clock
