"""Empty or prepared databases for tests, cheap enough to give each test its own.

::

    with postgres_databases() as databases, fresh_database(databases) as url:
        engine = create_engine(url)

``fresh_database(databases, prepare)`` gives a copy of a database that ``prepare`` filled: it is
filled once, and copied for every test that asks with the same function.
"""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, Protocol

from sqlalchemy import URL, Engine, create_engine, text

from homebuy_plugin.testing.postgres import postgres_server

DatabaseKind = Literal["sqlite", "postgresql"]
Prepare = Callable[[Engine], object]


class Databases(Protocol):
    """Where databases of one kind come from."""

    kind: DatabaseKind

    def new(self, prepare: Prepare | None = None) -> URL:
        """Make a database of its own, empty or a copy of what ``prepare`` made."""

    def drop(self, url: URL) -> None:
        """Remove a database, whoever is still connected to it."""


@contextmanager
def fresh_database(databases: Databases, prepare: Prepare | None = None) -> Iterator[URL]:
    """Give the URL of a database of its own, and drop it afterwards."""
    url = databases.new(prepare)
    try:
        yield url
    finally:
        databases.drop(url)


@contextmanager
def fresh_engine(databases: Databases, prepare: Prepare | None = None) -> Iterator[Engine]:
    """Give an engine on a database of its own, and dispose of both afterwards."""
    with fresh_database(databases, prepare) as url, disposed(url) as engine:
        yield engine


@contextmanager
def disposed(url: URL | str) -> Iterator[Engine]:
    """Give an engine whose connections are closed afterwards."""
    engine = create_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


class SqliteDatabases:
    """SQLite databases: files in one folder."""

    kind: DatabaseKind = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        self._templates: dict[Prepare, Path] = {}

    def new(self, prepare: Prepare | None = None) -> URL:
        """Make a file, empty or a copy of what ``prepare`` made."""
        path = self._path()
        if prepare is not None:
            shutil.copyfile(self._template(prepare), path)
        return self._url(path)

    def drop(self, url: URL) -> None:
        """Remove the file and what SQLite keeps beside it."""
        for suffix in ("", "-journal", "-wal", "-shm"):
            Path(f"{url.database}{suffix}").unlink(missing_ok=True)

    def _template(self, prepare: Prepare) -> Path:
        if prepare not in self._templates:
            path = self._path()
            with disposed(self._url(path)) as engine:
                prepare(engine)
            self._templates[prepare] = path
        return self._templates[prepare]

    def _path(self) -> Path:
        return self._folder / f"homebuy-{next(self._numbers)}.db"

    @staticmethod
    def _url(path: Path) -> URL:
        return URL.create("sqlite", database=str(path))


class PostgresDatabases:
    """PostgreSQL databases on one server, each made from a template."""

    kind: DatabaseKind = "postgresql"

    def __init__(self, server: URL) -> None:
        self._server = server
        # Several test runs may share a named server, hence the process in the name.
        self._names = (f"homebuy_test_{os.getpid()}_{number}" for number in itertools.count(1))
        self._templates: dict[Prepare, str] = {}
        self._admin = create_engine(server, isolation_level="AUTOCOMMIT")

    def new(self, prepare: Prepare | None = None) -> URL:
        """Create a database, empty or a copy of what ``prepare`` made."""
        template = "template0" if prepare is None else self._template(prepare)
        return self._server.set(database=self._create(template))

    def drop(self, url: URL) -> None:
        """Drop a database, ending the connections a test left open."""
        self._execute(f'DROP DATABASE IF EXISTS "{url.database}" WITH (FORCE)')

    def close(self) -> None:
        """Drop the templates and let go of the server."""
        for name in self._templates.values():
            self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self._admin.dispose()

    def _template(self, prepare: Prepare) -> str:
        if prepare not in self._templates:
            url = self._server.set(database=self._create("template0"))
            try:
                with disposed(url) as engine:
                    prepare(engine)
            except BaseException:  # half prepared it would fail every test after this one
                self.drop(url)
                raise
            self._templates[prepare] = str(url.database)
        return self._templates[prepare]

    def _create(self, template: str) -> str:
        name = next(self._names)
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def _execute(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.execute(text(statement))


@contextmanager
def postgres_databases() -> Iterator[PostgresDatabases]:
    """Give databases on the PostgreSQL server of this machine.

    Raises:
        PostgresUnavailable: there is none.
    """
    with postgres_server() as server:
        databases = PostgresDatabases(server)
        try:
            yield databases
        finally:
            databases.close()
