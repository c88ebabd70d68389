"""``homebuy demo``."""

from pathlib import Path

import click


@click.command()
@click.option("--seed", type=int, default=7, show_default=True, help="Another seed, other months.")
@click.option(
    "--database",
    "path",
    metavar="PATH",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("homebuy-demo.db"),
    show_default=True,
    help="File to make; replaced only if an earlier demonstration made it.",
)
def demo(seed: int, path: Path) -> None:
    """Some months at a pretend landlord, told as they happen.

    Cases of all three schemes: who owns them and why, which deadlines were near or missed, who was
    told by which letter, and one case as a story.

    Nothing is sent and nothing is fetched. It leaves a database to explore with the other commands.
    """
    from homebuy_plugin.cli.talk import say
    from homebuy_plugin.demo.play import play
    from homebuy_plugin.demo.telling import tell

    for line in tell(play(path, seed), path, seed):
        say(line)
