"""Where in a case a rung stands, and which rules concern that place."""

from typing import NamedTuple

from homebuy_plugin.documents.model import EscalationRule
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.state import ClockState, TaskState
from homebuy_plugin.workflow.world import Armed, World


class Place(NamedTuple):
    """What rules narrow to.

    Attributes:
        subject: ``task``, ``stage`` or ``case``.
        kind, clock: kind and code of its clock, where it has one.
    """

    subject: str
    scheme: str
    company: str | None
    task: str | None = None
    stage: str | None = None
    kind: str | None = None
    clock: str | None = None


def case_place(case: Casework) -> Place:
    """The place of the rungs about the case itself."""
    return Place("case", case.state.scheme, case.state.company)


def clock_place(case: Casework, clock: ClockState) -> Place:
    """The place of a clock's rungs."""
    state = case.state
    carrier, _, owner = clock.subject.partition(":")
    if carrier == "stage":
        code = state.stages[owner].code
        return Place("stage", state.scheme, state.company, None, code, clock.kind, clock.code)
    task = state.tasks[owner]
    stage = _stage_code(case, task)
    return Place("task", state.scheme, state.company, task.code, stage, clock.kind, clock.code)


def task_place(case: Casework, task: TaskState) -> Place:
    """The place of the rungs about a task itself."""
    return Place("task", case.state.scheme, case.state.company, task.code, _stage_code(case, task))


def _stage_code(case: Casework, task: TaskState) -> str | None:
    stage = case.state.stages.get(task.stage or "")
    if stage is not None:
        return stage.code
    home = case.world.pack.stage_of(task.code)
    return home.code if home else None


def rules_at(world: World, trigger: str, place: Place) -> tuple[Armed, ...]:
    """The rules of a trigger that concern a place; worked out once for each world."""
    return world.remembered(_rules_at, trigger, place)


def _rules_at(world: World, trigger: str, place: Place) -> tuple[Armed, ...]:
    of_trigger = [armed for armed in world.armed if armed.rule.trigger == trigger]
    return tuple(a for a in of_trigger if _for_case(a.rule, place) and _concerns(a.rule, place))


def _for_case(rule: EscalationRule, place: Place) -> bool:
    if rule.schemes and place.scheme not in rule.schemes:
        return False
    return not rule.companies or place.company in rule.companies


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
