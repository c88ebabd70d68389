"""The examples that stand beside rules: do they come out as their author expected?"""

from collections.abc import Iterator
from typing import Any

from homebuy_plugin.documents.attribute_schema import value_problem
from homebuy_plugin.documents.diagnostics import Diagnostic, below, moved, problem
from homebuy_plugin.documents.landlord_set import Entry, LandlordSet
from homebuy_plugin.documents.model import AllocationRule, EscalationRule, RuleTest
from homebuy_plugin.documents.pack_checks import unknown
from homebuy_plugin.documents.rule_checks import Finding
from homebuy_plugin.engine import Catalogue, compile_conditions, evaluate
from homebuy_plugin.exceptions import HomeBuyError


def check_rule_tests(landlord: LandlordSet) -> Iterator[Finding]:
    """Every test of every rule; nothing where facts cannot be looked up."""
    if landlord.catalogue is None:
        return
    rules: tuple[Entry[AllocationRule | EscalationRule], ...] = (*landlord.allocation, *landlord.escalation)
    for entry in rules:
        for index, test in enumerate(entry.value.tests):
            for found in check_test(entry.value, test, landlord.catalogue):
                yield entry.source, moved(found, f"{entry.pointer}/tests/{index}")


def check_test(
    rule: AllocationRule | EscalationRule, test: RuleTest, catalogue: Catalogue
) -> Iterator[Diagnostic]:
    """What is wrong with one test, or with the rule if the test is right."""
    wrong = list(_check_given(test, catalogue))
    yield from wrong
    if wrong:
        return
    try:
        conditions = compile_conditions(rule.conditions, catalogue)
        matches = evaluate(conditions, test.given).result
    except HomeBuyError:
        return  # the conditions themselves are at fault, which is reported there
    if matches != test.matches:
        message = f"The test “{test.name}” expects {_said(test.matches)}; the rule {_does(matches)}."
        yield problem("HB158", message, "Correct the conditions, or the test.", "/matches")


def _check_given(test: RuleTest, catalogue: Catalogue) -> Iterator[Diagnostic]:
    for name, value in test.given.items():
        variable = catalogue.variables.get(name)
        place = below("/given", name)
        if variable is None:
            yield unknown("HB157", "variable", name, catalogue.variables, place)
        elif wrong := value_problem(value, variable.type, variable.options):
            yield problem("HB157", f"“{name}” {wrong}.", "", place)


def _said(matches: bool) -> str:
    return "a match" if matches else "no match"


def _does(matches: Any) -> str:
    return "matches" if matches else "does not match"
