"""Which formats of document there are, and under which key one is published."""

from collections.abc import Mapping
from typing import Any

FORMATS: Mapping[str, str] = {
    "homebuy.pack/1": "pack",
    "homebuy.allocation/1": "allocation",
    "homebuy.escalation/1": "escalation",
    "homebuy.templates/1": "templates",
    "homebuy.groups/1": "groups",
    "homebuy.calendar/1": "calendar",
    "homebuy.attributes/1": "attributes",
    "homebuy.officers/1": "officers",
    "homebuy.cases/1": "cases",
}
"""``format`` of a file to its kind."""

PUBLISHED = ("pack", "allocation", "escalation", "templates", "groups", "calendar", "attributes")
"""Kinds that are published in versions; officers and cases are sample data only."""

WHOLE = "landlord"
"""Key of a kind of which a landlord has one: the union of its files."""

LISTS: Mapping[str, str] = {
    "allocation": "rules",
    "escalation": "rules",
    "templates": "templates",
    "groups": "groups",
    "attributes": "attributes",
}
"""Kinds that are the union of their files, and the list each file holds."""

SCHEMES = ("right_to_acquire", "right_to_buy", "social_homebuy")
"""Schemes of the shipped packs; a pack of a host's own adds its scheme."""


def format_of(kind: str) -> str:
    """The ``format`` of a kind."""
    return next(name for name, known in FORMATS.items() if known == kind)


def document_key(kind: str, raw: Mapping[str, Any]) -> str:
    """Under which key a document is published.

    A pack goes by scheme and country, and by companies where it names some; a calendar by its id;
    of every other kind a landlord has one.
    """
    if kind == "pack":
        companies = "+".join(sorted(raw.get("companies") or ()))
        return ".".join(part for part in (raw["scheme"], raw.get("country", "england"), companies) if part)
    return str(raw["id"]) if kind == "calendar" else WHOLE
