"""A mapping with nothing in it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any


def empty() -> Mapping[str, Any]:
    """The default of a field that is a mapping."""
    return MappingProxyType({})
