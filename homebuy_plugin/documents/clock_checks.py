"""Second pass over the clocks of a pack: points, periods, calendars."""

from collections.abc import Iterator
from dataclasses import dataclass

from homebuy_plugin.clock import nominal_working_days, nominally_shorter
from homebuy_plugin.documents.diagnostics import problem, warning
from homebuy_plugin.documents.durations import longest_of, words
from homebuy_plugin.documents.model import ClockDef, Pack, StageDef, TaskDef
from homebuy_plugin.documents.pack_checks import Found, repeated, tasks_of, unknown
from homebuy_plugin.documents.points import PointName, read_point
from homebuy_plugin.documents.reach_checks import at_once
from homebuy_plugin.engine.catalogue import Catalogue
from homebuy_plugin.engine.diagnostics import nearest, quoted
from homebuy_plugin.engine.operators import TYPE_WORDS

KIND_WORDS = ("statutory", "service")


@dataclass(frozen=True, kw_only=True)
class PlacedClock:
    """A clock with its pointer, its stage and, unless it is the stage's own, its task."""

    clock: ClockDef
    pointer: str
    stage: StageDef
    task: TaskDef | None = None


def placed_clocks(pack: Pack) -> Iterator[PlacedClock]:
    """Every clock of a pack with its place."""
    for at, stage in enumerate(pack.stages):
        for index, clock in enumerate(stage.clocks):
            yield PlacedClock(clock=clock, pointer=f"/stages/{at}/clocks/{index}", stage=stage)
        for number, task in enumerate(stage.tasks):
            for index, clock in enumerate(task.clocks):
                pointer = f"/stages/{at}/tasks/{number}/clocks/{index}"
                yield PlacedClock(clock=clock, pointer=pointer, stage=stage, task=task)


def check_clocks(pack: Pack, catalogue: Catalogue | None) -> Found:
    """What is wrong with the clocks of a pack, and with the points its stages open on."""
    yield from _codes_differ(pack)
    for placed in placed_clocks(pack):
        for pointer, point in _points(placed):
            yield from _check_point(pack, read_point(point), pointer, placed.task is not None, catalogue)
        yield from _stated_by_a_date(placed, catalogue)
        yield from _unknown_fact_must_not_lengthen(placed)
        yield from _fits_into_its_stage(placed)
    yield from _refusals_name_clocks(pack)
    yield from _refusals_name_dates(pack, catalogue)
    for index, stage in enumerate(pack.stages):
        for number, point in enumerate(stage.opens_on):
            place = f"/stages/{index}/opens_on/{number}"
            yield from _check_opening(pack, read_point(point), place, catalogue)


def _refusals_name_clocks(pack: Pack) -> Found:
    known = {placed.clock.code for placed in placed_clocks(pack) if placed.task}
    for pointer, task in tasks_of(pack):
        for index, refusal in enumerate(task.refuse):
            if refusal.before is not None and refusal.before not in known:
                place = f"{pointer}/refuse/{index}/before"
                yield unknown("HB208", "clock of a task", refusal.before, known, place)


def _refusals_name_dates(pack: Pack, catalogue: Catalogue | None) -> Found:
    for pointer, task in tasks_of(pack):
        for index, refusal in enumerate(task.refuse):
            if refusal.fact is not None:
                yield from _check_fact(refusal.fact, f"{pointer}/refuse/{index}/fact", catalogue)


def _stated_by_a_date(placed: PlacedClock, catalogue: Catalogue | None) -> Found:
    branches = placed.clock.period
    for index, branch in enumerate(branches):
        if branch.stated is not None:
            place = f"/{index}" if len(branches) > 1 else ""
            yield from _check_fact(branch.stated, f"{placed.pointer}/period{place}/stated", catalogue)


def _codes_differ(pack: Pack) -> Found:
    owners: dict[str, list[tuple[str, str]]] = {}
    for placed in placed_clocks(pack):
        owner = placed.pointer.rpartition("/clocks/")[0]
        owners.setdefault(owner, []).append((f"{placed.pointer}/code", placed.clock.code))
        if placed.clock.code in KIND_WORDS:
            message = f"A clock cannot have the code “{placed.clock.code}”: rules mean its kind by that."
            yield problem("HB218", message, "", f"{placed.pointer}/code")
    for named in owners.values():
        for pointer, name, _ in repeated(named):
            yield problem("HB222", f"Two clocks have the code “{name}” here.", "", pointer)


def _points(placed: PlacedClock) -> Iterator[tuple[str, str]]:
    clock, pointer = placed.clock, placed.pointer
    for key, points in (("starts", clock.starts), ("ends", clock.ends)):
        yield from ((f"{pointer}/{key}/{index}", point) for index, point in enumerate(points))
    for index, restart in enumerate(clock.restarts):
        yield f"{pointer}/restarts/{index}", restart.on
    for index, block in enumerate(clock.blocks):
        yield f"{pointer}/blocks/{index}/from", block.start
        for number, point in enumerate(block.until):
            yield f"{pointer}/blocks/{index}/until{f'/{number}' if len(block.until) > 1 else ''}", point


def _check_opening(pack: Pack, point: PointName, pointer: str, catalogue: Catalogue | None) -> Found:
    if point.kind == "stage.started":
        yield problem("HB202", "A stage cannot open because it has started.", "Name an event.", pointer)
    else:
        yield from _check_point(pack, point, pointer, False, catalogue)


def _check_point(
    pack: Pack, point: PointName, pointer: str, of_task: bool, catalogue: Catalogue | None
) -> Found:
    if point.is_own_task and not of_task:
        message = f"“{point.kind}” means the clock's own task, and there is none here."
        yield problem("HB202", message, "Name a task: task.completed:CODE.", pointer)
    elif point.kind == "task.completed" and point.name and not pack.task(point.name):
        known = [task.code for stage in pack.stages for task in stage.tasks]
        yield unknown("HB203", "task", point.name, known, pointer, "in this pack")
    elif point.kind == "fact":
        yield from _check_fact(point.name, pointer, catalogue)
    elif point.kind == "event":
        yield from _check_event(pack, point.name, pointer)


def _check_fact(name: str, pointer: str, catalogue: Catalogue | None) -> Found:
    if catalogue is None:
        return
    variable = catalogue.variables.get(name)
    if variable is None:
        yield unknown("HB204", "fact", name, catalogue.variables, pointer)
    elif variable.type != "date":
        message = f"“{name}” is {TYPE_WORDS[variable.type]}; a point in time is a date."
        yield problem("HB205", message, "", pointer)


def _check_event(pack: Pack, name: str, pointer: str) -> Found:
    listed = [event.code for event in pack.events]
    if listed and name not in listed:
        message = f"The event {quoted(name)} is not among the “events” of this pack. {nearest(name, listed)}"
        yield warning("HB206", message.strip(), "List it there with its name.", pointer)


def _unknown_fact_must_not_lengthen(placed: PlacedClock) -> Found:
    clock = placed.clock
    outside = placed.task is not None and placed.task.kind == "wait"
    last = clock.period[-1].duration
    if clock.kind != "statutory" or outside or clock.counting == "at_least":
        return
    for index, branch in enumerate(clock.period[:-1]):
        if nominally_shorter(branch.duration, last):
            message = (
                f"The last entry of the period ({words(last)}) is longer than this one "
                f"({words(branch.duration)}): an unknown fact would lengthen the time."
            )
            help = "Put the shortest last, without “when”."
            yield problem("HB215", message, help, f"{placed.pointer}/period/{index}")


def _fits_into_its_stage(placed: PlacedClock) -> Found:
    clock = placed.clock
    limits = [each for each in placed.stage.clocks if each.kind == "service" and at_once(each, clock)]
    measured = clock.kind == "service" and not clock.may_outlast_stage and _starts_with_task(clock)
    if placed.task is None or not measured or not limits:
        return
    longest = longest_of(clock)
    limit = min((longest_of(each) for each in limits), key=nominal_working_days)
    if nominally_shorter(limit, longest):
        message = (
            f"The task “{placed.task.code}” may take {words(longest)}, longer than its stage "
            f"“{placed.stage.code}” ({words(limit)})."
        )
        help = 'Shorten it, give the stage more time, or say "may_outlast_stage": true.'
        yield problem("HB216", message, help, f"{placed.pointer}/period")


def _starts_with_task(clock: ClockDef) -> bool:
    return all(read_point(point).is_own_task for point in clock.starts)
