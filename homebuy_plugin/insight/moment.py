"""What time it is for a database: the world's, or, of a simulation, its own."""

from datetime import datetime

from sqlalchemy import Engine

from homebuy_plugin.store import journal
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.instants import database_now
from homebuy_plugin.store.transactions import reading


def simulated_until(conn: StoreConnection) -> datetime | None:
    """Where the time of a simulation stands; None for a database that lives in the world's time."""
    value = journal.mark(conn, journal.SIMULATION)
    return datetime.fromisoformat(value) if value else None


def move_simulation(conn: StoreConnection, until: datetime) -> None:
    """Mark a database as a simulation whose time stands at an instant, or move its time on."""
    journal.set_mark(conn, journal.SIMULATION, until.isoformat())


def present(conn: StoreConnection) -> datetime:
    """The instant that "now" means for this database."""
    return simulated_until(conn) or database_now(conn)


def own_now(engine: Engine, schema: str | None = None) -> datetime | None:
    """The instant to call a service with: a simulation's own; None, the clock's, for all others."""
    with reading(engine, schema) as conn:
        return simulated_until(conn)
