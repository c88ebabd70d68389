"""Circles among names."""

from hypothesis import given
from hypothesis import strategies as st

from homebuy_plugin.documents.cycles import find_cycles

GRAPHS = st.dictionaries(
    st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdefx"), max_size=3), max_size=6
)


def test_a_circle_begins_with_its_smallest_name() -> None:
    assert list(find_cycles({"b": ["c"], "c": ["a"], "a": ["b"]})) == [("a", "b", "c")]


def test_a_name_may_be_a_circle_by_itself() -> None:
    assert list(find_cycles({"a": ["a"]})) == [("a",)]


def test_a_diamond_is_no_circle() -> None:
    assert list(find_cycles({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []})) == []


def test_a_long_chain_needs_no_recursion() -> None:
    chain = {f"n{n}": [f"n{n + 1}"] for n in range(20_000)}
    assert list(find_cycles(chain)) == []
    assert len(list(find_cycles({**chain, "n20000": ["n0"]}))) == 1


@given(GRAPHS)
def test_a_circle_is_found_just_where_there_is_one(links: dict[str, list[str]]) -> None:
    reachable = {name: set(steps) for name, steps in links.items()}
    for _ in links:
        for steps in reachable.values():
            for step in list(steps):
                steps |= reachable.get(step, set())
    assert any(name in steps for name, steps in reachable.items()) == bool(list(find_cycles(links)))
    for circle in find_cycles(links):
        for one, two in zip(circle, (*circle[1:], circle[0]), strict=True):
            assert two in links[one]
