"""The database's clock: the only place in the package that reads a clock."""

from datetime import UTC, datetime

from sqlalchemy import func, select

from homebuy_plugin.store.connection import StoreConnection


def database_now(conn: StoreConnection) -> datetime:
    """The instant now, in UTC: PostgreSQL's own clock; on SQLite the machine's.

    Read it after the case is locked: within a transaction PostgreSQL's ``now()`` stands still,
    ``clock_timestamp()`` does not.
    """
    if conn.dialect == "sqlite":
        return datetime.now(UTC)  # noqa: TID251 - the one clock
    value: datetime = conn.execute(select(func.clock_timestamp())).scalar_one()
    return value.astimezone(UTC)
