"""The analysis agrees with z3, an SMT solver, on thousands of random nested rule sets.

z3 is told the conditions as they were written, with its own idea of numbers, lists and missing
values; nothing of the cells is used. It needs the extra ``proof`` (z3-solver, 39 MB).
"""

import random
from datetime import UTC, date, datetime

import pytest

from homebuy_plugin.engine import OPERATORS, Catalogue, Variable, check_conditions, compile_conditions
from homebuy_plugin.engine.analysis import Ruling, analyse_ranked

z3 = pytest.importorskip("z3", reason="the oracle of the analysis needs the extra proof: z3-solver")

pytestmark = pytest.mark.slow

CATALOGUE = Catalogue.of(
    [
        Variable(name="patch", label="patch", type="text"),
        Variable(name="worth", label="worth", type="number"),
        Variable(name="rooms", label="rooms", type="number", whole=True, least=1, never_missing=True),
        Variable(name="joint", label="joint", type="yes_no"),
        Variable(name="tenure", label="tenure", type="choice", options=("f", "l", "s")),
        Variable(name="flags", label="flags", type="choices"),
        Variable(name="kinds", label="kinds", type="choices", options=("a", "b"), never_missing=True),
        Variable(name="served", label="served", type="date"),
        Variable(name="seen", label="seen", type="date_time", never_missing=True),
        Variable(name="late", label="late", type="duration"),
    ]
)
CONSTANTS = {
    "patch": ["N1", "N2", "S1"],
    "worth": [0, 1, 1.5, 2],
    "rooms": [0, 1, 2, 2.5, 4],
    "joint": [True, False],
    "tenure": ["f", "l", "s"],
    "flags": ["a", "b", "c"],
    "kinds": ["a", "b"],
    "served": [f"2026-04-0{day}" for day in (1, 2, 4)],
    "seen": [f"2026-04-01T0{hour}:00:00Z" for hour in (7, 8, 9)],
    "late": ["PT1H", "PT2H", "PT90M"],
}
LETTERS = {
    "equal_to_case_insensitive",
    "starts_with",
    "ends_with",
    "contains",
    "does_not_contain",
    "non_empty",
}
"""Tests of letters, which the analysis does not claim to decide."""


def drawn_leaf(draw):
    name = draw.choice(list(CONSTANTS))
    variable = CATALOGUE.variables[name]
    known = [o for o in OPERATORS[variable.type].values() if o.operand != "pattern"]
    operator = draw.choice([o for o in known if name != "patch" or o.name not in LETTERS])
    raw = {"name": name, "operator": operator.name}
    if operator.operand == "one":
        raw["value"] = draw.choice(CONSTANTS[name])
    elif operator.operand == "many":
        raw["value"] = draw.choices(CONSTANTS[name], k=draw.randint(1, 3))
    elif operator.operand == "range":
        raw["value"] = sorted(draw.choices(CONSTANTS[name], k=2), key=lambda v: number(name, v))
    return raw


def drawn_conditions(draw, depth=3):
    shape = draw.random()
    if depth == 0 or shape < 0.35:
        return drawn_leaf(draw)
    if shape < 0.5:
        return {"not": drawn_conditions(draw, depth - 1)}
    members = [drawn_conditions(draw, depth - 1) for _ in range(draw.randint(1, 3))]
    return {draw.choice(["all", "any"]): members}


def number(name, value):
    """A constant as a number, by means of our own."""
    if name == "served":
        return date.fromisoformat(value).toordinal()
    if name == "seen":
        return int(datetime.fromisoformat(value).timestamp())
    if name == "late":
        return {"PT1H": 60, "PT2H": 120, "PT90M": 90}[value]
    if name in ("patch", "tenure"):
        return CONSTANTS[name].index(value)
    return value


class World:
    """The facts of a case as z3 variables."""

    def __init__(self):
        whole = ("patch", "rooms", "tenure", "served")
        self.value = {
            name: (z3.Int if name in whole else z3.Real)(name)
            for name in CONSTANTS
            if name not in ("joint", "flags", "kinds")
        }
        self.value["joint"] = z3.Bool("joint")
        codes = {"flags": ("a", "b", "c", ""), "kinds": ("a", "b")}
        self.has = {(name, code): z3.Bool(f"{name}_{code}") for name in codes for code in codes[name]}
        self.known = {name: z3.Bool(f"known_{name}") for name in CONSTANTS}
        self.laws = [
            self.value["rooms"] >= 1,
            self.value["tenure"] >= 0,
            self.value["tenure"] <= 2,
            *(self.known[name] for name in ("rooms", "kinds", "seen")),
        ]

    def holds(self, raw, negated=False):
        if "not" in raw:
            return self.holds(raw["not"], not negated)
        for group in ("all", "any"):
            if group in raw:
                members = [self.holds(each, negated) for each in raw[group]]
                return z3.And(members) if (group == "all") is not negated else z3.Or(members)
        known, operator = self.known[raw["name"]], raw["operator"]
        if operator in ("is_known", "is_missing"):
            return known if (operator == "is_known") is not negated else z3.Not(known)
        so = self.leaf(raw["name"], operator, raw.get("value"))
        return z3.And(known, z3.Not(so) if negated else so)

    def leaf(self, name, operator, value):
        if name in ("flags", "kinds"):
            return self.list(name, operator, value)
        x = self.value[name]
        if name == "joint":
            wanted = {"is_true": True, "is_false": False}.get(operator, value)
            return x == wanted if operator in ("is_true", "is_false", "equal_to", "is") else x != wanted
        if isinstance(value, list):
            values = [number(name, each) for each in value]
            if operator == "between":
                return z3.And(x >= values[0], x <= values[1])
            among = z3.Or([x == each for each in values])
            return among if operator == "is_one_of" else z3.Not(among)
        c = number(name, value)
        for names, so in (
            (("equal_to", "is"), lambda: x == c),
            (("not_equal_to", "is_not"), lambda: x != c),
            (("greater_than", "after", "longer_than"), lambda: x > c),
            (("greater_than_or_equal_to", "on_or_after", "at_least"), lambda: x >= c),
            (("less_than", "before", "shorter_than"), lambda: x < c),
            (("less_than_or_equal_to", "on_or_before", "at_most"), lambda: x <= c),
        ):
            if operator in names:
                return so()
        raise AssertionError(operator)

    def list(self, name, operator, value):
        has = {code: b for (n, code), b in self.has.items() if n == name}
        wanted = [value] if isinstance(value, str) else value or []
        inside = [has[code] for code in set(wanted)]
        return {
            "contains": lambda: inside[0],
            "does_not_contain": lambda: z3.Not(inside[0]),
            "contains_all": lambda: z3.And(inside),
            "is_contained_by": lambda: z3.Not(z3.Or([b for code, b in has.items() if code not in wanted])),
            "shares_at_least_one_element_with": lambda: z3.Or(inside),
            "shares_no_elements_with": lambda: z3.Not(z3.Or(inside)),
            "shares_exactly_one_element_with": lambda: z3.PbEq([(b, 1) for b in inside], 1),
            "non_empty": lambda: z3.Or(list(has.values())),
        }[operator]()


def satisfiable(*formulas):
    solver = z3.Solver()
    solver.add(*formulas)
    answer = solver.check()
    assert answer != z3.unknown
    return answer == z3.sat


def by_z3(raw):
    """Rules that never hold, rules that never come to a turn, and whether a case is left over."""
    world = World()
    holds = [world.holds(each) for each in raw]
    never = {n for n, each in enumerate(holds) if not satisfiable(*world.laws, each)}
    unasked = {
        n
        for n, each in enumerate(holds)
        if n not in never and not satisfiable(*world.laws, each, *(z3.Not(other) for other in holds[:n]))
    }
    return never, unasked, satisfiable(*world.laws, *(z3.Not(each) for each in holds))


def by_cells(raw):
    rules = [
        Ruling(title=str(n), conditions=compile_conditions(each, CATALOGUE), outcome=str(n))
        for n, each in enumerate(raw)
    ]
    report = analyse_ranked(rules)
    assert report.exact
    found = {kind: {each.rule for each in report.of(kind)} for kind in ("contradiction", "shadowed")}
    return found["contradiction"], found["shadowed"], bool(report.of("gap"))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(10))
def test_random_nested_sets(seed):
    draw = random.Random(seed)
    told = [0, 0, 0]
    for _ in range(250):
        raw = [drawn_conditions(draw) for _ in range(draw.randint(1, 5))]
        raw = [each for each in raw if not check_conditions(each, CATALOGUE)]
        if not raw:
            continue
        answer = by_z3(raw)
        assert by_cells(raw) == answer, raw
        told = [count + bool(each) for count, each in zip(told, answer, strict=True)]
    assert min(told) > 5, "the sets are such that each kind of finding comes up"


@pytest.mark.timeout(600)
def test_a_large_set():
    draw = random.Random(1_000)

    def rule():
        return {
            "all": [
                {"name": "patch", "operator": "is", "value": draw.choice(CONSTANTS["patch"])},
                {"name": "tenure", "operator": "is_one_of", "value": draw.sample("fls", 2)},
                {
                    "name": "worth",
                    "operator": draw.choice(["greater_than", "less_than"]),
                    "value": draw.randrange(500),
                },
                draw.choice(
                    [
                        {"name": "joint", "operator": "is_true"},
                        {"name": "rooms", "operator": "greater_than", "value": draw.randrange(5)},
                    ]
                ),
            ]
        }

    raw = [rule() for _ in range(300)]
    assert by_cells(raw) == by_z3(raw)
    assert by_cells(raw)[1], "and many of them never come to a turn"


def test_z3_has_an_idea_of_instants_of_its_own():
    assert number("seen", "2026-04-01T08:00:00Z") == int(datetime(2026, 4, 1, 8, tzinfo=UTC).timestamp())
