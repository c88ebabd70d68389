"""What a case waits for, kept between one thing that happens to it and the next.

To work out every rung of a case anew after each decision would cost far more than the decisions.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.events import CaseEvent
from homebuy_plugin.workflow.state import RungKey

Source = tuple[str, str]
"""Subject and clock: the rungs of one ladder after another, of which the first is a wake-up."""

KINDS = RUNG, RETRY, START, RELEASE, PUBLICATION = "rung", "retry", "start", "release", "publication"
"""What the names of wake-ups begin with."""

_APART = (e.LEVEL_RAISED, e.FLAG_SET, e.CLOSURE_PROPOSED)
"""Events that move no rung: conditions may see them, but those are asked when a rung is decided."""


class Step(NamedTuple):
    """One thing to do at an instant; what comes first in order is done first.

    Attributes:
        rank: at one instant the case follows a publication first, then holds end, then rungs are
            decided, then tasks begin.
        within: the order among those of one rank; no two are equal.
        handle: does it, given the case and what it is ``about``.
        moves: time itself changes the case, whatever the handling records.
    """

    at: datetime
    rank: int
    within: Any
    handle: Callable[[Any, Any], object]
    about: Any
    moves: bool = False


@dataclass(slots=True)
class Agenda:
    """The next instant of everything that waits for one, by the name of its wake-up.

    Attributes:
        instants: true but for the ``changed``, unless ``stale``.
        steps: what is to be done at them, as far as it was asked for.
        changed: whose rungs were decided since; erred: those of them that erred.
        stirred: something else happened than that a rung was decided; set back by who asks.
        ladders: of each source, as far as they were asked for.
    """

    instants: dict[str, datetime] = field(default_factory=dict)
    stale: bool = True
    steps: dict[str, Step | None] = field(default_factory=dict)
    changed: set[Source] = field(default_factory=set)
    erred: set[Source] = field(default_factory=set)
    stirred: bool = False
    ladders: dict[Source, list[Any]] = field(default_factory=dict)
    _decided: dict[tuple[str, str, int], list[RungKey]] | None = None

    @classmethod
    def saved(cls, wakeups: Mapping[str, datetime]) -> "Agenda":
        """As the wake-ups were saved with the case, when nothing has happened to it since.

        A wake-up of no kind that a case makes for itself says that something has: other rules were
        published. Everything is then worked out anew.
        """
        known = all(name.partition(":")[0] in KINDS for name in wakeups)
        return cls(dict(wakeups), stale=False) if known else cls()

    def heard(self, event: CaseEvent) -> None:
        """Something happened: a rung decided concerns its own ladder, anything else perhaps all."""
        if event.kind == e.RUNG_DECIDED:
            self._heard_decided(event.data)
            return
        self.stirred = True
        if event.kind not in _APART:
            self.stale = True
            self.ladders.clear()

    def _heard_decided(self, data: Mapping[str, Any]) -> None:
        source = (data["subject"], data["clock"])
        self.changed.add(source)
        if data["outcome"] == "errored":
            self.erred.add(source)
        if self._decided is not None:
            ladder = (*source, data["run"])
            known = self._decided.setdefault(ladder, [])
            key = (*ladder, data["rule"], data["anchor"], data["occurrence"])
            if key not in known:
                known.append(key)

    def forget(self) -> None:
        """Nothing is known of what the case waits for; all of it is to be noted."""
        for known in (self.instants, self.steps, self.changed, self.erred):
            known.clear()
        self.stale = False

    def concerned(self) -> list[str]:
        """The wake-ups to work out anew since rungs were decided."""
        names = []
        for source in self.changed:
            subject, clock = source
            names.append(f"{RUNG}:{subject}:{clock}")
            retry = f"{RETRY}:{subject}:{clock}"
            if source in self.erred or retry in self.instants:
                names.append(retry)
        self.changed.clear()
        self.erred.clear()
        return names

    def note(self, name: str, step: Step | None) -> None:
        """What is to be done under the name of a wake-up, or nothing any more."""
        self.steps[name] = step
        if step is not None:
            self.instants[name] = step.at
        else:
            self.instants.pop(name, None)

    def reached(self, rungs: Iterable[RungKey], ladder: tuple[str, str, int]) -> Sequence[RungKey]:
        """Which of a case's decided rungs are of a ladder."""
        if self._decided is None:
            self._decided = {}
            for key in rungs:
                self._decided.setdefault(key[:3], []).append(key)
        return self._decided.get(ladder, ())
