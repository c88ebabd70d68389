"""What is to be offered next: rows leased, sorted by the landlord's options, and put into words."""

import functools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from homebuy_plugin.clock.calendar import WorkingCalendar
from homebuy_plugin.delivery_policy import WINDOW, Policy, Sent, Sorted, person
from homebuy_plugin.store import outbox
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.letters import HELD
from homebuy_plugin.store.outbox import OutboxItem
from homebuy_plugin.types import Contact, Notice, PerformAction, Settings, TickReport
from homebuy_plugin.workbench import Desk

AT_ONCE = 100
LEASE = 60  # seconds
_MATES = 1000
"""Notices that are gathered at once; more make another digest."""
_NOBODY = Contact(id="")


@dataclass(frozen=True, slots=True)
class Parcel:
    """A leased row, and with a digest all rows of it, this one first."""

    item: OutboxItem
    parts: tuple[OutboxItem, ...] = ()

    def __len__(self) -> int:
        """How many notices or actions it is."""
        return len(self.parts) or 1


@dataclass(frozen=True, slots=True)
class Taken:
    """What one transaction took from the outbox.

    Attributes:
        some: whether there was anything; there may be more.
        parcels: to be offered now.
        report: what it put off.
    """

    some: bool
    parcels: list[Parcel]
    report: TickReport


def take(desk: Desk, conn: StoreConnection, now: datetime) -> Taken:
    """Lease what is to be offered now; put off what may not go yet. Commit before offering."""
    policy = Policy(desk.library.settings, functools.cache(functools.partial(_calendar, desk, conn)))
    if policy.settings.storm_limit:
        outbox.one_at_a_time(conn)  # or two tickers would count the same notices
    sent = _sent(conn, policy.settings, now)
    leased = outbox.lease(conn, now, AT_ONCE, seconds=LEASE)
    spent = [item for item in leased if item.attempts > outbox.ATTEMPTS]
    for item in spent:
        outbox.abandoned(conn, item)
    items = [item for item in leased if item not in spent]
    if policy.is_idle:
        return Taken(bool(leased), [_parcel(conn, item) for item in items], TickReport(dead=len(spent)))
    items = _with_mates(conn, policy, items, now)
    parcels, report = _apply(conn, items, policy.sort(items, now, sent))
    return Taken(bool(leased), parcels, replace(report, dead=len(spent)))


def _apply(
    conn: StoreConnection, items: Sequence[OutboxItem], found: Sorted
) -> tuple[list[Parcel], TickReport]:
    """Note what the policy said; what goes keeps the order in which it was leased."""
    digests = {group[0].id: outbox.gather(conn, group) for group in found.digests}
    for each in found.wait:
        outbox.put_off(conn, each.item, each.until, each.state, each.why)
    held = sum(each.state == HELD for each in found.wait)
    going = {item.id for item in found.go}
    parcels = [_parcel(conn, item, digests.get(item.id)) for item in items if item.id in going]
    return parcels, TickReport(held=held, postponed=len(found.wait) - held)


def _parcel(conn: StoreConnection, item: OutboxItem, made: list[OutboxItem] | None = None) -> Parcel:
    """A row to go, with the rows of the digest made now, or made when it was first offered."""
    if made:
        return Parcel(made[0], tuple(made))
    return Parcel(item, tuple(outbox.parts(conn, item.digest)) if item.digest else ())


def _calendar(desk: Desk, conn: StoreConnection, code: str) -> WorkingCalendar | None:
    versions = desk.library.shelf(conn).calendars()
    return desk.library.calendars(conn, versions)[code] if code in versions else None


def _sent(conn: StoreConnection, settings: Settings, now: datetime) -> Sent:
    times: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
    if settings.storm_limit:
        for recipient, at in outbox.handed_over_since(conn, now - WINDOW, now):
            times[person(recipient)].append(at)
    return times


def _with_mates(
    conn: StoreConnection, policy: Policy, items: Sequence[OutboxItem], now: datetime
) -> list[OutboxItem]:
    """With what else is due to the recipients of notices that may be gathered: a digest leaves none out."""
    ids = {item.recipient.id for item in items if item.recipient and policy.may_gather(item)}
    if not ids:
        return list(items)
    mates = outbox.lease(conn, now, _MATES, seconds=LEASE, recipients=ids)
    outbox.let_go(conn, [mate for mate in mates if not policy.may_gather(mate)])
    return [*items, *(mate for mate in mates if policy.may_gather(mate))]


def notice(parcel: Parcel) -> Notice:
    """The notice of a row; that of a digest says what is in it, and holds each notice as it was written."""
    parts = tuple(_notice(part) for part in parcel.parts)
    first = _notice(parcel.item)
    if not parts:
        return first
    return replace(
        first,
        key=parcel.item.digest or first.key,
        template="digest",
        subject=f"{len(parts)} notices: {', '.join(dict.fromkeys(part.reference for part in parts))}",
        body="\n\n".join(f"{part.subject}\n{'-' * len(part.subject)}\n{part.body.strip()}" for part in parts)
        + "\n",
        parts=parts,
    )


def _notice(item: OutboxItem) -> Notice:
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


def action(item: OutboxItem) -> PerformAction:
    """The action of a row."""
    return PerformAction(
        key=item.key,
        name=item.name,
        params=item.params,
        reference=item.reference,
        task=item.task,
        rule=item.rule,
        rule_version=item.rule_version,
    )
