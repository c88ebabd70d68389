"""What a host adds to the language of rules."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from homebuy_plugin.types.mappings import empty
from homebuy_plugin.types.outcomes import CaseOutcome


@dataclass(frozen=True, kw_only=True)
class RuleVariable:
    """A host's own variable for conditions.

    Attributes:
        type: ``text number yes_no choice choices date date_time duration``.
        read: pure: of the facts and the case view, no session and no clock.
    """

    name: str
    label: str
    type: str
    read: Callable[[Mapping[str, Any], CaseOutcome], Any]
    options: tuple[str, ...] = ()
    personal: bool = False


@dataclass(frozen=True, kw_only=True)
class RuleAction:
    """A host's own action for rules; a fired one becomes a row for ``homebuy_perform``.

    Attributes:
        params: name of each parameter to its type: ``text``, ``number``, ``yes_no``,
            or ``list``; a trailing ``?`` makes it optional.
    """

    name: str
    label: str
    params: Mapping[str, str] = field(default_factory=empty)
