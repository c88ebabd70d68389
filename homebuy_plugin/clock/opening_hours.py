"""From what an analyst writes about opening hours to spans of open time, year by year.

The order is fixed: the hours of the week, less bank holidays, plus openings, less
closures. A closure therefore always wins, so that one more can never lend time.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from homebuy_plugin.clock.spans import Span, minus, union
from homebuy_plugin.exceptions import CalendarError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
MIDNIGHT = 24 * 60

_CLOCK_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00")

Minutes = tuple[int, int]
"""Start and end in minutes after local midnight."""


@dataclass(frozen=True, kw_only=True)
class Closure:
    """A day, or part of one, on which nobody works.

    Attributes:
        start: local time the closure begins, such as ``"12:30"``; None for the start of the day.
        end: local time it ends; None for the end of the day.
    """

    on: date
    start: time | str | None = None
    end: time | str | None = None

    def __post_init__(self) -> None:
        """Refuse a closure that ends before it begins."""
        start, end = self.minutes
        if start >= end:
            raise CalendarError(
                f"The closure on {self.on} ends at {_text(end)}, not after its start at {_text(start)}."
            )

    @property
    def minutes(self) -> Minutes:
        """The closed part of the day."""
        start = 0 if self.start is None else _minutes_of(self.on, self.start)
        return start, MIDNIGHT if self.end is None else _minutes_of(self.on, self.end)


@dataclass(frozen=True, kw_only=True)
class Opening:
    """Extra hours on one day, for example a Saturday or a bank holiday worked.

    Attributes:
        intervals: local start and end times such as ``("09:00", "12:30")``.
    """

    on: date
    intervals: Sequence[tuple[str, str]]


def intervals_of(day: str, intervals: Sequence[Sequence[str]]) -> tuple[Minutes, ...]:
    """Read the intervals of one day, in order, refusing what cannot be.

    Args:
        day: what to call the day in an error.
        intervals: pairs of local times ``HH:MM``; ``24:00`` ends a day.
    """
    read = sorted(_interval(day, interval) for interval in intervals)
    for (_, end), (start, _) in pairwise(read):
        if start < end:
            raise CalendarError(
                f"The hours of {day} overlap: one interval ends at {_text(end)}, "
                f"the next starts at {_text(start)}."
            )
    return tuple(read)


def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The UTC instant of a local time without zone.

    A time that the clocks go through twice means the first; one that they skip
    means the moment of the change. So instants never run against local times.
    """
    aware = local.replace(tzinfo=zone, fold=0)
    before, after = _offset(aware), _offset(aware.replace(fold=1))
    if before < after:
        return _change(local.replace(tzinfo=UTC) - after, local.replace(tzinfo=UTC) - before, zone)
    return (local - before).replace(tzinfo=UTC)


def micros(at: datetime) -> int:
    """Microseconds since 1970 of an aware instant."""
    return (at - _EPOCH) // _MICROSECOND


def at_micros(microseconds: int) -> datetime:
    """The UTC instant so many microseconds after 1970 began."""
    return _EPOCH + microseconds * _MICROSECOND


@dataclass(frozen=True, kw_only=True)
class OpeningHours:
    """All that decides when a calendar is open.

    Attributes:
        week: intervals of each weekday, Monday first.
        holidays: ordinals of whole days closed.
        openings: extra intervals by ordinal.
        closures: closed parts by ordinal.
    """

    zone: ZoneInfo
    week: tuple[tuple[Minutes, ...], ...]
    holidays: frozenset[int]
    openings: Mapping[int, Sequence[Minutes]]
    closures: Mapping[int, Sequence[Minutes]]

    @classmethod
    def read(
        cls,
        *,
        zone: ZoneInfo,
        week: Mapping[str, Sequence[tuple[str, str]]],
        holidays: Iterable[date],
        closures: Iterable[Closure],
        openings: Iterable[Opening],
    ) -> "OpeningHours":
        """Check and sort what was written."""
        extra: dict[int, list[Minutes]] = {}
        for opening in openings:
            parts = intervals_of(str(opening.on), opening.intervals)
            extra.setdefault(opening.on.toordinal(), []).extend(parts)
        shut: dict[int, list[Minutes]] = {}
        for closure in closures:
            shut.setdefault(closure.on.toordinal(), []).append(closure.minutes)
        return cls(
            zone=zone,
            week=_week(week),
            holidays=frozenset(on.toordinal() for on in holidays),
            openings=extra,
            closures=shut,
        )

    def usual(self) -> "OpeningHours":
        """The week and the extra openings, as if nothing were ever closed."""
        return replace(self, holidays=frozenset(), closures={})

    def days(self, first: int, after: int) -> Iterator[tuple[int, list[Span]]]:
        """Every open day from the first ordinal up to ``after`` with its spans of open time."""
        for ordinal in range(first, after):
            spans = self._spans(ordinal)
            if spans:
                yield ordinal, spans

    def _spans(self, ordinal: int) -> list[Span]:
        # 1 January of year 1, ordinal 1, was a Monday
        usual = () if ordinal in self.holidays else self.week[(ordinal - 1) % 7]
        written = (*usual, *self.openings.get(ordinal, ()))
        if not written:
            return []
        spans = union(self._span(ordinal, part) for part in written)
        closed = self.closures.get(ordinal)
        return minus(spans, [self._span(ordinal, part) for part in closed]) if closed else spans

    def _span(self, ordinal: int, part: Minutes) -> Span:
        midnight = datetime.combine(date.fromordinal(ordinal), time())
        start, end = (instant(midnight + timedelta(minutes=minutes), self.zone) for minutes in part)
        return micros(start), micros(end)


def _week(week: Mapping[str, Sequence[tuple[str, str]]]) -> tuple[tuple[Minutes, ...], ...]:
    unknown = sorted(set(week) - set(WEEKDAYS))
    if unknown:
        raise CalendarError(f"Unknown weekday {unknown[0]!r}. Known: {', '.join(WEEKDAYS)}.")
    read = tuple(intervals_of(day, week.get(day, ())) for day in WEEKDAYS)
    if not any(read):
        raise CalendarError("The calendar has no opening hours on any weekday: no deadline would ever come.")
    return read


def _interval(day: str, interval: Sequence[str]) -> Minutes:
    if isinstance(interval, str) or len(interval) != 2:
        raise CalendarError(
            f"An interval of {day} must be a start and an end, such as ['09:00', '17:00'], not {interval!r}."
        )
    start, end = (_clock_time(day, text) for text in interval)
    if end <= start:
        hint = " Write 24:00 for the end of the day." if end == 0 else ""
        raise CalendarError(
            f"The hours {interval[0]} to {interval[1]} of {day} do not end after they start.{hint}"
        )
    return start, end


def _clock_time(day: str, text: object) -> int:
    if not isinstance(text, str) or not _CLOCK_TIME.fullmatch(text):
        raise CalendarError(f"{text!r} in the hours of {day} is not a time of day such as '09:00'.")
    return int(text[:2]) * 60 + int(text[3:])


def _minutes_of(on: date, at: time | str) -> int:
    if isinstance(at, str):
        return _clock_time(str(on), at)
    if at.second or at.microsecond or at.tzinfo is not None:
        raise CalendarError(f"The closure on {on} must be in local time and whole minutes, not {at}.")
    return at.hour * 60 + at.minute


def _text(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _offset(at: datetime) -> timedelta:
    return at.utcoffset() or timedelta()


def _change(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The second in (low, high] at which the zone's offset changes."""
    before = _offset(low.astimezone(zone))
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // timedelta(seconds=2) * timedelta(seconds=1)
        if _offset(middle.astimezone(zone)) == before:
            low = middle
        else:
            high = middle
    return high
