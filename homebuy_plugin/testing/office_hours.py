"""Working time in London, walked day by day, for an oracle. Instants are in UTC, days local."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
_LONDON = ZoneInfo("Europe/London")
_CLOSED = (
    date(2026, 12, 25),
    date(2026, 12, 28),
    date(2027, 1, 1),
    date(2027, 3, 26),
    date(2027, 3, 29),
    date(2027, 5, 3),
    date(2027, 5, 31),
)


def instant(on: date, hour: int) -> datetime:
    """An hour of a local day; 24 is the end of it."""
    day, rest = divmod(hour, 24)
    return datetime.combine(on + day * DAY, time(rest), _LONDON).astimezone(UTC)


def local_date(at: datetime) -> date:
    """The day of an instant."""
    return at.astimezone(_LONDON).date()


@dataclass(frozen=True, kw_only=True)
class OfficeHours:
    """When an office is open.

    Attributes:
        opens: its first hour, local time.
        closes: the hour after its last.
        every_day: weekends and holidays too.
    """

    opens: int = 9
    closes: int = 17
    every_day: bool = False

    def is_open(self, at: datetime) -> bool:
        """Whether an instant is working time."""
        start, end = self._span(local_date(at))
        return self._works(local_date(at)) and start <= at < end

    def opening_from(self, on: date) -> datetime:
        """Opening of the day, or of the next that has one."""
        while not self._works(on):
            on += DAY
        return self._span(on)[0]

    def opening_until(self, on: date) -> datetime:
        """Opening of the day, or of the last before it that has one."""
        while not self._works(on):
            on -= DAY
        return self._span(on)[0]

    def later(self, at: datetime, length: timedelta) -> datetime:
        """The instant after so much working time."""
        on = local_date(at)
        while True:
            start, end = self._span(on)
            start = max(at, start)
            if self._works(on) and start < end:
                if start + length <= end:
                    return start + length
                length -= end - start
            on += DAY

    def earlier(self, at: datetime, length: timedelta) -> datetime:
        """The instant so much working time before."""
        on = local_date(at)
        while True:
            start, end = self._span(on)
            end = min(at, end)
            if self._works(on) and start < end:
                if end - length >= start:
                    return end - length
                length -= end - start
            on -= DAY

    def worked(self, start: datetime, end: datetime) -> timedelta:
        """Working time between two instants."""
        total, on = timedelta(0), local_date(start)
        while on <= local_date(end):
            if self._works(on):
                opening, closing = self._span(on)
                total += max(timedelta(0), min(end, closing) - max(start, opening))
            on += DAY
        return total

    def _works(self, on: date) -> bool:
        return self.every_day or (on.weekday() < 5 and on not in _CLOSED)

    def _span(self, on: date) -> tuple[datetime, datetime]:
        return instant(on, self.opens), instant(on, self.closes)
