"""What the typed values of all documents are made with."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

T = TypeVar("T")
Raw = Mapping[str, Any]
"""JSON as it was written."""


def nothing() -> Raw:
    """An empty mapping that nobody can change."""
    return MappingProxyType({})


def put(parts: tuple[T, ...], part: T, key: str) -> tuple[T, ...]:
    """The parts with one in the place of the one that is called the same, else at the end."""
    name = getattr(part, key)
    if all(getattr(each, key) != name for each in parts):
        return (*parts, part)
    return tuple(part if getattr(each, key) == name else each for each in parts)
