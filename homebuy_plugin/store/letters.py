"""What a decision puts into the outbox: a notice for somebody, or an action of the host's."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from homebuy_plugin.store.plain_json import dumps
from homebuy_plugin.types import Contact
from homebuy_plugin.workflow.state import RungKey

NOTICE = "notice"
ACTION = "action"

PENDING = "pending"
DELIVERED = "delivered"
FAILED = "failed"
UNTAKEN = "untaken"
DEAD = "dead"
COLLAPSED = "collapsed"
UNDELIVERABLE = "undeliverable"
HELD = "held"
DIGESTED = "digested"
STATES = (PENDING, DELIVERED, FAILED, UNTAKEN, HELD, DIGESTED, DEAD, COLLAPSED, UNDELIVERABLE)
WAITING = (PENDING, FAILED, UNTAKEN, HELD)
"""States of rows that will be offered again by themselves."""


@dataclass(kw_only=True, slots=True)
class OutboxRow:
    """A row to be written with a decision; only to be read.

    It is not frozen: to make one, as a tick does for every notice, would take five times as long.

    Attributes:
        key: idempotency key, unique for ever.
        kind: ``notice`` or ``action``.
        rung: the rung it comes from, or None.
        recipient: of a notice.
        name, params: of an action.
        state: ``pending``, or ``collapsed`` or ``undeliverable`` from the start.
        next_try_at: when it may first be offered; None for at once.
        urgent: no quiet hours, digest or storm limit keeps it back.
    """

    key: str
    created_at: datetime
    rule: str
    kind: str = NOTICE
    rung: RungKey | None = None
    recipient: Contact | None = None
    channel: str = ""
    template: str = ""
    subject: str = ""
    body: str = ""
    task: str | None = None
    rule_version: int | None = None
    name: str = ""
    params: Mapping[str, Any] | None = None
    state: str = PENDING
    next_try_at: datetime | None = None
    detail: str = ""
    urgent: bool = False


def rung_text(key: RungKey) -> str:
    """A rung's key as one text."""
    subject, clock, run, rule, anchor, occurrence = key
    return f"{subject}|{clock}|{run}|{rule}|{anchor}|{occurrence}"


OUTBOX = (
    *("key", "kind", "case_id", "reference", "rung", "recipient", "channel", "template", "subject", "body"),
    *("task", "rule", "rule_version", "name", "params", "state", "attempts", "next_try_at", "detail"),
    *("last_error", "asked", "created_at", "urgent"),
)
"""The columns of a new row, in the order of :func:`to_row`."""


def to_row(case_id: int, reference: str, row: OutboxRow) -> tuple[Any, ...]:
    """A new row. The recipient is still a contact: :func:`contact_text` writes it."""
    return (
        row.key,
        row.kind,
        case_id,
        reference,
        rung_text(row.rung) if row.rung else None,
        row.recipient,
        row.channel,
        row.template,
        row.subject,
        row.body,
        row.task,
        row.rule,
        row.rule_version,
        row.name,
        None if row.params is None else dict(row.params),
        row.state,
        0,
        (row.next_try_at or row.created_at) if row.state in WAITING else None,
        row.detail,
        "",
        [],
        row.created_at,
        row.urgent,
    )


@functools.lru_cache(maxsize=1024)
def contact_text(contact: Contact | None) -> str | None:
    """A contact as JSON: most letters of a batch go to a few people."""
    return None if contact is None else dumps({name: getattr(contact, name) for name in _CONTACT})


_CONTACT = ("id", "kind", "name", "address", "language", "calendar")
