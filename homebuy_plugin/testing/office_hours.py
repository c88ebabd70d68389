"""Working time, walked day by day: Monday to Friday from nine to five, for an oracle.

It is winter, so London keeps UTC.
"""

from datetime import UTC, date, datetime, time, timedelta

DAY = timedelta(days=1)
_CLOSED = (date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1))


def _open(on: date) -> bool:
    return on.weekday() < 5 and on not in _CLOSED


def instant(on: date, hour: int) -> datetime:
    """An hour of a day."""
    return datetime.combine(on, time(hour), UTC)


def opening_from(on: date) -> datetime:
    """Opening of the day, or of the next that has one."""
    while not _open(on):
        on += DAY
    return instant(on, 9)


def opening_until(on: date) -> datetime:
    """Opening of the day, or of the last before it that has one."""
    while not _open(on):
        on -= DAY
    return instant(on, 9)


def later(at: datetime, length: timedelta) -> datetime:
    """The instant after so much working time."""
    on = at.date()
    while True:
        start, end = max(at, instant(on, 9)), instant(on, 17)
        if _open(on) and start < end:
            if start + length <= end:
                return start + length
            length -= end - start
        on += DAY


def earlier(at: datetime, length: timedelta) -> datetime:
    """The instant so much working time before."""
    on = at.date()
    while True:
        start, end = instant(on, 9), min(at, instant(on, 17))
        if _open(on) and start < end:
            if end - length >= start:
                return end - length
            length -= end - start
        on -= DAY


def worked(start: datetime, end: datetime) -> timedelta:
    """Working time between two instants."""
    total, on = timedelta(0), start.date()
    while on <= end.date():
        if _open(on):
            total += max(timedelta(0), min(end, instant(on, 17)) - max(start, instant(on, 9)))
        on += DAY
    return total
