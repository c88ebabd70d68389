"""``homebuy pack show``: a pack to read or to look at."""

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from homebuy_plugin.cli.options import with_database
from homebuy_plugin.cli.talk import remark, say

if TYPE_CHECKING:
    from homebuy_plugin.cli.place import Place
    from homebuy_plugin.documents.model import Pack
    from homebuy_plugin.insight.pack_text import Line
    from homebuy_plugin.insight.rulebook import Rulebook

FORMATS = ("text", "svg", "mermaid")


@click.group()
def pack() -> None:
    """Stages, tasks and clocks of a scheme."""


@pack.command()
@click.argument("scheme")
@click.option("--country", default="england", show_default=True, help="The country of the pack.")
@click.option("--company", help="The company whose pack it is, where it has one of its own.")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default=FORMATS[0],
    show_default=True,
    help="Text to read, or a picture of the stages: svg for a browser, mermaid for a wiki.",
)
@click.option("--rules", is_flag=True, help="Name the escalation rules about each target, in text.")
@with_database
def show(place: "Place", scheme: str, country: str, company: str | None, form: str, rules: bool) -> None:
    """Show the pack of SCHEME, or a draft: the path of a pack.json.

    Its stages, tasks and clocks with their legal basis, and how long the work before each date of
    the law may take. A picture: homebuy pack show right_to_buy --format svg > right_to_buy.svg
    """
    from homebuy_plugin.insight.pack_graph import mermaid, svg
    from homebuy_plugin.insight.pack_text import pack_lines

    book, found = _find(place, scheme, country, company)
    if form == "text":
        for line in pack_lines(found, book.catalogue, book.escalation if rules else None):
            say(_styled(line))
        return
    draw = svg if form == "svg" else mermaid
    click.echo(draw(found, book.catalogue))


def _styled(line: "Line") -> str:
    text = "  " * line.depth + line.text
    if line.kind == "section":
        return "\n" + click.style(text.upper(), bold=True)
    if line.kind in ("title", "stage", "path"):
        return click.style(text, bold=True)
    return click.style(text, fg="yellow") if line.kind == "law" else text


def _find(place: "Place", name: str, country: str, company: str | None) -> "tuple[Rulebook, Pack]":
    from homebuy_plugin.cli.vocabulary import published_book, shipped_book

    if name.endswith(".json") or Path(name).is_file():
        return _draft(place, Path(name))
    if place.is_named:
        book = published_book(place)
    else:
        remark("(No database named: this is the pack that comes with the package.)")
        book = shipped_book(place)
    return book, _choose(book, name, country, company)


def _draft(place: "Place", path: Path) -> "tuple[Rulebook, Pack]":
    from homebuy_plugin.cli.vocabulary import book_of
    from homebuy_plugin.exceptions import InvalidDocument

    if not path.is_file():
        raise click.UsageError(f"There is no file {path}.")
    try:
        book = book_of(place, {**_beside(), str(path): path.read_text(encoding="utf-8")}, [str(path)])
    except InvalidDocument as problem:
        raise click.UsageError(f"{problem} All its problems: homebuy rules validate {path}") from None
    if not book.packs:
        raise click.UsageError(f"{path} is no pack: its “format” is not homebuy.pack/1.")
    return book, book.packs[0]


def _beside() -> dict[str, str]:
    """What a draft stands beside: everything that is shipped, but its packs."""
    from homebuy_plugin.publishing import shipped_texts

    texts = shipped_texts()
    return {f"(shipped)/{name}": text for name, text in texts.items() if '"homebuy.pack/1"' not in text}


def _choose(book: "Rulebook", scheme: str, country: str, company: str | None) -> "Pack":
    schemes = sorted({each.scheme for each in book.packs})
    if scheme not in schemes:
        close = difflib.get_close_matches(scheme, schemes, n=1)
        hint = f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(schemes)}."
        raise click.UsageError(f"There is no pack of {scheme!r}. {hint}")
    found = [each for each in book.packs if (each.scheme, each.country) == (scheme, country)]
    if not found:
        places = ", ".join(sorted({each.country for each in book.packs if each.scheme == scheme}))
        raise click.UsageError(f"There is no pack of {scheme} in {country!r}. There is one for: {places}.")
    own = [each for each in found if company is not None and company in each.companies]
    general = [each for each in found if not each.companies]
    return (own or general or found)[0]
