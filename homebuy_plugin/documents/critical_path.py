"""Can the work before a statutory date be done in time, if every task takes all it may?

Nominal working days only: a week is 5, a month 21. Tasks that exist on conditions are left out
where the shortest branch of the law is compared, and counted for the longest.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from homebuy_plugin.clock import nominal_working_days
from homebuy_plugin.documents.clock_checks import PlacedClock, placed_clocks
from homebuy_plugin.documents.diagnostics import Diagnostic, warning
from homebuy_plugin.documents.durations import longest_of, shortest_of, words
from homebuy_plugin.documents.model import ClockDef, Pack, StageDef, TaskDef
from homebuy_plugin.documents.points import read_point

NOTHING = Fraction(0)


def check_critical_paths(pack: Pack) -> Iterator[Diagnostic]:
    """A warning for each statutory clock whose tasks before it may take longer than the law gives."""
    for placed in placed_clocks(pack):
        if placed.clock.kind == "statutory" and placed.task and placed.task.kind == "work":
            yield from _check(pack, placed, placed.task)


def _check(pack: Pack, placed: PlacedClock, task: TaskDef) -> Iterator[Diagnostic]:
    for conditional, limit in ((False, shortest_of(placed.clock)), (True, longest_of(placed.clock))):
        needed = _needed(pack, placed, task, conditional)
        if needed > nominal_working_days(limit):
            which = "" if conditional or len(placed.clock.period) == 1 else " at the shortest"
            message = (
                f"The tasks before “{task.code}” may take {_days(needed)} working days, and the law gives "
                f"{words(limit)}{which} ({_days(nominal_working_days(limit))} working days)."
            )
            help = "Shorten their targets, or let some of them run side by side."
            yield warning("HB231", message, help, f"{placed.pointer}/period")
            return


def _days(days: Fraction) -> str:
    return f"{float(days):.1f}".removesuffix(".0")


def _needed(pack: Pack, placed: PlacedClock, task: TaskDef, conditional: bool) -> Fraction:
    origins = _origins(pack, placed)
    if not origins:
        return NOTHING
    finish = _Finish(placed.stage, conditional)
    here = max((finish.of(code) for code in task.after), default=NOTHING)
    if placed.stage.code in origins:
        return here
    return here + _before(pack, placed.stage, origins, conditional)


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


def _before(pack: Pack, stage: StageDef, origins: Mapping[str, bool], conditional: bool) -> Fraction:
    """The longest way of stages, linked automatically, from where the clock starts to this one."""
    longest = NOTHING
    waiting = [(stage.code, NOTHING, frozenset({stage.code}))]
    while waiting:
        code, spent, seen = waiting.pop()
        for earlier in _leading_to(pack, code):
            if earlier.code in seen:
                continue
            ahead = origins.get(earlier.code, True)
            total = spent + (_Finish(earlier, conditional).of_stage() if ahead else NOTHING)
            if earlier.code in origins:
                longest = max(longest, total)
            else:
                waiting.append((earlier.code, total, seen | {earlier.code}))
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

    def of_stage(self) -> Fraction:
        """The whole stage: its mandatory tasks."""
        codes = [task.code for task in self._stage.tasks if task.mandatory and self._counts(task)]
        return max((self.of(code) for code in codes), default=NOTHING)

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
