"""Calendars that the tests of time share."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from homebuy_plugin._resources import data_folder
from homebuy_plugin.clock import WorkingCalendar


def _shipped(code: str) -> WorkingCalendar:
    document = json.loads((data_folder("rules") / "calendars" / f"{code}.json").read_text(encoding="utf-8"))
    return WorkingCalendar.build(
        code=document["id"],
        timezone=document["timezone"],
        week=document["hours"],
        holidays=[date.fromisoformat(holiday["date"]) for holiday in document["holidays"]],
        first_year=2020,
        last_year=2035,
    )


@pytest.fixture(scope="session")
def england() -> WorkingCalendar:
    """The shipped calendar of England and Wales: Monday to Friday, 09:00 to 17:00."""
    return _shipped("england_and_wales")


@pytest.fixture(scope="session")
def scotland() -> WorkingCalendar:
    """The shipped calendar of Scotland."""
    return _shipped("scotland")


@pytest.fixture(scope="session")
def northern_ireland() -> WorkingCalendar:
    """The shipped calendar of Northern Ireland."""
    return _shipped("northern_ireland")


@pytest.fixture(scope="session")
def always() -> WorkingCalendar:
    """Open day and night, London time."""
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return WorkingCalendar.build(
        code="always",
        timezone="Europe/London",
        week={day: [("00:00", "24:00")] for day in days},
        holidays=[],
        first_year=2026,
        last_year=2027,
    )


@pytest.fixture
def make() -> Callable[..., WorkingCalendar]:
    """Builds a calendar of 2026 and 2027, 09:00 to 17:00 from Monday to Friday unless told otherwise."""

    def build(**given: Any) -> WorkingCalendar:
        usual: dict[str, Any] = {
            "code": "office",
            "timezone": "Europe/London",
            "week": {day: [("09:00", "17:00")] for day in ("mon", "tue", "wed", "thu", "fri")},
            "holidays": [],
            "first_year": 2026,
            "last_year": 2027,
        }
        return WorkingCalendar.build(**{**usual, **given})

    return build
