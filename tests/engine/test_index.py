"""The index leaves out only rules that evaluating would find not to hold, and says why."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homebuy_plugin.engine import Catalogue, Variable, compile_actions, compile_conditions, evaluate
from homebuy_plugin.engine.index import RuleIndex
from homebuy_plugin.engine.ranked import LISTED, RankedRule, RankedRules
from homebuy_plugin.testing.effort import examples

WRONG = object()


def leaf(name, operator, *value):
    return {"name": name, "operator": operator, **({"value": value[0]} if value else {})}


class Counting:
    """Values that count how often each is read, and fail for some."""

    def __init__(self, facts, failing=()):
        self.facts, self.failing, self.reads = facts, failing, []

    def __call__(self, name):
        self.reads.append(name)
        if name in self.failing:
            raise OSError("clouds")
        return self.facts.get(name)


def rules_of(drawn, data, most=6):
    raw = data.draw(st.lists(st.none() | drawn.conditions(), min_size=1, max_size=most))
    return [compile_conditions(each, drawn.catalogue) for each in raw]


@settings(max_examples=examples(600))
@given(st.data())
def test_what_is_left_out_would_not_hold_and_would_not_fail(drawn, data):
    rules = rules_of(drawn, data)
    names = st.sets(st.sampled_from(drawn.names), max_size=3)
    unread, failing = data.draw(names), data.draw(names)
    facts = data.draw(drawn.facts) | dict.fromkeys(data.draw(names), WRONG)
    index = RuleIndex.of(rules, unread=unread)
    values = Counting(facts, failing)
    found = index.candidates(values)
    assert len(values.reads) == len(set(values.reads)), "each variable is read once"
    assert not unread & set(values.reads), "a variable that is not to be read ahead is not"
    for position, conditions in enumerate(rules):
        plain = evaluate(conditions, Counting(facts, failing))
        if position not in found:
            assert (plain.result, plain.error) == (False, None)
            assert found.because(position)
    assert list(found) == sorted(found)


def assert_excluded_by_one_variable(told, rule, facts):
    """What is told are all conditions on one variable, each as it would be by itself; some fail."""
    [name] = {seen.name for seen in told.conditions}
    leaves = [leaf for leaf in rule.conditions.leaves.values() if leaf.variable.name == name]
    assert [seen.pointer for seen in told.conditions] == [leaf.pointer for leaf in leaves]
    for seen, leaf in zip(told.conditions, leaves, strict=True):
        alone = {"name": leaf.variable.name, "operator": leaf.operator}
        given = {} if leaf.alone else {"value": leaf.expected}
        raw = compile_conditions(alone | given, Catalogue.of([leaf.variable]))
        [expected] = evaluate(raw, facts).seen
        assert seen == replace(expected, pointer=leaf.pointer, negated=leaf.negated)
    assert any(
        seen.result == "unknown" or (seen.result == "true") is seen.negated for seen in told.conditions
    )


def plain_loop(rules, values, among, memo):
    """The first rule that applies, or fails, asking every rule."""
    for position, rule in enumerate(rules):
        if not among >> position & 1:
            continue
        evaluation, intents = rule.run(values, memo)
        if not rule.watched and (evaluation.result or evaluation.error):
            return position, intents, evaluation.error or ""
    return -1, (), ""


@settings(max_examples=examples(600))
@given(st.data())
def test_the_decision_is_that_of_asking_every_rule(drawn, data):
    compiled = rules_of(drawn, data)
    actions = compile_actions([{"name": "assign_case_creator"}], drawn.catalogue, "allocation")
    watched = data.draw(st.lists(st.booleans(), min_size=len(compiled), max_size=len(compiled)))
    rules = [
        RankedRule(id=str(n), conditions=c, actions=actions, watched=w)
        for n, (c, w) in enumerate(zip(compiled, watched, strict=True))
    ]
    if data.draw(st.booleans()):
        rules.insert(data.draw(st.integers(0, len(rules))), RankedRule(id="bad", problem="gone"))
    names = st.sets(st.sampled_from(drawn.names), max_size=2)
    failing, facts = data.draw(names), data.draw(drawn.facts)
    among = data.draw(st.integers(0, (1 << len(rules)) - 1))
    values, memo = Counting(facts, failing), {}
    match = RankedRules.of(rules, unread=data.draw(names)).first(values, among=among, memo=memo)
    assert (match.last, match.intents, match.error) == plain_loop(rules, Counting(facts, failing), among, {})
    considered, more = match.considered(lambda p: "" if among >> p & 1 else "off")
    assert more == 0
    assert [c.rule for c in considered] == [r.id for r in rules[: match.last + 1 or len(rules)]]
    for position, each in enumerate(considered):
        plain = rules[position].run(Counting(facts, failing), {})[0]
        assert each.applied is (bool(among >> position & 1) and plain.result)
        if not among >> position & 1:
            assert (each.because, each.conditions) == ("off", ())
        elif "skipped" not in each.because:
            assert each.conditions == plain.seen
        else:
            assert_excluded_by_one_variable(each, rules[position], facts)
    assert len(values.reads) == len(set(values.reads)), "also for the record, each variable is read once"


# --- what it says -----------------------------------------------------------------------------

CATALOGUE = Catalogue.of(
    [
        Variable(name="scheme", label="scheme", type="choice"),
        Variable(name="worth", label="estimated value", type="number"),
        Variable(
            name="joint", label="joint", type="yes_no", true_phrase="two apply", false_phrase="one applies"
        ),
        Variable(name="health", label="health note", type="choice", personal=True),
        Variable(name="flags", label="flags", type="choices"),
        Variable(name="moon", label="moon", type="choice"),
    ]
)


def index_of(*raw, unread=()):
    return RuleIndex.of([compile_conditions(each, CATALOGUE) for each in raw], unread=unread)


@pytest.mark.parametrize(
    ("raw", "values", "why"),
    [
        (leaf("scheme", "is", "rtb"), {"scheme": "rta"}, "the scheme is “rta”"),
        (leaf("scheme", "is", "rtb"), {}, "the scheme is not known"),
        (leaf("worth", "greater_than", 150_000), {"worth": 90_000}, "the estimated value is 90,000"),
        (leaf("worth", "between", [1, 2]), {"worth": 2.5}, "the estimated value is 2.5"),
        (leaf("joint", "is_true"), {"joint": False}, "one applies"),
        (leaf("health", "is", "good"), {"health": "bad"}, "the health note is another"),
        ({"not": leaf("scheme", "is_known")}, {"scheme": "rta"}, "the scheme is “rta”"),
        (
            {
                "any": [
                    leaf("scheme", "is", "a"),
                    {"all": [leaf("scheme", "is", "b"), leaf("joint", "is_true")]},
                ]
            },
            {"scheme": "c"},
            "the scheme is “c”",
        ),
    ],
)
def test_it_says_by_which_variable(raw, values, why):
    found = index_of(raw, None).candidates(values)
    assert list(found) == [1]
    assert found.because(0) == why
    assert found.because(1) == ""


@pytest.mark.parametrize(
    "raw",
    [
        {"any": [leaf("scheme", "is", "a"), leaf("joint", "is_true")]},
        leaf("flags", "contains", "a"),
        {"all": [leaf("moon", "is", "full"), leaf("scheme", "is", "a")]},
        {"any": [leaf("moon", "is", "full"), leaf("scheme", "is", "a")]},
    ],
)
def test_what_no_variable_alone_excludes_is_left_to_the_engine(raw):
    assert list(index_of(raw, unread=["moon"]).candidates({"scheme": "b", "joint": False})) == [0]


def test_a_condition_before_one_that_is_not_read_ahead_does_exclude():
    raw = {"all": [leaf("scheme", "is", "a"), leaf("moon", "is", "full")]}
    values = Counting({"scheme": "b"}, failing=["moon"])
    assert list(index_of(raw, unread=["moon"]).candidates(values)) == []
    assert values.reads == ["scheme"]


def test_a_variable_that_fails_leaves_its_rules_in():
    index = index_of(leaf("scheme", "is", "a"), leaf("worth", "greater_than", 1))
    assert list(index.candidates(Counting({"worth": 0}, failing=["scheme"]))) == [0]


@pytest.mark.parametrize("first", [leaf("scheme", "is", "a"), leaf("flags", "contains", "x")])
def test_what_fails_before_another_variable_excludes_is_asked_all_the_same(first):
    index = index_of({"all": [first, leaf("worth", "greater_than", 1)]}, leaf("worth", "greater_than", 1))
    assert list(index.candidates(Counting({"worth": 0}, failing=[first["name"]]))) == [0]


def test_every_threshold_has_its_rules():
    index = index_of(*(leaf("worth", "greater_than", n) for n in range(500)))
    for worth, count in ((-1, 0), (0, 0), (0.5, 1), (250, 250), (250.5, 251), (499, 499), (600, 500)):
        assert len(list(index.candidates({"worth": worth}))) == count


# --- the record of a large set ----------------------------------------------------------------


def ranked(count):
    actions = compile_actions(
        [{"name": "assign_user", "params": {"user": "beth"}}],
        CATALOGUE.with_actions([*_actions()]),
        "allocation",
    )
    rules = [
        RankedRule(
            id=f"rule-{n}",
            conditions=compile_conditions({"all": [leaf("scheme", "is", f"s{n}")]}, CATALOGUE),
            actions=actions,
        )
        for n in range(count)
    ]
    return RankedRules.of(rules)


def _actions():
    from homebuy_plugin.engine import BUILT_IN_ACTIONS

    return BUILT_IN_ACTIONS


def test_the_record_of_a_small_set_names_every_rule_and_the_condition_that_excludes_it():
    considered, more = ranked(20).first({"scheme": "s10"}).considered()
    assert (len(considered), more) == (11, 0)
    assert considered[3].because == "skipped: the scheme is “s10”"
    assert (considered[3].conditions[0].expected, considered[3].conditions[0].actual) == ("s3", "s10")


def test_the_record_of_a_large_set_stays_small_and_says_how_many_are_left_out():
    considered, more = ranked(1_000).first({"scheme": "s900"}).considered()
    assert (len(considered), more) == (LISTED + 1, 900 - LISTED)
    assert considered[-1].applied
    assert considered[-1].conditions
    assert considered[0].because == "skipped: the scheme is “s900”"
    assert [seen.actual for seen in considered[0].conditions] == ["s900"]


def test_nobody_applies():
    match = ranked(3).first({"scheme": "other"})
    assert (match.rule, match.last, match.intents) == (None, -1, ())
    assert [c.because for c in match.considered()[0]] == ["skipped: the scheme is “other”"] * 3
