"""Text to JSON, strictly: every refusal says where and why."""

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homebuy_plugin.documents.diagnostics import Located
from homebuy_plugin.documents.loading import DEEPEST, LARGEST, load_text, walk


def the_one(text: str | bytes) -> Located:
    (problem,) = load_text(text, "x.json").problems
    return problem


SYNTAX = [
    ("", 1, 1, "the file is empty", "It begins with"),
    (" \n ", 1, 1, "the file is empty", "It begins with"),
    ("[1, 2,]", 1, 6, "a comma after the last item", "is not allowed in JSON"),
    ('{"a": 1,\n}', 1, 8, "a comma after the last item", "is not allowed in JSON"),
    ('{"a": 1,\n // why\n "b": 2}', 2, 2, "a comment", "JSON has no comments"),
    ("/* head */ {}", 1, 1, "a comment", "JSON has no comments"),
    ("# head\n{}", 1, 1, "a comment", "JSON has no comments"),
    ('{"a": True}', 1, 7, "“True” stands here without quotation marks", "Write true in small letters"),
    ('{"a": None}', 1, 7, "“None” stands here without quotation marks", "Write null in small letters"),
    ("{a: 1}", 1, 2, "“a” stands here without quotation marks", 'double quotation marks: "a"'),
    ("{'a': 1}", 1, 2, "straight double quotation marks", "Word processors"),
    ("{“a”: 1}", 1, 2, "straight double quotation marks", "Word processors"),
    ('{"a": 1', 1, 7, "the file ends too early", "The { of line 1 is not closed."),
    ('{"a":\n [1, 2\n', 2, 6, "the file ends too early", "The [ of line 2 is not closed."),
    ('{"a" 1}', 1, 6, "a colon is missing", '"key": value'),
    ('{"a": 1 "b": 2}', 1, 9, "a comma or a closing bracket is missing", "parted by commas"),
    ("[1] [2]", 1, 5, "something follows after the end", "One file holds one document."),
    ('{"a": "x', 1, 7, "no closing quotation mark", "End it"),
    ('["a\nb"]', 1, 4, "a line break or tab stands inside a text", "\\n"),
    ('["C:\\qa"]', 1, 5, "a backslash that begins no known sign", "\\\\"),
    ("[1,,2]", 1, 4, "a value is expected here", ""),
    ('{"a": }', 1, 7, "a value is expected here", ""),
    ('{"a": 012}', 1, 7, "a number cannot begin with 0", "Write 12, not 012."),
    ('{"a": +1}', 1, 7, "a number cannot begin like this", "not +1"),
    ('{"a": .5}', 1, 7, "a number cannot begin like this", "not .5"),
    ('{"a": 1}}', 1, 9, "something follows after the end", ""),
    ('["\\', 1, 2, "no closing quotation mark", ""),
]


@pytest.mark.parametrize(("text", "line", "column", "says", "help"), SYNTAX)
def test_what_is_no_json_is_explained(text: str, line: int, column: int, says: str, help: str) -> None:
    found = the_one(text)
    assert found.code == "HB001"
    assert found.message == f"This is not valid JSON: {found.message[24:]}"
    assert says in found.message
    assert help in found.help
    assert (found.line, found.column) == (line, column)


def test_a_key_written_twice_is_shown_where_it_stands_again() -> None:
    text = '{\n "a": {"b": 1, "b": 2},\n "a": 3\n}'
    first, second = load_text(text, "x.json").problems
    assert (first.code, first.pointer, first.line, first.column) == ("HB002", "/a/b", 2, 16)
    assert (second.code, second.pointer, second.line, second.column) == ("HB002", "/a", 3, 2)
    assert first.message == "“b” is written twice here; only the last would count."
    assert load_text(text, "x.json").value is None


def test_keys_that_are_equal_only_when_read_are_twice_the_same() -> None:
    assert the_one('{"a/~": 1, "\\u0061/~": 2}').message.startswith("“a/~” is written twice")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_lacks(number: str) -> None:
    found = the_one(f'{{"a": [1, {number}]}}')
    assert (found.code, found.line, found.column, found.place.end_column) == (
        "HB003",
        1,
        11,
        11 + len(number),
    )
    assert found.message == f"{number} is not a number that JSON knows."


def test_the_words_are_fine_inside_a_text() -> None:
    assert load_text('["NaN, Infinity, [[[ // and so on"]', "x.json").value == [
        "NaN, Infinity, [[[ // and so on"
    ]


def test_several_bad_numbers_are_all_told() -> None:
    assert [p.column for p in load_text("[NaN, 1e999, NaN]", "x.json").problems] == [2, 7, 14]


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 101, "1." + "0" * 200])
def test_numbers_that_cannot_be_kept(number: str) -> None:
    assert the_one(f"[{number}]").code == "HB008"


def test_a_file_too_large_is_not_read() -> None:
    found = the_one('"' + "x" * LARGEST + '"')
    assert found.code == "HB004"
    assert "4,194,306 bytes" in found.message
    assert the_one(b" " * (LARGEST + 1)).code == "HB004"


def test_brackets_too_deep_are_refused_before_any_recursion() -> None:
    assert load_text("[" * DEEPEST + "]" * DEEPEST, "x.json").problems == ()
    found = the_one("[" * 200_000)
    assert (found.code, found.column) == ("HB005", DEEPEST + 1)


def test_many_quotes_take_no_longer_than_their_length() -> None:
    assert the_one('"' + '\\"' * 500_000).code == "HB001"


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        (b"\xef\xbb\xbf{}", 1, 1, "an invisible byte order mark"),
        ("\ufeff{}", 1, 1, "an invisible byte order mark"),
        ("{}".encode("utf-16"), 1, 1, "it looks like UTF-16"),
        (b'{"a":\n "caf\xe9"}', 2, 6, "it looks like another encoding"),
    ],
)
def test_other_encodings(text: str | bytes, line: int, column: int, says: str) -> None:
    found = the_one(text)
    assert (found.code, found.line, found.column) == ("HB006", line, column)
    assert says in found.message


def test_characters_no_database_keeps() -> None:
    found = load_text('{"a": "x\\u0000", "b": "\\ud800", "c": "\\ud83d\\ude00"}', "x.json").problems
    assert [(p.code, p.pointer) for p in found] == [("HB007", "/a"), ("HB007", "/b")]
    assert the_one('["\ud800"]').code == "HB007"
    assert the_one('{"\\u0000": 1}').code == "HB007"


def test_bytes_and_text_load_alike() -> None:
    assert load_text('["£"]'.encode(), "x.json").value == load_text('["£"]', "x.json").value == ["£"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@given(JSON, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_whatever_json_writes_is_read_back(value: object, indent: int | str | None, ascii_only: bool) -> None:
    loaded = load_text(json.dumps(value, indent=indent, ensure_ascii=ascii_only), "x.json")
    assert loaded.problems == ()
    assert loaded.value == value


@given(st.text(max_size=60))
def test_no_text_makes_it_fail_otherwise(text: str) -> None:
    loaded = load_text(text, "x.json")
    assert bool(loaded.problems) == (loaded.value is None) or text.strip() == "null"
    for each in loaded.problems:
        assert 1 <= each.line <= text.count("\n") + 1
        assert 1 <= each.column <= len(text) + 1


@given(st.binary(max_size=40))
def test_no_bytes_make_it_fail_otherwise(text: bytes) -> None:
    load_text(text, "x.json")


def test_a_walk_needs_no_recursion() -> None:
    deep: object = 1
    for _ in range(sys.getrecursionlimit() * 2):
        deep = [deep]
    assert sum(1 for _ in walk(deep)) == sys.getrecursionlimit() * 2 + 1
