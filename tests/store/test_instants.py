"""Instants are aware and UTC, whatever the database stores."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import StatementError

from homebuy_plugin.exceptions import NaiveDatetime
from homebuy_plugin.store import tables
from homebuy_plugin.store.instants import database_now

WHEN = datetime(2026, 7, 1, 9, 0, 0, 5, tzinfo=ZoneInfo("Europe/London"))


def store(conn, at):
    values = {"started_at": at, "now_used": at, "plugins": "", "report": {}}
    conn.execute(insert(tables.tick), [values])


def test_an_instant_comes_back_in_utc(conn):
    store(conn, WHEN)
    [found] = conn.execute(select(tables.tick.c.started_at)).scalars()
    assert found == datetime(2026, 7, 1, 8, 0, 0, 5, tzinfo=UTC)
    assert found.tzinfo is UTC


def test_order_and_comparison_are_those_of_time(conn):
    whole = datetime(2026, 7, 1, 8, tzinfo=UTC)
    for at in (
        whole + timedelta(microseconds=1),
        whole,
        WHEN,
        whole.astimezone(timezone(timedelta(hours=-9))),
    ):
        store(conn, at)
    t = tables.tick.c
    found = conn.execute(select(t.started_at).order_by(t.started_at)).scalars().all()
    assert found == [whole, whole, whole + timedelta(microseconds=1), WHEN]
    assert len(conn.rows(select(t.id).where(t.started_at <= whole))) == 2


def test_a_naive_instant_is_refused(conn):
    with pytest.raises((NaiveDatetime, StatementError), match="no time zone"):
        store(conn, datetime(2026, 7, 1))


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_sqlite_keeps_text_of_one_width(conn):
    store(conn, WHEN)
    assert (
        conn.raw.execute(text("SELECT started_at FROM homebuy_tick")).scalar()
        == "2026-07-01T08:00:00.000005+00:00"
    )


def test_the_clock_is_read_in_utc_and_moves_on_within_a_transaction(conn):
    first, second = database_now(conn), database_now(conn)
    assert first.utcoffset() == timedelta(0)
    assert first <= second
