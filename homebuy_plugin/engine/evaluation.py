"""Evaluate conditions with business-rules, through a closed door.

A missing value makes a condition *unknown*, which never matches, negated or not. A value that
cannot be read makes an evaluation with an error, which is never "no match".
"""

from collections.abc import Mapping, Sequence
from typing import Any

from business_rules import engine as business_rules_engine

from homebuy_plugin.engine.catalogue import Variable
from homebuy_plugin.engine.doors import NOTHING, Door, ReadingFailed, Run, Seen, compare
from homebuy_plugin.engine.lowering import Conditions, Leaf
from homebuy_plugin.engine.readings import WITHHELD, Memo, Reading, Values, why
from homebuy_plugin.types import ConditionSeen


class Evaluation:
    """What evaluating conditions gave.

    What it saw is put into words when it is asked for: most evaluations of a tick are not.

    Attributes:
        result: whether they hold; False when there is an error.
        error: why they could not be decided, or None. An error is never "no match".
    """

    __slots__ = ("_looked", "error", "result")

    def __init__(self, *, result: bool, error: str | None = None, looked: Sequence[Seen] = ()) -> None:
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
    return run(conditions, [], NOTHING, values, memo=memo)


def run(
    conditions: Conditions,
    actions: list[dict[str, Any]],
    collector: object,
    values: Values,
    *,
    memo: Memo | None = None,
) -> Evaluation:
    """Evaluate, and let business-rules hand ``actions`` to ``collector`` when they hold."""
    done = Run(conditions.leaves, values, {} if memo is None else memo)
    rule = {"conditions": conditions.lowered, "actions": actions}
    try:
        result = business_rules_engine.run(rule, Door((done,)), collector)
    except (RecursionError, MemoryError):
        raise
    except ReadingFailed as error:
        return Evaluation(result=False, error=str(error), looked=done.seen)
    except Exception as error:  # a test of the library's, or of a pattern: the rule errs, not its caller
        return Evaluation(result=False, error=why(error), looked=done.seen)
    return Evaluation(result=bool(result), looked=done.seen)


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
    compare(seen, leaf, reading, leaf.operand)
    return _seen(*seen[0])


def _shown(variable: Variable, reading: Reading) -> Any:
    hidden = variable.personal and reading.typed is not None
    return WITHHELD if hidden else reading.plain
