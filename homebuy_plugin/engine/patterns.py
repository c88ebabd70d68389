"""Regular expressions, only where RE2 is installed.

Python's own ``re`` backtracks: ``(a+)+$`` doubles its time with each letter, and one rule
could stall every tick. RE2 answers in linear time. So ``matches_regex`` is in the catalogue
only with the extra ``regex`` (google-re2).
"""

import importlib
from typing import Any

from homebuy_plugin.engine import limits


def _load() -> Any:
    """google-re2, or None. ``pyre2`` installs the same name without ``Options``."""
    try:
        module = importlib.import_module("re2")
    except ImportError:
        return None
    return module if hasattr(module, "Options") else None


_re2 = _load()

AVAILABLE: bool = _re2 is not None
"""Whether rules may use ``matches_regex``."""


class BadPattern(ValueError):
    """A regular expression that RE2 does not take."""


def compiled(pattern: str) -> Any:
    """The compiled pattern; raises :class:`BadPattern`."""
    if len(pattern) > limits.PATTERN:
        raise BadPattern(f"it is longer than {limits.PATTERN} characters")
    options = _re2.Options()
    options.log_errors = False  # RE2 would write to stderr by itself
    try:
        return _re2.compile(pattern, options=options)
    except _re2.error as error:
        reason = error.args[0] if error.args else error
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise BadPattern(text) from error
