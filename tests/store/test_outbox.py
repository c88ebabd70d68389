"""A row of the outbox is offered until somebody takes it, and to one at a time."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from homebuy_plugin.store import outbox, tables
from homebuy_plugin.store.letters import OutboxRow
from homebuy_plugin.store.saving import CaseWrite, save
from homebuy_plugin.store.transactions import writing
from homebuy_plugin.types import Contact
from homebuy_plugin.workflow.fold import fold

NOW = datetime(2026, 11, 8, 9, tzinfo=UTC)
TOMORROW = datetime(2026, 11, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def filled(ready, blank_script):
    """A case with three notices and an action."""
    script = blank_script()
    rows = [
        OutboxRow(
            key=f"k{n}",
            created_at=NOW + n * timedelta(seconds=1),
            rule="overdue",
            recipient=Contact(id="p.shah", kind="user", name="P Shah", address="p@example.org"),
            subject="Late",
            body="It is late.",
        )
        for n in range(3)
    ]
    rows.append(
        OutboxRow(
            key="a", created_at=NOW, rule="overdue", kind="action", name="open_ticket", params={"queue": 3}
        )
    )
    with writing(ready) as conn:
        save(conn, [CaseWrite(None, None, fold(script.events), script.events, outbox=rows)])
    return ready


def keys(items):
    return [item.key for item in items]


def test_rows_come_oldest_first_as_they_were_written(filled):
    with writing(filled) as conn:
        first, second = outbox.lease(conn, NOW + MINUTE, 2)
    assert (first.key, second.key) == ("k0", "a")
    assert first.recipient == Contact(id="p.shah", kind="user", name="P Shah", address="p@example.org")
    assert (first.attempts, second.params) == (1, {"queue": 3})


def test_only_kinds_asked_for_are_leased(filled):
    with writing(filled) as conn:
        assert keys(outbox.lease(conn, NOW + MINUTE, 9, kinds=["action"])) == ["a"]


def test_a_leased_row_is_nobody_elses_until_its_lease_runs_out(filled):
    with writing(filled) as conn:
        mine = outbox.lease(conn, NOW + MINUTE, 9)
    with writing(filled) as conn:
        assert outbox.lease(conn, NOW + MINUTE, 9) == []
        theirs = outbox.lease(conn, NOW + 2 * MINUTE, 9)
        assert keys(theirs) == [*keys(mine)[1:], "k0"], "the first may have stopped its holder"
        assert [item.attempts for item in theirs] == [1, 1, 1, 2], "the others were not offered"
        assert not outbox.delivered(conn, mine[0], NOW + 2 * MINUTE)
        assert outbox.delivered(conn, theirs[-1], NOW + 2 * MINUTE, "smtp")
    with writing(filled) as conn:
        [done] = outbox.listed(conn, ["delivered"])
        assert (done.detail, done.handed_over_at, done.attempts) == ("smtp", NOW + 2 * MINUTE, 2)


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_what_is_due_to_who_hangs_is_put_off_without_waiting_for_another_holder(filled):
    with writing(filled) as conn:
        outbox.lease(conn, NOW + MINUTE, 1)
    with writing(filled) as other, writing(filled) as conn:
        other.execute(select(tables.outbox).where(tables.outbox.c.key == "k2").with_for_update())
        conn.execute(text("SET LOCAL lock_timeout = '100ms'"))
        [again] = outbox.lease(conn, NOW + 3 * MINUTE, 1)
        assert (again.key, again.next_try_at) == ("k0", NOW + 4 * MINUTE)
    with writing(filled) as conn:
        due = {item.key: item.next_try_at for item in outbox.listed(conn, keys=("k1", "k2"))}
    assert due == {"k1": NOW + 4 * MINUTE, "k2": NOW + timedelta(seconds=2)}


def test_a_failure_is_tried_again_later_and_given_up_at_last(filled):
    now = NOW + MINUTE
    with writing(filled) as conn:
        for attempt in range(1, outbox.ATTEMPTS + 1):
            [item] = [i for i in outbox.lease(conn, now, 9) if i.key == "k0"]
            assert item.attempts == attempt
            assert outbox.failed(conn, item, now, "no route", ["mailer"])
            assert attempt == outbox.ATTEMPTS or outbox.next_try(conn) is not None
            now += timedelta(hours=2)
        [dead] = outbox.listed(conn, ["dead"])
        assert (dead.key, dead.last_error, dead.asked) == ("k0", "no route", ("mailer",))
        assert "k0" not in keys(outbox.lease(conn, now, 9))
        assert outbox.retry(conn, now, ["k0"]) == 1
        assert "k0" in keys(outbox.lease(conn, now, 9))


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 2), (2, 4), (5, 32), (6, 60), (12, 60)])
def test_the_wait_doubles_up_to_an_hour(attempts, minutes):
    wait = outbox.backoff("key", attempts) / timedelta(minutes=1)
    assert minutes * 0.9 <= wait <= minutes * 1.1
    assert outbox.backoff("key", attempts) == outbox.backoff("key", attempts)
    assert outbox.backoff("key", attempts) != outbox.backoff("other", attempts)


def test_what_nobody_takes_is_no_attempt_and_waits_for_the_next_day(filled):
    with writing(filled) as conn:
        for item in outbox.lease(conn, NOW + MINUTE, 9):
            assert outbox.untaken(conn, item, TOMORROW, ["mailer"])
        assert outbox.counts(conn)["untaken"] == 4
        assert outbox.lease(conn, NOW + timedelta(hours=3), 9) == []
        assert {i.attempts for i in outbox.lease(conn, TOMORROW, 9)} == {1}


def test_new_plugins_are_offered_what_nobody_took(filled):
    with writing(filled) as conn:
        for item in outbox.lease(conn, NOW + MINUTE, 9):
            outbox.untaken(conn, item, TOMORROW)
        assert outbox.offer_untaken(conn, NOW + 2 * MINUTE) == 4
        assert len(outbox.lease(conn, NOW + 2 * MINUTE, 9)) == 4


def test_two_senders_at_once_get_different_rows(filled):
    if filled.dialect.name != "postgresql":
        pytest.skip("SQLite lets one write at a time")
    with writing(filled) as one, writing(filled) as two:
        first = outbox.lease(one, NOW + MINUTE, 2)
        second = outbox.lease(two, NOW + MINUTE, 9)
    assert keys(first) == ["k0", "a"]
    assert keys(second) == ["k1", "k2"]


def test_counts_name_every_state(conn):
    assert outbox.counts(conn) == dict.fromkeys(
        (
            "pending",
            "delivered",
            "failed",
            "untaken",
            "held",
            "digested",
            "dead",
            "collapsed",
            "undeliverable",
        ),
        0,
    )
    assert outbox.next_try(conn) is None
