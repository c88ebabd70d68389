"""Instants and lengths of time: what is read, what is refused, and that JSON gives them back."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebuy_plugin.engine import Catalogue, Variable, compile_conditions, evaluate
from homebuy_plugin.engine.casting import (
    WrongType,
    iso_instant,
    iso_length,
    jsonable,
    length_text,
    to_instant,
    to_length,
    to_text,
)
from homebuy_plugin.engine.phrases import length_words, long_instant


@given(st.timedeltas(min_value=timedelta(days=-999_999), max_value=timedelta(days=999_999)))
def test_a_length_written_is_read_again(length):
    assert iso_length(length_text(length)) == length
    assert to_length(jsonable(length)) == length


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1), timezones=st.just(UTC)))
def test_an_instant_written_is_read_again(at):
    assert to_instant(jsonable(at)) == at


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("P1W", timedelta(days=7)),
        ("P1DT12H30M", timedelta(days=1, hours=12, minutes=30)),
        ("PT0.5S", timedelta(milliseconds=500)),
        ("-PT90M", timedelta(minutes=-90)),
        ("P0D", timedelta(0)),
    ],
)
def test_lengths(text, length):
    assert iso_length(text) == length


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "P1DT",
        "P1M",
        "P1Y",
        "P1W1D",
        "1D",
        "P1.5D",
        "P-1D",
        "p1d",
        "P1D ",
        "PT1H1H",
        "P1234567D",
    ],
)
def test_what_is_no_length(text):
    assert iso_length(text) is None
    with pytest.raises(WrongType):
        to_length(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-04-01",
        "2026-04-01T09:00:00",
        "2026-04-01 09:00:00Z",
        "2026-02-30T09:00:00Z",
        "2026-04-01T25:00:00Z",
        "2026-04-01T09:00:00+99:00",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "2026-W14-3T09:00:00Z",
        " 2026-04-01T09:00:00Z",
    ],
)
def test_what_is_no_instant(text):
    assert iso_instant(text) is None
    with pytest.raises(WrongType):
        to_instant(text)


@pytest.mark.parametrize(
    "value", [datetime(2026, 4, 1), datetime.max.replace(tzinfo=timezone(-timedelta(hours=1))), 5, None]
)
def test_instants_need_a_zone_and_a_calendar(value):
    with pytest.raises(WrongType):
        to_instant(value)


@pytest.mark.parametrize("value", [timedelta.max, timedelta.min, 5, None, timedelta(days=20_000_000)])
def test_lengths_have_bounds(value):
    with pytest.raises(WrongType):
        to_length(value)


def test_words():
    assert length_words("P0D") == "no time"
    assert length_words(timedelta(minutes=-1)) == "minus 1 minute"
    assert length_words("PT61M1S") == "1 hour, 1 minute and 1 second"
    assert length_words("soon") == "soon"
    assert long_instant("2026-04-01T08:00:30+00:00") == "1 April 2026, 08:00:30 UTC"
    assert long_instant("2026-04-01") == "2026-04-01"


def test_a_letter_typed_in_two_ways_is_one_letter():
    apart, composed = "W\u0302ern", "\u0174ern"
    assert to_text(apart) == to_text(composed) == composed
    raw = {"name": "patch", "operator": "is", "value": apart}
    catalogue = Catalogue.of([Variable(name="patch", label="patch", type="text")])
    assert evaluate(compile_conditions(raw, catalogue), {"patch": composed}).result
