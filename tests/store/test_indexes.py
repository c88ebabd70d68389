"""What a tick with nothing to do asks is answered from an index that holds only what is due."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from homebuy_plugin.store import claims, directory, outbox, tables
from homebuy_plugin.store.events import unpublished
from homebuy_plugin.testing.statements import statements

NOW = datetime(2026, 11, 8, 9, tzinfo=UTC)

QUESTIONS = {
    "claim": (lambda c: claims.claim(c, NOW, 100), "ix_homebuy_wakeup_due_at_case_id"),
    "due": (lambda c: claims.due(c, NOW), "ix_homebuy_wakeup_due_at_case_id"),
    "next due": (claims.next_due, "ix_homebuy_wakeup_due_at_case_id"),
    "lease": (lambda c: outbox.lease(c, NOW, 100), "ix_homebuy_outbox_waiting"),
    "next try": (outbox.next_try, "ix_homebuy_outbox_waiting"),
    "events to tell": (lambda c: unpublished(c, 100), "ix_homebuy_event_waiting"),
    "errored": (
        lambda c: c.rows(select(tables.rung.c.id).where(tables.is_errored)),
        "ix_homebuy_rung_errored",
    ),
    "open cases of officers": (lambda c: directory.shares(c, ["user:ann"]), "ix_homebuy_case_owner_open"),
    "unowned": (
        lambda c: c.rows(select(tables.case.c.id).where(tables.case.c.needs_owner)),
        "ix_homebuy_case_unowned",
    ),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_index_is_used(ready, conn, question):
    ask, index = QUESTIONS[question]
    with statements(ready) as asked:
        ask(conn)
    assert index in plan(conn, *asked[0])


def plan(conn, statement, parameters):
    explain = "EXPLAIN QUERY PLAN"
    if conn.dialect == "postgresql":
        # With no rows PostgreSQL reads the table: ask what it would do with many.
        conn.execute(text("SET LOCAL enable_seqscan = off"))
        conn.execute(text("SET LOCAL enable_bitmapscan = off"))
        explain = "EXPLAIN"
    return str(conn.raw.exec_driver_sql(f"{explain} {statement}", parameters).all())


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_sqlite_counts_open_cases_in_the_index_alone(ready, conn):
    """Where it has to look at the table for each case, it reads all of it instead."""
    with statements(ready) as asked:
        directory.shares(conn, ["user:ann"])
    assert "COVERING INDEX ix_homebuy_case_owner_open" in plan(conn, *asked[0])


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_postgresql_vacuums_rows_that_come_and_go_soon(conn):
    query = "SELECT relname FROM pg_class WHERE reloptions @> '{autovacuum_vacuum_scale_factor=0.02}'"
    found = conn.execute(text(query)).scalars().all()
    assert sorted(found) == ["homebuy_clock", "homebuy_event", "homebuy_outbox", "homebuy_wakeup"]
