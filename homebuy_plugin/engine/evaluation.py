"""Evaluate conditions with business-rules, through a closed door.

business-rules looks up whatever name JSON gives by ``getattr`` and calls it. It is therefore
given objects that know the compiled conditions and nothing else, and that write down what each
condition saw. A missing value makes a condition *unknown*, which never matches, negated or not.
"""

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
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


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What reading one variable gave.

    Attributes:
        typed: the value as a business-rules type; None when missing or failed.
        plain: the same as plain JSON, for records.
        error: why it could not be read, or None.
    """

    typed: Any = None
    plain: Any = None
    error: str | None = None


Memo = MutableMapping[str, Reading]
"""Readings by name. Share one over a whole decision, and every rule sees the same values."""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What evaluating conditions gave.

    Attributes:
        result: whether they hold; False when there is an error.
        seen: the conditions looked at, in order, with the values seen.
        error: why they could not be decided, or None. An error is never "no match".
        inputs: the values read, as plain JSON; without personal ones.
        withheld: names of the personal variables read.
    """

    result: bool
    seen: tuple[ConditionSeen, ...] = ()
    error: str | None = None
    inputs: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    withheld: frozenset[str] = frozenset()


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
    door = _Run(conditions, values, {} if memo is None else memo)
    rule = {"conditions": conditions.lowered, "actions": actions}
    try:
        result = business_rules_engine.run(rule, _Door(door.answer), collector)
    except (RecursionError, MemoryError):
        raise
    except ReadingFailed as error:
        return door.evaluation(False, str(error))
    except Exception as error:
        return door.evaluation(False, _why(error))
    return door.evaluation(bool(result), None)


class _Run:
    """One evaluation: reads, tests and writes down."""

    def __init__(self, conditions: Conditions, values: Values, memo: Memo) -> None:
        self.conditions, self.values, self.memo = conditions, values, memo
        self.seen: list[tuple[Leaf, Reading, str]] = []
        self.read: dict[str, Variable] = {}

    def answer(self, key: str) -> "_Asked":
        """What business-rules gets for the name in a lowered condition."""
        if key == ALWAYS and not self.conditions.leaves:
            return _Asked(lambda: True, BooleanType)
        leaf = self.conditions.leaves.get(key)
        if leaf is None:
            raise AttributeError(key)
        return _Asked(lambda: self.reading(leaf), lambda reading: _Operand(self, leaf, reading))

    def reading(self, leaf: Leaf) -> Reading:
        """The value of the condition's variable, read at most once."""
        variable = leaf.variable
        reading = self.memo.get(variable.name)
        if reading is None:
            reading = self.memo[variable.name] = read(variable, self.values)
        if reading.error is not None:
            raise ReadingFailed(f"{reading.error} (at {leaf.pointer})")
        self.read[variable.name] = variable
        return reading

    def evaluation(self, result: bool, error: str | None) -> Evaluation:
        """What this run found."""
        return Evaluation(
            result=result,
            seen=tuple(_seen(*each) for each in self.seen),
            error=error,
            inputs={
                name: self.memo[name].plain for name, variable in self.read.items() if not variable.personal
            },
            withheld=frozenset(name for name, each in self.read.items() if each.personal),
        )


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


def _shown(variable: Variable, reading: Reading) -> Any:
    hidden = variable.personal and reading.typed is not None
    return WITHHELD if hidden else reading.plain


def read(variable: Variable, values: Values) -> Reading:
    """Read and type one variable; a failure is a reading with an error."""
    try:
        raw = _raw(variable.name, values)
        if raw is None:
            return Reading()
        typed = KINDS[variable.type](raw)
        return Reading(typed=typed, plain=jsonable(typed.value))
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


class _Asked:
    """What business-rules takes for a variable: callable, with a ``field_type``."""

    __slots__ = ("_read", "field_type")

    def __init__(self, read_: Callable[[], object], field_type: Callable[[Any], object]) -> None:
        self._read, self.field_type = read_, field_type

    def __call__(self) -> object:
        return self._read()


class _Door:
    """Has the attributes it is asked to have and no others, not even inherited ones."""

    __slots__ = ("_answer",)

    def __init__(self, answer: Callable[[str], object]) -> None:
        object.__setattr__(self, "_answer", answer)

    def __getattribute__(self, name: str) -> Any:
        if name == "__class__":  # business-rules asks for it in its own error message
            return _Door
        return object.__getattribute__(self, "_answer")(name)


class _Nothing:
    """An actions object without actions."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        if name == "__class__":
            return _Nothing
        raise AttributeError(name)


_NOTHING = _Nothing()


class _Operand:
    """What business-rules takes for a typed value: it has the one test of its condition."""

    __slots__ = ("_leaf", "_owner", "_reading")

    def __init__(self, owner: _Run, leaf: Leaf, reading: Reading) -> None:
        self._owner, self._leaf, self._reading = owner, leaf, reading

    def __getattribute__(self, name: str) -> Any:
        own = object.__getattribute__
        leaf = own(self, "_leaf")
        if name != leaf.method:
            if name == "__class__":
                return _Operand
            raise AttributeError(name)
        return _Test(own(self, "_owner"), leaf, own(self, "_reading"))


class _Test:
    """One test of one value; notes what it saw and applies the negation."""

    __slots__ = ("_leaf", "_owner", "_reading", "input_type")

    def __init__(self, owner: _Run, leaf: Leaf, reading: Reading) -> None:
        self._owner, self._leaf, self._reading = owner, leaf, reading
        self.input_type = leaf.input_type

    def __call__(self, *expected: object) -> bool:
        leaf, typed = self._leaf, self._reading.typed
        if leaf.test is None:
            raw = (typed is None) == (leaf.method == "is_missing")
        elif typed is None:
            self._owner.seen.append((leaf, self._reading, "unknown"))
            return False
        else:
            raw = bool(leaf.test(typed, *expected))
        self._owner.seen.append((leaf, self._reading, "true" if raw else "false"))
        return raw != leaf.negated


__all__ = [
    "Evaluation",
    "Memo",
    "Reading",
    "Values",
    "evaluate",
    "read",
    "recalled",
    "run",
]
