"""Who has how much, and whether new work was shared out evenly."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from homebuy_plugin.exceptions import InvalidArgument
from homebuy_plugin.insight.moment import present
from homebuy_plugin.store import workload
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.roster import Roster
from homebuy_plugin.store.transactions import reading
from homebuy_plugin.workbench import Bench, Desk
from homebuy_plugin.workflow.records import pick_from_json

PERIOD = timedelta(days=90)
"""How far back a report looks that does not say."""


@dataclass(frozen=True, kw_only=True)
class OfficerLoad:
    """What one officer has, and got in the period.

    Attributes:
        here: at work today.
        open_cases: that they own, alone or with others.
        open_tasks: their own, and those that follow their cases.
        assigned: cases that became theirs in the period, whoever gave them.
        chosen: how often rules or a bulk reassignment chose them from a role in the period.
        expected: how often an even share of the same choices would have come to them: of each one
            an equal part for everybody who could have been chosen then. Who was away, had left or
            was full expects nothing of it.
        away_days: days of the period they were away, by the package's own table.
        left_on: the first local date on which they are no longer here.
    """

    id: str
    name: str
    roles: tuple[str, ...] = ()
    here: bool = True
    open_cases: int = 0
    open_tasks: int = 0
    capacity: int | None = None
    assigned: int = 0
    chosen: int = 0
    expected: float = 0.0
    away_days: int = 0
    left_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Workload:
    """The officers of a landlord side by side.

    Attributes:
        since, until: local dates of the period, half-open.
        role: the only role counted, or None.
        choices: how often somebody was chosen from a role in the period; the sum of all shares.
        officers: by id.
    """

    since: date
    until: date
    role: str | None
    choices: int
    officers: tuple[OfficerLoad, ...]

    def share(self, load: OfficerLoad) -> tuple[float, float]:
        """What part of the choices fell on an officer, and what part an even share is; 0 to 1."""
        return (load.chosen / self.choices, load.expected / self.choices) if self.choices else (0.0, 0.0)


def officer_workload(
    desk: Desk,
    engine: Engine,
    since: date | None = None,
    until: date | None = None,
    role: str | None = None,
    now: datetime | None = None,
) -> Workload:
    """Who has how much now, and got how much in a period; read in one snapshot.

    Args:
        desk: of the HomeBuy.
        engine: its database.
        since: first local date of the period; None for 90 days before its end.
        until: first local date after it; None for tomorrow.
        role: only officers who are in this role or were chosen from it.
        now: None for the database's clock, or a simulation's own time.

    Raises:
        InvalidArgument: the period ends before it begins.
    """
    with reading(engine, desk.library.settings.schema) as conn:
        bench = Bench.of(desk, conn, conn.raw, dry=True)
        calendar = bench.shelf.home()
        today = calendar.local_date(now or present(conn))
        end = until or today + timedelta(days=1)
        start = since or end - PERIOD
        if end <= start:
            raise InvalidArgument(f"The period ends on {end}, which is not after its beginning, {start}.")
        period = _Period(start, end, calendar.midnight(start), calendar.midnight(end))
        return _told(bench, period, role, today)


@dataclass(frozen=True, slots=True)
class _Period:
    start: date
    end: date
    since: datetime
    until: datetime


def _told(bench: Bench, period: _Period, role: str | None, today: date) -> Workload:
    conn, roster = bench.conn, bench.directory.roster
    chosen, expected = _shares(conn, period, role)
    cases, tasks = workload.owned(conn), workload.open_tasks(conn)
    got = workload.assigned(conn, period.since, period.until)
    roles = _roles(bench, roster, today)
    shown = {f"user:{o}" for o in roles if role is None or role in roles[o]} | expected.keys()
    if role is None:
        shown |= {key for key in (*roster.contacts, *cases, *tasks, *got) if key.startswith("user:")}

    def load(key: str) -> OfficerLoad:
        ident = key.partition(":")[2]
        return OfficerLoad(
            id=ident,
            name=bench.directory.contact(key).name,
            roles=roles.get(ident, ()),
            here=bench.directory.available(key, today),
            open_cases=cases.get(key, 0),
            open_tasks=tasks[key],
            capacity=bench.directory.capacity(key),
            assigned=got.get(key, 0),
            chosen=chosen[key],
            expected=expected.get(key, 0.0),
            away_days=_days_away(roster, ident, period),
            left_on=roster.limits.get(ident, (None, None))[1],
        )

    loads = tuple(load(key) for key in sorted(shown))
    return Workload(since=period.start, until=period.end, role=role, choices=chosen.total(), officers=loads)


def _shares(
    conn: StoreConnection, period: _Period, role: str | None
) -> tuple[Counter[str], dict[str, float]]:
    """How often each was chosen from a role, and what an even share would have been."""
    chosen: Counter[str] = Counter()
    expected: dict[str, float] = {}
    for raw in workload.picks(conn, period.since, period.until):
        pick = pick_from_json(raw)
        if not pick.officers or pick.strategy in ("named", "role") or role not in (None, pick.role):
            continue
        chosen.update(pick.officers)
        for officer in pick.among:
            expected[officer] = expected.get(officer, 0.0) + len(pick.officers) / len(pick.among)
    return chosen, expected


def _roles(bench: Bench, roster: Roster, today: date) -> Mapping[str, tuple[str, ...]]:
    """Officer to their roles today: those of our tables, and those that rules choose from."""
    found: dict[str, tuple[str, ...]] = {}
    for role in sorted({*roster.memberships, *bench.shelf.turn_roles()}):
        for member in bench.directory.members(role, today):
            found[member.id] = (*found.get(member.id, ()), role)
    return found


def _days_away(roster: Roster, officer: str, period: _Period) -> int:
    days: set[date] = set()
    for start, end, _ in roster.absences.get(officer, ()):
        first, last = max(start or period.start, period.start), min(end or period.end, period.end)
        days |= set(_days(first, last))
    return len(days)


def _days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=n) for n in range((last - first).days))


def as_data(found: Workload) -> dict[str, Any]:
    """The same for machines."""
    return {
        "since": found.since,
        "until": found.until,
        "role": found.role,
        "choices": found.choices,
        "officers": [_load_data(found, load) for load in found.officers],
    }


def _load_data(found: Workload, load: OfficerLoad) -> dict[str, Any]:
    share, expected = found.share(load)
    plain = {name: getattr(load, name) for name in load.__dataclass_fields__}
    return plain | {"expected": round(load.expected, 2), "share": share, "expected_share": expected}
