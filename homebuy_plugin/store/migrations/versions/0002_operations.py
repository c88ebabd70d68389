"""What operators need; tables that every tick rewrites are vacuumed sooner.

Revision ID: 0002
Revises: 0001
"""

from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations

from homebuy_plugin.store.columns import Instant, Json

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _columns() -> list[tuple[str, sa.Column[Any]]]:
    """The columns that this revision adds, by table: nullable, or with a server default.

    Each stands in ``store/tables.py`` too, with the same server default.
    """
    return [
        ("homebuy_officer", sa.Column("capacity", sa.Integer)),
        ("homebuy_officer", sa.Column("left_on", sa.Date)),
        ("homebuy_case", sa.Column("live_from", Instant())),
        ("homebuy_case", sa.Column("links", Json)),
        ("homebuy_document", sa.Column("live_cases", sa.String(24), nullable=False, server_default="pin")),
        ("homebuy_outbox", sa.Column("urgent", sa.Boolean(), nullable=False, server_default=sa.false())),
        ("homebuy_outbox", sa.Column("digest", sa.String(500))),
        ("homebuy_case_owner", sa.Column("open", sa.Boolean(), nullable=False, server_default=sa.false())),
    ]


_WHERE_SET = (("homebuy_outbox", "digest"), ("homebuy_outbox", "handed_over_at"))
"""Partial indexes: of the rows that have a value in a column."""


_SETTINGS = {"autovacuum_vacuum_scale_factor": "0.02", "autovacuum_vacuum_threshold": "1000"}
_REWRITTEN = ("homebuy_clock", "homebuy_event")


def upgrade(op: Operations) -> None:
    """Add the columns; on PostgreSQL have the rewritten tables vacuumed sooner."""
    for table, column in _columns():
        op.add_column(table, column)
    for table, name in _WHERE_SET:
        where = sa.text(f"{name} IS NOT NULL")
        op.create_index(f"ix_{table}_{name}", table, [name], sqlite_where=where, postgresql_where=where)
    _mark_open(op)
    for table in _REWRITTEN:
        _alter(op, table, "SET (" + ", ".join(f"{k} = {v}" for k, v in _SETTINGS.items()) + ")")


def downgrade(op: Operations) -> None:
    """Take all of it away again; what waited in a digest or for an hour goes by itself."""
    op.execute(
        "UPDATE homebuy_outbox SET state = 'pending', attempts = 0, next_try_at = created_at "
        "WHERE state IN ('digested', 'held')"
    )
    op.drop_index("ix_homebuy_case_owner_open", "homebuy_case_owner")
    for table, name in _WHERE_SET:
        op.drop_index(f"ix_{table}_{name}", table)
    for table in _REWRITTEN:
        _alter(op, table, "RESET (" + ", ".join(_SETTINGS) + ")")
    for table, column in reversed(_columns()):
        op.drop_column(table, column.name)


def _mark_open(op: Operations) -> None:
    """Officers' open cases are counted by an index of their own."""
    op.execute(
        "UPDATE homebuy_case_owner SET open = current WHERE case_id IN "
        "(SELECT id FROM homebuy_case WHERE status IN ('open', 'on_hold'))"
    )
    op.create_index(
        "ix_homebuy_case_owner_open",
        "homebuy_case_owner",
        ["owner", "open"],
        sqlite_where=sa.text("open = 1"),
        postgresql_where=sa.text("open"),
    )


def _alter(op: Operations, table: str, what: str) -> None:
    """Storage parameters of one table (PostgreSQL)."""
    if op.get_context().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {table} {what}")
