"""A landlord with very many cases: real ones, multiplied by SQL.

Forty Right to Buy cases are created through the package, of differing facts, minutes and owners: half of
them fall due the day after, the others later. All their rows are then copied under new ids, so that every
case is one that the package itself could have made.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.orm import Session

from homebuy_plugin import CaseFacts, Delivery, HomeBuy, hookimpl
from homebuy_plugin.demo import landlord
from homebuy_plugin.store import directory, tables
from homebuy_plugin.store.transactions import writing
from homebuy_plugin.testing.postgres import postgres_server

PUBLISHED = datetime(2026, 10, 1, 9, tzinfo=UTC)
CREATED = {"due": datetime(2026, 11, 2, 10, tzinfo=UTC), "open": datetime(2026, 11, 3, 10, tzinfo=UTC)}
QUIET = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
"""Nothing is due."""
DUE = datetime(2026, 11, 3, 13, 30, tzinfo=UTC)
"""One wake-up of each case to fall due is due: the first warning of its first task."""
MUCH_LATER = datetime(2027, 1, 29, 10, tzinfo=UTC)
"""Nearly everything that the cases wait for is due."""

DIFFERENT = 20
"""So many different cases that fall due are copied, and so many that do not yet."""
PLACES = ("Camden", "Barnet", "Brent", "Ealing", "Hackney", "Harrow", "Islington")

PARTS = ("case_owner", "stage", "task", "clock", "wakeup")
NUMBERED = ("event", "rung", "outbox")
"""Tables whose rows have a number of their own."""


class PostOffice:
    """A host that takes every notice."""

    @hookimpl
    def homebuy_notify(self, notice: Any) -> Delivery:
        return Delivery(detail="taken")


@contextmanager
def databases(kinds: Iterator[str] | list[str], folder: Path) -> Iterator[dict[str, str]]:
    """URLs of an empty database of each kind, as a careful host would run them."""
    urls = {"sqlite": f"sqlite:///{folder / 'landlord.db'}"}
    if "postgresql" not in kinds:
        yield {"sqlite": urls["sqlite"]}
        return
    durable = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
    large = {"shared_buffers": "1GB", "max_wal_size": "8GB", "work_mem": "64MB"}
    with postgres_server(durable | large) as server:
        urls["postgresql"] = server.render_as_string(hide_password=False)
        yield {kind: urls[kind] for kind in kinds}


def connected(url: str) -> Engine:
    """An engine; on SQLite with the write-ahead log, as every busy host has it."""
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def _wal(connection: Any, _record: Any) -> None:
            for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "busy_timeout = 30000"):
                connection.execute(f"PRAGMA {pragma}")

    return engine


@dataclass(frozen=True, kw_only=True)
class Landlord:
    """A landlord's database with the cases that all others are copies of.

    Attributes:
        ids: of those cases, by what they are for.
        tasks: open tasks that each of them has.
    """

    engine: Engine
    homebuy: HomeBuy
    ids: dict[str, list[int]]
    tasks: int

    @classmethod
    def furnish(cls, engine: Engine) -> "Landlord":
        """Publish the shipped documents and create the cases to be copied."""
        homebuy = opened(engine)
        homebuy.upgrade(PUBLISHED)
        with writing(engine) as conn:
            directory.import_landlord(conn, landlord.officers())
        for name, at in CREATED.items():
            for number in range(DIFFERENT):
                create(homebuy, f"case-{name}-{number}", at + timedelta(minutes=number), number)
        homebuy.deliver(QUIET)  # else their events would be told, copy by copy
        with engine.connect() as raw:
            made = {r: i for i, r in raw.execute(text("SELECT id, reference FROM homebuy_case"))}
            ids = {n: [made[f"case-{n}-{number}"] for number in range(DIFFERENT)] for n in CREATED}
            one = ids["open"][0]
            tasks = scalar(raw, f"SELECT count(*) FROM homebuy_task WHERE case_id = {one} AND {OPEN}")
        return cls(engine=engine, homebuy=homebuy, ids=ids, tasks=tasks)

    def grow(self, open_tasks: int, due: int = 0) -> int:
        """Copy until about so many tasks are open; so many of all cases are to fall due, scattered.

        Returns:
            How many tasks are open now.
        """
        with self.engine.begin() as raw:
            first = scalar(raw, "SELECT max(id) + 1 FROM homebuy_case")
            more = max(due - DIFFERENT, 0)
            count = max(open_tasks // self.tasks - first + 1, more)
            _number(raw, first, count, more, self.ids)
            _copy_cases(raw)
            for name in (*PARTS, *NUMBERED):
                _copy(raw, name)
            raw.execute(text("DROP TABLE bench_new"))
        settled(self.engine)
        with self.engine.connect() as raw:
            return scalar(raw, f"SELECT count(*) FROM homebuy_task WHERE {OPEN}")


OPEN = "status IN ('pending', 'open', 'on_hold')"


def opened(engine: Engine) -> HomeBuy:
    """The package on a database."""
    return HomeBuy.create(engine, [PostOffice()], entry_points=False)


def create(homebuy: HomeBuy, reference: str, at: datetime, number: int = 0) -> None:
    """Create a Right to Buy case; each number has other facts."""
    facts = CaseFacts(
        reference=reference,
        scheme="right_to_buy",
        served_on=date(2026, 11, 2),
        facts={
            "property_type": ("flat", "maisonette")[number % 2],
            "estimated_value": 120_000 + 7_500 * number,
            "local_authority": PLACES[number % len(PLACES)],
        },
    )
    with Session(homebuy.engine) as session, session.begin():
        homebuy.case_created(session, facts, at)


def scalar(raw: Connection, sql: str, **values: Any) -> int:
    """The one number of a query."""
    return int(raw.execute(text(sql), values).scalar_one())


def settled(engine: Engine) -> None:
    """Statistics and a clean log, as a night's maintenance leaves them."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as raw:
        if engine.dialect.name == "postgresql":
            raw.execute(text("VACUUM ANALYZE"))
            raw.execute(text("CHECKPOINT"))
        else:
            raw.execute(text("ANALYZE"))
            raw.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))


def _number(raw: Connection, first: int, count: int, due: int, ids: dict[str, list[int]]) -> None:
    """The ids of the new cases, each with the case it is a copy of."""
    every = max(count // due, 1) if due else 1
    falls_due = f"n % {every} = 0 AND n / {every} < {due}"
    one_due, one_open = _one_of(ids["due"], f"n / {every}"), _one_of(ids["open"], "n")
    kind = f"CASE WHEN {falls_due} THEN {one_due} ELSE {one_open} END"
    source = f"SELECT {first} + n AS id, {kind} AS source FROM numbers"
    if raw.dialect.name == "postgresql":
        numbers = f"WITH numbers(n) AS (SELECT generate_series(0, {count - 1}))"
    else:
        more = f"SELECT n + 1 FROM numbers WHERE n < {count - 1}"
        numbers = f"WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL {more})"
    raw.execute(text(f"CREATE TABLE bench_new AS {numbers} {source}"))
    if raw.dialect.name == "postgresql":
        raw.execute(text("ANALYZE bench_new"))


def _one_of(ids: list[int], number: str) -> str:
    """One after the other of some ids."""
    chosen = " ".join(f"WHEN {place} THEN {case_id}" for place, case_id in enumerate(ids))
    return f"CASE ({number}) % {len(ids)} {chosen} END"


def _copy_cases(raw: Connection) -> None:
    columns = [c.name for c in tables.case.c if c.name not in ("id", "reference")]
    raw.execute(
        text(
            f"INSERT INTO homebuy_case (id, reference, {', '.join(columns)}) "
            f"SELECT n.id, 'HB-' || n.id, {', '.join(f'c.{n}' for n in columns)} "
            "FROM bench_new n JOIN homebuy_case c ON c.id = n.source"
        )
    )
    if raw.dialect.name == "postgresql":
        raw.execute(
            text("SELECT setval(pg_get_serial_sequence('homebuy_case', 'id'), max(id)) FROM homebuy_case")
        )


def _copy(raw: Connection, name: str) -> None:
    table = tables.metadata.tables[f"homebuy_{name}"]
    numbered = name in NUMBERED
    columns = [c.name for c in table.c if c.name != "case_id" and not (numbered and c.name == "id")]
    raw.execute(
        text(
            f"INSERT INTO {table.name} (case_id, {', '.join(columns)}) "
            f"SELECT n.id, {', '.join(_copied(raw, name, column) for column in columns)} "
            f"FROM bench_new n JOIN {table.name} t ON t.case_id = n.source"
        )
    )


def _copied(raw: Connection, table: str, column: str) -> str:
    """The column of the copy: the first event tells the case's reference."""
    if (table, column) != ("event", "data"):
        return f"t.{column}"
    if raw.dialect.name == "postgresql":
        told = "jsonb_set(t.data, '{reference}', to_jsonb('HB-' || n.id))"
    else:
        told = "json_set(t.data, '$.reference', 'HB-' || n.id)"
    return f"CASE WHEN t.seq = 1 THEN {told} ELSE t.data END"
