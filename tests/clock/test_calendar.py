"""The working calendar. Dates and instants are worked out by hand, with a wall calendar."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest

from homebuy_plugin.clock import Closure, Opening, WorkingCalendar
from homebuy_plugin.exceptions import CalendarError, InvalidArgument, NaiveDatetime, OutsideCalendar

Make = Callable[..., WorkingCalendar]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# --- days -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "open_"),
    [
        (date(2026, 4, 2), True),  # Maundy Thursday
        (date(2026, 4, 3), False),  # Good Friday
        (date(2026, 4, 4), False),  # Saturday
        (date(2026, 4, 6), False),  # Easter Monday
        (date(2026, 4, 7), True),
        (date(2020, 5, 4), True),  # the early May holiday moved to VE day
        (date(2020, 5, 8), False),
        (date(2022, 5, 30), True),  # the spring holiday moved to June
        (date(2022, 6, 2), False),
        (date(2022, 6, 3), False),
        (date(2022, 9, 19), False),  # state funeral, proclaimed nine days before
        (date(2023, 5, 8), False),  # coronation
    ],
)
def test_working_days_of_england(england: WorkingCalendar, on: date, open_: bool) -> None:
    assert england.is_working_day(on) is open_
    assert (england.opening(on) is not None) is open_


def test_jurisdictions_differ(
    england: WorkingCalendar, scotland: WorkingCalendar, northern_ireland: WorkingCalendar
) -> None:
    assert not scotland.is_working_day(date(2026, 1, 2))
    assert england.is_working_day(date(2026, 1, 2))
    assert scotland.is_working_day(date(2026, 4, 6))  # no Easter Monday in Scotland
    assert not northern_ireland.is_working_day(date(2026, 3, 17))
    assert northern_ireland.is_working_day(date(2026, 7, 10))
    assert not northern_ireland.is_working_day(date(2026, 7, 13))  # 12 July is a Sunday
    # the Scottish holiday of the football World Cup
    assert scotland.add_working_days(date(2026, 6, 12), 1) == date(2026, 6, 16)
    assert england.add_working_days(date(2026, 6, 12), 1) == date(2026, 6, 15)


@pytest.mark.parametrize(
    ("on", "n", "expected"),
    [
        (date(2026, 4, 2), 1, date(2026, 4, 7)),  # over Easter
        (date(2026, 4, 3), 1, date(2026, 4, 7)),
        (date(2026, 4, 7), -1, date(2026, 4, 2)),
        (date(2026, 4, 5), -1, date(2026, 4, 2)),
        (date(2026, 12, 23), 10, date(2027, 1, 11)),  # closed on 25 and 28 December and 1 January
        (date(2027, 1, 11), -10, date(2026, 12, 23)),
        (date(2026, 4, 2), 0, date(2026, 4, 2)),
        (date(2026, 4, 3), 0, date(2026, 4, 7)),  # closed: the next working day
        (date(2028, 2, 28), 1, date(2028, 2, 29)),  # leap day, a Tuesday
    ],
)
def test_add_working_days(england: WorkingCalendar, on: date, n: int, expected: date) -> None:
    assert england.add_working_days(on, n) == expected


def test_count_working_days_is_half_open(england: WorkingCalendar) -> None:
    assert england.count_working_days(date(2026, 4, 2), date(2026, 4, 7)) == 1
    assert england.count_working_days(date(2026, 4, 2), date(2026, 4, 8)) == 2
    assert england.count_working_days(date(2026, 4, 3), date(2026, 4, 7)) == 0
    assert england.count_working_days(date(2026, 4, 7), date(2026, 4, 2)) == 0
    # 261 weekdays, eight of them bank holidays
    assert england.count_working_days(date(2026, 1, 1), date(2027, 1, 1)) == 253


# --- openings -------------------------------------------------------------------------------------


def test_opening_follows_summer_time(england: WorkingCalendar) -> None:
    assert england.opening(date(2026, 3, 27)) == utc("2026-03-27 09:00")  # GMT
    assert england.opening(date(2026, 3, 30)) == utc("2026-03-30 08:00")  # BST since the 29th
    assert england.opening(date(2026, 10, 23)) == utc("2026-10-23 08:00")
    assert england.opening(date(2026, 10, 26)) == utc("2026-10-26 09:00")  # GMT since the 25th
    assert england.opening(date(2026, 3, 29)) is None


def test_opening_on_or_after_and_before(england: WorkingCalendar) -> None:
    assert england.opening_on_or_after(date(2026, 4, 3)) == utc("2026-04-07 08:00")
    assert england.opening_on_or_after(date(2026, 4, 7)) == utc("2026-04-07 08:00")
    assert england.opening_on_or_before(date(2026, 4, 6)) == utc("2026-04-02 08:00")
    assert england.opening_on_or_before(date(2026, 4, 2)) == utc("2026-04-02 08:00")


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-02 08:59", "2026-11-02 09:00"),
        ("2026-11-02 09:00", "2026-11-02 09:00"),
        ("2026-11-02 12:34", "2026-11-02 12:34"),
        ("2026-11-02 17:00", "2026-11-03 09:00"),  # closed at the stroke of five
        ("2026-11-06 17:00", "2026-11-09 09:00"),
    ],
)
def test_next_opening(england: WorkingCalendar, at: str, expected: str) -> None:
    assert england.next_opening(utc(at)) == utc(expected)


def test_openings_between_counts_mornings(england: WorkingCalendar) -> None:
    # Thursday 14:00 to Tuesday 10:00 over Easter: only Tuesday's opening falls within
    assert england.openings_between(utc("2026-04-02 13:00"), utc("2026-04-07 09:00")) == 1
    assert england.openings_between(utc("2026-04-02 08:00"), utc("2026-04-07 08:00")) == 1
    assert england.openings_between(utc("2026-04-02 08:00"), utc("2026-04-07 08:01")) == 2
    assert england.openings_between(utc("2026-04-07 08:00"), utc("2026-04-02 08:00")) == 0


# --- working time ---------------------------------------------------------------------------------

HOUR = 3600


@pytest.mark.parametrize(
    ("at", "hours", "expected"),
    [
        ("2026-03-27 13:00", 4, "2026-03-27 17:00"),  # to closing: the closing, not Monday's opening
        ("2026-03-27 13:00", 8, "2026-03-30 12:00"),  # 4 on Friday, 4 on Monday until 13:00 BST
        ("2026-03-28 12:00", 8, "2026-03-30 16:00"),  # from a Saturday: all of Monday
        ("2026-10-23 12:00", 8, "2026-10-26 13:00"),  # 13:00 BST on Friday, 13:00 GMT on Monday
        ("2026-12-24 16:00", 2, "2026-12-29 10:00"),  # Christmas Day and the substitute for Boxing Day
        ("2022-09-16 15:00", 2, "2022-09-20 09:00"),  # Friday 16:00 BST, funeral on Monday
        ("2026-11-02 00:00", 0, "2026-11-02 00:00"),
    ],
)
def test_add_time(england: WorkingCalendar, at: str, hours: int, expected: str) -> None:
    assert england.add_time(utc(at), hours * HOUR) == utc(expected)


@pytest.mark.parametrize(
    ("at", "hours", "expected"),
    [
        ("2026-03-30 12:00", 8, "2026-03-27 13:00"),
        ("2026-03-30 12:00", 4, "2026-03-30 08:00"),  # to opening: the opening, not Friday's closing
        ("2026-03-29 12:00", 1, "2026-03-27 16:00"),
        ("2026-03-29 12:00", 0, "2026-03-29 12:00"),
    ],
)
def test_subtract_time(england: WorkingCalendar, at: str, hours: int, expected: str) -> None:
    assert england.subtract_time(utc(at), hours * HOUR) == utc(expected)


def test_working_seconds(england: WorkingCalendar) -> None:
    assert england.working_seconds(utc("2026-03-27 13:00"), utc("2026-03-30 12:00")) == 8 * HOUR
    assert england.working_seconds(utc("2026-03-28 00:00"), utc("2026-03-29 00:00")) == 0
    assert england.working_seconds(utc("2026-03-30 12:00"), utc("2026-03-27 13:00")) == 0
    assert england.working_seconds(utc("2026-03-30 12:00"), utc("2026-03-30 12:00:01.900000")) == 1


def test_days_of_23_and_25_hours(always: WorkingCalendar) -> None:
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    assert always.working_seconds(always.midnight(spring), always.midnight(date(2026, 3, 30))) == 23 * HOUR
    assert always.working_seconds(always.midnight(autumn), always.midnight(date(2026, 10, 26))) == 25 * HOUR
    assert always.add_time(utc("2026-03-28 12:00"), 24 * HOUR) == utc("2026-03-29 12:00")
    assert always.opening(spring) == utc("2026-03-29 00:00")
    assert always.opening(autumn) == utc("2026-10-24 23:00")


def test_hours_inside_the_change_of_clocks(make: Make) -> None:
    nights = make(week={"sun": [("00:30", "02:30")]})
    # 01:00 to 02:00 does not exist on 29 March and comes twice on 25 October
    spring, autumn = date(2026, 3, 29), date(2026, 10, 25)
    assert nights.working_seconds(nights.midnight(spring), nights.midnight(date(2026, 3, 30))) == HOUR
    assert nights.working_seconds(nights.midnight(autumn), nights.midnight(date(2026, 10, 26))) == 3 * HOUR
    skipped = make(week={"sun": [("01:15", "01:45")]})
    assert not skipped.is_working_day(spring)
    assert skipped.opening(autumn) == utc("2026-10-25 00:15")  # the first of the two
    # a closure of the skipped hour takes nothing away
    shut = make(week={"sun": [("00:30", "02:30")]}, closures=[Closure(on=spring, start="01:00", end="02:00")])
    assert shut.working_seconds(shut.midnight(spring), shut.midnight(date(2026, 3, 30))) == HOUR


def test_zone_that_changes_at_midnight(make: Make) -> None:
    beirut = make(timezone="Asia/Beirut", first_year=2023, last_year=2024)
    # on 31 March 2024 the clocks went from 00:00 to 01:00, 22:00 UTC the day before
    assert beirut.midnight(date(2024, 3, 31)) == utc("2024-03-30 22:00")


def test_several_intervals_a_day(make: Make) -> None:
    lunch = make(week={"mon": [("13:15", "17:00"), ("09:00", "12:30")], "tue": [("09:00", "12:00")]})
    assert lunch.add_time(utc("2026-11-02 12:00"), HOUR) == utc("2026-11-02 13:45")
    assert lunch.add_time(utc("2026-11-02 12:00"), HOUR // 2) == utc("2026-11-02 12:30")
    assert lunch.next_opening(utc("2026-11-02 12:30")) == utc("2026-11-02 13:15")
    assert lunch.subtract_time(utc("2026-11-03 10:00"), 5 * HOUR) == utc("2026-11-02 12:15")
    assert lunch.openings_between(utc("2026-11-02 00:00"), utc("2026-11-03 00:00")) == 1
    assert lunch.add_working_days(date(2026, 11, 3), 1) == date(2026, 11, 9)


def test_touching_intervals_are_one(make: Make) -> None:
    joined = make(week={"mon": [("09:00", "12:00"), ("12:00", "17:00")]})
    assert joined.next_opening(utc("2026-11-02 12:00")) == utc("2026-11-02 12:00")
    assert joined.subtract_time(utc("2026-11-02 15:00"), 3 * HOUR) == utc("2026-11-02 12:00")


# --- closures and openings ------------------------------------------------------------------------


def test_part_day_closure(make: Make) -> None:
    christmas_eve = date(2026, 12, 24)
    early = make(closures=[Closure(on=christmas_eve, start=time(12, 30))], holidays=[date(2026, 12, 25)])
    assert early.is_working_day(christmas_eve)
    assert early.add_time(utc("2026-12-24 12:00"), HOUR) == utc("2026-12-28 09:30")
    late = make(closures=[Closure(on=christmas_eve, end="10:00")])
    assert late.opening(christmas_eve) == utc("2026-12-24 10:00")
    middle = make(closures=[Closure(on=christmas_eve, start="11:00", end="13:00")])
    assert middle.add_time(utc("2026-12-24 10:30"), HOUR) == utc("2026-12-24 13:30")


def test_closures_that_together_close_a_day(make: Make) -> None:
    on = date(2026, 12, 24)
    shut = make(closures=[Closure(on=on, end="13:00"), Closure(on=on, start="12:00", end="24:00")])
    assert not shut.is_working_day(on)
    assert make(closures=[Closure(on=on)]).opening(on) is None


def test_opening_lends_a_day(make: Make) -> None:
    saturday = date(2026, 11, 7)
    extra = make(openings=[Opening(on=saturday, intervals=[("10:00", "12:00")])])
    assert extra.is_working_day(saturday)
    assert extra.add_working_days(date(2026, 11, 6), 1) == saturday
    assert extra.add_time(utc("2026-11-06 16:00"), 2 * HOUR) == utc("2026-11-07 11:00")


def test_opening_beats_a_holiday_and_a_closure_beats_both(make: Make) -> None:
    good_friday = date(2026, 4, 3)
    opened = make(holidays=[good_friday], openings=[Opening(on=good_friday, intervals=[("10:00", "12:00")])])
    assert opened.opening(good_friday) == utc("2026-04-03 09:00")
    shut = make(
        holidays=[good_friday],
        openings=[Opening(on=good_friday, intervals=[("10:00", "12:00")])],
        closures=[Closure(on=good_friday)],
    )
    assert not shut.is_working_day(good_friday)


def test_opening_adds_to_usual_hours(make: Make) -> None:
    monday = date(2026, 11, 2)
    longer = make(openings=[Opening(on=monday, intervals=[("07:00", "10:00"), ("18:00", "24:00")])])
    assert longer.opening(monday) == utc("2026-11-02 07:00")
    assert longer.working_seconds(longer.midnight(monday), longer.midnight(date(2026, 11, 3))) == 16 * HOUR


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"week": {}}, "no opening hours"),
        ({"week": {"mon": []}}, "no opening hours"),
        ({"week": {"monday": [("09:00", "17:00")]}}, "Unknown weekday 'monday'"),
        ({"week": {"mon": [("09:00", "13:00"), ("12:00", "17:00")]}}, "overlap"),
        ({"week": {"mon": [("17:00", "09:00")]}}, "17:00 to 09:00 of mon"),
        ({"week": {"mon": [("09:00", "09:00")]}}, "do not end after they start"),
        ({"week": {"mon": [("22:00", "00:00")]}}, "Write 24:00"),
        ({"week": {"mon": [("9:00", "17:00")]}}, "'9:00'"),
        ({"week": {"mon": [("09:00", "25:00")]}}, "'25:00'"),
        ({"week": {"mon": [("09:00", "24:30")]}}, "'24:30'"),
        ({"week": {"mon": [("09:00",)]}}, "a start and an end"),
        ({"week": {"mon": ["09:00"]}}, "a start and an end"),
        ({"timezone": "Europe/Londin"}, "Europe/Londin"),
        ({"timezone": ""}, "time zone"),
        ({"timezone": "../secrets"}, "time zone"),
        ({"first_year": 2027, "last_year": 2026}, "2027 to 2026"),
        ({"first_year": 1, "last_year": 9999}, "1900 to 2200"),
        ({"openings": [Opening(on=date(2026, 1, 3), intervals=[("12:00", "10:00")])]}, "2026-01-03"),
    ],
)
def test_impossible_calendars(make: Make, given: dict[str, object], says: str) -> None:
    with pytest.raises(CalendarError, match=says):
        make(**given)


def test_year_without_an_open_day(make: Make) -> None:
    whole = [date(2027, 1, 1) + timedelta(days=n) for n in range(365)]
    with pytest.raises(CalendarError, match="closed all through 2027"):
        make(closures=[Closure(on=on) for on in whole])
    with pytest.raises(CalendarError, match="closed all through 2027"):
        make(holidays=whole)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("12:00", "12:00"),
        (time(13), time(12)),
        (None, "00:00"),
        ("24:00", None),
        ("noon", None),
        (time(9, 0, 30), None),
    ],
)
def test_impossible_closures(start: time | str | None, end: time | str | None) -> None:
    with pytest.raises(CalendarError, match="2026-12-24"):
        Closure(on=date(2026, 12, 24), start=start, end=end)


def test_naive_instants_are_refused(england: WorkingCalendar) -> None:
    naive = datetime(2026, 11, 2, 9)
    aware = utc("2026-11-02 09:00")
    for ask in (
        lambda: england.next_opening(naive),
        lambda: england.add_time(naive, 60),
        lambda: england.subtract_time(naive, 60),
        lambda: england.working_seconds(naive, aware),
        lambda: england.openings_between(aware, naive),
        lambda: england.local_date(naive),
    ):
        with pytest.raises(NaiveDatetime):
            ask()


def test_an_instant_is_no_date(england: WorkingCalendar) -> None:
    at = utc("2026-06-01 23:30")
    for ask in (england.is_working_day, england.opening, england.opening_on_or_after, england.midnight):
        with pytest.raises(InvalidArgument, match="local date"):
            ask(at)


def test_negative_time_is_refused(england: WorkingCalendar) -> None:
    for ask in (england.add_time, england.subtract_time):
        with pytest.raises(InvalidArgument, match="negative"):
            ask(utc("2026-11-02 09:00"), -1)


def test_outside_the_years_nothing_is_guessed(make: Make) -> None:
    office = make()
    for ask in (
        lambda: office.is_working_day(date(2025, 12, 31)),
        lambda: office.is_working_day(date(2028, 1, 1)),
        lambda: office.opening(date(2028, 1, 1)),
        lambda: office.opening_on_or_before(date(2028, 1, 1)),
        lambda: office.opening_on_or_before(date(2025, 1, 1)),
        lambda: office.add_working_days(date(2027, 12, 31), 1),
        lambda: office.add_working_days(date(2026, 1, 1), -1),
        lambda: office.add_working_days(date(2026, 1, 1), 1_000_000_000),
        lambda: office.count_working_days(date(2027, 1, 1), date(2028, 1, 2)),
        lambda: office.next_opening(utc("2027-12-31 17:00")),
        lambda: office.next_opening(utc("2028-01-01 00:01")),
        lambda: office.add_time(utc("2027-12-31 16:00"), 2 * HOUR),
        lambda: office.subtract_time(utc("2026-01-01 10:00"), 2 * HOUR),
        lambda: office.working_seconds(utc("2025-12-31 23:59"), utc("2026-01-02 00:00")),
        lambda: office.openings_between(utc("2027-12-31 00:00"), utc("2028-01-01 00:01")),
    ):
        with pytest.raises(OutsideCalendar, match="'office' covers 2026 to 2027"):
            ask()


def test_the_edges_of_the_years_are_known(make: Make) -> None:
    office = make()
    assert office.opening(date(2026, 1, 1)) == utc("2026-01-01 09:00")
    assert office.opening_on_or_before(date(2027, 12, 31)) == utc("2027-12-31 09:00")
    assert office.add_time(utc("2027-12-31 16:00"), HOUR) == utc("2027-12-31 17:00")
    assert office.subtract_time(utc("2026-01-01 10:00"), HOUR) == utc("2026-01-01 09:00")
    assert office.count_working_days(date(2027, 12, 31), date(2028, 1, 1)) == 1
    assert office.openings_between(utc("2027-12-31 00:00"), utc("2028-01-01 00:00")) == 1


def test_local_date_and_midnight_know_every_year(england: WorkingCalendar) -> None:
    assert england.local_date(utc("2026-06-01 23:30")) == date(2026, 6, 2)
    assert england.local_date(utc("2026-12-01 23:30")) == date(2026, 12, 1)
    assert england.midnight(date(2026, 6, 2)) == utc("2026-06-01 23:00")
    assert england.midnight(date(1999, 12, 31)) == utc("1999-12-31 00:00")
    assert england.local_date(utc("2060-01-01 12:00")) == date(2060, 1, 1)


def test_answers_are_in_utc_whatever_is_asked_in(england: WorkingCalendar) -> None:
    tokyo = timezone(timedelta(hours=9))
    at = datetime(2026, 11, 2, 19, 0, tzinfo=tokyo)  # 10:00 in London
    for answer in (england.add_time(at, 0), england.add_time(at, HOUR), england.next_opening(at)):
        assert answer.tzinfo is UTC
    assert england.add_time(at, HOUR) == utc("2026-11-02 11:00")
    assert england.local_date(datetime(2026, 11, 3, 8, 0, tzinfo=tokyo)) == date(2026, 11, 2)
