"""The typed values of letters, groups, calendars, facts, and of sample landlords."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal

from homebuy_plugin.documents.pack_model import LegalBasis
from homebuy_plugin.types import CaseFacts


@dataclass(frozen=True, kw_only=True)
class Template:
    """A letter or message with ``((placeholders))``."""

    id: str
    subject: str
    body: str
    language: str = "en"
    channel: str = "email"
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Member:
    """A member of a group with effective dates (half-open)."""

    kind: Literal["user", "role"]
    id: str
    effective_from: date | None = None
    effective_to: date | None = None


@dataclass(frozen=True, kw_only=True)
class Group:
    """A stakeholder group."""

    id: str
    name: str
    members: tuple[Member, ...] = ()

    def with_member(self, member: Member) -> "Group":
        """The same with one more member; to remove one, give it an end date."""
        return replace(self, members=(*self.members, member))


@dataclass(frozen=True, kw_only=True)
class DatedName:
    """A holiday: a date and what it is called."""

    date: date
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class PartDay:
    """A closure (whole day without times) or an extra opening (with times)."""

    date: date
    start: str | None = None
    end: str | None = None
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class ServiceMethod:
    """A way of sending documents, and when one is then taken to have been served.

    Attributes:
        method: its code, for example ``first_class``.
        after: days after it was sent.
        counts: ``days`` or ``business_days``.
        lands_on: ``any_day``, or ``business_day`` to move on to the next one.
    """

    method: str
    after: int
    name: str = ""
    counts: str = "days"
    lands_on: str = "any_day"
    legal_basis: LegalBasis = field(default_factory=LegalBasis)


@dataclass(frozen=True, kw_only=True)
class CalendarDef:
    """When the landlord is open. ``hours``: ``mon`` ... ``sun`` to intervals of HH:MM."""

    id: str
    hours: Mapping[str, tuple[tuple[str, str], ...]]
    name: str = ""
    timezone: str = "Europe/London"
    region: str = ""
    holidays: tuple[DatedName, ...] = ()
    closures: tuple[PartDay, ...] = ()
    openings: tuple[PartDay, ...] = ()
    service: tuple[ServiceMethod, ...] = ()

    def with_holiday(self, day: date, name: str) -> "CalendarDef":
        """The same with one more bank holiday, for example one proclaimed."""
        days = (*self.holidays, DatedName(date=day, name=name))
        return replace(self, holidays=tuple(sorted(days, key=lambda each: each.date)))


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """A fact that cases or tasks may have.

    Attributes:
        type: ``text number yes_no choice choices date date_time duration``.
        applies_to: ``case`` or ``task``.
        personal: kept where it can be erased, never shown in records.
        in_letters: whether letters may show it.
    """

    name: str
    type: str
    label: str = ""
    options: tuple[str, ...] = ()
    default: Any = None
    personal: bool = False
    in_letters: bool = False
    applies_to: str = "case"
    phrases: tuple[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class OfficerEntry:
    """An officer of the landlord.

    Attributes:
        capacity: how many open cases rules may give them at most; None for any number.
        left_on: the first local date on which they are no longer with the landlord.
    """

    id: str
    name: str
    address: str = ""
    capacity: int | None = None
    left_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class RoleMember:
    """Who is in a role, and from when until when (half-open)."""

    id: str
    effective_from: date | None = None
    effective_to: date | None = None


@dataclass(frozen=True, kw_only=True)
class RoleEntry:
    """A role of the sample landlord with its officers."""

    id: str
    name: str
    members: tuple[RoleMember, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AbsenceEntry:
    """An officer is away ``start <= day < end``."""

    officer: str
    start: date
    end: date
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Landlord:
    """Officers, roles and absences of a sample landlord."""

    officers: tuple[OfficerEntry, ...] = ()
    roles: tuple[RoleEntry, ...] = ()
    absences: tuple[AbsenceEntry, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CaseSample:
    """A sample case: what the host knows of it, and when it came in."""

    case: CaseFacts
    created_at: datetime
