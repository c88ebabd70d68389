"""Where in a case a rung stands, and which rules concern that place."""

from dataclasses import dataclass

from homebuy_plugin.documents.model import EscalationRule
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.state import ClockState, TaskState
from homebuy_plugin.workflow.world import Armed


@dataclass(frozen=True, slots=True)
class Place:
    """What rules narrow to.

    Attributes:
        subject: ``task``, ``stage`` or ``case``.
        kind, clock: kind and code of its clock, where it has one.
    """

    subject: str
    task: str | None = None
    stage: str | None = None
    kind: str | None = None
    clock: str | None = None


THE_CASE = Place("case")


def clock_place(case: Casework, clock: ClockState) -> Place:
    """The place of a clock's rungs."""
    if not clock.of_task:
        return Place("stage", None, case.state.stages[clock.owner_id].code, clock.kind, clock.code)
    task = case.state.tasks[clock.owner_id]
    return Place("task", task.code, _stage_code(case, task), clock.kind, clock.code)


def task_place(case: Casework, task: TaskState) -> Place:
    """The place of the rungs about a task itself."""
    return Place("task", task.code, _stage_code(case, task))


def _stage_code(case: Casework, task: TaskState) -> str | None:
    stage = case.state.stages.get(task.stage or "")
    if stage is not None:
        return stage.code
    home = case.world.pack.stage_of(task.code)
    return home.code if home else None


def rules_at(case: Casework, trigger: str, place: Place) -> tuple[Armed, ...]:
    """The rules of a trigger that concern a place; worked out once for each world."""
    key = (trigger, case.state.scheme, case.state.company, place)
    found: tuple[Armed, ...] | None = case.world.kept.get(key)
    if found is None:
        found = tuple(
            a
            for a in case.world.armed
            if a.rule.trigger == trigger and _for_case(case, a.rule) and _concerns(a.rule, place)
        )
        case.world.kept[key] = found
    return found


def _for_case(case: Casework, rule: EscalationRule) -> bool:
    if rule.schemes and case.state.scheme not in rule.schemes:
        return False
    return not rule.companies or case.state.company in rule.companies


def _concerns(rule: EscalationRule, place: Place) -> bool:
    """Whether a rule narrows to a place; a follow-on only narrows what the rule it follows took in."""
    narrow = rule.applies_to
    if place.subject == "case":
        return True
    if place.kind is not None:
        if rule.trigger != "follow_on" and narrow.subject != place.subject:
            return False
        if narrow.clock not in (None, place.kind, place.clock):
            return False
    if place.subject == "task" and narrow.tasks and place.task not in narrow.tasks:
        return False
    return not narrow.stages or place.stage in narrow.stages
