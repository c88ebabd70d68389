"""The formats ``homebuy.templates/1`` and ``homebuy.groups/1``."""

from collections.abc import Iterator
from typing import ClassVar

from homebuy_plugin.documents.diagnostics import Diagnostic, moved, problem
from homebuy_plugin.documents.fields import IsoDate, Listed, Matching, OneOf, Slug, Text
from homebuy_plugin.documents.letters import LONGEST_BODY, LONGEST_SUBJECT, explain_markup
from homebuy_plugin.documents.pack_schema import FileSchema, dates_in_order
from homebuy_plugin.documents.strict import Check, Inside, Sound, StrictSchema
from homebuy_plugin.engine.catalogue import is_slug


def _markup_is_whole(found: Sound) -> Iterator[Diagnostic]:
    for key in ("subject", "body"):
        for each in explain_markup(found.get(key, "")):
            yield moved(each, f"/{key}")


class TemplateSchema(StrictSchema):
    """A letter or message."""

    what = "a template"
    also: ClassVar[tuple[Check, ...]] = (_markup_is_whole,)
    id = Slug(required=True)
    name = Text(most=200)
    language = Matching(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", "a language tag", "cy")
    channel = Slug()
    subject = Text(required=True, most=LONGEST_SUBJECT)
    body = Text(required=True, least=1, most=LONGEST_BODY, lines=True)


class TemplatesSchema(FileSchema):
    """A file of templates."""

    what = "a templates file"
    templates = Listed(Inside(TemplateSchema), most=2_000, required=True)


def _role_is_a_code(found: Sound) -> Iterator[Diagnostic]:
    if found.get("kind") == "role" and "id" in found and not is_slug(found["id"]):
        yield problem("HB014", "The id of a role is a code.", "Small letters, digits, _ and -.", "/id")


class MemberSchema(StrictSchema):
    """A member of a group."""

    what = "a member"
    also: ClassVar[tuple[Check, ...]] = (dates_in_order, _role_is_a_code)
    kind = OneOf(("user", "role"), required=True)
    id = Text(required=True, least=1, most=200)
    effective_from = IsoDate(allow_none=True)
    effective_to = IsoDate(allow_none=True)


class GroupSchema(StrictSchema):
    """A stakeholder group."""

    what = "a group"
    id = Slug(required=True)
    name = Text(required=True, least=1, most=200)
    members = Listed(Inside(MemberSchema), most=500)


class GroupsSchema(FileSchema):
    """A file of groups."""

    what = "a groups file"
    groups = Listed(Inside(GroupSchema), most=1_000, required=True)
