"""How ``homebuy status`` is told."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import click

from homebuy_plugin.cli.talk import coloured, columns
from homebuy_plugin.insight.colours import ClockLine
from homebuy_plugin.insight.status import Status
from homebuy_plugin.insight.wording import (
    count,
    days_late,
    listed,
    notice_state,
    spell_date,
    spell_instant,
)
from homebuy_plugin.store.outbox import OutboxItem

_MEANING = {
    "red": "past their target",
    "amber": "in their warning time",
    "green": "in time",
    "paused": "paused by a hold",
    "blocked": "blocked: no date moves until something else is settled",
    "waiting": "waiting for their start",
}
_SHOWN = 12


def told(found: Status, timezone: str) -> Iterator[str]:
    """The whole status as lines."""
    zone = ZoneInfo(timezone)
    yield click.style(f"HOME BUY STATUS   {spell_instant(found.now, zone)} ({timezone})", bold=True)
    if found.simulated:
        yield "This is a pretend database: its time stands still there. homebuy tick --at moves it on."
    yield ""
    yield _cases(found)
    yield from columns([(coloured(c), str(n), _deadlines(c, n)) for c, n in found.colours.items()])
    yield from _late(found, zone)
    yield from _stuck(found, zone)
    yield from _machinery(found, zone)
    yield ""
    yield from _verdict(found)


def _cases(found: Status) -> str:
    words = {"open": "open", "on_hold": "on hold", "withdrawn": "withdrawn", "closed": "closed"}
    parts = [f"{found.cases[s]} {word}" for s, word in words.items() if found.cases.get(s)]
    return f"{count(sum(found.cases.values()), 'case')}: {', '.join(parts) or 'none'}. Their deadlines:"


def _deadlines(colour: str, number: int) -> str:
    return f"{'deadline' if number == 1 else 'deadlines'} {_MEANING[colour]}"


def _late(found: Status, zone: ZoneInfo) -> Iterator[str]:
    for colour, title in (("red", "Past their target"), ("amber", "Due soon")):
        lines = [line for line in found.lines if line.colour == colour]
        if lines:
            yield ""
            yield f"{coloured(colour)}  {title}"
            yield from columns([_row(found, line, zone) for line in lines[:_SHOWN]])
            if len(lines) > _SHOWN:
                yield f"  ... and {len(lines) - _SHOWN} more (all of them: homebuy status --output json)"


def _row(found: Status, line: ClockLine, zone: ZoneInfo) -> tuple[str, ...]:
    today = found.now.astimezone(zone).date()
    due = spell_date(line.due_on)
    if line.colour == "red" and line.due_on is not None:
        due += f", {days_late((today - line.due_on).days)}"
    law = "by law" if line.kind == "statutory" else ""
    what = f"“{line.what}”" if line.of_task else f"the stage “{line.what}”"
    return line.reference, what, due, law, _owners(found, line)


def _owners(found: Status, line: ClockLine) -> str:
    return listed(found.names.get(key, key) for key in line.owners)


def _stuck(found: Status, zone: ZoneInfo) -> Iterator[str]:
    if found.needs_owner:
        yield ""
        first = found.needs_owner[0]
        yield f"No owner yet: {', '.join(found.needs_owner)}. Ask why: homebuy rules why {first}"
    for rung in found.errored[:_SHOWN]:
        again = f"will be tried again {spell_instant(rung.retry_at, zone)}" if rung.retry_at else "is parked"
        yield f"The rule {rung.rule} could not be applied to {rung.reference}; it {again}."
    for item in found.undelivered[:_SHOWN]:
        yield _undelivered(item)


def _undelivered(item: OutboxItem) -> str:
    to = (item.recipient.name or item.recipient.id) if item.recipient else "a plugin"
    asked = f" Asked: {', '.join(item.asked)}." if item.asked else ""
    why = f" {item.last_error or item.detail}" if item.last_error or item.detail else ""
    return f"{item.reference}: “{item.subject or item.name}” to {to}: {notice_state(item.state)}.{asked}{why}"


def _machinery(found: Status, zone: ZoneInfo) -> Iterator[str]:
    yield ""
    if found.last_tick is None:
        yield "Last tick: none yet."
    else:
        report = found.last_tick.report
        yield (
            f"Last tick: {spell_instant(found.last_tick.now_used, zone)}; it decided "
            f"{count(report['decided'], 'alert')} and handed over {count(report['delivered'], 'notice')}."
        )
    parts = [f"{number} {notice_state(state)}" for state, number in found.outbox.items() if number]
    yield f"Notices so far: {'; '.join(parts) or 'none'}."
    if found.overdue:
        age = (
            f"{found.lag.total_seconds() / 3600:.0f} h"
            if found.lag.total_seconds() >= 3600
            else "under an hour"
        )
        yield f"Waiting for the next tick: {count(found.overdue, 'wake-up')}, the oldest {age} ago."


def _verdict(found: Status) -> Iterator[str]:
    if not found.attention:
        yield f"{coloured('green')}  Nothing needs attention."
        return
    yield click.style("Needs attention:", bold=True)
    yield from (f"  {sentence}" for sentence in found.attention)


def as_data(found: Status) -> dict[str, Any]:
    """The same for machines."""
    return {
        "now": found.now,
        "simulated": found.simulated,
        "cases": dict(found.cases),
        "colours": dict(found.colours),
        "deadlines": [_line_data(line) for line in found.lines],
        "needs_owner": found.needs_owner,
        "errored": [
            {
                "reference": r.reference,
                "rule": r.rule,
                "instant": r.instant,
                "attempts": r.attempts,
                "retry_at": r.retry_at,
            }
            for r in found.errored
        ],
        "outbox": dict(found.outbox),
        "undelivered": [_item_data(item) for item in found.undelivered],
        "last_tick": _tick_data(found),
        "overdue": found.overdue,
        "lag": found.lag,
        "machinery": _machinery_data(found),
        "attention": found.attention,
    }


def _machinery_data(found: Status) -> dict[str, Any]:
    runs = found.machinery
    return {
        "ticks_within_an_hour": len(runs.ticks),
        "silent": runs.silent,
        "different_plugins": runs.mixed,
        "ahead": runs.ahead,
        "skew": runs.skew,
        "oldest_transaction": runs.oldest_transaction,
    }


def _line_data(line: ClockLine) -> dict[str, Any]:
    return {
        "reference": line.reference,
        "scheme": line.scheme,
        "subject": line.subject,
        "what": line.what,
        "clock": line.name,
        "kind": line.kind,
        "colour": line.colour,
        "due_on": line.due_on,
        "owners": line.owners,
    }


def _item_data(item: OutboxItem) -> dict[str, Any]:
    return {
        "key": item.key,
        "reference": item.reference,
        "kind": item.kind,
        "rule": item.rule,
        "template": item.template,
        "recipient": item.recipient.id if item.recipient else None,
        "state": item.state,
        "attempts": item.attempts,
        "next_try_at": item.next_try_at,
        "error": item.last_error or item.detail,
        "asked": item.asked,
    }


def _tick_data(found: Status) -> dict[str, Any] | None:
    if found.last_tick is None:
        return None
    return {
        "started_at": found.last_tick.started_at,
        "now": found.last_tick.now_used,
        "report": dict(found.last_tick.report),
    }
