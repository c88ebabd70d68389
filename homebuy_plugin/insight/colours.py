"""Every clock of the open cases that has not ended, with its colour."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, select

from homebuy_plugin.library import Shelf
from homebuy_plugin.store import tables
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.workflow.state import LIVE_CLOCK

OPEN_CASE = ("open", "on_hold")


@dataclass(frozen=True, kw_only=True, slots=True)
class ClockLine:
    """One clock of an open case.

    Attributes:
        subject: id of the task or stage that carries it; what: its name; name: the clock's own.
        colour: ``red amber green paused blocked waiting``.
        owners: ``kind:id`` of the task's owners, else the case's.
    """

    reference: str
    scheme: str
    subject: str
    what: str
    name: str
    kind: str
    colour: str
    due_on: date | None
    owners: tuple[str, ...]
    of_task: bool


def clock_lines(conn: StoreConnection, shelf: Shelf, now: datetime) -> Iterator[ClockLine]:
    """The clocks that run or wait for their start, soonest due first."""
    names: dict[tuple[str, int], dict[str, str]] = {}
    for row in conn.rows(_query()):
        pack = (row["pack"], row["pack_version"])
        if pack not in names:
            names[pack] = _names(shelf, *pack)
        yield _line(row, names[pack], now)


def _query() -> Any:
    k, c, t = tables.clock.c, tables.case.c, tables.task.c
    mine = and_(t.case_id == k.case_id, "task:" + t.id == k.subject)
    return (
        select(
            *(c.reference, c.scheme, c.pack, c.pack_version, c.owners.label("case_owners")),
            *(k.code, k.kind, k.subject, k.status, k.due_on, k.due_at, k.ambers),
            *(k.blocked_since, k.paused_at, t.owners.label("task_owners")),
        )
        .join_from(tables.clock, tables.case, c.id == k.case_id)
        .join(tables.task, mine, isouter=True)
        .where(c.status.in_(OPEN_CASE), k.status.in_(LIVE_CLOCK))
        .order_by(k.due_at.is_(None), k.due_at, c.reference, k.position)
    )


def _names(shelf: Shelf, code: str, version: int) -> dict[str, str]:
    """Names of stages, tasks and clocks (``task:CODE``, ``stage:CODE``, ``clock:CODE``)."""
    pack = shelf.world(code, version).pack
    found: dict[str, str] = {}
    for stage in pack.stages:
        found[f"stage:{stage.code}"] = stage.name
        for clock in stage.clocks:
            found[f"clock:{clock.code}"] = clock.name or clock.code
        for task in stage.tasks:
            found[f"task:{task.code}"] = task.name
            for clock in task.clocks:
                found[f"clock:{clock.code}"] = clock.name or clock.code
    return found


def _line(row: Mapping[str, Any], names: Mapping[str, str], now: datetime) -> ClockLine:
    kind, _, ident = row["subject"].partition(":")
    code = ident.partition("#")[0]
    return ClockLine(
        reference=row["reference"],
        scheme=row["scheme"],
        subject=ident,
        what=names.get(f"{kind}:{code}", code.replace("_", " ")),
        name=names.get(f"clock:{row['code']}", row["code"]),
        kind=row["kind"],
        colour=_colour(row, now),
        due_on=row["due_on"],
        owners=tuple(row["task_owners"] or row["case_owners"]),
        of_task=kind == "task",
    )


def _colour(row: Mapping[str, Any], now: datetime) -> str:
    if row["status"] != "running":
        return "waiting"
    if row["blocked_since"] is not None:
        return "blocked"
    if row["paused_at"] is not None:
        return "paused"
    if row["due_at"] is not None and now >= row["due_at"]:
        return "red"
    warned = any(now >= datetime.fromisoformat(a["at"]) for a in row["ambers"])
    return "amber" if warned else "green"
