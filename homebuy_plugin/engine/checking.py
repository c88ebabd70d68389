"""Is this JSON a set of conditions? All problems at once, each with its place and its cure.

The walk is a loop, not a recursion, and stops at bounds, so that no document can exhaust the
stack or the memory.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice

from homebuy_plugin.engine import limits
from homebuy_plugin.engine.catalogue import Catalogue
from homebuy_plugin.engine.diagnostics import Diagnostic, below, nearest, quoted, shown
from homebuy_plugin.engine.operands import check_leaf

GROUPS = ("all", "any", "not")

_TOO_MANY = f"There are more than {limits.CONDITIONS} conditions."
_SPLIT = "Split the rule in several."
_FORMS = 'Write {"all": [ … ]}, {"any": [ … ]}, {"not": { … }} or {"name": …, "operator": …, "value": …}.'
_NOT_A_LIST = (
    '“not” takes one condition. For several write {"not": {"any": [ … ]}} or {"not": {"all": [ … ]}}.'
)


@dataclass
class _Walk:
    """What is still to be looked at (last first), and what was found."""

    catalogue: Catalogue
    todo: list[tuple[object, str, int]]
    found: list[Diagnostic] = field(default_factory=list)
    nodes: int = 0
    leaves: int = 0

    def report(self, code: str, pointer: str, message: str, help_: str = "") -> None:
        self.found.append(Diagnostic(code=code, pointer=pointer, message=message, help=help_))


def check_conditions(raw: object, catalogue: Catalogue, pointer: str = "/conditions") -> list[Diagnostic]:
    """Every problem of ``conditions``, in order of place.

    Args:
        raw: what stands under the key; None (absent) means always and is fine.
        catalogue: the names rules may use.
        pointer: where ``raw`` stands.
    """
    walk = _Walk(catalogue, [] if raw is None else [(raw, pointer, 0)])
    while walk.todo:
        node, place, depth = walk.todo.pop()
        walk.nodes += 1
        _check_node(walk, node, place, depth)
        if walk.nodes > limits.NODES or walk.leaves > limits.CONDITIONS:
            walk.report("HB106", pointer, _TOO_MANY, _SPLIT)
            break
    return walk.found


def _check_node(walk: _Walk, node: object, pointer: str, depth: int) -> None:
    if not isinstance(node, Mapping):
        walk.report(
            "HB100",
            pointer,
            f"A condition is an object, not {shown(node)}.",
            _NOT_A_LIST if isinstance(node, list) and pointer.endswith("/not") else _FORMS,
        )
        return
    groups = [key for key in GROUPS if key in node]
    if not groups:
        _check_leaf(walk, node, pointer)
        return
    if len(node) > 1:
        _report_mixture(walk, node, groups, pointer)
    if depth >= limits.DEPTH:
        walk.report(
            "HB105",
            pointer,
            f"Conditions stand inside each other more than {limits.DEPTH} deep.",
            _SPLIT,
        )
        return
    for group in reversed(groups):  # what was put on the list last is looked at first
        _open_group(walk, group, node[group], below(pointer, group), depth)


def _check_leaf(walk: _Walk, node: Mapping[object, object], pointer: str) -> None:
    walk.leaves += 1
    walk.found.extend(check_leaf(node, walk.catalogue, pointer))


def _report_mixture(walk: _Walk, node: Mapping[object, object], groups: list[str], pointer: str) -> None:
    if len(groups) > 1:
        first, second = (quoted(each) for each in groups[:2])
        walk.report(
            "HB102",
            pointer,
            f"{first} and {second} cannot stand side by side.",
            'Put one inside the other: {"all": [ …, {"any": [ … ]} ]}.',
        )
        return
    for key in islice(node, 10):  # enough to see that this is something else
        if key != groups[0]:
            walk.report(
                "HB103",
                below(pointer, str(key)),
                f"Beside {quoted(groups[0])} nothing else can stand, and here is {quoted(str(key))}.",
                nearest(str(key), GROUPS),
            )


def _open_group(walk: _Walk, group: str, inner: object, pointer: str, depth: int) -> None:
    if group == "not":
        walk.todo.append((inner, pointer, depth + 1))
    elif not isinstance(inner, list | tuple):
        walk.report(
            "HB100",
            pointer,
            f"{quoted(group)} needs a list, not {shown(inner)}.",
            f'Put it in square brackets: {{"{group}": [ … ]}}.',
        )
    elif not inner:
        walk.report(
            "HB101",
            pointer,
            f"{quoted(group)} is empty, so it would not say anything.",
            'For a rule that always applies, leave "conditions" out.',
        )
    elif len(inner) > limits.NODES:
        walk.report("HB106", pointer, _TOO_MANY, _SPLIT)
    else:
        members = [(each, below(pointer, at), depth + 1) for at, each in enumerate(inner)]
        walk.todo.extend(reversed(members))
