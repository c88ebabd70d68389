"""``homebuy db``: bring the tables up to date, and say at which version they are."""

import sys
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

    with place.engine() as engine:
        found = migrations.current(engine, place.settings)
        behind = migrations.is_behind(engine, place.settings)
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


@db.command()
@click.argument("revision")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_database
def downgrade(place: "Place", revision: str, yes: bool) -> None:
    """Take the tables back to REVISION, for an older version of this package.

    What only later revisions can hold is lost. "base" drops every table, with all cases in it.
    """
    from homebuy_plugin.store import migrations

    if not yes:
        _ask(f"Take the tables down to {revision}? What later revisions added is lost.")
    with place.engine() as engine:
        done = migrations.downgrade(engine, revision, place.settings)
    say(f"The tables are {'now' if done else 'already'} at {revision}.")


def _ask(question: str) -> None:
    """Ask where somebody is there to answer; otherwise refuse."""
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} Nobody is there to ask: say --yes.")
    click.confirm(question, abort=True, err=True)


@db.command()
@click.option("--since", metavar="REVISION", default="base", show_default=True, help="What the database has.")
@click.option(
    "--dialect",
    type=click.Choice(("postgresql", "sqlite")),
    default="postgresql",
    show_default=True,
    help="The database it is for.",
)
@click.option("--schema", metavar="NAME", envvar="HOMEBUY_SCHEMA", help="Schema of our tables (PostgreSQL).")
def sql(since: str, dialect: str, schema: str | None) -> None:
    """Write the SQL of an upgrade, for an administrator who runs it by hand; touches no database.

    Which revision a database has, `homebuy db current` says. Afterwards `homebuy db upgrade` finds
    the tables there and only publishes the shipped rules.
    """
    from homebuy_plugin.store import migrations

    click.echo(migrations.script(dialect, since=since, schema=schema), nl=False)
