"""Judge a landlord's files against everything published that they do not replace.

Files are looked at by themselves, with each other, with what is in force, and with every older
version of a pack that open cases still run on: what those cases need has to stay.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from homebuy_plugin.asking import Asking
from homebuy_plugin.documents.coverage import cover_texts
from homebuy_plugin.documents.diagnostics import Located, in_order, locate
from homebuy_plugin.documents.formats import FORMATS, document_key
from homebuy_plugin.documents.law_changes import check_law
from homebuy_plugin.documents.loading import load_text
from homebuy_plugin.documents.model import Pack
from homebuy_plugin.documents.validating import validate_texts
from homebuy_plugin.documents.values import from_json
from homebuy_plugin.engine.catalogue import Catalogue
from homebuy_plugin.library import landlord_catalogue
from homebuy_plugin.store import documents, pins
from homebuy_plugin.store.connection import StoreConnection

Key = tuple[str, str]
"""Kind and code of a document."""
Texts = Mapping[str, str]


@dataclass(frozen=True)
class Surroundings:
    """What files would be published into.

    Attributes:
        given: which documents the files replace.
        in_force: the newest version of every document, by kind and code.
        older: packs of open cases that have a newer version: what to call it, its key and text.
    """

    catalogue: Catalogue
    given: frozenset[Key]
    in_force: Mapping[Key, str]
    older: tuple[tuple[str, Key, str], ...] = field(default=())

    def beside(self) -> dict[str, str]:
        """What is in force and stays, by what messages call it."""
        return {_name(key): text for key, text in self.in_force.items() if key not in self.given}


def judged(conn: StoreConnection, texts: Texts, base: Catalogue, port: Asking) -> list[Located]:
    """Everything wrong with files, or wrong elsewhere because of them, in order of place.

    A name in a rule is a mistake when no version that cases run on knows it; where only some know
    it, that is said as a warning.

    Args:
        conn: to read what is published, and which versions open cases have.
        texts: file name to JSON text.
        base: built-in variables and actions.
        port: asked for those of plugins.
    """
    around = surroundings(conn, texts, base, port)
    beside = around.beside()
    found = _run(around.catalogue, texts, beside)
    for name, key, text in around.older:
        others = {n: t for n, t in texts.items() if _key(t) != key}
        older = {n: t for n, t in beside.items() if n != _name(key)} | {name: text}
        again = _run(around.catalogue, others, older)
        found = _together(found, again, texts, name)
    mine = [p for p in found if p.source in texts]
    return in_order([*mine, *_caused(around, [p for p in found if p.source not in texts])])


def analysed(conn: StoreConnection, texts: Texts, base: Catalogue, port: Asking) -> list[Located]:
    """What the analysis of the rules as sets finds about the files; nothing is refused for it.

    Also where a pack moves a date of the law without a word of its legal basis.
    """
    around = surroundings(conn, texts, base, port)
    found, sound = cover_texts(texts, around.catalogue, beside=around.beside())
    return in_order([*found, *_of_the_law(around, texts)]) if sound else []


def _of_the_law(around: Surroundings, texts: Texts) -> Iterator[Located]:
    for source, text in texts.items():
        key = _key(text)
        if key and key[0] == "pack" and key in around.in_force:
            before = cast("Pack", from_json("pack", json.loads(around.in_force[key])))
            after = cast("Pack", from_json("pack", json.loads(text)))
            positions = load_text(text, source).positions
            yield from locate(check_law(before, after), source, positions)


def surroundings(conn: StoreConnection, texts: Texts, base: Catalogue, port: Asking) -> Surroundings:
    """What these files would be published into."""
    last = {(r.kind, r.code): r.version for r in documents.versions(conn)}
    given = frozenset(key for text in texts.values() if (key := _key(text)))
    return Surroundings(
        catalogue=landlord_catalogue(base, (), port),
        given=given,
        in_force={key: _text(conn, key, version) for key, version in last.items()},
        older=tuple(_older_packs(conn, last, given)),
    )


def _older_packs(
    conn: StoreConnection, last: Mapping[Key, int], given: frozenset[Key]
) -> Iterator[tuple[str, Key, str]]:
    """Versions that open cases have and that are not, or would no longer be, the newest."""
    for key, newest in last.items():
        for version, cases in pins.in_use(conn, *key).items() if key[0] == "pack" else ():
            if version != newest or key in given:
                who = f"{cases} open {'case' if cases == 1 else 'cases'}"
                yield f"version {version} of pack {key[1]} ({who})", key, _text(conn, key, version)


def _text(conn: StoreConnection, key: Key, version: int) -> str:
    return json.dumps(documents.body(conn, *key, version), ensure_ascii=False)


def _name(key: Key) -> str:
    return f"published {key[0]} {key[1]}"


def _key(text: str) -> Key | None:
    """Which document a file is; None of one that cannot be read: the checks say what is wrong."""
    try:
        raw = json.loads(text)
        kind = FORMATS[raw["format"]]
        return kind, document_key(kind, raw)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _run(catalogue: Catalogue, texts: Texts, beside: Texts) -> list[Located]:
    """All problems of the files, and the errors of what stands beside them."""
    found = validate_texts({**beside, **texts}, catalogue)
    return [p for p in found if p.source in texts or p.is_error]


def _together(first: list[Located], again: list[Located], texts: Texts, name: str) -> list[Located]:
    """What is wrong with every version stays an error; with some only, it is a warning."""
    both = {_identity(p) for p in first} & {_identity(p) for p in again}
    kept = [p if _identity(p) in both or _is_of_pack(p, texts) else _milder(p, "") for p in first]
    known = {_identity(p) for p in first}
    added = [p for p in again if _identity(p) not in known and p.is_error]
    return kept + [_milder(p, name) if p.source in texts else p for p in added]


def _is_of_pack(problem: Located, texts: Texts) -> bool:
    """Whether a problem is not about rules: those were looked at with this version alone."""
    key = _key(texts[problem.source]) if problem.source in texts else None
    return key is None or key[0] not in ("allocation", "escalation")


def _milder(problem: Located, where: str) -> Located:
    if not problem.is_error:
        return problem
    aside = f"So it is in {where}." if where else "Older versions that open cases run on know it."
    message = f"{problem.message} {aside}"
    return replace(problem, diagnostic=replace(problem.diagnostic, severity="warning", message=message))


def _identity(problem: Located) -> tuple[str, str, str]:
    return problem.source, problem.pointer, problem.code


def _caused(around: Surroundings, found: list[Located]) -> list[Located]:
    """Of the errors in what is published already, those that were not there before."""
    if not found:
        return []
    in_force = {_name(key): text for key, text in around.in_force.items()}
    before = {_identity(p) for p in validate_texts(in_force, around.catalogue)}
    for name, key, text in around.older:
        others = {n: t for n, t in in_force.items() if n != _name(key)}
        before |= {_identity(p) for p in validate_texts({**others, name: text}, around.catalogue)}
    return [p for p in found if _identity(p) not in before]
