"""A published version never changes."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from homebuy_plugin.exceptions import InvalidArgument
from homebuy_plugin.store import documents, journal, tables

NOW = datetime(2026, 11, 8, 9, tzinfo=UTC)
ABOUT = {"published_at": NOW, "author": "a.lyst", "reason": "new rule"}


def test_versions_count_up_for_each_kind_and_code(conn):
    assert documents.publish(conn, "pack", "right_to_buy", {"a": 1}, **ABOUT) == 1
    assert documents.publish(conn, "pack", "right_to_buy", {"a": 2}, **ABOUT) == 2
    assert documents.publish(conn, "allocation", "", {"a": 3}, **ABOUT) == 1
    found = documents.versions(conn, "pack")
    assert [(d.kind, d.code, d.version, d.published_at) for d in found] == [
        ("pack", "right_to_buy", 1, NOW),
        ("pack", "right_to_buy", 2, NOW),
    ]
    assert (found[0].author, found[0].reason) == ("a.lyst", "new rule")
    assert documents.body(conn, "pack", "right_to_buy", 1) == {"a": 1}
    assert len(documents.versions(conn)) == 3
    assert len(documents.versions(conn, code="")) == 1


def test_a_body_keeps_its_order(conn):
    written = {"zebra": 1, "apple": {"b": 1, "a": [2, {"d": 1, "c": 2}]}}
    version = documents.publish(conn, "pack", "x", written, **ABOUT)
    assert str(documents.body(conn, "pack", "x", version)) == str(written)


def test_equal_documents_have_equal_digests():
    assert documents.digest({"a": 1, "b": [1, "é"]}) == documents.digest({"b": [1, "é"], "a": 1})
    assert documents.digest({"a": 1}) != documents.digest({"a": 2})


def test_a_version_never_published_is_refused(conn):
    with pytest.raises(InvalidArgument, match="no version 4 of pack 'x'"):
        documents.body(conn, "pack", "x", 4)


def test_ticks_and_marks_are_remembered(conn):
    assert journal.last_ticks(conn) == []
    for hour in (9, 10):
        at = NOW.replace(hour=hour)
        journal.record_tick(conn, journal.TickRun(at, at, "f00", {"due": hour}))
    [last] = journal.last_ticks(conn)
    assert last == journal.TickRun(NOW.replace(hour=10), NOW.replace(hour=10), "f00", {"due": 10})
    assert journal.mark(conn, journal.SIMULATION) is None
    journal.set_mark(conn, journal.SIMULATION, "demo")
    journal.set_mark(conn, journal.SIMULATION, "demo 2")
    assert journal.mark(conn, journal.SIMULATION) == "demo 2"
    journal.clear_mark(conn, journal.SIMULATION)
    assert conn.rows(select(tables.mark)) == []
