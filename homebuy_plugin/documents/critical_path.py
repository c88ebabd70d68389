"""Can the work before a statutory date be done in time, if every task takes all it may?

Nominal working days only: a week is 5, a month 21. Tasks that exist on conditions are left out
where the shortest branch of the law is compared, and counted for the longest.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from homebuy_plugin.clock import nominal_working_days
from homebuy_plugin.documents.clock_checks import PlacedClock, placed_clocks
from homebuy_plugin.documents.diagnostics import Diagnostic, warning
from homebuy_plugin.documents.durations import longest_of, shortest_of, words
from homebuy_plugin.documents.model import ClockDef, Duration, Pack, StageDef, TaskDef
from homebuy_plugin.documents.points import read_point

NOTHING = Fraction(0)


@dataclass(frozen=True, kw_only=True)
class PathStep:
    """A task on the longest way, and when it is done: working days after the clock starts."""

    task: str
    done: Fraction


@dataclass(frozen=True, kw_only=True)
class CriticalPath:
    """The longest way of work before a statutory date.

    Attributes:
        conditional: tasks that exist on conditions are counted, against the longest branch.
        limit: what the law gives.
        steps: the tasks that take time, in order.
    """

    placed: PlacedClock
    conditional: bool
    limit: Duration
    steps: tuple[PathStep, ...]

    @property
    def needed(self) -> Fraction:
        """Working days that the tasks may take together."""
        return self.steps[-1].done if self.steps else NOTHING

    @property
    def allowed(self) -> Fraction:
        """Working days that the law gives, nominally."""
        return nominal_working_days(self.limit)


def critical_paths(pack: Pack) -> Iterator[CriticalPath]:
    """The longest way to each statutory date the landlord must keep.

    Twice for each clock: without the conditional tasks against the shortest branch of its
    period, and with them against the longest.
    """
    for placed in placed_clocks(pack):
        if placed.clock.kind == "statutory" and placed.task and placed.task.kind == "work":
            for conditional, limit in ((False, shortest_of(placed.clock)), (True, longest_of(placed.clock))):
                steps = _steps(pack, placed, placed.task, conditional)
                yield CriticalPath(placed=placed, conditional=conditional, limit=limit, steps=steps)


def check_critical_paths(pack: Pack) -> Iterator[Diagnostic]:
    """A warning for each statutory clock whose tasks before it may take longer than the law gives."""
    told = set()
    for path in critical_paths(pack):
        if path.needed > path.allowed and path.placed.pointer not in told:
            told.add(path.placed.pointer)
            yield _too_long(path)


def _too_long(path: CriticalPath) -> Diagnostic:
    task, branches = path.placed.task, path.placed.clock.period
    which = "" if path.conditional or len(branches) == 1 else " at the shortest"
    message = (
        f"The tasks before “{task.code if task else ''}” may take {days(path.needed)} working days, and the "
        f"law gives {words(path.limit)}{which} ({days(path.allowed)} working days)."
    )
    help = "Shorten their targets, or let some of them run side by side."
    return warning("HB231", message, help, f"{path.placed.pointer}/period")


def days(count: Fraction) -> str:
    """A number of days, with one decimal where there is need."""
    return f"{float(count):.1f}".removesuffix(".0")


def _steps(pack: Pack, placed: PlacedClock, task: TaskDef, conditional: bool) -> tuple[PathStep, ...]:
    origins = _origins(pack, placed)
    if not origins:
        return ()
    finish = _Finish(placed.stage, conditional)
    here = finish.way_to(finish.last_of(task.after))
    if placed.stage.code in origins:
        return tuple(_since(here, _started_at(placed, finish)))
    before = _before(pack, placed.stage, origins, conditional)
    return (*before, *_later(here, before))


def _started_at(placed: PlacedClock, finish: "_Finish") -> Fraction:
    """When, within its own stage, a clock starts that a task of that stage sets going."""
    points = map(read_point, placed.clock.starts)
    named = [point.name for point in points if point.kind == "task.completed" and point.name]
    return min((finish.of(code) for code in named), default=NOTHING)


def _since(steps: tuple[PathStep, ...], start: Fraction) -> Iterator[PathStep]:
    return (PathStep(task=step.task, done=step.done - start) for step in steps if step.done > start)


def _later(steps: tuple[PathStep, ...], before: tuple[PathStep, ...]) -> Iterator[PathStep]:
    spent = before[-1].done if before else NOTHING
    return (PathStep(task=step.task, done=spent + step.done) for step in steps)


def _origins(pack: Pack, placed: PlacedClock) -> dict[str, bool]:
    """Stages in which the clock may start, and whether their own work still lies ahead then."""
    found: dict[str, bool] = {}
    for point in map(read_point, placed.clock.starts):
        stage = pack.stage_of(point.name) if point.kind == "task.completed" and point.name else None
        if stage:
            found[stage.code] = False
        elif point.kind.startswith("case."):
            opened = [s for s in pack.stages if f"{point.kind}" in s.opens_on]
            first = opened or [s for s in pack.stages if not s.parallel][:1]
            found |= dict.fromkeys((s.code for s in first), True)
    return found


def _before(
    pack: Pack, stage: StageDef, origins: Mapping[str, bool], conditional: bool
) -> tuple[PathStep, ...]:
    """The longest way of stages, linked automatically, from where the clock starts to this one."""
    longest: tuple[PathStep, ...] = ()
    waiting: list[tuple[str, tuple[PathStep, ...], frozenset[str]]] = [
        (stage.code, (), frozenset({stage.code}))
    ]
    while waiting:
        code, after, seen = waiting.pop()
        for earlier in _leading_to(pack, code):
            if earlier.code in seen:
                continue
            ahead = origins.get(earlier.code, True)
            own = _Finish(earlier, conditional).of_stage() if ahead else ()
            way = (*own, *_later(after, own))
            if earlier.code not in origins:
                waiting.append((earlier.code, way, seen | {earlier.code}))
            elif way and (not longest or way[-1].done > longest[-1].done):
                longest = way
    return longest


def _leading_to(pack: Pack, code: str) -> Iterator[StageDef]:
    for stage in pack.stages:
        if not stage.parallel and any(n.stage == code and n.opens == "automatic" for n in stage.next):
            yield stage


class _Finish:
    """When each task of a stage is done at the latest, in working days from the stage's start."""

    def __init__(self, stage: StageDef, conditional: bool) -> None:
        self._stage = stage
        self._conditional = conditional
        self._known: dict[str, Fraction] = {}

    def of_stage(self) -> tuple[PathStep, ...]:
        """The longest way through the whole stage: its mandatory tasks."""
        codes = [task.code for task in self._stage.tasks if task.mandatory and self._counts(task)]
        return self.way_to(self.last_of(codes))

    def last_of(self, codes: Iterable[str]) -> str | None:
        """Which of some tasks is done last."""
        return max(codes, key=self.of, default=None)

    def way_to(self, code: str | None) -> tuple[PathStep, ...]:
        """The tasks that take time on the longest way to one being done."""
        steps: list[PathStep] = []
        seen: set[str] = set()
        while code is not None and code not in seen:
            seen.add(code)
            task, done = self._stage.task(code), self.of(code)
            code = self._waits_for(task) if task else None
            if done > (self.of(code) if code else NOTHING):
                steps.append(PathStep(task=task.code if task else "", done=done))
        return tuple(reversed(steps))

    def _waits_for(self, task: TaskDef) -> str | None:
        clocks = [clock for clock in task.clocks if clock.kind == "service"]
        named = [read_point(point) for clock in clocks for point in clock.starts]
        others = [point.name for point in named if point.kind == "task.completed" and point.name]
        return self.last_of([*task.after, *others])

    def of(self, code: str) -> Fraction:
        """One task; a circle counts as nothing, it is refused elsewhere."""
        if code not in self._known:
            self._known[code] = NOTHING
            task = self._stage.task(code)
            if task is not None:
                self._known[code] = self._work_out(task)
        return self._known[code]

    def _counts(self, task: TaskDef) -> bool:
        return task.kind == "work" and (self._conditional or task.when is None)

    def _work_out(self, task: TaskDef) -> Fraction:
        begins = max((self.of(code) for code in task.after), default=NOTHING)
        if task.lag is not None:
            begins += nominal_working_days(task.lag)
        if not self._counts(task):
            return begins
        clocks = [clock for clock in task.clocks if clock.kind == "service"]
        return max((self._ends(clock, begins) for clock in clocks), default=begins)

    def _ends(self, clock: ClockDef, begins: Fraction) -> Fraction:
        period = longest_of(clock) if self._conditional else shortest_of(clock)
        for point in map(read_point, clock.starts):
            if point.kind == "task.completed" and point.name:
                begins = self.of(point.name)
        return begins + nominal_working_days(period)
