"""The landlord's whole directory: a few short queries for any number of questions.

Each part is read when it is first asked for: most calls need names only.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import literal, select

from homebuy_plugin.store import tables
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.types import Contact, Officer

_Span = tuple[date | None, date | None, str]


@dataclass
class Roster:
    """Officers, roles and absences as one transaction sees them."""

    conn: StoreConnection

    @cached_property
    def contacts(self) -> Mapping[str, Contact]:
        """By ``user:ID`` and ``role:ID``."""
        return {
            f"{kind}:{ident}": Contact(kind=kind, id=ident, name=name, address=address)
            for kind, ident, name, address in self.conn.execute(_CONTACTS)
        }

    @cached_property
    def memberships(self) -> Mapping[str, list[_Span]]:
        """Role to the spans, half-open, in which officers are in it."""
        return _spans(self.conn, _MEMBERS)

    @cached_property
    def absences(self) -> Mapping[str, list[_Span]]:
        """Officer to the spans, half-open, in which they are away."""
        return _spans(self.conn, _ABSENCES)

    @cached_property
    def limits(self) -> Mapping[str, tuple[int | None, date | None]]:
        """Officer to capacity and first day gone, of those who have either."""
        return {who: (capacity, left) for who, capacity, left in self.conn.execute(_LIMITS)}

    def contact(self, key: str) -> Contact:
        """Name and address of ``kind:id``; one nobody knows has only its id."""
        kind, _, ident = key.partition(":")
        return self.contacts.get(key) or Contact(kind=kind, id=ident)

    def members(self, role: str, on: date) -> tuple[Officer, ...]:
        """The officers in a role on a date, by id."""
        found = sorted(
            {who for start, end, who in self.memberships.get(role, ()) if _includes(start, end, on)}
        )
        return tuple(Officer(id=who, name=self.contact(f"user:{who}").name) for who in found)

    def capacity(self, officer: str) -> int | None:
        """How many open cases rules may give an officer; None for any number."""
        return self.limits.get(officer, (None, None))[0]

    def gone(self, officer: str, on: date) -> bool:
        """Whether an officer is no longer with the landlord on a date."""
        left = self.limits.get(officer, (None, None))[1]
        return left is not None and left <= on

    def away(self, officer: str, on: date) -> bool:
        """Whether an officer is away on a date."""
        return any(_includes(start, end, on) for start, end, _ in self.absences.get(officer, ()))


def _includes(start: date | None, end: date | None, on: date) -> bool:
    return (start is None or start <= on) and (end is None or on < end)


def _spans(conn: StoreConnection, query: Any) -> Mapping[str, list[_Span]]:
    found: defaultdict[str, list[_Span]] = defaultdict(list)
    for key, officer, start, end in conn.execute(query):
        found[key].append((start, end, officer))
    return dict(found)


_o, _r, _m, _a = tables.officer.c, tables.role.c, tables.role_member.c, tables.absence.c
_CONTACTS = select(literal("user", literal_execute=True), _o.id, _o.name, _o.address).union_all(
    select(literal("role", literal_execute=True), _r.id, _r.name, literal("", literal_execute=True))
)
_MEMBERS = select(_m.role, _m.officer, _m.effective_from, _m.effective_to)
_LIMITS = select(_o.id, _o.capacity, _o.left_on).where(_o.capacity.is_not(None) | _o.left_on.is_not(None))
_ABSENCES = select(_a.officer, _a.officer.label("who"), _a.start_on, _a.end_on)
