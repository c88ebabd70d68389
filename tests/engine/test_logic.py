"""Properties: ``not`` is pushed to the conditions and nothing changes but what must."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from homebuy_plugin.engine import (
    OPERATORS,
    Catalogue,
    Variable,
    check_conditions,
    compile_conditions,
    evaluate,
)
from homebuy_plugin.testing.effort import examples

CATALOGUE = Catalogue.of(
    [
        Variable(name="patch", label="patch", type="text"),
        Variable(name="value", label="value", type="number"),
        Variable(name="joint", label="joint", type="yes_no"),
        Variable(name="tenure", label="tenure", type="choice", options=("f", "l", "s")),
        Variable(name="flags", label="flags", type="choices"),
        Variable(name="served", label="served", type="date"),
        Variable(name="seen", label="seen", type="date_time"),
        Variable(name="late", label="late", type="duration"),
    ]
)

TEXTS = st.sampled_from(["a", "b", "ab", "A"])
NUMBERS = st.sampled_from([0, 1, 2, 0.5, Decimal("0.5"), Decimal("1.0000001")])
DAYS = st.sampled_from([date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 2)])
INSTANTS = st.sampled_from(
    [
        datetime(2026, 4, 1, 8, 0, tzinfo=UTC),
        datetime(2026, 4, 1, 9, 0, tzinfo=timezone(timedelta(hours=1))),
        datetime(2026, 4, 1, 9, 0, tzinfo=UTC),
    ]
)
LENGTHS = {timedelta(hours=24): "P1D", timedelta(hours=25): "PT25H", timedelta(hours=23): "PT23H"}

VALUES = {
    "text": TEXTS | st.just(""),
    "number": NUMBERS,
    "yes_no": st.booleans(),
    "choice": st.sampled_from(["f", "l", "s"]),
    "choices": st.lists(TEXTS, max_size=3),
    "date": DAYS,
    "date_time": INSTANTS,
    "duration": st.sampled_from(list(LENGTHS)),
}
CONSTANTS = {
    **VALUES,
    "text": TEXTS,
    "choices": TEXTS,
    "date": DAYS.map(date.isoformat),
    "date_time": INSTANTS.map(datetime.isoformat),
    "duration": st.sampled_from(list(LENGTHS.values())),
}


@st.composite
def leaves(draw):
    variable = draw(st.sampled_from(list(CATALOGUE.variables.values())))
    operator = draw(st.sampled_from([o for o in OPERATORS[variable.type].values() if o.operand != "pattern"]))
    raw = {"name": variable.name, "operator": operator.name}
    constants = CONSTANTS[variable.type]
    if operator.operand == "one":
        raw["value"] = draw(constants)
    elif operator.operand == "many":
        raw["value"] = draw(st.lists(constants, min_size=1, max_size=3))
    elif operator.operand == "range":
        raw["value"] = sorted(
            draw(st.lists(constants, min_size=2, max_size=2)), key=lambda v: plain(v, variable.type)
        )
    return raw


def deeper(inner):
    groups = st.sampled_from(["all", "any"])
    return st.builds(lambda g, m: {g: m}, groups, st.lists(inner, min_size=1, max_size=3)) | st.builds(
        lambda m: {"not": m}, inner
    )


CONDITIONS = st.recursive(leaves(), deeper, max_leaves=10).filter(
    lambda raw: not check_conditions(raw, CATALOGUE)
)
FACTS = st.fixed_dictionaries(
    {},
    optional={each.name: VALUES[each.type] | st.none() for each in CATALOGUE.variables.values()},
)


def plain(value, type_):
    """The oracle's own idea of a value: written without the engine's casts."""
    if type_ == "number":
        return Decimal(str(value))
    if type_ == "date":
        return value if isinstance(value, date) else date(*map(int, value.split("-")))
    if type_ == "date_time":
        return value if isinstance(value, datetime) else datetime.fromisoformat(value)
    if type_ == "duration":
        return value if isinstance(value, timedelta) else {v: k for k, v in LENGTHS.items()}[value]
    return value


def kleene_leaf(raw, facts):
    """True, False or None for unknown."""
    name, operator = raw["name"], raw["operator"]
    type_ = CATALOGUE.variables[name].type
    actual = facts.get(name)
    if operator in ("is_known", "is_missing"):
        return (actual is None) == (operator == "is_missing")
    if actual is None:
        return None
    want = raw.get("value")
    want = (
        [plain(v, type_) for v in want]
        if isinstance(want, list)
        else plain(want, type_)
        if "value" in raw
        else None
    )
    have = plain(actual, type_)
    return {
        "equal_to": lambda: have == want,
        "is": lambda: have == want,
        "not_equal_to": lambda: have != want,
        "is_not": lambda: have != want,
        "equal_to_case_insensitive": lambda: have.lower() == want.lower(),
        "starts_with": lambda: have[: len(want)] == want,
        "ends_with": lambda: have[len(have) - len(want) :] == want and len(want) <= len(have),
        "contains": lambda: want in have,
        "does_not_contain": lambda: want not in have,
        "non_empty": lambda: len(have) > 0,
        "is_one_of": lambda: any(have == each for each in want),
        "is_not_one_of": lambda: all(have != each for each in want),
        "is_true": lambda: have is True,
        "is_false": lambda: have is False,
        "greater_than": lambda: have > want,
        "greater_than_or_equal_to": lambda: have >= want,
        "less_than": lambda: have < want,
        "less_than_or_equal_to": lambda: have <= want,
        "longer_than": lambda: have > want,
        "at_least": lambda: have >= want,
        "shorter_than": lambda: have < want,
        "at_most": lambda: have <= want,
        "before": lambda: have < want,
        "after": lambda: have > want,
        "on_or_before": lambda: have <= want,
        "on_or_after": lambda: have >= want,
        "between": lambda: want[0] <= have <= want[1],
        "contains_all": lambda: all(each in have for each in want),
        "is_contained_by": lambda: all(each in want for each in have),
        "shares_at_least_one_element_with": lambda: any(each in have for each in want),
        "shares_exactly_one_element_with": lambda: len({each for each in have if each in want}) == 1,
        "shares_no_elements_with": lambda: all(each not in have for each in want),
    }[operator]()


def kleene(raw, facts):
    if "not" in raw:
        inner = kleene(raw["not"], facts)
        return None if inner is None else not inner
    for group, absorbing in (("all", False), ("any", True)):
        if group in raw:
            members = [kleene(each, facts) for each in raw[group]]
            if absorbing in members:
                return absorbing
            return None if None in members else not absorbing
    return kleene_leaf(raw, facts)


@settings(max_examples=examples(500))
@given(CONDITIONS, FACTS)
def test_conditions_hold_exactly_when_they_are_certainly_true(raw, facts):
    found = evaluate(compile_conditions(raw, CATALOGUE), facts)
    assert found.error is None
    assert found.result is (kleene(raw, facts) is True)


@settings(max_examples=examples(200))
@given(CONDITIONS, FACTS)
def test_a_negation_is_the_opposite_unless_something_is_unknown(raw, facts):
    conditions, opposite = (compile_conditions(each, CATALOGUE) for each in (raw, {"not": raw}))
    unknown = kleene(raw, facts) is None
    assert evaluate(conditions, facts).result + evaluate(opposite, facts).result == (0 if unknown else 1)


@settings(max_examples=examples(200))
@given(CONDITIONS, FACTS)
def test_every_condition_seen_is_the_one_at_its_pointer(raw, facts):
    for seen in evaluate(compile_conditions(raw, CATALOGUE), facts).seen:
        node, negations = raw, 0
        for key in seen.pointer.removeprefix("/conditions").split("/")[1:]:
            negations += key == "not"
            node = node[int(key)] if isinstance(node, list) else node[key]
        assert (node["name"], node["operator"]) == (seen.name, seen.operator)
        assert seen.negated is bool(negations % 2)
        wanted = {True: "true", False: "false", None: "unknown"}[kleene_leaf(node, facts)]
        assert seen.result == wanted


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["all", "any", "not", "name", "operator", "value", "x", ""])
            | st.text(max_size=4),
            inner | st.sampled_from(["patch", "value", "flags", "is", "between", "is_one_of", "2026-04-01"]),
            max_size=4,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=examples(500))
@given(JSON, FACTS)
def test_any_json_is_either_refused_with_reasons_or_can_be_evaluated(raw, facts):
    problems = check_conditions(raw, CATALOGUE)
    assert all(each.pointer.startswith("/conditions") and each.message.endswith(".") for each in problems)
    if not problems:
        assert evaluate(compile_conditions(raw, CATALOGUE), facts).error is None
