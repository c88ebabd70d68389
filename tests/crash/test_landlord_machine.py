"""Whatever people, the scheduler, the clock and accidents do: the tiny landlord does as the oracle says."""

from datetime import timedelta

import pytest


def test_a_tiny_landlord(databases, let_loose):
    let_loose(databases, examples=3, steps=12)


@pytest.mark.slow
def test_what_chance_comes_to_seldom(databases, play):
    play(databases)


@pytest.mark.slow
def test_a_tiny_landlord_at_length(databases, let_loose):
    let_loose(databases, examples=40, steps=30)


CALENDARS = ["england_and_wales", "always", "nights"]


@pytest.mark.parametrize(
    "calendar", [c if c == "always" else pytest.param(c, marks=pytest.mark.slow) for c in CALENDARS]
)
def test_the_night_in_which_clocks_change(databases, through_the_night, season, calendar):
    """Round the clock sixteen hours are sixteen hours, whatever the clocks on the wall say."""
    machine = through_the_night(databases, **season, calendar=calendar, quiet=calendar == "nights")
    if calendar == "always":
        night, work = machine.season.night, machine.cases["HB-1"].clocks["work"]
        assert work.base == night + timedelta(hours=3)


@pytest.mark.slow
@pytest.mark.parametrize("calendar", CALENDARS)
def test_seasons_in_which_clocks_change(databases, let_loose, season, calendar):
    """In an office by day, round the clock, and by night; while it is closed nobody is disturbed."""
    where = {**season, "calendar": calendar, "quiet": True}
    let_loose(databases, examples=4, steps=30, where=where)
