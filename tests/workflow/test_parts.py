"""Parts that are made when somebody asks for them look like all of them from the start."""

from dataclasses import dataclass, replace
from operator import attrgetter

import pytest

from homebuy_plugin.workflow.parts import Parts, Stored


@dataclass
class Thing:
    key: str
    name: str


class Form:
    """Things as they are kept in a text like ``z:zebra a:ape``; it says what is read of it."""

    kind = Thing
    values = attrgetter("key", "name")

    def __init__(self):
        self.made = []

    def rows(self, text):
        return dict(pair.split(":") for pair in text.split())

    def read(self, key, row):
        self.made.append(row)
        return key, row


@pytest.fixture
def form():
    return Form()


@pytest.fixture
def parts(form):
    return Parts(Stored(form, "z:zebra a:ape m:mole"))


def test_only_what_is_asked_for_is_made_and_once(parts, form):
    assert parts["a"] is parts["a"]
    assert (parts.get("nobody"), "z" in parts, list(parts), len(parts)) == (None, True, ["z", "a", "m"], 3)
    assert form.made == ["ape"]


def test_they_come_in_the_order_of_their_rows_and_new_ones_last(parts):
    parts["new"] = Thing("new", "newt")
    parts["m"].name = "changed"
    assert [t.name for t in parts.values()] == ["zebra", "ape", "changed", "newt"]
    assert [k for k, _ in parts.items()] == list(parts.keys()) == ["z", "a", "m", "new"]
    assert list(reversed(parts)) == ["new", "m", "a", "z"]


def test_a_missing_one_is_missed(parts):
    with pytest.raises(KeyError):
        parts["nobody"]


def test_they_equal_the_dictionary_of_them_all(parts):
    everything = {"z": Thing("z", "zebra"), "a": Thing("a", "ape"), "m": Thing("m", "mole")}
    assert parts == everything
    assert everything == parts
    assert parts == Parts(Stored(Form(), "z:zebra a:ape m:mole"))
    assert parts != everything | {"a": Thing("a", "apricot")}


def test_a_twin_is_independent_and_makes_nothing(parts, form):
    parts["a"].name = "changed"
    twin = parts.twin(replace)
    twin["a"].name = "again"
    twin["z"].name = "zoo"
    twin["new"] = Thing("new", "newt")
    assert (parts["a"].name, parts["z"].name, "new" in parts) == ("changed", "zebra", False)
    assert form.made == ["ape", "zebra"], "both read it once"


def test_what_changed_is_seen_against_what_is_stored(parts):
    before = parts.twin(replace)
    assert (parts["a"].name, parts["z"].name) == ("ape", "zebra")
    assert parts.changed(before) == []
    parts["m"].name = "changed"
    parts["new"] = Thing("new", "newt")
    parts["a"] = Thing("a", "ape")
    assert parts.changed(before) == ["m", "new"]


def test_what_changed_since_a_copy_is_seen_against_the_copy(parts):
    parts["a"].name = "changed"
    parts["new"] = Thing("new", "newt")
    before = parts.twin(replace)
    assert parts.changed(before) == []
    parts["m"].name = "mouse"
    parts["new"].name = "nightingale"
    assert parts.changed(before) == ["new", "m"]
    assert parts.changed(parts.twin(replace)) == []
