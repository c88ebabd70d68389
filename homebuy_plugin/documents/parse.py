"""One document: text in, typed value or problems out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from homebuy_plugin.documents.attribute_schema import AttributesSchema
from homebuy_plugin.documents.calendar_schema import CalendarSchema
from homebuy_plugin.documents.diagnostics import Diagnostic, Located, locate, problem
from homebuy_plugin.documents.fields import checking_with
from homebuy_plugin.documents.formats import FORMATS, document_key
from homebuy_plugin.documents.letter_schemas import GroupsSchema, TemplatesSchema
from homebuy_plugin.documents.loading import Loaded, load_text
from homebuy_plugin.documents.model import Document
from homebuy_plugin.documents.pack_schema import PackSchema
from homebuy_plugin.documents.positions import Positions
from homebuy_plugin.documents.rule_schemas import AllocationSchema, EscalationSchema
from homebuy_plugin.documents.sample_schemas import CasesSchema, OfficersSchema
from homebuy_plugin.documents.strict import StrictSchema
from homebuy_plugin.documents.values import from_json
from homebuy_plugin.engine.catalogue import Catalogue
from homebuy_plugin.engine.diagnostics import listed, nearest, quoted, shown
from homebuy_plugin.exceptions import InvalidDocument

LARGEST_RULE = 64 * 1024
"""Characters of one rule."""

_RULE = re.compile(r"/rules/[0-9]+")

SCHEMAS: Mapping[str, type[StrictSchema]] = {
    "pack": PackSchema,
    "allocation": AllocationSchema,
    "escalation": EscalationSchema,
    "templates": TemplatesSchema,
    "groups": GroupsSchema,
    "calendar": CalendarSchema,
    "attributes": AttributesSchema,
    "officers": OfficersSchema,
    "cases": CasesSchema,
}
"""Kind to the schema of its files."""


@dataclass(frozen=True, kw_only=True)
class Parsed:
    """What became of a text.

    Attributes:
        source: file name or document name.
        kind: by its ``format``; None where that cannot be told.
        key: under which it is published; None where it has problems.
        value: the typed value; None where it has problems.
        raw: the JSON; None for text that is no JSON.
        problems: everything wrong, in order of place.
        positions: where everything stands; None for text that is no JSON.
    """

    source: str
    kind: str | None = None
    key: str | None = None
    value: Document | None = None
    raw: Any = None
    problems: tuple[Located, ...] = ()
    positions: Positions | None = None


@cache
def schema_of(kind: str) -> StrictSchema:
    """The schema of a kind; made once, because that is slow."""
    return SCHEMAS[kind]()


def parse(text: str | bytes, *, source: str, catalogue: Catalogue) -> Parsed:
    """Read one document of any format.

    Args:
        text: the file's content.
        source: file name or document name, for messages.
        catalogue: what conditions and actions may name.
    """
    return parsed(load_text(text, source), source, catalogue)


def parsed(loaded: Loaded, source: str, catalogue: Catalogue) -> Parsed:
    """The same for a text that is loaded already."""
    if loaded.problems:
        return Parsed(source=source, problems=loaded.problems, positions=loaded.positions)
    raw, positions = loaded.value, cast("Positions", loaded.positions)
    kind, found = check_format(raw)
    if kind is not None:
        found = check(kind, raw, catalogue) + _oversize(kind, positions)
    problems = tuple(locate(found, source, positions))
    if problems or kind is None:
        return Parsed(source=source, kind=kind, raw=raw, problems=problems, positions=positions)
    return Parsed(
        source=source,
        kind=kind,
        key=document_key(kind, raw),
        value=from_json(kind, raw),
        raw=raw,
        positions=positions,
    )


def check_format(raw: Any) -> tuple[str | None, list[Diagnostic]]:
    """Which kind of document this is, or why that cannot be told."""
    if not isinstance(raw, Mapping):
        return None, [problem("HB009", f"A document is an object, not {shown(raw)}.", _BEGIN)]
    if "format" not in raw:
        return None, [problem("HB009", "“format” is missing, so this could be anything.", _BEGIN)]
    name = raw["format"]
    if isinstance(name, str) and name in FORMATS:
        return FORMATS[name], []
    hint = nearest(name, FORMATS) if isinstance(name, str) else ""
    what = quoted(name) if isinstance(name, str) else shown(name)
    message = f"There is no format {what}. {hint}".strip()
    return None, [problem("HB009", message, f"Formats: {listed(FORMATS)}.", "/format")]


_BEGIN = 'Begin with {"format": "homebuy.escalation/1", …}.'


def check(kind: str, raw: Any, catalogue: Catalogue) -> list[Diagnostic]:
    """Everything wrong with one document by itself."""
    with checking_with(catalogue):
        return schema_of(kind).problems_in(raw)


def _oversize(kind: str, positions: Positions) -> list[Diagnostic]:
    if kind not in ("allocation", "escalation"):
        return []
    return [
        problem("HB004", f"This rule has more than {LARGEST_RULE:,} characters.", "", pointer)
        for pointer, span in positions.values.items()
        if span.end - span.start > LARGEST_RULE and _RULE.fullmatch(pointer)
    ]


def load_document(raw: Mapping[str, Any], catalogue: Catalogue, source: str = "document") -> Document:
    """The typed value of JSON that may not be trusted, for example a pack that a host gives.

    For documents that were validated when they were published,
    :func:`~homebuy_plugin.documents.values.from_json` does the same without checking again.

    Raises:
        InvalidDocument: with every problem found.
    """
    kind, found = check_format(raw)
    if kind is not None:
        found = check(kind, raw, catalogue)
    if found or kind is None:
        raise InvalidDocument(found, source)
    return from_json(kind, raw)
