"""The format ``homebuy.attributes/1``: the facts that cases and tasks may have."""

from collections.abc import Iterator
from typing import Any, ClassVar

from homebuy_plugin.documents.diagnostics import Diagnostic, problem
from homebuy_plugin.documents.fields import Listed, OneOf, Scalar, Slug, Text, YesNo
from homebuy_plugin.documents.pack_schema import FileSchema
from homebuy_plugin.documents.strict import Check, Inside, Sound, StrictSchema
from homebuy_plugin.engine.casting import CASTS, WrongType
from homebuy_plugin.engine.diagnostics import listed, shown
from homebuy_plugin.engine.operators import TYPE_WORDS, TYPES


def _options_fit_the_type(found: Sound) -> Iterator[Diagnostic]:
    if found.get("options") and found.get("type", "choice") not in ("choice", "choices"):
        message = f"Only a choice has options, and “type” is {found['type']}."
        yield problem("HB303", message, 'Write "type": "choice", or remove the options.', "/options")


def _default_fits_the_type(found: Sound) -> Iterator[Diagnostic]:
    default, kind = found.get("default"), found.get("type")
    if default is None or kind is None:
        return
    wrong = value_problem(default, kind, found.get("options") or ())
    if wrong:
        yield problem("HB304", f"The default {wrong}.", "", "/default")


def value_problem(value: Any, kind: str, options: Any = ()) -> str:
    """Why a value is not of a type, as the end of a sentence, or ""."""
    try:
        CASTS[kind](value)
    except WrongType:
        return f"is {shown(value)}, and {TYPE_WORDS[kind]} is needed"
    values = value if isinstance(value, list) else [value]
    strange = [item for item in values if options and item not in options]
    return f"is {shown(strange[0])}, which is none of: {listed(options)}" if strange else ""


def _phrases_fit_the_type(found: Sound) -> Iterator[Diagnostic]:
    if "phrases" in found and found.get("type", "yes_no") != "yes_no":
        message = "Only a yes_no attribute has phrases: one for yes, one for no."
        yield problem("HB303", message, "Remove them.", "/phrases")


class AttributeSchema(StrictSchema):
    """A fact."""

    what = "an attribute"
    also: ClassVar[tuple[Check, ...]] = (
        _options_fit_the_type,
        _default_fits_the_type,
        _phrases_fit_the_type,
    )
    name = Slug(required=True)
    type = OneOf(TYPES, required=True)
    label = Text(most=200)
    options = Listed(Text(least=1, most=100), most=200, distinct=True)
    default = Scalar(allow_none=True)
    personal = YesNo()
    in_letters = YesNo()
    applies_to = OneOf(("case", "task"))
    phrases = Listed(Text(least=1, most=200), least=2, most=2, allow_none=True)


class AttributesSchema(FileSchema):
    """A file of attributes."""

    what = "an attributes file"
    attributes = Listed(Inside(AttributeSchema), most=2_000, required=True)
