"""Who owns what, and why: the cases under the rule that decided."""

import re
from collections.abc import Iterator

from homebuy_plugin.demo.walk import Months
from homebuy_plugin.engine.catalogue import Catalogue
from homebuy_plugin.engine.phrases import describe_seen
from homebuy_plugin.insight.wording import listed, scheme_name
from homebuy_plugin.store.transactions import reading
from homebuy_plugin.types import CaseOutcome, RuleConsidered

_LOAD = re.compile(r"\((.* open cases?)\)")


def owners(months: Months) -> Iterator[str]:
    """The cases under the rules that gave them their owners, in the order the rules are tried."""
    catalogue = _catalogue(months)
    yield "A new case goes through the landlord's rules in order; the first that applies decides."
    for considered, cases in _by_rule(months.created):
        yield ""
        yield f"“{considered.name}”{_because(considered, catalogue)}"
        for case in cases:
            yield _row(months, case)
    yield ""
    yield "homebuy rules why REF shows every rule that was tried for a case, with what it saw."


def _because(considered: RuleConsidered, catalogue: Catalogue) -> str:
    """What the rule asks, in the words of the first case: the values differ from case to case."""
    seen = listed((describe_seen(c, catalogue) for c in considered.conditions if c.result == "true"), "")
    return f": {_named(seen)}" if seen else ""


def _catalogue(months: Months) -> Catalogue:
    library = months.hb.desk.library
    with reading(months.hb.engine) as conn:
        return library.catalogue(library.shelf(conn).whole("attributes"))


def _records(cases: list[CaseOutcome]) -> Iterator["_Record"]:
    for case in cases:
        if case.decision is not None:
            yield _Record(case)


class _Record:
    """A case with the rules its decision looked at; the last one decided."""

    def __init__(self, case: CaseOutcome) -> None:
        self.case = case
        self.considered = case.decision.considered if case.decision else ()


def _by_rule(cases: list[CaseOutcome]) -> list[tuple[RuleConsidered, list[CaseOutcome]]]:
    found: dict[str, tuple[int, RuleConsidered, list[CaseOutcome]]] = {}
    for record in _records(cases):
        place, last = len(record.considered), record.considered[-1]
        found.setdefault(last.rule, (place, last, []))[2].append(record.case)
    return [(rule, cases) for _, rule, cases in sorted(found.values(), key=lambda each: each[0])]


def _row(months: Months, case: CaseOutcome) -> str:
    people = _family(months.people[case.reference])
    return f"    {case.reference}  {scheme_name(case.scheme):<16}  {people:<31} → {_owner(case)}"


def _family(names: str) -> str:
    """``Karen and Femi Oyelaran`` for two people of one name."""
    first, _, second = names.partition(" and ")
    if second and first.split()[-1] == second.split()[-1]:
        return f"{' '.join(first.split()[:-1])} and {second}"
    return names


def _owner(case: CaseOutcome) -> str:
    text = case.decision.text if case.decision else ""
    if case.needs_owner:
        why = text.removeprefix("The case needs an owner: ").partition(" because ")[0]
        return f"NOBODY YET: {why}"
    names = listed(f"the role {o.name or o.id}" if o.kind == "role" else o.name or o.id for o in case.owners)
    chosen = text.partition(" Chosen ")[2]
    if "in turn" in chosen:
        return f"{names} (in turn)"
    found = _LOAD.search(chosen)
    return f"{names} (fewest: {found.group(1)})" if found else names


def _named(text: str) -> str:
    for code in ("right_to_buy", "right_to_acquire", "social_homebuy"):
        text = text.replace(code, scheme_name(code))
    return text
