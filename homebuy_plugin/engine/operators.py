"""Which tests (operators) each type of variable has, and what each compares with.

business-rules' own names keep working; the others are written for analysts. ``method`` is
the name on the type in :mod:`homebuy_plugin.engine.kinds`; ``is`` is another word for
``equal_to``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, cast

from homebuy_plugin.engine import patterns

TYPES = ("text", "number", "yes_no", "choice", "choices", "date", "date_time", "duration")

TYPE_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "text": "a text",
        "number": "a number",
        "yes_no": "yes or no",
        "choice": "a choice",
        "choices": "a list of choices",
        "date": "a date",
        "date_time": "a date and time",
        "duration": "a length of time",
    }
)
"""How messages name a type."""

Operand = Literal["none", "one", "many", "range", "pattern"]
"""What stands in ``value``: nothing, one value, a list, two values, a regular expression."""


@dataclass(frozen=True, kw_only=True)
class Operator:
    """One test of one type.

    Attributes:
        name: as analysts write it.
        method: the method of the type that runs.
        operand: what ``value`` holds.
    """

    name: str
    method: str
    operand: Operand


def _table(*entries: str) -> Mapping[str, Operator]:
    """Operators from entries ``name[=method][:operand]``."""
    return MappingProxyType({each.name: each for each in map(_operator, entries)})


def _operator(entry: str) -> Operator:
    names, _, operand = entry.partition(":")
    name, _, method = names.partition("=")
    return Operator(name=name, method=method or name, operand=cast(Operand, operand or "one"))


_KNOWN = ("is_known:none", "is_missing:none")
_EQUAL = ("equal_to", "is=equal_to", "not_equal_to", "is_not=not_equal_to")
_ONE_OF = ("is_one_of:many", "is_not_one_of:many")
_ON_A_LINE = ("before", "after", "on_or_before", "on_or_after", "between:range")

OPERATORS: Mapping[str, Mapping[str, Operator]] = MappingProxyType(
    {
        "text": _table(
            *_EQUAL,
            "equal_to_case_insensitive",
            "starts_with",
            "ends_with",
            "contains",
            "does_not_contain",
            *_ONE_OF,
            "non_empty:none",
            *(("matches_regex:pattern",) if patterns.AVAILABLE else ()),
            *_KNOWN,
        ),
        "number": _table(
            *_EQUAL,
            "greater_than",
            "greater_than_or_equal_to",
            "less_than",
            "less_than_or_equal_to",
            "between:range",
            *_ONE_OF,
            *_KNOWN,
        ),
        "yes_no": _table("is_true:none", "is_false:none", *_EQUAL, *_KNOWN),
        "choice": _table(*_EQUAL, *_ONE_OF, *_KNOWN),
        "choices": _table(
            "contains",
            "does_not_contain",
            "contains_all:many",
            "is_contained_by:many",
            "shares_at_least_one_element_with:many",
            "shares_exactly_one_element_with:many",
            "shares_no_elements_with:many",
            "non_empty:none",
            *_KNOWN,
        ),
        "date": _table(*_EQUAL, *_ON_A_LINE, *_ONE_OF, *_KNOWN),
        "date_time": _table(*_EQUAL, *_ON_A_LINE, *_ONE_OF, *_KNOWN),
        "duration": _table(
            *_EQUAL,
            "longer_than",
            "at_least",
            "shorter_than",
            "at_most",
            "between:range",
            *_ONE_OF,
            *_KNOWN,
        ),
    }
)
"""Type to its operators, in the order messages list them."""

_OTHER_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "=": ("equal_to",),
        "==": ("equal_to",),
        "eq": ("equal_to",),
        "equals": ("equal_to",),
        "!=": ("not_equal_to",),
        "<>": ("not_equal_to",),
        "ne": ("not_equal_to",),
        ">": ("greater_than", "after", "longer_than"),
        "gt": ("greater_than", "after", "longer_than"),
        "more_than": ("greater_than", "after", "longer_than"),
        "greater_than": ("after", "longer_than"),
        "longer_than": ("greater_than",),
        "later_than": ("after",),
        ">=": ("greater_than_or_equal_to", "on_or_after", "at_least"),
        "gte": ("greater_than_or_equal_to", "on_or_after", "at_least"),
        "at_least": ("greater_than_or_equal_to", "on_or_after"),
        "greater_than_or_equal_to": ("on_or_after", "at_least"),
        "<": ("less_than", "before", "shorter_than"),
        "lt": ("less_than", "before", "shorter_than"),
        "less_than": ("before", "shorter_than"),
        "shorter_than": ("less_than",),
        "<=": ("less_than_or_equal_to", "on_or_before", "at_most"),
        "lte": ("less_than_or_equal_to", "on_or_before", "at_most"),
        "at_most": ("less_than_or_equal_to", "on_or_before"),
        "less_than_or_equal_to": ("on_or_before", "at_most"),
        "in": ("is_one_of", "shares_at_least_one_element_with"),
        "one_of": ("is_one_of", "shares_at_least_one_element_with"),
        "is_one_of": ("shares_at_least_one_element_with",),
        "not_in": ("is_not_one_of", "shares_no_elements_with"),
        "is_not_one_of": ("shares_no_elements_with",),
        "includes": ("contains",),
        "has": ("contains",),
        "equal_to": ("contains",),
        "is": ("contains",),
        "is_null": ("is_missing",),
        "is_none": ("is_missing",),
        "is_empty": ("is_missing",),
        "exists": ("is_known",),
        "is_not_null": ("is_known",),
    }
)


def instead(operator: str, type_: str) -> str:
    """The operator of ``type_`` that this word means elsewhere, or ""."""
    known = OPERATORS[type_]
    return next((each for each in _OTHER_WORDS.get(operator.lower(), ()) if each in known), "")
