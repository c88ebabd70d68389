"""What conditions may name at one landlord: the catalogue with its own attributes and codes."""

from collections.abc import Iterable, Iterator

from homebuy_plugin.documents.model import Attribute, ClockDef, Pack
from homebuy_plugin.documents.points import read_point
from homebuy_plugin.engine.catalogue import Catalogue, Variable
from homebuy_plugin.exceptions import DuplicateName

PROVIDER = "the attribute dictionary"

TASK_CHOICES = ("task_code", "tasks_done", "tasks_open")
STAGE_CHOICES = ("stage", "stages_open")


def variable_of(attribute: Attribute) -> Variable:
    """The variable by which conditions read an attribute."""
    yes, no = attribute.phrases or ("", "")
    return Variable(
        name=attribute.name,
        label=attribute.label or attribute.name.replace("_", " "),
        type=attribute.type,
        options=attribute.options,
        personal=attribute.personal,
        provider=PROVIDER,
        true_phrase=yes,
        false_phrase=no,
    )


def with_attributes(catalogue: Catalogue, attributes: Iterable[Attribute]) -> Catalogue:
    """A catalogue with a landlord's attributes.

    Raises:
        DuplicateName: a name is taken by something of another type or by a host's variable.
    """
    return catalogue.with_attributes([variable_of(attribute) for attribute in attributes])


def with_sound_attributes(catalogue: Catalogue, attributes: Iterable[Attribute]) -> Catalogue:
    """The same, leaving out attributes whose name is taken; those are reported elsewhere."""
    for attribute in attributes:
        try:
            catalogue = with_attributes(catalogue, [attribute])
        except DuplicateName:
            continue
    return catalogue


def with_codes(catalogue: Catalogue, packs: Iterable[Pack]) -> Catalogue:
    """A catalogue whose stages, tasks, events and schemes are those of some packs.

    For checking only: it makes a misspelt code a problem instead of a condition that never holds.
    """
    known = list(packs)
    stages = sorted({stage.code for pack in known for stage in pack.stages})
    tasks = sorted({task.code for pack in known for stage in pack.stages for task in stage.tasks})
    events = sorted({name for pack in known for name in events_of(pack)})
    options = dict.fromkeys(STAGE_CHOICES, stages) | dict.fromkeys(TASK_CHOICES, tasks)
    options["events_recorded"] = events
    options["scheme"] = sorted({pack.scheme for pack in known})
    have = catalogue.variables
    closed = {name: codes for name, codes in options.items() if name in have and codes}
    return with_names(catalogue, known).with_options(closed)


def with_names(catalogue: Catalogue, packs: Iterable[Pack]) -> Catalogue:
    """A catalogue that calls stages, tasks and events what some packs call them."""
    known = list(packs)
    stages = _quoted((stage.code, stage.name) for pack in known for stage in pack.stages)
    tasks = _quoted((t.code, t.name) for pack in known for stage in pack.stages for t in stage.tasks)
    events = _quoted((event.code, event.name) for pack in known for event in pack.events)
    names = dict.fromkeys(STAGE_CHOICES, stages) | dict.fromkeys(TASK_CHOICES, tasks)
    names["events_recorded"] = events
    return catalogue.with_names({name: each for name, each in names.items() if name in catalogue.variables})


def _quoted(names: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for code, name in names:
        if name:
            found.setdefault(code, f"“{name}”")
    return found


def clocks_of(pack: Pack) -> Iterator[ClockDef]:
    """Every clock of a pack."""
    for stage in pack.stages:
        yield from stage.clocks
        for task in stage.tasks:
            yield from task.clocks


def points_of(clock: ClockDef) -> Iterator[str]:
    """Every point a clock names."""
    yield from clock.starts
    yield from (restart.on for restart in clock.restarts)
    yield from clock.ends
    for block in clock.blocks:
        yield from (block.start, *block.until)


APPLICANT_WITHDREW = "applicant_withdrew"
"""Recorded in every scheme when one of several applicants withdraws."""


def events_of(pack: Pack) -> frozenset[str]:
    """Events a pack knows: those it lists and those that clocks and stages wait for."""
    points = [point for clock in clocks_of(pack) for point in points_of(clock)]
    points += [point for stage in pack.stages for point in stage.opens_on]
    named = {read_point(point).name for point in points if read_point(point).kind == "event"}
    return frozenset(named | {event.code for event in pack.events} | {APPLICANT_WITHDREW})
