"""The landlord's own officers, roles and absences, and how work is spread among them.

A host that knows its officers better answers the hooks; these tables serve where nobody does.
"""

import functools
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Table,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from homebuy_plugin.documents.model import Landlord, OfficerEntry
from homebuy_plugin.store import journal, tables
from homebuy_plugin.store.cases import insert_into
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.reading import instant_of
from homebuy_plugin.types import Officer


def import_landlord(conn: StoreConnection, landlord: Landlord) -> None:
    """Take over officers and roles by name; memberships and absences of those named are replaced."""
    _changed(conn)
    _name(conn, tables.officer, [asdict(officer) for officer in landlord.officers])
    _name(conn, tables.role, [{"id": r.id, "name": r.name} for r in landlord.roles])
    _replace_members(conn, landlord)
    _replace_absences(conn, landlord)


def name_officer(conn: StoreConnection, id_: str, name: str, address: str = "") -> None:
    """Make or rename an officer."""
    _changed(conn)
    _name(conn, tables.officer, [{"id": id_, "name": name, "address": address}])


def name_role(conn: StoreConnection, id_: str, name: str) -> None:
    """Make or rename a role."""
    _changed(conn)
    _name(conn, tables.role, [{"id": id_, "name": name}])


def add_absence(conn: StoreConnection, officer: str, start: date, end: date, reason: str = "") -> None:
    """An officer is away ``start <= day < end``."""
    _changed(conn)
    values = {"officer": officer, "start_on": start, "end_on": end, "reason": reason}
    conn.execute(insert(tables.absence), [values])


def _changed(conn: StoreConnection) -> None:
    """Have every process read the roster anew. First, so that who changes it waits for another."""
    journal.renew_mark(conn, journal.ROSTER)


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
    _changed(conn)
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


class Share(NamedTuple):
    """What an owner has of the work: open cases, and when they last got one."""

    open_cases: int = 0
    last: datetime | None = None


def shares(conn: StoreConnection, owners: Collection[str]) -> dict[str, Share]:
    """What each of these owners (``user:ID``) has."""
    found = conn.ask(_SHARES[conn.dialect], json.dumps(list(owners)))
    return {owner: Share(count, _instant(last)) for owner, count, last in found}


def _instant(found: datetime | str | None) -> datetime | None:
    return instant_of(found) if isinstance(found, str) else found


_SHARE = (
    "SELECT given.value, (SELECT count(*) FROM {{home}}homebuy_case_owner WHERE owner = given.value AND {}), "
    "(SELECT max(since) FROM {{home}}homebuy_case_owner WHERE owner = given.value) FROM {} AS given"
)
"""For each owner two questions that an index answers, however many cases they ever had."""
_SHARES = {
    "sqlite": _SHARE.format("open = 1", "json_each(?)"),
    "postgresql": _SHARE.format("open", "json_array_elements_text(CAST(? AS json))"),
}


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
    found = _positions(conn, wanted, lock=conn.locks_rows)
    missing = [role for role in wanted if role not in found]
    if missing:
        conn.execute(_start(conn.dialect), [{"role": r, "last_officer": None, "turns": 0} for r in missing])
        found = _positions(conn, wanted, lock=conn.locks_rows)
    return found


def turns_taken(conn: StoreConnection, roles: Collection[str]) -> dict[str, Position]:
    """The positions of these roles; nothing is locked or written."""
    return dict.fromkeys(roles, Position()) | _positions(conn, roles, lock=False)


def _positions(conn: StoreConnection, roles: Collection[str], *, lock: bool) -> dict[str, Position]:
    """All are looked at, which is one statement that never changes; there are not many."""
    found = conn.ask(f"{_POSITIONS} FOR UPDATE" if lock else _POSITIONS)
    return {role: Position(last, turns) for role, last, turns in found if role in roles}


@functools.cache
def _start(dialect: str) -> Any:
    return insert_into(dialect, tables.round_robin).on_conflict_do_nothing(index_elements=["role"])


_POSITIONS = "SELECT role, last_officer, turns FROM {home}homebuy_round_robin ORDER BY role"


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
