"""The card of one stage: what stands on it, line by line, and how tall that makes it."""

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap

from homebuy_plugin.documents.model import StageDef
from homebuy_plugin.documents.points import read_point
from homebuy_plugin.insight.pack_words import PackWords, reach, short_period
from homebuy_plugin.insight.wording import count

WIDTH = 430
HEAD, LINE, FOOT = 34, 18, 10
COLUMNS = {"law": 57, "note": 62}
"""Letters that fit on a line of a card; those of the law are bold."""


@dataclass(frozen=True, slots=True)
class CardLine:
    """A line of a card. ``kind``: ``plain law note``."""

    text: str
    kind: str = "plain"


@dataclass(frozen=True, slots=True)
class Card:
    """What stands on the card of a stage."""

    code: str
    name: str
    phase: str
    parallel: bool
    lines: tuple[CardLine, ...]

    @property
    def height(self) -> int:
        """How tall it is."""
        return HEAD + LINE * len(self.lines) + FOOT


def card(stage: StageDef, say: PackWords) -> Card:
    """The card of a stage."""
    return Card(
        code=stage.code,
        name=stage.name,
        phase=stage.master_stage,
        parallel=stage.parallel,
        lines=tuple(_lines(stage, say)),
    )


def _lines(stage: StageDef, say: PackWords) -> Iterator[CardLine]:
    mandatory = sum(task.mandatory for task in stage.tasks)
    parts = [f"{count(len(stage.tasks), 'task')}, {mandatory} mandatory"]
    parts += [f"target {short_period(clock)}" for clock in stage.clocks if clock.kind == "service"]
    yield CardLine("; ".join(parts))
    if any(reach(other) != reach(stage) for other in say.pack.stages):
        yield from _wrapped(reach(stage), "note", 2)
    for law in law_texts(stage):
        yield from _wrapped(law, "law", 2)
    if stage.opens_on:
        opens = [opening(point, say) for point in stage.opens_on]
        yield from _wrapped(f"Opens on: {'; '.join(opens)}", "note", 6)
    for link in stage.next:
        if link.when:
            yield from _wrapped(f"{say.stage_name(link.stage)} if {say.when(link.when)}", "note", 2)


def law_texts(stage: StageDef) -> Iterator[str]:
    """The dates of the law in a stage: ``s.124(1)-(2) Admit or deny the claim: 4 or 8 weeks``."""
    for task in stage.tasks:
        for clock in task.clocks:
            if clock.kind == "statutory":
                section = clock.legal_basis.section.split(",")[0]
                number = f"s.{section} " if section[:1].isdigit() else ""
                at_least = "not before " if clock.counting == "at_least" else ""
                yield f"{number}{clock.name or clock.code}: {at_least}{short_period(clock)}"


def opening(point: str, say: PackWords) -> str:
    """What opens a stage, without the words that all of them share."""
    name = read_point(point)
    return say.event_name(name.name) if name.kind == "event" else say.point(point)


def _wrapped(text: str, kind: str, most: int) -> Iterator[CardLine]:
    lines = wrap(text, COLUMNS[kind], max_lines=most, placeholder=" …")
    for index, line in enumerate(lines):
        yield CardLine(line if index == 0 else f"   {line}", kind)
