"""Evaluate conditions with business-rules, through a closed door.

business-rules looks up whatever name JSON gives by ``getattr`` and calls it. It is therefore
given objects that know the compiled conditions and nothing else, and that write down what each
condition saw. A missing value makes a condition *unknown*, which never matches, negated or not.
"""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from business_rules import engine as business_rules_engine
from business_rules.operators import BooleanType

from homebuy_plugin.engine.casting import WrongType, jsonable
from homebuy_plugin.engine.catalogue import Catalogue, Variable
from homebuy_plugin.engine.kinds import KINDS
from homebuy_plugin.engine.lowering import ALWAYS, Conditions, Leaf
from homebuy_plugin.types import ConditionSeen

Values = Mapping[str, object] | Callable[[str], object]
"""Where values come from: a mapping (an absent name is missing) or a function of the name."""

WITHHELD = "(personal)"
"""What records show for a personal value."""


_UNASKED = object()


class Reading:
    """What reading one variable gave.

    Attributes:
        typed: the value as a business-rules type; None when missing or failed.
        value: the value in it, which tests compare.
        error: why it could not be read, or None.
    """

    __slots__ = ("_plain", "error", "typed", "value")

    def __init__(self, typed: Any = None, error: str | None = None) -> None:
        self.typed, self.error = typed, error
        self.value = None if typed is None else typed.value
        self._plain: Any = _UNASKED

    @property
    def plain(self) -> Any:
        """The same as plain JSON, for records; every rule of a decision asks for the same."""
        if self._plain is _UNASKED:
            self._plain = jsonable(self.value)
        return self._plain


Memo = MutableMapping[str, Reading]
"""Readings by name. Share one over a whole decision, and every rule sees the same values."""


class Evaluation:
    """What evaluating conditions gave.

    What it saw is put into words when it is asked for: most evaluations of a tick are not.

    Attributes:
        result: whether they hold; False when there is an error.
        error: why they could not be decided, or None. An error is never "no match".
    """

    __slots__ = ("_looked", "error", "result")

    def __init__(self, *, result: bool, error: str | None = None, looked: "Sequence[Seen]" = ()) -> None:
        self.result, self.error, self._looked = result, error, looked

    @property
    def seen(self) -> tuple[ConditionSeen, ...]:
        """The conditions looked at, in order, with the values seen."""
        return tuple([_seen(*each) for each in self._looked])

    @property
    def inputs(self) -> Mapping[str, object]:
        """The values read, as plain JSON; without personal ones."""
        return {
            leaf.variable.name: reading.plain
            for leaf, reading, _ in self._looked
            if not leaf.variable.personal
        }

    @property
    def withheld(self) -> frozenset[str]:
        """Names of the personal variables read."""
        return frozenset(leaf.variable.name for leaf, _, _ in self._looked if leaf.variable.personal)


class ReadingFailed(Exception):
    """A variable could not be read; ends the evaluation it happened in."""


def evaluate(conditions: Conditions, values: Values, *, memo: Memo | None = None) -> Evaluation:
    """Evaluate with :func:`business_rules.engine.run`.

    A variable is read at most once for each ``memo``. A failure of a reader is an
    ``Evaluation`` with an ``error``; only RecursionError, MemoryError and what is no
    ``Exception`` (KeyboardInterrupt) pass through.

    Args:
        conditions: compiled conditions.
        values: a mapping or a function from name to value; None is missing.
        memo: readings to share with other evaluations of the same decision.
    """
    return run(conditions, [], _NOTHING, values, memo=memo)


def run(
    conditions: Conditions,
    actions: list[dict[str, Any]],
    collector: object,
    values: Values,
    *,
    memo: Memo | None = None,
) -> Evaluation:
    """Evaluate, and let business-rules hand ``actions`` to ``collector`` when they hold."""
    done = _Run(conditions.leaves, values, {} if memo is None else memo)
    rule = {"conditions": conditions.lowered, "actions": actions}
    try:
        result = business_rules_engine.run(rule, _Door((done,)), collector)
    except (RecursionError, MemoryError):
        raise
    except ReadingFailed as error:
        return Evaluation(result=False, error=str(error), looked=done.seen)
    except Exception as error:
        return Evaluation(result=False, error=_why(error), looked=done.seen)
    return Evaluation(result=bool(result), looked=done.seen)


Seen = tuple[Leaf, Reading, str]
"""A condition, what it read, and whether it was true, false or unknown."""


class _Run:
    """One evaluation: what it reads, and what its tests saw."""

    __slots__ = ("leaves", "memo", "seen", "values")

    def __init__(self, leaves: Mapping[str, Leaf], values: Values, memo: Memo) -> None:
        self.leaves, self.values, self.memo = leaves, values, memo
        self.seen: list[Seen] = []


def _seen(leaf: Leaf, reading: Reading, result: str) -> ConditionSeen:
    return ConditionSeen(
        pointer=leaf.pointer,
        name=leaf.variable.name,
        operator=leaf.operator,
        expected=leaf.expected,
        actual=_shown(leaf.variable, reading),
        result=result,
        negated=leaf.negated,
    )


def look(leaf: Leaf, reading: Reading) -> ConditionSeen:
    """One condition by itself, with what it makes of a value that was read."""
    seen: list[Seen] = []
    _compare(seen, leaf, reading, leaf.operand)
    return _seen(*seen[0])


def _shown(variable: Variable, reading: Reading) -> Any:
    hidden = variable.personal and reading.typed is not None
    return WITHHELD if hidden else reading.plain


def read(variable: Variable, values: Values) -> Reading:
    """Read and type one variable; a failure is a reading with an error."""
    try:
        name = variable.name
        raw = values.get(name) if type(values) is dict else _raw(name, values)
        return Reading() if raw is None else Reading(KINDS[variable.type](raw))
    except (RecursionError, MemoryError):
        raise
    except WrongType as error:
        return Reading(error=f"“{variable.name}” {error}")
    except Exception as error:
        # The text of a foreign error may quote what it choked on.
        why = type(error).__name__ if variable.personal else _why(error)
        return Reading(error=f"“{variable.name}” could not be read: {why}")


def _why(error: Exception) -> str:
    """The first line of a foreign error; some carry whole statements with their parameters."""
    text = str(error).strip().partition("\n")[0][:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _raw(name: str, values: Values) -> object:
    if isinstance(values, Mapping):
        # Not .get(): a KeyError from inside a computed mapping is an error, not a missing value.
        return values[name] if name in values else None  # noqa: SIM401
    return values(name)


def recalled(inputs: Mapping[str, object], values: Values, catalogue: Catalogue) -> Values:
    """Values for a retry: those of ``Evaluation.inputs`` first, the others from ``values``."""

    def value(name: str) -> object:
        if name not in inputs:
            return _raw(name, values)
        kept, variable = inputs[name], catalogue.variables.get(name)
        if variable and variable.type == "number" and isinstance(kept, str):
            return Decimal(kept)  # too long for a number of JSON, so it was kept as text
        return kept

    return value


class _Asked(tuple[_Run, Leaf]):
    """What business-rules takes for a variable: callable, with a ``field_type``."""

    __slots__ = ()

    def __call__(self) -> "_Held":
        run_, leaf = self
        name = leaf.variable.name
        reading = run_.memo.get(name)
        if reading is None:
            reading = run_.memo[name] = read(leaf.variable, run_.values)
        if reading.error is not None:
            raise ReadingFailed(f"{reading.error} (at {leaf.pointer})")
        return run_.seen, leaf, reading


_Held = tuple[list[Seen], Leaf, Reading]


class _Operand(_Held):
    """What business-rules takes for a typed value: it has the one test of its condition."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        if name == self[1].method:
            return partial(_compare, *self)
        if name == "__class__":  # business-rules asks for it in its own error message
            return _Operand
        raise AttributeError(name)


_Asked.field_type = _Operand  # type: ignore[attr-defined]


def _compare(seen: list[Seen], leaf: Leaf, reading: Reading, expected: object) -> bool:
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


class _Door(tuple[_Run]):
    """Has the keys of its conditions as attributes and no others, not even inherited ones."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        run_ = self[0]
        leaf = run_.leaves.get(name)
        if leaf is not None:
            return _Asked((run_, leaf))
        if name == "__class__":
            return _Door
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


_NOTHING = _Nothing()


__all__ = [
    "Evaluation",
    "Memo",
    "Reading",
    "Values",
    "evaluate",
    "look",
    "read",
    "recalled",
    "run",
]
