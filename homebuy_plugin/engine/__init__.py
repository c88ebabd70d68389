"""Rules: business-rules 1.1.1 behind a catalogue, closed on all sides.

The only package that may import ``business_rules``. Pure: no clock, no database, no files.
"""
# ruff: noqa: E402 - check_engine() has its say before anything is imported from a fork

from homebuy_plugin.engine.selfcheck import check_engine

check_engine()

from homebuy_plugin.engine.actions import (
    BUILT_IN_ACTIONS,
    Actions,
    Intent,
    check_actions,
    compile_actions,
    run_rule,
)
from homebuy_plugin.engine.catalogue import (
    ActionSpec,
    Catalogue,
    ParamSpec,
    Variable,
)
from homebuy_plugin.engine.conditions import (
    Conditions,
    ConditionSeen,
    Evaluation,
    Memo,
    Values,
    check_conditions,
    compile_conditions,
    evaluate,
    recalled,
)
from homebuy_plugin.engine.diagnostics import Diagnostic
from homebuy_plugin.engine.operators import OPERATORS, TYPES, Operator
from homebuy_plugin.engine.phrases import describe, describe_asked, describe_seen, phrase
from homebuy_plugin.engine.variables import BUILT_IN


def built_in_catalogue() -> Catalogue:
    """The catalogue of a landlord that has added nothing."""
    return Catalogue.of(BUILT_IN, BUILT_IN_ACTIONS)


__all__ = [
    "BUILT_IN",
    "BUILT_IN_ACTIONS",
    "OPERATORS",
    "TYPES",
    "ActionSpec",
    "Actions",
    "Catalogue",
    "ConditionSeen",
    "Conditions",
    "Diagnostic",
    "Evaluation",
    "Intent",
    "Memo",
    "Operator",
    "ParamSpec",
    "Values",
    "Variable",
    "built_in_catalogue",
    "check_actions",
    "check_conditions",
    "compile_actions",
    "compile_conditions",
    "describe",
    "describe_asked",
    "describe_seen",
    "evaluate",
    "phrase",
    "recalled",
    "run_rule",
]
