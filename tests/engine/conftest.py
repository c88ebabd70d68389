"""Random conditions and facts, shared by the properties of the engine."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import strategies as st

from homebuy_plugin.engine import OPERATORS, Catalogue, Variable, built_in_catalogue, check_conditions

CATALOGUE = Catalogue.of(
    [
        Variable(name="patch", label="patch", type="text"),
        Variable(name="value", label="value", type="number"),
        Variable(name="rooms", label="rooms", type="number", whole=True, least=0),
        Variable(name="joint", label="joint", type="yes_no"),
        Variable(name="tenure", label="tenure", type="choice", options=("f", "l", "s")),
        Variable(name="flags", label="flags", type="choices"),
        Variable(name="served", label="served", type="date"),
        Variable(name="seen", label="seen", type="date_time"),
        Variable(name="late", label="late", type="duration"),
    ]
).with_actions(built_in_catalogue().actions.values())

VALUES = {
    "text": ["a", "b", "ab", "c", ""],
    "number": [0, 1, 2, 3, 0.5],
    "yes_no": [True, False],
    "choice": ["f", "l", "s"],
    "choices": [[], ["a"], ["a", "b"], ["c"], ["b", "c"]],
    "date": [date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 2)],
    "date_time": [datetime(2026, 4, 1, hour, tzinfo=UTC) for hour in (8, 9, 10)],
    "duration": [timedelta(hours=hours) for hours in (23, 24, 25)],
}
CONSTANTS = {
    "text": ["a", "b", "ab"],
    "number": [0, 1, 2, 0.5],
    "yes_no": [True, False],
    "choice": ["f", "l", "s"],
    "choices": ["a", "b", "c"],
    "date": ["2026-03-31", "2026-04-01", "2026-04-02"],
    "date_time": ["2026-04-01T08:00:00Z", "2026-04-01T09:00:00Z", "2026-04-01T10:00:00Z"],
    "duration": ["PT23H", "P1D", "PT25H"],
}


def leaf_of(draw, variables):
    variable = draw(st.sampled_from(variables))
    operator = draw(st.sampled_from([o for o in OPERATORS[variable.type].values() if o.operand != "pattern"]))
    raw = {"name": variable.name, "operator": operator.name}
    constants = CONSTANTS[variable.type]
    if operator.operand == "one":
        raw["value"] = draw(st.sampled_from(constants))
    elif operator.operand == "many":
        raw["value"] = draw(st.lists(st.sampled_from(constants), min_size=1, max_size=3))
    elif operator.operand == "range":
        first, last = sorted(draw(st.sampled_from(range(len(constants)))) for _ in range(2))
        ordered = sorted(constants, key=str) if variable.type == "number" else constants
        raw["value"] = [ordered[first], ordered[last]]
    return raw


def deeper(inner):
    groups = st.sampled_from(["all", "any"])
    return st.builds(lambda g, m: {g: m}, groups, st.lists(inner, min_size=1, max_size=3)) | st.builds(
        lambda m: {"not": m}, inner
    )


def conditions(*names, max_leaves=8):
    """Nested conditions about these variables (all without names)."""
    variables = [each for name, each in CATALOGUE.variables.items() if not names or name in names]
    leaves = st.composite(leaf_of)(variables)
    return st.recursive(leaves, deeper, max_leaves=max_leaves).filter(
        lambda raw: not check_conditions(raw, CATALOGUE)
    )


FACTS = st.fixed_dictionaries(
    {},
    optional={
        each.name: st.sampled_from(VALUES[each.type]) | st.none() for each in CATALOGUE.variables.values()
    },
)


class Drawn(SimpleNamespace):
    """What the fixture gives; short when a failing test prints it."""

    conditions = staticmethod(conditions)
    facts = FACTS
    catalogue = CATALOGUE
    names = tuple(CATALOGUE.variables)


@pytest.fixture(scope="session")
def drawn():
    """Strategies: ``drawn.conditions(names)``, ``drawn.facts``; and the catalogue they are about."""
    return Drawn()
