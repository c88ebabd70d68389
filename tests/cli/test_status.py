"""``homebuy status``."""

import json

import pytest
from click.testing import CliRunner

from homebuy_plugin import CaseChange
from homebuy_plugin.cli.app import app
from homebuy_plugin.cli.codes import FINE, PROBLEMS
from homebuy_plugin.testing.small_landlord import SmallLandlord, at


@pytest.fixture
def status(run, landlord):
    """What is told at an instant; that something needs attention, unless the code says otherwise."""

    def told(now, *options, code=PROBLEMS):
        landlord.stand_still(now)
        done = run("status", "--database", landlord.url, *options)
        assert done.exit_code == code
        return done.stdout

    return told


def test_an_empty_landlord_is_green(run, landlord):
    done = run("status", "--database", landlord.url)
    assert done.exit_code == FINE
    assert "Nothing needs attention." in done.stdout
    assert "Last tick: none yet." in done.stdout


def test_colours_are_words(landlord, status):
    landlord.create()
    told = status(at(4, 17))
    assert told.startswith("HOME BUY STATUS   Wed 4 Nov 2026, 17:00 (Europe/London)\n")
    lines = [" ".join(line.split()) for line in told.splitlines()]
    assert "1 case: 1 open. Their deadlines:" in lines
    assert "AMBER 1 deadline in their warning time" in lines
    assert "GREEN 2 deadlines in time" in lines
    assert "RED 0 deadlines past their target" in lines
    assert "WAITING 1 deadline waiting for their start" in lines
    assert any(line.startswith("HB-1 “Log application” Wed 4 Nov 2026") for line in lines)
    assert "\x1b[" not in told


def test_red_needs_attention(landlord, status):
    landlord.create()
    landlord.tick(at(2, 9, month=12))
    told = status(at(2, 9, month=12))
    assert "“Serve notice”" in told
    assert "Mon 30 Nov 2026, 2 days late" in told
    assert "by law" in told
    assert "targets are past." in told


def test_paused_by_a_hold(landlord, status):
    landlord.create()
    landlord.update(CaseChange.hold("abroad", by="amir"), at(2))
    told = json.loads(status(at(3, 9), "--output", "json", code=FINE))
    assert told["data"]["colours"]["paused"] == 2
    assert told["data"]["colours"]["green"] == 1  # no hold pauses the law's
    assert told["data"]["cases"] == {"on_hold": 1}


def test_cases_without_owner(landlord, status):
    landlord.create(facts={"property_type": "bungalow"})
    told = status(at(2, 11))
    assert "No owner yet: HB-1. Ask why: homebuy rules why HB-1" in told
    assert "1 case needs an owner." in told


def test_notices_that_nobody_took(landlord, status):
    landlord.create()
    silent = SmallLandlord(landlord.engine, plugins=[])
    silent.tick(at(4, 12))
    told = status(at(4, 12))
    assert "nobody took it" in told
    assert "1 notice taken by no plugin." in told


def test_notices_that_failed_say_why(landlord, status):
    landlord.create()
    landlord.host.fail("homebuy_notify", OSError("mail server down"))
    landlord.tick(at(4, 12))
    told = status(at(4, 12))
    assert "failed, will be tried again" in told
    assert "mail server down" in told


def test_nobody_ticks(landlord, status):
    landlord.create()
    told = status(at(4, 12))
    assert "is anybody calling the tick?" in told


def test_json(landlord, status):
    landlord.create()
    landlord.tick(at(9, 9))
    told = json.loads(status(at(9, 9), "--output", "json"))
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


def test_colour_where_the_terminal_can_unless_no_color(landlord, monkeypatch):
    landlord.stand_still(at(9, 9))
    words = ["status", "--database", landlord.url]
    assert "\x1b[" in CliRunner().invoke(app, words, color=True).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in CliRunner().invoke(app, words, color=True).stdout
