"""When a document is taken to have been served, from the day and way it was sent.

Part V of the Housing Act 1985 lets notices go by post (s.176(3)); a letter is served when it
would arrive in the ordinary course of post, unless the contrary is proved (Interpretation
Act 1978 s.7). What that course is is evidence, not law: it is data, dated and sourced. A
business day is any day but Saturday, Sunday and the bank holidays; whether the landlord is
open does not matter.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from homebuy_plugin.exceptions import InvalidArgument

COUNTS = ("days", "business_days")
"""Which days between sending and service count."""

LANDS_ON = ("any_day", "business_day")
"""Whether a day reached that is no business day stays, or moves to the next one."""

_SATURDAY = 5
_ONE_DAY = timedelta(days=1)


def deemed_served_on(
    sent_on: date, *, after: int, counts: str, lands_on: str, holidays: Collection[date]
) -> date:
    """The local date on which a document is taken to have been served.

    Args:
        sent_on: local date it was posted, handed over or sent.
        after: days after that; 0 is the same day.
        counts: one of :data:`COUNTS`.
        lands_on: one of :data:`LANDS_ON`.
        holidays: the bank holidays.
    """
    if isinstance(sent_on, datetime) or not isinstance(sent_on, date):
        raise InvalidArgument(f"sent_on is a local date (datetime.date), not {sent_on!r}.")
    if counts not in COUNTS:
        raise InvalidArgument(f"Unknown counts {counts!r}. Known: {', '.join(COUNTS)}.")
    if lands_on not in LANDS_ON:
        raise InvalidArgument(f"Unknown lands_on {lands_on!r}. Known: {', '.join(LANDS_ON)}.")
    on = sent_on + after * _ONE_DAY if counts == "days" else _business_days(sent_on, after, holidays)
    while lands_on == "business_day" and not is_business_day(on, holidays):
        on += _ONE_DAY
    return on


def is_business_day(on: date, holidays: Collection[date]) -> bool:
    """Any day but Saturday, Sunday and a bank holiday (Civil Procedure Rules 6.2(b))."""
    return on.weekday() < _SATURDAY and on not in holidays


def _business_days(on: date, count: int, holidays: Collection[date]) -> date:
    for _ in range(count):
        on += _ONE_DAY
        while not is_business_day(on, holidays):
            on += _ONE_DAY
    return on
