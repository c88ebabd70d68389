"""JSON as it is stored: quick, and nothing lost, changed or let through that json would not."""

import json
import math
import struct
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebuy_plugin.store.plain_json import dated, dumps, loads
from homebuy_plugin.workflow.state import AmberState

# lone surrogates too: st.text() leaves them out
TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=8)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS
VALUES = st.recursive(
    PLAIN, lambda v: st.lists(v, max_size=4) | st.dictionaries(TEXTS, v, max_size=4), max_leaves=12
)


def same(one: object, other: object) -> bool:
    """Equal, and of equal kinds: 1, 1.0 and True are three things, and so are 0.0 and -0.0."""
    return repr(one) == repr(other)


@given(VALUES)
def test_every_value_comes_back_and_json_reads_it_likewise(value):
    text = dumps(value)
    assert same(loads(text), value)
    assert same(json.loads(text), value)
    text.encode()  # SQLite and PostgreSQL take nothing else


@given(VALUES)
def test_what_json_wrote_is_read(value):
    for text in (json.dumps(value), json.dumps(value, indent=2), f" {json.dumps(value)}\n"):
        assert same(loads(text), value)


@pytest.mark.parametrize(
    "value",
    [2**63, 2**64 - 1, 2**64, -(2**63) - 1, 2**200, [10**30, {"a": -(10**30)}]],
)
def test_whole_numbers_beyond_64_bits_stay_whole(value):
    assert same(loads(dumps(value)), value)


DAY, MOMENT = date(2026, 3, 29), datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
NOT_FINITE = (
    math.inf,
    -math.inf,
    math.nan,
    -math.nan,
    *struct.unpack(">dd", bytes.fromhex(2 * "fff4000000000001")),
)


class Special(dict):
    """A dictionary all the same."""


@pytest.mark.parametrize("number", NOT_FINITE)
@given(around=st.lists(VALUES, max_size=3))
def test_what_is_no_number_is_never_turned_into_nothing(number, around):
    for value in (
        number,
        [*around, number],
        Special(a=[number, *around]),
        {"null": number, "b": around},
        {"a": None, "b": number},
    ):
        assert same(loads(dumps(value)), value)


def test_texts_that_seem_to_hold_null_are_written_as_they_are():
    assert dumps({"null": "nan and inf are null", "é": None}) == '{"null":"nan and inf are null","é":null}'


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ((1, (2, ())), [1, [2, []]]),
        ({1: "a", None: "b", False: "c", 1.5: "d"}, {"1": "a", "null": "b", "false": "c", "1.5": "d"}),
        ({"deep": [[[[{}]]]]}, {"deep": [[[[{}]]]]}),
    ],
)
def test_tuples_and_odd_keys_become_what_json_makes_of_them(value, read):
    assert same(loads(dumps(value)), read)
    assert same(json.loads(json.dumps(value)), read)


def test_what_is_nested_deeper_than_orjson_goes_is_written():
    value: list[object] = []
    for _ in range(300):
        value = [value]
    assert loads(dumps(value)) == value


@pytest.mark.parametrize(
    "value",
    [date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC), Decimal("1.5"), {1}, b"x", object()],
)
@pytest.mark.parametrize("wrap", [lambda v: v, lambda v: {"a": [v]}], ids=["bare", "nested"])
def test_what_is_not_of_json_is_refused_by_name(value, wrap):
    with pytest.raises(TypeError, match=rf"Object of type {type(value).__name__} is not JSON"):
        dumps(wrap(value))


def test_what_contains_itself_is_refused():
    value: list[object] = []
    value.append(value)
    with pytest.raises(ValueError, match="Circular"):
        dumps(value)


@pytest.mark.parametrize("text", ["", " ", "[1", "[1]]", "{'a': 1}", "nul", "\ufeff[]", "[1] x", '"\n"'])
def test_what_is_not_json_is_refused_as_json_does(text):
    with pytest.raises(json.JSONDecodeError) as ours:
        loads(text)
    with pytest.raises(json.JSONDecodeError) as theirs:
        json.loads(text)
    assert str(ours.value) == str(theirs.value)


def test_dates_and_instants_of_ours_are_written_as_iso_text():
    amber = AmberState("first", DAY, MOMENT, DAY, MOMENT + timedelta(microseconds=5))
    assert dated(((MOMENT, MOMENT),)) == '[["2026-03-29T00:30:00+00:00","2026-03-29T00:30:00+00:00"]]'
    assert json.loads(dated((amber,))) == [
        {
            "name": "first",
            "on": "2026-03-29",
            "at": "2026-03-29T00:30:00+00:00",
            "base_on": "2026-03-29",
            "base_at": "2026-03-29T00:30:00.000005+00:00",
        }
    ]
    assert dated(()) == "[]"
