"""Deemed service; expected dates typed by hand with a calendar beside them.

Bank holidays used: Fri 25 and Mon 28 Dec 2026, Fri 1 Jan 2027, Good Friday 26 and Easter
Monday 29 Mar 2027, Mon 4 May 2026.
"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from homebuy_plugin import HomeBuy
from homebuy_plugin._resources import data_folder
from homebuy_plugin.clock import COUNTS, LANDS_ON, deemed_served_on, is_business_day
from homebuy_plugin.documents.calendars import served_on
from homebuy_plugin.documents.model import CalendarDef
from homebuy_plugin.documents.values import from_json
from homebuy_plugin.exceptions import InvalidArgument, UnknownName
from homebuy_plugin.testing.databases import Databases, fresh_engine


def shipped(name: str = "england_and_wales") -> CalendarDef:
    raw = json.loads((data_folder("rules") / "calendars" / f"{name}.json").read_text(encoding="utf-8"))
    value = from_json("calendar", raw)
    assert isinstance(value, CalendarDef)
    return value


ENGLAND = shipped()

VECTORS = [
    # first class: CPR 6.26, the second DAY after posting if a business day, else the next business day
    ("first_class", date(2026, 11, 2), date(2026, 11, 4), "Mon: Wed"),
    ("first_class", date(2026, 11, 4), date(2026, 11, 6), "Wed: Fri"),
    ("first_class", date(2026, 11, 5), date(2026, 11, 9), "Thu: Sat, so Mon"),
    (
        "first_class",
        date(2026, 11, 6),
        date(2026, 11, 9),
        "Fri: Sun, so Mon (not the second working day, Tue)",
    ),
    ("first_class", date(2026, 11, 7), date(2026, 11, 9), "Sat: Mon"),
    ("first_class", date(2026, 11, 8), date(2026, 11, 10), "Sun: Tue"),
    (
        "first_class",
        date(2026, 5, 1),
        date(2026, 5, 5),
        "Fri 1 May 2026: Sun 3, bank holiday Mon 4, so Tue 5",
    ),
    (
        "first_class",
        date(2026, 12, 23),
        date(2026, 12, 29),
        "Wed: Christmas Day, weekend, Mon 28 closed, so Tue 29",
    ),
    ("first_class", date(2026, 12, 24), date(2026, 12, 29), "Thu: Sat 26, so Tue 29"),
    ("first_class", date(2026, 12, 30), date(2027, 1, 4), "Wed: New Year's Day, weekend, so Mon 4 Jan"),
    (
        "first_class",
        date(2027, 3, 24),
        date(2027, 3, 30),
        "Wed: Good Friday, weekend, Easter Monday, so Tue 30",
    ),
    ("recorded", date(2026, 11, 6), date(2026, 11, 9), "as first class"),
    # second class: the fourth business day after posting
    ("second_class", date(2026, 11, 2), date(2026, 11, 6), "Mon: Tue Wed Thu Fri"),
    ("second_class", date(2026, 11, 6), date(2026, 11, 12), "Fri: Mon Tue Wed Thu"),
    ("second_class", date(2026, 11, 8), date(2026, 11, 12), "Sun: Mon Tue Wed Thu"),
    ("second_class", date(2026, 12, 23), date(2026, 12, 31), "Wed: Thu 24, Tue 29, Wed 30, Thu 31"),
    ("second_class", date(2027, 3, 25), date(2027, 4, 2), "Thu: Tue 30, Wed 31, Thu 1, Fri 2 Apr"),
    # by hand: that day, whatever day it is
    ("hand", date(2026, 11, 8), date(2026, 11, 8), "a Sunday"),
    ("hand", date(2026, 12, 25), date(2026, 12, 25), "Christmas Day"),
    # email: landlord's policy, that day if a business day
    ("email", date(2026, 11, 2), date(2026, 11, 2), "Mon"),
    ("email", date(2026, 11, 7), date(2026, 11, 9), "Sat: Mon"),
    ("email", date(2027, 3, 26), date(2027, 3, 30), "Good Friday: Tue 30"),
    # a notice of intervention, Housing Act 1985 s.164: 72 hours after it was sent, whatever day that is
    ("intervention_notice", date(2026, 11, 2), date(2026, 11, 5), "Mon: Thu"),
    ("intervention_notice", date(2026, 11, 6), date(2026, 11, 9), "Fri: Mon"),
    ("intervention_notice", date(2026, 12, 24), date(2026, 12, 27), "Thu: Sun after Christmas"),
    ("intervention_notice", date(2026, 10, 23), date(2026, 10, 26), "Fri, the clocks go back: Mon"),
    ("intervention_notice", date(2028, 2, 28), date(2028, 3, 2), "Mon: 29 Feb, 1 Mar, Thu 2 Mar"),
]


@pytest.mark.parametrize(("method", "sent_on", "expected", "why"), VECTORS)
def test_vector(method: str, sent_on: date, expected: date, why: str) -> None:
    assert served_on(ENGLAND, sent_on, method) == expected, why


@pytest.mark.parametrize("name", ["england_and_wales", "scotland", "northern_ireland"])
def test_every_shipped_calendar_knows_the_ways_that_letters_are_sent(name: str) -> None:
    attributes = json.loads((data_folder("rules") / "shared" / "attributes.json").read_text(encoding="utf-8"))
    sent_by = next(a for a in attributes["attributes"] if a["name"] == "sent_by")
    ways = shipped(name).service
    assert {way.method for way in ways} - {"intervention_notice"} == set(sent_by["options"])
    assert all(way.legal_basis.note for way in ways)


def test_holidays_are_those_of_the_region() -> None:
    """Mon 30 Nov 2026 is St Andrew's Day, a bank holiday in Scotland only; posted Sat 28 Nov."""
    assert served_on(ENGLAND, date(2026, 11, 28), "first_class") == date(2026, 11, 30)
    assert served_on(shipped("scotland"), date(2026, 11, 28), "first_class") == date(2026, 12, 1)


def test_a_landlord_says_it_otherwise() -> None:
    raw = {
        "format": "homebuy.calendar/1",
        "id": "ours",
        "hours": {"mon": [["09:00", "17:00"]]},
        "closures": [{"date": "2026-11-09", "name": "Training day"}],
        "service": [{"method": "courier", "after": 1, "lands_on": "business_day", "legal_basis": {}}],
    }
    ours = from_json("calendar", raw)
    assert isinstance(ours, CalendarDef)
    # Sun 8 + 1 = Mon 9: the landlord is closed, the post is not; and Tuesday is a business day
    assert served_on(ours, date(2026, 11, 8), "courier") == date(2026, 11, 9)
    assert served_on(ours, date(2026, 11, 9), "courier") == date(2026, 11, 10)


def test_an_unknown_way_is_refused() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'first_class'"):
        served_on(ENGLAND, date(2026, 11, 2), "firstclass")


def test_only_dates_and_known_words() -> None:
    with pytest.raises(InvalidArgument, match="local date"):
        deemed_served_on(
            datetime(2026, 11, 2, tzinfo=UTC), after=2, counts="days", lands_on="any_day", holidays=()
        )
    with pytest.raises(InvalidArgument, match="counts"):
        deemed_served_on(date(2026, 11, 2), after=2, counts="weeks", lands_on="any_day", holidays=())
    with pytest.raises(InvalidArgument, match="lands_on"):
        deemed_served_on(date(2026, 11, 2), after=2, counts="days", lands_on="monday", holidays=())


days = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@given(
    days, st.integers(0, 30), st.sampled_from(COUNTS), st.sampled_from(LANDS_ON), st.sets(days, max_size=40)
)
def test_laws(on: date, after: int, counts: str, lands_on: str, holidays: set[date]) -> None:
    found = deemed_served_on(on, after=after, counts=counts, lands_on=lands_on, holidays=holidays)
    assert (found - on).days >= after
    if lands_on == "business_day":
        assert is_business_day(found, holidays)
    fewer = deemed_served_on(on, after=after, counts=counts, lands_on=lands_on, holidays=set())
    assert fewer <= found, "more holidays never make service earlier"


def upgraded(engine: Engine) -> None:
    HomeBuy.create(engine, upgrade=True, entry_points=False)


@pytest.fixture
def hb(databases: Databases) -> Iterator[HomeBuy]:
    with fresh_engine(databases, upgraded) as engine:
        yield HomeBuy.create(engine, entry_points=False)


def test_a_host_asks_the_published_calendar(hb: HomeBuy) -> None:
    assert hb.deemed_served_on(date(2026, 11, 6), "first_class") == date(2026, 11, 9)
    assert hb.deemed_served_on(date(2026, 11, 28), "first_class", calendar="scotland") == date(2026, 12, 1)
    with Session(hb.engine) as session:
        assert hb.deemed_served_on(date(2026, 11, 6), "second_class", session=session) == date(2026, 11, 12)
    with pytest.raises(UnknownName, match="calendar"):
        hb.deemed_served_on(date(2026, 11, 6), "first_class", calendar="wales")
