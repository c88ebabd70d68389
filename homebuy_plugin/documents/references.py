"""Second pass over a whole landlord: what one document names, another must hold."""

from collections.abc import Iterator
from itertools import islice

from homebuy_plugin.documents.clock_checks import check_clocks, placed_clocks
from homebuy_plugin.documents.critical_path import check_critical_paths
from homebuy_plugin.documents.diagnostics import Diagnostic, problem
from homebuy_plugin.documents.fields import ENOUGH
from homebuy_plugin.documents.ladder_checks import check_ladder
from homebuy_plugin.documents.landlord_set import Entry, LandlordSet
from homebuy_plugin.documents.letter_checks import (
    check_attributes,
    check_calendars,
    check_groups,
    check_letters,
)
from homebuy_plugin.documents.model import Pack
from homebuy_plugin.documents.names import Names
from homebuy_plugin.documents.pack_checks import check_pack, tasks_of, unknown
from homebuy_plugin.documents.rule_checks import Finding, check_rules
from homebuy_plugin.documents.rule_tests import check_rule_tests
from homebuy_plugin.documents.sample_checks import check_samples


def check_set(landlord: LandlordSet) -> dict[str, list[Diagnostic]]:
    """Everything that is wrong between documents, by source.

    Args:
        landlord: as :func:`~homebuy_plugin.documents.landlord_set.gather` makes it.

    Returns:
        Source to its problems; the first 500 of them all.
    """
    found: dict[str, list[Diagnostic]] = {}
    for source, diagnostic in islice(_all(landlord, Names(landlord)), ENOUGH):
        found.setdefault(source, []).append(diagnostic)
    return found


def _all(landlord: LandlordSet, names: Names) -> Iterator[Finding]:
    yield from _packs_differ(landlord)
    for entry in landlord.packs:
        for diagnostic in _check_one_pack(entry.value, landlord, names):
            yield entry.source, diagnostic
    yield from check_rules(landlord, names)
    yield from check_ladder(landlord, names)
    yield from check_rule_tests(landlord)
    yield from check_letters(landlord)
    yield from check_groups(landlord, names)
    yield from check_calendars(landlord)
    yield from check_attributes(landlord)
    yield from check_samples(landlord, names)


def _check_one_pack(pack: Pack, landlord: LandlordSet, names: Names) -> Iterator[Diagnostic]:
    catalogue = None if "attributes" in landlord.partial else landlord.catalogue
    yield from check_pack(pack)
    yield from check_clocks(pack, catalogue)
    yield from check_critical_paths(pack)
    yield from _tasks_name_what_exists(pack, names)
    yield from _calendars_exist(pack, names)


def _packs_differ(landlord: LandlordSet) -> Iterator[Finding]:
    """One scheme and country has one pack, unless companies tell them apart."""
    for index, entry in enumerate(landlord.packs):
        for other in landlord.packs[:index]:
            if _same_cases(entry, other):
                message = f"There is another pack for these cases, in {other.source}."
                help = "Give one of them other companies, another country or another scheme."
                yield entry.source, problem("HB232", message, help, "/scheme")


def _same_cases(first: Entry[Pack], second: Entry[Pack]) -> bool:
    one, two = first.value, second.value
    if (one.scheme, one.country) != (two.scheme, two.country):
        return False
    return set(one.companies) == set(two.companies) or bool(set(one.companies) & set(two.companies))


def _tasks_name_what_exists(pack: Pack, names: Names) -> Iterator[Diagnostic]:
    for pointer, task in tasks_of(pack):
        if task.owner_role and names.roles is not None and task.owner_role not in names.roles:
            yield unknown("HB171", "role", task.owner_role, names.roles, f"{pointer}/owner_role")
        for code, what, key, given, known in (
            ("HB230", "template", "templates", task.templates, names.templates),
            ("HB226", "fact", "requires", task.requires, names.facts),
            ("HB227", "task attribute", "attributes", task.attributes, names.task_attributes),
        ):
            for index, name in enumerate(given):
                if known is not None and name not in known:
                    yield unknown(code, what, name, known, f"{pointer}/{key}/{index}")


def _calendars_exist(pack: Pack, names: Names) -> Iterator[Diagnostic]:
    for placed in placed_clocks(pack):
        calendar = placed.clock.calendar
        if calendar and names.calendars is not None and calendar not in names.calendars:
            yield unknown("HB217", "calendar", calendar, names.calendars, f"{placed.pointer}/calendar")
