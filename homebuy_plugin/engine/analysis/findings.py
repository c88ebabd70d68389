"""What an analysis is given and what it gives back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from homebuy_plugin.engine.lowering import Conditions

Kind = Literal[
    "contradiction",
    "excluded",
    "shadowed",
    "dead_part",
    "redundant",
    "gap",
    "date_gap",
    "overlap",
    "inexact",
]


@dataclass(frozen=True, kw_only=True, eq=False)
class Ruling:
    """A rule as the analysis sees it.

    Attributes:
        title: what messages call it.
        conditions: its own.
        limits: what else must hold for it to be asked: its scheme, its dates, its trigger.
        outcome: what it does; two rules with the same outcome do the same.
    """

    title: str
    conditions: Conditions
    limits: tuple[Conditions, ...] = ()
    outcome: str = ""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was found.

    Attributes:
        rule: position of the rule it is about; None for the set as a whole.
        pointer: JSON pointer within that rule, or "".
        others: positions of further rules that have to do with it.
        facts: a sample case.
    """

    kind: Kind
    message: str
    help: str = ""
    rule: int | None = None
    pointer: str = ""
    others: tuple[int, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that was found.

    Attributes:
        exact: nothing was left out, and nothing is merely possible.
    """

    findings: tuple[Finding, ...]
    exact: bool = True

    def of(self, kind: Kind) -> tuple[Finding, ...]:
        """The findings of a kind."""
        return tuple(each for each in self.findings if each.kind == kind)


def titles(rules: Sequence[Ruling], positions: Sequence[int], most: int = 5) -> str:
    """Rules in words: “A”, “B” and 3 others."""
    named = [f"“{rules[position].title}”" for position in positions[:most]]
    if len(positions) > most:
        more = len(positions) - most
        named.append(f"{more} others" if more > 1 else f"“{rules[positions[most]].title}”")
    return f"{', '.join(named[:-1])} and {named[-1]}" if len(named) > 1 else named[0]
