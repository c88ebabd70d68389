"""procrastinate 3: one scheduled job for each due task.

``python procrastinate_jobs.py URL ITEMS CONCURRENCY``
"""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime

import procrastinate
from escalation_table import BODY, prepare
from sqlalchemy import create_engine, make_url

url = make_url(sys.argv[1])
wanted, concurrency = int(sys.argv[2]), int(sys.argv[3])
conninfo = f"host={url.query['host']} user={url.username} dbname={url.database}"
connector = procrastinate.PsycopgConnector(conninfo=conninfo)
app = procrastinate.App(connector=connector)


@app.task(queue="escalations")
async def fire(task: int) -> None:
    """The job: what an escalation writes."""
    async with connector.pool.connection() as connection:
        await connection.execute(
            "INSERT INTO peer_escalation (task, rule, at) VALUES (%s, 'overdue', now())", (task,)
        )
        await connection.execute(
            "INSERT INTO peer_message (task, recipient, subject, body) VALUES (%s, 'owner', 'Overdue', %s)",
            (task, BODY.format(task=task)),
        )


async def main() -> None:
    """Defer the jobs, then time a worker that finds them all due."""
    prepare(create_engine(url))
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        await fire.configure(schedule_at=datetime(2026, 1, 5, 9, tzinfo=UTC)).batch_defer_async(
            *({"task": n} for n in range(wanted))
        )
        started = time.perf_counter()
        await app.run_worker_async(wait=False, concurrency=concurrency, install_signal_handlers=False)
        seconds = time.perf_counter() - started
    print(json.dumps({"items": wanted, "seconds": seconds}))


asyncio.run(main())
