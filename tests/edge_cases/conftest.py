"""Forty-two edge cases of home buy work, one test each, named by number.

Those that need a database go through the public API on a landlord with the shipped
documents; the others through the pure core. Every date was typed by hand.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from homebuy_plugin.testing.databases import fresh_engine
from homebuy_plugin.testing.northbrook import Northbrook, northbrook


@pytest.fixture(scope="session")
def database_kind() -> str:
    """Cases, not databases: one kind will do."""
    return "sqlite"


@pytest.fixture
def landlord(databases: Any) -> Iterator[Northbrook]:
    with fresh_engine(databases, northbrook) as engine:
        yield Northbrook(engine)
