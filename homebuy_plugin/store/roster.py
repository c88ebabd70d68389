"""The landlord's whole directory, read once for as long as nobody changes it.

Whoever writes officers, roles or absences puts a mark of its own on the database; whoever knows
that mark need not read them again.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import literal, select

from homebuy_plugin.store import journal, tables
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.types import Contact, Officer

_Span = tuple[date | None, date | None, str]
_DAYS = 256
"""For so many roles and dates a roster remembers who is in them."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Roster:
    """Officers, roles and absences as they stood at one time. Never changes; safe between threads.

    Attributes:
        contacts: by ``user:ID`` and ``role:ID``.
        memberships: role to the spans, half-open, in which officers are in it.
        absences: officer to the spans, half-open, in which they are away.
        limits: officer to capacity and first day gone, of those who have either.
    """

    contacts: Mapping[str, Contact] = field(default_factory=dict)
    memberships: Mapping[str, list[_Span]] = field(default_factory=dict)
    absences: Mapping[str, list[_Span]] = field(default_factory=dict)
    limits: Mapping[str, tuple[int | None, date | None]] = field(default_factory=dict)
    _members: dict[tuple[str, date], tuple[Officer, ...]] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, conn: StoreConnection) -> "Roster":
        """What is on file now."""
        contacts = {
            f"{kind}:{ident}": Contact(kind=kind, id=ident, name=name, address=address)
            for kind, ident, name, address in conn.execute(_CONTACTS)
        }
        limits = {who: (capacity, left) for who, capacity, left in conn.execute(_LIMITS)}
        return cls(
            contacts=contacts,
            memberships=_spans(conn, _MEMBERS),
            absences=_spans(conn, _ABSENCES),
            limits=limits,
        )

    def contact(self, key: str) -> Contact:
        """Name and address of ``kind:id``; one nobody knows has only its id."""
        found = self.contacts.get(key)
        if found is None:
            kind, _, ident = key.partition(":")
            found = Contact(kind=kind, id=ident)
        return found

    def members(self, role: str, on: date) -> tuple[Officer, ...]:
        """The officers in a role on a date, by id."""
        found = self._members.get((role, on))
        if found is None:
            if len(self._members) >= _DAYS:
                self._members.clear()
            found = self._members[role, on] = self._in_role(role, on)
        return found

    def _in_role(self, role: str, on: date) -> tuple[Officer, ...]:
        ids = {who for start, end, who in self.memberships.get(role, ()) if _includes(start, end, on)}
        return tuple(Officer(id=who, name=self.contact(f"user:{who}").name) for who in sorted(ids))

    def capacity(self, officer: str) -> int | None:
        """How many open cases rules may give an officer; None for any number."""
        return self.limits.get(officer, _NO_LIMITS)[0]

    def gone(self, officer: str, on: date) -> bool:
        """Whether an officer is no longer with the landlord on a date."""
        left = self.limits.get(officer, _NO_LIMITS)[1]
        return left is not None and left <= on

    def away(self, officer: str, on: date) -> bool:
        """Whether an officer is away on a date."""
        return any(_includes(start, end, on) for start, end, _ in self.absences.get(officer, ()))


_NO_LIMITS = (None, None)


class Rosters:
    """The roster of one database, kept for the life of the process while its mark stays.

    The mark is asked in each transaction that needs the roster. Every change writes one that never
    was before, in its own transaction: two transactions that see one mark see the same roster.
    """

    def __init__(self) -> None:
        self._kept: tuple[str | None, Roster] | None = None

    def current(self, conn: StoreConnection) -> Roster:
        """The roster as this transaction sees it."""
        mark = journal.mark(conn, journal.ROSTER)
        kept = self._kept
        if kept is not None and kept[0] == mark:
            return kept[1]
        roster = Roster.read(conn)
        if journal.mark(conn, journal.ROSTER) == mark:  # else it was changed while it was read
            self._kept = mark, roster
        return roster


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
