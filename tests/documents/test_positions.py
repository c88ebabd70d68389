"""Every pointer leads to its text."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebuy_plugin.documents.loading import walk
from homebuy_plugin.documents.positions import Lines, Positions, escaped, unquoted

KEYS = st.text(st.characters(exclude_categories=("Cs",)), max_size=6) | st.sampled_from(
    ["a/b", "~", "~1", "", "0"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | KEYS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=25,
)


@given(
    JSON, st.sampled_from([None, 0, 2, "\t"]), st.booleans(), st.sampled_from([(",", ":"), (" , ", " :\n")])
)
def test_spans_hold_exactly_their_value_and_key(
    value: Any, indent: int | str | None, ascii_only: bool, separators: tuple[str, str]
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only, separators=separators)
    positions = Positions(text)
    expected = dict(members(value))
    assert set(positions.values) == set(expected)
    for pointer, span in positions.values.items():
        assert json.loads(text[span.start : span.end]) == expected[pointer]
    for pointer, span in positions.keys.items():
        assert escaped(json.loads(text[span.start : span.end])) == pointer.rpartition("/")[2]
    assert positions.duplicates == []


def members(value: Any, pointer: str = "") -> list[tuple[str, Any]]:
    found = [(pointer, value)]
    if isinstance(value, dict):
        for key, item in value.items():
            found += members(item, f"{pointer}/{escaped(key)}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += members(item, f"{pointer}/{index}")
    return found


@given(JSON)
def test_the_walk_and_the_scanner_know_the_same_pointers(value: Any) -> None:
    assert {pointer for pointer, _ in walk(value)} == set(Positions(json.dumps(value)).values)


@given(st.text())
def test_a_token_is_read_as_json_reads_it(text: str) -> None:
    for ascii_only in (True, False):
        token = json.dumps(text, ensure_ascii=ascii_only)
        assert unquoted(token) == json.loads(token)


def test_lines_and_columns_count_characters_from_one() -> None:
    positions = Positions('{\n  "café": "x",\r\n\t"b": [1,\n 22]}')
    cafe, b, second = positions.place("/café"), positions.place("/b", key=True), positions.place("/b/1")
    assert (cafe.line, cafe.column, cafe.end_column, cafe.text) == (2, 11, 14, '  "café": "x",')
    assert (b.line, b.column, b.end_column, b.text) == (3, 2, 5, '\t"b": [1,')
    assert (second.line, second.column, second.end_column) == (4, 2, 4)


def test_an_object_or_list_is_marked_by_its_opening_bracket() -> None:
    place = Positions('{"a": [1, 2], "b": {"c": 3}}').place("/b")
    assert (place.column, place.end_column) == (20, 21)


@pytest.mark.parametrize(("pointer", "column"), [("/a/b/c", 7), ("/x", 1), ("/a/1", 7), ("", 1)])
def test_what_is_not_there_is_shown_at_its_nearest_ancestor(pointer: str, column: int) -> None:
    assert Positions('{"a": [0]}').place(pointer).column == column


def test_what_runs_over_the_end_of_its_line_is_cut() -> None:
    place = Lines("ab\ncd").place(1, 4)
    assert (place.line, place.column, place.end_column, place.text) == (1, 2, 3, "ab")


def test_of_a_key_written_twice_the_last_value_counts() -> None:
    positions = Positions('{"a": 1, "a": 2}')
    assert [pointer for pointer, _ in positions.duplicates] == ["/a"]
    assert positions.values["/a"].start == 14
