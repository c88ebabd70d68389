"""APScheduler 3: one stored date job for each due task; ``python apscheduler_jobs.py URL ITEMS``."""

import json
import sys
import threading
import time
from datetime import UTC, datetime

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from escalation_table import connect, escalate, prepare

LONG_PAST = datetime(2026, 1, 5, 9, tzinfo=UTC)
engine = connect(sys.argv[1])
wanted = int(sys.argv[2])
done: list[int] = []
finished = threading.Event()


def fire(task: int) -> None:
    """The job: what an escalation writes."""
    with engine.begin() as connection:
        escalate(connection, task, LONG_PAST)
    done.append(task)
    if len(done) >= wanted:
        finished.set()


def main() -> None:
    """Store the jobs, then time a scheduler that finds them all due."""
    prepare(engine)
    store = {"default": SQLAlchemyJobStore(engine=engine)}
    # One thread and no bound on instances: its own pool drops jobs above the bound.
    executors = {"default": ThreadPoolExecutor(1)}
    defaults = {"misfire_grace_time": None, "coalesce": True, "max_instances": wanted}
    scheduler = BackgroundScheduler(jobstores=store, executors=executors, job_defaults=defaults)
    scheduler.start(paused=True)
    for task in range(wanted):
        scheduler.add_job("__main__:fire", "date", run_date=LONG_PAST, args=[task])
    started = time.perf_counter()
    scheduler.resume()
    if not finished.wait(600):
        raise SystemExit(f"only {len(done)} of {wanted} ran")
    seconds = time.perf_counter() - started
    scheduler.shutdown()
    print(json.dumps({"items": wanted, "seconds": seconds}))


if __name__ == "__main__":
    main()
