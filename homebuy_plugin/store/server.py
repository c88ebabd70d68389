"""The database server's own state, as far as it touches us: its clock, and who keeps it from cleaning."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.instants import database_now

_OLDEST = """
SELECT max(age) FROM (
    SELECT clock_timestamp() - xact_start AS age FROM pg_stat_activity
    WHERE datname = current_database() AND backend_xmin IS NOT NULL AND pid <> pg_backend_pid()
    UNION ALL
    SELECT clock_timestamp() - prepared FROM pg_prepared_xacts WHERE database = current_database()
) AS transactions
"""


def oldest_transaction(conn: StoreConnection) -> timedelta | None:
    """Age of the oldest transaction on this database that keeps dead rows from being cleaned away.

    PostgreSQL only, otherwise None. Transactions of other roles are seen by members of
    ``pg_read_all_stats`` alone.
    """
    if conn.dialect != "postgresql":
        return None
    found: timedelta | None = conn.execute(text(_OLDEST)).scalar_one()
    return found


def clock_skew(conn: StoreConnection) -> timedelta:
    """How far this machine's clock is ahead of the database's; nothing on SQLite, which has no own."""
    if conn.dialect == "sqlite":
        return timedelta(0)
    return datetime.now(UTC) - database_now(conn)  # noqa: TID251 - only compared, never used
