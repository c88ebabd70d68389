"""Of the clocks of a case, those that something may have moved since they were last looked at."""

from dataclasses import dataclass

from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.plans import Lawful, Plans
from homebuy_plugin.workflow.points import may_have_happened

_OF_TASKS = frozenset(
    {
        e.TASK_CREATED,
        e.TASK_ADOPTED,
        e.TASK_PLANNED,
        e.TASK_OPENED,
        e.TASK_CANCELLED,
        e.TASK_REOPENED,
    }
)
_OF_STAGES = frozenset({e.STAGE_OPENED, e.STAGE_COMPLETED, e.STAGE_LEFT, e.STAGE_STUCK})
_OF_CLOCKS = frozenset(
    {
        e.CLOCK_WAITING,
        e.CLOCK_STARTED,
        e.CLOCK_PAUSED,
        e.CLOCK_RESUMED,
        e.CLOCK_BLOCKED,
        e.CLOCK_UNBLOCKED,
        e.RUNG_DECIDED,
    }
)
"""A clock that was given a date stays with it until something else happens: these move no clock."""


@dataclass(slots=True)
class Watch:
    """What is known of a case while all that follows at one instant happens.

    At one instant, and by one world, a clock can only be moved by what happens to its task or
    stage, to a task whose completion it names, or, if it is restless, by anything.

    Attributes:
        happened: points that may have happened. While a case advances nothing is recorded and
            nothing is completed, so none is added.
        lawful: the tasks whose statutory clocks may be known.
        seen: how many events the clocks were looked at with; None when they were not yet.
    """

    plans: Plans
    happened: frozenset[str]
    lawful: tuple[Lawful, ...]
    seen: int | None = None

    @classmethod
    def over(cls, case: Casework) -> "Watch":
        """A watch that has seen nothing yet."""
        plans, happened = Plans.of(case.world), may_have_happened(case)
        lawful = tuple(x for x in plans.lawful if x.needs is None or not happened.isdisjoint(x.needs))
        return cls(plans, happened, lawful)

    def touched(self, case: Casework) -> set[str] | None:
        """Ids and codes of the tasks and stages to look at since the last time; None for all."""
        since, self.seen = self.seen, len(case.events)
        if since is None:
            return None
        found: set[str] = set(self.plans.restless) if since < self.seen else set()
        for event in case.events[since:]:
            if event.kind in _OF_TASKS:
                task = case.state.tasks[event.data["task"]]
                found.add(task.id)
                found |= self.plans.named_by.get(task.code, frozenset())
            elif event.kind in _OF_STAGES:
                found.add(event.data["stage"])
            elif event.kind not in _OF_CLOCKS:
                return None
        return found
