"""Is this one condition, and is its value one that its test can compare with?"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from homebuy_plugin.engine import limits, patterns
from homebuy_plugin.engine.casting import (
    CASTS,
    WrongType,
    iso_date,
    iso_instant,
    iso_length,
    to_choices,
    to_number,
    to_text,
)
from homebuy_plugin.engine.catalogue import Catalogue, Variable
from homebuy_plugin.engine.diagnostics import Diagnostic, below, closest, listed, nearest, quoted, shown
from homebuy_plugin.engine.operators import OPERATORS, TYPE_WORDS, Operator, instead

KEYS = ("name", "operator", "value")

Problems = list[Diagnostic]


def _problem(code: str, pointer: str, message: str, help_: str = "") -> Problems:
    return [Diagnostic(code=code, pointer=pointer, message=message, help=help_)]


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
            found += _problem(
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
        found += _problem(
            "HB104",
            pointer,
            f"The condition has no {quoted(key)}.",
            'Write {"name": …, "operator": …, "value": …}.',
        )
        return None
    value = node[key]
    if isinstance(value, str):
        return value
    found += _problem("HB104", below(pointer, key), f"{quoted(key)} is a text, not {shown(value)}.")
    return None


def _variable(
    node: Mapping[object, object], catalogue: Catalogue, pointer: str, found: Problems
) -> Variable | None:
    name = _text_at(node, "name", pointer, found)
    if name is None:
        return None
    if name not in catalogue.variables:
        known = listed(sorted(catalogue.variables), 12)
        found += _problem(
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
    found += _problem(
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
        return _problem(
            "HB114",
            below(pointer, "value"),
            f"The test “{operator.name}” compares with nothing.",
            "Leave “value” out.",
        )
    if "value" not in node:
        return _problem("HB113", pointer, f"The test “{operator.name}” needs a “value”.")
    value, place = node["value"], below(pointer, "value")
    if value is None:
        return _problem(
            "HB113",
            place,
            f"The test “{operator.name}” needs a value, not null.",
            "To ask whether a value is there, use “is_known” or “is_missing”.",
        )
    return _SHAPES[operator.operand](value, variable, operator, place)


def _check_one(value: object, variable: Variable, operator: Operator, place: str) -> Problems:
    many = "is_one_of" if "is_one_of" in OPERATORS[variable.type] else "contains_all"
    if isinstance(value, list | tuple):
        return _problem(
            "HB112",
            place,
            f"The test “{operator.name}” compares with one value, not with a list.",
            f"For several values use “{many}”.",
        )
    return check_constant(value, variable, place)


def _check_many(value: object, variable: Variable, operator: Operator, place: str) -> Problems:
    if not isinstance(value, list | tuple):
        return _problem(
            "HB112",
            place,
            f"The test “{operator.name}” needs a list, not {shown(value)}.",
            "Put it in square brackets: [ … ].",
        )
    if not value:
        return _problem("HB112", place, "The list is empty, so the test would not say anything.")
    if len(value) > limits.ITEMS:
        return _problem("HB107", place, f"The list has more than {limits.ITEMS} values.")
    return [
        each for at, item in enumerate(value) for each in check_constant(item, variable, below(place, at))
    ]


def _check_range(value: object, variable: Variable, operator: Operator, place: str) -> Problems:
    if not isinstance(value, list | tuple) or len(value) != 2:
        return _problem(
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
        return _problem("HB116", place, "The first value is greater than the second.", "Turn them round.")
    return []


def _check_pattern(value: object, variable: Variable, operator: Operator, place: str) -> Problems:
    found = check_constant(value, variable, place)
    if found or not isinstance(value, str):
        return found
    try:
        patterns.compiled(value)
    except patterns.BadPattern as error:
        return _problem(
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


def check_constant(value: object, variable: Variable, place: str) -> Problems:
    """Every problem of one value that a variable is compared with."""
    if isinstance(value, str) and len(value) > limits.TEXT:
        return _problem("HB107", place, f"The text is longer than {limits.TEXT} characters.")
    return _CONSTANTS[variable.type](value, variable, place)


def _wrong(value: object, variable: Variable, place: str, help_: str = "") -> Problems:
    return _problem(
        "HB112", place, f"“{variable.name}” needs {TYPE_WORDS[variable.type]}, not {shown(value)}.", help_
    )


def _text_constant(value: object, variable: Variable, place: str) -> Problems:
    if not isinstance(value, str):
        help_ = "" if isinstance(value, Mapping | list) else "Write it in quotation marks."
        return _wrong(value, variable, place, help_)
    if not value:
        return _problem(
            "HB112",
            place,
            "The text is empty.",
            "To ask whether a text is there, use “non_empty” or “is_missing”.",
        )
    return []


def _number_constant(value: object, variable: Variable, place: str) -> Problems:
    try:
        to_number(value)
    except WrongType as error:
        if isinstance(value, str):
            return _wrong(value, variable, place, _unquoted_number(value))
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            return _wrong(value, variable, place)
        return _problem("HB112", place, f"“{variable.name}” {error}.")
    return []


def _unquoted_number(text: str) -> str:
    bare = text.strip().replace(",", "").lstrip("£")
    whole, _, part = bare.removeprefix("-").partition(".")
    if whole.isascii() and whole.isdigit() and (not part or (part.isascii() and part.isdigit())):
        return f"Write it without quotation marks: {bare}"
    return "Write digits without quotation marks."


def _yes_no_constant(value: object, variable: Variable, place: str) -> Problems:
    if isinstance(value, bool):
        return []
    words = {"true": "true", "yes": "true", "false": "false", "no": "false"}
    meant = words.get(value.strip().lower()) if isinstance(value, str) else None
    return _wrong(
        value,
        variable,
        place,
        f"Write it without quotation marks: {meant}" if meant else "Write true or false.",
    )


def _choice_constant(value: object, variable: Variable, place: str) -> Problems:
    problems = _text_constant(value, variable, place)
    if problems or not isinstance(value, str):
        return problems
    if not variable.options or to_text(value) in variable.options:
        return []
    return _problem(
        "HB115",
        place,
        f"“{variable.name}” is never {quoted(value)}.",
        f"{nearest(value, variable.options)} Options: {listed(variable.options)}".strip(),
    )


def _date_constant(value: object, variable: Variable, place: str) -> Problems:
    if iso_date(value) is not None:
        return []
    return _wrong(value, variable, place, _iso_help(value))


def _iso_help(value: object) -> str:
    """For 1/4/2026, as people here write dates: the same as JSON wants it."""
    day, month, year = ("", "", "")
    if isinstance(value, str):
        parts = value.strip().replace("-", "/").replace(".", "/").split("/")
        day, month, year = parts if len(parts) == 3 else ("", "", "")
    turned = f"{year}-{month.zfill(2)}-{day.zfill(2)}"
    return f'Write it as "{turned if iso_date(turned) else "2026-04-01"}" (year-month-day).'


def _instant_constant(value: object, variable: Variable, place: str) -> Problems:
    if iso_instant(value) is not None:
        return []
    day = value if iso_date(value) is not None else "2026-04-01"
    return _wrong(value, variable, place, f'Write it as "{day}T09:00:00+01:00", with its offset from UTC.')


def _length_constant(value: object, variable: Variable, place: str) -> Problems:
    if iso_length(value) is not None:
        return []
    return _wrong(value, variable, place, _length_help(value))


def _length_help(value: object) -> str:
    """For “48 hours”, as people say it: the same as JSON wants it."""
    if isinstance(value, Mapping):
        value = f"{value.get('value')} {value.get('unit')}"
    count, _, unit = value.strip().lower().partition(" ") if isinstance(value, str) else ("", "", "")
    form = {"day": "P{}D", "week": "P{}W", "hour": "PT{}H", "minute": "PT{}M"}.get(unit.rstrip("s"))
    if form and count.isascii() and count.isdigit() and len(count) <= 6:
        return f'Write it as "{form.format(count)}".'
    months = isinstance(value, str) and unit.rstrip("s") in ("month", "year")
    return (
        "Months and years differ in length: count days, or compare dates."
        if months
        else 'Write it as "P3D" (3 days), "PT48H" (48 hours) or "PT90M" (90 minutes).'
    )


_CONSTANTS: Mapping[str, Callable[[object, Variable, str], Problems]] = {
    "text": _text_constant,
    "number": _number_constant,
    "yes_no": _yes_no_constant,
    "choice": _choice_constant,
    "choices": _choice_constant,
    "date": _date_constant,
    "date_time": _instant_constant,
    "duration": _length_constant,
}


def constant(value: object, variable: Variable) -> Any:
    """A checked value, typed: what the test of this variable compares with."""
    if variable.type == "choices":
        return to_choices([value])[0]
    return CASTS[variable.type](value)


def typed_operand(value: object, variable: Variable, operator: Operator) -> Any:
    """The checked ``value`` of a condition, typed; lists as tuples, patterns compiled."""
    if operator.operand == "none":
        return None
    if operator.operand == "pattern":
        return patterns.compiled(str(value))
    if isinstance(value, list | tuple):
        return tuple(constant(each, variable) for each in value)
    return constant(value, variable)
