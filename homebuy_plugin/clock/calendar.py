"""The working calendar: when a landlord's office is open, answered without walking days.

All years are laid out once, when the calendar is built: spans of open time with the
time worked before each, and the list of open days. Every question afterwards is one
or two bisections. A question beyond those years raises; nothing is guessed.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cached_property
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from homebuy_plugin.clock.opening_hours import (
    Closure,
    Opening,
    OpeningHours,
    at_micros,
    instant,
    micros,
)
from homebuy_plugin.clock.spans import OpenTime
from homebuy_plugin.exceptions import CalendarError, InvalidArgument, NaiveDatetime, OutsideCalendar

FIRST_YEAR, LAST_YEAR = 1900, 2200

_SECOND = 1_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class WorkingCalendar:
    """One version of a calendar; made by :meth:`build`.

    A *working day* is a local date with some open time. All instants taken must be
    aware; all instants returned are in UTC. Two calendars are equal only when they
    are the same object.

    Attributes:
        code: slug by which clocks name it.
        timezone: IANA name of the zone of its hours and dates.
        first_year: first year laid out.
        last_year: last year laid out.
    """

    code: str
    timezone: str
    first_year: int
    last_year: int
    _hours: OpeningHours = field(repr=False)
    _dates: range = field(repr=False)
    _instants: range = field(repr=False)
    _open: OpenTime = field(repr=False)
    _days: tuple[int, ...] = field(repr=False)
    _openings: tuple[int, ...] = field(repr=False)

    @classmethod
    def build(
        cls,
        *,
        code: str,
        timezone: str,
        week: Mapping[str, Sequence[tuple[str, str]]],
        holidays: Iterable[date],
        closures: Iterable[Closure] = (),
        openings: Iterable[Opening] = (),
        first_year: int = 2015,
        last_year: int = 2040,
    ) -> "WorkingCalendar":
        """Lay out the years of a calendar.

        Args:
            code: slug by which clocks name it.
            timezone: IANA name, such as ``Europe/London``.
            week: weekday (``mon`` to ``sun``) to intervals of local time, such as
                ``{"mon": [("09:00", "12:30"), ("13:15", "17:00")]}``.
            holidays: days closed, unless an opening opens them.
            closures: further days, or parts of days, closed; they win over openings.
            openings: extra hours.
            first_year: first year to lay out.
            last_year: last year to lay out; a question beyond it raises.

        Raises:
            CalendarError: it could never, or in some year never, be open; intervals
                overlap or end before they start; the zone is unknown.
        """
        _check_years(code, first_year, last_year)
        first, after = date(first_year, 1, 1), date(last_year + 1, 1, 1)
        hours = OpeningHours.read(
            zone=_zone(code, timezone), week=week, holidays=holidays, closures=closures, openings=openings
        )
        days = list(hours.days(first.toordinal(), after.toordinal()))
        _check_open(code, first_year, last_year, [ordinal for ordinal, _ in days])
        return cls(
            code=code,
            timezone=timezone,
            first_year=first_year,
            last_year=last_year,
            _hours=hours,
            _dates=range(first.toordinal(), after.toordinal()),
            # the very end is let in: what was worked before it is known
            _instants=range(_midnight(first, hours.zone), _midnight(after, hours.zone) + 1),
            _open=OpenTime.of(span for _, spans in days for span in spans),
            _days=tuple(ordinal for ordinal, _ in days),
            _openings=tuple(spans[0][0] for _, spans in days),
        )

    def is_working_day(self, on: date) -> bool:
        """Whether there is any open time on the date."""
        return self._index(on) is not None

    def opening(self, on: date) -> datetime | None:
        """First instant open on the date, or None when it is closed."""
        index = self._index(on)
        return None if index is None else at_micros(self._openings[index])

    def opening_on_or_after(self, on: date) -> datetime:
        """Opening of the date, or of the next open day."""
        return at_micros(self._openings[self._within(bisect_left(self._days, self._ordinal(on)), on)])

    def opening_on_or_before(self, on: date) -> datetime:
        """Opening of the date, or of the last open day before it."""
        return at_micros(self._openings[self._within(bisect_right(self._days, self._ordinal(on)) - 1, on)])

    def next_opening(self, at: datetime) -> datetime:
        """The instant itself when open, else the next opening."""
        found = self._open.next_open(self._micros("at", at))
        if found is None:
            raise self._outside(f"the next opening after {at.isoformat()}")
        return at_micros(found)

    def add_working_days(self, on: date, n: int) -> date:
        """The n-th working day after the date, or before it when n is negative.

        With n = 0, the date itself, or the next working day when it is closed.
        """
        ordinal = self._ordinal(on)
        index = bisect_right(self._days, ordinal) + n - 1 if n > 0 else bisect_left(self._days, ordinal) + n
        return date.fromordinal(self._days[self._within(index, on)])

    def count_working_days(self, start: date, end: date) -> int:
        """Working days from start up to, not including, end; none when end is not later."""
        first, after = self._ordinal(start), self._ordinal(end, last=1)
        return max(0, bisect_left(self._days, after) - bisect_left(self._days, first))

    def add_time(self, at: datetime, seconds: int) -> datetime:
        """The instant after so much working time; a closing rather than the next opening.

        No time added leaves the instant as it is, open or not.
        """
        worked = self._open.worked(self._micros("at", at)) + _duration(seconds)
        if not seconds:
            return at.astimezone(UTC)
        if worked > self._open.total:
            raise self._outside(f"{seconds} working seconds after {at.isoformat()}")
        return at_micros(self._open.earliest(worked))

    def subtract_time(self, at: datetime, seconds: int) -> datetime:
        """The instant so much working time earlier; an opening rather than the last closing.

        No time subtracted leaves the instant as it is, open or not.
        """
        worked = self._open.worked(self._micros("at", at)) - _duration(seconds)
        if not seconds:
            return at.astimezone(UTC)
        if worked < 0:
            raise self._outside(f"{seconds} working seconds before {at.isoformat()}")
        return at_micros(self._open.latest(worked))

    def working_seconds(self, start: datetime, end: datetime) -> int:
        """Whole seconds of open time from start to end; none when end is not later."""
        first, after = self._micros("start", start), self._micros("end", end)
        return max(0, self._open.worked(after) - self._open.worked(first)) // _SECOND

    def openings_between(self, start: datetime, end: datetime) -> int:
        """Working days whose first opening lies at or after start and before end.

        So many working days a hold from start to end takes from a clock that counts days.
        """
        first, after = self._micros("start", start), self._micros("end", end)
        return max(0, bisect_left(self._openings, after) - bisect_left(self._openings, first))

    def usual_openings_between(self, start: datetime, end: datetime) -> int:
        """The same as if there were no bank holidays and no closures.

        So many working days a hold takes from a clock that counts every day. A closure does not
        lengthen such a clock, so one within a hold must not shorten what the hold gives back.
        """
        first, after = self._micros("start", start), self._micros("end", end)
        return max(0, bisect_left(self._usual_openings, after) - bisect_left(self._usual_openings, first))

    def local_date(self, at: datetime) -> date:
        """The date in the calendar's zone; known for any year."""
        return _aware("at", at).astimezone(self._zone).date()

    def midnight(self, on: date) -> datetime:
        """Start of the local date; known for any year."""
        return instant(datetime.combine(_plain_date(on), time()), self._zone)

    @property
    def _zone(self) -> ZoneInfo:
        return self._hours.zone

    @cached_property
    def _usual_openings(self) -> tuple[int, ...]:
        # laid out when first asked for: few cases hold a clock that counts every day
        days = self._hours.usual().days(self._dates.start, self._dates.stop)
        return tuple(spans[0][0] for _, spans in days)

    def _index(self, on: date) -> int | None:
        ordinal = self._ordinal(on)
        index = bisect_left(self._days, ordinal)
        return index if index < len(self._days) and self._days[index] == ordinal else None

    def _ordinal(self, on: date, last: int = 0) -> int:
        """The date's ordinal, checked; ``last`` lets so many days after the last year in."""
        ordinal = _plain_date(on).toordinal()
        if ordinal - last not in self._dates and ordinal not in self._dates:
            raise self._outside(on.isoformat())
        return ordinal

    def _micros(self, name: str, at: datetime) -> int:
        when = micros(_aware(name, at))
        if when not in self._instants:
            raise self._outside(at.isoformat())
        return when

    def _within(self, index: int, on: date) -> int:
        if not 0 <= index < len(self._days):
            raise self._outside(f"the working day asked for, counted from {on.isoformat()},")
        return index

    def _outside(self, what: str) -> OutsideCalendar:
        return OutsideCalendar(
            f"The calendar {self.code!r} covers {self.first_year} to {self.last_year}; {what} lies outside. "
            "Publish a version of it with the holidays of the missing years."
        )


def _check_years(code: str, first: int, last: int) -> None:
    if not FIRST_YEAR <= first <= last <= LAST_YEAR:
        raise CalendarError(
            f"The calendar {code!r} cannot cover {first} to {last}: "
            f"years must be in order and from {FIRST_YEAR} to {LAST_YEAR}."
        )


def _check_open(code: str, first: int, last: int, days: Sequence[int]) -> None:
    for year in range(first, last + 1):
        index = bisect_left(days, date(year, 1, 1).toordinal())
        if index == len(days) or date.fromordinal(days[index]).year != year:
            raise CalendarError(f"The calendar {code!r} is closed all through {year}. Check its closures.")


def _zone(code: str, timezone: str) -> ZoneInfo:
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CalendarError(
            f"The calendar {code!r} has an unknown time zone, {timezone!r}. Write one such as Europe/London."
        ) from error


def _midnight(on: date, zone: ZoneInfo) -> int:
    return micros(instant(datetime.combine(on, time()), zone))


def _aware(name: str, at: datetime) -> datetime:
    if at.utcoffset() is None:
        raise NaiveDatetime(name)
    return at


def _plain_date(on: date) -> date:
    # a datetime is a date to Python, but its date is not yet a local one
    if isinstance(on, datetime):
        raise InvalidArgument(f"{on!r} is an instant where a local date is meant; use local_date() first.")
    return on


def _duration(seconds: int) -> int:
    if seconds < 0:
        raise InvalidArgument(f"{seconds} seconds: a duration cannot be negative.")
    return seconds * _SECOND
