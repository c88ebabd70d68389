"""``homebuy schema export``: JSON Schemas for editors."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from homebuy_plugin.cli.options import with_database
from homebuy_plugin.cli.talk import say

if TYPE_CHECKING:
    from homebuy_plugin.cli.place import Place


@click.group()
def schema() -> None:
    """JSON Schemas of the documents that analysts write."""


@schema.command()
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@with_database
def export(place: "Place", directory: Path) -> None:
    """Write a JSON Schema of every format into DIRECTORY, so that editors complete names.

    They know the shipped attributes and what your plugins offer; with a database named, the
    attributes that are published there.
    """
    from homebuy_plugin.cli.vocabulary import landlord_vocabulary
    from homebuy_plugin.documents.json_schema import export as schemas

    directory.mkdir(parents=True, exist_ok=True)
    written = schemas(landlord_vocabulary(place))
    for name, body in sorted(written.items()):
        text = json.dumps(body, ensure_ascii=False, indent=2) + "\n"
        (directory / name).write_text(text, encoding="utf-8")
    say(f"Wrote {len(written)} schemas into {directory}: {', '.join(sorted(written))}.")
