"""Why something was decided."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from homebuy_plugin.types.mappings import empty


@dataclass(frozen=True, kw_only=True)
class ConditionSeen:
    """One condition of a rule with the value it saw.

    Attributes:
        pointer: JSON pointer of the condition within its rule.
        result: ``true``, ``false`` or ``unknown``.
    """

    pointer: str
    name: str
    operator: str
    expected: Any = None
    actual: Any = None
    result: str
    negated: bool = False


@dataclass(frozen=True, kw_only=True)
class RuleConsidered:
    """One rule a decision looked at.

    Attributes:
        applied: whether its conditions held.
        because: why it did not take part (``off``, ``watch``, ``not in force``, ...), or "".
    """

    rule: str
    name: str = ""
    applied: bool
    because: str = ""
    conditions: tuple[ConditionSeen, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Pick:
    """Who was chosen for some work, from whom, and what was seen of them at that moment.

    Attributes:
        officers: ``kind:id`` of those chosen; empty where nobody could take it.
        role: code of the role they were chosen from, or None: they were named.
        strategy: ``role round_robin least_open_cases named``.
        among: ``kind:id`` of all who could have been chosen.
        passed_over: ``kind:id`` to why not: away, full (40 of 40), no longer here.
        open_cases: how many cases each of them had open (``least_open_cases``).
        after: who had the turn before (``round_robin``); None for the first turn ever.
        turn: number of this turn of the role, from 1; 0 with other strategies.
        text: the same in words.
    """

    officers: tuple[str, ...]
    role: str | None = None
    strategy: str = "named"
    among: tuple[str, ...] = ()
    passed_over: Mapping[str, str] = field(default_factory=empty)
    open_cases: Mapping[str, int] = field(default_factory=empty)
    after: str | None = None
    turn: int = 0
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class DecisionRecord:
    """Why an allocation or escalation did or did not happen.

    Attributes:
        kind: ``allocation`` or ``escalation``.
        rule: id of the deciding rule, or None.
        rule_version: version of the published set that held it.
        at: the instant decided about.
        skipped: further rules that could not apply, and are not named to keep the record short.
        picks: of an allocation: who was chosen from whom.
        text: the same in plain sentences.
    """

    kind: str
    outcome: str
    rule: str | None
    rule_version: int | None
    at: datetime
    considered: tuple[RuleConsidered, ...] = ()
    skipped: int = 0
    picks: tuple[Pick, ...] = ()
    text: str = ""
