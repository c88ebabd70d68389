"""``homebuy officers``: who has how much, who is away, and giving one officer's work to others."""

import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from homebuy_plugin.cli.codes import PROBLEMS
from homebuy_plugin.cli.options import output, with_database
from homebuy_plugin.cli.talk import print_json, remark, say

if TYPE_CHECKING:
    from homebuy_plugin.cli.place import Place
    from homebuy_plugin.core import HomeBuy
    from homebuy_plugin.reassignment import ReassignmentPlan


def local_date(ctx: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
    """An ISO date."""
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise click.BadParameter(f"{value!r} is no date. Write it like 2026-12-03.", ctx, parameter) from None


@click.group(invoke_without_command=True)
@click.option("--role", metavar="CODE", help="Only officers in this role, and choices from it.")
@click.option("--from", "since", metavar="DATE", callback=local_date, help="First day of the period.")
@click.option("--to", "until", metavar="DATE", callback=local_date, help="First day after the period.")
@with_database
@output("table", "json")
@click.pass_context
def officers(
    ctx: click.Context,
    place: "Place",
    role: str | None,
    since: date | None,
    until: date | None,
    output: str,
) -> None:
    """Show who has how much, and whether new work was shared out evenly.

    The period is the last 90 days unless said otherwise. An even share is reckoned from what each
    decision could choose from: nothing of it falls on who was away or full.
    """
    if ctx.invoked_subcommand is not None:
        _refuse_options(ctx)
        return
    from homebuy_plugin.cli.officers_told import workload_lines
    from homebuy_plugin.insight.workload import as_data

    with place.home_buy() as hb:
        found = hb.staff.workload(since, until, role)
    if output == "json":
        print_json(as_data(found))
        return
    for line in workload_lines(found):
        say(line)


def _refuse_options(ctx: click.Context) -> None:
    """Options before a further command would be forgotten in silence."""
    for name in ctx.params:
        if ctx.get_parameter_source(name) == click.core.ParameterSource.COMMANDLINE:
            raise click.UsageError(f"Write options after the command: {ctx.invoked_subcommand} …")


@officers.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@with_database
def import_(place: "Place", file: str) -> None:
    """Take over officers, roles and absences from FILE (homebuy.officers/1).

    Those it names are made or replaced; others stay as they are.
    """
    from homebuy_plugin.insight.wording import count

    with place.home_buy() as hb:
        counts = hb.staff.take_over(Path(file).read_text(encoding="utf-8"), Path(file).name)
    found = (count(number, what.removesuffix("s"), what) for what, number in counts.items())
    say(f"Taken over: {', '.join(found)}.")


@officers.command()
@click.argument("officer")
@click.argument("first_day", callback=local_date)
@click.argument("first_day_back", callback=local_date)
@click.option("--reason", default="", help="Why, for the record.")
@with_database
def away(place: "Place", officer: str, first_day: date, first_day_back: date, reason: str) -> None:
    """Note that OFFICER is away from FIRST_DAY until before FIRST_DAY_BACK.

    Rules give them no case meanwhile. What they have stays theirs: homebuy officers reassign
    """
    with place.home_buy() as hb:
        hb.staff.away(officer, first_day, first_day_back, reason)
    say(f"{officer} is away from {first_day} and back on {first_day_back}.")


@officers.command()
@click.argument("officer")
@click.argument("day", callback=local_date)
@with_database
def leaves(place: "Place", officer: str, day: date) -> None:
    """Note that OFFICER is gone from DAY on: rules give them nothing from then.

    What they have stays theirs: homebuy officers reassign
    """
    with place.home_buy() as hb:
        hb.staff.leaves(officer, day)
    say(f"{officer} is gone from {day} on. To give their work to others: homebuy officers reassign {officer}")


@officers.command()
@click.argument("officer")
@click.option(
    "--to",
    default="rules",
    show_default=True,
    metavar="WHOM",
    help="rules: as if each case came in now; or the id of a user; or role:CODE.",
)
@click.option(
    "--strategy",
    type=click.Choice(("round_robin", "least_open_cases", "role")),
    default="least_open_cases",
    show_default=True,
    help="How one officer of a role is chosen; role: the whole role has it.",
)
@click.option("--reason", default="", help="Why, for the record of each case.")
@click.option("--by", metavar="ID", help="Who asks; the system where nobody is named.")
@click.option("--dry-run", is_flag=True, help="Only show who would get what, and why.")
@click.option("--save", metavar="FILE", type=click.Path(), help="Keep what is shown, for --plan.")
@click.option(
    "--plan",
    "saved",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="Do exactly what a kept preview says; refused where anything differs.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_database
@output("table", "json")
@click.pass_context
def reassign(
    ctx: click.Context,
    place: "Place",
    officer: str,
    to: str,
    strategy: str,
    reason: str,
    by: str | None,
    dry_run: bool,
    save: str | None,
    saved: str | None,
    yes: bool,
    output: str,
) -> None:
    """Give the open cases and tasks of OFFICER to others: a leaver, or one who is long away.

    Shows who gets what and why, asks, and then does exactly that, case by case. Interrupted, the
    same command goes on where it stopped. Exit code 1 where something is left with nobody.
    """
    from homebuy_plugin.cli.officers_told import plan_lines, report_data, report_lines
    from homebuy_plugin.reassignment import plan_json

    with place.home_buy() as hb:
        plan = _saved(saved, officer) if saved else hb.staff.plan_reassignment(officer, to, strategy)
        names = _Names(hb)
        if output == "table":
            for line in plan_lines(plan, names):
                say(line)
        if save:
            Path(save).write_text(json.dumps(plan_json(plan), indent=2), encoding="utf-8")
            remark(f"Kept in {save}. To do exactly this: homebuy officers reassign {officer} --plan {save}")
        orphans = any(not move.after and move.task is None for move in plan.moves)
        if dry_run or save or not plan.moves:
            _end(ctx, output, plan_json(plan), orphans)
            return
        _confirm(reason, yes=yes)
        report = hb.staff.reassign(plan, reason, by)
        if output == "table":
            for line in report_lines(report):
                say(line)
    _end(ctx, output, plan_json(plan) | report_data(report), orphans or bool(report.skipped))


def _end(ctx: click.Context, form: str, data: dict[str, Any], problems: bool) -> None:
    if form == "json":
        print_json(data, ok=not problems)
    if problems:
        ctx.exit(PROBLEMS)


def _saved(file: str, officer: str) -> "ReassignmentPlan":
    from homebuy_plugin.reassignment import plan_from_json

    try:
        plan = plan_from_json(json.loads(Path(file).read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError) as error:
        raise click.UsageError(f"{file} holds no plan that --save kept: {error}") from None
    if plan.officer != officer:
        raise click.UsageError(f"{file} is a plan for {plan.officer}, not for {officer}.")
    return plan


def _confirm(reason: str, *, yes: bool) -> None:
    """Ask, where somebody is there to answer."""
    if not reason:
        raise click.UsageError('Say why, for the record of each case: --reason "…". Nothing was changed.')
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("Nobody is there to be asked. Add --yes to do this. Nothing was changed.")
    click.confirm("Do this?", abort=True, err=True)


class _Names:
    """The names of officers and roles, each once."""

    def __init__(self, hb: "HomeBuy") -> None:
        from homebuy_plugin.store import directory
        from homebuy_plugin.store.transactions import reading

        with reading(hb.engine, hb.settings.schema) as conn:
            self._known = directory.names(conn)

    def __call__(self, key: str) -> str:
        name = self._known.get(key) or key.partition(":")[2].replace("_", " ")
        return f"the role {name}" if key.startswith("role:") else name
