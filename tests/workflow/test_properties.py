"""Laws that hold whatever happens to a case, in whatever order, however often anybody ticks."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from homebuy_plugin.library import host_variable
from homebuy_plugin.testing.effort import examples
from homebuy_plugin.types import RuleVariable

WEEKS = 7 * 24


def instants(most, least=0):
    return st.lists(st.integers(1, 8 * WEEKS), min_size=least, max_size=most, unique=True).map(sorted)


def steps(landlord, most):
    return st.lists(st.sampled_from(landlord.menu), min_size=1, max_size=most)


def telling(event):
    """An event without what the moment of deciding leaves on it."""
    data = dict(event.data)
    if event.kind == "rung_decided":
        data["outcome"] = data["outcome"].replace("collapsed", "fired")
        data.pop("retry_at")
    return event.kind, event.at, event.by, data


def played(landlord, world_then, script, ticks, directory=None):
    """A case to whom the steps of a script happen, and who is ticked at these hours besides."""
    case = landlord.case(world_then(0))
    for hours, step in sorted([*script, *((t, None) for t in ticks)], key=lambda s: s[0]):
        case.world = world_then(hours)
        if step is None:
            case.tick(landlord.at(hours))
        else:
            landlord.attempt(case, step, hours)
    case.world = world_then(8 * WEEKS)
    case.tick(landlord.at(8 * WEEKS))
    return case


# --- 1: one evaluator ------------------------------------------------------------------------------


@given(data=st.data())
@settings(max_examples=examples(60))
def test_the_state_is_the_fold_of_its_events(landlord, data):
    case = landlord.case(landlord.world())
    for hours in data.draw(instants(12, 4)):
        landlord.attempt(case, data.draw(st.sampled_from(landlord.menu)), hours)
        if data.draw(st.booleans()):
            case.tick(landlord.at(hours + 1))
        assert case.folded() == case.state
        assert [e.seq for e in case.events] == list(range(1, len(case.events) + 1))
        assert all(a.at <= b.at for a, b in zip(case.events, case.events[1:], strict=False))
        assert all(e.at <= e.recorded_at for e in case.events)


# --- 2: how often anybody ticks does not matter ----------------------------------------------------


@st.composite
def histories(draw, landlord):
    """Steps at hours, hours of two sets of ticks, and versions of the rules in between."""
    hours = draw(instants(8, 1))
    script = [(h, draw(st.sampled_from(landlord.menu))) for h in hours]
    later = [(since, draw(changed(landlord.rules))) for since in draw(instants(2))]
    return script, [(0, landlord.rules), *later], draw(instants(12)), draw(instants(3))


@st.composite
def changed(draw, rules):
    """Another version of some rules: switched, gone, or with other conditions."""
    found = []
    for rule in rules:
        how = draw(st.sampled_from(["same", "same", "same", "off", "watch", "always", "gone"]))
        if how == "gone":
            continue
        if how in ("off", "watch"):
            rule = {**rule, "state": how}
        elif how == "always":
            rule = {k: v for k, v in rule.items() if k != "conditions"}
        found.append(rule)
    kept = {r["id"] for r in found}
    return [r for r in found if r.get("follows") in (None, *kept)]


@given(data=st.data())
@settings(max_examples=examples(80))
def test_any_partition_into_ticks_makes_the_same_events(landlord, data):
    script, versions, often, seldom = data.draw(histories(landlord))
    whole = landlord.world(*versions)

    def world_then(hours):
        known = tuple(v for v in whole.escalation if v.since is None or v.since <= landlord.at(hours))
        return replace(whole, escalation=known)

    one = played(landlord, world_then, script, often)
    other = played(landlord, world_then, script, seldom)
    assert [telling(e) for e in one.events] == [telling(e) for e in other.events]
    assert results(one) == results(other)


def results(case):
    """What each rung's conditions saw."""
    return {k: [c["conditions"] for c in r["considered"]] for k, r in case.records.items()}


@given(data=st.data())
@settings(max_examples=examples(12))
def test_the_same_for_the_shipped_rules(landlord, data):
    world = landlord.shipped(
        data.draw(st.sampled_from(["right_to_buy", "right_to_acquire", "social_homebuy"]))
    )
    menu = [
        (c, t) for c, t in landlord.menu if c.action in ("update", "hold", "release", "reassign", "withdraw")
    ]
    script = [(h, data.draw(st.sampled_from(menu))) for h in data.draw(instants(4, 1))]
    one = played(landlord, lambda hours: world, script, data.draw(instants(6)))
    other = played(landlord, lambda hours: world, script, ())
    assert [telling(e) for e in one.events] == [telling(e) for e in other.events]


FAILING = {"all": [{"name": "broken", "operator": "is_true"}]}


@given(data=st.data())
@settings(max_examples=examples(40))
def test_the_same_where_a_rule_errs_until_it_is_corrected(landlord, data):
    """How often it was tried depends on the ticks; what came of it, and when, does not."""
    rules = [r for r in landlord.rules if r["trigger"] != "stagnant" and r.get("follows") != "quiet"]
    broken = [{**r, "conditions": FAILING} if r["id"] in ("late", "near") else r for r in rules]
    since = data.draw(st.integers(1, 8 * WEEKS))
    whole = unreliable(landlord.world((0, broken), (since, rules)))
    menu = [(c, t) for c, t in landlord.menu if c.action in ("update", "complete", "start", "reassign")]
    script = [(h, data.draw(st.sampled_from(menu))) for h in data.draw(instants(6, 1))]

    def world_then(hours):
        known = tuple(v for v in whole.escalation if v.since is None or v.since <= landlord.at(hours))
        return replace(whole, escalation=known)

    one = played(landlord, world_then, script, data.draw(instants(10)))
    other = played(landlord, world_then, script, ())
    assert settled(one) == settled(other)


def unreliable(world):
    def broken(facts, case):
        raise OSError("no answer")

    variable = RuleVariable(name="broken", label="broken", type="yes_no", read=broken)
    catalogue = world.catalogue.with_variables([host_variable(variable, "a test")])
    return replace(world, catalogue=catalogue, host_variables={"broken": variable})


def settled(case):
    """The events but for failed attempts, without what those leave on a later one."""
    found = []
    for kind, at, by, data in map(telling, case.events):
        if data.get("outcome") == "errored":
            continue
        found.append((kind, at, by, {k: v for k, v in data.items() if k not in ("attempts", "inputs")}))
    return found


# --- 13, 14: settle first; decided once ------------------------------------------------------------


@given(data=st.data())
@settings(max_examples=examples(40))
def test_every_rung_is_decided_once_and_at_the_facts_of_its_instant(landlord, data):
    script, *_ = data.draw(histories(landlord))
    case = played(landlord, lambda hours: landlord.world(), script, ())
    decided = [tuple(list(e.data.values())[:6]) for e in case.history("rung_decided")]
    assert len(decided) == len(set(decided))
    for event in case.history("rung_decided"):
        if event.data["outcome"] != "carried":
            known = [e.at for e in case.events if e.seq < event.seq]
            assert event.at == max(*known, in_time(event))
    assert case.wakeups() == {} or min(case.wakeups().values()) > landlord.at(8 * WEEKS)


def in_time(event):
    from datetime import datetime

    return datetime.fromisoformat(event.data["instant"])


@given(data=st.data())
@settings(max_examples=examples(40))
def test_settling_again_decides_nothing_more(landlord, data):
    script, *_ = data.draw(histories(landlord))
    case = played(landlord, lambda hours: landlord.world(), script, ())
    before = len(case.events)
    assert case.tick(landlord.at(8 * WEEKS)) == 0
    assert len(case.events) == before
