"""Rows written in bulk: each value arrives as it is, or is refused; never cut, shifted or guessed."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from homebuy_plugin.exceptions import NaiveDatetime
from homebuy_plugin.store import cases, tables
from homebuy_plugin.store.bulk import Bulk
from homebuy_plugin.store.transactions import writing

KEY = ("case_id", "seq", "name")
NOTES = Bulk(kind="insert", table=tables.note, names=(*KEY, "text"))
NEWER = Bulk(kind="insert", table=tables.note, names=(*KEY, "text"), key=KEY)
# the key first, as in a row of a part: SQLite's statement asks for it last
MENDED = Bulk(kind="update", table=tables.note, names=(*KEY, "text"), key=KEY, keep=("text",))
GONE = Bulk(kind="delete", table=tables.note, names=KEY, key=KEY)
HOLDS = Bulk(
    kind="insert", table=tables.hold, names=("case_id", "seq", "scope", "started_at", "until", "released_at")
)
MOMENT = datetime(2026, 10, 25, 1, 30, 0, 7, tzinfo=UTC)


@pytest.fixture
def case_id(conn):
    return cases.reserve(conn, "HB-1")


def notes(conn):
    table = tables.note.c
    return [
        tuple(row.values())
        for row in conn.rows(select(table.seq, table.name, table.text).order_by(table.seq))
    ]


ODD = (
    "quote \" back\\slash 'and' {braces, NULL}",
    "tab\tline\r\nend \u2028 \x7f %s ?",
    "",
    "null",
    "Ŵ 😀",
    None,
    {"a": [1, 2.5, True, None], "long": 10**30},
    [],
    0,
)


def test_texts_and_json_of_every_kind_arrive_as_they_are(conn, case_id):
    NOTES.write(conn, [(case_id, seq, f"n{seq}", text) for seq, text in enumerate(ODD)])
    assert notes(conn) == [(seq, f"n{seq}", text) for seq, text in enumerate(ODD)]


def test_many_rows_stay_together_and_none_at_all_do_nothing(conn, case_id):
    NOTES.write(conn, [])
    rows = [(case_id, seq, f"n{seq}", seq * "x") for seq in range(700)]
    NOTES.write(conn, rows)
    assert notes(conn) == [row[1:] for row in rows]


def test_rows_are_renewed_mended_and_taken_away_by_their_key(conn, case_id):
    NOTES.write(conn, [(case_id, 1, "a", "one"), (case_id, 2, "b", "two"), (case_id, 3, "c", "three")])
    NEWER.write(conn, [(case_id, 1, "a", "new"), (case_id, 4, "d", "four")])
    MENDED.write(conn, [(case_id, 2, "b", None), (case_id, 3, "c", "mended"), (case_id, 9, "z", "nobody")])
    GONE.write(conn, [(case_id, 4, "d"), (case_id, 9, "z")])
    assert notes(conn) == [(1, "a", "new"), (2, "b", "two"), (3, "c", "mended")]


def test_instants_are_kept_to_the_microsecond_whatever_their_zone(conn, case_id):
    west = MOMENT.astimezone(timezone(-timedelta(hours=9)))
    HOLDS.write(
        conn, [(case_id, 1, "case", MOMENT, date(2026, 3, 29), None), (case_id, 2, "case", west, None, west)]
    )
    rows = conn.rows(select(tables.hold).order_by(tables.hold.c.seq))
    assert [(r["started_at"], r["until"], r["released_at"]) for r in rows] == [
        (MOMENT, date(2026, 3, 29), None),
        (MOMENT, None, MOMENT),
    ]


def test_an_instant_without_a_zone_is_refused(conn, case_id):
    with pytest.raises(NaiveDatetime):
        HOLDS.write(conn, [(case_id, 1, "case", MOMENT.replace(tzinfo=None), None, None)])


def test_what_is_not_json_is_refused_by_name(conn, case_id):
    with pytest.raises(TypeError, match="datetime is not JSON"):
        NOTES.write(conn, [(case_id, 1, "a", {"at": MOMENT})])


def test_a_text_too_long_or_not_writable_is_refused_never_cut(ready):
    """By PostgreSQL; SQLite has no longest text."""
    if ready.dialect.name == "sqlite":
        pytest.skip("PostgreSQL's own")
    for name in (81 * "x", "nul \0", "half \ud800"):
        with pytest.raises(DBAPIError), writing(ready) as conn:
            NOTES.write(conn, [(cases.reserve(conn, "HB-1"), 1, name, None)])
