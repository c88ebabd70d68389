"""``homebuy doctor``."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from homebuy_plugin.cli.codes import PROBLEMS
from homebuy_plugin.cli.options import output, with_database
from homebuy_plugin.cli.talk import columns, print_json, say

if TYPE_CHECKING:
    from homebuy_plugin.cli.place import Place

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command()
@with_database
@output("table", "json")
@click.pass_context
def doctor(ctx: click.Context, place: "Place", output: str) -> None:
    """Check that everything is there that a landlord needs, and say what mends what is not.

    Exit code 0 when nothing failed, 1 otherwise; a warning alone is 0.
    """
    from homebuy_plugin.insight.doctor import doctor as look

    with place.home_buy() as hb:
        found = look(hb.desk, hb.engine)
    bad = [check for check in found if check.level != "ok"]
    failed = any(check.level == "fail" for check in bad)
    if output == "json":
        problems = [{"code": c.name, "severity": c.level, "message": c.text} for c in bad]
        print_json([asdict(check) for check in found], ok=not failed, problems=problems)
    else:
        rows = [(_level(c.level), c.name, c.text + (f"  ->  {c.fix}" if c.fix else "")) for c in found]
        for line in columns(rows, ""):
            say(line)
    if failed:
        ctx.exit(PROBLEMS)


def _level(level: str) -> str:
    return click.style(level.upper(), fg=_COLOURS[level], bold=True)
