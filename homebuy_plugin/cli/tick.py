"""``homebuy tick``."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from homebuy_plugin.cli.codes import PROBLEMS
from homebuy_plugin.cli.options import instant, output, with_database

if TYPE_CHECKING:
    from homebuy_plugin.cli.place import Place


@click.command()
@click.option(
    "--at",
    metavar="ISO",
    callback=instant,
    help="The instant to tick for, like 2026-12-03T09:00: the landlord's local time, or with an "
    "offset like 2026-12-03T09:00+00:00. Default: now. A later instant than now needs --dry-run, "
    "or a pretend database such as the demonstration's.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be decided and sent; change nothing.")
@with_database
@output("table", "json")
@click.pass_context
def tick(ctx: click.Context, place: "Place", at: datetime | None, dry_run: bool, output: str) -> None:
    """Decide everything that fell due, and hand over the notices.

    Call it every few minutes, from cron or any scheduler; any number may run at once. Exit code 1
    when something erred or a notice could not be handed over.
    """
    from homebuy_plugin.cli.ticking import live, rehearse

    ok = rehearse(place, at, output) if dry_run else live(place, at, output)
    if not ok:
        ctx.exit(PROBLEMS)
