# ruff: noqa: D102 - what each test means in words is the table of phrases.py
"""The types of variables, as business-rules types.

Each is a subclass of a business-rules type, closed where the original surprises: numbers are
exact (the original has a tolerance of 0.000001), null is never a text, a text is never a list
of letters. Constants arrive typed, lists as tuples, patterns compiled.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeVar, cast

from business_rules.fields import (
    FIELD_NO_INPUT,
    FIELD_NUMERIC,
    FIELD_SELECT,
    FIELD_SELECT_MULTIPLE,
    FIELD_TEXT,
)
from business_rules.operators import (
    BaseType,
    BooleanType,
    NumericType,
    SelectMultipleType,
    StringType,
    type_operator,
)

from homebuy_plugin.engine import casting

_Method = TypeVar("_Method", bound=Callable[..., bool])


def _test(input_type: str) -> Callable[[_Method], _Method]:
    """``type_operator`` with a type; constants are cast when a rule is compiled, not here."""
    return cast(Callable[[_Method], _Method], type_operator(input_type, assert_type_for_arguments=False))


class Text(StringType):  # type: ignore[misc]  # business-rules has no types
    """Text: compared letter by letter, except where the test says otherwise."""

    name = "text"
    value: str

    _assert_valid_value_and_cast = staticmethod(casting.to_text)

    @_test(FIELD_TEXT)
    def not_equal_to(self, other: str) -> bool:
        return self.value != other

    @_test(FIELD_TEXT)
    def equal_to_case_insensitive(self, other: str) -> bool:
        return self.value.casefold() == other.casefold()

    @_test(FIELD_TEXT)
    def does_not_contain(self, other: str) -> bool:
        return other not in self.value

    @_test(FIELD_SELECT_MULTIPLE)
    def is_one_of(self, others: tuple[str, ...]) -> bool:
        return self.value in others

    @_test(FIELD_SELECT_MULTIPLE)
    def is_not_one_of(self, others: tuple[str, ...]) -> bool:
        return self.value not in others

    @_test(FIELD_TEXT)
    def matches_regex(self, pattern: Any) -> bool:
        return pattern.search(self.value) is not None


class Choice(Text):
    """One code out of several."""

    name = "choice"


class Number(NumericType):  # type: ignore[misc]  # business-rules has no types
    """An exact number."""

    name = "number"
    value: Decimal

    _assert_valid_value_and_cast = staticmethod(casting.to_number)

    @_test(FIELD_NUMERIC)
    def equal_to(self, other: Decimal) -> bool:
        return self.value == other

    @_test(FIELD_NUMERIC)
    def not_equal_to(self, other: Decimal) -> bool:
        return self.value != other

    @_test(FIELD_NUMERIC)
    def greater_than(self, other: Decimal) -> bool:
        return self.value > other

    @_test(FIELD_NUMERIC)
    def greater_than_or_equal_to(self, other: Decimal) -> bool:
        return self.value >= other

    @_test(FIELD_NUMERIC)
    def less_than(self, other: Decimal) -> bool:
        return self.value < other

    @_test(FIELD_NUMERIC)
    def less_than_or_equal_to(self, other: Decimal) -> bool:
        return self.value <= other

    @_test(FIELD_SELECT_MULTIPLE)
    def between(self, ends: tuple[Decimal, Decimal]) -> bool:
        return ends[0] <= self.value <= ends[1]

    @_test(FIELD_SELECT_MULTIPLE)
    def is_one_of(self, others: tuple[Decimal, ...]) -> bool:
        return self.value in others

    @_test(FIELD_SELECT_MULTIPLE)
    def is_not_one_of(self, others: tuple[Decimal, ...]) -> bool:
        return self.value not in others


class YesNo(BooleanType):  # type: ignore[misc]  # business-rules has no types
    """Yes or no."""

    name = "yes_no"
    value: bool

    _assert_valid_value_and_cast = staticmethod(casting.to_yes_no)

    @_test(FIELD_SELECT)
    def equal_to(self, other: bool) -> bool:
        return self.value is other

    @_test(FIELD_SELECT)
    def not_equal_to(self, other: bool) -> bool:
        return self.value is not other


class Choices(SelectMultipleType):  # type: ignore[misc]  # business-rules has no types
    """Several codes at once; compared exactly and without repetition."""

    name = "choices"
    value: tuple[str, ...]

    _assert_valid_value_and_cast = staticmethod(casting.to_choices)

    @_test(FIELD_SELECT)
    def contains(self, other: str) -> bool:
        return other in self.value

    @_test(FIELD_SELECT)
    def does_not_contain(self, other: str) -> bool:
        return other not in self.value

    @_test(FIELD_SELECT_MULTIPLE)
    def contains_all(self, others: tuple[str, ...]) -> bool:
        return set(others) <= set(self.value)

    @_test(FIELD_SELECT_MULTIPLE)
    def is_contained_by(self, others: tuple[str, ...]) -> bool:
        return set(self.value) <= set(others)

    @_test(FIELD_SELECT_MULTIPLE)
    def shares_at_least_one_element_with(self, others: tuple[str, ...]) -> bool:
        return bool(set(self.value) & set(others))

    @_test(FIELD_SELECT_MULTIPLE)
    def shares_exactly_one_element_with(self, others: tuple[str, ...]) -> bool:
        return len(set(self.value) & set(others)) == 1

    @_test(FIELD_SELECT_MULTIPLE)
    def shares_no_elements_with(self, others: tuple[str, ...]) -> bool:
        return not set(self.value) & set(others)

    @_test(FIELD_NO_INPUT)
    def non_empty(self) -> bool:
        return bool(self.value)


class _Ordered(BaseType):  # type: ignore[misc]  # business-rules has no types
    """What all types on a line have in common; business-rules has only numbers."""

    @_test(FIELD_TEXT)
    def equal_to(self, other: Any) -> bool:
        return bool(self.value == other)

    @_test(FIELD_TEXT)
    def not_equal_to(self, other: Any) -> bool:
        return bool(self.value != other)

    @_test(FIELD_SELECT_MULTIPLE)
    def between(self, ends: tuple[Any, Any]) -> bool:
        return bool(ends[0] <= self.value <= ends[1])

    @_test(FIELD_SELECT_MULTIPLE)
    def is_one_of(self, others: tuple[Any, ...]) -> bool:
        return self.value in others

    @_test(FIELD_SELECT_MULTIPLE)
    def is_not_one_of(self, others: tuple[Any, ...]) -> bool:
        return self.value not in others


class Date(_Ordered):
    """A local date."""

    name = "date"
    value: date

    _assert_valid_value_and_cast = staticmethod(casting.to_date)

    @_test(FIELD_TEXT)
    def before(self, other: date) -> bool:
        return self.value < other

    @_test(FIELD_TEXT)
    def after(self, other: date) -> bool:
        return self.value > other

    @_test(FIELD_TEXT)
    def on_or_before(self, other: date) -> bool:
        return self.value <= other

    @_test(FIELD_TEXT)
    def on_or_after(self, other: date) -> bool:
        return self.value >= other


class DateTime(Date):
    """An instant, compared in UTC; its tests are those of dates."""

    name = "date_time"
    value: datetime

    _assert_valid_value_and_cast = staticmethod(casting.to_instant)


class Duration(_Ordered):
    """A length of time, every hour of it counting."""

    name = "duration"
    value: timedelta

    _assert_valid_value_and_cast = staticmethod(casting.to_length)

    @_test(FIELD_TEXT)
    def longer_than(self, other: timedelta) -> bool:
        return self.value > other

    @_test(FIELD_TEXT)
    def at_least(self, other: timedelta) -> bool:
        return self.value >= other

    @_test(FIELD_TEXT)
    def shorter_than(self, other: timedelta) -> bool:
        return self.value < other

    @_test(FIELD_TEXT)
    def at_most(self, other: timedelta) -> bool:
        return self.value <= other


KINDS: Mapping[str, type[Any]] = MappingProxyType(
    {
        "text": Text,
        "number": Number,
        "yes_no": YesNo,
        "choice": Choice,
        "choices": Choices,
        "date": Date,
        "date_time": DateTime,
        "duration": Duration,
    }
)
"""Type to its business-rules type."""


def method_of(type_: str, method: str) -> Any:
    """The test of a type, or None for ``is_known`` and ``is_missing``.

    Only what ``type_operator`` marked: everything else of the class does not exist for rules.
    """
    if method in ("is_known", "is_missing"):
        return None
    found = getattr(KINDS[type_], method)
    if getattr(found, "is_operator", None) is not True:
        raise AttributeError(method)
    return found
