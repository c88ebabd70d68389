"""Conditions of rules: check, compile, evaluate."""

from homebuy_plugin.engine.checking import check_conditions
from homebuy_plugin.engine.evaluation import Evaluation, evaluate
from homebuy_plugin.engine.lowering import Conditions, Leaf, compile_conditions
from homebuy_plugin.engine.readings import Memo, Values, recalled
from homebuy_plugin.types import ConditionSeen

__all__ = [
    "ConditionSeen",
    "Conditions",
    "Evaluation",
    "Leaf",
    "Memo",
    "Values",
    "check_conditions",
    "compile_conditions",
    "evaluate",
    "recalled",
]
