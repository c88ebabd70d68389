"""``homebuy officers``."""

import json
from datetime import date

import pytest

from homebuy_plugin import CaseChange
from homebuy_plugin.cli.codes import FINE, PROBLEMS, USAGE
from homebuy_plugin.store import directory
from homebuy_plugin.store.transactions import writing
from homebuy_plugin.testing.small_landlord import at

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


@pytest.fixture
def url(landlord):
    """Three flats, for amir, beth and cora; time stands still on Friday 20 November 2026."""
    for n in range(1, 4):
        landlord.create(f"HB-{n}", now=at(20))
    landlord.stand_still(at(20, 12))
    return landlord.url


def rows(done):
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


def test_who_has_how_much(run, landlord, url):
    landlord.homebuy.staff.leaves("beth", date(2026, 11, 20))
    done = run("officers", "--role", "leasehold_officer", "--database", url)
    assert done.exit_code == FINE
    assert rows(done)[:4] == [
        "OFFICERS Sun 23 Aug 2026 until before Sat 21 Nov 2026 role leasehold_officer",
        "officer cases tasks most got chosen even share days away",
        "Amir Khan 1 2 - 1 1 (33%) 1.0 (33%) 0",
        "Beth Owen 1 2 - 1 1 (33%) 1.0 (33%) 0 no longer here",
    ]
    assert rows(done)[-2].startswith("Rules and reassignments chose one of a role 3 times")
    done = run(
        "officers", "--from", "2026-11-01", "--to", "2026-11-20", "--output", "json", "--database", url
    )
    data = json.loads(done.stdout)["data"]
    assert (data["since"], data["until"], data["choices"]) == ("2026-11-01", "2026-11-20", 0)
    assert [o["away_days"] for o in data["officers"] if o["id"] == "cora"] == [14]


def test_a_reassignment_is_shown_and_then_done(run, landlord, url):
    words = ("officers", "reassign", "amir", "--to", "lena", "--database", url)
    shown = run(*words, "--dry-run")
    assert shown.exit_code == FINE
    assert rows(shown) == ["THE WORK OF Amir Khan goes to Lena Law", "HB-1 the case Lena Law named"]
    assert landlord.state().owners == ("user:amir",)
    done = run(*words, "--reason", "left", "--by", "dilys", "--yes")
    assert (done.exit_code, rows(done)[-1]) == (FINE, "Done: 1 reassignment.")
    assert landlord.state().owners == ("user:lena",)
    assert "No open case and no open task is theirs." in run(*words, "--reason", "left", "--yes").stdout


def test_a_kept_preview_is_done_exactly_or_not_at_all(run, landlord, url):
    words = ("officers", "reassign", "amir", "--database", url)
    assert "Kept in plan.json" in run(*words, "--save", "plan.json").stderr
    landlord.update(CaseChange.reassign("lena"), at(20, 12))
    refused = run(*words, "--plan", "plan.json", "--reason", "left", "--yes")
    assert refused.exit_code == PROBLEMS
    assert "HB-1 is not theirs any more. Nothing was changed." in refused.stderr
    landlord.update(CaseChange.reassign("amir"), at(20, 12))
    done = run(*words, "--plan", "plan.json", "--reason", "left", "--yes", "--output", "json")
    assert json.loads(done.stdout)["data"]["done"] == [{"reference": "HB-1", "task": None}]
    assert landlord.state().owners == ("user:beth",)
    wrong = run("officers", "reassign", "beth", "--plan", "plan.json", "--database", url)
    assert (wrong.exit_code, "is a plan for amir, not for beth" in wrong.stderr) == (USAGE, True)


def test_nobody_to_take_it_is_a_problem(run, landlord, url):
    unknown = run("officers", "reassign", "amir", "--to", "role:roofer", "--dry-run", "--database", url)
    assert (unknown.exit_code, "no role 'roofer'" in unknown.stderr) == (PROBLEMS, True)
    with writing(landlord.engine) as conn:
        directory.name_role(conn, "roofer", "Roofer")
    done = run("officers", "reassign", "dilys", "--to", "role:roofer", "--dry-run", "--database", url)
    assert done.exit_code == FINE, "nothing of theirs is there"
    done = run("officers", "reassign", "amir", "--to", "role:roofer", "--dry-run", "--database", url)
    assert done.exit_code == PROBLEMS
    assert "Nobody can take HB-1: such a case then needs an owner, and escalates." in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), 'Say why, for the record of each case: --reason "…"'),
        (("--reason", "left"), "Add --yes to do this"),
    ],
)
def test_nothing_is_done_unasked(run, landlord, url, words, message):
    done = run("officers", "reassign", "amir", *words, "--database", url)
    assert (done.exit_code, message in done.stderr) == (USAGE, True)
    assert landlord.state().owners == ("user:amir",)


def test_officers_are_taken_over_go_away_and_leave(run, landlord, url, tmp_path):
    file = tmp_path / "new.json"
    officer = {"id": "zoe", "name": "Zoe Zed", "capacity": 40}
    role = {"id": "leasehold_officer", "name": "Leasehold officer", "members": [{"id": "zoe"}]}
    file.write_text(json.dumps({"format": "homebuy.officers/1", "officers": [officer], "roles": [role]}))
    done = run("officers", "import", file, "--database", url)
    assert done.stdout == "Taken over: 1 officer, 1 role, 0 absences.\n"
    assert landlord.create("HB-4", now=at(20, 13)).owner.id == "zoe"
    assert run("officers", "away", "zoe", "2026-11-20", "2026-11-21", "--database", url).exit_code == FINE
    assert landlord.create("HB-5", now=at(20, 13)).needs_owner
    assert run("officers", "leaves", "zoe", "2026-11-23", "--database", url).exit_code == FINE
    assert landlord.create("HB-6", now=at(21, 13)).owner.id == "zoe"
    assert landlord.create("HB-7", now=at(23, 13)).needs_owner


def test_what_cannot_be_is_refused(run, url, tmp_path):
    file = tmp_path / "new.json"
    file.write_text('{"format": "homebuy.officers/1", "officers": [{"id": "zoe", "capacity": "forty"}]}')
    done = run("officers", "import", file, "--database", url)
    assert (done.exit_code, "capacity" in done.stderr) == (PROBLEMS, True)
    back = run("officers", "away", "amir", "2026-11-20", "2026-11-20", "--database", url)
    assert "is not after the first day away" in back.stderr
    assert "Did you mean 'amir'?" in run("officers", "leaves", "amit", "2026-11-20", "--database", url).stderr
    misplaced = run("officers", "--role", "lawyer", "leaves", "amir", "2026-11-20", "--database", url)
    assert (misplaced.exit_code, "after the command" in misplaced.stderr) == (USAGE, True)
    assert "is no date" in run("officers", "--from", "20 Nov", "--database", url).stderr
