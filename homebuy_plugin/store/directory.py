"""The landlord's own officers, roles and absences, and how work is spread among them.

A host that knows its officers better answers the hooks; these tables serve where nobody does.
"""

import functools
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Table, bindparam, delete, func, insert, or_, select, update

from homebuy_plugin.documents.model import Landlord, OfficerEntry
from homebuy_plugin.store import tables
from homebuy_plugin.store.cases import insert_into
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.types import Officer

_OPEN = ("open", "on_hold")


def import_landlord(conn: StoreConnection, landlord: Landlord) -> None:
    """Take over officers and roles by name; memberships and absences of those named are replaced."""
    _name(conn, tables.officer, [asdict(officer) for officer in landlord.officers])
    _name(conn, tables.role, [{"id": r.id, "name": r.name} for r in landlord.roles])
    _replace_members(conn, landlord)
    _replace_absences(conn, landlord)


def name_officer(conn: StoreConnection, id_: str, name: str, address: str = "") -> None:
    """Make or rename an officer."""
    _name(conn, tables.officer, [{"id": id_, "name": name, "address": address}])


def name_role(conn: StoreConnection, id_: str, name: str) -> None:
    """Make or rename a role."""
    _name(conn, tables.role, [{"id": id_, "name": name}])


def add_absence(conn: StoreConnection, officer: str, start: date, end: date, reason: str = "") -> None:
    """An officer is away ``start <= day < end``."""
    values = {"officer": officer, "start_on": start, "end_on": end, "reason": reason}
    conn.execute(insert(tables.absence), [values])


def officers(conn: StoreConnection, ids: Collection[str]) -> dict[str, OfficerEntry]:
    """Those of these officers that are known, by id."""
    t = tables.officer.c
    rows = conn.rows(select(tables.officer).where(t.id.in_(ids)))
    return {row["id"]: OfficerEntry(**row) for row in rows}


def officer_ids(conn: StoreConnection) -> list[str]:
    """The id of every officer."""
    return list(conn.execute(select(tables.officer.c.id)).scalars())


def set_left(conn: StoreConnection, officer: str, on: date | None) -> None:
    """An officer is gone from a local date on; None: is not."""
    conn.execute(update(tables.officer).where(tables.officer.c.id == officer).values(left_on=on))


def names(conn: StoreConnection) -> dict[str, str]:
    """The name of every officer and role, by ``user:ID`` and ``role:ID``."""
    users = conn.execute(select(tables.officer.c.id, tables.officer.c.name)).all()
    roles = conn.execute(select(tables.role.c.id, tables.role.c.name)).all()
    return {f"user:{row[0]}": row[1] for row in users} | {f"role:{row[0]}": row[1] for row in roles}


def in_role(conn: StoreConnection, role: str, on: date) -> list[Officer]:
    """The officers in a role on a date, by id."""
    m, o = tables.role_member.c, tables.officer.c
    query = (
        select(m.officer, func.coalesce(func.max(o.name), "").label("name"))
        .join_from(tables.role_member, tables.officer, o.id == m.officer, isouter=True)
        .where(m.role == role, _in_force(m.effective_from, m.effective_to, on))
        .group_by(m.officer)
        .order_by(m.officer)
    )
    return [Officer(id=row["officer"], name=row["name"]) for row in conn.rows(query)]


def absent(conn: StoreConnection, ids: Collection[str], on: date) -> set[str]:
    """Those of these officers who are away on a date."""
    t = tables.absence.c
    query = select(t.officer).where(t.officer.in_(ids), t.start_on <= on, t.end_on > on)
    return set(conn.execute(query).scalars())


def open_cases(conn: StoreConnection, owners: Collection[str]) -> dict[str, int]:
    """How many open cases each of these owners (``user:ID``) has; none counts as 0."""
    found = conn.execute(_OPEN_CASES, {"owners": list(owners)})
    return dict.fromkeys(owners, 0) | {row[0]: row[1] for row in found}


def last_assigned(conn: StoreConnection, owners: Collection[str]) -> dict[str, datetime]:
    """When each of these owners last got a case; those who never got one are missing."""
    return {row[0]: row[1] for row in conn.execute(_LAST_ASSIGNED, {"owners": list(owners)})}


_own = tables.case_owner.c
_OWNED = _own.owner.in_(bindparam("owners", expanding=True))
_LAST_ASSIGNED = select(_own.owner, func.max(_own.since)).where(_OWNED).group_by(_own.owner)
_OPEN_CASES = (
    select(_own.owner, func.count())
    .join_from(tables.case_owner, tables.case, tables.case.c.id == _own.case_id)
    .where(_OWNED, _own.current, tables.case.c.status.in_(_OPEN))
    .group_by(_own.owner)
)


class Position(NamedTuple):
    """How far a role's turns have come: who had the last one, and how many there were."""

    last: str | None = None
    turns: int = 0


def round_robin(conn: StoreConnection, roles: Collection[str]) -> dict[str, Position]:
    """Lock the round-robin positions of roles, and give them.

    Lock them last, after every case: they are locked in order of code, and shared by all cases.
    """
    wanted = sorted(set(roles))
    if not wanted:
        return {}
    conn.execute(_start(conn.dialect), [{"role": role, "last_officer": None, "turns": 0} for role in wanted])
    return _positions(conn, wanted, lock=conn.locks_rows)


def turns_taken(conn: StoreConnection, roles: Collection[str]) -> dict[str, Position]:
    """The positions of these roles; nothing is locked or written."""
    return dict.fromkeys(roles, Position()) | _positions(conn, roles, lock=False)


def _positions(conn: StoreConnection, roles: Collection[str], *, lock: bool) -> dict[str, Position]:
    found = conn.execute(_LOCKED_POSITIONS if lock else _POSITIONS, {"roles": list(roles)})
    return {row[0]: Position(row[1], row[2]) for row in found}


@functools.cache
def _start(dialect: str) -> Any:
    return insert_into(dialect, tables.round_robin).on_conflict_do_nothing(index_elements=["role"])


_turn = tables.round_robin.c
_POSITIONS = (
    select(_turn.role, _turn.last_officer, _turn.turns)
    .where(_turn.role.in_(bindparam("roles", expanding=True)))
    .order_by(_turn.role)
)
_LOCKED_POSITIONS = _POSITIONS.with_for_update()


def take_turn(conn: StoreConnection, role: str, position: Position) -> None:
    """Write how far a role has come; its position is locked by :func:`round_robin`."""
    t = tables.round_robin
    values = {"last_officer": position.last, "turns": position.turns}
    conn.execute(update(t).where(t.c.role == role).values(values))


def _in_force(start: Any, end: Any, on: date) -> ColumnElement[bool]:
    begun = or_(start.is_(None), start <= on)
    return begun & or_(end.is_(None), end > on)


def _name(conn: StoreConnection, table: Table, values: list[Mapping[str, Any]]) -> None:
    if not values:
        return
    statement = insert_into(conn.dialect, table)
    rest = {name: statement.excluded[name] for name in values[0] if name != "id"}
    conn.execute(statement.on_conflict_do_update(index_elements=["id"], set_=rest), values)


def _replace_members(conn: StoreConnection, landlord: Landlord) -> None:
    t = tables.role_member
    conn.execute(delete(t).where(t.c.role.in_([r.id for r in landlord.roles])))
    rows = [
        {"role": r.id, "officer": m.id, "effective_from": m.effective_from, "effective_to": m.effective_to}
        for r in landlord.roles
        for m in r.members
    ]
    if rows:
        conn.execute(insert(t), rows)


def _replace_absences(conn: StoreConnection, landlord: Landlord) -> None:
    named = {o.id for o in landlord.officers} | {a.officer for a in landlord.absences}
    conn.execute(delete(tables.absence).where(tables.absence.c.officer.in_(named)))
    for away in landlord.absences:
        add_absence(conn, away.officer, away.start, away.end, away.reason)
