"""The names that exist at a landlord, for looking up references."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from homebuy_plugin.documents.clock_checks import placed_clocks
from homebuy_plugin.documents.formats import SCHEMES
from homebuy_plugin.documents.landlord_set import LandlordSet
from homebuy_plugin.documents.model import ClockDef, Pack
from homebuy_plugin.documents.vocabulary import events_of


@dataclass(frozen=True, kw_only=True)
class PackNames:
    """What rules may name of one or several packs."""

    stages: frozenset[str]
    tasks: frozenset[str]
    clocks: frozenset[str]
    warnings: frozenset[str]
    events: frozenset[str]


def names_of(packs: Iterable[Pack]) -> PackNames:
    """The names in some packs together."""
    known = tuple(packs)
    clocks = [placed.clock for pack in known for placed in placed_clocks(pack)]
    return PackNames(
        stages=frozenset(stage.code for pack in known for stage in pack.stages),
        tasks=frozenset(task.code for pack in known for stage in pack.stages for task in stage.tasks),
        clocks=frozenset(clock.code for clock in clocks),
        warnings=frozenset(amber.name for clock in clocks for amber in clock.amber),
        events=frozenset(name for pack in known for name in events_of(pack)),
    )


class Names:
    """Look-ups over a whole set. None instead of names: nobody can say, so nothing is unknown."""

    def __init__(self, landlord: LandlordSet) -> None:
        self._set = landlord
        self._by_schemes: dict[tuple[str, ...], PackNames] = {}

    def packs(self, schemes: tuple[str, ...]) -> tuple[Pack, ...]:
        """The packs of some schemes; of all where none is named."""
        return tuple(entry.value for entry in self._set.packs if not schemes or entry.value.scheme in schemes)

    def of_schemes(self, schemes: tuple[str, ...]) -> PackNames | None:
        """What a rule for these schemes may name."""
        if "pack" in self._set.partial:
            return None
        if schemes not in self._by_schemes:
            self._by_schemes[schemes] = names_of(self.packs(schemes))
        return self._by_schemes[schemes]

    @cached_property
    def schemes(self) -> frozenset[str] | None:
        """Schemes there is a pack for, and those the package is about."""
        if "pack" in self._set.partial:
            return None
        return frozenset(SCHEMES) | {entry.value.scheme for entry in self._set.packs}

    @cached_property
    def templates(self) -> frozenset[str] | None:
        """Ids of letters."""
        if "templates" in self._set.partial:
            return None
        return frozenset(entry.value.id for entry in self._set.templates)

    @cached_property
    def channels(self) -> Mapping[str, frozenset[str]]:
        """Id of a letter to the channels it is written for."""
        found: dict[str, set[str]] = {}
        for entry in self._set.templates:
            found.setdefault(entry.value.id, set()).add(entry.value.channel)
        return {name: frozenset(channels) for name, channels in found.items()}

    @cached_property
    def groups(self) -> frozenset[str] | None:
        """Ids of groups."""
        if "groups" in self._set.partial:
            return None
        return frozenset(entry.value.id for entry in self._set.groups)

    @cached_property
    def calendars(self) -> frozenset[str] | None:
        """Ids of calendars."""
        if "calendar" in self._set.partial:
            return None
        return frozenset(entry.value.id for entry in self._set.calendars)

    @cached_property
    def task_attributes(self) -> frozenset[str] | None:
        """Names of attributes that tasks may have."""
        if "attributes" in self._set.partial:
            return None
        return frozenset(e.value.name for e in self._set.attributes if e.value.applies_to == "task")

    @cached_property
    def facts(self) -> frozenset[str] | None:
        """Names of facts: attributes and variables."""
        catalogue = self._set.catalogue
        if "attributes" in self._set.partial or catalogue is None:
            return None
        return frozenset(catalogue.variables) | {entry.value.name for entry in self._set.attributes}

    @property
    def roles(self) -> frozenset[str] | None:
        """Codes of roles."""
        return self._set.roles

    @property
    def users(self) -> frozenset[str] | None:
        """Ids of officers."""
        return self._set.users


def clocks_matching(
    packs: Iterable[Pack], *, stages: Iterable[str], tasks: Iterable[str], clock: str | None, subject: str
) -> tuple[ClockDef, ...]:
    """The clocks that a rule with this ``applies_to`` is about."""
    wanted_stages, wanted_tasks = frozenset(stages), frozenset(tasks)
    return tuple(
        placed.clock
        for pack in packs
        for placed in placed_clocks(pack)
        if (placed.task is None) == (subject == "stage")
        and (not wanted_stages or placed.stage.code in wanted_stages)
        and (not wanted_tasks or (placed.task is not None and placed.task.code in wanted_tasks))
        and clock in (None, placed.clock.code, placed.clock.kind)
    )
