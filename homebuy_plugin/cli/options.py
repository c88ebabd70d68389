"""Options that several commands share."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def with_database(function: F) -> F:
    """``--database``, ``--schema``, ``--settings`` and ``--plugin``, handed over as one ``place``."""
    from functools import wraps

    @wraps(function)
    def gathered(
        database: str | None,
        schema: str | None,
        settings: str | None,
        plugin: tuple[str, ...],
        **rest: Any,
    ) -> Any:
        from homebuy_plugin.cli.place import Place

        return function(place=Place(database, schema, plugin, settings), **rest)

    for option in reversed(_SHARED):
        gathered = option(gathered)
    return gathered  # type: ignore[return-value]  # click keeps what it decorates


def _plugins(ctx: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """From the environment several come in one text, with commas."""
    return tuple(part.strip() for text in value for part in text.split(",") if part.strip())


_SHARED = (
    click.option(
        "--database",
        metavar="URL",
        envvar="HOMEBUY_DATABASE_URL",
        show_envvar=True,
        help="The landlord's database: a URL, or the path of an SQLite file.",
    ),
    click.option(
        "--schema",
        metavar="NAME",
        envvar="HOMEBUY_SCHEMA",
        show_envvar=True,
        help="Schema of our tables (PostgreSQL).",
    ),
    click.option(
        "--settings",
        metavar="FILE",
        envvar="HOMEBUY_SETTINGS",
        show_envvar=True,
        help='Settings of the landlord, a JSON object such as {"digest_at": "08:30"}.',
    ),
    click.option(
        "--plugin",
        metavar="MODULE:ATTRIBUTE",
        multiple=True,
        envvar="HOMEBUY_PLUGINS",
        show_envvar=True,
        callback=_plugins,
        help="A plugin of your platform; may be given several times. Installed plugins are always loaded.",
    ),
)


def _remember(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    ctx.find_root().meta["homebuy_plugin.json"] = value == "json"
    return value


def output(*choices: str) -> Callable[[F], F]:
    """``--output``: how the answer is written; the first is the default."""
    return click.option(
        "--output",
        type=click.Choice(choices),
        default=choices[0],
        show_default=True,
        callback=_remember,
        is_eager=True,
        help="How to write the answer.",
    )


def instant(ctx: click.Context, parameter: click.Parameter, value: str | None) -> datetime | None:
    """An ISO date and time, naive where it has no offset; a date alone has many instants."""
    if value is None:
        return None
    try:
        if "T" not in value and " " not in value:
            raise ValueError(value)
        return datetime.fromisoformat(value)
    except ValueError:
        message = f"{value!r} is no date and time. Write it like 2026-12-03T09:00."
        raise click.BadParameter(message, ctx, parameter) from None
