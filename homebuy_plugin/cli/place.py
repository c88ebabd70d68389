"""Where a command works: its database and its plugins."""

import importlib
import inspect
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from homebuy_plugin.cli.talk import remark
from homebuy_plugin.exceptions import DatabaseUnreachable, UnknownName, UnsupportedDatabase

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

    from homebuy_plugin.core import HomeBuy
    from homebuy_plugin.types import Settings

DEMO = "homebuy-demo.db"


@dataclass(frozen=True, slots=True)
class Place:
    """What ``--database``, ``--schema`` and ``--plugin`` say."""

    database: str | None
    schema: str | None
    plugins: tuple[str, ...]
    settings_file: str | None = None

    @contextmanager
    def home_buy(self, *extra: object, create: bool = False) -> Iterator["HomeBuy"]:
        """The package on this database with these plugins.

        Args:
            *extra: further plugins of the command's own.
            create: an SQLite file may be made; otherwise one that is missing is an error.
        """
        from homebuy_plugin.core import HomeBuy

        plugins = [load_plugin(name) for name in self.plugins]
        with self.engine(create=create) as engine:
            yield HomeBuy.create(engine, [*plugins, *extra], settings=self.settings)

    @property
    def settings(self) -> "Settings":
        """As the file has them; ``--schema`` goes before what it says."""
        from homebuy_plugin.types import Settings

        given = _read(self.settings_file) if self.settings_file else {}
        known = {field.name for field in fields(Settings)}
        for name in given:
            if name not in known:
                raise UnknownName("setting", name, known, f"in {self.settings_file}")
        return Settings(**given | ({"schema": self.schema} if self.schema else {}))

    @contextmanager
    def engine(self, create: bool = False) -> Iterator["Engine"]:
        """An engine on the database, disposed of at the end."""
        engine = _engine(self._named(create), create)
        try:
            yield engine
        finally:
            engine.dispose()

    @property
    def is_named(self) -> bool:
        """Whether a database was named, or the demonstration's is there."""
        return self.database is not None or Path(DEMO).is_file()

    def _named(self, create: bool) -> str:
        if self.database is not None:
            return self.database
        if Path(DEMO).is_file() and not create:
            remark(f"(No database named: using the demonstration's, ./{DEMO}.)")
            return DEMO
        raise click.UsageError(
            "Which database? Name it with --database URL, or set HOMEBUY_DATABASE_URL. "
            "To look round first, without one: homebuy demo"
        )


def _read(name: str) -> dict[str, Any]:
    try:
        found = json.loads(Path(name).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise click.UsageError(f"--settings {name}: {error}") from None
    if not isinstance(found, dict):
        raise click.UsageError(f'--settings {name}: it must be a JSON object such as {{"batch": 100}}.')
    return found


def _engine(name: str, create: bool) -> "Engine":
    from sqlalchemy import create_engine
    from sqlalchemy.exc import NoSuchModuleError

    url = database_url(name)
    if url.get_backend_name() == "sqlite" and not create:
        _check_file(url)
    try:
        return create_engine(url)
    except NoSuchModuleError:
        raise UnsupportedDatabase(url.drivername) from None
    except ModuleNotFoundError as missing:
        raise DatabaseUnreachable(
            f"The driver {missing.name} is not installed. "
            "For PostgreSQL: pip install 'homebuy_plugin[postgres]'"
        ) from None


def database_url(name: str) -> "URL":
    """The URL of a database; a path is an SQLite file, and PostgreSQL gets the driver we install."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    if "://" not in name:
        name = f"sqlite:///{name}"
    try:
        url = make_url(name)
    except ArgumentError:
        raise click.UsageError(
            "That is no database URL. Write it like postgresql://user:password@host/name "
            "or sqlite:///path/to/file.db"
        ) from None
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    return url


def _check_file(url: "URL") -> None:
    """To connect would make an empty file where a wrong path was given."""
    path = url.database
    if path and path != ":memory:" and not path.startswith("file:") and not Path(path).is_file():
        raise DatabaseUnreachable(
            f"There is no database file {path}. Check the path, or make it: "
            f"homebuy db upgrade --database {url.render_as_string(hide_password=True)}"
        )


def load_plugin(name: str) -> object:
    """The plugin that ``module:attribute`` names; a function is called for it.

    Raises:
        click.UsageError: there is none, or it is a class.
    """
    module_name, colon, attribute = name.partition(":")
    if not colon or not module_name or not attribute:
        raise click.UsageError(f"--plugin {name!r}: write it as module:attribute, like acme.homebuy:plugin.")
    found = _attribute(_module(module_name, name), attribute, name)
    if inspect.isclass(found):
        raise click.UsageError(
            f"--plugin {name}: {attribute} is a class, and a plugin is an object. "
            f"Write in {module_name}:  plugin = {attribute}()  and name {module_name}:plugin."
        )
    return _called(found, name) if inspect.isroutine(found) else found


def _module(module_name: str, name: str) -> Any:
    here = os.fspath(Path.cwd())
    if here not in sys.path:  # an installed script does not look beside itself
        sys.path.insert(0, here)
    try:
        return importlib.import_module(module_name)
    except Exception as error:  # somebody else's module: anything may go wrong in it
        raise click.UsageError(
            f"--plugin {name}: {module_name} cannot be imported: {type(error).__name__}: {error}"
        ) from None


def _attribute(module: Any, attribute: str, name: str) -> Any:
    import difflib

    found = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            close = difflib.get_close_matches(part, dir(found), n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise click.UsageError(f"--plugin {name}: there is no {part!r} there.{hint}")
        found = getattr(found, part)
    return found


def _called(factory: Callable[[], object], name: str) -> object:
    try:
        return factory()
    except Exception as error:  # somebody else's code, as above
        raise click.UsageError(
            f"--plugin {name}: calling it failed: {type(error).__name__}: {error}"
        ) from None
