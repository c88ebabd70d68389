"""Everything about a folder of documents at once: what `homebuy rules validate` runs."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from homebuy_plugin.documents.diagnostics import Located, in_order, locate
from homebuy_plugin.documents.landlord_set import LandlordSet, gather
from homebuy_plugin.documents.loading import Loaded, load_text
from homebuy_plugin.documents.model import Attribute, Pack
from homebuy_plugin.documents.parse import Parsed, check_format, parsed
from homebuy_plugin.documents.references import check_set
from homebuy_plugin.documents.vocabulary import with_codes, with_sound_attributes
from homebuy_plugin.engine.catalogue import Catalogue

Texts = Mapping[str, str | bytes]


def validate_texts(
    texts: Texts,
    catalogue: Catalogue,
    *,
    beside: Texts | None = None,
    roles: Iterable[str] | None = None,
    users: Iterable[str] | None = None,
) -> list[Located]:
    """Every problem of some files, each by itself and all together, in order of place.

    Args:
        texts: file name to content.
        catalogue: built-in and hosts' variables and actions; attributes among the files are added.
        beside: further documents that these may refer to, such as the published ones. Their own
            problems are not reported, and a document of ``texts`` takes the place of one of the
            same name.
        roles: codes of the landlord's roles; None where nobody can say.
        users: ids of its officers; None where nobody can say.
    """
    everything = {**(beside or {}), **texts}
    documents, landlord = read_all(everything, catalogue, roles=roles, users=users)
    found = [problem for source in texts for problem in documents[source].problems]
    for source, diagnostics in check_set(landlord).items():
        if source in texts:
            found += locate(diagnostics, source, documents[source].positions)
    return in_order(found)


def read_all(
    texts: Texts,
    catalogue: Catalogue,
    *,
    roles: Iterable[str] | None = None,
    users: Iterable[str] | None = None,
) -> tuple[dict[str, Parsed], LandlordSet]:
    """Each file read by itself, and the set they make up.

    Attributes come first, because conditions may name them, then packs, because conditions may
    name their stages and tasks.
    """
    reader = _Reader(texts)
    reader.read({"attributes"}, catalogue)
    attributes: list[Attribute] = [a for each in reader.read_already.values() for a in _values(each)]
    known = with_sound_attributes(catalogue, attributes)
    closed = reader.read_packs(known)
    reader.read(set(reader.kinds.values()), closed)
    ordered = {source: reader.read_already[source] for source in texts}
    return ordered, gather(ordered.values(), roles=roles, users=users, catalogue=known)


class _Reader:
    """Files read kind by kind, each kind with what the kinds before it made known."""

    def __init__(self, texts: Texts) -> None:
        self._loaded = {source: load_text(text, source) for source, text in texts.items()}
        self.kinds = {source: _kind(each) for source, each in self._loaded.items()}
        self.read_already: dict[str, Parsed] = {}

    def read(self, kinds: set[str] | set[str | None], catalogue: Catalogue) -> None:
        """Read the files of some kinds that were not read yet."""
        for source, kind in self.kinds.items():
            if kind in kinds and source not in self.read_already:
                self.read_already[source] = parsed(self._loaded[source], source, catalogue)

    def read_packs(self, catalogue: Catalogue) -> Catalogue:
        """Read the packs; the catalogue with their codes, if every pack could be read.

        They are read twice: only then are the codes known that their own conditions may name.
        """
        self.read({"pack"}, catalogue)
        packs = {source: self.read_already[source] for source, kind in self.kinds.items() if kind == "pack"}
        sound = [each.value for each in packs.values() if isinstance(each.value, Pack)]
        if len(sound) < len(packs):
            return catalogue
        closed = with_codes(catalogue, sound)
        for source, first in packs.items():
            again = parsed(self._loaded[source], source, closed)
            self.read_already[source] = replace(again, value=first.value)
        return closed


def _kind(loaded: Loaded) -> str | None:
    return None if loaded.problems else check_format(loaded.value)[0]


def _values(document: Parsed) -> tuple[Any, ...]:
    return document.value if isinstance(document.value, tuple) else ()
