"""What a case waits for, kept between one thing that happens to it and the next.

To work out every rung of a case anew after each decision would cost far more than the decisions.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.events import CaseEvent
from homebuy_plugin.workflow.state import RungKey

Source = tuple[str, str]
"""Subject and clock: the rungs of one ladder after another, of which the first is a wake-up."""

RUNG, RETRY, START, RELEASE, PUBLICATION = "rung", "retry", "start", "release", "publication"
"""What the names of wake-ups begin with."""

_APART = (e.LEVEL_RAISED, e.FLAG_SET, e.CLOSURE_PROPOSED)
"""Events that move no rung: conditions may see them, but those are asked when a rung is decided."""


@lru_cache(maxsize=4096)
def read(name: str) -> tuple[str, tuple[str, ...]]:
    """The kind of a wake-up, and what it is about; no kind for one that no case makes for itself."""
    kind, _, about = name.partition(":")
    if kind in {RUNG, RETRY}:
        subject, _, clock = about.rpartition(":")
        return kind, (subject, clock)
    return kind if kind in {START, RELEASE, PUBLICATION} else "", (about,)


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
        changed: whose rungs were decided since, and whether one of them erred.
        stirred: something else happened than that a rung was decided; set back by who asks.
        ladders: of each source, as far as they were asked for.
        subjects: what each source is about, likewise.
    """

    instants: dict[str, datetime] = field(default_factory=dict)
    stale: bool = True
    steps: dict[str, Step | None] = field(default_factory=dict)
    changed: dict[Source, bool] = field(default_factory=dict)
    stirred: bool = False
    ladders: dict[Source, tuple[Any, ...]] = field(default_factory=dict)
    subjects: dict[Source, Any] = field(default_factory=dict)
    _decided: dict[tuple[str, str, int], list[RungKey]] | None = None

    @classmethod
    def saved(cls, wakeups: Mapping[str, datetime]) -> "Agenda":
        """As the wake-ups were saved with the case, when nothing has happened to it since.

        A wake-up of no kind that a case makes for itself says that something has: other rules were
        published. Everything is then worked out anew.
        """
        for name in wakeups:
            if not read(name)[0]:
                return cls()
        return cls(dict(wakeups), stale=False)

    def heard(self, event: CaseEvent) -> None:
        """Something happened: a rung decided concerns its own ladder, anything else perhaps all."""
        if event.kind == e.RUNG_DECIDED:
            self._heard_decided(event.data)
            return
        self.stirred = True
        if event.kind not in _APART:
            self.stale = True
            self.ladders, self.subjects = {}, {}

    def _heard_decided(self, data: Mapping[str, Any]) -> None:
        source = (data["subject"], data["clock"])
        self.changed[source] = data["outcome"] == "errored" or self.changed.get(source, False)
        if self._decided is not None:
            ladder = (*source, data["run"])
            known = self._decided.setdefault(ladder, [])
            key = (*ladder, data["rule"], data["anchor"], data["occurrence"])
            if key not in known:
                known.append(key)

    def forget(self) -> None:
        """Nothing is known of what the case waits for; all of it is to be noted."""
        self.instants, self.steps, self.changed = {}, {}, {}
        self.stale = False

    def concerned(self) -> list[str]:
        """The wake-ups to work out anew since rungs were decided."""
        names = []
        for (subject, clock), erred in self.changed.items():
            names.append(f"{RUNG}:{subject}:{clock}")
            retry = f"{RETRY}:{subject}:{clock}"
            if erred or retry in self.instants:
                names.append(retry)
        self.changed = {}
        return names

    def reached(self, rungs: Iterable[RungKey], ladder: tuple[str, str, int]) -> Sequence[RungKey]:
        """Which of a case's decided rungs are of a ladder."""
        if self._decided is None:
            self._decided = {}
            for key in rungs:
                self._decided.setdefault(key[:3], []).append(key)
        return self._decided.get(ladder, ())
