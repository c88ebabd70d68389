"""Which versions of packs and calendars the cases that are not closed are pinned to."""

from typing import Any

from sqlalchemy import ColumnElement, func, select

from homebuy_plugin.store import tables
from homebuy_plugin.store.connection import StoreConnection

_c = tables.case.c


def in_use(conn: StoreConnection, kind: str, code: str) -> dict[int, int]:
    """Version to how many cases that are not closed are pinned to it, newest first."""
    pin = _pin(kind, code)
    if pin is None:
        return {}
    chosen = select(pin, func.count()).where(_c.status != "closed", pin.is_not(None))
    if kind == "pack":
        chosen = chosen.where(_c.pack == code)
    found = conn.execute(chosen.group_by(pin).order_by(pin.desc()))
    return {int(version): int(number) for version, number in found}


def _pin(kind: str, code: str) -> ColumnElement[Any] | None:
    if kind == "pack":
        return _c.pack_version
    return _c.calendars[code].as_integer() if kind == "calendar" else None


def live_cases(conn: StoreConnection, after: int, limit: int) -> list[int]:
    """Ids of cases that are not closed, in order, beginning after one: to look at all in parts."""
    query = select(_c.id).where(_c.status != "closed", _c.id > after).order_by(_c.id).limit(limit)
    return list(conn.execute(query).scalars())
