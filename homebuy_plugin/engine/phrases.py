"""Conditions in plain English.

One table says what each test of each type means, as it is and negated. ``homebuy rules
explain``, decision records and the console all read it from here.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from homebuy_plugin.engine.casting import iso_date, iso_instant, iso_length
from homebuy_plugin.engine.catalogue import Catalogue, Variable
from homebuy_plugin.engine.lowering import Conditions, Leaf
from homebuy_plugin.engine.operators import OPERATORS
from homebuy_plugin.engine.readings import WITHHELD
from homebuy_plugin.types import ConditionSeen

Phrase = tuple[str, str]
"""As it is, and negated; ``{value}`` stands for the value."""

_SAME: Mapping[str, Phrase] = {
    "equal_to": ("is {value}", "is not {value}"),
    "not_equal_to": ("is not {value}", "is {value}"),
    "is_one_of": ("is one of {value}", "is not one of {value}"),
    "is_not_one_of": ("is not one of {value}", "is one of {value}"),
    "is_known": ("is known", "is not known"),
    "is_missing": ("is not known", "is known"),
}

_TEXT: Mapping[str, Phrase] = {
    "equal_to_case_insensitive": (
        "is {value} in capitals or small letters",
        "is not {value} in capitals or small letters",
    ),
    "starts_with": ("starts with {value}", "does not start with {value}"),
    "ends_with": ("ends with {value}", "does not end with {value}"),
    "contains": ("contains {value}", "does not contain {value}"),
    "does_not_contain": ("does not contain {value}", "contains {value}"),
    "non_empty": ("is not empty", "is empty"),
    "matches_regex": ("matches the pattern {value}", "does not match the pattern {value}"),
}

_NUMBER: Mapping[str, Phrase] = {
    "greater_than": ("is more than {value}", "is at most {value}"),
    "greater_than_or_equal_to": ("is at least {value}", "is less than {value}"),
    "less_than": ("is less than {value}", "is at least {value}"),
    "less_than_or_equal_to": ("is at most {value}", "is more than {value}"),
    "between": ("is between {value}", "is not between {value}"),
}

_DATE: Mapping[str, Phrase] = {
    "before": ("is before {value}", "is on or after {value}"),
    "after": ("is after {value}", "is on or before {value}"),
    "on_or_before": ("is on or before {value}", "is after {value}"),
    "on_or_after": ("is on or after {value}", "is before {value}"),
    "between": ("is between {value}", "is not between {value}"),
}

_DURATION: Mapping[str, Phrase] = {
    "longer_than": ("is longer than {value}", "is at most {value}"),
    "at_least": ("is at least {value}", "is shorter than {value}"),
    "shorter_than": ("is shorter than {value}", "is at least {value}"),
    "at_most": ("is at most {value}", "is longer than {value}"),
    "between": ("is between {value}", "is not between {value}"),
}

_CHOICES: Mapping[str, Phrase] = {
    "contains": ("include {value}", "do not include {value}"),
    "does_not_contain": ("do not include {value}", "include {value}"),
    "contains_all": ("include all of {value}", "do not include all of {value}"),
    "is_contained_by": ("are all among {value}", "are not all among {value}"),
    "shares_at_least_one_element_with": (
        "include at least one of {value}",
        "include none of {value}",
    ),
    "shares_exactly_one_element_with": (
        "include exactly one of {value}",
        "do not include exactly one of {value}",
    ),
    "shares_no_elements_with": ("include none of {value}", "include at least one of {value}"),
    "non_empty": ("are not empty", "are empty"),
    "is_known": ("are known", "are not known"),
    "is_missing": ("are not known", "are known"),
}

PHRASES: Mapping[str, Mapping[str, Phrase]] = MappingProxyType(
    {
        "text": {**_SAME, **_TEXT},
        "number": {**_SAME, **_NUMBER},
        "yes_no": {**_SAME, "is_true": ("is yes", "is no"), "is_false": ("is no", "is yes")},
        "choice": _SAME,
        "choices": _CHOICES,
        "date": {**_SAME, **_DATE},
        "date_time": {**_SAME, **_DATE},
        "duration": {**_SAME, **_DURATION},
    }
)
"""Type to method to phrase; words for the same test share one."""

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def phrase(type_: str, operator: str, *, negated: bool = False) -> str:
    """What a test means, with ``{value}`` where the value belongs: ``is one of {value}``."""
    return PHRASES[type_][OPERATORS[type_][operator].method][negated]


def describe(conditions: Conditions, catalogue: Catalogue) -> str:
    """Conditions as one clause, for "this rule applies when …"; ``always`` without any."""
    if not conditions.leaves:
        return "always"
    return _joined(conditions.lowered, conditions.leaves, catalogue, outermost=True)


def _joined(
    node: Mapping[str, Any], leaves: Mapping[str, Leaf], catalogue: Catalogue, *, outermost: bool
) -> str:
    group = next((each for each in ("all", "any") if each in node), None)
    if group is None:
        return _described(leaves[node["name"]], catalogue)
    word = ", and " if group == "all" else ", or "
    parts = [_joined(each, leaves, catalogue, outermost=False) for each in node[group]]
    joined = word.join(parts)
    return joined if outermost or len(parts) == 1 else f"({joined})"


def _described(leaf: Leaf, catalogue: Catalogue) -> str:
    variable = catalogue.variables.get(leaf.variable.name, leaf.variable)
    return sentence(variable, leaf.operator, leaf.expected, negated=leaf.negated)


def _unknown(variable: Variable) -> str:
    """That a fact is missing; one with phrases of its own is asked for in them."""
    if variable.type == "yes_no" and variable.true_phrase:
        return f"it is not known whether {variable.true_phrase}"
    return f"{subject(variable)} {be(variable)} not known"


def describe_seen(seen: ConditionSeen, catalogue: Catalogue) -> str:
    """What a condition found, as one clause: ``the patch is not “N1” (it is “S4”)``."""
    variable = catalogue.variables.get(seen.name)
    if variable is None or seen.operator not in OPERATORS[variable.type]:
        return f"{seen.name} {seen.operator} {seen.expected}: {seen.result}"
    if seen.result == "unknown":
        return _unknown(variable)
    so = sentence(variable, seen.operator, seen.expected, negated=seen.result == "false")
    return so + _aside(variable, seen, met=True)


def describe_asked(seen: ConditionSeen, catalogue: Catalogue) -> str:
    """What a condition asks for, and what there was: ``the patch is “N1” (it is “S4”)``.

    The same whether it was met: for lists that mark each condition with its result.
    """
    variable = catalogue.variables.get(seen.name)
    if variable is None or seen.operator not in OPERATORS[variable.type]:
        return describe_seen(seen, catalogue)
    asked = sentence(variable, seen.operator, seen.expected, negated=seen.negated)
    if seen.result == "unknown":
        return f"{asked} (not known)"
    return asked + _aside(variable, seen, met=(seen.result == "true") is not seen.negated)


def sentence(variable: Variable, operator: str, value: Any, *, negated: bool) -> str:
    """One condition as a clause: ``the patch starts with “N”``."""
    method = OPERATORS[variable.type][operator].method
    if variable.type == "yes_no" and method not in ("is_known", "is_missing"):
        wanted = method == "is_true" or (value is True and method == "equal_to")
        wanted = wanted or (value is False and method == "not_equal_to")
        return yes_no_phrase(variable, wanted != negated)
    told = phrase(variable.type, operator, negated=negated)
    if OPERATORS[variable.type][operator].operand != "none":
        told = told.replace("{value}", _operand_words(variable, operator, value))
    return f"{subject(variable)} {told}"


def _aside(variable: Variable, seen: ConditionSeen, *, met: bool) -> str:
    """The value seen, where the clause, which is so (``met``) or not, does not give it away."""
    method = OPERATORS[variable.type][seen.operator].method
    names_it = method in ("equal_to", "not_equal_to") and (method == "equal_to") == (seen.result == "true")
    if variable.type == "yes_no" or names_it or seen.actual in (None, WITHHELD):
        return ""
    if method in ("is_missing", "non_empty") and met:
        return ""
    if variable.type == "choices":
        return f" (they are {value_words(variable, seen.actual)})" if seen.actual else " (there are none)"
    return f" (it is {value_words(variable, seen.actual)})"


def subject(variable: Variable) -> str:
    """A variable as the subject of a sentence: ``the property type``."""
    label = variable.label or variable.name.replace("_", " ")
    if not label[1:2].isupper():  # not an abbreviation such as EPC
        label = label[:1].lower() + label[1:]
    return label if label.startswith("the ") else f"the {label}"


def be(variable: Variable) -> str:
    """What a sentence with that subject says: is, or are."""
    return "are" if variable.type == "choices" else "is"


def yes_no_phrase(variable: Variable, so: bool) -> str:
    """The sentence of a yes/no variable."""
    given = variable.true_phrase if so else variable.false_phrase
    return given or f"“{subject(variable).removeprefix('the ')}” is {'yes' if so else 'no'}"


def has_value(variable: Variable, value: Any) -> str:
    """What a variable is: ``the scheme is Right to Acquire``; value as plain JSON, or withheld."""
    if value is None:
        return f"{subject(variable)} {be(variable)} not known"
    if value == WITHHELD:
        return f"{subject(variable)} is another"
    if variable.type == "yes_no":
        return yes_no_phrase(variable, value)
    return f"{subject(variable)} {be(variable)} {value_words(variable, value)}"


def _operand_words(variable: Variable, operator: str, value: Any) -> str:
    if OPERATORS[variable.type][operator].operand == "range":
        return " and ".join(value_words(variable, each) for each in value)
    return value_words(variable, value)


def value_words(variable: Variable, value: Any, *, quoted: bool = True) -> str:
    """A value of a variable as people read it.

    Args:
        variable: what it is a value of.
        value: typed, or as plain JSON.
        quoted: texts and codes without a name stand in quotation marks.
    """
    if isinstance(value, list | tuple):
        return ", ".join(value_words(variable, each, quoted=quoted) for each in value)
    if variable.type == "number":
        return _number(value)
    if variable.type == "date":
        return long_date(iso_date(value) or value)
    if variable.type == "date_time":
        return long_instant(value)
    if variable.type == "duration":
        return length_words(value)
    if value in variable.names:
        return variable.names[value]
    # Fixed options are words; open choices are codes, which people copy and look up.
    words = variable.type != "text" and variable.options and not variable.codes
    plain = str(value).replace("_", " ") if words else str(value)
    return plain if words or not quoted else f"“{plain}”"


def _number(value: Any) -> str:
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    plain = f"{number:,f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def long_date(day: Any) -> str:
    """A date as people here write it: 1 April 2026."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}" if isinstance(day, date) else str(day)


def long_instant(value: Any) -> str:
    """An instant with the offset it was written with: 1 April 2026, 09:00 UTC+01:00."""
    at = datetime.fromisoformat(value) if iso_instant(value) else value
    if not isinstance(at, datetime):
        return str(value)
    seconds = f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
    return f"{long_date(at)}, {seconds} {at.tzname() or ''}".rstrip()


def length_words(value: Any) -> str:
    """A length of time: 2 days and 12 hours."""
    length = value if isinstance(value, timedelta) else iso_length(value)
    if length is None:
        return str(value)
    if length < timedelta(0):
        return f"minus {length_words(-length)}"
    minutes, seconds = divmod(length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    units = ((length.days, "day"), (hours, "hour"), (minutes, "minute"), (seconds, "second"))
    parts = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in units if count]
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1]))) if parts else "no time"
