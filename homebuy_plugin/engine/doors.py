"""What business-rules is given instead of variables: objects that know one rule's conditions.

The library looks up whatever name JSON gives by ``getattr`` and calls it. These have the keys of
compiled conditions, and of each value its one test; nothing else, not even what every Python
object inherits. They write down what each test saw, and apply the negation.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from business_rules.operators import BooleanType

from homebuy_plugin.engine.lowering import ALWAYS, Leaf
from homebuy_plugin.engine.readings import Memo, Reading, Values, read

Seen = tuple[Leaf, Reading, str]
"""A condition, what it read, and whether it was true, false or unknown."""


class Run:
    """One evaluation: what it reads, and what its tests saw."""

    __slots__ = ("leaves", "memo", "seen", "values")

    def __init__(self, leaves: Mapping[str, Leaf], values: Values, memo: Memo) -> None:
        self.leaves, self.values, self.memo = leaves, values, memo
        self.seen: list[Seen] = []


class ReadingFailed(Exception):
    """A variable could not be read; ends the evaluation it happened in."""


_Held = tuple[list[Seen], Leaf, Reading]


class _Operand(_Held):
    """What business-rules takes for a typed value: it has the one test of its condition."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        if name == self[1].method:
            return partial(compare, *self)
        if name == "__class__":  # business-rules asks for it in its own error message
            return _Operand
        raise AttributeError(name)


class _Asked(tuple[Run, Leaf]):
    """What business-rules takes for a variable: callable, with a ``field_type``."""

    __slots__ = ()

    field_type = _Operand

    def __call__(self) -> _Held:
        run_, leaf = self
        name = leaf.variable.name
        reading = run_.memo.get(name)
        if reading is None:
            reading = run_.memo[name] = read(leaf.variable, run_.values)
        if reading.error is not None:
            raise ReadingFailed(f"{reading.error} (at {leaf.pointer})")
        return run_.seen, leaf, reading


def compare(seen: list[Seen], leaf: Leaf, reading: Reading, expected: object) -> bool:
    """Run a test, note what it saw, and apply the negation."""
    typed, test = reading.typed, leaf.test
    if test is None:
        raw = (typed is None) == (leaf.method == "is_missing")
    elif typed is None:
        seen.append((leaf, reading, "unknown"))
        return False
    else:
        raw = bool(test(typed) if leaf.alone else test(typed, expected))
    seen.append((leaf, reading, "true" if raw else "false"))
    return raw is not leaf.negated


class _Always:
    """The variable of conditions that are absent."""

    __slots__ = ()

    field_type = BooleanType

    def __call__(self) -> bool:
        return True


_ALWAYS = _Always()


class Door(tuple[Run]):
    """Has the keys of its conditions as attributes and no others, not even inherited ones."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        run_ = self[0]
        leaf = run_.leaves.get(name)
        if leaf is not None:
            return _Asked((run_, leaf))
        if name == "__class__":
            return Door
        if name == ALWAYS and not run_.leaves:
            return _ALWAYS
        raise AttributeError(name)


class _Nothing:
    """An actions object without actions."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        if name == "__class__":
            return _Nothing
        raise AttributeError(name)


NOTHING = _Nothing()
