"""The command line: ``homebuy``, and the same as ``python -m homebuy_plugin``.

Only click and the standard library are imported until a command runs, so that help is quick and
a tick from cron does not pay for what it does not use.
"""

from homebuy_plugin.cli.app import app


def main() -> None:
    """Run the command line; exits with its code."""
    app(prog_name="homebuy")


__all__ = ["app", "main"]
