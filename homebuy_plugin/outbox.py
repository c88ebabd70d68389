"""Hand over what was decided: notices and actions at least once, events once told.

A row is leased in one short transaction, offered to the plugins in none, and marked in
another. Whoever is killed in between leaves a lease that runs out; the row is then offered
again under the same key.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Engine

from homebuy_plugin.asking import Outcome
from homebuy_plugin.progression import Desk, check_now, instant
from homebuy_plugin.store import events, journal, outbox
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.letters import ACTION
from homebuy_plugin.store.outbox import OutboxItem
from homebuy_plugin.store.transactions import writing
from homebuy_plugin.types import Contact, Event, Notice, PerformAction, TickError, TickReport

_AT_ONCE = 100
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
            items = outbox.lease(conn, at, _AT_ONCE)
        if not items:
            break
        report = _offer_all(desk, engine, items, at, report)
    errors = _tell(desk, engine, at, over)
    return replace(report, errors=(*report.errors, *errors))


def _note_plugins(desk: Desk, conn: StoreConnection, at: datetime) -> None:
    """Plugins that were not there before are offered what nobody took."""
    fingerprint = desk.port.fingerprint()
    if journal.mark(conn, journal.PLUGINS) != fingerprint:
        outbox.offer_untaken(conn, at)
        journal.set_mark(conn, journal.PLUGINS, fingerprint)


def _offer_all(
    desk: Desk, engine: Engine, items: list[OutboxItem], at: datetime, report: TickReport
) -> TickReport:
    for item in items:
        found = _offer(desk, item)
        with writing(engine, desk.library.settings.schema, wait=True) as conn:
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
        outbox.untaken(conn, item, _tomorrow(desk, conn, at), found.asked)


def _tomorrow(desk: Desk, conn: StoreConnection, at: datetime) -> datetime:
    """The landlord's next local day."""
    from zoneinfo import ZoneInfo

    local = at.astimezone(ZoneInfo(desk.library.settings.timezone))
    return (
        (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(at.tzinfo)
    )


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
    schema = desk.library.settings.schema
    while not over():
        with writing(engine, schema, wait=True) as conn:
            found = events.unpublished(conn, _AT_ONCE)
            events.mark_handed_over(conn, [s.id for s in found], at)
        if not found:
            break
        for stored in found:
            event = stored.event
            told = Event(kind=event.kind, reference=stored.reference, at=event.at, data=event.data)
            messages = desk.port.event(told) if desk.port.has("homebuy_event") else []
            errors += [TickError(reference=stored.reference, where="event", message=m) for m in messages]
    return errors
