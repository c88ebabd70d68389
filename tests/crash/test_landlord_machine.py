"""Whatever people, the scheduler, the clock and accidents do: the tiny landlord does as the oracle says."""

import pytest


def test_a_tiny_landlord(databases, let_loose):
    let_loose(databases, examples=3, steps=12)


@pytest.mark.slow
def test_what_chance_comes_to_seldom(databases, play):
    play(databases)


@pytest.mark.slow
def test_a_tiny_landlord_at_length(databases, let_loose):
    let_loose(databases, examples=40, steps=30)
