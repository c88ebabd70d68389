"""Is one value one that a variable can be compared with? And the same, typed."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from homebuy_plugin.engine import limits
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
from homebuy_plugin.engine.catalogue import Variable
from homebuy_plugin.engine.diagnostics import Diagnostic, listed, nearest, quoted, shown
from homebuy_plugin.engine.operators import TYPE_WORDS

Problems = list[Diagnostic]


def refused(code: str, pointer: str, message: str, help_: str = "") -> Problems:
    """One problem, as a list."""
    return [Diagnostic(code=code, pointer=pointer, message=message, help=help_)]


def check_constant(value: object, variable: Variable, place: str) -> Problems:
    """Every problem of one value that a variable is compared with."""
    if isinstance(value, str) and len(value) > limits.TEXT:
        return refused("HB107", place, f"The text is longer than {limits.TEXT} characters.")
    return _CONSTANTS[variable.type](value, variable, place)


def _wrong(value: object, variable: Variable, place: str, help_: str = "") -> Problems:
    return refused(
        "HB112", place, f"“{variable.name}” needs {TYPE_WORDS[variable.type]}, not {shown(value)}.", help_
    )


def _text_constant(value: object, variable: Variable, place: str) -> Problems:
    if not isinstance(value, str):
        help_ = "" if isinstance(value, Mapping | list) else "Write it in quotation marks."
        return _wrong(value, variable, place, help_)
    if not value:
        return refused(
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
        return refused("HB112", place, f"“{variable.name}” {error}.")
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
    return refused(
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
