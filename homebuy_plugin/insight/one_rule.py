"""What one allocation rule made of a case, also where the record only says that it was left out."""

from dataclasses import replace

from homebuy_plugin.allocation import PASSED
from homebuy_plugin.documents.formats import WHOLE
from homebuy_plugin.documents.model import AllocationSet
from homebuy_plugin.library import Library
from homebuy_plugin.store import documents, events
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.types import DecisionRecord, RuleConsidered
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.fold import apply
from homebuy_plugin.workflow.ranking import reconsider

NOT_ASKED = "not asked: "
"""How the reason of a rule behind the deciding one begins."""


def one_rule(
    library: Library, conn: StoreConnection, case: Casework, case_id: int, record: DecisionRecord, rule: str
) -> RuleConsidered | None:
    """The rule with every condition and the value it saw; None where the set had no such rule.

    The case is taken as it was created, the set is the one that decided.
    """
    rules = _deciding_set(library, conn, record)
    if rules is None:
        return None
    [first] = events.events_of(conn, case_id, until=1)
    created = Casework(apply(None, first), case.world, case.directory, record.at)
    found = reconsider(created, rules, rule, record.at)
    passed = next((r.because for r in record.considered if r.rule == rule and r.because.endswith(PASSED)), "")
    if found is not None and passed:
        return replace(found, applied=False, because=passed)
    if found is None or not record.rule or record.rule == rule:
        return found
    ranks = {each.id: each.rank for each in rules.rules}
    if ranks.get(record.rule, 0) > ranks[rule]:
        return found
    decided = next(each.name or each.id for each in rules.rules if each.id == record.rule)
    return replace(found, applied=False, because=f"{NOT_ASKED}“{decided}” decided before")


def names_of_rules(library: Library, conn: StoreConnection, record: DecisionRecord | None) -> frozenset[str]:
    """The ids in the allocation set that decided."""
    rules = _deciding_set(library, conn, record) if record else None
    return frozenset(rule.id for rule in rules.rules) if rules else frozenset()


def _deciding_set(library: Library, conn: StoreConnection, record: DecisionRecord) -> AllocationSet | None:
    """The version that decided: the one on record, else the last published by then."""
    versions = [
        ref
        for ref in documents.versions(conn)
        if (ref.kind, ref.code) == ("allocation", WHOLE)
        and (ref.version == record.rule_version if record.rule_version else ref.published_at <= record.at)
    ]
    if not versions:
        return None
    newest = max(versions, key=lambda ref: ref.version)
    found: AllocationSet = library.value(conn, newest.kind, newest.code, newest.version)
    return found
