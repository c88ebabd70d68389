"""The tick: decide what fell due, in short transactions, then hand over what was decided.

Any number of processes may tick at once. A case somebody else is busy with is put off, not
waited for; a case that errs is put off and reported, and the others go on.
"""

import gc
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Engine

from homebuy_plugin.arguments import check_now
from homebuy_plugin.asking import Answers
from homebuy_plugin.exceptions import DatabaseError
from homebuy_plugin.outbox import COUNTED, REFUSALS, deliver, refusal
from homebuy_plugin.store import cases, claims, journal, outbox
from homebuy_plugin.store.cases import LoadedCase
from homebuy_plugin.store.claims import Due
from homebuy_plugin.store.connection import StoreConnection, brief
from homebuy_plugin.store.letters import COLLAPSED, NOTICE, UNDELIVERABLE
from homebuy_plugin.store.saving import CaseWrite
from homebuy_plugin.store.transactions import reading, writing
from homebuy_plugin.types import TickError, TickReport
from homebuy_plugin.workbench import Bench, Desk, finished, instant
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.events import RUNG_DECIDED
from homebuy_plugin.workflow.settle import settle

T = TypeVar("T")

BATCH = {"postgresql": 500, "sqlite": 200}
_TRIES = 3
_SHRINK = 8
_LONGEST_TURN, _PAUSE = 2.0, 0.1
"""Seconds: on SQLite others are let in after so many, for so many."""
_KEPT = 100
"""So many errors of a tick stay on record, and how many there were: every case may have met one."""


@dataclass(slots=True)
class Tally:
    """What was decided so far.

    Attributes:
        put_off: cases that erred; they are not claimed again in this tick.
    """

    decided: int = 0
    escalated: int = 0
    notices: int = 0
    undeliverable: int = 0
    opened: int = 0
    released: int = 0
    collapsed: int = 0
    errors: list[TickError] = field(default_factory=list)
    put_off: set[int] = field(default_factory=set)

    def count(self, case: Casework, write: CaseWrite) -> None:
        """Count one case that was decided."""
        for ev in case.events:
            if ev.kind == RUNG_DECIDED:
                self.decided += 1
                self.escalated += ev.data["outcome"] == "fired"
                self.collapsed += ev.data["outcome"] == "collapsed"
        for row in write.outbox:
            self.notices += row.kind == NOTICE and row.state != COLLAPSED
            self.undeliverable += row.state == UNDELIVERABLE
        self.opened += case.opened
        self.released += case.released
        for message in case.errors:
            self.errors.append(TickError(reference=case.state.reference, where="rule", message=message))

    def add(self, other: "Tally") -> None:
        """Count what a batch did, once it is committed."""
        for name in ("decided", "escalated", "notices", "undeliverable", "opened", "released", "collapsed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.errors += other.errors
        self.put_off |= other.put_off

    def put_aside(self, case_id: int, reference: str | None, where: str, error: Exception) -> None:
        """A case erred: leave it for the next tick and say so."""
        self.put_off.add(case_id)
        self.errors.append(TickError(reference=reference, where=where, message=brief(error)))

    def refused(self, claimed: Mapping[int, str | None], error: Exception) -> None:
        """The database would not have these cases written, or not even claimed."""
        for case_id, reference in claimed.items():
            self.put_aside(case_id, reference, "database", error)
        if not claimed:
            self.errors.append(TickError(reference=None, where="database", message=brief(error)))

    def report(self, due: Due, now: datetime) -> TickReport:
        """The report without what was handed over and what is left."""
        return TickReport(
            due=due.wakeups,
            decided=self.decided,
            escalated=self.escalated,
            notices=self.notices,
            undeliverable=self.undeliverable,
            opened=self.opened,
            released=self.released,
            collapsed=self.collapsed,
            oldest_lag=max(now - due.oldest, timedelta(0)) if due.oldest else timedelta(0),
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
        began = instant(conn, None)
        at = began if now is None else now
        due = claims.due(conn, at)
    tally = decide(desk, engine, at, over)
    handed = deliver(desk, engine, at if now is not None else None, over)
    report = replace(
        tally.report(due, at),
        **{name: getattr(handed, name) for name in COUNTED},
        timed_out=over(),
        errors=(*tally.errors, *handed.errors),
    )
    return _closed(desk, engine, began, at, report, tally.put_off)


def _time_limit(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def decide(desk: Desk, engine: Engine, at: datetime, over: Callable[[], bool]) -> Tally:
    """Batch after batch; what the database refuses is tried again in smaller parts."""
    total, full = Tally(), _full_batch(desk, engine)
    size, tries, more, let_in = full, 0, True, _turns(engine)
    while more:
        claimed: dict[int, str | None] = {}
        try:
            with _uncollected():
                done = _batch(desk, engine, at, size, total.put_off, claimed)
            total.add(done)
            size, tries, more = min(full, size * 2), 0, bool(claimed)
        except REFUSALS as refused:
            size, tries = max(1, size // _SHRINK), tries + 1
            if tries >= _TRIES and len(claimed) <= 1:
                total.refused(claimed, refused)
                tries, more = 0, bool(claimed)
        more = more and not over()
        if more:
            let_in()
    return total


def _turns(engine: Engine) -> Callable[[], None]:
    """What lets others write between two batches, when the tick has kept them waiting for long enough.

    SQLite has one writer at a time and no queue: who waits asks again, ten times a second in the end, and
    would hardly ever ask just between two batches. After a while an officer's own patience is over.
    """
    since = time.monotonic()

    def let_in() -> None:
        nonlocal since
        if engine.dialect.name == "sqlite" and time.monotonic() - since >= _LONGEST_TURN:
            time.sleep(_PAUSE)  # noqa: TID251 - a pause long enough that everybody who waits has asked
            since = time.monotonic()

    return let_in


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without Python's search for cycles of objects, unless the host goes without it anyway.

    A batch makes objects by the thousand and hardly a cycle; to look for some, time and again, through
    everything that lives in the process would take a fifth of its time.
    """
    searched = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searched:
            gc.enable()


def _full_batch(desk: Desk, engine: Engine) -> int:
    return desk.library.settings.batch or BATCH[engine.dialect.name]


def _batch(
    desk: Desk,
    engine: Engine,
    at: datetime,
    size: int,
    put_off: set[int],
    claimed: dict[int, str | None],
) -> Tally:
    """One transaction; ``claimed`` says afterwards, also after an error, whose cases it had."""
    done = Tally()
    with writing(engine, desk.library.settings.schema, wait=True) as conn:
        claimed |= dict.fromkeys(claims.claim(conn, at, size, put_off))
        if claimed:
            bench = Bench.of(desk, conn, conn.raw)
            loaded = cases.load(conn, list(claimed))
            claimed |= {each.case_id: each.state.reference for each in loaded}
            audited = desk.port.has("homebuy_audit")
            decided = [_settled(bench, each, at, done, audited) for each in loaded]
            bench.save([write for write in decided if write is not None])
            done.errors += [
                TickError(reference=None, where="stakeholders", message=message)
                for message in bench.directory.answers.errors
            ]
    return done


def _settled(bench: Bench, loaded: LoadedCase, at: datetime, done: Tally, audited: bool) -> CaseWrite | None:
    """One case, decided; None when it erred: it is put off and reported, the others go on."""
    given = bench.directory.given()
    try:
        case, write = _audited(bench, loaded, at) if audited else _checked(bench, loaded, at)
    except (*REFUSALS, DatabaseError):
        raise
    except Exception as error:  # one case must not stop the others
        bench.directory.back_to(given)
        done.put_aside(loaded.case_id, loaded.state.reference, "case", error)
        return None
    done.count(case, write)
    return write


def _audited(bench: Bench, loaded: LoadedCase, at: datetime) -> tuple[Casework, CaseWrite]:
    """In a savepoint, which costs two round trips: only an audit can leave something half done."""
    with bench.conn.raw.begin_nested():
        case, write = _checked(bench, loaded, at)
        bench.audit(loaded.state.reference, write.events)
    return case, write


def _checked(bench: Bench, loaded: LoadedCase, at: datetime) -> tuple[Casework, CaseWrite]:
    case, write = _worked(bench, loaded, at)
    late = [subject for subject, due in write.wakeups.items() if due <= at]
    if late:
        raise RuntimeError(f"still due after its tick: {', '.join(late)}")
    return case, write


def _worked(bench: Bench, loaded: LoadedCase, at: datetime) -> tuple[Casework, CaseWrite]:
    case = bench.open(loaded, at)
    settle(case, at)
    return case, finished(case, loaded.case_id, loaded.state, loaded.wakeups)


def _closed(
    desk: Desk, engine: Engine, began: datetime, at: datetime, report: TickReport, put_off: Collection[int]
) -> TickReport:
    """What is left, and the note of this tick; a database that refuses the note is reported."""
    try:
        with writing(engine, desk.library.settings.schema, wait=True) as conn:
            left = claims.due(conn, at, put_off).cases
            after = _next(conn)
            late = left > 0 or (after is not None and after <= at)
            report = replace(report, deferred=left, next_due_at=after, timed_out=report.timed_out and late)
            plugins, told = desk.port.fingerprint(), as_json(replace(report, errors=report.errors[:_KEPT]))
            told["errors_met"] = len(report.errors)
            journal.record_tick(conn, journal.TickRun(began, at, plugins, told))
    except REFUSALS as refused:
        return replace(report, errors=(*report.errors, refusal(refused)))
    return report


def _next(conn: StoreConnection) -> datetime | None:
    """When there is something to do next: a case to look at, or a notice to offer again."""
    found = (claims.next_due(conn), outbox.next_try(conn))
    return min((at for at in found if at is not None), default=None)


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


def dry_run(
    desk: Desk, engine: Engine, now: datetime | None, look: Callable[[Casework], T]
) -> tuple[TickReport, list[T]]:
    """What a tick at ``now`` would decide; its transaction cannot write, and nothing is handed over.

    Batch after batch, as a tick: of a decided case only what ``look`` takes from it is kept.
    """
    check_now(now)
    tally, seen, size = Tally(), list[T](), _full_batch(desk, engine)
    with reading(engine, desk.library.settings.schema) as conn:
        at = instant(conn, now)
        due, ids = claims.due(conn, at), claims.due_cases(conn, at)
        bench = Bench.of(desk, conn, conn.raw, dry=True)
        for start in range(0, len(ids), size):
            bench.directory.answers = Answers(port=desk.port)  # each batch asks the host anew
            for loaded in cases.load(conn, ids[start : start + size]):
                case, write = _worked(bench, loaded, at)
                tally.count(case, write)
                seen.append(look(case))
        report = replace(tally.report(due, at), next_due_at=claims.next_due(conn))
    return report, seen
