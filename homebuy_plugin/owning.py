"""Who owns a case: the landlord's rules are asked, then the host; at its creation, or again."""

from collections.abc import Iterator
from datetime import datetime

from homebuy_plugin.allocation import HostOwner, PreviousOwners, allocate
from homebuy_plugin.store import history
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.types import CaseChange, DecisionRecord, Officer
from homebuy_plugin.workbench import Bench
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.requirements import texts_of
from homebuy_plugin.workflow.views import outcome


def ask_rules(bench: Bench, case: Casework, at: datetime) -> DecisionRecord:
    """Decide the owner of a case by the allocation set in force, and record it as an event."""
    rules, version = bench.shelf.allocation()
    return allocate(case, rules, version, at, host_owner(bench), previous_owners(bench.conn))


def reallocate(bench: Bench, case: Casework, change: CaseChange, at: datetime) -> None:
    """Ask the rules again because a person wants it; both decision records stay."""
    case.emit(e.REALLOCATION_ASKED, at, by=change.by, texts=texts_of(change, "reason"))
    ask_rules(bench, case, at)


def host_owner(bench: Bench) -> HostOwner:
    """Asks the host for the owner of a case that no rule claimed."""

    def ask(case: Casework, at: datetime) -> Officer | None:
        return bench.desk.port.resolve_owner(bench.session, outcome(case, at), at)

    return ask


def previous_owners(conn: StoreConnection) -> PreviousOwners:
    """Finds who owned earlier cases of the same applicants."""

    def find(case: Casework, months: int | None, at: datetime) -> Iterator[str]:
        ids = [a.id for a in case.state.applicants if a.id]
        return history.previous_owners(conn, ids, case.state.reference, months, at)

    return find
