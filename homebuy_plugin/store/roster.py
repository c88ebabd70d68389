"""The landlord's whole directory, read at once: a few short queries for any number of questions."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from homebuy_plugin.store import tables
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.types import Contact, Officer

_Span = tuple[date | None, date | None, str]


@dataclass(frozen=True, slots=True)
class Roster:
    """Officers, roles and absences as one transaction sees them.

    Attributes:
        contacts: by ``user:ID`` and ``role:ID``.
        memberships: role to the spans, half-open, in which officers are in it, by officer.
        absences: officer to the spans, half-open, in which they are away.
    """

    contacts: Mapping[str, Contact]
    memberships: Mapping[str, list[_Span]]
    absences: Mapping[str, list[_Span]]

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

    def away(self, officer: str, on: date) -> bool:
        """Whether an officer is away on a date."""
        return any(_includes(start, end, on) for start, end, _ in self.absences.get(officer, ()))


def _includes(start: date | None, end: date | None, on: date) -> bool:
    return (start is None or start <= on) and (end is None or on < end)


def read_roster(conn: StoreConnection) -> Roster:
    """The directory as it is now."""
    contacts = {
        f"user:{row['id']}": Contact(kind="user", id=row["id"], name=row["name"], address=row["address"])
        for row in conn.rows(select(tables.officer))
    }
    contacts |= {
        f"role:{row['id']}": Contact(kind="role", id=row["id"], name=row["name"])
        for row in conn.rows(select(tables.role))
    }
    m, a = tables.role_member.c, tables.absence.c
    members = select(
        m.role.label("key"), m.officer, m.effective_from.label("start"), m.effective_to.label("end")
    )
    absences = select(a.officer.label("key"), a.officer, a.start_on.label("start"), a.end_on.label("end"))
    return Roster(contacts, _spans(conn, members), _spans(conn, absences))


def _spans(conn: StoreConnection, query: Any) -> Mapping[str, list[_Span]]:
    found: defaultdict[str, list[_Span]] = defaultdict(list)
    for row in conn.rows(query):
        found[row["key"]].append((row["start"], row["end"], row["officer"]))
    return dict(found)
