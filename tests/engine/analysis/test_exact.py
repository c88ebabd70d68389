"""What the analysis says is true and complete: checked against every case there can be.

The oracle is the engine itself: it decides each case of a grid that has at least one value in
every cell. Texts with tests of letters are left out; of those the analysis only says "possible".
"""

import copy
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homebuy_plugin.engine import compile_conditions, evaluate
from homebuy_plugin.engine.analysis import Ruling, analyse_each, analyse_ranked
from homebuy_plugin.engine.analysis.gaps import _widened
from homebuy_plugin.engine.analysis.ruleset import RuleSet
from homebuy_plugin.engine.analysis.sweep import Budget
from homebuy_plugin.testing.effort import examples

LISTS = [list(each) for size in range(5) for each in combinations("abcd", size)]
POOL = {
    "value": [-1, 0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, None],
    "rooms": [0, 1, 2, 3, None],
    "joint": [True, False, None],
    "tenure": ["f", "l", "s", None],
    "flags": [*LISTS, None],
    "served": [date(2026, 3, day) for day in (30, 31)] + [date(2026, 4, day) for day in (1, 2, 3)] + [None],
    "seen": [datetime(2026, 4, 1, h, m, tzinfo=UTC) for h in (7, 8, 9, 10) for m in (0, 30)] + [None],
    "late": [timedelta(minutes=30 * n) for n in range(45, 52)] + [None],
}
TRIPLES = [each for each in combinations(POOL, 3) if "flags" not in each or "seen" not in each]


def grid(names):
    return [dict(zip(names, values, strict=True)) for values in product(*(POOL[name] for name in names))]


@st.composite
def rule_sets(draw, drawn, most=5, max_leaves=6):
    names = draw(st.sampled_from(TRIPLES))
    raw = draw(st.lists(drawn.conditions(*names, max_leaves=max_leaves), min_size=1, max_size=most))
    outcomes = [draw(st.sampled_from("xyz")) for _ in raw]
    return names, raw, outcomes


def rulings(drawn, raw, outcomes):
    return [
        Ruling(title=f"R{n}", conditions=compile_conditions(each, drawn.catalogue), outcome=outcome)
        for n, (each, outcome) in enumerate(zip(raw, outcomes, strict=True))
    ]


def matches(rules, cases):
    """For each case the rules that hold, in order."""
    return [[n for n, rule in enumerate(rules) if evaluate(rule.conditions, case).result] for case in cases]


def decided(holding):
    return [each[0] if each else None for each in holding]


SLOW_DATA = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@settings(max_examples=examples(150), suppress_health_check=SLOW_DATA, deadline=None)
@given(st.data())
def test_ranked_rules(drawn, data):
    names, raw, outcomes = data.draw(rule_sets(drawn))
    rules = rulings(drawn, raw, outcomes)
    report = analyse_ranked(rules)
    assert report.exact
    cases = grid(names)
    holding = matches(rules, cases)
    first = decided(holding)

    never = {n for n in range(len(rules)) if not any(n in each for each in holding)}
    assert {each.rule for each in report.of("contradiction")} == never
    assert report.of("excluded") == ()

    unasked = set(range(len(rules))) - never - set(first)
    assert {each.rule for each in report.of("shadowed")} == unasked
    for each in report.of("shadowed"):
        taken = {winner for winner, found in zip(first, holding, strict=True) if each.rule in found}
        assert set(each.others) == taken

    assert bool(report.of("gap")) is (None in first)
    for each in report.of("gap"):
        if each.facts:
            assert not any(evaluate(rule.conditions, each.facts).result for rule in rules)

    superfluous = set()
    for n in set(first) - {None}:
        without = decided([[m for m in each if m != n] for each in holding])
        same = [
            o is None if f is None else o is not None and outcomes[f] == outcomes[o]
            for f, o in zip(first, without, strict=True)
        ]
        if all(same):
            superfluous.add(n)
    assert {each.rule for each in report.of("redundant")} == superfluous

    for each in report.of("overlap"):
        for other in each.others:
            assert any({each.rule, other} <= set(found) for found in holding)
            assert outcomes[each.rule] != outcomes[other]
            assert each.rule < other


def cut_down(raw, pointer):
    """The conditions with one value, or one member of a group, alone."""
    raw, keys = {"conditions": copy.deepcopy(raw)}, pointer.split("/")[1:]
    node = raw
    for key in keys[:-2]:
        node = node[int(key)] if isinstance(node, list) else node[key]
    node[keys[-2]] = [node[keys[-2]][int(keys[-1])]]
    return raw["conditions"]


@settings(max_examples=examples(150), suppress_health_check=SLOW_DATA, deadline=None)
@given(st.data())
def test_a_dead_part_never_counts_and_every_other_does(drawn, data):
    names, raw, outcomes = data.draw(rule_sets(drawn, most=3))
    rules = rulings(drawn, raw, outcomes)
    cases = grid(names)
    for report, ranked in ((analyse_ranked(rules), True), (analyse_each(rules), False)):
        found = {(each.rule, each.pointer) for each in report.of("dead_part")}
        told = {each.rule for kind in ("shadowed", "contradiction") for each in report.of(kind)}
        for n, each in enumerate(raw):
            if n in told:
                continue
            for pointer in parts(each):
                if any(m == n and innermost(each, pointer).startswith(f"{other}/") for m, other in found):
                    continue  # inside a part that is dead as a whole
                alone = compile_conditions(cut_down(each, pointer), drawn.catalogue)
                counts = any(
                    evaluate(alone, case).result
                    and not (ranked and any(evaluate(r.conditions, case).result for r in rules[:n]))
                    for case in cases
                )
                assert ((n, innermost(each, pointer)) in found) is not counts, pointer


def parts(raw):
    """Pointers of the parts that the analysis speaks of: listed values, members of alternatives."""
    todo = [(raw, "/conditions", False)]
    while todo:
        node, pointer, negated = todo.pop()
        group = next((key for key in ("all", "any") if key in node), None)
        if "not" in node:
            todo.append((node["not"], f"{pointer}/not", not negated))
        elif group:
            for at, each in enumerate(node[group]):
                if (group == "any") is not negated and len(node[group]) > 1:
                    yield f"{pointer}/{group}/{at}"
                todo.append((each, f"{pointer}/{group}/{at}", negated))
        elif (
            node["operator"] == ("is_not_one_of" if negated else "is_one_of")
            and len(set(map(str, node["value"]))) > 1
        ):
            yield from (f"{pointer}/value/{at}" for at in range(len(node["value"])))


def innermost(raw, pointer):
    """The pointer, past every ``not`` and every group of one."""
    node = {"conditions": raw}
    for key in pointer.split("/")[1:]:
        node = node[int(key)] if isinstance(node, list) else node[key]
    while isinstance(node, dict):
        group = next((key for key in ("all", "any") if len(node.get(key, ())) == 1), None)
        if "not" in node:
            node, pointer = node["not"], f"{pointer}/not"
        elif group:
            node, pointer = node[group][0], f"{pointer}/{group}/0"
        else:
            break
    return pointer


@settings(max_examples=examples(100), suppress_health_check=SLOW_DATA, deadline=None)
@given(st.data())
def test_the_regions_without_a_rule_are_all_of_them(drawn, data):
    names, raw, outcomes = data.draw(rule_sets(drawn, most=3, max_leaves=4))
    names = [name for name in names if name != "flags"]
    if not names or any("flags" in str(each) for each in raw):
        return
    rules = rulings(drawn, raw, outcomes)
    known = RuleSet(rules, None, (), Budget())
    (sweep,) = known.sweeps
    regions = [_widened(known, dict(region), {}) for region in sweep.gaps()]
    dimensions = known.space.dimensions
    for case, found in zip(cases := grid(names), matches(rules, cases), strict=True):
        inside = [
            all(cells >> cell_of(dimensions[n].axis, case) & 1 for n, cells in region.items())
            for region in regions
        ]
        assert any(inside) is (not found)


def cell_of(axis, case):
    value = case.get(axis.variable.name)
    from homebuy_plugin.engine.casting import CASTS

    return axis.cell(None if value is None else CASTS[axis.variable.type](value))


@settings(max_examples=examples(100), suppress_health_check=SLOW_DATA, deadline=None)
@given(st.data())
def test_what_limits_a_rule_counts_as_its_own(drawn, data):
    names, raw, outcomes = data.draw(rule_sets(drawn, most=4, max_leaves=4))
    scene = compile_conditions(data.draw(drawn.conditions(*names, max_leaves=2)), drawn.catalogue)
    limits = [data.draw(drawn.conditions(*names, max_leaves=2)) for _ in raw]
    rules = [
        Ruling(
            title=r.title,
            conditions=r.conditions,
            limits=(compile_conditions(limit, drawn.catalogue),),
            outcome=r.outcome,
        )
        for r, limit in zip(rulings(drawn, raw, outcomes), limits, strict=True)
    ]
    report = analyse_ranked(rules, scene=scene)
    cases = [case for case in grid(names) if evaluate(scene, case).result]
    own = matches(rules, grid(names))
    holding = [
        [n for n in found if evaluate(rules[n].limits[0], case).result]
        for case, found in zip(cases, matches(rules, cases), strict=True)
    ]
    alone = {n for n in range(len(rules)) if not any(n in each for each in own)}
    never = {n for n in range(len(rules)) if not any(n in each for each in holding)}
    assert {each.rule for each in report.of("contradiction")} == alone
    assert {each.rule for each in report.of("excluded")} == never - alone
    assert {each.rule for each in report.of("shadowed")} == set(range(len(rules))) - never - set(
        decided(holding)
    )
    if cases:
        assert bool(report.of("gap")) is any(not each for each in holding)
    counts = Counter(each.kind for each in report.findings)
    assert set(counts) <= {
        "contradiction",
        "excluded",
        "shadowed",
        "gap",
        "dead_part",
        "redundant",
        "overlap",
    }


@pytest.mark.parametrize("names", [("rooms", "joint"), ("flags",)])
def test_the_grid_has_a_value_in_every_cell(drawn, names):
    assert len(grid(names)) == len(list(product(*(POOL[name] for name in names))))
