"""What ``homebuy rules import`` does."""

import json
from pathlib import Path

from homebuy_plugin.cli.place import Place
from homebuy_plugin.cli.talk import remark, say
from homebuy_plugin.cli.vocabulary import landlord_vocabulary
from homebuy_plugin.documents.importing import Kind, import_rules
from homebuy_plugin.documents.loading import load_text
from homebuy_plugin.documents.parse import parse
from homebuy_plugin.documents.rendering import render


def import_file(place: Place, file: Path, kind: Kind, trigger: str, target: Path | None) -> bool:
    """Turn a plain document into one of ours and print or write it; whether it is sound."""
    loaded = load_text(file.read_bytes(), str(file))
    if loaded.problems:
        remark(render(loaded.problems, files=1))
        return False
    catalogue = landlord_vocabulary(place)
    imported = import_rules(loaded.value, catalogue, kind, trigger=trigger)
    text = json.dumps(imported.document, ensure_ascii=False, indent=2, default=float) + "\n"
    if target is None:
        say(text.rstrip("\n"))
    else:
        target.write_text(text, encoding="utf-8")
    for each in dict.fromkeys(imported.remarks):
        remark(each)
    checked = parse(text, source=str(target or f"{file} (imported)"), catalogue=catalogue)
    remark(render(checked.problems, files=1) if checked.problems else _done(len(imported.document["rules"])))
    return not any(each.is_error for each in checked.problems)


def _done(count: int) -> str:
    return f"Imported {count} {'rule' if count == 1 else 'rules'}."
