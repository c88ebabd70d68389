"""Bring two transactions to a point at which one waits for the other (PostgreSQL)."""

from sqlalchemy import Engine, text

_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
_LOOKS = 20_000


def until_somebody_waits(engine: Engine) -> None:
    """Go on when a session of this database waits for a lock.

    Raises:
        TimeoutError: nobody does, however often one looks.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watching:
        for _ in range(_LOOKS):
            if watching.execute(_WAITING).scalar_one():
                return
    raise TimeoutError("Nobody waits for a lock.")
