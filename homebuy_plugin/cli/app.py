"""All commands, their exit codes, and what becomes of an error: a plain line, never a traceback."""

import difflib
from typing import Any

import click

from homebuy_plugin.cli.codes import DATABASE, PROBLEMS
from homebuy_plugin.cli.db import db
from homebuy_plugin.cli.demo import demo
from homebuy_plugin.cli.doctor import doctor
from homebuy_plugin.cli.officers import officers
from homebuy_plugin.cli.outbox import outbox
from homebuy_plugin.cli.pack import pack
from homebuy_plugin.cli.rules import rules
from homebuy_plugin.cli.schema import schema
from homebuy_plugin.cli.status import status
from homebuy_plugin.cli.talk import print_error
from homebuy_plugin.cli.tick import tick
from homebuy_plugin.exceptions import DatabaseError, HomeBuyError

EPILOG = """Exit codes: 0 fine; 1 problems found; 2 wrong usage; 3 changes present; 4 database
unreachable or behind."""


class Commands(click.Group):
    """A group that suggests the nearest command, and that says errors of ours in plain lines."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; a mistyped one is answered with the nearest."""
        name = args[0] if args else ""
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            close = difflib.get_close_matches(name, self.list_commands(ctx), n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            ctx.fail(f"No such command {name!r}.{hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what this package refuses ends with its exit code."""
        try:
            return super().invoke(ctx)
        except HomeBuyError as error:
            print_error(ctx, error)
            ctx.exit(DATABASE if isinstance(error, DatabaseError) else PROBLEMS)
        except Exception as error:  # looked at by name: most commands never import SQLAlchemy
            if not type(error).__module__.startswith("sqlalchemy."):
                raise
            print_error(ctx, DatabaseError(f"The database refused: {_first_line(error)}"))
            ctx.exit(DATABASE)


def _first_line(error: Exception) -> str:
    """What the database said, without the statement and its values."""
    return str(getattr(error, "orig", None) or error).partition("\n")[0]


@click.group(
    cls=Commands,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="homebuy_plugin", prog_name="homebuy")
def app() -> None:
    """Home buy cases for social landlords: owners, stages, deadlines and escalations.

    To see what it does, without setting anything up: homebuy demo
    """


for command in (demo, tick, status, doctor, outbox, officers, rules, pack, db, schema):
    app.add_command(command)
