"""A check-up: is everything there that a landlord needs, and what mends what is not?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Engine

from homebuy_plugin.exceptions import CalendarError
from homebuy_plugin.insight.moment import present, simulated_until
from homebuy_plugin.insight.status import OVERDUE_AFTER, Status, status
from homebuy_plugin.insight.wording import count
from homebuy_plugin.library import Shelf
from homebuy_plugin.publishing import newer_shipped
from homebuy_plugin.store import migrations
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.transactions import reading
from homebuy_plugin.workbench import Desk
from homebuy_plugin.workflow.world import in_force

Level = Literal["ok", "warn", "fail"]
_AHEAD = timedelta(days=366)
"""Deadlines are counted so far ahead; the calendars must reach."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One thing looked at.

    Attributes:
        level: ``ok``, ``warn`` or ``fail``.
        fix: what mends it, a command as a rule; "" where all is well.
    """

    name: str
    level: Level
    text: str
    fix: str = ""


def doctor(desk: Desk, engine: Engine, now: datetime | None = None) -> list[Check]:
    """Look at everything; what cannot be looked at because of an earlier failure is left out.

    Raises:
        DatabaseUnreachable: no connection.
    """
    settings = desk.library.settings
    found = migrations.current(engine, settings)
    if found != migrations.HEAD:
        text = f"at {found or 'none'}, and {migrations.HEAD} is needed"
        return [Check(name="tables", level="fail", text=text, fix="homebuy db upgrade")]
    checks = [Check(name="tables", level="ok", text=f"at {found}, the newest")]
    with reading(engine, settings.schema) as conn:
        at = now or present(conn)
        shelf = desk.library.shelf(conn)
        checks += [check for look in _ON_DOCUMENTS for check in look(desk, shelf, conn, at)]
        checks += _plugins(desk, simulated_until(conn) is not None)
    return [*checks, *_running(status(desk, engine, now))]


def _shipped(desk: Desk, shelf: Shelf, conn: StoreConnection, at: datetime) -> Iterator[Check]:
    newer = newer_shipped(conn, desk.port)
    if newer:
        names = ", ".join(f"{each.kind} {each.code}" for each in newer)
        fix = "compare, adapt and publish them: homebuy schema export, homebuy rules validate"
        text = f"this version of the package ships others than were published: {names}"
        yield Check(name="documents", level="warn", text=text, fix=fix)
    else:
        yield Check(name="documents", level="ok", text=f"{count(len(shelf.refs), 'version')} published")


def _calendars(desk: Desk, shelf: Shelf, conn: StoreConnection, at: datetime) -> Iterator[Check]:
    settings, published = desk.library.settings, shelf.calendars()
    named = {settings.default_calendar, *settings.quiet_hours.values()}
    for code in sorted(named - set(published)):
        text = f"the settings name {code!r}, which nobody published"
        yield Check(name="calendars", level="fail", text=text, fix="publish it, or name another")
    short = [code for code in published if not _reaches(desk, conn, published, code, at)]
    if short:
        text = f"shorter than a year from now: {', '.join(short)}"
        fix = "upgrade the package, or publish the bank holidays of the years to come"
        yield Check(name="calendars", level="warn", text=text, fix=fix)
    elif named <= set(published):
        yield Check(
            name="calendars", level="ok", text=f"{', '.join(sorted(published))}, a year ahead and more"
        )


def _reaches(desk: Desk, conn: StoreConnection, published: dict[str, int], code: str, at: datetime) -> bool:
    try:
        desk.library.calendars(conn, published)[code].next_opening(at + _AHEAD)
    except CalendarError:
        return False
    return True


def _default_group(desk: Desk, shelf: Shelf, conn: StoreConnection, at: datetime) -> Iterator[Check]:
    code = desk.library.settings.default_group
    group = next((g for g in shelf.groups() if g.id == code), None)
    members = [m for m in group.members if in_force(m, at.date())] if group else []
    if members or desk.port.has("homebuy_resolve_stakeholders"):
        yield Check(name="default group", level="ok", text=f"{code}: {count(len(members), 'member')}")
    else:
        text = f"{code} has no members: a notice for which nobody else is there reaches nobody"
        yield Check(name="default group", level="fail", text=text, fix="publish groups with members")


_Look = Callable[[Desk, Shelf, StoreConnection, datetime], Iterator[Check]]
_ON_DOCUMENTS: tuple[_Look, ...] = (_shipped, _calendars, _default_group)


def _plugins(desk: Desk, simulated: bool) -> Iterator[Check]:
    names = desk.port.notifiers()
    if names or simulated:
        text = f"notices go to {', '.join(names)}" if names else "a pretend database needs none"
        yield Check(name="plugins", level="ok", text=text)
    else:
        text = f"none takes notices over; loaded: {', '.join(desk.port.plugin_names()) or 'none'}"
        fix = "name one that implements homebuy_notify: --plugin module:attribute"
        yield Check(name="plugins", level="fail", text=text, fix=fix)


def _running(found: Status) -> Iterator[Check]:
    """What ``status`` knows, check by check."""
    runs, boxes = found.machinery, found.outbox
    late = found.overdue and found.lag >= OVERDUE_AFTER
    yield _check("ticks", late, _ticks(found), "call homebuy tick every few minutes, from cron or a timer")
    told = " ".join(runs.attention)
    yield _check("tickers", told, told or "one set of plugins, clocks agree", "as it says")
    stuck = {state: boxes.get(state, 0) for state in ("dead", "untaken", "failed", "held", "undeliverable")}
    told = ", ".join(f"{number} {state}" for state, number in stuck.items() if number)
    yield _check("notices", bool(told), told or "none left behind", "homebuy outbox list --state STATE")
    errored = count(len(found.errored), "rule")
    yield _check("rules", bool(found.errored), f"{errored} could not be applied", "homebuy status")
    unowned = count(len(found.needs_owner), "case")
    yield _check("owners", bool(found.needs_owner), f"{unowned} without an owner", "homebuy rules why REF")


def _ticks(found: Status) -> str:
    if found.last_tick is None:
        return "none yet"
    last = f"{found.last_tick.now_used:%Y-%m-%d %H:%M} UTC"
    return f"{count(found.overdue, 'wake-up')} waiting; the last tick stood at {last}"


def _check(name: str, bad: object, text: str, fix: str) -> Check:
    return Check(name=name, level="warn" if bad else "ok", text=text, fix=fix if bad else "")
