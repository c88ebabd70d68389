"""All documents of one landlord together, each part with the file and place it came from."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from homebuy_plugin.documents.fields import ENOUGH
from homebuy_plugin.documents.formats import LISTS
from homebuy_plugin.documents.model import (
    AllocationRule,
    Attribute,
    CalendarDef,
    CaseSample,
    EscalationRule,
    Group,
    Landlord,
    Pack,
    Template,
)
from homebuy_plugin.documents.parse import Parsed
from homebuy_plugin.documents.values import entry_from_json, to_json
from homebuy_plugin.engine.catalogue import Catalogue

T = TypeVar("T", covariant=True)


@dataclass(frozen=True, kw_only=True)
class Entry(Generic[T]):
    """One pack, rule, template, group, calendar or attribute.

    Attributes:
        source: file name or document name.
        pointer: JSON pointer to it inside that file.
        value: the typed value.
    """

    source: str
    pointer: str
    value: T


@dataclass(frozen=True, kw_only=True)
class LandlordSet:
    """What is checked together.

    Attributes:
        partial: kinds of which something is missing or could not be read, so that a name that is
            not found there may still exist; nothing is said about such names.
        roles: codes that are known, or None where nobody can say.
        users: the same.
        catalogue: variables and actions; None where facts cannot be looked up.
    """

    packs: tuple[Entry[Pack], ...] = ()
    allocation: tuple[Entry[AllocationRule], ...] = ()
    escalation: tuple[Entry[EscalationRule], ...] = ()
    templates: tuple[Entry[Template], ...] = ()
    groups: tuple[Entry[Group], ...] = ()
    calendars: tuple[Entry[CalendarDef], ...] = ()
    attributes: tuple[Entry[Attribute], ...] = ()
    officers: tuple[Entry[Landlord], ...] = ()
    cases: tuple[Entry[CaseSample], ...] = ()
    partial: frozenset[str] = frozenset()
    roles: frozenset[str] | None = None
    users: frozenset[str] | None = None
    catalogue: Catalogue | None = field(default=None, compare=False)


_FIELDS: Mapping[str, str] = {"pack": "packs", "calendar": "calendars"}


def gather(
    documents: Iterable[Parsed],
    *,
    roles: Iterable[str] | None = None,
    users: Iterable[str] | None = None,
    catalogue: Catalogue | None = None,
) -> LandlordSet:
    """The set that some parsed files make up.

    Of a file with problems every rule, template or group that is sound by itself takes part; a pack
    with problems does not, and names of its kind are then not asked for.

    Args:
        documents: files of any kinds.
        roles: known codes; where officers are among the files theirs come on top.
        users: the same.
        catalogue: for looking up facts.
    """
    found: dict[str, list[Entry[Any]]] = {}
    partial: set[str] = set()
    for document in documents:
        kind = document.kind
        if kind is None:
            partial |= {"pack", "calendar", "officers", *LISTS}
            continue
        found.setdefault(_FIELDS.get(kind, kind), []).extend(_sound_entries(document))
        if document.value is None:
            partial.add(kind)
    partial |= {kind for kind in ("pack", "calendar", *LISTS) if _FIELDS.get(kind, kind) not in found}
    parts = {name: tuple(entries) for name, entries in found.items()}
    known = _known_officers(parts.get("officers", ()), roles, users)
    made: dict[str, Any] = {**parts, **known, "partial": frozenset(partial), "catalogue": catalogue}
    return LandlordSet(**made)


def _sound_entries(document: Parsed) -> Iterator[Entry[Any]]:
    kind = document.kind or ""
    name = LISTS.get(kind) or ("cases" if kind == "cases" else "")
    if not name:
        if document.value is not None:
            yield Entry(source=document.source, pointer="", value=document.value)
        return
    bad = _refused_places(document)
    if f"/{name}" in bad or len(document.problems) >= ENOUGH:
        return  # nobody has looked at all entries
    for index, raw in enumerate(_list_of(document.raw, name)):
        pointer = f"/{name}/{index}"
        if pointer not in bad:
            yield Entry(source=document.source, pointer=pointer, value=entry_from_json(kind, raw))


def _refused_places(document: Parsed) -> frozenset[str]:
    """Pointers of the list or the entries in which something is wrong."""
    return frozenset("/".join(each.pointer.split("/")[:3]) for each in document.problems if each.is_error)


def _list_of(raw: Any, name: str) -> list[Any]:
    listed = raw.get(name) if isinstance(raw, Mapping) else None
    return listed if isinstance(listed, list) else []


def _known_officers(
    officers: tuple[Entry[Landlord], ...], roles: Iterable[str] | None, users: Iterable[str] | None
) -> dict[str, frozenset[str] | None]:
    if not officers:
        return {
            "roles": None if roles is None else frozenset(roles),
            "users": None if users is None else frozenset(users),
        }
    own_roles = {role.id for entry in officers for role in entry.value.roles}
    own_users = {officer.id for entry in officers for officer in entry.value.officers}
    return {"roles": frozenset(roles or ()) | own_roles, "users": frozenset(users or ()) | own_users}


def of_values(values: Mapping[str, Any], kinds: Mapping[str, str], **more: Any) -> LandlordSet:
    """The set that typed values make up, for documents that were stored.

    Args:
        values: name for messages to typed value.
        kinds: the same names to their kinds.
        **more: as for :func:`gather`.
    """
    documents = [
        Parsed(source=source, kind=kinds[source], value=value, raw=to_json(kinds[source], value))
        for source, value in values.items()
    ]
    return gather(documents, **more)
