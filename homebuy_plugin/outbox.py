"""Hand over what was decided: notices and actions at least once, events once told.

A row is leased in one short transaction, offered to the plugins in none, and marked in
another. Whoever is killed in between leaves a lease that runs out; the row is then offered
again under the same key.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, PendingRollbackError

from homebuy_plugin.arguments import check_now
from homebuy_plugin.asking import Outcome
from homebuy_plugin.delivery_policy import Person, person
from homebuy_plugin.dispatch import LEASE, Parcel, action, notice, take
from homebuy_plugin.exceptions import RetryTransaction, TransactionEnded
from homebuy_plugin.store import events, journal, outbox
from homebuy_plugin.store.connection import StoreConnection, brief
from homebuy_plugin.store.events import StoredEvent
from homebuy_plugin.store.letters import ACTION
from homebuy_plugin.store.outbox import OutboxItem
from homebuy_plugin.store.transactions import writing
from homebuy_plugin.types import Event, TickError, TickReport
from homebuy_plugin.workbench import Desk, instant

COUNTED = ("delivered", "failed", "untaken", "dead", "postponed", "held", "digests")
"""What a hand-over counts in a ``TickReport``."""

REFUSALS = (RetryTransaction, TransactionEnded, DBAPIError, PendingRollbackError)
"""What a transaction of a tick may end with; what it did is undone, and done again by the next."""
_AT_ONCE = 100
_PATIENCE = LEASE / 2
"""What is not offered by then is let go, before its lease runs out and another offers it too."""
_SLOW = 5.0  # seconds
"""Who takes so long, or fails for so long in all, is left for a minute: nobody waits behind them."""
_REST = timedelta(minutes=1)


def deliver(
    desk: Desk, engine: Engine, now: datetime | None, over: Callable[[], bool] = lambda: False
) -> TickReport:
    """Offer every row that is to be offered now, and tell every event not told yet."""
    check_now(now)
    report, errors = TickReport(), []
    try:
        at = _begun(desk, engine, now)
        for counted in _handed_over(desk, engine, at, over):
            report = _sum(report, counted)
        for told in _tell(desk, engine, at, over):
            errors += told
    except REFUSALS as refused:
        errors.append(refusal(refused))
    return replace(report, errors=(*report.errors, *errors))


def refusal(error: Exception) -> TickError:
    """What the database, or a plugin at it, would not let be done; the next tick tries again."""
    return TickError(reference=None, where="database", message=brief(error))


def _handed_over(desk: Desk, engine: Engine, at: datetime, over: Callable[[], bool]) -> Iterator[TickReport]:
    """Batch after batch; one report for each thing that was done."""
    more, lost = True, defaultdict[Person, float](float)
    while more and not over():
        with writing(engine, desk.library.settings.schema, wait=True) as conn:
            taken = take(desk, conn, at)
        yield taken.report
        yield from _offer_all(desk, engine, taken.parcels, at, over, lost)
        more = taken.some


def _sum(one: TickReport, other: TickReport) -> TickReport:
    """Both counts of one hand-over."""
    total = {name: getattr(one, name) + getattr(other, name) for name in COUNTED}
    return replace(one, **total, errors=(*one.errors, *other.errors))


def _begun(desk: Desk, engine: Engine, now: datetime | None) -> datetime:
    """The instant; plugins that were not there before are offered what nobody took."""
    with writing(engine, desk.library.settings.schema, wait=True) as conn:
        at, fingerprint = instant(conn, now), desk.port.fingerprint()
        if journal.mark(conn, journal.PLUGINS) != fingerprint:
            outbox.offer_untaken(conn, at)
            journal.set_mark(conn, journal.PLUGINS, fingerprint)
    return at


def _offer_all(
    desk: Desk,
    engine: Engine,
    parcels: list[Parcel],
    at: datetime,
    over: Callable[[], bool],
    lost: defaultdict[Person, float],
) -> Iterator[TickReport]:
    """Offer leased rows one by one; those there was no time for are let go.

    ``lost`` keeps for how many seconds each recipient was slow or failed in this hand-over.
    """
    schema, end = desk.library.settings.schema, time.monotonic() + _PATIENCE
    for index, parcel in enumerate(parcels):
        began = time.monotonic()
        if index and (over() or began > end):
            with writing(engine, schema, wait=True) as conn:
                outbox.let_go(conn, [left.item for left in parcels[index:]])
            return
        who = _whom(parcel.item)
        if lost[who] >= _SLOW:
            with writing(engine, schema, wait=True) as conn:
                outbox.let_go(conn, [parcel.item], at + _REST)
            continue
        found = _offer(desk, parcel)
        took = time.monotonic() - began
        lost[who] += took if took >= _SLOW or found.status == "failed" else 0
        with writing(engine, schema, wait=True) as conn:
            _mark(desk, conn, parcel.item, found, at)
        yield _counted(parcel, found)


def _whom(item: OutboxItem) -> Person:
    """Who may keep the others waiting: a recipient, or the host's part for one action."""
    return person(item.recipient) if item.recipient else (item.kind, item.name)


def _offer(desk: Desk, parcel: Parcel) -> Outcome:
    if parcel.item.kind == ACTION:
        return desk.port.perform(action(parcel.item))
    return desk.port.notify(notice(parcel))


def _mark(desk: Desk, conn: StoreConnection, item: OutboxItem, found: Outcome, at: datetime) -> None:
    if found.status == "delivered":
        outbox.delivered(conn, item, at, found.detail)
    elif found.status == "failed":
        outbox.failed(conn, item, at, found.detail, found.asked)
    else:
        outbox.untaken(conn, item, _tomorrow(desk, at), found.asked)


def _tomorrow(desk: Desk, at: datetime) -> datetime:
    """The beginning of the landlord's next local day."""
    zone = ZoneInfo(desk.library.settings.timezone)
    day = at.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, datetime.min.time(), zone)


def _counted(parcel: Parcel, found: Outcome) -> TickReport:
    item, number = parcel.item, len(parcel)
    return TickReport(
        delivered=number * (found.status == "delivered"),
        failed=number * (found.status == "failed"),
        untaken=number * (found.status == "untaken"),
        dead=number * (found.status == "failed" and item.attempts >= outbox.ATTEMPTS),
        digests=int(found.status == "delivered" and bool(parcel.parts)),
        errors=tuple(TickError(reference=item.reference, where="notify", message=m) for m in found.errors),
    )


def _tell(desk: Desk, engine: Engine, at: datetime, over: Callable[[], bool]) -> Iterator[list[TickError]]:
    """Tell the plugins of events; an event is marked told before, so that it is told once at most."""
    while not over():
        with writing(engine, desk.library.settings.schema, wait=True) as conn:
            found = events.unpublished(conn, _AT_ONCE)
            events.mark_handed_over(conn, [s.id for s in found], at)
        if not found:
            break
        if desk.port.has("homebuy_event"):
            yield [error for stored in found for error in _told(desk, stored)]


def _told(desk: Desk, stored: StoredEvent) -> list[TickError]:
    event = stored.event
    told = Event(kind=event.kind, reference=stored.reference, at=event.at, data=event.data)
    return [
        TickError(reference=stored.reference, where="event", message=message)
        for message in desk.port.event(told)
    ]
