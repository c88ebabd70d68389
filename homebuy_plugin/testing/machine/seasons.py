"""When a machine lives, and when its office is open."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from homebuy_plugin.testing.office_hours import OfficeHours
from homebuy_plugin.testing.small_landlord import at


@dataclass(frozen=True)
class Season:
    """When a machine lives.

    Attributes:
        night: the instant at which clocks change, on the very day that the law's date falls on.
    """

    begins: datetime
    served_on: date
    ends: datetime
    night: datetime | None = None


WINTER = Season(at(2), date(2026, 11, 2), datetime(2027, 2, 1, 10, tzinfo=UTC))
AUTUMN = Season(
    datetime(2026, 10, 5, 9, tzinfo=UTC),
    date(2026, 9, 27),
    datetime(2026, 12, 20, 10, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
)
SPRING = Season(
    datetime(2027, 3, 8, 10, tzinfo=UTC),
    date(2027, 2, 28),
    datetime(2027, 5, 30, 10, tzinfo=UTC),
    datetime(2027, 3, 28, 1, tzinfo=UTC),
)
HOURS = {
    "england_and_wales": OfficeHours(),
    "always": OfficeHours(opens=0, closes=24, every_day=True),
    "nights": OfficeHours(opens=0, closes=6, every_day=True),
}
"""By the code of a calendar."""
