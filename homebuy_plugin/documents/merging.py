"""The union of a landlord's files of one kind."""

from collections.abc import Mapping
from typing import Any

from homebuy_plugin.documents.diagnostics import Diagnostic, problem
from homebuy_plugin.documents.formats import LISTS, format_of
from homebuy_plugin.exceptions import InvalidDocument

_IDENTITY: Mapping[str, tuple[str, ...]] = {
    "allocation": ("id",),
    "escalation": ("id",),
    "templates": ("id", "language", "channel"),
    "groups": ("id",),
    "attributes": ("name",),
}
_DEFAULTS: Mapping[str, str] = {"language": "en", "channel": "email"}


def merge(kind: str, documents: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """One document that holds what several files of a kind hold.

    Args:
        kind: allocation, escalation, templates, groups or attributes.
        documents: file name to its JSON, each valid by itself.

    Raises:
        InvalidDocument: two files hold the same thing; both are named.
    """
    name = LISTS[kind]
    seen: dict[tuple[str, ...], str] = {}
    merged: list[Any] = []
    problems: list[Diagnostic] = []
    for source, raw in documents.items():
        for index, entry in enumerate(raw[name]):
            identity = tuple(str(entry.get(key, _DEFAULTS.get(key))) for key in _IDENTITY[kind])
            if identity in seen:
                problems.append(_twice(name, identity, seen[identity], source, index))
            seen.setdefault(identity, source)
            merged.append(entry)
    if problems:
        raise InvalidDocument(problems, source=f"{kind} set")
    return {"format": format_of(kind), name: merged}


def _twice(name: str, identity: tuple[str, ...], first: str, second: str, index: int) -> Diagnostic:
    where = f"twice in {first}" if first == second else f"in {first} and in {second}"
    message = f"“{' '.join(identity)}” stands {where}."
    return problem("HB152", message, "Remove one, or give it another id.", f"/{name}/{index}")
