"""All work of one officer goes to others: a preview of who gets what and why, then exactly that.

The preview has no way to write. To carry it out, it is worked out again under the lock of every
choice and refused where anything differs; then each case moves in a short transaction of its own.
What is left after a crash is on file: the same call goes on with it.
"""

import hashlib
import json
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from sqlalchemy import Engine

from homebuy_plugin.arguments import check_now
from homebuy_plugin.exceptions import InvalidArgument, PlanOutdated
from homebuy_plugin.insight.moment import present, simulated_until
from homebuy_plugin.progression import work_on
from homebuy_plugin.reassignment.hand import Hand
from homebuy_plugin.reassignment.plan import (
    RULES,
    PlannedMove,
    ReassignmentPlan,
    ReassignmentReport,
    plan_from_json,
    plan_json,
)
from homebuy_plugin.reassignment.preview import differences, planned
from homebuy_plugin.store import journal
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.transactions import reading, writing
from homebuy_plugin.types import Officer
from homebuy_plugin.workbench import Bench, Desk
from homebuy_plugin.workflow.task_changes import officer_key

STRATEGIES = ("role", "round_robin", "least_open_cases")

__all__ = [
    "RULES",
    "STRATEGIES",
    "PlannedMove",
    "ReassignmentPlan",
    "ReassignmentReport",
    "carry_out",
    "check_target",
    "plan",
    "plan_from_json",
    "plan_json",
]


def plan(
    desk: Desk, engine: Engine, officer: str, to: str, strategy: str, now: datetime | None
) -> ReassignmentPlan:
    """Who would get what; read in one snapshot that cannot write.

    Where a plan of this officer to the same was interrupted, it is that one.
    """
    with reading(engine, desk.library.settings.schema) as conn:
        begun = _begun(conn, officer)
        if begun is not None and (begun.to, begun.strategy) == (to, strategy):
            return replace(begun, unfinished=True)
        return planned(Bench.of(desk, conn, conn.raw, dry=True), officer, to, strategy, now or present(conn))


def check_target(officer: str, to: str | Officer, strategy: str) -> str:
    """The target as plans name it.

    Raises:
        InvalidArgument: to themselves, or by no known strategy.
    """
    target = to if to == RULES else officer_key(to)
    if target == f"user:{officer}":
        raise InvalidArgument(f"The work of {officer!r} cannot go to {officer!r}.")
    if strategy not in STRATEGIES:
        raise InvalidArgument(f"strategy is one of {', '.join(STRATEGIES)}, not {strategy!r}.")
    return target


def carry_out(
    desk: Desk, engine: Engine, wanted: ReassignmentPlan, reason: str, by: str | None, now: datetime | None
) -> ReassignmentReport:
    """Do what a plan says, case by case; go on with it where it was interrupted.

    Raises:
        PlanOutdated: something else would happen now; nothing was changed.
    """
    check_now(now)
    schema, name = desk.library.settings.schema, _mark(wanted.officer)
    with writing(engine, schema, wait=True) as conn:
        at = now or simulated_until(conn)
        settled = _begin(desk, conn, wanted, at or present(conn))
    report = ReassignmentReport()
    for reference, moves in groupby(settled.moves, key=lambda move: move.reference):
        with writing(engine, schema, wait=True) as conn:
            hand = Hand(list(moves), reason, by)
            work_on(desk, conn, conn.raw, reference, at, hand.move)
        report = hand.added_to(report)
    with writing(engine, schema, wait=True) as conn:
        journal.clear_mark(conn, name)
    return report


def _begin(desk: Desk, conn: StoreConnection, wanted: ReassignmentPlan, at: datetime) -> ReassignmentPlan:
    """Check that the plan still holds, take its turns, and put it on file; or find it there.

    It does what was wanted; why, it says as of now.
    """
    begun = _begun(conn, wanted.officer)
    if begun is not None and begun.token == wanted.token:
        return begun
    bench = Bench.of(desk, conn, conn.raw)
    fresh = planned(bench, wanted.officer, wanted.to, wanted.strategy, at)
    if fresh.token != wanted.token:
        raise PlanOutdated(list(differences(bench, wanted, fresh)))
    bench.directory.save_turns()
    journal.set_mark(conn, _mark(wanted.officer), json.dumps(plan_json(fresh)))
    return fresh


def _mark(officer: str) -> str:
    return f"reassignment {hashlib.sha256(officer.encode()).hexdigest()[:32]}"


def _begun(conn: StoreConnection, officer: str) -> ReassignmentPlan | None:
    value = journal.mark(conn, _mark(officer))
    return plan_from_json(json.loads(value)) if value else None
