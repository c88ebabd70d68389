"""JSON Schemas (2020-12) of every format, so that editors complete names and mark mistakes.

They are made from the same fields that load the documents, and from the catalogue, so they know a
landlord's own attributes and a host's variables. They refuse less than this package does: what
stands between documents, or takes arithmetic, is left to ``homebuy rules validate``.
"""

from collections.abc import Iterable
from typing import Any

from homebuy_plugin.documents.condition_schema import action_defs, condition_defs
from homebuy_plugin.documents.fields import Json
from homebuy_plugin.documents.formats import FORMATS
from homebuy_plugin.documents.parse import schema_of
from homebuy_plugin.engine.catalogue import Catalogue

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def export(catalogue: Catalogue) -> dict[str, Json]:
    """File name to schema, one for each format.

    Args:
        catalogue: variables and actions that rules may name.
    """
    return {f"{kind}.schema.json": schema(kind, catalogue) for kind in FORMATS.values()}


def schema(kind: str, catalogue: Catalogue) -> Json:
    """The JSON Schema of one kind of document."""
    form = next(name for name, known in FORMATS.items() if known == kind)
    body = schema_of(kind).json_schema()
    body["properties"]["format"] = {"const": form}
    defs = condition_defs(catalogue) | action_defs(catalogue)
    wanted = _reached(body, defs)
    made: Json = {"$schema": DIALECT, "title": form, **body}
    return {**made, "$defs": {name: defs[name] for name in sorted(wanted)}} if wanted else made


def _reached(body: Json, defs: dict[str, Json]) -> set[str]:
    """Definitions that a schema needs, and those that they need."""
    found: set[str] = set()
    waiting = [body]
    while waiting:
        for name in _references(waiting.pop()):
            if name not in found:
                found.add(name)
                waiting.append(defs[name])
    return found


def _references(part: Any) -> Iterable[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"].removeprefix("#/$defs/")
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)
