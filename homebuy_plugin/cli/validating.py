"""What ``homebuy rules validate`` does."""

import json
from collections.abc import Mapping
from pathlib import Path

from homebuy_plugin.cli.place import Place
from homebuy_plugin.cli.talk import print_json, remark, say
from homebuy_plugin.cli.vocabulary import base_vocabulary, texts_below
from homebuy_plugin.documents.formats import LISTS, PUBLISHED, document_key
from homebuy_plugin.documents.parse import check_format
from homebuy_plugin.documents.rendering import as_dict, render
from homebuy_plugin.documents.validating import validate_texts
from homebuy_plugin.publishing import shipped_texts

Texts = Mapping[str, str | bytes]


def validate_paths(place: Place, paths: tuple[Path, ...], output: str) -> bool:
    """Check files, print what is wrong with them; whether they may be used."""
    texts, beside = gathered(place, paths)
    problems = validate_texts(texts, base_vocabulary(place), beside=beside)
    ok = not any(each.is_error for each in problems)
    if output == "json":
        data = {"files": sorted(texts), "beside": sorted(_kinds(beside))}
        print_json(data, ok=ok, problems=[as_dict(each) for each in problems])
    else:
        say(render(problems, files=len(texts), format="full" if output == "table" else output))
    return ok


def gathered(place: Place, paths: tuple[Path, ...]) -> tuple[Texts, Texts]:
    """The files to look at, and the documents that they may refer to; without files the shipped ones."""
    texts: Texts = texts_below(paths) if paths else _shipped()
    return texts, _beside(place, texts) if paths else {}


def _shipped() -> dict[str, str]:
    remark("(No files named: checking the rules that come with the package.)")
    return {f"rules/{name}": text for name, text in shipped_texts().items()}


def _beside(place: Place, texts: Texts) -> dict[str, str]:
    """The documents that are not among the files given: of the database, else the shipped ones."""
    others = _published(place) if place.database is not None else shipped_texts()
    have = {key for text in texts.values() for key in _keys(text)}
    found = {f"(beside)/{name}": text for name, text in others.items() if not have & set(_keys(text))}
    where = "published in the database" if place.database is not None else "that come with the package"
    if found:
        remark(f"(Checked together with the {_listed(_kinds(found))} {where}.)")
    return found


def _published(place: Place) -> dict[str, str]:
    from homebuy_plugin.store import documents
    from homebuy_plugin.store.transactions import reading

    with place.home_buy() as hb, reading(hb.engine, hb.settings.schema) as conn:
        newest = {
            (r.kind, r.code): r.version for r in sorted(documents.versions(conn), key=lambda r: r.version)
        }
        return {
            f"{kind}/{code}": json.dumps(documents.body(conn, kind, code, version))
            for (kind, code), version in newest.items()
        }


def _keys(text: str | bytes) -> list[tuple[str, str]]:
    """Kind and key of a document; none of one that cannot be read: it will be reported."""
    try:
        raw = json.loads(text)
        kind = check_format(raw)[0]
        if kind is None or kind not in PUBLISHED:
            return []
        return [(kind, "" if kind in LISTS else document_key(kind, raw))]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return []


def _kinds(texts: Texts) -> set[str]:
    return {kind for text in texts.values() for kind, _ in _keys(text)}


def _listed(kinds: set[str]) -> str:
    words = {
        "pack": "packs",
        "allocation": "allocation rules",
        "escalation": "escalation rules",
        "templates": "letters",
        "groups": "groups",
        "calendar": "calendars",
        "attributes": "attributes",
    }
    return ", ".join(words[kind] for kind in PUBLISHED if kind in kinds)
