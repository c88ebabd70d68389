"""What a case waits for, kept between one thing that happens to it and the next.

To work out every rung of a case anew after each decision would cost far more than the decisions.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.events import CaseEvent

Source = tuple[str, str]
"""Subject and clock: the rungs of one ladder after another, of which the first is a wake-up."""

KINDS = RUNG, RETRY, START, RELEASE, PUBLICATION = "rung", "retry", "start", "release", "publication"
"""What the names of wake-ups begin with."""

_APART = (e.LEVEL_RAISED, e.FLAG_SET, e.CLOSURE_PROPOSED)
"""Events that move no rung: conditions may see them, but those are asked when a rung is decided."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do at an instant.

    Attributes:
        rank: at one instant the case follows a publication first, then holds end, then rungs are
            decided, then tasks begin.
        within: the order among those of one rank.
        moves: time itself changes the case, whatever the handling records.
    """

    at: datetime
    rank: int
    within: Any
    handle: Callable[[], None]
    moves: bool = False

    @property
    def order(self) -> tuple[datetime, int, Any]:
        """What comes first is done first."""
        return self.at, self.rank, self.within


@dataclass(slots=True)
class Agenda:
    """The next instant of everything that waits for one, by the name of its wake-up.

    Attributes:
        instants: None when they are to be worked out; else true but for the ``changed``.
        steps: what is to be done at them, as far as it was asked for.
        changed: whose rungs were decided since.
        grids: by clock, what its dates alone make of its run, decided or not.
    """

    instants: dict[str, datetime] | None = None
    steps: dict[str, Step | None] = field(default_factory=dict)
    changed: set[Source] = field(default_factory=set)
    grids: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def saved(cls, wakeups: Mapping[str, datetime]) -> "Agenda":
        """As the wake-ups were saved with the case, when nothing has happened to it since.

        A wake-up of no kind that a case makes for itself says that something has: other rules were
        published. Everything is then worked out anew.
        """
        known = all(name.partition(":")[0] in KINDS for name in wakeups)
        return cls(dict(wakeups)) if known else cls()

    def heard(self, event: CaseEvent) -> None:
        """Something happened: a rung decided concerns its own ladder, anything else perhaps all."""
        if event.kind == e.RUNG_DECIDED:
            self.changed.add((event.data["subject"], event.data["clock"]))
        elif event.kind not in _APART:
            self.instants = None
            self.grids.clear()
