"""``homebuy status``."""

from typing import TYPE_CHECKING

import click

from homebuy_plugin.cli.codes import PROBLEMS
from homebuy_plugin.cli.options import output, with_database

if TYPE_CHECKING:
    from homebuy_plugin.cli.place import Place


@click.command()
@with_database
@output("table", "json")
@click.pass_context
def status(ctx: click.Context, place: "Place", output: str) -> None:
    """How we stand: what is late, what is stuck, and whether the machinery runs.

    Exit code 0 when all is green, 1 when something needs attention.
    """
    from homebuy_plugin.cli.status_told import as_data, told
    from homebuy_plugin.cli.talk import print_json, say
    from homebuy_plugin.insight.status import status as standing

    with place.home_buy() as hb:
        found = standing(hb.desk, hb.engine)
    if output == "json":
        problems = [{"code": "attention", "severity": "warning", "message": text} for text in found.attention]
        print_json(as_data(found), ok=not problems, problems=problems)
    else:
        for line in told(found, hb.settings.timezone):
            say(line)
    if found.attention:
        ctx.exit(PROBLEMS)
