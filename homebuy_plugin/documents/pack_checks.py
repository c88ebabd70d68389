"""Second pass over one pack: its codes, links and order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from homebuy_plugin.documents.cycles import find_cycles
from homebuy_plugin.documents.diagnostics import Diagnostic, problem, warning
from homebuy_plugin.documents.model import Pack, StageDef, TaskDef
from homebuy_plugin.documents.reach_checks import at_once, check_reach
from homebuy_plugin.engine.diagnostics import listed, nearest, quoted

Found = Iterator[Diagnostic]


def check_pack(pack: Pack) -> Found:
    """What is wrong with the stages and tasks of a pack; clocks are looked at elsewhere."""
    yield from _codes_differ(pack)
    yield from _names_differ(pack)
    yield from _one_default_for_each_master_stage(pack)
    yield from _some_stage_is_first(pack)
    for index, stage in enumerate(pack.stages):
        yield from _links_lead_somewhere(pack, stage, f"/stages/{index}")
        yield from _predecessors_are_there(stage, f"/stages/{index}")
        yield from _no_circle(stage, f"/stages/{index}")
    yield from _every_stage_can_open(pack)
    yield from check_reach(pack)


def tasks_of(pack: Pack) -> Iterator[tuple[str, TaskDef]]:
    """Every task with its pointer."""
    for at, stage in enumerate(pack.stages):
        for index, task in enumerate(stage.tasks):
            yield f"/stages/{at}/tasks/{index}", task


def repeated(named: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Of (pointer, name) pairs each name that came before, with both pointers."""
    first: dict[str, str] = {}
    for pointer, name in named:
        if name in first:
            yield pointer, name, first[name]
        first.setdefault(name, pointer)


def unknown(
    code: str, what: str, name: str, known: Iterable[str], pointer: str, where: str = ""
) -> Diagnostic:
    """There is no task “x”, with the nearest name and the known ones."""
    names = sorted(known)
    text = f"There is no {what} {quoted(name)}{' ' + where if where else ''}. {nearest(name, names)}"
    help = f"Known: {listed(names)}." if names else ""
    return problem(code, text.strip(), help, pointer)


def _codes_differ(pack: Pack) -> Found:
    stages = [(f"/stages/{index}/code", stage.code) for index, stage in enumerate(pack.stages)]
    for pointer, name, _ in repeated(stages):
        yield problem("HB220", f"Two stages have the code “{name}”.", "", pointer)
    tasks = [(f"{pointer}/code", task.code) for pointer, task in tasks_of(pack)]
    for pointer, name, first in repeated(tasks):
        stage = pack.stages[int(first.split("/")[2])].code
        message = f"Two tasks have the code “{name}”; the other is in the stage “{stage}”."
        yield problem("HB221", message, "Rules and clocks name tasks by code alone.", pointer)
    for key, listed_ in (("events", pack.events), ("outcomes", pack.outcomes)):
        named = [(f"/{key}/{index}/code", each.code) for index, each in enumerate(listed_)]
        for pointer, name, _ in repeated(named):
            yield problem("HB220", f"“{name}” stands twice in “{key}”.", "", pointer)


def _names_differ(pack: Pack) -> Found:
    for pointer, stage, other in _together(pack.stages, "name"):
        message = f"The stages “{other.code}” and “{stage.code}” are both called {quoted(stage.name)}."
        help = "Give one another name, other companies, or other effective dates."
        yield problem("HB234", message, help, pointer)
    for at, stage in enumerate(pack.stages):
        tasks = [(f"/stages/{at}/tasks/{index}/name", task.name) for index, task in enumerate(stage.tasks)]
        for pointer, name, _ in repeated(tasks):
            yield warning("HB156", f"Two tasks of this stage are called {quoted(name)}.", "", pointer)


def _one_default_for_each_master_stage(pack: Pack) -> Found:
    defaults = tuple(stage for stage in pack.stages if stage.default_for_master)
    for _, stage, other in _together(defaults, "master_stage"):
        message = (
            f"The stages “{other.code}” and “{stage.code}” are both the default "
            f"for the master stage “{stage.master_stage}”."
        )
        help = "There is one for each scheme, country and company at a time."
        yield problem("HB229", message, help, f"/stages/{pack.stages.index(stage)}/default_for_master")


def _together(stages: Sequence[StageDef], key: str) -> Iterator[tuple[str, StageDef, StageDef]]:
    """Stages that say the same as one before them, where a case could have both: pointer, it, the other."""
    for index, stage in enumerate(stages):
        others = [s for s in stages[:index] if getattr(s, key) == getattr(stage, key) and at_once(s, stage)]
        if others:
            yield f"/stages/{index}/{key}", stage, others[0]


def _some_stage_is_first(pack: Pack) -> Found:
    candidates = [stage for stage in pack.stages if not stage.parallel]
    if not candidates:
        message = "Every stage is parallel, so a new case would have no stage."
        yield problem("HB228", message, "Make one of them the first: without “parallel”.", "/stages")
    elif all(stage.when is not None for stage in candidates):
        message = "Every stage has a “when”, so a new case may find none that opens."
        yield warning("HB228", message, "Leave “when” out of the stage that is first otherwise.", "/stages")


def _links_lead_somewhere(pack: Pack, stage: StageDef, pointer: str) -> Found:
    known = [each.code for each in pack.stages]
    for index, link in enumerate(stage.next):
        place = f"{pointer}/next/{index}/stage"
        if link.stage not in known:
            yield unknown("HB223", "stage", link.stage, known, place)
        elif link.stage == stage.code:
            yield problem("HB223", f"The stage “{stage.code}” leads to itself.", "", place)


def _predecessors_are_there(stage: StageDef, pointer: str) -> Found:
    known = [task.code for task in stage.tasks]
    for at, task in enumerate(stage.tasks):
        for index, code in enumerate(task.after):
            if code not in known:
                place = f"{pointer}/tasks/{at}/after/{index}"
                yield unknown("HB224", "task", code, known, place, f"in the stage “{stage.code}”")


def _no_circle(stage: StageDef, pointer: str) -> Found:
    links: Mapping[str, Sequence[str]] = {task.code: task.after for task in stage.tasks}
    places = {task.code: index for index, task in enumerate(stage.tasks)}
    for circle in find_cycles(links):
        way = " after ".join(quoted(code) for code in (*circle, circle[0]))
        message = f"These tasks wait for each other, so none could begin: {way}."
        yield problem(
            "HB225", message, "Take one of them out of “after”.", f"{pointer}/tasks/{places[circle[0]]}/after"
        )


def _every_stage_can_open(pack: Pack) -> Found:
    linked = {link.stage for stage in pack.stages for link in stage.next}
    for index, stage in enumerate(pack.stages):
        may_be_first = not stage.parallel and (index == 0 or _follows_conditional(pack, index))
        if stage.code not in linked and not stage.opens_on and not stage.parallel and not may_be_first:
            message = (
                f"Nothing opens the stage “{stage.code}”: no “next” leads to it and it has no “opens_on”."
            )
            yield warning("HB233", message, "A person can still open it by name.", f"/stages/{index}/code")


def _follows_conditional(pack: Pack, index: int) -> bool:
    return all(stage.when is not None or stage.parallel for stage in pack.stages[:index])
