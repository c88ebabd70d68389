"""marshmallow fields that take JSON as it is: nothing is coerced, every refusal says what to write.

Each field also tells its JSON Schema, so that editors and this loader agree.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Literal

from marshmallow import ValidationError, fields

from homebuy_plugin.documents.diagnostics import Diagnostic, below, moved, problem
from homebuy_plugin.documents.points import explain_point
from homebuy_plugin.engine.actions import check_actions
from homebuy_plugin.engine.casting import iso_date
from homebuy_plugin.engine.catalogue import SLUG, Catalogue
from homebuy_plugin.engine.checking import check_conditions
from homebuy_plugin.engine.diagnostics import listed, nearest, quoted, shown

Json = dict[str, Any]
"""A JSON Schema."""

ENOUGH = 500
"""Problems of one list after which no more are looked for: a file of nothing but mistakes ends too."""

SLUG_HELP = "Small letters, digits, _ and -, beginning with a letter or digit, at most 64."

_CATALOGUE: ContextVar[Catalogue] = ContextVar("catalogue")


@contextmanager
def checking_with(catalogue: Catalogue) -> Iterator[None]:
    """Conditions and actions inside this block are checked against a catalogue."""
    before = _CATALOGUE.set(catalogue)
    try:
        yield
    finally:
        _CATALOGUE.reset(before)


class StrictField(fields.Field[Any]):
    """A value that is taken as it is, or refused."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        found = self.problems(value)
        if found:
            raise ValidationError(found)  # marshmallow keeps the items of a list as they are
        return value

    def problems(self, value: Any) -> list[Diagnostic]:
        """What is wrong with a value; pointers are relative to it."""
        return self._problems(value)

    def json_schema(self) -> Json:
        """The JSON Schema of a value that is not null."""
        return self._json_schema()

    def _problems(self, value: Any) -> list[Diagnostic]:
        raise NotImplementedError

    def _json_schema(self) -> Json:
        raise NotImplementedError

    def refuse(self, code: str, message: str, help: str = "") -> list[Diagnostic]:
        """One problem at the value itself."""
        return [problem(code, message, help)]

    def wrong_type(self, wanted: str, value: Any, help: str = "") -> list[Diagnostic]:
        """The refusal of a value of another type."""
        return self.refuse("HB012", f"“{self.key}” is {wanted}, not {shown(value)}.", help)

    @property
    def key(self) -> str:
        """The key as files write it."""
        return self.data_key or self.name or "value"


class Text(StrictField):
    """A text of some length.

    Args:
        least: fewest characters.
        most: most characters.
        lines: whether line breaks may stand in it.
    """

    def __init__(self, *, least: int = 0, most: int = 500, lines: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.least, self.most, self.lines = least, most, lines

    def _problems(self, value: Any) -> list[Diagnostic]:
        if not isinstance(value, str):
            return self.wrong_type("a text", value, _in_quotes(value))
        if len(value.strip()) < self.least:
            return self.refuse("HB013", f"“{self.key}” is empty.", "Write something, or leave the key out.")
        if len(value) > self.most:
            return self.refuse(
                "HB013", f"“{self.key}” has {len(value)} characters; at most {self.most} are kept."
            )
        if not self.lines and ("\n" in value or "\r" in value):
            return self.refuse("HB013", f"“{self.key}” is one line; a line break stands in it.")
        return []

    def _json_schema(self) -> Json:
        return {"type": "string", "minLength": self.least, "maxLength": self.most}


def _in_quotes(value: Any) -> str:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f'Write it with quotation marks: "{value}".' if is_number else ""


class Slug(StrictField):
    """A code or id."""

    def _problems(self, value: Any) -> list[Diagnostic]:
        if not isinstance(value, str):
            return self.wrong_type("a code", value, _in_quotes(value))
        if SLUG.fullmatch(value):
            return []
        return self.refuse("HB014", f"{quoted(value)} is no code.", _as_slug(value))

    def _json_schema(self) -> Json:
        return {"type": "string", "pattern": f"^{SLUG.pattern}$"}


def _as_slug(value: str) -> str:
    better = re.sub(r"[^a-z0-9]+", "_", value.lower()).strip("_")[:64]
    return f"{SLUG_HELP} Perhaps “{better}”." if SLUG.fullmatch(better) else SLUG_HELP


class YesNo(StrictField):
    """true or false."""

    def _problems(self, value: Any) -> list[Diagnostic]:
        help = "Write true or false without quotation marks."
        return [] if isinstance(value, bool) else self.wrong_type("true or false", value, help)

    def _json_schema(self) -> Json:
        return {"type": "boolean"}


class Whole(StrictField):
    """A whole number between two bounds."""

    def __init__(self, *, least: int = 0, most: int = 1_000_000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.least, self.most = least, most

    def _problems(self, value: Any) -> list[Diagnostic]:
        if not isinstance(value, int) or isinstance(value, bool):
            return self.wrong_type("a whole number", value, _without_quotes(value))
        if not self.least <= value <= self.most:
            return self.refuse("HB015", f"“{self.key}” is between {self.least} and {self.most:,}.")
        return []

    def _json_schema(self) -> Json:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


def _without_quotes(value: Any) -> str:
    is_digits = isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,9}", value)
    return f"Write it without quotation marks: {value}." if is_digits else ""


class OneOf(StrictField):
    """One of some words."""

    def __init__(self, options: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.options = tuple(options)

    def _problems(self, value: Any) -> list[Diagnostic]:
        if not isinstance(value, str):
            return self.wrong_type("a text", value, f"One of: {listed(self.options)}.")
        if value in self.options:
            return []
        message = f"“{self.key}” cannot be {quoted(value)}. {nearest(value, self.options)}".strip()
        return self.refuse("HB016", message, f"One of: {listed(self.options)}.")

    def _json_schema(self) -> Json:
        return {"enum": list(self.options)}


class IsoDate(StrictField):
    """A local date, ``YYYY-MM-DD``."""

    def _problems(self, value: Any) -> list[Diagnostic]:
        if not isinstance(value, str):
            return self.wrong_type("a date", value, 'Write it as "2026-04-01".')
        if iso_date(value):
            return []
        return self.refuse("HB017", f"{quoted(value)} is no date.", 'Write year-month-day: "2026-04-01".')

    def _json_schema(self) -> Json:
        return {"type": "string", "format": "date"}


class Instant(StrictField):
    """An instant with its offset from UTC."""

    def _problems(self, value: Any) -> list[Diagnostic]:
        help = 'Write it as "2026-04-01T09:30:00+01:00".'
        if not isinstance(value, str):
            return self.wrong_type("an instant", value, help)
        try:
            aware = datetime.fromisoformat(value).tzinfo is not None
        except ValueError:
            return self.refuse("HB017", f"{quoted(value)} is no instant.", help)
        return [] if aware else self.refuse("HB017", f"{quoted(value)} has no offset from UTC.", help)

    def _json_schema(self) -> Json:
        return {"type": "string", "format": "date-time"}


class Matching(StrictField):
    """A text of a certain form, for example a time of day."""

    def __init__(self, pattern: str, what: str, example: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pattern, self.what, self.example = re.compile(pattern), what, example

    def _problems(self, value: Any) -> list[Diagnostic]:
        help = f'For example "{self.example}".'
        if not isinstance(value, str):
            return self.wrong_type(self.what, value, help)
        if self.pattern.fullmatch(value):
            return []
        return self.refuse("HB013", f"{quoted(value)} is not {self.what}.", help)

    def _json_schema(self) -> Json:
        return {"type": "string", "pattern": f"^(?:{self.pattern.pattern})$"}


class Point(StrictField):
    """A point in time by name."""

    def _problems(self, value: Any) -> list[Diagnostic]:
        if not isinstance(value, str):
            return self.wrong_type("a point in time", value, 'For example "task.completed:serve_rtb2".')
        wrong = explain_point(value)
        return self.refuse("HB201", *wrong) if wrong else []

    def _json_schema(self) -> Json:
        return {"type": "string", "pattern": POINT_PATTERN}


POINT_PATTERN = (
    r"^(case\.served_on|case\.created|task\.planned_start|task\.started|stage\.started"
    rf"|task\.completed(:{SLUG.pattern})?|(event|fact):{SLUG.pattern})$"
)


class Scalar(StrictField):
    """Any text, number, yes/no or list of texts: the value of a fact."""

    def _problems(self, value: Any) -> list[Diagnostic]:
        if isinstance(value, str | int | float | bool):
            return []
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return []
        return self.wrong_type("a text, a number, true, false or a list of texts", value)

    def _json_schema(self) -> Json:
        texts: Json = {"type": "array", "items": {"type": "string"}}
        return {"anyOf": [{"type": ["string", "number", "boolean"]}, texts]}


class Listed(StrictField):
    """A list whose items are all of one field.

    Args:
        inner: the field of every item.
        least: fewest items.
        most: most items.
        distinct: whether an item may stand in it only once.
    """

    def __init__(
        self, inner: StrictField, *, least: int = 0, most: int = 200, distinct: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.inner, self.least, self.most, self.distinct = inner, least, most, distinct

    def _bind_to_schema(self, field_name: str, parent: Any) -> None:
        super()._bind_to_schema(field_name, parent)
        self.inner._bind_to_schema(self.key, self)

    def _problems(self, value: Any) -> list[Diagnostic]:
        if not isinstance(value, list):
            return self.wrong_type("a list", value, "Put it in square brackets: [ … ].")
        if not self.least <= len(value) <= self.most:
            return self.refuse("HB013", self._length(len(value)))
        found: list[Diagnostic] = []
        for index, item in enumerate(value):
            found += [moved(each, f"/{index}") for each in item_problems(self.inner, item)]
            if len(found) >= ENOUGH:
                break
        return found or self._repeated(value)

    def _length(self, length: int) -> str:
        if length < self.least:
            return f"“{self.key}” needs at least {self.least} item{'s' if self.least > 1 else ''}."
        return f"“{self.key}” has {length} items; at most {self.most} are kept."

    def _repeated(self, value: list[Any]) -> list[Diagnostic]:
        if not self.distinct:
            return []
        return [
            problem("HB018", f"{quoted(str(item))} stands twice in “{self.key}”.", "", f"/{index}")
            for index, item in enumerate(value)
            if item in value[:index]
        ]

    def _json_schema(self) -> Json:
        schema: Json = {"type": "array", "items": self.inner.json_schema(), "maxItems": self.most}
        if self.least:
            schema["minItems"] = self.least
        return {**schema, "uniqueItems": True} if self.distinct else schema


def item_problems(field: StrictField, value: Any) -> list[Diagnostic]:
    """Problems of a value inside a list or mapping, where null is no value."""
    if value is None:
        return field.refuse("HB012", "null cannot stand here.", "Remove it.")
    return field.problems(value)


class Mapped(StrictField):
    """An object with keys of one field and values of another."""

    def __init__(self, keys: StrictField, values: StrictField, *, most: int = 200, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.keys, self.values, self.most = keys, values, most

    def _bind_to_schema(self, field_name: str, parent: Any) -> None:
        super()._bind_to_schema(field_name, parent)
        self.keys._bind_to_schema(self.key, self)
        self.values._bind_to_schema(self.key, self)

    def _problems(self, value: Any) -> list[Diagnostic]:
        if not isinstance(value, Mapping):
            return self.wrong_type("an object", value, 'Put it in curly brackets: {"…": …}.')
        if len(value) > self.most:
            return self.refuse("HB013", f"“{self.key}” has more than {self.most} keys.")
        return [
            moved(each, below("", key)) for key, item in value.items() for each in self._member(key, item)
        ]

    def _member(self, key: str, item: Any) -> list[Diagnostic]:
        return self.keys.problems(key) or item_problems(self.values, item)

    def _json_schema(self) -> Json:
        return {
            "type": "object",
            "propertyNames": self.keys.json_schema(),
            "additionalProperties": self.values.json_schema(),
        }


class ConditionsField(StrictField):
    """``conditions`` and every ``when``: checked by the engine."""

    def _problems(self, value: Any) -> list[Diagnostic]:
        return check_conditions(value, _CATALOGUE.get(), "")

    def _json_schema(self) -> Json:
        return {"$ref": "#/$defs/conditions"}


class ActionsField(StrictField):
    """``actions`` of one kind of rule: checked by the engine."""

    def __init__(self, kind: Literal["allocation", "escalation"], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind = kind

    def _problems(self, value: Any) -> list[Diagnostic]:
        return check_actions(value, _CATALOGUE.get(), self.kind, "")

    def _json_schema(self) -> Json:
        return {"type": "array", "minItems": 1, "items": {"$ref": f"#/$defs/{self.kind}_action"}}
