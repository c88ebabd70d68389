"""The bank holidays shipped, against a library kept by others."""

import json
from datetime import date, time
from itertools import pairwise
from typing import Any

import holidays
import pytest

from homebuy_plugin._resources import data_folder

CODES = {"england_and_wales": ("ENG", "WLS"), "scotland": ("SCT",), "northern_ireland": ("NIR",)}
YEARS = range(2020, 2036)


def shipped(code: str) -> dict[str, Any]:
    path = data_folder("rules") / "calendars" / f"{code}.json"
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def dates(code: str) -> list[date]:
    return [date.fromisoformat(holiday["date"]) for holiday in shipped(code)["holidays"]]


@pytest.mark.parametrize(("code", "subdivision"), [(c, s) for c, subs in CODES.items() for s in subs])
def test_holidays_agree_with_the_library(code: str, subdivision: str) -> None:
    # a holiday on a weekend closes nothing; its substitute is the one that matters
    library = {
        on for on in holidays.country_holidays("GB", subdiv=subdivision, years=YEARS) if on.weekday() < 5
    }
    assert sorted(set(dates(code)) ^ library) == []


@pytest.mark.parametrize("code", CODES)
def test_holidays_are_in_order_named_and_on_weekdays(code: str) -> None:
    on = dates(code)
    assert all(first < second for first, second in pairwise(on))
    assert all(day.weekday() < 5 for day in on)
    assert {day.year for day in on} == set(YEARS)
    assert all(holiday["name"].strip() for holiday in shipped(code)["holidays"])


@pytest.mark.parametrize("code", CODES)
def test_the_document(code: str) -> None:
    document = shipped(code)
    assert list(document) == [
        "format", "id", "name", "timezone", "region", "hours", "holidays", "closures", "openings", "service",
    ]  # fmt: skip
    assert document["format"] == "homebuy.calendar/1"
    assert document["id"] == document["region"] == code
    assert document["timezone"] == "Europe/London"
    for start, end in (part for parts in document["hours"].values() for part in parts):
        assert time.fromisoformat(start) < time.fromisoformat(end)


@pytest.mark.parametrize(
    ("code", "on", "name"),
    [
        # proclaimed for one year only
        ("england_and_wales", "2020-05-08", "Early May bank holiday (VE day)"),
        ("england_and_wales", "2022-06-03", "Platinum Jubilee bank holiday"),
        ("england_and_wales", "2022-09-19", "Bank Holiday for the State Funeral of Queen Elizabeth II"),
        ("england_and_wales", "2023-05-08", "Bank holiday for the coronation of King Charles III"),
        ("scotland", "2022-09-19", "Bank Holiday for the State Funeral of Queen Elizabeth II"),
        ("scotland", "2026-06-15", "World Cup bank holiday"),
        ("northern_ireland", "2023-05-08", "Bank holiday for the coronation of King Charles III"),
        # and some of every year
        ("england_and_wales", "2026-04-03", "Good Friday"),
        ("england_and_wales", "2026-12-28", "Boxing Day (substitute day)"),
        ("scotland", "2025-12-01", "St Andrew's Day (substitute day)"),
        ("northern_ireland", "2026-07-13", "Battle of the Boyne (Orangemen's Day) (substitute day)"),
    ],
)
def test_named_days(code: str, on: str, name: str) -> None:
    assert {holiday["date"]: holiday["name"] for holiday in shipped(code)["holidays"]}[on] == name
