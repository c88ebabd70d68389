"""Does the machinery run? Ticks, their plugins and clocks, and what the database says of itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from homebuy_plugin.insight.wording import count
from homebuy_plugin.store import journal, server
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.journal import TickRun

SILENT_AFTER = timedelta(hours=1)
"""No tick for so long means that nobody calls it."""
TOGETHER = timedelta(hours=1)
"""Ticks within this time of the last one are looked at together."""
OLD = timedelta(minutes=10)
"""A transaction as old as this keeps dead rows at the head of the due index."""
SKEWED = timedelta(seconds=60)
_TICKS = 50


@dataclass(frozen=True, kw_only=True)
class Machinery:
    """How the ticks go.

    Attributes:
        ticks: the last ones within an hour of the latest, the latest first.
        silent: how long ago the last tick was; None where there was none, or time is a simulation's.
        mixed: two tickers run with different plugins.
        ahead: how far a ticker's own ``now`` was ahead of the database's clock.
        skew: how far this machine's clock is ahead of the database's.
        oldest_transaction: of others on this database (PostgreSQL), or None.
    """

    ticks: tuple[TickRun, ...] = ()
    silent: timedelta | None = None
    mixed: bool = False
    ahead: timedelta = timedelta(0)
    skew: timedelta = timedelta(0)
    oldest_transaction: timedelta | None = None

    @property
    def attention(self) -> tuple[str, ...]:
        """What needs somebody's attention, one sentence each."""
        return tuple(_attention(self))


def machinery(conn: StoreConnection, at: datetime, *, simulated: bool) -> Machinery:
    """How the ticks go, read in the caller's transaction."""
    runs = journal.last_ticks(conn, _TICKS)
    ticks = tuple(run for run in runs if runs[0].started_at - run.started_at <= TOGETHER)
    lives = bool(ticks) and not simulated
    return Machinery(
        ticks=ticks,
        silent=at - ticks[0].started_at if lives else None,
        mixed=took_turns([run.plugins for run in ticks]),
        ahead=max((run.now_used - run.started_at for run in ticks), default=timedelta(0))
        if lives
        else timedelta(0),
        skew=server.clock_skew(conn),
        oldest_transaction=server.oldest_transaction(conn),
    )


def took_turns(plugins: Sequence[str]) -> bool:
    """Whether one set of plugins came back after another: an upgrade changes them once, two tickers again."""
    changes = [one for one, before in zip(plugins, (None, *plugins), strict=False) if one != before]
    return len(changes) > len(set(changes))


def _attention(found: Machinery) -> Iterator[str]:
    if found.silent is not None and found.silent >= SILENT_AFTER:
        yield f"No tick ran for {_spell(found.silent)}: is anybody calling it?"
    if found.mixed:
        yield "Two tickers run with different plugins: what one takes, the other does not know."
    if found.ahead > SKEWED:
        yield f"A ticker's clock is {_spell(found.ahead)} ahead of the database's: pass now=None."
    if abs(found.skew) > SKEWED:
        way = "ahead of" if found.skew > timedelta(0) else "behind"
        yield f"This machine's clock is {_spell(abs(found.skew))} {way} the database's."
    if found.oldest_transaction is not None and found.oldest_transaction > OLD:
        age = _spell(found.oldest_transaction)
        yield f"A transaction has been open for {age}: dead rows cannot be cleaned, and ticks get slow."
    yield from _last_tick(found)


def _last_tick(found: Machinery) -> Iterator[str]:
    report = found.ticks[0].report if found.ticks else {}
    errors = report.get("errors", ())
    if errors:
        met = count(report.get("errors_met", len(errors)), "error")
        yield f"The last tick met {met}; the first: {errors[0]['message']}"
    if report.get("timed_out"):
        yield "The last tick ran out of time: run more tickers, or give them more (max_seconds)."
    elif report.get("deferred"):
        yield f"The last tick left {count(report['deferred'], 'case')} that somebody was busy with."


def _spell(length: timedelta) -> str:
    minutes = round(length.total_seconds() / 60)
    if minutes < 1:
        return count(round(length.total_seconds()), "second")
    return count(minutes, "minute") if minutes < 120 else count(minutes // 60, "hour")
