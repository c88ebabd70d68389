"""Evaluate conditions with business-rules, through a closed door.

business-rules looks up whatever name JSON gives by ``getattr`` and calls it. It is therefore
given objects that know the compiled conditions and nothing else, and that write down what each
condition saw. A missing value makes a condition *unknown*, which never matches, negated or not.
"""

from collections.abc import Callable, Mapping, MutableMapping
from decimal import Decimal
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


class Reading:
    """What reading one variable gave.

    Attributes:
        typed: the value as a business-rules type; None when missing or failed.
        error: why it could not be read, or None.
    """

    __slots__ = ("error", "typed")

    def __init__(self, typed: Any = None, error: str | None = None) -> None:
        self.typed, self.error = typed, error

    @property
    def value(self) -> Any:
        """The typed value that tests compare; None when missing or failed."""
        return None if self.typed is None else self.typed.value

    @property
    def plain(self) -> Any:
        """The same as plain JSON, for records."""
        return jsonable(self.value)


Memo = MutableMapping[str, Reading]
"""Readings by name. Share one over a whole decision, and every rule sees the same values."""


class Evaluation:
    """What evaluating conditions gave.

    What it saw is put into words when it is asked for: most evaluations of a tick are not.

    Attributes:
        result: whether they hold; False when there is an error.
        error: why they could not be decided, or None. An error is never "no match".
    """

    __slots__ = ("_run", "error", "result")

    def __init__(self, *, result: bool, error: str | None = None, run: "_Run | None" = None) -> None:
        self.result, self.error, self._run = result, error, run

    @property
    def seen(self) -> tuple[ConditionSeen, ...]:
        """The conditions looked at, in order, with the values seen."""
        return () if self._run is None else tuple(_seen(*each) for each in self._run.seen)

    @property
    def inputs(self) -> Mapping[str, object]:
        """The values read, as plain JSON; without personal ones."""
        read_ = {} if self._run is None else self._run.read
        return {name: reading.plain for name, (v, reading) in read_.items() if not v.personal}

    @property
    def withheld(self) -> frozenset[str]:
        """Names of the personal variables read."""
        read_ = {} if self._run is None else self._run.read
        return frozenset(name for name, (variable, _) in read_.items() if variable.personal)


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
    done = _Run(conditions, values, {} if memo is None else memo)
    rule = {"conditions": conditions.lowered, "actions": actions}
    try:
        result = business_rules_engine.run(rule, _Door(done.answer), collector)
    except (RecursionError, MemoryError):
        raise
    except ReadingFailed as error:
        return Evaluation(result=False, error=str(error), run=done)
    except Exception as error:
        return Evaluation(result=False, error=_why(error), run=done)
    return Evaluation(result=bool(result), run=done)


class _Run:
    """One evaluation: reads, tests and writes down."""

    __slots__ = ("conditions", "memo", "read", "seen", "values")

    def __init__(self, conditions: Conditions, values: Values, memo: Memo) -> None:
        self.conditions, self.values, self.memo = conditions, values, memo
        self.seen: list[tuple[Leaf, Reading, str]] = []
        self.read: dict[str, tuple[Variable, Reading]] = {}

    def answer(self, key: str) -> "_Asked":
        """What business-rules gets for the name in a lowered condition."""
        leaf = self.conditions.leaves.get(key)
        if leaf is None:
            if key == ALWAYS and not self.conditions.leaves:
                return _ALWAYS
            raise AttributeError(key)
        return _Asked(self, leaf)

    def reading(self, leaf: Leaf) -> Reading:
        """The value of the condition's variable, read at most once."""
        variable = leaf.variable
        reading = self.memo.get(variable.name)
        if reading is None:
            reading = self.memo[variable.name] = read(variable, self.values)
        if reading.error is not None:
            raise ReadingFailed(f"{reading.error} (at {leaf.pointer})")
        self.read[variable.name] = (variable, reading)
        return reading


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
        return Reading(KINDS[variable.type](raw))
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
    if type(values) is dict or isinstance(values, Mapping):
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

    __slots__ = ("_leaf", "_run")

    def __init__(self, run_: _Run, leaf: Leaf) -> None:
        self._run, self._leaf = run_, leaf

    def __call__(self) -> Reading:
        return self._run.reading(self._leaf)

    def field_type(self, reading: Reading) -> "_Operand":
        """The value with its one test."""
        return _Operand(_Test(self._run, self._leaf, reading))


class _Always(_Asked):
    """The variable of conditions that are absent."""

    __slots__ = ()

    def __init__(self) -> None:
        """Nothing is read."""

    def __call__(self) -> Any:
        return True

    def field_type(self, reading: Any) -> Any:
        """Yes."""
        return BooleanType(reading)


_ALWAYS = _Always()


_attribute = object.__getattribute__


class _Door:
    """Has the attributes it is asked to have and no others, not even inherited ones."""

    __slots__ = ("_answer",)

    def __init__(self, answer: Callable[[str], object]) -> None:
        object.__setattr__(self, "_answer", answer)

    def __getattribute__(self, name: str) -> Any:
        if name == "__class__":  # business-rules asks for it in its own error message
            return _Door
        return _attribute(self, "_answer")(name)


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

    __slots__ = ("_test",)

    def __init__(self, test: "_Test") -> None:
        self._test = test

    def __getattribute__(self, name: str) -> Any:
        test = _attribute(self, "_test")
        if name == test.method:
            return test
        if name == "__class__":
            return _Operand
        raise AttributeError(name)


class _Test:
    """One test of one value; notes what it saw and applies the negation."""

    __slots__ = ("_leaf", "_owner", "_reading", "input_type", "method")

    def __init__(self, owner: _Run, leaf: Leaf, reading: Reading) -> None:
        self._owner, self._leaf, self._reading = owner, leaf, reading
        self.input_type, self.method = leaf.input_type, leaf.method

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
