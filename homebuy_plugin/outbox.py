"""Hand over what was decided: notices and actions at least once, events once told.

A row is leased in one short transaction, offered to the plugins in none, and marked in
another. Whoever is killed in between leaves a lease that runs out; the row is then offered
again under the same key.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from homebuy_plugin.arguments import check_now
from homebuy_plugin.asking import Outcome
from homebuy_plugin.store import events, journal, outbox
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.events import StoredEvent
from homebuy_plugin.store.letters import ACTION
from homebuy_plugin.store.outbox import OutboxItem
from homebuy_plugin.store.transactions import writing
from homebuy_plugin.types import Contact, Event, Notice, PerformAction, TickError, TickReport
from homebuy_plugin.workbench import Desk, instant

_AT_ONCE = 100
_LEASE = 60  # seconds
_PATIENCE = _LEASE / 2
"""What is not offered by then is let go, before its lease runs out and another offers it too."""
_NOBODY = Contact(id="")


def deliver(
    desk: Desk, engine: Engine, now: datetime | None, over: Callable[[], bool] = lambda: False
) -> TickReport:
    """Offer every row that is to be offered now, and tell every event not told yet."""
    check_now(now)
    schema = desk.library.settings.schema
    with writing(engine, schema, wait=True) as conn:
        at = instant(conn, now)
        _note_plugins(desk, conn, at)
    report = TickReport()
    while not over():
        with writing(engine, schema, wait=True) as conn:
            items = outbox.lease(conn, at, _AT_ONCE, seconds=_LEASE)
        if not items:
            break
        report = _offer_all(desk, engine, items, at, report, over)
    errors = _tell(desk, engine, at, over)
    return replace(report, errors=(*report.errors, *errors))


def _note_plugins(desk: Desk, conn: StoreConnection, at: datetime) -> None:
    """Plugins that were not there before are offered what nobody took."""
    fingerprint = desk.port.fingerprint()
    if journal.mark(conn, journal.PLUGINS) != fingerprint:
        outbox.offer_untaken(conn, at)
        journal.set_mark(conn, journal.PLUGINS, fingerprint)


def _offer_all(
    desk: Desk,
    engine: Engine,
    items: list[OutboxItem],
    at: datetime,
    report: TickReport,
    over: Callable[[], bool],
) -> TickReport:
    """Offer leased rows one by one; those there was no time for are let go."""
    schema, end = desk.library.settings.schema, time.monotonic() + _PATIENCE
    for index, item in enumerate(items):
        if index and (over() or time.monotonic() > end):
            with writing(engine, schema, wait=True) as conn:
                outbox.let_go(conn, items[index:])
            break
        found = _offer(desk, item)
        with writing(engine, schema, wait=True) as conn:
            _mark(desk, conn, item, found, at)
        report = _counted(report, item, found)
    return report


def _offer(desk: Desk, item: OutboxItem) -> Outcome:
    if item.kind == ACTION:
        return desk.port.perform(_action(item))
    return desk.port.notify(notice(item))


def notice(item: OutboxItem) -> Notice:
    """The notice of a row."""
    return Notice(
        key=item.key,
        recipient=item.recipient or _NOBODY,
        channel=item.channel,
        template=item.template,
        subject=item.subject,
        body=item.body,
        reference=item.reference,
        task=item.task,
        rule=item.rule,
        rule_version=item.rule_version,
    )


def _action(item: OutboxItem) -> PerformAction:
    return PerformAction(
        key=item.key,
        name=item.name,
        params=item.params,
        reference=item.reference,
        task=item.task,
        rule=item.rule,
        rule_version=item.rule_version,
    )


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


def _counted(report: TickReport, item: OutboxItem, found: Outcome) -> TickReport:
    errors = tuple(TickError(reference=item.reference, where="notify", message=m) for m in found.errors)
    return replace(
        report,
        delivered=report.delivered + (found.status == "delivered"),
        failed=report.failed + (found.status == "failed"),
        untaken=report.untaken + (found.status == "untaken"),
        errors=(*report.errors, *errors),
    )


def _tell(desk: Desk, engine: Engine, at: datetime, over: Callable[[], bool]) -> list[TickError]:
    """Tell the plugins of events; an event is marked told before, so that it is told once at most."""
    errors: list[TickError] = []
    while not over():
        with writing(engine, desk.library.settings.schema, wait=True) as conn:
            found = events.unpublished(conn, _AT_ONCE)
            events.mark_handed_over(conn, [s.id for s in found], at)
        if not found:
            break
        if desk.port.has("homebuy_event"):
            errors += [error for stored in found for error in _told(desk, stored)]
    return errors


def _told(desk: Desk, stored: StoredEvent) -> list[TickError]:
    event = stored.event
    told = Event(kind=event.kind, reference=stored.reference, at=event.at, data=event.data)
    return [
        TickError(reference=stored.reference, where="event", message=message)
        for message in desk.port.event(told)
    ]
