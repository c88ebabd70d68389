"""``homebuy demo``: what it tells, that it tells the same again, and what it leaves."""

import json
import shlex
import sqlite3
from datetime import date

import pytest
from sqlalchemy import create_engine

from homebuy_plugin import HomeBuy
from homebuy_plugin.cli.codes import FINE, PROBLEMS
from homebuy_plugin.demo import landlord, play, plot
from homebuy_plugin.insight.history import history
from homebuy_plugin.insight.status import status
from homebuy_plugin.insight.why import why

SECTIONS = [
    "1. WHO OWNS WHAT, AND WHY",
    "2. MONTH BY MONTH",
    "3. DATES SET BY LAW THAT WERE MISSED",
    "4. THE LANDLORD'S OWN TARGETS, AND WHO WAS REMINDED",
    "5. THE LETTERS",
    "6. HOW THINGS STAND ON FRI 29 MAY 2026",
    "7. ONE CASE AS A STORY: HB-0007",
    "8. NOW LOOK ROUND YOURSELF",
]


@pytest.fixture
def left(demonstration):
    """The package on the database that was left."""
    engine = create_engine(f"sqlite:///{demonstration.folder / 'homebuy-demo.db'}")
    yield HomeBuy.create(engine, entry_points=False)
    engine.dispose()


def section(output, number):
    start = output.index(SECTIONS[number - 1])
    end = output.index(SECTIONS[number]) if number < len(SECTIONS) else len(output)
    return output[start:end]


def test_all_sections_in_order(demonstration):
    places = [demonstration.output.index(title) for title in SECTIONS]
    assert places == sorted(places)
    assert demonstration.errors == ""


def test_no_line_is_endless(demonstration):
    assert max(map(len, demonstration.output.splitlines())) <= 112


def test_every_case_has_its_owner_and_the_rule(demonstration, left):
    told = section(demonstration.output, 1)
    references = [sample.case.reference for sample in landlord.cases()]
    came = [r for r in references if r in told]
    assert len(came) >= 30
    assert told.count(" → ") == len(came)
    assert "“Right to Buy flats go to the leasehold team”: the property type is one of flat" in told
    assert "NOBODY YET: the case has no creator on record" in told


def test_missed_dates_tell_who_was_told_and_how(demonstration):
    told = section(demonstration.output, 3)
    assert "AMBER  RTB2 due in seven days → Lorna Fenwick (letter rtb2_amber)" in told
    assert "RED    RTB2 not served in time → Lorna Fenwick, Chidi Adeyemi" in told
    assert "→ Wendy Thorne (letter" in told
    assert "kept, " in told


def test_colours_are_words_and_true(demonstration, left):
    found = status(left.desk, left.engine)
    told = [" ".join(line.split()) for line in section(demonstration.output, 6).splitlines()]
    for colour, number in found.colours.items():
        assert any(line.startswith(f"{colour.upper()} {number} ") for line in told), colour


def test_one_case_as_a_story(demonstration):
    told = section(demonstration.output, 7)
    assert "Adaeze Okafor" in told
    assert "The tenant served an initial notice of delay (RTB6)." in told
    assert "FOLLOW-UP 1 “Serve the answer (RTB2)”" in told
    assert "“Serve the answer (RTB2)” by Lorna Fenwick, 9 days late" in " ".join(told.split())


def test_the_next_commands_work_as_printed(demonstration, run, monkeypatch):
    monkeypatch.chdir(demonstration.folder)
    lines = section(demonstration.output, 8).splitlines()
    commands = [line.strip() for line in lines if line.startswith("  homebuy ")]
    assert len(commands) == 3
    for command in commands:
        done = run(*shlex.split(command)[1:])
        assert done.exit_code in (FINE, PROBLEMS), done.output
        assert len(done.stdout.splitlines()) > 5
        assert "using the demonstration's, ./homebuy-demo.db" in done.stderr
        assert "Error" not in done.output


@pytest.mark.slow
def test_the_same_seed_tells_the_same(demonstration, play_again, tmp_path):
    assert play_again(tmp_path, "2").output == demonstration.output


def test_another_seed_tells_other_months(tmp_path, monkeypatch):
    monkeypatch.setattr(play, "LAST", date(2026, 3, 20))
    told = []
    for seed in (1, 2):
        months = play.play(tmp_path / f"{seed}.db", seed)
        told.append([(ev.kind, ev.reference, ev.at) for ev in months.diary.events])
        months.hb.engine.dispose()
    assert told[0] != told[1]


def test_it_plays_again_over_its_own_database(tmp_path, monkeypatch, run):
    monkeypatch.setattr(play, "LAST", date(2026, 3, 4))
    for seed in (1, 2):
        play.play(tmp_path / "homebuy-demo.db", seed).hb.engine.dispose()


@pytest.mark.parametrize("kind", ["text", "sqlite", "landlord", "folder", "empty"])
def test_it_never_replaces_what_it_did_not_make(tmp_path, run, kind):
    path = tmp_path / "mine.db"
    if kind == "text":
        path.write_text("my thesis")
    elif kind == "folder":
        path.mkdir()
    elif kind == "empty":
        path.touch()
    else:
        connection = sqlite3.connect(path)
        connection.execute(
            "CREATE TABLE homebuy_mark (name TEXT, value TEXT)"
            if kind == "landlord"
            else "CREATE TABLE t (x)"
        )
        connection.commit()
        connection.close()
    before = path.read_bytes() if path.is_file() else None
    done = run("demo", "--database", "mine.db")
    assert done.exit_code == (2 if kind == "folder" else PROBLEMS)
    assert before is None or path.read_bytes() == before
    assert kind == "folder" or "left alone" in done.stderr


def test_every_kind_of_stage_was_seen(left):
    with left.engine.connect() as connection:
        found = {row[0] for row in connection.exec_driver_sql("SELECT DISTINCT code FROM homebuy_stage")}
    assert found >= {
        *("pre_application", "application", "eligibility", "appeal", "valuation", "offer"),
        *("tenant_decision", "valuation_dispute", "acceptance", "completion", "delay", "withdrawal"),
        *("enquiry", "valuation_and_offer"),
    }


def test_nothing_went_wrong_behind_the_scenes(demonstration, left):
    found = status(left.desk, left.engine)
    assert found.errored == ()
    assert found.undelivered == ()
    assert set(found.cases) <= {"open", "on_hold", "withdrawn", "closed"}
    assert found.simulated


def test_the_story_is_what_the_database_says(left):
    told = history(left.desk, left.engine, plot.STORY)
    assert told[0].text.startswith("The application of Adaeze Okafor is recorded")
    explained = why(left.desk, left.engine, plot.STORY)
    assert explained.case.owner is not None
    assert explained.allocation is not None
    assert explained.allocation.rule == "rtb-flats-to-leasehold"


def test_a_tick_moves_the_pretend_landlord_on(demonstration, tmp_path, run):
    copy = tmp_path / "copy.db"
    copy.write_bytes((demonstration.folder / "homebuy-demo.db").read_bytes())
    done = run("tick", "--database", copy, "--at", "2026-06-15T09:00", "--output", "json")
    assert done.exit_code == FINE, done.output
    report = json.loads(done.stdout)["data"]
    assert report["escalated"] > 0
    assert report["delivered"] == report["notices"]
    assert run("status", "--database", copy).stdout.startswith("HOME BUY STATUS   Mon 15 Jun 2026, 09:00")
