"""What a pack says of its clocks, made ready once for all cases of a world."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from homebuy_plugin.documents.model import ClockDef, StageDef, TaskDef
from homebuy_plugin.exceptions import InvalidDocument
from homebuy_plugin.workflow.dating import Dates
from homebuy_plugin.workflow.points import OF_SUBJECT
from homebuy_plugin.workflow.variables import moved_by_work
from homebuy_plugin.workflow.world import World

_MOST = 256
"""Entries kept of one clock; then it begins anew."""
_TAKEN_BACK = ("case.served_on", "fact", "task.planned_start")
"""Heads of points that can be taken back without anything having happened."""
_OF_TASK = "task.completed:"


@dataclass(slots=True)
class ClockPlan:
    """The definition of a clock, and what follows from it alone.

    Attributes:
        points: all that its starts, restarts, ends and blocks name.
        taken_back: it starts from dates on record alone, which may not be there any more later.
        restless: what it looks at may change with any other task, stage or clock of its case.
        dates: by its start and period, the dates of its runs.
    """

    definition: ClockDef
    points: frozenset[str]
    taken_back: bool
    restless: bool
    dates: dict[tuple[date, datetime, int, str, str, date | None], Dates] = field(default_factory=dict)
    _so_far: dict[frozenset[str], "ClockPlan"] = field(default_factory=dict)

    def so_far(self, happened: frozenset[str]) -> "ClockPlan":
        """The same without the points that have not happened: those say nothing."""
        known = self.points & happened
        found = self._so_far.get(known)
        if found is None:
            found = replace(self, definition=_without(self.definition, known), points=known)
            keep(self._so_far, known, found)
        return found

    @property
    def completions(self) -> Iterator[str]:
        """Codes of the tasks whose completion it names."""
        return (p.removeprefix(_OF_TASK) for p in self.points if p.startswith(_OF_TASK))


@dataclass(frozen=True, slots=True)
class Lawful:
    """A task with statutory clocks.

    Attributes:
        home: the first stage that holds it.
        needs: points of which one must have happened before any of its clocks can be known; None
            where a clock may wait for the day the claim was served.
    """

    task: TaskDef
    home: StageDef
    clocks: tuple[ClockPlan, ...]
    needs: frozenset[str] | None


@dataclass(slots=True)
class Plans:
    """The clocks of a pack by what carries them.

    Attributes:
        stages: by code of the stage; tasks: by code of the stage and of the task, and by that of
            the task alone.
        lawful: the tasks with statutory clocks, in the order of the pack.
        restless: codes of tasks and stages with a restless clock.
        named_by: code of a task to those of the tasks and stages with a clock that names its completion.
    """

    stages: dict[str, tuple[ClockPlan, ...]]
    tasks: dict[tuple[str | None, str], tuple[ClockPlan, ...]]
    lawful: tuple[Lawful, ...]
    restless: frozenset[str]
    named_by: dict[str, set[str]]

    @classmethod
    def of(cls, world: World) -> "Plans":
        """The plans of a world, made when they are first asked for."""
        found: Plans | None = world.kept.get("plans")
        if found is None:
            found = world.kept["plans"] = _made(world)
        return found

    def of_task(self, stage: str | None, code: str) -> tuple[ClockPlan, ...]:
        """The clocks of a task in a stage; where that stage has none of the code, of the pack's first."""
        found = self.tasks.get((stage, code))
        return self.tasks.get((None, code), ()) if found is None else found


def keep(memory: dict[Any, Any], key: object, value: object) -> None:
    """Remember a value, and forget the others when there are very many."""
    if len(memory) >= _MOST:
        memory.clear()
    memory[key] = value


def _made(world: World) -> Plans:
    plans = Plans(stages={}, tasks={}, lawful=(), restless=frozenset(), named_by={})
    lawful: list[Lawful] = []
    for stage in world.pack.stages:
        plans.stages.setdefault(stage.code, _clocks(world, stage))
        for task in stage.tasks:
            clocks = plans.tasks.setdefault((stage.code, task.code), _clocks(world, task))
            plans.tasks.setdefault((None, task.code), clocks)
            if any(c.kind == "statutory" for c in task.clocks):
                home = world.pack.stage_of(task.code) or stage
                lawful.append(Lawful(task, home, clocks, _needs(task.clocks)))
    plans.lawful = tuple(lawful)
    _link(plans)
    return plans


def _link(plans: Plans) -> None:
    """Note which tasks and stages are to be looked at for the sake of others."""
    carriers = [*plans.stages.items(), *((code, clocks) for (_, code), clocks in plans.tasks.items())]
    plans.restless = frozenset(code for code, clocks in carriers if any(c.restless for c in clocks))
    for code, clocks in carriers:
        for named in (n for c in clocks for n in c.completions):
            plans.named_by.setdefault(named, set()).add(code)


def _clocks(world: World, carrier: TaskDef | StageDef) -> tuple[ClockPlan, ...]:
    return tuple(_plan(world, clock) for clock in carrier.clocks)


def _plan(world: World, clock: ClockDef) -> ClockPlan:
    named = [*clock.starts, *clock.ends, *(r.on for r in clock.restarts)]
    named += [p for b in clock.blocks for p in (b.start, *b.until)]
    raws = (clock.when, *(r.when for r in clock.restarts), *(b.when for b in clock.period))
    return ClockPlan(
        definition=clock,
        points=frozenset(named),
        taken_back=all(p.partition(":")[0] in _TAKEN_BACK for p in clock.starts),
        restless=any(b.stated for b in clock.period) or any(_moves(world, raw) for raw in raws),
    )


def _moves(world: World, raw: Any) -> bool:
    """Whether what conditions see may change while the case advances at one instant."""
    if raw is None:
        return False
    try:
        return any(moved_by_work(world, name) for name in world.compiled(raw).variables)
    except InvalidDocument:
        return True


def _needs(clocks: Iterable[ClockDef]) -> frozenset[str] | None:
    starts = frozenset(p for c in clocks if c.kind == "statutory" for p in c.starts)
    return None if "case.served_on" in starts else starts - OF_SUBJECT


def _without(clock: ClockDef, known: frozenset[str]) -> ClockDef:
    """The definition with these points and no others."""
    return replace(
        clock,
        starts=tuple(p for p in clock.starts if p in known),
        ends=tuple(p for p in clock.ends if p in known),
        restarts=tuple(r for r in clock.restarts if r.on in known),
        blocks=tuple(
            replace(b, until=tuple(p for p in b.until if p in known))
            for b in clock.blocks
            if b.start in known
        ),
    )
