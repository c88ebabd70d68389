"""``homebuy rules publish``, ``diff``, ``history``, ``rollback``, ``migrate`` and ``export``."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from homebuy_plugin.cli.codes import CHANGES, PROBLEMS
from homebuy_plugin.cli.options import output, with_database
from homebuy_plugin.types import LIVE_CASES, PIN, RECOMPUTE_AND_NOTIFY

if TYPE_CHECKING:
    from homebuy_plugin.cli.place import Place
    from homebuy_plugin.types import LiveCases

F = TypeVar("F", bound=Callable[..., Any])

_FILES = "[FILES OR FOLDERS]..."


def _who_and_why(function: F) -> F:
    for option in reversed(
        (
            click.option("-m", "--reason", required=True, metavar="WHY", help="Why, for the record."),
            click.option(
                "--by",
                metavar="WHO",
                envvar="HOMEBUY_USER",
                show_envvar=True,
                help="Who does it. Default: the user of this computer.",
            ),
            click.option("--yes", is_flag=True, help="Do not ask; needed where nobody is there to answer."),
        )
    ):
        function = option(function)
    return function


def _live_cases(default: str, *choices: str) -> Callable[[F], F]:
    return click.option(
        "--live-cases",
        type=click.Choice(choices),
        default=default,
        show_default=True,
        help="What open cases do with new packs and calendars: keep theirs; move, and what is past is "
        "recorded, not sent; or move, and be told of what is past.",
    )


@click.command()
@click.argument("paths", nargs=-1, metavar=_FILES, type=click.Path(path_type=Path, exists=True))
@_who_and_why
@_live_cases(PIN, *LIVE_CASES)
@click.option(
    "--include-open",
    "live_cases",
    flag_value=RECOMPUTE_AND_NOTIFY,
    help="For escalation rules: the new ones are also asked about what is past already in open cases, "
    "as of now. The same as --live-cases recompute_and_notify.",
)
@with_database
@click.pass_context
def publish(
    ctx: click.Context,
    place: "Place",
    paths: tuple[Path, ...],
    reason: str,
    by: str | None,
    yes: bool,
    live_cases: "LiveCases",
) -> None:
    """Publish files as new versions: checked, tested, analysed, compared, and asked about first.

    A kind that is given replaces the whole of that kind: give all files of your allocation rules,
    of your escalation rules, of your letters. Packs and calendars go one by one. Exit code 1 where
    there are problems, or the answer was no.
    """
    from homebuy_plugin.cli.publishing import publish_paths

    if not publish_paths(place, paths, reason, by, yes, live_cases):
        ctx.exit(PROBLEMS)


@click.command()
@click.argument("what", nargs=-1, required=True, metavar="FILES | KIND[:CODE]@VERSION [...@VERSION]")
@click.option("--exit-code", is_flag=True, help="Exit with 3 when there are differences.")
@with_database
@output("table", "json")
@click.pass_context
def diff(ctx: click.Context, place: "Place", what: tuple[str, ...], exit_code: bool, output: str) -> None:
    """What differs, in words: of files and what is in force, or of two versions.

    homebuy rules diff rules/right_to_buy/pack.json
    homebuy rules diff escalation@3            (with the one in force)
    homebuy rules diff pack:right_to_buy.england@1 pack:right_to_buy.england@2
    """
    from homebuy_plugin.cli.publishing import show_differences

    if show_differences(place, what, output) and exit_code:
        ctx.exit(CHANGES)


@click.command()
@click.argument("what", required=False, metavar="[KIND[:CODE]]")
@with_database
@output("table", "json")
def history(place: "Place", what: str | None, output: str) -> None:
    """Every published version: when, by whom, why, and how many open cases are pinned to it."""
    from homebuy_plugin.cli.publishing import show_history

    show_history(place, what, output)


@click.command()
@click.argument("what", metavar="KIND[:CODE]@VERSION")
@_who_and_why
@_live_cases(PIN, *LIVE_CASES)
@with_database
@click.pass_context
def rollback(
    ctx: click.Context,
    place: "Place",
    what: str,
    reason: str,
    by: str | None,
    yes: bool,
    live_cases: "LiveCases",
) -> None:
    """Publish an old version anew. What came after it stays on record."""
    from homebuy_plugin.cli.publishing import roll_back

    if not roll_back(place, what, reason, by, yes, live_cases):
        ctx.exit(PROBLEMS)


@click.command()
@click.argument("paths", nargs=-1, metavar=_FILES, type=click.Path(path_type=Path, exists=True))
@click.option("--dry-run", is_flag=True, help="List every deadline that would move, and write nothing.")
@click.option("-m", "--reason", metavar="WHY", help="Why, for the record.")
@click.option("--by", metavar="WHO", envvar="HOMEBUY_USER", show_envvar=True, help="Who does it.")
@click.option("--yes", is_flag=True, help="Do not ask; needed where nobody is there to answer.")
@_live_cases(RECOMPUTE_AND_NOTIFY, *LIVE_CASES[1:])
@with_database
@output("table", "json")
@click.pass_context
def migrate(
    ctx: click.Context,
    place: "Place",
    paths: tuple[Path, ...],
    dry_run: bool,
    reason: str | None,
    by: str | None,
    yes: bool,
    live_cases: "LiveCases",
    output: str,
) -> None:
    """Move open cases to the packs and calendars in force, or with --dry-run see what would move.

    With FILES it is about those drafts instead: what would move if they were published so.
    """
    from homebuy_plugin.cli.publishing import move_cases, show_moves

    if dry_run:
        show_moves(place, paths, live_cases, output)
    elif paths:
        raise click.UsageError("Drafts are moved to by publishing them: homebuy rules publish --live-cases.")
    elif reason is None:
        raise click.UsageError("Say why with -m WHY, or look first with --dry-run.")
    elif not move_cases(place, reason, by, yes, live_cases):
        ctx.exit(PROBLEMS)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@with_database
def export(place: "Place", folder: Path) -> None:
    """Write what is in force as files, to change and publish again."""
    from homebuy_plugin.cli.publishing import export_to

    export_to(place, folder)


COMMANDS = (publish, diff, history, rollback, migrate, export)
