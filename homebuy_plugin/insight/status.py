"""How do we stand? What is late, what is stuck, and whether the machinery runs."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, func, select

from homebuy_plugin.insight.colours import OPEN_CASE, ClockLine, clock_lines
from homebuy_plugin.insight.machinery import Machinery, machinery
from homebuy_plugin.insight.moment import present, simulated_until
from homebuy_plugin.insight.wording import COLOURS, count
from homebuy_plugin.store import claims, letters, outbox, tables
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.journal import TickRun
from homebuy_plugin.store.outbox import OutboxItem
from homebuy_plugin.store.transactions import reading
from homebuy_plugin.workbench import Bench, Desk

OVERDUE_AFTER = timedelta(hours=1)
"""A wake-up left for so long means that nobody ticks."""

UNDELIVERED = (letters.FAILED, letters.UNTAKEN, letters.DEAD, letters.HELD, letters.UNDELIVERABLE)
MOST = 1000
"""Lines of one kind that are read; the counts are always of all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ErroredRung:
    """A rule that could not be evaluated for a case."""

    reference: str
    rule: str
    instant: datetime
    attempts: int
    retry_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Status:
    """How the landlord stands at an instant.

    Attributes:
        simulated: the time is a simulation's own.
        cases: number of cases in each status.
        colours: number of clocks in each colour, zeros included.
        lines: the clocks themselves, soonest due first.
        needs_owner: references.
        names: names of officers and roles by ``kind:id``.
        outbox: number of notices and actions in each state.
        undelivered: those nobody got, the oldest first.
        overdue: wake-ups that a tick should have seen to; lag: the age of the oldest of them.
        machinery: how the ticks go.
    """

    now: datetime
    simulated: bool
    cases: Mapping[str, int]
    colours: Mapping[str, int]
    lines: tuple[ClockLine, ...]
    needs_owner: tuple[str, ...]
    names: Mapping[str, str]
    errored: tuple[ErroredRung, ...]
    outbox: Mapping[str, int]
    undelivered: tuple[OutboxItem, ...]
    last_tick: TickRun | None
    overdue: int
    lag: timedelta
    machinery: Machinery = field(default_factory=Machinery)

    @property
    def attention(self) -> tuple[str, ...]:
        """What needs somebody's attention, one sentence each; empty is green."""
        return tuple(_attention(self))


def status(desk: Desk, engine: Engine, now: datetime | None = None) -> Status:
    """How the landlord stands, read in one snapshot.

    ``now`` None is the database's clock, or a simulation's own time.
    """
    with reading(engine, desk.library.settings.schema) as conn:
        at = now or present(conn)
        bench = Bench.of(desk, conn, conn.raw, dry=True)
        lines = tuple(clock_lines(conn, bench.shelf, at))
        owners = {key for line in lines for key in line.owners}
        due, simulated = claims.due(conn, at), simulated_until(conn) is not None
        runs = machinery(conn, at, simulated=simulated)
        return Status(
            now=at,
            simulated=simulated,
            cases=_cases(conn),
            colours=dict.fromkeys(COLOURS, 0) | Counter(line.colour for line in lines),
            lines=lines,
            needs_owner=_needs_owner(conn),
            names={key: bench.directory.contact(key).name or key.partition(":")[2] for key in owners},
            errored=_errored(conn),
            outbox=outbox.counts(conn),
            undelivered=tuple(outbox.listed(conn, UNDELIVERED, limit=MOST)),
            last_tick=next(iter(runs.ticks), None),
            overdue=due.wakeups,
            lag=max(at - due.oldest, timedelta(0)) if due.oldest else timedelta(0),
            machinery=runs,
        )


def _cases(conn: StoreConnection) -> dict[str, int]:
    t = tables.case.c
    return {row[0]: row[1] for row in conn.execute(select(t.status, func.count()).group_by(t.status))}


def _needs_owner(conn: StoreConnection) -> tuple[str, ...]:
    t = tables.case.c
    query = select(t.reference).where(t.needs_owner, t.status.in_(OPEN_CASE)).order_by(t.unowned_at, t.id)
    return tuple(conn.execute(query).scalars())


def _errored(conn: StoreConnection) -> tuple[ErroredRung, ...]:
    r, c = tables.rung.c, tables.case.c
    query = (
        select(c.reference, r.rule, r.instant, r.attempts, r.retry_at)
        .join_from(tables.rung, tables.case, c.id == r.case_id)
        .where(r.outcome == "errored")
        .order_by(r.id)
        .limit(MOST)
    )
    return tuple(ErroredRung(**row) for row in conn.rows(query))


def _attention(found: Status) -> Iterator[str]:
    red = found.colours["red"]
    if red:
        yield f"{count(red, 'target is', 'targets are')} past."
    if found.needs_owner:
        yield f"{count(len(found.needs_owner), 'case needs', 'cases need')} an owner."
    if found.errored:
        yield f"{count(len(found.errored), 'rule')} could not be applied."
    told: dict[str, Any] = {
        letters.FAILED: "failed and will be tried again",
        letters.UNTAKEN: "taken by no plugin",
        letters.DEAD: "given up after the last attempt: homebuy outbox retry --state dead",
        letters.HELD: "held back by the storm limit: homebuy outbox release --all",
        letters.UNDELIVERABLE: "for nobody: no recipient was there",
    }
    for state, words in told.items():
        if found.outbox.get(state):
            yield f"{count(found.outbox[state], 'notice')} {words}."
    if found.overdue and found.lag >= OVERDUE_AFTER:
        yield f"{count(found.overdue, 'wake-up is', 'wake-ups are')} overdue: is anybody calling the tick?"
    yield from found.machinery.attention
