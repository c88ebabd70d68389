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
        if self._run is None:
            return {}
        personal = self.withheld
        return {name: each.plain for name, each in self._run.read.items() if name not in personal}

    @property
    def withheld(self) -> frozenset[str]:
        """Names of the personal variables read."""
        if self._run is None:
            return frozenset()
        leaves = self._run.conditions.leaves.values()
        return frozenset(
            {leaf.variable.name for leaf in leaves if leaf.variable.personal} & self._run.read.keys()
        )


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
        result = business_rules_engine.run(rule, _Door(done), collector)
    except (RecursionError, MemoryError):
        raise
    except ReadingFailed as error:
        return Evaluation(result=False, error=str(error), run=done)
    except Exception as error:
        return Evaluation(result=False, error=_why(error), run=done)
    return Evaluation(result=bool(result), run=done)


Seen = tuple[Leaf, Reading, str]
"""A condition, what it read, and whether it was true, false or unknown."""


class _Run:
    """One evaluation: what it reads, and what its tests saw."""

    __slots__ = ("conditions", "memo", "read", "seen", "values")

    def __init__(self, conditions: Conditions, values: Values, memo: Memo) -> None:
        self.conditions, self.values, self.memo = conditions, values, memo
        self.seen: list[Seen] = []
        self.read: dict[str, Reading] = {}


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


class _Asked:
    """What business-rules takes for a variable: callable, with a ``field_type``."""

    __slots__ = ("_leaf", "_run")

    def __init__(self, run_: _Run, leaf: Leaf) -> None:
        self._run, self._leaf = run_, leaf

    def __call__(self) -> Reading:
        run_, leaf = self._run, self._leaf
        name = leaf.variable.name
        reading = run_.memo.get(name)
        if reading is None:
            reading = run_.memo[name] = read(leaf.variable, run_.values)
        if reading.error is not None:
            raise ReadingFailed(f"{reading.error} (at {leaf.pointer})")
        run_.read[name] = reading
        return reading

    def field_type(self, reading: Reading) -> "_Operand":
        """The value with its one test."""
        return _Operand(self._run.seen, self._leaf, reading)


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
    """Has the keys of its conditions as attributes and no others, not even inherited ones."""

    __slots__ = ("_run",)

    def __init__(self, run_: _Run) -> None:
        object.__setattr__(self, "_run", run_)

    def __getattribute__(self, name: str) -> Any:
        run_ = _attribute(self, "_run")
        leaf = run_.conditions.leaves.get(name)
        if leaf is not None:
            return _Asked(run_, leaf)
        if name == "__class__":  # business-rules asks for it in its own error message
            return _Door
        if name == ALWAYS and not run_.conditions.leaves:
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


class _Operand:
    """What business-rules takes for a typed value, and for the one test that it has.

    Notes what the test saw and applies the negation.
    """

    __slots__ = ("_held",)

    def __init__(self, seen: list[Seen], leaf: Leaf, reading: Reading) -> None:
        self._held = (seen, leaf, reading)

    def __getattribute__(self, name: str) -> Any:
        leaf = _attribute(self, "_held")[1]
        if name == leaf.method:
            return self
        if name == "input_type":  # whether the test takes a value
            return leaf.input_type
        if name == "__class__":
            return _Operand
        raise AttributeError(name)

    def __call__(self, *expected: object) -> bool:
        seen, leaf, reading = _attribute(self, "_held")
        typed = reading.typed
        if leaf.test is None:
            raw = (typed is None) == (leaf.method == "is_missing")
        elif typed is None:
            seen.append((leaf, reading, "unknown"))
            return False
        else:
            raw = bool(leaf.test(typed, *expected))
        seen.append((leaf, reading, "true" if raw else "false"))
        return bool(raw != leaf.negated)


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
