"""The formats ``homebuy.officers/1`` and ``homebuy.cases/1``: a landlord to try things on."""

from collections.abc import Iterator
from typing import ClassVar

from homebuy_plugin.documents.diagnostics import Diagnostic, problem
from homebuy_plugin.documents.fields import (
    Instant,
    IsoDate,
    Listed,
    Mapped,
    Matching,
    Scalar,
    Slug,
    Text,
    Whole,
)
from homebuy_plugin.documents.pack_schema import FileSchema, dates_in_order
from homebuy_plugin.documents.strict import Check, Inside, Sound, StrictSchema


class OfficerSchema(StrictSchema):
    """An officer."""

    what = "an officer"
    id = Text(required=True, least=1, most=200)
    name = Text(required=True, least=1, most=200)
    address = Text(most=300)
    capacity = Whole(least=0, most=100_000, allow_none=True)
    left_on = IsoDate(allow_none=True)


class RoleMemberSchema(StrictSchema):
    """Who is in a role."""

    what = "a member"
    also: ClassVar[tuple[Check, ...]] = (dates_in_order,)
    id = Text(required=True, least=1, most=200)
    effective_from = IsoDate(allow_none=True)
    effective_to = IsoDate(allow_none=True)


class RoleSchema(StrictSchema):
    """A role."""

    what = "a role"
    id = Slug(required=True)
    name = Text(required=True, least=1, most=200)
    members = Listed(Inside(RoleMemberSchema), most=500)


def _ends_after_start(found: Sound) -> Iterator[Diagnostic]:
    if "from" in found and "to" in found and found["to"] <= found["from"]:
        message = f"“to” ({found['to']}) is not after “from” ({found['from']})."
        yield problem("HB020", message, "“to” is the first day back.", "/to")


class AbsenceSchema(StrictSchema):
    """When an officer is away."""

    what = "an absence"
    also: ClassVar[tuple[Check, ...]] = (_ends_after_start,)
    officer = Text(required=True, least=1, most=200)
    start = IsoDate(required=True, data_key="from")
    end = IsoDate(required=True, data_key="to")
    reason = Text(most=200)


class OfficersSchema(FileSchema):
    """A file of officers."""

    what = "an officers file"
    officers = Listed(Inside(OfficerSchema), most=5_000, required=True)
    roles = Listed(Inside(RoleSchema), most=1_000)
    absences = Listed(Inside(AbsenceSchema), most=5_000)


class ApplicantSchema(StrictSchema):
    """A person who applies."""

    what = "an applicant"
    name = Text(required=True, least=1, most=200)
    id = Text(most=200)
    address = Text(most=500, lines=True)
    language = Matching(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", "a language tag", "cy")


class CaseSchema(StrictSchema):
    """A sample case."""

    what = "a case"
    reference = Text(required=True, least=1, most=100)
    scheme = Slug(required=True)
    country = Slug()
    company = Slug(allow_none=True)
    served_on = IsoDate(allow_none=True)
    creator = Text(most=200, allow_none=True)
    applicants = Listed(Inside(ApplicantSchema), most=20)
    facts = Mapped(Slug(), Scalar())
    created_at = Instant(required=True)


class CasesSchema(FileSchema):
    """A file of sample cases."""

    what = "a cases file"
    cases = Listed(Inside(CaseSchema), most=10_000, required=True)
