"""Who publishes, brings in officers or open cases, or upgrades a database is killed on the way.

Nothing is half done, and the same once more does it, as if nobody had been killed.
"""

import json
from datetime import UTC, date, datetime
from itertools import count

import pytest
from sqlalchemy import inspect, select

from homebuy_plugin import Settings
from homebuy_plugin.store import migrations, tables
from homebuy_plugin.testing.crashing import (
    ALARMED,
    ANYTHING,
    COMMIT,
    KILLED,
    Job,
    Mail,
    Outside,
    after,
    before,
    call,
    during,
    make,
    run,
)
from homebuy_plugin.testing.databases import fresh_engine
from homebuy_plugin.testing.small_documents import (
    ALLOCATION,
    ESCALATION,
    GROUPS,
    PACK,
    escalation,
    notify,
    rule,
)
from homebuy_plugin.testing.small_landlord import SmallLandlord, at, small_landlord

NOW = at(10, 10)
# Numbers given out, times of the clock, how often a case was locked, the lot that a roster draws.
VOLATILE = {"case_id", "recorded_at", "homebuy_tick.started_at", "revision", "homebuy_mark.value"}
OFFICERS = {
    "format": "homebuy.officers/1",
    "officers": [{"id": i, "name": f"New {i}", "address": f"{i}@new.example"} for i in ("amir", "zoe")],
    "roles": [{"id": "leasehold_officer", "name": "Leasehold", "members": [{"id": "zoe"}]}],
    "absences": [{"officer": "amir", "from": "2026-11-10", "to": "2026-11-17", "reason": "leave"}],
}
NEW_PACK = {
    **PACK,
    "name": "Another",
    "stages": [*PACK["stages"][:-1], {**PACK["stages"][-1], "name": "Late"}],
}
NEW_GROUPS = {**GROUPS, "groups": [{**each, "name": f"New {each['name']}"} for each in GROUPS["groups"]]}
NEW_RULES = escalation(*ESCALATION["rules"], rule("early", "amber", notify("manager", template="near")))
NEW_OWNERS = {**ALLOCATION, "rules": ALLOCATION["rules"][:1]}


def at_work(engine):
    """Two cases, some days without a tick."""
    small_landlord(engine)
    landlord = SmallLandlord(engine, [])
    for reference in ("HB-1", "HB-2"):
        landlord.create(reference)


def earlier(engine):
    """The same, as an earlier version of the package left it."""
    at_work(engine)
    assert migrations.downgrade(engine, "0001")


PUBLISH = call("publish", NOW, pack=NEW_PACK, groups=NEW_GROUPS, escalation=NEW_RULES, allocation=NEW_OWNERS)
OFFICERS_COME = call("homebuy.staff.take_over", json.dumps(OFFICERS))
GO_LIVE = call(
    "take_in",
    ["HB-7", "HB-8", "HB-9"],
    NOW,
    served_on=date(2026, 9, 14),
    live_from=datetime(2026, 11, 10, 9, tzinfo=UTC),
)
UPGRADE = call("homebuy.upgrade", NOW)
WORK = {
    "publish": (at_work, PUBLISH),
    "officers": (at_work, OFFICERS_COME),
    "open_cases": (at_work, GO_LIVE),
    "upgrade_from_nothing": (None, UPGRADE),
    "upgrade_from_0001": (earlier, UPGRADE),
}


def here_and_there():
    """Before the first, fourth, sixteenth ... line it comes to."""
    return (before(ANYTHING, nth=4**n) for n in count())


def around_commits():
    return (
        how(*[COMMIT] * n, **more)
        for n in count(1)
        for how, more in ((during, {"microseconds": 150}), (after, {}))
    )


def rows(engine):
    """Every row of every table there is; None for a table that is not."""
    there = set(inspect(engine).get_table_names())
    found = {"tables": there}
    with engine.connect() as connection:
        for table in tables.case.metadata.sorted_tables:
            columns = [c for c in table.c if not _volatile(c) and _has(engine, c, there)]
            found[table.name] = sorted(map(repr, connection.execute(select(*columns)))) if columns else None
    return found


def different(one, other):
    """The tables that differ, with the rows that only one has."""
    names = [name for name in one if one[name] != other[name]]
    return {n: set(one[n] or ()) ^ set(other[n] or ()) or "repeated" for n in names}


def _volatile(column):
    names = {column.name, f"{column.table.name}.{column.name}"}
    return bool(names & VOLATILE) or (column.name == "id" and column.type.python_type is int)


def _has(engine, column, there):
    name = column.table.name
    return name in there and column.name in {c["name"] for c in inspect(engine).get_columns(name)}


class Crash:
    """A database, and work on it that is killed."""

    def __init__(self, engine, path, work):
        self.engine, self.outside, self.work = engine, Outside(path), work
        self.before = rows(engine)

    def killed(self, place):
        """Whether whoever did the work was killed; all or nothing of each transaction is done."""
        url = self.engine.url.render_as_string(hide_password=False)
        code = run(Job(url=url, sent=self.outside.path, calls=[self.work], place=place))
        assert code in (KILLED, ALARMED, 0), self.outside.errors()
        return code != 0

    def done(self):
        """What there is when somebody who lives does the work, and the scheduler comes by."""
        landlord = SmallLandlord(self.engine, [Mail(self.outside.path)], Settings(batch=2))
        make(landlord, [self.work, call("tick", NOW)], self.outside)
        return rows(self.engine) | {"left": self.outside.keys()}


@pytest.mark.slow
@pytest.mark.parametrize("name", WORK)
def test_killed_while_setting_up(databases, tmp_path, name):
    prepare, work = WORK[name]
    with fresh_engine(databases, prepare) as engine:
        calm = Crash(engine, tmp_path / "calm", work)
        make(SmallLandlord(engine, []), [work], calm.outside)
        finished = rows(engine)
        assert finished != calm.before
    with fresh_engine(databases, prepare) as engine:
        expected = Crash(engine, tmp_path / "expected", work).done()
    kills, found = 0, []
    for places in (here_and_there(), around_commits()):
        for number, place in enumerate(places):
            with fresh_engine(databases, prepare) as engine:
                crash = Crash(engine, tmp_path / f"{place.when}-{len(found)}-{number}", work)
                died = crash.killed(place)
                found.append(rows(engine))
                kills += died
                assert different(crash.done(), expected) == {}
            if not died and place.when != "during":
                break
    between = [each for each in found if each not in (calm.before, finished)]
    print(f"{databases.kind}, {name}: {kills} kills, {len(between)} between two transactions")
    assert kills >= 4
    assert calm.before in found
    assert finished in found
    if name.startswith("upgrade"):  # two transactions: the tables, and what is shipped
        with fresh_engine(databases, prepare) as engine:
            migrations.upgrade(engine)
            only_tables = rows(engine)
        between = [each for each in between if each != only_tables]
    assert between == [], "all or nothing"
