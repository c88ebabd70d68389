"""When a notice may go: in whose hours, with which others, and how many at most.

Pure: rows and an instant in, verdicts out. The law does not wait: a notice about a statutory
clock, one that its rule calls urgent, and one that an operator released go at once and alone.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from homebuy_plugin.clock.calendar import WorkingCalendar
from homebuy_plugin.exceptions import OutsideCalendar
from homebuy_plugin.store.letters import HELD, NOTICE, PENDING
from homebuy_plugin.store.outbox import OutboxItem
from homebuy_plugin.types import Contact, Settings

WINDOW = timedelta(hours=1)
"""The time in which ``Settings.storm_limit`` counts."""

Person = tuple[str, str]
"""Kind and id of a recipient."""
Sent = Mapping[Person, Sequence[datetime]]
"""When each recipient was handed something within the window, the oldest first."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A notice that may not go yet.

    Attributes:
        state: ``held`` where the storm limit keeps it, otherwise as it was.
        why: for people.
    """

    item: OutboxItem
    until: datetime
    state: str
    why: str


@dataclass(slots=True)
class Sorted:
    """What may go now, what waits, and which go together: each digest under its first notice."""

    go: list[OutboxItem] = field(default_factory=list)
    wait: list[Wait] = field(default_factory=list)
    digests: list[list[OutboxItem]] = field(default_factory=list)


@dataclass(frozen=True)
class Policy:
    """The options of a landlord.

    Attributes:
        calendar: the working calendar of a code, or None where none is published under it.
    """

    settings: Settings
    calendar: Callable[[str], WorkingCalendar | None]

    @property
    def is_idle(self) -> bool:
        """Whether everything goes at once."""
        s = self.settings
        return not (s.quiet_hours or s.digest_at or s.storm_limit)

    def sort(self, items: Iterable[OutboxItem], now: datetime, sent: Sent) -> Sorted:
        """Sort what is due: by hours, then into digests, then by the storm limit."""
        done = Sorted()
        together: defaultdict[tuple[Person, str], list[OutboxItem]] = defaultdict(list)
        for item in items:
            until = now if is_exempt(item) else self._until(item, now)
            if until > now:
                done.wait.append(Wait(item, until, item.state, "waits for its hour"))
            elif self.may_gather(item):
                together[person(item.recipient), item.channel].append(item)
            else:
                done.go.append(item)
        for group in together.values():
            group.sort(key=lambda item: item.id)
            done.go.append(group[0])
            if len(group) > 1:
                done.digests.append(group)
        return self._limited(done, now, sent)

    def may_gather(self, item: OutboxItem) -> bool:
        """Whether it may become part of a digest: never offered before, not urgent, in none yet.

        What a host may have taken already goes again under the key it had, in the same words.
        """
        offered = item.attempts > 1 or item.last_error
        fresh = item.digest is None and item.state in (PENDING, HELD) and not offered
        return bool(self.settings.digest_at) and fresh and not is_exempt(item)

    def _until(self, item: OutboxItem, now: datetime) -> datetime:
        at = max(now, self._digest_time(item.created_at)) if self.may_gather(item) else now
        return self._opening(item.recipient, at)

    def _digest_time(self, created: datetime) -> datetime:
        """The first of the landlord's digest times after a notice was written."""
        zone = ZoneInfo(self.settings.timezone)
        clock, day = time.fromisoformat(self.settings.digest_at or "00:00"), created.astimezone(zone).date()
        today = _local(day, clock, zone)
        return today if today >= created else _local(day + timedelta(days=1), clock, zone)

    def _opening(self, recipient: Contact | None, at: datetime) -> datetime:
        """The instant itself where the recipient may be told then, else their next opening.

        A calendar that nobody published, or that ends before, keeps nothing back.
        """
        code = calendar_of(recipient, self.settings.quiet_hours)
        hours = self.calendar(code) if code else None
        try:
            return hours.next_opening(at) if hours else at
        except OutsideCalendar:
            return at

    def _limited(self, done: Sorted, now: datetime, sent: Sent) -> Sorted:
        limit = self.settings.storm_limit
        if not limit:
            return done
        times = defaultdict[Person, list[datetime]](list, {who: [*each] for who, each in sent.items()})
        going, done.go = done.go, []
        for item in going:
            mine = times[person(item.recipient)]
            free = len(mine) < limit or is_exempt(item) or mine[-limit] + WINDOW <= now
            mine.append(now if free else mine[-limit] + WINDOW)
            if free:
                done.go.append(item)
            else:
                done.wait.append(Wait(item, mine[-1], HELD, f"more than {limit} in an hour"))
        return done


def is_exempt(item: OutboxItem) -> bool:
    """Whether no option keeps it back: actions of the host's, and what is urgent."""
    return item.kind != NOTICE or item.urgent


def person(recipient: Contact | None) -> Person:
    """Who it is, for counting and gathering."""
    return (recipient.kind, recipient.id) if recipient else ("", "")


def calendar_of(recipient: Contact | None, quiet_hours: Mapping[str, str]) -> str | None:
    """The code of the calendar in whose hours somebody may be told; None for at any time."""
    if recipient is None or not quiet_hours:
        return None
    keys = (f"{recipient.kind}:{recipient.id}", recipient.kind, "*")
    return recipient.calendar or next((quiet_hours[key] for key in keys if key in quiet_hours), None)


def _local(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone)
