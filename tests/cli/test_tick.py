"""``homebuy tick``: in earnest and as a rehearsal."""

import json
from datetime import UTC, date, datetime

import pytest

from homebuy_plugin import CaseChange
from homebuy_plugin.cli import ticking
from homebuy_plugin.cli.codes import PROBLEMS, USAGE
from homebuy_plugin.insight.moment import simulated_until
from homebuy_plugin.store import journal
from homebuy_plugin.store.transactions import reading

MONDAY = datetime(2026, 11, 2, 10, tzinfo=UTC)
FAR = "2199-01-01T09:00"


@pytest.fixture(autouse=True)
def _late_enough(monkeypatch):
    """The command line holds that it is the end of 2027: nothing here depends on the day of the run."""
    monkeypatch.setattr(ticking, "database_now", lambda conn: datetime(2027, 12, 31, 12, tzinfo=UTC))


@pytest.fixture
def url(landlord):
    """A landlord with one flat, applied for on Monday 2 November 2026, and nothing done since."""
    landlord.create(served_on=date(2026, 11, 2), now=MONDAY)
    return landlord.url


def ticks(landlord):
    with reading(landlord.engine) as conn:
        return journal.last_ticks(conn, 10)


def test_nobody_notifies(run, landlord, url):
    done = run("tick", "--database", url, "--at", "2026-11-06T09:00")
    assert done.exit_code == PROBLEMS
    assert "homebuy_notify" in done.stderr
    assert "--plugin your_platform.homebuy:plugin" in done.stderr
    assert ticks(landlord) == []
    assert landlord.outbox() == []


def test_a_live_tick(run, landlord, url, platform):
    done = run("tick", "--database", url, "--plugin", f"{platform}:plugin", "--at", "2026-11-05T09:00")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("Tick for Thu 5 Nov 2026, 09:00.\n")
    assert "handed over" in done.stdout
    assert {row.state for row in landlord.outbox()} <= {"delivered", "collapsed"}
    assert "delivered" in {row.state for row in landlord.outbox()}


def test_json_goes_to_standard_output_alone(run, url, platform):
    done = run(
        *("tick", "--database", url, "--plugin", f"{platform}:make", "--at", "2026-11-05T09:00"),
        *("--output", "json"),
    )
    told = json.loads(done.stdout)
    assert told["schema_version"] == 1
    assert told["ok"] is True
    assert told["problems"] == []
    assert told["data"]["delivered"] >= 1
    assert told["data"]["errors"] == []


def test_plugins_from_the_environment(run, landlord, url, platform, monkeypatch):
    monkeypatch.setenv("HOMEBUY_PLUGINS", f"{platform}:broken, {platform}:plugin")
    done = run("tick", "--database", url, "--at", "2026-11-05T09:00")
    assert done.exit_code == PROBLEMS  # one erred, the other took it
    assert "mail server down" in done.stderr
    assert "delivered" in {row.state for row in landlord.outbox()}


def test_a_failed_delivery_is_a_problem(run, landlord, url, platform):
    done = run("tick", "--database", url, "--plugin", f"{platform}:broken", "--at", "2026-11-05T09:00")
    assert done.exit_code == PROBLEMS
    assert "failed" in done.stdout
    assert "mail server down" in done.stderr
    assert "failed" in {row.state for row in landlord.outbox()}
    assert run("status", "--database", url).exit_code == PROBLEMS


def test_without_an_offset_it_is_local_time(run, landlord, url, platform):
    run("tick", "--database", url, "--plugin", f"{platform}:plugin", "--at", "2027-06-01T09:00")
    assert ticks(landlord)[0].now_used == datetime(2027, 6, 1, 8, tzinfo=UTC)  # British Summer Time
    run("tick", "--database", url, "--plugin", f"{platform}:plugin", "--at", "2027-06-01T09:00+00:00")
    assert ticks(landlord)[0].now_used == datetime(2027, 6, 1, 9, tzinfo=UTC)


def test_the_future_needs_a_rehearsal(run, landlord, url, platform):
    done = run("tick", "--database", url, "--plugin", f"{platform}:plugin", "--at", FAR)
    assert done.exit_code == USAGE
    assert "--dry-run" in done.stderr
    assert ticks(landlord) == []


@pytest.mark.parametrize("when", ["tomorrow", "2026-11-05", "2026-13-05T09:00"])
def test_no_instant(run, url, when):
    done = run("tick", "--database", url, "--at", when)
    assert done.exit_code == USAGE
    assert "2026-12-03T09:00" in done.stderr


def test_a_rehearsal_changes_nothing(run, landlord, url):
    before = (landlord.events(), landlord.outbox(), ticks(landlord))
    done = run("tick", "--database", url, "--dry-run", "--at", "2026-12-01T09:00")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("Dry run for Tue 1 Dec 2026, 09:00. Nothing was saved or sent.\n")
    assert "RED" in done.stdout
    assert "“Serve notice”" in done.stdout
    assert "passed to Amir Khan" in done.stdout
    assert (landlord.events(), landlord.outbox(), ticks(landlord)) == before


def test_a_rehearsal_needs_no_notifier_and_may_look_ahead(run, url):
    done = run("tick", "--database", url, "--dry-run", "--at", "2027-11-01T09:00", "--output", "json")
    told = json.loads(done.stdout)["data"]
    assert told["dry_run"] is True
    assert {row["reference"] for row in told["alerts"]} == {"HB-1"}
    assert told["report"]["escalated"] == len(told["alerts"])


def test_a_quiet_rehearsal(run, url):
    done = run("tick", "--database", url, "--dry-run", "--at", "2026-11-02T10:30")
    assert "No alert would fire." in done.stdout
    assert done.stdout.endswith("No case has anything due by then.\n")


def test_a_pretend_database_shows_its_notices(run, landlord, url):
    landlord.stand_still(MONDAY)
    done = run("tick", "--database", url, "--at", "2026-11-05T09:00")
    assert done.exit_code == 0, done.output
    assert "HB-1  to Amir Khan: HB-1: Log application was due on" in done.stdout
    with reading(landlord.engine) as conn:
        assert simulated_until(conn) == datetime(2026, 11, 5, 9, tzinfo=UTC)


def test_a_pretend_database_has_its_own_now(run, landlord, url):
    landlord.stand_still(MONDAY)
    done = run("tick", "--database", url)
    assert done.stdout.startswith("Tick for Mon 2 Nov 2026, 10:00.\n  Nothing was due.")


def test_an_instant_before_the_last_is_remarked(run, landlord, url):
    landlord.stand_still(MONDAY)
    for words in ((), ("--dry-run",)):
        done = run("tick", "--database", url, "--at", "2026-11-01T09:00", *words)
        assert "--at is earlier than Mon 2 Nov 2026, 10:00" in done.stderr
        assert "earlier" not in run("tick", "--database", url, *words).stderr


def test_nothing_due(run, landlord, url, platform):
    landlord.update(CaseChange.hold("waiting", by="amir"), MONDAY)
    done = run("tick", "--database", url, "--plugin", f"{platform}:plugin", "--at", "2026-11-02T10:05")
    assert "Nothing was due." in done.stdout
