"""The tick: decide what fell due, in short transactions, then hand over what was decided.

Any number of processes may tick at once. A case somebody else is busy with is put off, not
waited for; a case that errs is put off and reported, and the others go on.
"""

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from homebuy_plugin.asking import Answers
from homebuy_plugin.exceptions import RetryTransaction
from homebuy_plugin.library import Shelf
from homebuy_plugin.officers import CaseDirectory
from homebuy_plugin.outbox import deliver
from homebuy_plugin.progression import Desk, audit, check_now, finished, instant
from homebuy_plugin.store import cases, claims, journal
from homebuy_plugin.store.cases import LoadedCase
from homebuy_plugin.store.saving import CaseWrite, save
from homebuy_plugin.store.transactions import reading, writing
from homebuy_plugin.types import TickError, TickReport
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.settle import settle

BATCH = {"postgresql": 500, "sqlite": 200}
_TRIES = 3


@dataclass(slots=True)
class Tally:
    """What a tick has done so far."""

    now: datetime
    due: int = 0
    decided: int = 0
    escalated: int = 0
    notices: int = 0
    opened: int = 0
    released: int = 0
    collapsed: int = 0
    oldest: datetime | None = None
    errors: list[TickError] = field(default_factory=list)
    put_off: set[int] = field(default_factory=set)
    claimed: list[int] = field(default_factory=list)

    def report(self) -> TickReport:
        """The report without what was handed over."""
        return TickReport(
            due=self.due,
            decided=self.decided,
            escalated=self.escalated,
            notices=self.notices,
            opened=self.opened,
            released=self.released,
            collapsed=self.collapsed,
            oldest_lag=max(self.now - self.oldest, timedelta(0)) if self.oldest else timedelta(0),
            errors=tuple(self.errors),
        )


def tick(
    desk: Desk, engine: Engine, now: datetime | None, stop: Callable[[], bool] | None = None
) -> TickReport:
    """Decide everything due at ``now`` (None: the database's clock), then hand over.

    ``stop`` is asked between batches whether time is up; by default after ``max_seconds``.

    Raises:
        TickInsideTransaction: this thread has an open transaction (SQLite).
    """
    check_now(now)
    settings = desk.library.settings
    over = stop or _time_limit(settings.max_seconds)
    with reading(engine, settings.schema) as conn:
        tally = Tally(now=instant(conn, now))
        found = claims.due(conn, tally.now)
        tally.due, tally.oldest = found.wakeups, found.oldest
    size = settings.batch or BATCH[engine.dialect.name]
    while _batch(desk, engine, tally, size) and not over():
        pass
    handed = deliver(desk, engine, tally.now if now is not None else None, over)
    return _closed(desk, engine, tally, handed)


def _time_limit(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def _closed(desk: Desk, engine: Engine, tally: Tally, handed: TickReport) -> TickReport:
    """What is left, and the note of this tick."""
    settings = desk.library.settings
    with writing(engine, settings.schema, wait=True) as conn:
        left = claims.due(conn, tally.now)
        report = replace(
            tally.report(),
            delivered=handed.delivered,
            failed=handed.failed,
            untaken=handed.untaken,
            deferred=left.cases,
            next_due_at=claims.next_due(conn),
            errors=(*tally.errors, *handed.errors),
        )
        run = journal.TickRun(
            started_at=instant(conn, None),
            now_used=tally.now,
            plugins=desk.port.fingerprint(),
            report=as_json(report),
        )
        journal.record_tick(conn, run)
    return report


def as_json(report: TickReport) -> dict[str, Any]:
    """A report as plain JSON: lag in seconds, instants in ISO."""
    plain = {
        name: getattr(report, name)
        for name in report.__dataclass_fields__
        if name not in ("oldest_lag", "next_due_at", "errors")
    }
    plain["oldest_lag"] = report.oldest_lag.total_seconds()
    plain["next_due_at"] = report.next_due_at.isoformat() if report.next_due_at else None
    plain["errors"] = [
        {"reference": x.reference, "where": x.where, "message": x.message} for x in report.errors
    ]
    return plain


def _batch(desk: Desk, engine: Engine, tally: Tally, size: int) -> bool:
    """One transaction, tried again in smaller parts when the database refuses it.

    Returns:
        Whether there may be more to do.
    """
    for attempt in range(_TRIES):
        before = replace(tally, errors=list(tally.errors), put_off=set(tally.put_off))
        try:
            return _one_batch(desk, engine, tally, 1 if attempt == _TRIES - 1 else max(1, size >> attempt))
        except (RetryTransaction, DBAPIError) as lost:
            first, why = tally.claimed[:1], str(lost)
            _restore(tally, before)
    tally.put_off.update(first)
    tally.errors.append(TickError(reference=None, where="database", message=why))
    return bool(first)


def _restore(tally: Tally, before: Tally) -> None:
    for name in tally.__dataclass_fields__:
        setattr(tally, name, getattr(before, name))


def _one_batch(desk: Desk, engine: Engine, tally: Tally, size: int) -> bool:
    tally.claimed = []
    with writing(engine, desk.library.settings.schema, wait=True) as conn:
        tally.claimed = claims.claim(conn, tally.now, size, tally.put_off)
        if not tally.claimed:
            return False
        shelf, answers = desk.library.shelf(conn), Answers(port=desk.port)
        loaded = cases.load(conn, tally.claimed)
        save(
            conn,
            [w for w in (_settled(desk, shelf, answers, each, tally) for each in loaded) if w is not None],
        )
        tally.errors += [TickError(reference=None, where="stakeholders", message=m) for m in answers.errors]
    return True


def _settled(
    desk: Desk, shelf: Shelf, answers: Answers, loaded: LoadedCase, tally: Tally
) -> CaseWrite | None:
    """One case, decided; None when it erred: it is put off and reported, the others go on."""
    reference = loaded.state.reference
    try:
        # A savepoint costs two round trips a case; only an audit can leave something half done.
        with shelf.conn.raw.begin_nested() if desk.port.has("homebuy_audit") else nullcontext():
            case = _workbench(shelf, answers, loaded, tally.now)
            settle(case, tally.now)
            write = finished(case, loaded, loaded.case_id, loaded.wakeups)
            _check_progress(write, tally.now)
            audit(desk.port, shelf.conn.raw, reference, write.events)
    except (RetryTransaction, DBAPIError):
        raise
    except Exception as error:
        tally.put_off.add(loaded.case_id)
        tally.errors.append(
            TickError(reference=reference, where="case", message=f"{type(error).__name__}: {error}")
        )
        return None
    _count(case, write, tally)
    return write


def _check_progress(write: CaseWrite, now: datetime) -> None:
    late = [s for s, at in write.wakeups.items() if at <= now]
    if late:
        raise RuntimeError(f"still due after its tick: {', '.join(late)}")


def _workbench(shelf: Shelf, answers: Answers, loaded: LoadedCase, now: datetime) -> Casework:
    state = loaded.state
    world = shelf.world(
        state.scheme, state.country, state.company, pack_version=state.pack_version, calendars=state.calendars
    )
    directory = CaseDirectory(conn=shelf.conn, session=shelf.conn.raw, answers=answers, groups=shelf.groups())
    case = Casework(state.copy(), world, directory, max(now, state.last_at))
    directory.about(case)
    return case


def _count(case: Casework, write: CaseWrite, tally: Tally) -> None:
    rungs = [ev.data["outcome"] for ev in case.events if ev.kind == "rung_decided"]
    tally.decided += len(rungs)
    tally.escalated += sum(r == "fired" for r in rungs)
    tally.collapsed += sum(r == "collapsed" for r in rungs)
    tally.notices += sum(row.kind == "notice" and row.state != "collapsed" for row in write.outbox)
    tally.opened += case.opened
    tally.released += case.released
    tally.errors += [
        TickError(reference=case.state.reference, where="rule", message=message) for message in case.errors
    ]


def dry_run(desk: Desk, engine: Engine, now: datetime | None) -> tuple[TickReport, list[Casework]]:
    """What a tick at ``now`` would decide; its transaction cannot write, and nothing is handed over."""
    check_now(now)
    settings = desk.library.settings
    with reading(engine, settings.schema) as conn:
        tally = Tally(now=instant(conn, now))
        found = claims.due(conn, tally.now)
        tally.due, tally.oldest = found.wakeups, found.oldest
        shelf, answers = desk.library.shelf(conn), Answers(port=desk.port)
        worked = []
        for loaded in cases.load(conn, claims.due_cases(conn, tally.now)):
            case = _workbench(shelf, answers, loaded, tally.now)
            settle(case, tally.now)
            _count(case, finished(case, loaded, loaded.case_id, loaded.wakeups), tally)
            worked.append(case)
        report = replace(tally.report(), next_due_at=claims.next_due(conn))
    return report, worked
