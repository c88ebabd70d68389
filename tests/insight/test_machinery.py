"""An operator is told when the machinery does not run as it should."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from homebuy_plugin import Delivery, Settings, hookimpl
from homebuy_plugin.insight import machinery as looking
from homebuy_plugin.insight.doctor import doctor
from homebuy_plugin.insight.machinery import Machinery, took_turns
from homebuy_plugin.insight.status import status
from homebuy_plugin.store import journal
from homebuy_plugin.store.journal import TickRun
from homebuy_plugin.store.transactions import reading, writing
from homebuy_plugin.testing.small_documents import GROUPS
from homebuy_plugin.testing.small_landlord import SmallLandlord, at

sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Mailer:
    @hookimpl
    def homebuy_notify(self, notice):
        return Delivery()


def journalled(landlord, *runs, report=()):
    with writing(landlord.engine) as conn:
        for minutes, plugins, ahead in runs:
            started = NOON + minutes * MINUTE
            run = TickRun(started, started + ahead, plugins, {"decided": 0, "delivered": 0, **dict(report)})
            journal.record_tick(conn, run)


def attention(landlord, minutes=5):
    return status(landlord.homebuy.desk, landlord.engine, NOON + minutes * MINUTE).attention


SAME = timedelta(0)


@sqlite_only
def test_two_tickers_with_different_plugins_are_noticed(landlord):
    journalled(landlord, (0, "a", SAME), (1, "b", SAME))
    assert attention(landlord) == (), "an upgrade changes them once"
    journalled(landlord, (2, "a", SAME))
    assert attention(landlord) == (
        "Two tickers run with different plugins: what one takes, the other does not know.",
    )
    journalled(landlord, *((n, "a", SAME) for n in range(70, 75)))
    assert attention(landlord, 76) == (), "an hour later the other is gone"


def test_real_tickers_with_different_plugins_are_noticed(landlord):
    other = SmallLandlord(landlord.engine, [Mailer(), landlord.host])
    for one in (landlord, other, landlord):
        one.homebuy.tick()
    assert any(
        "different plugins" in line for line in status(landlord.homebuy.desk, landlord.engine).attention
    )


@pytest.mark.parametrize(
    ("plugins", "mixed"),
    [
        ([], False),
        (["a"], False),
        (["a", "a", "b", "b"], False),
        (["a", "b", "a"], True),
        (["c", "b", "c"], True),
    ],
)
def test_turns(plugins, mixed):
    assert took_turns(plugins) is mixed


@sqlite_only
def test_nobody_ticks_though_nothing_is_due(landlord):
    journalled(landlord, (0, "a", SAME))
    assert attention(landlord, 59) == ()
    assert attention(landlord, 60) == ("No tick ran for 60 minutes: is anybody calling it?",)
    assert attention(landlord, 600) == ("No tick ran for 10 hours: is anybody calling it?",)


@sqlite_only
def test_a_ticker_whose_clock_is_ahead(landlord):
    journalled(landlord, (0, "a", timedelta(seconds=60)))
    assert attention(landlord) == ()
    journalled(landlord, (1, "a", timedelta(hours=2)))
    assert attention(landlord) == ("A ticker's clock is 2 hours ahead of the database's: pass now=None.",)


@pytest.mark.parametrize(
    ("skew", "told"),
    [(60, ()), (61, ("1 minute ahead of",)), (-7200, ("2 hours behind",))],
)
def test_this_machines_clock(skew, told):
    found = Machinery(skew=timedelta(seconds=skew)).attention
    assert found == tuple(f"This machine's clock is {words} the database's." for words in told)


def test_the_skew_is_measured(landlord, monkeypatch):
    with reading(landlord.engine) as conn:
        assert abs(looking.server.clock_skew(conn)) < timedelta(seconds=30)
        monkeypatch.setattr(looking.server, "database_now", lambda conn: datetime(2020, 1, 1, tzinfo=UTC))
        ahead = looking.server.clock_skew(conn)
    assert (
        ahead > timedelta(days=365) if landlord.engine.dialect.name == "postgresql" else ahead == timedelta(0)
    )


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_a_transaction_that_keeps_the_database_from_cleaning(landlord, monkeypatch):
    with landlord.engine.connect() as old:
        old.execution_options(isolation_level="REPEATABLE READ")
        old.execute(text("SELECT count(*) FROM homebuy_case"))
        assert attention(landlord) == ()
        monkeypatch.setattr(looking, "OLD", timedelta(0))
        [line] = attention(landlord)
        assert line.startswith("A transaction has been open for ")
    assert attention(landlord) == ()


@sqlite_only
def test_what_the_last_tick_could_not_do(landlord):
    errors = [{"reference": "HB-1", "where": "case", "message": "no route"}, {"message": "x"}]
    journalled(landlord, (0, "a", SAME), report={"errors": errors, "deferred": 2})
    assert attention(landlord) == (
        "The last tick met 2 errors; the first: no route",
        "The last tick left 2 cases that somebody was busy with.",
    )
    journalled(landlord, (1, "a", SAME), report={"deferred": 2, "timed_out": True})
    assert attention(landlord) == (
        "The last tick ran out of time: run more tickers, or give them more (max_seconds).",
    )


@sqlite_only
def test_held_notices_need_attention(landlord):
    calm = SmallLandlord(landlord.engine, settings=Settings(storm_limit=1))
    for n in (1, 2):
        calm.create(f"HB-{n}", facts={"property_type": "house"})
    calm.tick(at(3, 9))
    found = status(calm.homebuy.desk, calm.engine, at(3, 9))
    assert found.outbox["held"] == 1
    assert [row.state for row in found.undelivered] == ["held"]
    assert "1 notice held back by the storm limit: homebuy outbox release --all." in found.attention


# --- doctor --------------------------------------------------------------------------------------


def levels(checks):
    return {check.name: check.level for check in checks if check.level != "ok"}


@sqlite_only
def test_a_landlord_in_good_health_but_for_its_own_documents(landlord):
    found = doctor(landlord.homebuy.desk, landlord.engine, at(2))
    assert levels(found) == {"documents": "warn"}, "the small landlord publishes none of those shipped"
    assert {check.name for check in found} == {
        "tables",
        "documents",
        "calendars",
        "default group",
        "plugins",
        "ticks",
        "tickers",
        "notices",
        "rules",
        "owners",
    }


@sqlite_only
def test_shipped_documents_that_are_newer(engine, monkeypatch):
    from homebuy_plugin import HomeBuy, publishing

    hb = HomeBuy.create(engine, [Mailer()], upgrade=True, entry_points=False)
    assert "documents" not in levels(doctor(hb.desk, engine))
    shipped = publishing.shipped_texts()
    name = "calendars/england_and_wales.json"
    changed = {**shipped, name: shipped[name].replace("England and Wales: office", "Office")}
    assert changed != shipped
    monkeypatch.setattr(publishing, "shipped_texts", lambda: changed)
    [check] = [c for c in doctor(hb.desk, engine) if c.name == "documents"]
    assert (check.level, "calendar england_and_wales" in check.text) == ("warn", True)


def test_what_fails(landlord):
    empty = {**GROUPS, "groups": [{**GROUPS["groups"][0], "members": []}, GROUPS["groups"][1]]}
    landlord.publish(at(2), groups=empty)
    poor = SmallLandlord(landlord.engine, plugins=[], settings=Settings(default_calendar="moon"))
    found = levels(doctor(poor.homebuy.desk, poor.engine, at(2)))
    assert {name for name, level in found.items() if level == "fail"} == {
        "calendars",
        "default group",
        "plugins",
    }


@sqlite_only
def test_a_calendar_that_ends_within_a_year(landlord):
    found = levels(doctor(landlord.homebuy.desk, landlord.engine, datetime(2040, 6, 1, tzinfo=UTC)))
    assert found["calendars"] == "warn"
