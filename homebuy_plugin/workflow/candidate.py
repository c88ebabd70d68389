"""A rung that is not decided yet, and the record of its decision."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from homebuy_plugin.documents.model import EscalationRule
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.state import RungKey

LadderKey = tuple[str, str, int]
"""Subject, clock and run: what the keys of one ladder's rungs begin with."""

_STEP = {"amber": 0, "target": 1, "after": 2}


@dataclass(frozen=True)
class Candidate:
    """A rung that is not decided yet; many cases share it (see :mod:`homebuy_plugin.workflow.ladders`).

    Attributes:
        rule: None for a built-in one.
        instant: when it falls due; on: the local date it stands for.
    """

    key: RungKey
    rule: EscalationRule | None
    version: int | None
    instant: datetime
    on: date

    @cached_property
    def order(self) -> tuple[datetime, bool, int, str, RungKey]:
        """In order of instant; at one instant ambers before targets, built-in ones last."""
        return (
            self.instant,
            self.rule is None,
            _STEP.get(self.key[4].partition(":")[0], 1),
            self.key[3],
            self.key,
        )

    @cached_property
    def dates(self) -> tuple[str, str]:
        """Its instant and its date as text."""
        return self.instant.isoformat(), self.on.isoformat()


def decided(
    case: Casework,
    candidate: Candidate,
    outcome: str,
    at: datetime,
    *,
    notices: int = 0,
    version: int | None = None,
    attempts: int = 0,
    retry_at: datetime | None = None,
    inputs: Mapping[str, Any] | None = None,
) -> None:
    """Record the decision about a rung."""
    subject, clock, run, rule, anchor, occurrence = candidate.key
    instant, on = candidate.dates
    data = {
        "subject": subject,
        "clock": clock,
        "run": run,
        "rule": rule,
        "anchor": anchor,
        "occurrence": occurrence,
        "outcome": outcome,
        "instant": instant,
        "on": on,
        "version": candidate.version if version is None else version,
        "notices": notices,
        "attempts": attempts,
        "retry_at": None if retry_at is None else retry_at.isoformat(),
        "inputs": inputs,
    }
    case.note(e.RUNG_DECIDED, at, data)
