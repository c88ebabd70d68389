"""Publish documents: checked, immutable, one version after the other.

Files are drafts. What is published is the union of all files of a kind; a pack goes by its
scheme and country, a calendar by its id.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

from homebuy_plugin._resources import data_folder
from homebuy_plugin.asking import Asking
from homebuy_plugin.documents.formats import PUBLISHED, WHOLE, document_key
from homebuy_plugin.documents.merging import merge
from homebuy_plugin.documents.model import Attribute
from homebuy_plugin.documents.parse import Parsed, check, parse
from homebuy_plugin.documents.values import from_json
from homebuy_plugin.engine.catalogue import Catalogue
from homebuy_plugin.exceptions import InvalidDocument, PluginError
from homebuy_plugin.library import landlord_catalogue
from homebuy_plugin.store import claims, documents
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.types import Settings

OURS = "homebuy_plugin"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A document ready to publish."""

    kind: str
    code: str
    body: Mapping[str, Any]


def read_folder(folder: Path) -> dict[str, str]:
    """Every JSON file below a folder: its name relative to the folder, and its text."""
    return {str(p.relative_to(folder)): p.read_text(encoding="utf-8") for p in sorted(folder.rglob("*.json"))}


def shipped_texts() -> dict[str, str]:
    """The package's own documents."""
    return read_folder(data_folder("rules"))


def parse_all(texts: Mapping[str, str], base: Catalogue, port: Asking | None) -> list[Parsed]:
    """Parse files that belong together: attributes first, because conditions may name them."""
    first = [parse(text, source=name, catalogue=base) for name, text in texts.items()]
    attributes = tuple(
        a for p in first if p.kind == "attributes" for a in cast("tuple[Attribute, ...]", p.value or ())
    )
    catalogue = landlord_catalogue(base, attributes, port)
    return [
        p
        if p.kind not in ("pack", "allocation", "escalation")
        else parse(texts[p.source], source=p.source, catalogue=catalogue)
        for p in first
    ]


def drafts(parsed: Iterable[Parsed]) -> list[Draft]:
    """What the files of a landlord make: one draft for each kind and key.

    Raises:
        InvalidDocument: a file has problems.
    """
    found = list(parsed)
    problems = [d for p in found for d in p.problems]
    if problems:
        raise InvalidDocument(problems, source="the documents")
    whole: dict[str, dict[str, Any]] = {}
    single: list[Draft] = []
    for each in found:
        if each.kind not in PUBLISHED or each.kind is None:
            continue
        if each.key == WHOLE:
            whole.setdefault(each.kind, {})[each.source] = each.raw
        else:
            single.append(Draft(kind=each.kind, code=str(each.key), body=each.raw))
    merged = [Draft(kind=k, code=WHOLE, body=merge(k, raws)) for k, raws in whole.items()]
    return sorted([*single, *merged], key=lambda d: (PUBLISHED.index(d.kind), d.code))


def publish_shipped(
    conn: StoreConnection, settings: Settings, base: Catalogue, port: Asking, now: datetime
) -> list[Draft]:
    """Publish the shipped documents, and packs of plugins, as version 1 where there is none.

    Never overwrites: a kind and key that has a version is left as it is. In the caller's
    transaction.
    """
    have = {(r.kind, r.code) for r in documents.versions(conn)}
    wanted = [d for d in drafts(parse_all(shipped_texts(), base, port)) if (d.kind, d.code) not in have]
    wanted += [d for d in plugin_packs(base, port) if (d.kind, d.code) not in have]
    for each in wanted:
        write(conn, each, port, now=now, author=OURS, reason="shipped with the package")
    return wanted


def plugin_packs(base: Catalogue, port: Asking) -> list[Draft]:
    """The packs that plugins offer.

    Raises:
        PluginError: one has problems, naming its plugin.
    """
    catalogue = landlord_catalogue(base, (), port)
    return [_offered(offer.plugin, offer.source, catalogue) for offer in port.scheme_packs()]


def _offered(plugin: str, source: Path | Mapping[str, Any], catalogue: Catalogue) -> Draft:
    problems: tuple[Any, ...]
    if isinstance(source, Path):
        found = parse(source.read_bytes(), source=str(source), catalogue=catalogue)
        raw, problems = found.raw, tuple(found.problems)
    else:
        raw, problems = dict(source), tuple(check("pack", source, catalogue))
    if problems:
        raise PluginError(f"The pack of plugin {plugin!r} has problems: {InvalidDocument(problems, plugin)}")
    return Draft(kind="pack", code=document_key("pack", raw), body=raw)


def write(
    conn: StoreConnection, draft: Draft, port: Asking, *, now: datetime, author: str, reason: str
) -> int:
    """Write the next version of a draft that was checked; returns its number.

    A calendar is completed with the holidays that plugins know, once, for good. A new escalation
    set makes every case that waits for something be looked at again.
    """
    body = _with_holidays(draft, port)
    version = documents.publish(
        conn, draft.kind, draft.code, body, published_at=now, author=author, reason=reason
    )
    if draft.kind == "escalation" and version > 1:
        claims.wake_all(conn, now)
    return version


def _with_holidays(draft: Draft, port: Asking) -> Mapping[str, Any]:
    region = draft.body.get("region") if draft.kind == "calendar" else None
    if not region or not port.has("homebuy_holidays"):
        return draft.body
    known = {h["date"]: h for h in draft.body.get("holidays", ())}
    years = sorted({date.fromisoformat(d).year for d in known}) or list(range(2020, 2036))
    for year in years:
        for day in port.holidays(region, year):
            known.setdefault(day.isoformat(), {"date": day.isoformat(), "name": "from a plugin"})
    return {**draft.body, "holidays": [known[d] for d in sorted(known)]}


def value_of(draft: Draft) -> Any:
    """The typed value of a draft."""
    return from_json(draft.kind, draft.body)
