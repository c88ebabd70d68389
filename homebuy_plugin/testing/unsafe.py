"""Ways of doing it wrong, for tests that must be seen to notice.

Each function is the ``prepare`` of a :class:`~homebuy_plugin.testing.crashing.Job`: it breaks the
package in that one process.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from types import ModuleType
from typing import Any

from sqlalchemy import Engine, select, text, update

from homebuy_plugin import tick as ticking
from homebuy_plugin.store import cases, claims, tables
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.transactions import reading
from homebuy_plugin.testing.small_landlord import SmallLandlord
from homebuy_plugin.types import TickReport

_KEYED = ("homebuy_rung", "homebuy_event", "homebuy_outbox")


def without_keys(engine: Engine) -> None:
    """Put scratch copies that have no key in the place of the tables a tick appends to."""
    with engine.begin() as connection:
        for name in _KEYED:
            connection.execute(text(f"ALTER TABLE {name} RENAME TO {name}_kept"))
            connection.execute(text(f"CREATE TABLE {name} AS SELECT * FROM {name}_kept"))  # noqa: S608 - tables of ours


def twice_decided(engine: Engine) -> int:
    """How many rungs were recorded more than once."""
    rung = tables.rung.c
    key = (rung.case_id, rung.subject, rung.clock, rung.run, rung.rule, rung.anchor, rung.occurrence)
    with engine.connect() as connection:
        rows = list(connection.execute(select(*key)))
    return len(rows) - len(set(rows))


def decide_only(landlord: SmallLandlord) -> None:
    """Hand nothing over: rows of a scratch copy have no number to lease them by."""
    _replace(ticking, deliver=lambda *_: TickReport())


def read_before_lock(landlord: SmallLandlord) -> None:
    """Decide on what was due and known before anything was locked."""
    decide_only(landlord)
    with reading(landlord.engine) as conn:
        known = list(conn.execute(tables.case.select()).scalars())
        stale = {each.case_id: each for each in cases.load(conn, known)}
        ids = [i for i, each in stale.items() if each.wakeups]

    def claim(conn: StoreConnection, now: datetime, limit: int, skip: Collection[int] = ()) -> list[int]:
        taken, ids[:limit] = ids[:limit], []
        return taken

    def load(conn: StoreConnection, wanted: Sequence[int]) -> list[Any]:
        return [stale[i] for i in wanted]

    _replace(claims, claim=claim)
    _replace(cases, load=load)


def wakeups_first(landlord: SmallLandlord) -> None:
    """Lock wake-ups before their cases; everybody else goes the other way round."""
    wakeup, case = tables.wakeup.c, tables.case.c

    def claim(conn: StoreConnection, now: datetime, limit: int, skip: Collection[int] = ()) -> list[int]:
        due = tables.wakeup.select().where(wakeup.due_at <= now).order_by(wakeup.due_at, wakeup.case_id)
        rows = conn.rows(due.limit(limit).with_for_update(skip_locked=True))
        ids = list(dict.fromkeys(row["case_id"] for row in rows))
        if ids:
            conn.execute(update(tables.case).where(case.id.in_(ids)).values(revision=case.revision + 1))
        return ids

    _replace(claims, claim=claim)


def _replace(module: ModuleType, **names: Any) -> None:
    """Put something else under names that a module has."""
    for name, value in names.items():
        if not hasattr(module, name):
            raise AttributeError(f"{module.__name__} has no {name}")
        setattr(module, name, value)
