"""Parts that are made when somebody asks for them look like all of them from the start."""

from dataclasses import dataclass

import pytest

from homebuy_plugin.workflow.parts import Parts


@dataclass
class Thing:
    name: str


@pytest.fixture
def made():
    return []


@pytest.fixture
def parts(made):
    def make(row):
        made.append(row)
        return Thing(row)

    return Parts({"z": "zebra", "a": "ape", "m": "mole"}, make)


def test_only_what_is_asked_for_is_made_and_once(parts, made):
    assert parts["a"] is parts["a"]
    assert (parts.get("nobody"), "z" in parts, list(parts), len(parts)) == (None, True, ["z", "a", "m"], 3)
    assert made == ["ape"]
    assert list(parts.touched()) == [("a", Thing("ape"))]


def test_they_come_in_the_order_of_their_rows_and_new_ones_last(parts):
    parts["new"] = Thing("newt")
    parts["m"].name = "changed"
    assert [t.name for t in parts.values()] == ["zebra", "ape", "changed", "newt"]
    assert [k for k, _ in parts.items()] == list(parts.keys()) == ["z", "a", "m", "new"]
    assert list(reversed(parts)) == ["new", "m", "a", "z"]


def test_a_missing_one_is_missed(parts):
    with pytest.raises(KeyError):
        parts["nobody"]


def test_they_equal_the_dictionary_of_them_all(parts):
    everything = {"z": Thing("zebra"), "a": Thing("ape"), "m": Thing("mole")}
    assert parts == everything
    assert everything == parts
    assert parts == Parts({"z": "zebra", "a": "ape", "m": "mole"}, Thing)
    assert parts != everything | {"a": Thing("apricot")}


def test_a_twin_is_independent_and_makes_nothing(parts, made):
    parts["a"].name = "changed"
    twin = parts.twin(lambda thing: Thing(thing.name))
    twin["a"].name = "again"
    twin["z"].name = "zoo"
    twin["new"] = Thing("newt")
    assert (parts["a"].name, parts["z"].name, "new" in parts) == ("changed", "zebra", False)
    assert made == ["ape", "zebra", "zebra"]
