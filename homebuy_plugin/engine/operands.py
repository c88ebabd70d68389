"""Is this one condition, and is its value one that its test can compare with?"""

from collections.abc import Callable, Mapping
from typing import Any

from homebuy_plugin.engine import limits, patterns
from homebuy_plugin.engine.catalogue import Catalogue, Variable
from homebuy_plugin.engine.constants import Problems, check_constant, constant, refused
from homebuy_plugin.engine.diagnostics import below, closest, listed, nearest, quoted, shown
from homebuy_plugin.engine.operators import OPERATORS, TYPE_WORDS, Operator, instead

KEYS = ("name", "operator", "value")


def check_leaf(node: Mapping[object, object], catalogue: Catalogue, pointer: str) -> Problems:
    """Every problem of ``{"name": …, "operator": …, "value": …}``."""
    found = _check_keys(node, pointer)
    variable = _variable(node, catalogue, pointer, found)
    operator = _operator(node, variable, pointer, found)
    if variable and operator:
        found += _check_value(node, variable, operator, pointer)
    return found


def _check_keys(node: Mapping[object, object], pointer: str) -> Problems:
    found: Problems = []
    for key in node:
        if key not in KEYS:
            name = str(key)
            found += refused(
                "HB103",
                below(pointer, name),
                f"A condition has no {quoted(name)}.",
                nearest(name, (*KEYS, "all", "any", "not")) or "It has name, operator and value.",
            )
            if len(found) >= 10:  # enough to see that this is something else
                break
    return found


def _text_at(node: Mapping[object, object], key: str, pointer: str, found: Problems) -> str | None:
    if key not in node:
        found += refused(
            "HB104",
            pointer,
            f"The condition has no {quoted(key)}.",
            'Write {"name": …, "operator": …, "value": …}.',
        )
        return None
    value = node[key]
    if isinstance(value, str):
        return value
    found += refused("HB104", below(pointer, key), f"{quoted(key)} is a text, not {shown(value)}.")
    return None


def _variable(
    node: Mapping[object, object], catalogue: Catalogue, pointer: str, found: Problems
) -> Variable | None:
    name = _text_at(node, "name", pointer, found)
    if name is None:
        return None
    if name not in catalogue.variables:
        known = listed(sorted(catalogue.variables), 12)
        found += refused(
            "HB110",
            below(pointer, "name"),
            f"There is no variable {quoted(name)}.",
            catalogue.suggest_variable(name) or f"Variables: {known}",
        )
        return None
    return catalogue.variables[name]


def _operator(
    node: Mapping[object, object], variable: Variable | None, pointer: str, found: Problems
) -> Operator | None:
    """The test; of an unknown one that which was probably meant, so that its value is checked as well."""
    name = _text_at(node, "operator", pointer, found)
    if name is None or variable is None:
        return None
    known = OPERATORS[variable.type]
    if name in known:
        return known[name]
    other = instead(name, variable.type)
    hint = f"Write “{other}”." if other else nearest(name, known)
    if name == "matches_regex" and variable.type == "text" and not patterns.AVAILABLE:
        hint = "Regular expressions need the extra: pip install 'homebuy_plugin[regex]'."
    found += refused(
        "HB111",
        below(pointer, "operator"),
        f"“{variable.name}” is {TYPE_WORDS[variable.type]} and has no test {quoted(name)}.",
        f"{hint} Tests for it: {listed(known)}".strip(),
    )
    return known.get(other or closest(name, known))


def _check_value(
    node: Mapping[object, object], variable: Variable, operator: Operator, pointer: str
) -> Problems:
    if operator.operand == "none":
        if "value" not in node:
            return []
        return refused(
            "HB114",
            below(pointer, "value"),
            f"The test “{operator.name}” compares with nothing.",
            "Leave “value” out.",
        )
    if "value" not in node:
        return refused("HB113", pointer, f"The test “{operator.name}” needs a “value”.")
    value, place = node["value"], below(pointer, "value")
    if value is None:
        return refused(
            "HB113",
            place,
            f"The test “{operator.name}” needs a value, not null.",
            "To ask whether a value is there, use “is_known” or “is_missing”.",
        )
    return _SHAPES[operator.operand](value, variable, operator, place)


def _check_one(value: object, variable: Variable, operator: Operator, place: str) -> Problems:
    many = "is_one_of" if "is_one_of" in OPERATORS[variable.type] else "contains_all"
    if isinstance(value, list | tuple):
        return refused(
            "HB112",
            place,
            f"The test “{operator.name}” compares with one value, not with a list.",
            f"For several values use “{many}”.",
        )
    return check_constant(value, variable, place)


def _check_many(value: object, variable: Variable, operator: Operator, place: str) -> Problems:
    if not isinstance(value, list | tuple):
        return refused(
            "HB112",
            place,
            f"The test “{operator.name}” needs a list, not {shown(value)}.",
            "Put it in square brackets: [ … ].",
        )
    if not value:
        return refused("HB112", place, "The list is empty, so the test would not say anything.")
    if len(value) > limits.ITEMS:
        return refused("HB107", place, f"The list has more than {limits.ITEMS} values.")
    return [
        each for at, item in enumerate(value) for each in check_constant(item, variable, below(place, at))
    ]


def _check_range(value: object, variable: Variable, operator: Operator, place: str) -> Problems:
    if not isinstance(value, list | tuple) or len(value) != 2:
        return refused(
            "HB112",
            place,
            f"The test “{operator.name}” needs a list of two values: from, to.",
            "Both ends count as between.",
        )
    found = [
        each for at, item in enumerate(value) for each in check_constant(item, variable, below(place, at))
    ]
    if found:
        return found
    low, high = (constant(item, variable) for item in value)
    if low > high:
        return refused("HB116", place, "The first value is greater than the second.", "Turn them round.")
    return []


def _check_pattern(value: object, variable: Variable, operator: Operator, place: str) -> Problems:
    found = check_constant(value, variable, place)
    if found or not isinstance(value, str):
        return found
    try:
        patterns.compiled(value)
    except patterns.BadPattern as error:
        return refused(
            "HB117",
            place,
            f"This regular expression cannot be used: {error}.",
            "It is read by RE2, without look-around and back references.",
        )
    return []


_SHAPES: Mapping[str, Callable[[object, Variable, Operator, str], Problems]] = {
    "one": _check_one,
    "many": _check_many,
    "range": _check_range,
    "pattern": _check_pattern,
}


def typed_operand(value: object, variable: Variable, operator: Operator) -> Any:
    """The checked ``value`` of a condition, typed; lists as tuples, patterns compiled."""
    if operator.operand == "none":
        return None
    if operator.operand == "pattern":
        return patterns.compiled(str(value))
    if isinstance(value, list | tuple):
        return tuple(constant(each, variable) for each in value)
    return constant(value, variable)
