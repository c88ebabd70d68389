"""The project that all hooks belong to, and its two marks."""

from typing import Final

from pluggy import HookimplMarker, HookspecMarker

PROJECT: Final = "homebuy"
"""Pluggy project name, and the entry-point group of installed plugins."""

hookimpl: Final = HookimplMarker(PROJECT)
"""Marks a function or method as the implementation of the hook of that name."""

hookspec: Final = HookspecMarker(PROJECT)
"""Marks the specification of a hook."""
