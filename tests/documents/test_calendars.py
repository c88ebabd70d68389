"""Everything a calendar can do is reached from its document. Expected instants typed by hand."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from homebuy_plugin.clock import Duration, WorkingCalendar, due_instant, due_on
from homebuy_plugin.documents.calendars import build_calendar
from homebuy_plugin.documents.model import CalendarDef
from homebuy_plugin.documents.parse import check
from homebuy_plugin.documents.values import from_json
from homebuy_plugin.engine import Catalogue

OFFICE: dict[str, Any] = {
    "format": "homebuy.calendar/1",
    "id": "town_hall",
    "name": "Town hall",
    "timezone": "Europe/London",
    "region": "england_and_wales",
    "hours": {
        "mon": [["09:00", "12:30"], ["13:30", "17:00"]],
        "tue": [["09:00", "12:30"], ["13:30", "17:00"]],
        "wed": [["09:00", "13:00"]],
        "thu": [["08:00", "10:00"], ["11:00", "13:00"], ["18:00", "20:00"]],
        "fri": [["09:00", "17:00"]],
    },
    "holidays": [
        {"date": "2026-12-25", "name": "Christmas Day"},
        {"date": "2026-12-28", "name": "Boxing Day"},
    ],
    "closures": [
        {"date": "2026-12-24", "from": "11:00", "to": "20:00", "name": "Christmas Eve"},
        {"date": "2026-12-29", "name": "Closed between the years"},
        {"date": "2026-12-30", "name": "Closed between the years"},
    ],
    "openings": [{"date": "2026-12-05", "from": "10:00", "to": "14:00", "name": "Advice day, a Saturday"}],
}


def built(**changes: Any) -> WorkingCalendar:
    raw = {**OFFICE, **changes}
    definition = from_json("calendar", raw)
    assert isinstance(definition, CalendarDef)
    return build_calendar(definition, first_year=2026, last_year=2027)


@pytest.fixture(scope="module")
def office() -> WorkingCalendar:
    return built()


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def hours(calendar: WorkingCalendar, on: str) -> timedelta:
    """How long it is open on a day."""
    start = calendar.midnight(date.fromisoformat(on))
    return timedelta(
        seconds=calendar.working_seconds(start, calendar.midnight(date.fromisoformat(on) + timedelta(1)))
    )


def test_the_document_is_in_order(catalogue: Catalogue) -> None:
    assert check("calendar", OFFICE, catalogue) == []


@pytest.mark.parametrize(
    ("on", "open_for"),
    [
        ("2026-11-02", timedelta(hours=7)),  # Mon: a lunch break
        ("2026-11-04", timedelta(hours=4)),  # Wed: half a day
        ("2026-11-05", timedelta(hours=6)),  # Thu: three intervals, one in the evening
        ("2026-11-07", timedelta(0)),  # Sat
        ("2026-12-05", timedelta(hours=4)),  # Sat, but open
        ("2026-12-24", timedelta(hours=2)),  # Thu: closed from 11
        ("2026-12-25", timedelta(0)),  # a bank holiday
        ("2026-12-29", timedelta(0)),  # the landlord's own closure
        ("2026-12-31", timedelta(hours=6)),  # Thu
    ],
)
def test_hours_of_a_day(office: WorkingCalendar, on: str, open_for: timedelta) -> None:
    assert hours(office, on) == open_for


def test_working_days_leave_out_closures_and_count_openings(office: WorkingCalendar) -> None:
    # Wed 23 Dec + 3: Thu 24 (open till 11), [25 to 30 closed], Thu 31, Fri 1 Jan (no holiday here)
    assert due_on(date(2026, 12, 23), Duration(value=3, unit="working_days"), "within", office) == date(
        2027, 1, 1
    )
    # Fri 4 Dec + 1: Saturday 5 is open
    assert due_on(date(2026, 12, 4), Duration(value=1, unit="working_days"), "within", office) == date(
        2026, 12, 5
    )


def test_working_hours_run_over_breaks_and_closures(office: WorkingCalendar) -> None:
    # Mon 12:00: half an hour to lunch, then from 13:30
    assert due_instant(utc("2026-11-02T12:00"), Duration(value=1, unit="hours"), office) == utc(
        "2026-11-02T14:00"
    )
    # Thu 24 Dec 10:30 is inside the pause 10:00-11:00, and the rest is closed: Thu 31 Dec, 08:00 + 90 minutes
    assert due_instant(utc("2026-12-24T10:30"), Duration(value=90, unit="minutes"), office) == utc(
        "2026-12-31T09:30"
    )


def test_the_law_counts_every_day_on_any_calendar(office: WorkingCalendar) -> None:
    assert due_on(date(2026, 11, 27), Duration(value=4, unit="weeks"), "within", office) == date(2026, 12, 25)


def test_regions_differ_by_their_holidays_alone(office: WorkingCalendar) -> None:
    scotland = built(
        id="scotland",
        region="scotland",
        holidays=[*OFFICE["holidays"], {"date": "2026-11-30", "name": "St Andrew"}],
    )
    assert office.is_working_day(date(2026, 11, 30))
    assert not scotland.is_working_day(date(2026, 11, 30))


def test_another_zone_opens_at_another_instant() -> None:
    lisbon = built(id="azores", timezone="Atlantic/Azores")  # an hour behind UTC in winter
    assert lisbon.opening(date(2026, 11, 2)) == utc("2026-11-02T10:00")
    assert built().opening(date(2026, 11, 2)) == utc("2026-11-02T09:00")
    assert built().opening(date(2026, 7, 6)) == utc("2026-07-06T08:00")  # summer time


def test_open_all_night(office: WorkingCalendar) -> None:
    always = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    desk = built(id="out_of_hours", hours=always, holidays=[], closures=[], openings=[])
    assert hours(desk, "2027-03-28") == timedelta(hours=23)  # the clocks go forward
    assert hours(desk, "2026-10-25") == timedelta(hours=25)  # and back
    assert hours(desk, "2026-12-25") == timedelta(hours=24)
