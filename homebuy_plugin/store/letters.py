"""What a decision puts into the outbox: a notice for somebody, or an action of the host's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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


@dataclass(frozen=True, kw_only=True, slots=True)
class OutboxRow:
    """A row to be written with a decision; its words are frozen.

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
    return "|".join(str(part) for part in key)


def to_values(case_id: int, reference: str, row: OutboxRow) -> dict[str, Any]:
    """The columns of a new row."""
    return {
        "key": row.key,
        "kind": row.kind,
        "case_id": case_id,
        "reference": reference,
        "rung": rung_text(row.rung) if row.rung else None,
        "recipient": contact_values(row.recipient) if row.recipient else None,
        "channel": row.channel,
        "template": row.template,
        "subject": row.subject,
        "body": row.body,
        "task": row.task,
        "rule": row.rule,
        "rule_version": row.rule_version,
        "name": row.name,
        "params": None if row.params is None else dict(row.params),
        "state": row.state,
        "attempts": 0,
        "next_try_at": (row.next_try_at or row.created_at) if row.state in WAITING else None,
        "detail": row.detail,
        "last_error": "",
        "asked": [],
        "created_at": row.created_at,
        "urgent": row.urgent,
    }


def contact_values(contact: Contact) -> dict[str, str]:
    """A contact as JSON."""
    return {
        "id": contact.id,
        "kind": contact.kind,
        "name": contact.name,
        "address": contact.address,
        "language": contact.language,
        "calendar": contact.calendar,
    }
