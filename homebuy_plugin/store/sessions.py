"""The sessions and connections that a host passes in."""

from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, UnboundExecutionError
from sqlalchemy.orm import Session, scoped_session

from homebuy_plugin.exceptions import SessionError
from homebuy_plugin.store.connection import StoreConnection, connecting, not_connected
from homebuy_plugin.store.transactions import remember

HostSession = Session | scoped_session[Session] | Connection
"""What hosts may pass: all our work then belongs to its transaction."""

_ASYNC = "sqlalchemy.ext.asyncio"


def joined(session: HostSession, engine: Engine, schema: str | None = None) -> StoreConnection:
    """The connection of a host's session, inside the session's transaction.

    Args:
        session: a Session, a scoped_session or a Connection. A Session with ``binds`` only, which
            knows no engine for our tables, works on ``engine``.
        engine: the engine the package was created with.
        schema: schema of our tables.

    Raises:
        SessionError: nothing of that kind, an asynchronous one, or a call from inside a flush.
        UnsupportedDatabase: neither SQLite nor PostgreSQL.
    """
    connection = _connection(session, engine)
    _refuse_autocommit(connection)
    remember(connection)
    return StoreConnection(connection, schema)


def _connection(session: object, engine: Engine) -> Connection:
    if isinstance(session, Connection):
        return session
    if isinstance(session, scoped_session):
        session = session()
    if not isinstance(session, Session):
        _refuse_async(session)
        raise SessionError(
            f"A Session, scoped_session or Connection of SQLAlchemy is needed, not {_named(session)}."
        )
    _refuse_flushing(session)
    return _of_session(session, engine)


def _of_session(session: Session, engine: Engine) -> Connection:
    try:
        return session.connection()
    except UnboundExecutionError:
        with connecting():
            return session.connection(bind_arguments={"bind": engine})
    except DBAPIError as error:
        not_connected(error)


def _refuse_async(session: object) -> None:
    # By name, because importing the asynchronous classes needs greenlet.
    if any(c.__module__.startswith(_ASYNC) for c in type(session).__mro__):
        what = "connection" if "Connection" in type(session).__name__ else "session"
        raise SessionError(
            f"{type(session).__name__} is asynchronous. Write: "
            f"await {what}.run_sync(lambda s: hb.case_created(s, case))"
        )


def _refuse_flushing(session: Session) -> None:
    # SQLAlchemy has no public way to ask; a test fails should the attribute go away.
    if getattr(session, "_flushing", False):
        raise SessionError(
            "The session is being flushed. Call the package after the flush, not from one of its events."
        )


def _refuse_autocommit(connection: Connection) -> None:
    """Without a transaction of the caller's nothing could be taken back together."""
    asked = connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
    # On SQLite the driver's mode says nothing: hosts may begin by hand.
    driver: Any = connection.connection.dbapi_connection
    if asked or (connection.dialect.name == "postgresql" and driver.autocommit):
        raise SessionError(
            "The connection commits each statement by itself (AUTOCOMMIT). Pass one with a transaction: "
            "with engine.begin() as connection: ..."
        )


def _named(value: Any) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else f"a {type(value).__name__}"
