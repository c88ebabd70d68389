"""The parts of a pack in short words: points, periods, conditions, legal bases."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from homebuy_plugin.documents.durations import words
from homebuy_plugin.documents.model import Amber, ClockDef, LegalBasis, NextStageDef, Pack, PeriodBranch
from homebuy_plugin.documents.points import read_point
from homebuy_plugin.documents.reach_checks import Reaching
from homebuy_plugin.documents.vocabulary import with_names
from homebuy_plugin.engine.catalogue import Catalogue
from homebuy_plugin.engine.conditions import compile_conditions
from homebuy_plugin.engine.phrases import describe
from homebuy_plugin.insight.wording import listed, spell_date

_BARE = {
    "case.served_on": "the claim is served",
    "case.created": "the case is created",
    "task.planned_start": "the task may start",
    "task.started": "the task is started",
    "task.completed": "the task is done",
    "stage.started": "the stage opens",
}
_COUNTING = {
    "within": "within {}",
    "beginning_with": "{}, beginning with that day",
    "at_least": "not before {} have passed",
}


@dataclass(frozen=True, slots=True)
class PackWords:
    """How one pack is said."""

    pack: Pack
    catalogue: Catalogue

    def when(self, raw: Mapping[str, Any] | None) -> str:
        """Conditions as a clause, or ""."""
        if not raw:
            return ""
        # Packs share codes, not names: a task is called what this pack calls it.
        named = with_names(self.catalogue, [self.pack])
        return describe(compile_conditions(raw, named), named)

    def point(self, text: str) -> str:
        """A point in time: ``“Serve the RTB2” is done``."""
        point = read_point(text)
        if not point.name:
            return _BARE[point.kind]
        if point.kind == "task.completed":
            return f"“{self.task_name(point.name)}” is done"
        if point.kind == "event":
            return f"“{self.event_name(point.name)}” is recorded"
        return f"the day “{point.name}”"

    def task_name(self, code: str) -> str:
        """A task as people call it."""
        task = self.pack.task(code)
        return task.name if task else code

    def event_name(self, code: str) -> str:
        """An event as people call it."""
        found = next((event.name for event in self.pack.events if event.code == code), "")
        return found or code.replace("_", " ")

    def stage_name(self, code: str) -> str:
        """A stage as people call it."""
        stage = self.pack.stage(code)
        return stage.name if stage else code

    def period(self, clock: ClockDef) -> str:
        """``within 12 weeks if the tenure offered is leasehold, else 8 weeks``."""
        *branches, last = clock.period
        said = [f"{_length(branch)} if {self.when(branch.when)}" for branch in branches]
        return _COUNTING[clock.counting].format(", else ".join([*said, _length(last)]))

    def link(self, link: NextStageDef) -> str:
        """A link to a stage: ``Valuation, if the claim is admitted``."""
        clause = self.when(link.when)
        return f"{self.stage_name(link.stage)}{f', if {clause}' if clause else ''}"


def _length(branch: PeriodBranch) -> str:
    stated = f" or until the day “{branch.stated}”, if later" if branch.stated else ""
    return f"{words(branch.duration)}{stated}"


def reach(part: Reaching) -> str:
    """``only for north and south, from Wed 1 Apr 2026, up to Thu 31 Dec 2026``, or ""."""
    said = [f"only for {listed(part.companies)}"] if part.companies else []
    said += [f"from {spell_date(part.effective_from)}"] if part.effective_from else []
    # The date in the pack is the first day on which it is no longer so.
    said += [f"up to {spell_date(part.effective_to - timedelta(days=1))}"] if part.effective_to else []
    return ", ".join(said)


def short_period(clock: ClockDef) -> str:
    """``4 or 8 weeks``: the lengths alone, the shortest first."""
    lengths = [branch.duration for branch in reversed(clock.period)]
    if len(lengths) > 1 and len({length.unit for length in lengths}) == 1:
        *first, last = lengths
        return f"{', '.join(str(length.value) for length in first)} or {words(last)}"
    return " or ".join(words(length) for length in lengths)


def warnings(ambers: tuple[Amber, ...]) -> str:
    """``7 days before, 3 days before``."""
    return ", ".join(_amber(amber) for amber in ambers)


def _amber(amber: Amber) -> str:
    if amber.before is not None:
        return f"{words(amber.before)} before"
    return f"{words(amber.after)} after the start" if amber.after is not None else f"at {amber.percent}%"


def basis(law: LegalBasis) -> str:
    """``Housing Act 1985 s.124(1)-(2)``."""
    return (
        f"{law.instrument}{f' s.{law.section}' if law.section[:1].isdigit() else f' {law.section}'}".strip()
    )
