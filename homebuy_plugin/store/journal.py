"""What the database remembers of itself: ticks that ran, and marks it bears."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select

from homebuy_plugin.store import tables
from homebuy_plugin.store.cases import insert_into
from homebuy_plugin.store.connection import StoreConnection

SIMULATION = "simulation"
"""Mark of a database whose time is not the world's; ``demo`` sets it."""

ROSTER = "roster"
"""Mark that every change of officers, roles and absences makes anew."""

DOCUMENTS = "documents"
"""Mark that every publication makes anew."""

PLUGINS = "plugins"
"""Mark that holds the fingerprint of the plugins that last delivered."""


@dataclass(frozen=True, slots=True)
class TickRun:
    """A tick that ran: when, for which instant, with which plugins, and its report as JSON."""

    started_at: datetime
    now_used: datetime
    plugins: str
    report: Mapping[str, Any]


def record_tick(conn: StoreConnection, run: TickRun) -> None:
    """Note a tick."""
    values = {
        "started_at": run.started_at,
        "now_used": run.now_used,
        "plugins": run.plugins,
        "report": dict(run.report),
    }
    conn.execute(insert(tables.tick), [values])


def last_ticks(conn: StoreConnection, limit: int = 1) -> list[TickRun]:
    """The last ticks, the latest first."""
    t = tables.tick.c
    query = select(t.started_at, t.now_used, t.plugins, t.report).order_by(t.id.desc()).limit(limit)
    return [TickRun(**row) for row in conn.rows(query)]


def mark(conn: StoreConnection, name: str) -> str | None:
    """The value of a mark, or None where the database does not bear it."""
    found = conn.ask("SELECT value FROM {home}homebuy_mark WHERE name = ?", name)
    return found[0][0] if found else None


def set_mark(conn: StoreConnection, name: str, value: str) -> None:
    """Set a mark."""
    insertion = insert_into(conn.dialect, tables.mark).values(name=name, value=value)
    conn.execute(insertion.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def renew_mark(conn: StoreConnection, name: str) -> None:
    """Set a mark to what it never was before, also not in a transaction that was rolled back."""
    set_mark(conn, name, secrets.token_hex(16))


def clear_mark(conn: StoreConnection, name: str) -> None:
    """Take a mark away."""
    conn.execute(delete(tables.mark).where(tables.mark.c.name == name))
