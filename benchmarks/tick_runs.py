"""What is measured of the tick: each run gives seconds, next to its floor."""

import multiprocessing
import resource
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import text

from benchmarks.floors import OneCase, Written
from benchmarks.population import CREATED, DUE, MUCH_LATER, QUIET, Landlord, connected, create, opened, scalar
from benchmarks.spent import Spent, best, spent_on
from homebuy_plugin.tick import decide


def never() -> bool:
    return False


def nothing_due(landlord: Landlord, rounds: int = 60) -> float:
    """Seconds of a whole tick that finds nothing to do, in the best round."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        report = landlord.homebuy.tick(QUIET)
        times.append(time.perf_counter() - start)
        assert (report.due, report.errors) == (0, ()), report
    return min(times)


def tick_and_floor(landlord: Landlord, due: int, rounds: int = 3) -> dict[str, Any]:
    """The whole job and its floor, in turn on the same cases; the best of each."""
    written = Written.before(landlord.engine, DUE)
    ours, floors, rows, decided = [], [], {}, 0
    for _ in range(rounds):
        spent, tally = spent_on(
            landlord.engine, lambda: decide(landlord.homebuy.desk, landlord.engine, DUE, never)
        )
        assert (tally.notices, tally.errors) == (due, []), tally
        ours.append(spent)
        decided, rows = tally.decided, written.keep()
        _tidied(landlord, written)
        floors.append(spent_on(landlord.engine, written.write)[0])
        _tidied(landlord, written)
    return {"ours": best(ours), "floor": best(floors), "rows": rows, "decided": decided}


def _tidied(landlord: Landlord, written: Written) -> None:
    written.undo()
    with landlord.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as raw:
        if raw.dialect.name == "postgresql":
            for name in ("case", "wakeup", "event", "rung", "outbox"):
                raw.execute(text(f"VACUUM ANALYZE homebuy_{name}"))
            raw.execute(text("CHECKPOINT"))
        else:
            raw.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))


def tickers(landlord: Landlord, due: int, many: int) -> float:
    """Seconds until so many processes together have decided everything due, each case once."""
    written = Written.before(landlord.engine, DUE)
    url = landlord.engine.url.render_as_string(hide_password=False)
    context = multiprocessing.get_context("spawn")
    start, found = context.Barrier(many + 1), context.Queue()
    workers = [context.Process(target=_ticker, args=(url, DUE, start, found)) for _ in range(many)]
    for worker in workers:
        worker.start()
    start.wait()
    began = time.perf_counter()
    notices = sum(found.get() for _ in workers)
    seconds = time.perf_counter() - began
    for worker in workers:
        worker.join()
    assert notices == due == written.keep()["outbox"], (notices, due)
    _tidied(landlord, written)
    return seconds


def _ticker(url: str, now: datetime, start: Any, found: Any) -> None:
    engine = connected(url)
    homebuy = opened(engine)
    homebuy.tick(QUIET)  # what is published is read before the start
    start.wait()
    notices = 0
    while True:  # a case that another has locked is put off
        notices += decide(homebuy.desk, engine, now, never).notices
        with engine.connect() as raw:
            left = scalar(
                raw, "SELECT count(*) FROM homebuy_wakeup WHERE due_at <= :now", now=_bound(engine, now)
            )
        if not left:
            break
    found.put(notices)
    engine.dispose()


def _bound(engine: Any, now: datetime) -> Any:
    return now if engine.dialect.name == "postgresql" else now.isoformat(timespec="microseconds")


def officer(landlord: Landlord, due: int) -> dict[str, float]:
    """How long an officer's one-row write in the host's own table takes, alone and beside a tick."""
    with landlord.engine.begin() as raw:
        raw.execute(text("DROP TABLE IF EXISTS bench_host"))
        raw.execute(text("CREATE TABLE bench_host (id INTEGER PRIMARY KEY, edits INTEGER)"))
        raw.execute(text("INSERT INTO bench_host VALUES (1, 0)"))
    alone = _edits(landlord, time.perf_counter() + 2)
    written = Written.before(landlord.engine, DUE)
    url = landlord.engine.url.render_as_string(hide_password=False)
    context = multiprocessing.get_context("spawn")
    start, found = context.Barrier(2), context.Queue()
    worker = context.Process(target=_ticker, args=(url, DUE, start, found))
    worker.start()
    start.wait()
    done = threading.Event()
    threading.Thread(target=lambda: (found.get(), done.set()), daemon=True).start()
    beside = _edits(landlord, time.perf_counter() + 600, done.is_set)
    worker.join()
    _tidied(landlord, written)
    return {
        f"{which} {n}": _share(times, s)
        for which, times in (("alone", alone), ("beside", beside))
        for n, s in _SHARES
    }


_SHARES = (("p50", 0.5), ("p99", 0.99), ("max", 1.0))


def _share(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def _edits(landlord: Landlord, end: float, done: Callable[[], bool] = never) -> list[float]:
    times = []
    while time.perf_counter() < end and not done():
        start = time.perf_counter()
        with landlord.engine.begin() as raw:
            raw.execute(text("UPDATE bench_host SET edits = edits + 1 WHERE id = 1"))
        times.append(time.perf_counter() - start)
        time.sleep(0.002)  # noqa: TID251 - an officer thinks between two edits
    return times


def creation(landlord: Landlord, count: int, rounds: int = 3) -> dict[str, Spent]:
    """What the creation of one case takes, and its floor, one case a transaction."""
    engine, at = landlord.engine, CREATED["open"]
    create(landlord.homebuy, f"warm-{time.perf_counter()}", at)
    floor = OneCase(engine, landlord.ids["open"][0])
    ours, floors = [], []

    def make(name: str) -> None:
        for number in range(count):
            create(landlord.homebuy, f"{name}-{number}", at, number)

    for _ in range(rounds):
        ours.append(spent_on(engine, lambda: make(f"made-{time.perf_counter()}"))[0].each(count))
        floors.append(spent_on(engine, lambda: floor.write(count))[0].each(count))
    return {"ours": best(ours), "floor": best(floors)}


def memory(landlord: Landlord) -> dict[str, float]:
    """The most memory (MB) that a ticker of its own takes, with nothing due and with nearly everything."""
    url = landlord.engine.url.render_as_string(hide_password=False)
    with landlord.engine.connect() as raw:
        due = scalar(
            raw,
            "SELECT count(*) FROM homebuy_wakeup WHERE due_at <= :now",
            now=_bound(landlord.engine, MUCH_LATER),
        )
    context = multiprocessing.get_context("spawn")
    sizes = []
    for now in (QUIET, MUCH_LATER):
        found = context.Queue()
        worker = context.Process(target=_measured_ticker, args=(url, now, found))
        worker.start()
        sizes.append(found.get())
        worker.join()
    return {
        "due": due,
        "quiet": sizes[0][0],
        "busy": sizes[1][0],
        "seconds": sizes[1][1],
        "decided": sizes[1][2],
    }


_LONGEST = 30
"""Seconds that the memory of a ticker is watched: batches are alike, so it does not grow after that."""


def _measured_ticker(url: str, now: datetime, found: Any) -> None:
    engine = connected(url)
    homebuy = opened(engine)
    start = time.perf_counter()
    tally = decide(homebuy.desk, engine, now, lambda: time.perf_counter() > start + _LONGEST)
    seconds = time.perf_counter() - start
    found.put((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, seconds, tally.decided))
    engine.dispose()
