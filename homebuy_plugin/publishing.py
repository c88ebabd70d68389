"""Publish documents: checked, immutable, one version after the other.

Files are drafts. What is published is the union of all files of a kind; a pack goes by its
scheme and country, a calendar by its id.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from homebuy_plugin._resources import data_folder
from homebuy_plugin.asking import Asking
from homebuy_plugin.documents.diagnostics import errors
from homebuy_plugin.documents.formats import FORMATS, PUBLISHED, WHOLE, document_key
from homebuy_plugin.documents.merging import merge
from homebuy_plugin.documents.validating import validate_texts
from homebuy_plugin.documents.values import from_json
from homebuy_plugin.engine.catalogue import Catalogue
from homebuy_plugin.exceptions import DuplicateName, InvalidDocument, PluginError
from homebuy_plugin.judging import judged
from homebuy_plugin.library import landlord_catalogue
from homebuy_plugin.store import claims, documents, pins
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.documents import DocumentRef
from homebuy_plugin.types import PIN, LiveCases

OURS = "homebuy_plugin"
_YEARS = range(2020, 2036)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A document ready to publish."""

    kind: str
    code: str
    body: Mapping[str, Any]


def read_folder(folder: Path) -> dict[str, str]:
    """Every JSON file below a folder: its name relative to the folder, and its text."""
    return {
        p.relative_to(folder).as_posix(): p.read_text(encoding="utf-8")
        for p in sorted(folder.rglob("*.json"))
    }


def shipped_texts() -> dict[str, str]:
    """The package's own documents."""
    return read_folder(data_folder("rules"))


def drafts(texts: Mapping[str, str]) -> list[Draft]:
    """What sound files make: one draft for each kind and key, in an order that can be published."""
    whole: dict[str, dict[str, Any]] = {}
    single: list[Draft] = []
    for name, text in texts.items():
        raw = json.loads(text)
        kind = FORMATS[raw["format"]]
        key = document_key(kind, raw)
        if kind not in PUBLISHED:
            continue
        if key == WHOLE:
            whole.setdefault(kind, {})[name] = raw
        else:
            single.append(Draft(kind=kind, code=key, body=raw))
    merged = [Draft(kind=k, code=WHOLE, body=merge(k, raws)) for k, raws in whole.items()]
    return sorted([*single, *merged], key=lambda d: (PUBLISHED.index(d.kind), d.code))


def publish_shipped(conn: StoreConnection, base: Catalogue, port: Asking, now: datetime) -> list[Draft]:
    """Publish the shipped documents, and packs of plugins, as version 1 where there is none.

    Never overwrites: a kind and key that has a version is left as it is. In the caller's
    transaction. The shipped documents are known to be sound; those of plugins are checked.

    Raises:
        PluginError: a plugin's pack has problems.
        DuplicateName: a plugin's pack is of a scheme and country that another has.
    """
    documents.lock(conn)
    have = {(r.kind, r.code) for r in documents.versions(conn)}
    shipped = drafts(shipped_texts())
    ours = {d.code: OURS for d in shipped if d.kind == "pack"}
    offered = [*shipped, *plugin_packs(base, port, ours)]
    missing = [d for d in offered if (d.kind, d.code) not in have]
    for each in missing:
        write(conn, each, port, now=now, author=OURS, reason="shipped with the package")
    return missing


def newer_shipped(conn: StoreConnection, port: Asking) -> list[Draft]:
    """Shipped documents of which no version, or only another than this, was ever published as shipped."""
    had = {(r.kind, r.code, r.digest) for r in documents.versions(conn) if r.author == OURS}
    return [
        each
        for each in drafts(shipped_texts())
        if (each.kind, each.code, documents.digest(_with_holidays(each, port))) not in had
    ]


def publish_texts(
    conn: StoreConnection,
    texts: Mapping[str, str],
    base: Catalogue,
    port: Asking,
    *,
    now: datetime,
    author: str,
    reason: str,
    live_cases: LiveCases = PIN,
) -> dict[str, int]:
    """Publish a landlord's files: each kind given replaces the whole of that kind.

    They are checked by themselves, with each other, with everything published that they do not
    replace, and with every version of a pack that open cases run on. In the caller's transaction.

    Returns:
        ``kind code`` to the new version; nothing for what is equal to the version in force, unless
        it was published for new cases only and the others are to follow now.

    Raises:
        InvalidDocument: with every problem; nothing was published.
    """
    documents.lock(conn)
    return {
        f"{each.kind} {each.code}": write(
            conn, each, port, now=now, author=author, reason=reason, live_cases=live_cases
        )
        for each in to_publish(conn, texts, base, port, live_cases)
    }


def to_publish(
    conn: StoreConnection, texts: Mapping[str, str], base: Catalogue, port: Asking, live_cases: LiveCases
) -> list[Draft]:
    """The documents that publishing these files would write; a read-only transaction is enough.

    Raises:
        InvalidDocument: with every problem.
    """
    problems = errors(judged(conn, texts, base, port))
    if problems:
        raise InvalidDocument(problems, source="the documents")
    last = {(r.kind, r.code): r for r in documents.versions(conn)}
    ready = completed(texts, port)
    return [each for each in ready if _is_news(conn, each, last.get((each.kind, each.code)), live_cases)]


def completed(texts: Mapping[str, str], port: Asking) -> list[Draft]:
    """The documents that sound files make, calendars with the holidays that plugins know."""
    return [replace(each, body=_with_holidays(each, port)) for each in drafts(texts)]


def _is_news(conn: StoreConnection, draft: Draft, before: DocumentRef | None, live_cases: LiveCases) -> bool:
    if before is None or not _equal(conn, draft, before):
        return True
    return live_cases != PIN and _left_behind(conn, before)


def _equal(conn: StoreConnection, draft: Draft, ref: DocumentRef) -> bool:
    """Whether a draft says what is in force, however it is written."""
    if ref.digest == documents.digest(draft.body):
        return True
    body = documents.body(conn, ref.kind, ref.code, ref.version)
    return from_json(ref.kind, body) == from_json(draft.kind, draft.body)


def left_behind(conn: StoreConnection) -> dict[str, str]:
    """The packs and calendars in force that open cases do not have and do not follow, as files."""
    newest = {(r.kind, r.code): r for r in documents.versions(conn)}
    return {
        f"published {r.kind} {r.code}": json.dumps(documents.body(conn, r.kind, r.code, r.version))
        for r in newest.values()
        if _left_behind(conn, r)
    }


def _left_behind(conn: StoreConnection, newest: DocumentRef) -> bool:
    """Whether open cases kept an older version when this one was published, and still have it."""
    return newest.live_cases == PIN and any(
        version != newest.version for version in pins.in_use(conn, newest.kind, newest.code)
    )


def plugin_packs(base: Catalogue, port: Asking, providers: Mapping[str, str]) -> list[Draft]:
    """The packs that plugins offer.

    ``providers`` says who has which pack already: its code to a name.

    Raises:
        PluginError: one has problems, naming its plugin.
        DuplicateName: two are of one scheme and country.
    """
    offers = port.scheme_packs()
    catalogue = landlord_catalogue(base, (), port) if offers else base
    taken, found = dict(providers), []
    for offer in offers:
        draft, plugin = _offered(offer.plugin, offer.source, catalogue), f"plugin {offer.plugin!r}"
        if draft.code in taken:
            raise DuplicateName("pack", draft.code, taken[draft.code], plugin)
        taken[draft.code] = plugin
        found.append(draft)
    return found


def _offered(plugin: str, source: Path | Mapping[str, Any], catalogue: Catalogue) -> Draft:
    text = source.read_text(encoding="utf-8") if isinstance(source, Path) else json.dumps(dict(source))
    name = str(source) if isinstance(source, Path) else f"the pack of plugin {plugin!r}"
    beside = {n: t for n, t in shipped_texts().items() if "/attributes" in f"/{n}"}
    problems = validate_texts({name: text}, catalogue, beside=beside)
    found = [p.diagnostic for p in problems if p.diagnostic.severity == "error"]
    if found:
        raise PluginError(f"The pack of plugin {plugin!r} has problems: {InvalidDocument(found, name)}")
    raw = json.loads(text)
    return Draft(kind="pack", code=document_key("pack", raw), body=raw)


def write(
    conn: StoreConnection,
    draft: Draft,
    port: Asking,
    *,
    now: datetime,
    author: str,
    reason: str,
    live_cases: LiveCases = PIN,
) -> int:
    """Write the next version of a draft that was checked; returns its number.

    A calendar is completed with the holidays that plugins know, once, for good. A new escalation
    set makes every case be looked at again, because it may wait for something else now; so does
    what open cases follow. Each case then follows by itself when it is next touched, by a tick or
    by a call, so that it does not matter how many there are.
    """
    version = documents.publish(
        conn,
        draft.kind,
        draft.code,
        _with_holidays(draft, port),
        published_at=now,
        author=author,
        reason=reason,
        live_cases=live_cases,
    )
    if version > 1 and (draft.kind == "escalation" or live_cases != PIN):
        claims.wake_all(conn, now, f"{draft.kind}:{draft.code}:{version}")
    return version


def _with_holidays(draft: Draft, port: Asking) -> Mapping[str, Any]:
    region = draft.body.get("region") if draft.kind == "calendar" else None
    if not region or not port.has("homebuy_holidays"):
        return draft.body
    known = {h["date"]: h for h in draft.body.get("holidays", ())}
    for year in _years(known):
        for day in port.holidays(region, year):
            known.setdefault(day.isoformat(), {"date": day.isoformat(), "name": "from a plugin"})
    return {**draft.body, "holidays": [known[d] for d in sorted(known)]}


def _years(dates: Iterable[str]) -> list[int]:
    return sorted({date.fromisoformat(d).year for d in dates}) or list(_YEARS)
