"""Working days and working time: this package, businesstimedelta and numpy, on the same questions.

    python -m pytest benchmarks/bench_calendar.py

Each contender answers the same questions and has to answer them alike before it is timed.
numpy knows whole days only, one set of weekdays, no hours, no zones; businesstimedelta knows
hours, and walks through them day by day. As measured on two cores under Python 3.11 (fastest
round; ours = 1):

===============================  =====  =============  =================  =================
question                         ours   numpy, one by  numpy, list to     businesstimedelta
                                        one            list / in arrays
===============================  =====  =============  =================  =================
add 3 working days               0.7 µs           5.3  1.5 / 0.05         -
add 250 working days             0.7 µs           5.2  1.6 / 0.07         -
count working days               0.8 µs           7.5  -                  -
add 3 working hours              2.1 µs             -  -                  68
add 40 working hours             2.0 µs             -  -                  295
add 400 working hours            2.1 µs             -  -                  3,240
===============================  =====  =============  =================  =================

So: for one deadline at a time ours is the fastest and does not slow down with the distance;
whoever has thousands of whole-day questions at once, already in arrays, should use numpy.
"""

import json
import random
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from homebuy_plugin._resources import data_folder
from homebuy_plugin.clock import WorkingCalendar
from homebuy_plugin.documents.values import from_json
from homebuy_plugin.library import working_calendar

np = pytest.importorskip("numpy", reason="the extra bench brings numpy")
pytz = pytest.importorskip("pytz", reason="businesstimedelta brings pytz")
btd = pytest.importorskip("businesstimedelta", reason="the extra bench brings businesstimedelta")

LONDON = ZoneInfo("Europe/London")
FIRST, QUESTIONS = date(2024, 1, 1), 1_000


@cache
def definition() -> Any:
    path = data_folder("rules") / "calendars" / "england_and_wales.json"
    return from_json("calendar", json.loads(path.read_text(encoding="utf-8")))


@cache
def ours() -> WorkingCalendar:
    return working_calendar(definition())


@cache
def holidays() -> tuple[date, ...]:
    return tuple(holiday.date for holiday in definition().holidays)


@cache
def numpys() -> Any:
    return np.busdaycalendar(holidays=np.array(holidays(), dtype="datetime64[D]"))


@cache
def theirs() -> Any:
    """Nine to five on weekdays that are no holidays."""
    names = dict.fromkeys(holidays(), "closed")
    london = pytz.timezone("Europe/London")  # the library knows no other kind of zone
    off = btd.HolidayRule(names, tz=london)
    return btd.Rules(
        [btd.WorkDayRule(start_time=_at(9), end_time=_at(17), working_days=[0, 1, 2, 3, 4], tz=london), off]
    )


def _at(hour: int) -> Any:
    return datetime(2026, 1, 1, hour, tzinfo=UTC).time()


@cache
def dates() -> Sequence[date]:
    draw = random.Random(1)
    return [FIRST + timedelta(days=draw.randrange(3_000)) for _ in range(QUESTIONS)]


@cache
def instants() -> Sequence[datetime]:
    draw = random.Random(2)
    return [
        datetime.combine(on, _at(draw.randrange(9, 17)), tzinfo=LONDON).astimezone(UTC)
        for on in dates()[:50]
        if ours().is_working_day(on)
    ]


Answers = Callable[[], Sequence[Any]]


def add_ours(days: int) -> Sequence[date]:
    calendar = ours()
    return [calendar.add_working_days(on, days) for on in dates()]


def add_numpy(days: int) -> Sequence[date]:
    calendar = numpys()
    return [np.busday_offset(on, days, roll="preceding", busdaycal=calendar).item() for on in dates()]


def add_numpy_at_once(days: int) -> Sequence[date]:
    asked = np.array(dates(), dtype="datetime64[D]")
    found: list[date] = np.busday_offset(asked, days, roll="preceding", busdaycal=numpys()).tolist()
    return found


@cache
def as_array() -> Any:
    return np.array(dates(), dtype="datetime64[D]")


def add_numpy_in_arrays(days: int) -> Any:
    """At its best: dates that are in an array already, and stay there."""
    return np.busday_offset(as_array(), days, roll="preceding", busdaycal=numpys())


def count_ours() -> Sequence[int]:
    calendar = ours()
    return [calendar.count_working_days(FIRST, on) for on in dates()]


def count_numpy() -> Sequence[int]:
    calendar = numpys()
    return [int(np.busday_count(FIRST, on, busdaycal=calendar)) for on in dates()]


def time_ours(seconds: int) -> Sequence[datetime]:
    calendar = ours()
    return [calendar.add_time(at, seconds) for at in instants()]


def time_theirs(seconds: int) -> Sequence[datetime]:
    length = btd.BusinessTimeDelta(theirs(), seconds=seconds)
    return [(at + length).astimezone(UTC) for at in instants()]


def as_date(on: Any) -> date:
    found: date = on.item() if hasattr(on, "item") else on
    return found


@pytest.mark.parametrize("days", [3, 30, 250])
@pytest.mark.parametrize("who", [add_ours, add_numpy, add_numpy_at_once, add_numpy_in_arrays])
def test_add_working_days(benchmark: Any, who: Callable[[int], Sequence[date]], days: int) -> None:
    benchmark.group = f"add {days} working days, {QUESTIONS} times"
    assert [as_date(on) for on in who(days)] == list(add_ours(days))
    benchmark(who, days)


@pytest.mark.parametrize("who", [count_ours, count_numpy])
def test_count_working_days(benchmark: Any, who: Callable[[], Sequence[int]]) -> None:
    benchmark.group = f"count working days, {QUESTIONS} times"
    assert list(who()) == list(count_ours())
    benchmark(who)


@pytest.mark.parametrize("hours", [3, 40, 400])
@pytest.mark.parametrize("who", [time_ours, time_theirs])
def test_add_working_time(benchmark: Any, who: Callable[[int], Sequence[datetime]], hours: int) -> None:
    benchmark.group = f"add {hours} working hours, {len(instants())} times"
    # a quarter past: at the very end of a day the two differ by convention (closing, next opening)
    seconds = hours * 3600 + 900
    assert list(who(seconds)) == list(time_ours(seconds))
    benchmark.pedantic(who, args=(seconds,), rounds=3)


def test_lay_a_calendar_out(benchmark: Any) -> None:
    benchmark.group = "lay out sixteen years, once for each version"
    benchmark.pedantic(working_calendar, args=(definition(),), rounds=3)
