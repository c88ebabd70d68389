"""What a tick did."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, kw_only=True)
class TickError:
    """One thing a tick could not do."""

    reference: str | None
    where: str
    message: str


@dataclass(frozen=True, kw_only=True)
class TickReport:
    """What one tick did.

    Attributes:
        due: wake-ups that were due; decided: rungs decided; escalated: rungs that fired.
        notices: notices written; opened: tasks and stages opened; released: holds released.
        delivered, failed, untaken: notices handed over, refused with an error, taken by nobody.
        undeliverable: notices written for nobody: no recipient, no manager, an empty default group.
        dead: of the failed, those given up after the last attempt.
        postponed: notices that wait for their hour; held: those the storm limit keeps back.
        digests: digests handed over; their notices count as delivered each.
        timed_out: ``max_seconds`` were over before all was done; the next tick goes on.
        deferred: cases left for the next tick: somebody else was busy with them, or time was up.
        collapsed: rungs whose notices a later one replaced.
        oldest_lag: age of the oldest wake-up found due.
        next_due_at: when there is something to do next, a wake-up or a notice to offer again, or None.
    """

    due: int = 0
    decided: int = 0
    escalated: int = 0
    notices: int = 0
    opened: int = 0
    released: int = 0
    delivered: int = 0
    failed: int = 0
    untaken: int = 0
    undeliverable: int = 0
    dead: int = 0
    postponed: int = 0
    held: int = 0
    digests: int = 0
    timed_out: bool = False
    deferred: int = 0
    collapsed: int = 0
    oldest_lag: timedelta = timedelta(0)
    next_due_at: datetime | None = None
    errors: tuple[TickError, ...] = ()
