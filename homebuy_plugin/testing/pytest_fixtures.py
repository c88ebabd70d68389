"""Pytest fixtures: one test, run on SQLite and on PostgreSQL.

Bind them in a ``conftest.py``::

    pytest_plugins = ["homebuy_plugin.testing.pytest_fixtures"]

Where there is no PostgreSQL its half is skipped, saying how to get one; ``HOMEBUY_REQUIRE_POSTGRES=1``
turns that skip into a failure.
"""

import os
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from homebuy_plugin.testing.databases import (
    DatabaseKind,
    Databases,
    SqliteDatabases,
    disposed,
    fresh_database,
    fresh_engine,
    postgres_databases,
)
from homebuy_plugin.testing.postgres import PostgresUnavailable
from homebuy_plugin.testing.small_landlord import SmallLandlord, small_landlord

REQUIRE_VARIABLE = "HOMEBUY_REQUIRE_POSTGRES"


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> DatabaseKind:
    """Each kind of database in turn.

    A test for one of them says so: ``@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)``.
    """
    kind: DatabaseKind = request.param
    return kind


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    """SQLite databases in the run's temporary folder."""
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Databases]:
    """Databases on one PostgreSQL server that the whole run shares."""
    server = postgres_databases()
    try:
        databases = server.__enter__()
    except PostgresUnavailable as reason:
        if os.environ.get(REQUIRE_VARIABLE):
            pytest.fail(f"{REQUIRE_VARIABLE} is set, but {reason}", pytrace=False)
        pytest.skip(str(reason))
    try:
        yield databases
    finally:
        server.__exit__(None, None, None)


@pytest.fixture(scope="session")
def databases(database_kind: DatabaseKind, request: pytest.FixtureRequest) -> Databases:
    """Where databases come from; for property tests, which need one for every example."""
    source: Databases = request.getfixturevalue(database_kind)
    return source


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """The URL of an empty database of this test's own, password included."""
    with fresh_database(databases) as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on the empty database at ``database_url``."""
    with disposed(database_url) as engine:
        yield engine


@pytest.fixture
def landlord(databases: Databases) -> Iterator[SmallLandlord]:
    """A small landlord on a database of this test's own, with a host that records."""
    with fresh_engine(databases, small_landlord) as engine:
        yield SmallLandlord(engine)
