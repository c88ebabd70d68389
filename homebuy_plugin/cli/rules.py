"""``homebuy rules``: check the rules, say them in English, and say why they decided what they did."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from homebuy_plugin.cli.codes import PROBLEMS
from homebuy_plugin.cli.options import output, with_database
from homebuy_plugin.cli.versions import COMMANDS

if TYPE_CHECKING:
    from homebuy_plugin.cli.place import Place
    from homebuy_plugin.documents.importing import Kind


@click.group()
def rules() -> None:
    """The landlord's rules: check them, read them, ask why they decided."""


@rules.command()
@click.argument(
    "paths", nargs=-1, metavar="[FILES OR FOLDERS]...", type=click.Path(path_type=Path, exists=True)
)
@with_database
@output("table", "plain", "json", "github")
@click.pass_context
def validate(ctx: click.Context, place: "Place", paths: tuple[Path, ...], output: str) -> None:
    """Find every mistake in rule files at once, with its line and what may have been meant.

    Without files, the shipped rules are checked. Kinds of documents that are not among the files
    given (packs, letters, groups ...) are taken from the shipped rules, or from --database where
    one is named, so that one file can be checked by itself. Exit code 1 when there are problems.
    """
    from homebuy_plugin.cli.validating import validate_paths

    if not validate_paths(place, paths, output):
        ctx.exit(PROBLEMS)


@rules.command()
@click.argument(
    "paths", nargs=-1, metavar="[FILES OR FOLDERS]...", type=click.Path(path_type=Path, exists=True)
)
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Leave out cases created before this day. Default: the day the first rule comes into force.",
)
@with_database
@output("table", "plain", "json", "github")
@click.pass_context
def coverage(
    ctx: click.Context, place: "Place", paths: tuple[Path, ...], since: datetime | None, output: str
) -> None:
    """Find cases no rule takes, rules that never get a turn, and rules that can never fire.

    The rules are looked at as sets, without any case: contradictions, gaps with a sample case,
    overlaps, parts of conditions that never count, follow-ons of rules that are off, and groups
    without anybody. Files are found as for validate. Exit code 1 for mistakes; gaps and overlaps
    may well be meant and exit with 0.
    """
    from homebuy_plugin.cli.covering import cover_paths

    if not cover_paths(place, paths, since.date() if since else None, output):
        ctx.exit(PROBLEMS)


@rules.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--kind", type=click.Choice(["allocation", "escalation"]), default="allocation", show_default=True
)
@click.option(
    "--trigger", default="target_exceeded", show_default=True, help="When escalation rules are asked."
)
@click.option("--to", "target", type=click.Path(path_type=Path, dir_okay=False), help="Write the rules here.")
@with_database
@click.pass_context
def import_(
    ctx: click.Context, place: "Place", file: Path, kind: "Kind", trigger: str, target: Path | None
) -> None:
    """Turn rules written for plain business-rules into rules of ours.

    FILE holds a list of {"conditions": ..., "actions": ...}. The rules are printed, or written
    with --to; what does not fit them is reported with its place. Exit code 1 when there is any.
    """
    from homebuy_plugin.cli.importing import import_file

    if not import_file(place, file, kind, trigger, target):
        ctx.exit(PROBLEMS)


@rules.command()
@click.argument("rule", metavar="[RULE OR FILE]", required=False)
@with_database
@output("table", "json")
def explain(place: "Place", rule: str | None, output: str) -> None:
    """Say a rule in plain English: when it fires, who is told, and with which letter.

    RULE is the id of a rule that is published in the database, or of a shipped one where no
    database is named. FILE is a file of rules. Without either, all rules are told.
    """
    from homebuy_plugin.cli.explaining import explain_rules

    explain_rules(place, rule, output)


@rules.command()
@click.argument("reference", metavar="REF")
@click.option("--rule", metavar="ID", help="Only this rule, every condition of it.")
@with_database
@output("table", "json")
def why(place: "Place", reference: str, rule: str | None, output: str) -> None:
    """Why a case has its owner, why each alert was sent, and what comes next.

    Every condition is shown with the value it saw when it decided.
    """
    from homebuy_plugin.cli.talk import print_json, say
    from homebuy_plugin.cli.why_told import as_data, told
    from homebuy_plugin.insight.why import why as explained

    with place.home_buy() as hb:
        found = explained(hb.desk, hb.engine, reference, rule=rule)
        if output == "json":
            print_json(as_data(found))
            return
        for line in told(found, hb.settings.timezone):
            say(line)


for command in COMMANDS:
    rules.add_command(command)
