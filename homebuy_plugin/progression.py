"""A case moves on: lock it, settle it first, change it, let follow what follows, save it.

Everything happens in the caller's transaction, inside a savepoint: when a call raises,
nothing of it is left, whatever the caller then does with the transaction.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from homebuy_plugin.arguments import check_change, check_now, check_reference
from homebuy_plugin.exceptions import InvalidArgument, UnknownReference
from homebuy_plugin.library import DERIVED
from homebuy_plugin.store import cases, events
from homebuy_plugin.store.cases import LoadedCase
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.types import CaseChange, CaseOutcome, DecisionRecord, TaskChange
from homebuy_plugin.workbench import Bench, Desk, finished, instant
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.advance import advance
from homebuy_plugin.workflow.case_changes import change_case
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.facts import check_facts
from homebuy_plugin.workflow.records import record_from_json
from homebuy_plugin.workflow.settle import settle
from homebuy_plugin.workflow.task_changes import change_task, find_task
from homebuy_plugin.workflow.views import outcome
from homebuy_plugin.workflow.world import World

Apply = Callable[[Casework, datetime], None]


@contextmanager
def all_or_nothing(conn: StoreConnection) -> Iterator[None]:
    """A savepoint on the caller's transaction."""
    with conn.raw.begin_nested():
        yield


def checked(world: World, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts in the form they are kept in.

    Raises:
        UnknownName: a name that no attribute has, or that is worked out from the case.
    """
    return check_facts(facts, world.catalogue, DERIVED, world.host_variables)


def locked(conn: StoreConnection, reference: str) -> LoadedCase:
    """The case of a reference, ours until the transaction ends.

    Raises:
        UnknownReference: no case has it.
    """
    check_reference(reference)
    case_id = cases.lock(conn, reference)
    if case_id is None:
        raise UnknownReference(reference)
    return cases.load(conn, [case_id])[0]


def decision_of(conn: StoreConnection, case_id: int) -> DecisionRecord | None:
    """The record of a case's allocation."""
    for event in events.bare(conn, case_id, (e.CASE_ALLOCATED, e.CASE_UNALLOCATED)):
        return record_from_json(event.data["decision"])
    return None


def update_case(
    desk: Desk, conn: StoreConnection, session: Any, reference: str, change: CaseChange, now: datetime | None
) -> CaseOutcome:
    """Change a case; it is settled up to the instant first."""
    check_change(change, CaseChange, "CaseChange.update(...)")

    def apply(case: Casework, at: datetime) -> None:
        change_case(case, change, checked(case.world, change.data.get("facts", {})), at)

    version = _version(change) if change.action == "migrate" else None
    return _update(desk, conn, session, reference, now, apply, version)


def _version(change: CaseChange) -> int:
    version = change.data["version"]
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise InvalidArgument(f"version is the number of a published pack, not {version!r}.")
    return version


def update_task(
    desk: Desk,
    conn: StoreConnection,
    session: Any,
    reference: str,
    task: str,
    change: TaskChange,
    now: datetime | None,
) -> CaseOutcome:
    """Change a task, named by code or id; its case is settled up to the instant first."""
    check_change(change, TaskChange, "TaskChange.complete(by=...)")
    if not isinstance(task, str):
        raise InvalidArgument(f"task is the code or id of a task, not {task!r}.")

    def apply(case: Casework, at: datetime) -> None:
        facts = checked(case.world, change.data.get("facts") or {})
        change_task(case, find_task(case, task), change, facts, at)

    return _update(desk, conn, session, reference, now, apply)


def _update(
    desk: Desk,
    conn: StoreConnection,
    session: Any,
    reference: str,
    now: datetime | None,
    change: Apply,
    pack_version: int | None = None,
) -> CaseOutcome:
    check_now(now)
    loaded = locked(conn, reference)
    with all_or_nothing(conn):
        bench = Bench.of(desk, conn, session)
        case = bench.open(loaded, instant(conn, now))
        at = case.now
        settle(case, at)
        if pack_version is not None:
            case.world = replace(case.world, move=bench.shelf.move_to(case.state, pack_version, at))
        change(case, at)
        advance(case, at)
        settle(case, at)
        write = finished(case, loaded.case_id, loaded.state, loaded.wakeups)
        bench.save([write])
        bench.audit(reference, write.events)
        return outcome(case, at, because=tuple(case.because), decision=decision_of(conn, loaded.case_id))
