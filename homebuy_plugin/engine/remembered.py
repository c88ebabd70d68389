"""One rule, asked about very many cases: it is evaluated once for the values that it reads.

What a rule makes of a case follows from those values alone. So the answer is remembered by them, in the
order in which they were read; a variable that the evaluation did not come to is not read here either.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, Generic, TypeVar

Answer = TypeVar("Answer")
Key = tuple[type, object]
"""A value with its type: 1, 1.0 and yes are equal to Python, and not to a rule."""

_MOST = 256
"""Answers kept of one rule."""
_EXACT = frozenset({type(None), str, int, bool, float, date, datetime, timedelta})
"""Types of which equal values are the same to every condition and in every record."""


class _Fork:
    """The next variable to read, and where each of its values leads: to another fork, or an answer."""

    __slots__ = ("name", "ways")

    def __init__(self, name: str) -> None:
        self.name = name
        self.ways: dict[Key, Any] = {}


_NEW = object()


class Remembered(Generic[Answer]):
    """The answers of one rule by what it read.

    Fit for rules whose variables are neither personal, which are kept nowhere longer than needed, nor
    read by a host, whose reader is called once for each decision.
    """

    __slots__ = ("_ask", "_held", "_lasts", "_start")

    def __init__(
        self, ask: Callable[[Callable[[str], object]], Answer], lasts: Callable[[Answer], bool]
    ) -> None:
        """``ask`` evaluates the rule; ``lasts`` says whether an answer may be given again."""
        self._ask, self._lasts = ask, lasts
        self._held, self._start = 0, _NEW

    def __call__(self, values: Callable[[str], object]) -> Answer:
        """What the rule makes of these values."""
        step: Any = self._start
        try:
            while type(step) is _Fork:
                value = values(step.name)
                step = step.ways.get((type(value), value), _NEW)
        except Exception:  # a value that cannot be read or looked up: the evaluation says what is wrong
            step = _NEW
        found: Answer = self._learnt(values) if step is _NEW else step
        return found

    def _learnt(self, values: Callable[[str], object]) -> Answer:
        path: list[tuple[str, Key]] = []

        def noted(name: str) -> object:
            value = values(name)
            path.append((name, (type(value), value)))
            return value

        answer = self._ask(noted)
        if self._lasts(answer) and all(_exact(value) for _, (_, value) in path):
            self._keep(path, answer)
        return answer

    def _keep(self, path: list[tuple[str, Key]], answer: Answer) -> None:
        if not path:
            self._start = answer
            return
        if self._start is _NEW or self._held >= _MOST:
            self._start, self._held = _Fork(path[0][0]), 0
        fork: Any = self._start
        for (_, key), (following, _) in pairwise(path):
            fork = fork.ways.setdefault(key, _Fork(following))
        fork.ways[path[-1][1]] = answer
        self._held += 1


def _exact(value: object) -> bool:
    return type(value) in _EXACT or (type(value) is tuple and all(type(each) is str for each in value))
