"""What a job does when it fires: an escalation, a message and the next step, in one transaction."""

from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    insert,
)

metadata = MetaData()
escalation = Table(
    "peer_escalation",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task", Integer, nullable=False, unique=True),
    Column("rule", String(64), nullable=False),
    Column("at", DateTime, nullable=False),
)
message = Table(
    "peer_message",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task", Integer, nullable=False),
    Column("recipient", String(64), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("body", String(2000), nullable=False),
)
BODY = "Task {task} is overdue. Please act today, or tell your manager what is in the way."


def connect(url: str) -> Engine:
    """An engine; SQLite set for many small transactions, so that nobody is slowed by its defaults."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up)
    return engine


def _set_up(connection: Any, _: object) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def prepare(engine: Engine) -> None:
    """Make both tables."""
    metadata.create_all(engine)


def escalate(connection: Connection, task: int, at: object) -> None:
    """Write both rows; the caller commits."""
    connection.execute(insert(escalation).values(task=task, rule="overdue", at=at))
    text = BODY.format(task=task)
    connection.execute(insert(message).values(task=task, recipient="owner", subject="Overdue", body=text))
