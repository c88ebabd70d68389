"""``homebuy status``."""

import json
from datetime import UTC, date, datetime

import pytest

from homebuy_plugin import CaseChange
from homebuy_plugin.cli.codes import FINE, PROBLEMS
from homebuy_plugin.insight.moment import move_simulation
from homebuy_plugin.store.transactions import writing
from homebuy_plugin.testing.small_landlord import SmallLandlord

MONDAY = datetime(2026, 11, 2, 10, tzinfo=UTC)


@pytest.fixture
def url(landlord):
    return landlord.engine.url.render_as_string(hide_password=False)


def apply(landlord, reference="HB-1", **fields):
    landlord.create(reference, served_on=date(2026, 11, 2), now=MONDAY, **fields)


def stand_still(landlord, *moment):
    with writing(landlord.engine) as conn:
        move_simulation(conn, datetime(*moment, tzinfo=UTC))


def test_an_empty_landlord_is_green(run, url):
    done = run("status", "--database", url)
    assert done.exit_code == FINE
    assert "Nothing needs attention." in done.stdout
    assert "Last tick: none yet." in done.stdout


def test_colours_are_words(run, landlord, url):
    apply(landlord)
    stand_still(landlord, 2026, 11, 4, 17)
    done = run("status", "--database", url)
    assert done.stdout.startswith("HOME BUY STATUS   Wed 4 Nov 2026, 17:00 (Europe/London)\n")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "1 case: 1 open. Their deadlines:" in lines
    assert "AMBER 1 deadline in their warning time" in lines
    assert "GREEN 2 deadlines in time" in lines
    assert "RED 0 deadlines past their target" in lines
    assert "WAITING 1 deadline waiting for their start" in lines
    assert any(line.startswith("HB-1 “Log application” Wed 4 Nov 2026") for line in lines)
    assert "\x1b[" not in done.stdout


def test_red_needs_attention(run, landlord, url):
    apply(landlord)
    landlord.tick(datetime(2026, 12, 2, 9, tzinfo=UTC))
    stand_still(landlord, 2026, 12, 2, 9)
    done = run("status", "--database", url)
    assert done.exit_code == PROBLEMS
    assert "“Serve notice”" in done.stdout
    assert "Mon 30 Nov 2026, 2 days late" in done.stdout
    assert "by law" in done.stdout
    assert "targets are past." in done.stdout


def test_paused_by_a_hold(run, landlord, url):
    apply(landlord)
    landlord.update(CaseChange.hold("abroad", by="amir"), MONDAY)
    stand_still(landlord, 2026, 11, 3, 9)
    told = json.loads(run("status", "--database", url, "--output", "json").stdout)
    assert told["data"]["colours"]["paused"] == 2
    assert told["data"]["colours"]["green"] == 1  # no hold pauses the law's
    assert told["data"]["cases"] == {"on_hold": 1}


def test_cases_without_owner(run, landlord, url):
    apply(landlord, facts={"property_type": "bungalow"})
    stand_still(landlord, 2026, 11, 2, 11)
    done = run("status", "--database", url)
    assert done.exit_code == PROBLEMS
    assert "No owner yet: HB-1. Ask why: homebuy rules why HB-1" in done.stdout
    assert "1 case needs an owner." in done.stdout


def test_notices_that_nobody_took(run, landlord, url):
    apply(landlord)
    silent = SmallLandlord(landlord.engine, plugins=[])
    silent.tick(datetime(2026, 11, 4, 12, tzinfo=UTC))
    stand_still(landlord, 2026, 11, 4, 12)
    done = run("status", "--database", url)
    assert done.exit_code == PROBLEMS
    assert "nobody took it" in done.stdout
    assert "1 notice taken by no plugin." in done.stdout


def test_notices_that_failed_say_why(run, landlord, url):
    apply(landlord)
    landlord.host.fail("homebuy_notify", OSError("mail server down"))
    landlord.tick(datetime(2026, 11, 4, 12, tzinfo=UTC))
    stand_still(landlord, 2026, 11, 4, 12)
    done = run("status", "--database", url)
    assert done.exit_code == PROBLEMS
    assert "failed, will be tried again" in done.stdout
    assert "mail server down" in done.stdout


def test_nobody_ticks(run, landlord, url):
    apply(landlord)
    stand_still(landlord, 2026, 11, 4, 12)
    done = run("status", "--database", url)
    assert done.exit_code == PROBLEMS
    assert "is anybody calling the tick?" in done.stdout


def test_json(run, landlord, url):
    apply(landlord)
    landlord.tick(datetime(2026, 11, 9, 9, tzinfo=UTC))
    stand_still(landlord, 2026, 11, 9, 9)
    done = run("status", "--database", url, "--output", "json")
    told = json.loads(done.stdout)
    assert (told["schema_version"], told["ok"]) == (1, False)
    assert told["problems"][0]["code"] == "attention"
    assert told["data"]["now"] == "2026-11-09T09:00:00+00:00"
    assert told["data"]["simulated"] is True
    assert told["data"]["last_tick"]["now"] == "2026-11-09T09:00:00+00:00"
    red = [d for d in told["data"]["deadlines"] if d["colour"] == "red"]
    assert [(d["reference"], d["what"], d["due_on"]) for d in red] == [
        ("HB-1", "Log application", "2026-11-04")
    ]
    assert sum(told["data"]["colours"].values()) == len(told["data"]["deadlines"])


def test_colour_where_the_terminal_can_unless_no_color(run, landlord, url, monkeypatch):
    from click.testing import CliRunner

    from homebuy_plugin.cli.app import app

    stand_still(landlord, 2026, 11, 9, 9)
    words = ["status", "--database", url]
    assert "\x1b[" in CliRunner().invoke(app, words, color=True).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in CliRunner().invoke(app, words, color=True).stdout
