"""One case, one worker at a time."""

import sqlite3
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, update

from homebuy_plugin.exceptions import RetryTransaction
from homebuy_plugin.store import cases, claims, tables
from homebuy_plugin.store.events import mark_handed_over, unpublished
from homebuy_plugin.store.saving import CaseWrite, save
from homebuy_plugin.store.transactions import writing
from homebuy_plugin.workflow.fold import fold

NOW = datetime(2026, 11, 8, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)

only_postgresql = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
only_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def due_cases(ready, blank_script):
    """Three cases: HB-2 due first (twice), then HB-1 and HB-3; HB-4 is due later."""
    wanted = {
        "HB-1": {"a": NOW - HOUR},
        "HB-2": {"a": NOW - 2 * HOUR, "b": NOW - HOUR},
        "HB-3": {"a": NOW},
        "HB-4": {"a": NOW + HOUR},
    }
    with writing(ready) as conn:
        for reference, wakeups in wanted.items():
            script = blank_script(reference)
            save(conn, [CaseWrite(None, None, fold(script.events), script.events, wakeups)])
    return ready


def references(conn, ids):
    return [loaded.state.reference for loaded in cases.load(conn, ids)]


def test_due_cases_come_oldest_first_and_once(due_cases):
    with writing(due_cases) as conn:
        ids = claims.claim(conn, NOW, 10)
        assert references(conn, ids) == ["HB-2", "HB-1", "HB-3"]
        assert references(conn, claims.claim(conn, NOW, 10, skip=ids[:1])) == ["HB-1", "HB-3"]
        assert references(conn, claims.claim(conn, NOW, 2)) == ["HB-2", "HB-1"]
        assert claims.claim(conn, NOW - 3 * HOUR, 10) == []


def test_what_is_due_is_counted(due_cases):
    with writing(due_cases) as conn:
        assert claims.due(conn, NOW) == claims.Due(wakeups=4, cases=3, oldest=NOW - 2 * HOUR)
        assert claims.due(conn, NOW - 3 * HOUR) == claims.Due(0, 0, None)
        put_off = claims.claim(conn, NOW, 2)
        assert claims.due(conn, NOW, put_off).cases == 1
        assert claims.next_due(conn) == NOW - 2 * HOUR


def test_nothing_is_due_in_an_empty_database(conn):
    assert claims.claim(conn, NOW, 10) == []
    assert claims.next_due(conn) is None


@only_postgresql
def test_a_case_another_tick_has_is_passed_over(due_cases):
    with writing(due_cases) as one, writing(due_cases) as two:
        assert references(one, claims.claim(one, NOW, 2)) == ["HB-2", "HB-1"]
        assert references(two, claims.claim(two, NOW, 10)) == ["HB-3"]
        assert claims.due(two, NOW).cases == 3


@only_postgresql
def test_a_case_a_host_is_changing_is_passed_over(due_cases):
    with writing(due_cases) as host, writing(due_cases) as tick:
        cases.lock(host, "HB-2")
        assert references(tick, claims.claim(tick, NOW, 10)) == ["HB-1", "HB-3"]


def test_however_many_were_put_off_the_others_are_claimed(due_cases):
    """More than a statement of PostgreSQL can have parameters."""
    with writing(due_cases) as conn:
        first, *others = claims.claim(conn, NOW, 10)
        assert len(others) == 2
        assert claims.claim(conn, NOW, 10, skip={first, *range(10_000, 80_000)}) == others


@only_postgresql
def test_a_tick_that_passed_a_case_over_holds_nothing_of_it(due_cases):
    """Otherwise the host would wait for the tick to write the wake-ups of its own case."""
    with writing(due_cases) as tick, writing(due_cases) as host:
        case_id = cases.lock(host, "HB-2")
        claims.claim(tick, NOW, 10)
        host.raw.exec_driver_sql("SET LOCAL lock_timeout = '2s'")
        t = tables.wakeup.c
        host.execute(update(tables.wakeup).where(t.case_id == case_id).values(due_at=NOW + HOUR))


@only_postgresql
def test_a_host_waits_for_the_tick_that_has_its_case(due_cases):
    with writing(due_cases) as tick, writing(due_cases) as host:
        claims.claim(tick, NOW, 10)
        host.raw.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
        with pytest.raises(RetryTransaction, match="55P03"):
            cases.lock(host, "HB-2")
        host.raw.rollback()


@only_postgresql
def test_a_case_just_advanced_is_not_claimed_again(due_cases):
    """The second claim reads the wake-up as the first one left it, not as it was before."""
    with writing(due_cases) as first:
        ids = claims.claim(first, NOW, 1)
        [loaded] = cases.load(first, ids)
        write = CaseWrite(loaded.case_id, loaded.state, loaded.state, (), {"a": NOW + HOUR}, loaded.wakeups)
        save(first, [write])
    with writing(due_cases) as second:
        assert references(second, claims.claim(second, NOW, 10)) == ["HB-1", "HB-3"]


@only_sqlite
def test_on_sqlite_a_second_writer_is_told_to_try_again(due_cases):
    impatient = create_engine(due_cases.url, connect_args={"timeout": 0})
    other = sqlite3.connect(due_cases.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(RetryTransaction, match="Another connection is writing"), writing(impatient):
        pass
    other.close()
    impatient.dispose()


def test_two_creations_at_once_make_one_case(ready, blank_script):
    """The second waits for the first, then finds its case."""
    script = blank_script()
    state = fold(script.events)
    holding, got = threading.Event(), []

    def second():
        holding.wait(10)
        with writing(ready, wait=True) as conn:
            got.append(cases.reserve(conn, "HB-1"))
            got.append(cases.lock(conn, "HB-1"))
            got.append(cases.load_one(conn, "HB-1").state)

    thread = threading.Thread(target=second)
    thread.start()
    with writing(ready) as conn:
        [case_id] = save(conn, [CaseWrite(None, None, state, script.events)])
        holding.set()
        thread.join(0.2)
        assert got == []
    thread.join(20)
    assert got == [None, case_id, state]


def test_a_creation_that_failed_leaves_the_reference_free(ready):
    def fail():
        with writing(ready) as conn:
            cases.reserve(conn, "HB-1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with writing(ready) as conn:
        assert cases.reserve(conn, "HB-1") is not None


def test_events_are_told_once_in_order(due_cases):
    with writing(due_cases) as conn:
        waiting = unpublished(conn, 3)
        assert [(w.reference, w.event.seq, w.event.kind) for w in waiting] == [
            (f"HB-{n}", 1, "case_created") for n in (1, 2, 3)
        ]
        mark_handed_over(conn, [w.id for w in waiting], NOW)
        mark_handed_over(conn, [], NOW)
        assert [w.reference for w in unpublished(conn, 3)] == ["HB-4"]


@only_postgresql
def test_events_another_process_tells_are_passed_over(due_cases):
    with writing(due_cases) as one, writing(due_cases) as two:
        assert len(unpublished(one, 3)) == 3
        assert [w.reference for w in unpublished(two, 3)] == ["HB-4"]
