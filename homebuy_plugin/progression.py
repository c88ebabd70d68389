"""A case moves on: lock it, settle it first, change it, let follow what follows, save it.

Everything happens in the caller's transaction, inside a savepoint: when a call raises,
nothing of it is left, whatever the caller then does with the transaction.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from homebuy_plugin.arguments import check_by, check_change, check_now, check_reference
from homebuy_plugin.exceptions import InvalidArgument, UnknownReference
from homebuy_plugin.library import DERIVED
from homebuy_plugin.linking import merge
from homebuy_plugin.owning import reallocate
from homebuy_plugin.store import cases, events
from homebuy_plugin.store.cases import LoadedCase
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.personal import erase_personal
from homebuy_plugin.store.saving import CaseWrite
from homebuy_plugin.store.transactions import savepoint
from homebuy_plugin.types import CaseChange, CaseOutcome, DecisionRecord, TaskChange
from homebuy_plugin.workbench import Bench, Desk, finished, instant
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.advance import advance
from homebuy_plugin.workflow.case_changes import change_case, check_possible
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.facts import check_facts
from homebuy_plugin.workflow.records import record_from_json
from homebuy_plugin.workflow.settle import settle
from homebuy_plugin.workflow.task_changes import change_task, find_task
from homebuy_plugin.workflow.views import outcome
from homebuy_plugin.workflow.world import World

Apply = Callable[[Casework, datetime], None]
"""Changes a settled case."""
OnBench = Callable[[Bench, Casework, datetime], Sequence[CaseWrite]]
"""Changes a settled case; gives what is to be written of other cases that the change concerns."""


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
    """The record of a case's allocation, the last one."""
    found = events.bare(conn, case_id, (e.CASE_ALLOCATED, e.CASE_UNALLOCATED))
    return record_from_json(found[-1].data["decision"]) if found else None


def update_case(
    desk: Desk, conn: StoreConnection, session: Any, reference: str, change: CaseChange, now: datetime | None
) -> CaseOutcome:
    """Change a case; it is settled up to the instant first."""
    check_change(change, CaseChange, "CaseChange.update(...)")

    other = _other(conn, reference, change) if change.action == "merge" else None

    def apply(bench: Bench, case: Casework, at: datetime) -> Sequence[CaseWrite]:
        check_possible(case, change)
        if other is not None:
            return [merge(bench, case, other, change, at)]
        if change.action == "reallocate":
            reallocate(bench, case, change, at)
            return ()
        change_case(case, change, checked(case.world, change.data.get("facts", {})), at)
        return ()

    version = _version(change) if change.action == "migrate" else None
    return _work(desk, conn, session, reference, now, apply, version)


def _other(conn: StoreConnection, reference: str, change: CaseChange) -> LoadedCase:
    """The other case of a merger. Both are locked, in one order whoever is merged into whom."""
    name = change.data["reference"]
    if name == reference:
        raise InvalidArgument("reference names the other case, the one to be closed; this one is kept.")
    for each in sorted((reference, name)):
        locked(conn, each)
    return locked(conn, name)


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

    return work_on(desk, conn, session, reference, now, apply)


def work_on(
    desk: Desk,
    conn: StoreConnection,
    session: Any,
    reference: str,
    now: datetime | None,
    change: Apply,
) -> CaseOutcome:
    """Lock a case, settle it up to the instant, change it, let follow what follows, save it."""

    def alone(bench: Bench, case: Casework, at: datetime) -> Sequence[CaseWrite]:
        change(case, at)
        return ()

    return _work(desk, conn, session, reference, now, alone)


def _work(
    desk: Desk,
    conn: StoreConnection,
    session: Any,
    reference: str,
    now: datetime | None,
    change: OnBench,
    pack_version: int | None = None,
) -> CaseOutcome:
    check_now(now)
    loaded = locked(conn, reference)
    with savepoint(conn):
        bench = Bench.of(desk, conn, session)
        case = bench.open(loaded, instant(conn, now))
        at = case.now
        settle(case, at)
        if pack_version is not None:
            case.world = replace(case.world, move=bench.shelf.move_to(case.state, pack_version, at))
        others = change(bench, case, at)
        advance(case, at)
        settle(case, at)
        bench.put_away([finished(case, loaded.case_id, loaded.state, loaded.wakeups), *others])
        return outcome(case, at, because=tuple(case.because), decision=decision_of(conn, loaded.case_id))


def erase(
    desk: Desk, conn: StoreConnection, session: Any, reference: str, by: str | None, now: datetime | None
) -> CaseOutcome:
    """Empty what names people in a case, once all that fell due before was decided."""
    check_by(by)
    check_now(now)
    locked(conn, reference)  # a write: before it a savepoint would be a transaction of its own (SQLite)
    with savepoint(conn):
        work_on(desk, conn, session, reference, now, lambda case, at: None)
        event = erase_personal(conn, reference, by, instant(conn, now))
        bench = Bench.of(desk, conn, session)
        bench.audit(reference, [event])
        case = bench.open(locked(conn, reference), event.at)
        because = ("Names, addresses, free text and personal facts of this case were erased.",)
        return outcome(case, case.now, because=because)
