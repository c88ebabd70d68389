"""What the package tells the host, and what the host answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from homebuy_plugin.types.mappings import empty
from homebuy_plugin.types.people import Contact


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One message to one recipient.

    Attributes:
        key: idempotency key; the same for every attempt.
        subject: rendered when the rung fired, as is ``body``.
        task: code of the task it is about, or None.
        parts: of a digest, the notices it is made of, each with its own key and reference;
            ``reference``, ``rule`` and ``task`` of the digest are those of the first.
    """

    key: str
    recipient: Contact
    channel: str
    template: str
    subject: str
    body: str
    reference: str
    task: str | None
    rule: str
    rule_version: int | None
    parts: "tuple[Notice, ...]" = ()


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """Returned by a host that took a notice or an action over."""

    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to a case, told after commit."""

    kind: str
    reference: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=empty)


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """The same, told in the transaction that wrote it."""

    kind: str
    reference: str
    at: datetime
    data: Mapping[str, Any] = field(default_factory=empty)
    by: str | None = None


@dataclass(frozen=True, kw_only=True)
class PerformAction:
    """A host's own action that a rule fired, handed to ``homebuy_perform``."""

    key: str
    name: str
    params: Mapping[str, Any]
    reference: str
    task: str | None
    rule: str
    rule_version: int | None
