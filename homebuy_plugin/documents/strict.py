"""The base of all schemas: unknown keys refused, every problem with its JSON pointer.

marshmallow collects the errors of a whole document as a tree; :func:`problems_of` makes one list of
diagnostics of it. Values are not built here: what a schema has accepted,
:mod:`homebuy_plugin.documents.values` turns into typed values.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar

from marshmallow import RAISE, Schema, ValidationError, fields
from marshmallow.exceptions import SCHEMA

from homebuy_plugin.documents.diagnostics import Diagnostic, below, moved, problem
from homebuy_plugin.documents.fields import Json, StrictField
from homebuy_plugin.engine.diagnostics import listed, nearest, quoted, shown

_MISSING = fields.Field.default_error_messages["required"]
_NULL = fields.Field.default_error_messages["null"]
_UNKNOWN = Schema._default_error_messages["unknown"]


class Sound(dict[str, Any]):
    """The keys of an object that passed; null counts as left out.

    Attributes:
        refused: keys that were given and did not pass.
    """

    def __init__(self, passed: Mapping[str, Any], refused: frozenset[str]) -> None:
        super().__init__(passed)
        self.refused = refused

    def lacks(self, key: str) -> bool:
        """Whether a key was left out altogether."""
        return key not in self and key not in self.refused


Check = Callable[[Sound], Iterator[Diagnostic]]


class StrictSchema(Schema):
    """A JSON object with exactly these keys.

    Attributes:
        what: what messages call it, for example "a task".
        form: how one is written, for whoever wrote something else.
        also: checks that look at several keys of one object. They see what has passed so far.
    """

    class Meta:
        """Unknown keys are refused."""

        unknown = RAISE

    what: ClassVar[str] = "this object"
    form: ClassVar[str] = "Put it in curly brackets: { … }."
    also: ClassVar[tuple[Check, ...]] = ()

    def problems_in(self, value: Any) -> list[Diagnostic]:
        """Everything wrong with a value; pointers are relative to it."""
        if not isinstance(value, Mapping):
            message = f"{self.what.capitalize()} is an object, not {shown(value)}."
            return [problem("HB012", message, self.form)]
        try:
            self.load(value)
        except ValidationError as error:
            found = list(self._flattened(error.messages))
        else:
            found = []
        return found + self._together(value, {each.pointer for each in found})

    def _together(self, value: Mapping[str, Any], refused: set[str]) -> list[Diagnostic]:
        bad = frozenset(pointer.split("/")[1] for pointer in refused if pointer)
        passed = {key: item for key, item in value.items() if key not in bad and item is not None}
        return [each for check in self.also for each in check(Sound(passed, bad))]

    def _flattened(self, messages: Any) -> Iterator[Diagnostic]:
        for key, found in messages.items():
            place = "" if key == SCHEMA else below("", key)
            for each in found:
                yield moved(each, place) if isinstance(each, Diagnostic) else self._in_words(key, each)

    def _in_words(self, key: str, message: str) -> Diagnostic:
        if message == _UNKNOWN:
            close = nearest(key, self._known_keys())
            text = f"There is no key {quoted(key)} in {self.what}. {close}".strip()
            return problem("HB010", text, f"Keys: {listed(self._known_keys(), 40)}.", below("", key))
        if message == _MISSING:
            return problem("HB011", f"“{key}” is missing in {self.what}.")
        if message == _NULL:
            return problem(
                "HB012", f"“{key}” cannot be null.", "Write a value, or leave the key out.", f"/{key}"
            )
        return problem("HB012", str(message), "", below("", key))

    def _known_keys(self) -> list[str]:
        return [field.data_key or name for name, field in self.fields.items()]

    def json_schema(self) -> Json:
        """The JSON Schema of this object."""
        properties = {
            field.data_key or name: _property(field)
            for name, field in self.fields.items()
            if isinstance(field, StrictField)
        }
        required = sorted(field.data_key or name for name, field in self.fields.items() if field.required)
        schema: Json = {"type": "object", "properties": properties, "additionalProperties": False}
        return {**schema, "required": required} if required else schema


def _property(field: StrictField) -> Json:
    schema = field.json_schema()
    described = {"description": text, **schema} if (text := field.metadata.get("description")) else schema
    return {"anyOf": [described, {"type": "null"}]} if field.allow_none else described


class Inside(StrictField):
    """An object of another schema."""

    def __init__(self, schema: type[StrictSchema], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._class = schema

    @cached_property
    def _schema(self) -> StrictSchema:
        return self._class()  # once: making a schema copies all its fields

    def _problems(self, value: Any) -> list[Diagnostic]:
        return self._schema.problems_in(value)

    def _json_schema(self) -> Json:
        return self._schema.json_schema()


class EitherOr(StrictField):
    """A short form or a long one, told apart by the JSON type.

    Args:
        short: the field for anything but ``long_type``.
        long: the field for a value of ``long_type``.
        long_type: ``dict`` or ``list``.
    """

    def __init__(self, short: StrictField, long: StrictField, long_type: type, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.short, self.long, self.long_type = short, long, long_type

    def _bind_to_schema(self, field_name: str, parent: Any) -> None:
        super()._bind_to_schema(field_name, parent)
        for field in (self.short, self.long):
            field._bind_to_schema(self.key, self)

    def _problems(self, value: Any) -> list[Diagnostic]:
        return (self.long if isinstance(value, self.long_type) else self.short).problems(value)

    def _json_schema(self) -> Json:
        return {"anyOf": [self.short.json_schema(), self.long.json_schema()]}
