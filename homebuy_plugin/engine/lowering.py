"""From the JSON an analyst wrote to the JSON that unmodified business-rules evaluates.

business-rules knows ``all`` and ``any`` but not ``not``. So a ``not`` is pushed down to the
conditions (De Morgan): the shape keeps the same short cuts, and "an unknown never matches"
means the same as three-valued logic. Each condition gets a key of its own (its JSON pointer),
so that the library never sees a name from the document, and constants are typed once.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

from homebuy_plugin.engine.casting import jsonable
from homebuy_plugin.engine.catalogue import Catalogue, Variable
from homebuy_plugin.engine.checking import check_conditions
from homebuy_plugin.engine.kinds import method_of
from homebuy_plugin.engine.operands import typed_operand
from homebuy_plugin.engine.operators import OPERATORS
from homebuy_plugin.exceptions import InvalidDocument

ALWAYS = "always"
"""Key of the condition that stands for absent conditions."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Leaf:
    """One condition, ready to run.

    Attributes:
        pointer: where it was written.
        operator: as it was written.
        method: the method of the type that runs.
        test: that method itself; None for ``is_known`` and ``is_missing``, which need no value.
        alone: the test compares with nothing.
        operand: ``value``, typed; None where the test compares with nothing.
        expected: ``value`` as it was written, as plain JSON.
        negated: an odd number of ``not`` stands above it.
    """

    pointer: str
    variable: Variable
    operator: str
    method: str
    test: Callable[..., object] | None
    alone: bool
    operand: Any
    expected: Any
    negated: bool

    def passes(self, typed: Any) -> bool:
        """Whether a known value, typed, passes the test; its negation not counted."""
        assert self.test is not None  # noqa: S101 - is_known and is_missing are never asked
        return bool(self.test(typed) if self.alone else self.test(typed, self.operand))


@dataclass(frozen=True, kw_only=True, eq=False)
class Conditions:
    """Checked conditions, ready to be evaluated any number of times.

    Attributes:
        raw: as they were written; None is always.
        leaves: key to condition, in the order they were written.
        lowered: what business-rules is given.
        variables: names of the variables they may read.
    """

    raw: Any
    leaves: Mapping[str, Leaf]
    lowered: Mapping[str, Any]
    variables: frozenset[str]

    @cached_property
    def about(self) -> Mapping[str, Sequence[Leaf]]:
        """The single conditions on each variable, by its name."""
        found: dict[str, list[Leaf]] = {}
        for leaf in self.leaves.values():
            found.setdefault(leaf.variable.name, []).append(leaf)
        return found


def compile_conditions(raw: object | None, catalogue: Catalogue, pointer: str = "/conditions") -> Conditions:
    """Check and lower conditions; None means always.

    Raises:
        InvalidDocument: they are not sound; carries every diagnostic.
    """
    problems = check_conditions(raw, catalogue, pointer)
    if problems:
        raise InvalidDocument(problems, source="conditions")
    leaves: dict[str, Leaf] = {}
    if raw is None:
        lowered = {"name": ALWAYS, "operator": "is_true", "value": None}
    else:
        raw = copy.deepcopy(raw)  # whoever owns the document may go on changing it
        lowered = _Lowering(catalogue, leaves).node(raw, pointer, negated=False)
    return Conditions(
        raw=raw,
        leaves=MappingProxyType(leaves),
        lowered=lowered,
        variables=frozenset(each.variable.name for each in leaves.values()),
    )


@dataclass(frozen=True)
class _Lowering:
    """Recursive, but only over what the checker found shallow."""

    catalogue: Catalogue
    leaves: dict[str, Leaf]

    def node(self, node: Any, pointer: str, *, negated: bool) -> dict[str, Any]:
        if "not" in node:
            return self.node(node["not"], f"{pointer}/not", negated=not negated)
        for group, opposite in (("all", "any"), ("any", "all")):
            if group in node:
                members = [
                    self.node(each, f"{pointer}/{group}/{at}", negated=negated)
                    for at, each in enumerate(node[group])
                ]
                return {opposite if negated else group: members}
        return self.leaf(node, pointer, negated=negated)

    def leaf(self, node: Any, pointer: str, *, negated: bool) -> dict[str, Any]:
        variable = self.catalogue.variables[node["name"]]
        operator = OPERATORS[variable.type][node["operator"]]
        test = method_of(variable.type, operator.method)
        operand = typed_operand(node.get("value"), variable, operator)
        key = f"{variable.name} at {pointer}"
        self.leaves[key] = Leaf(
            pointer=pointer,
            variable=variable,
            operator=operator.name,
            method=operator.method,
            # Without the wrapper of type_operator, which would cast the constant at each call.
            test=None if test is None else test.__wrapped__,
            alone=operator.operand == "none",
            operand=operand,
            expected=jsonable(node.get("value")),
            negated=negated,
        )
        return {"name": key, "operator": operator.method, "value": operand}
