"""Second pass over letters, groups, calendars and attributes."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import cast

from homebuy_plugin.documents.calendars import build_calendar
from homebuy_plugin.documents.diagnostics import Diagnostic, moved, problem
from homebuy_plugin.documents.landlord_set import LandlordSet
from homebuy_plugin.documents.letters import PLACEHOLDERS, placeholders
from homebuy_plugin.documents.model import Attribute, CalendarDef, Group, Template
from homebuy_plugin.documents.names import Names
from homebuy_plugin.documents.pack_checks import unknown
from homebuy_plugin.documents.rule_checks import Finding, twice
from homebuy_plugin.documents.values import from_json, to_json
from homebuy_plugin.documents.vocabulary import PROVIDER, with_attributes
from homebuy_plugin.exceptions import DuplicateName, HomeBuyError


def check_letters(landlord: LandlordSet) -> Iterator[Finding]:
    """Templates: ids, and every placeholder on the list."""
    yield from twice(
        landlord.templates,
        "/id",
        "HB308",
        "template",
        lambda template: (template.id, template.language, template.channel),
    )
    attributes = {entry.value.name: entry.value for entry in reversed(landlord.attributes)}
    for entry in landlord.templates:
        for found in _check_template(entry.value, attributes, "attributes" in landlord.partial):
            yield entry.source, moved(found, entry.pointer)


def _check_template(
    template: Template, attributes: dict[str, Attribute], partial: bool
) -> Iterator[Diagnostic]:
    shown = {name for name, attribute in attributes.items() if attribute.in_letters}
    for key, text in (("subject", template.subject), ("body", template.body)):
        for name in placeholders(text):
            if name in PLACEHOLDERS or name in shown:
                continue
            if name in attributes:
                message = f"The fact “{name}” may not be shown in letters."
                yield problem("HB307", message, 'Only attributes with "in_letters": true may.', f"/{key}")
            elif not partial:
                yield unknown("HB306", "placeholder", name, {*PLACEHOLDERS, *shown}, f"/{key}")


def check_groups(landlord: LandlordSet, names: Names) -> Iterator[Finding]:
    """Groups: ids, and members that exist."""
    yield from twice(landlord.groups, "/id", "HB310", "group", lambda group: group.id)
    for entry in landlord.groups:
        for found in _check_members(entry.value, names):
            yield entry.source, moved(found, entry.pointer)


def _check_members(group: Group, names: Names) -> Iterator[Diagnostic]:
    for index, member in enumerate(group.members):
        known = names.roles if member.kind == "role" else names.users
        if known is not None and member.id not in known:
            code, what = ("HB171", "role") if member.kind == "role" else ("HB172", "officer")
            yield unknown(code, what, member.id, known, f"/members/{index}/id")


def check_calendars(landlord: LandlordSet) -> Iterator[Finding]:
    """Calendars: ids, and that each can be laid out at all."""
    yield from twice(landlord.calendars, "/id", "HB406", "calendar", lambda calendar: calendar.id)
    for entry in landlord.calendars:
        wrong = why_impossible(entry.value)
        if wrong:
            yield entry.source, problem("HB407", f"This calendar cannot be: {wrong}", "", entry.pointer)


def why_impossible(calendar: CalendarDef) -> str:
    """What the clocks say against a calendar, or ""."""
    return _why_impossible(json.dumps(to_json("calendar", calendar)))


@lru_cache(maxsize=32)
def _why_impossible(text: str) -> str:
    """To lay a calendar out takes longer than all other checks, and most are published many times."""
    try:
        build_calendar(cast("CalendarDef", from_json("calendar", json.loads(text))))
    except HomeBuyError as error:
        return str(error)
    return ""


def check_attributes(landlord: LandlordSet) -> Iterator[Finding]:
    """Attributes: names that differ and that nothing else has taken."""
    yield from twice(landlord.attributes, "/name", "HB305", "attribute", lambda attribute: attribute.name)
    if landlord.catalogue is None:
        return
    for entry in landlord.attributes:
        taken = landlord.catalogue.variables.get(entry.value.name)
        if taken is not None and taken.provider == PROVIDER:
            continue
        try:
            with_attributes(landlord.catalogue, [entry.value])
        except DuplicateName:
            owner = taken.provider if taken else "another"
            kind = taken.type if taken else "other"
            message = f"The name “{entry.value.name}” is taken by {owner}, with the type {kind}."
            help = "Use that type, or another name."
            yield entry.source, problem("HB305", message, help, f"{entry.pointer}/name")
