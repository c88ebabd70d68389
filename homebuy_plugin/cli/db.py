"""``homebuy db``: bring the tables up to date, and say at which version they are."""

from typing import TYPE_CHECKING

import click

from homebuy_plugin.cli.codes import DATABASE
from homebuy_plugin.cli.options import output, with_database
from homebuy_plugin.cli.talk import print_json, say

if TYPE_CHECKING:
    from homebuy_plugin.cli.place import Place


@click.group()
def db() -> None:
    """The tables of this package in the landlord's database."""


@db.command()
@with_database
@output("table", "json")
@click.pass_context
def current(ctx: click.Context, place: "Place", output: str) -> None:
    """Say at which version the tables are; exit code 4 when they are behind."""
    from homebuy_plugin.store import migrations
    from homebuy_plugin.types import Settings

    settings = Settings(schema=place.schema)
    with place.engine() as engine:
        found = migrations.current(engine, settings)
        behind = migrations.is_behind(engine, settings)
    if output == "json":
        data = {"current": found, "newest": migrations.HEAD, "behind": behind}
        print_json(data, ok=not behind)
    elif behind:
        say(
            f"The tables are at {found or 'no version: they are not there'}; the newest is {migrations.HEAD}."
        )
        say("Bring them up to date: homebuy db upgrade")
    else:
        say(f"The tables are at version {found}, which is the newest.")
    if behind:
        ctx.exit(DATABASE)


@db.command()
@with_database
@output("table", "json")
def upgrade(place: "Place", output: str) -> None:
    """Make the tables or bring them up to date, and publish the shipped rules where there are none.

    Safe to run again, and by several machines at once. Nothing that is published is ever overwritten.
    """
    from homebuy_plugin.store import migrations

    with place.home_buy(create=True) as hb:
        published = hb.upgrade()
    if output == "json":
        print_json({"current": migrations.HEAD, "published": published})
        return
    say(f"The tables are at version {migrations.HEAD}.")
    if published:
        say(f"Published as version 1 (shipped with the package): {', '.join(published)}.")
    else:
        say("Everything that is shipped has a published version already; nothing was overwritten.")
