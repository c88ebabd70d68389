"""Second pass over sample data: officers in roles, facts of cases."""

from collections.abc import Iterator

from homebuy_plugin.documents.attribute_schema import value_problem
from homebuy_plugin.documents.diagnostics import Diagnostic, below, moved, problem
from homebuy_plugin.documents.landlord_set import LandlordSet
from homebuy_plugin.documents.model import CaseSample, Landlord
from homebuy_plugin.documents.names import Names
from homebuy_plugin.documents.pack_checks import repeated, unknown
from homebuy_plugin.documents.rule_checks import Finding, twice
from homebuy_plugin.engine.catalogue import Catalogue


def check_samples(landlord: LandlordSet, names: Names) -> Iterator[Finding]:
    """Officers and cases."""
    for entry in landlord.officers:
        for found in _check_officers(entry.value):
            yield entry.source, found
    yield from twice(landlord.cases, "/reference", "HB502", "case", lambda case: case.case.reference)
    for sample in landlord.cases:
        for found in _check_case(sample.value, landlord, names):
            yield sample.source, moved(found, sample.pointer)


def _check_officers(landlord: Landlord) -> Iterator[Diagnostic]:
    ids = [(f"/officers/{index}/id", officer.id) for index, officer in enumerate(landlord.officers)]
    codes = [(f"/roles/{index}/id", role.id) for index, role in enumerate(landlord.roles)]
    for pointer, name, _ in (*repeated(ids), *repeated(codes)):
        yield problem("HB502", f"“{name}” is there twice.", "", pointer)
    known = {officer.id for officer in landlord.officers}
    for at, role in enumerate(landlord.roles):
        for index, member in enumerate(role.members):
            if member.id not in known:
                yield unknown("HB172", "officer", member.id, known, f"/roles/{at}/members/{index}/id")
    for index, absence in enumerate(landlord.absences):
        if absence.officer not in known:
            yield unknown("HB172", "officer", absence.officer, known, f"/absences/{index}/officer")


def _check_case(sample: CaseSample, landlord: LandlordSet, names: Names) -> Iterator[Diagnostic]:
    case = sample.case
    if names.schemes is not None and case.scheme not in names.schemes:
        yield unknown("HB163", "scheme", case.scheme, names.schemes, "/scheme")
    if landlord.catalogue is not None and names.facts is not None:
        for name, value in case.facts.items():
            yield from _check_fact(name, value, landlord.catalogue)


def _check_fact(name: str, value: object, catalogue: Catalogue) -> Iterator[Diagnostic]:
    variable = catalogue.variables.get(name)
    place = below("/facts", name)
    if variable is None:
        yield unknown("HB501", "fact", name, catalogue.variables, place)
    elif wrong := value_problem(value, variable.type, variable.options):
        yield problem("HB501", f"“{name}” {wrong}.", "", place)
