"""What a rule makes of a case: evaluated with business-rules, and put into words for the record.

The many cases of one tick share rules and values, so a ruling is worked out once for what was read.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from homebuy_plugin.documents.model import EscalationRule
from homebuy_plugin.engine.actions import Intent, run_rule
from homebuy_plugin.engine.conditions import recalled
from homebuy_plugin.exceptions import InvalidDocument
from homebuy_plugin.workflow.casework import Casework, Reader, Subject
from homebuy_plugin.workflow.notices import Letter
from homebuy_plugin.workflow.records import seen_json, told
from homebuy_plugin.workflow.remembering import remembered
from homebuy_plugin.workflow.variables import reader
from homebuy_plugin.workflow.world import World


@dataclass(frozen=True, slots=True)
class Ruling:
    """What one rule makes of the values it read. Shared by every case that has them: only to be read.

    Attributes:
        error: why it could not be evaluated, or None; it then applies no more than it does not.
        letters, effects: what it asks for when it applies.
        conditions: those looked at, with what they saw, as plain JSON.
        told: the same in one clause.
    """

    applies: bool
    error: str | None = None
    letters: tuple[Letter, ...] = ()
    effects: tuple[Intent, ...] = ()
    conditions: tuple[Mapping[str, Any], ...] = ()
    told: str = ""


def rule_on(
    case: Casework, rule: EscalationRule, about: Subject, at: datetime, inputs: Mapping[str, object] | None
) -> Ruling:
    """What a rule makes of a case at an instant; of the ``inputs`` kept, where it erred on them before."""
    world = case.world
    try:
        judge = _judge(world, rule)
    except InvalidDocument as problem:
        return Ruling(applies=False, error=str(problem))
    values = reader(case, at, about)
    return judge(recalled(inputs, values, world.catalogue) if inputs else values)


def _judge(world: World, rule: EscalationRule) -> Callable[[Reader], Ruling]:
    """What rules by a rule of this world; made once."""
    key = ("judge", id(rule))
    kept = world.kept.get(key)
    if kept is None or kept[0] is not rule:
        kept = world.kept[key] = (rule, _new_judge(world, rule))
    judge: Callable[[Reader], Ruling] = kept[1]
    return judge


def _new_judge(world: World, rule: EscalationRule) -> Callable[[Reader], Ruling]:
    conditions, actions = world.compiled(rule.conditions), world.actions(rule)

    def ask(values: Reader) -> Ruling:
        evaluation, intents = run_rule(conditions, actions, values)
        return Ruling(
            applies=evaluation.result,
            error=evaluation.error,
            letters=tuple(_letter(i) for i in intents if i.name == "notify"),
            effects=tuple(i for i in intents if i.name != "notify"),
            conditions=tuple(seen_json(s) for s in evaluation.seen),
            told=told(evaluation.seen, world.catalogue),
        )

    return remembered(world, conditions, ask, lambda ruling: ruling.error is None)


def _letter(intent: Intent) -> Letter:
    to = intent.params["to"]
    return Letter(
        to=(to,) if isinstance(to, str) else tuple(to),
        template=intent.params["template"],
        channel=intent.params.get("channel"),
        urgent=bool(intent.params.get("urgent")),
    )
