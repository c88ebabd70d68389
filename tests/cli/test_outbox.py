"""``homebuy outbox``, ``homebuy doctor`` and ``--settings``."""

import json

import pytest

from homebuy_plugin.cli.codes import DATABASE, FINE, PROBLEMS, USAGE
from homebuy_plugin.testing.small_landlord import at


@pytest.fixture
def url(landlord):
    return landlord.url


@pytest.fixture
def failed(landlord):
    landlord.create()
    landlord.host.fail("homebuy_notify", OSError("mail server down"))
    landlord.tick(at(3, 9))
    [row] = landlord.outbox()
    return row


def test_a_failed_notice_is_listed_shown_and_sent_again(run, landlord, url, failed):
    listed = run("outbox", "list", "--state", "failed", "--recipient", "amir", "--database", url)
    assert listed.exit_code == FINE, listed.output
    assert listed.stdout.split() == ["failed", "HB-1", "user:amir", *failed.subject.split(), failed.key]
    shown = run("outbox", "show", failed.key, "--database", url)
    assert "mail server down" in shown.stdout
    assert failed.body in shown.stdout
    again = run("outbox", "retry", failed.key, "--database", url)
    assert again.stdout == "1 notice or action will be offered at the next tick.\n"
    landlord.host.recover("homebuy_notify")
    assert landlord.homebuy.deliver().delivered == 1
    assert run("outbox", "retry", "--case", "HB-1", "--database", url).stdout == (
        "There is none: nothing was changed.\n"
    )
    refused = run("outbox", "retry", failed.key, "--database", url)
    assert (refused.exit_code, "is delivered" in refused.stderr) == (PROBLEMS, True)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
class TestOnOneDatabase:
    def test_json(self, run, url, failed):
        told = json.loads(run("outbox", "list", "--database", url, "--output", "json").stdout)
        assert [(d["key"], d["state"], d["recipient"]) for d in told["data"]] == [
            (failed.key, "failed", "user:amir")
        ]
        told = json.loads(run("outbox", "show", failed.key, "--database", url, "--output", "json").stdout)
        assert told["data"]["body"] == failed.body

    def test_release(self, run, url, failed):
        done = run("outbox", "release", "--all", "--database", url)
        assert done.stdout == "There is none: nothing was changed.\n"

    @pytest.mark.parametrize("command", ["retry", "release"])
    def test_all_of_them_only_when_said(self, run, url, failed, command):
        done = run("outbox", command, "--database", url)
        assert (done.exit_code, "Which?" in done.stderr) == (USAGE, True)

    def test_a_key_that_is_none(self, run, url):
        done = run("outbox", "show", "x", "--database", url)
        assert (done.exit_code, "No notice has the key 'x'" in done.stderr) == (PROBLEMS, True)

    def test_doctor(self, run, url, platform):
        done = run("doctor", "--database", url, "--plugin", f"{platform}:plugin")
        assert done.exit_code == FINE, done.output
        assert "OK    tables" in done.stdout
        told = json.loads(run("doctor", "--database", url, "--output", "json").stdout)
        assert told["ok"] is False
        [plugins] = [c for c in told["data"] if c["name"] == "plugins"]
        assert (plugins["level"], "--plugin" in plugins["fix"]) == ("fail", True)

    def test_settings_from_a_file(self, run, landlord, url, platform, tmp_path):
        landlord.create()
        (tmp_path / "settings.json").write_text('{"quiet_hours": {"*": "england_and_wales"}}')
        words = ("--settings", "settings.json", "--plugin", f"{platform}:plugin", "--database", url)
        done = run("tick", "--at", "2026-11-01T22:00", *words)
        assert done.exit_code == FINE, done.output

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ('{"quiet_hour": {}}', "Did you mean 'quiet_hours'?"),
            ("[1]", "it must be a JSON object"),
            ("{", "--settings settings.json"),
            ('{"storm_limit": 0}', "Settings.storm_limit is None or a number"),
        ],
    )
    def test_settings_that_are_none(self, run, url, tmp_path, text, message):
        (tmp_path / "settings.json").write_text(text)
        done = run("status", "--settings", "settings.json", "--database", url)
        assert done.exit_code in (PROBLEMS, USAGE)
        assert message in done.stderr


def test_doctor_of_a_database_without_tables(run, database_url, engine):
    with engine.connect():
        pass
    done = run("doctor", "--database", database_url)
    assert done.exit_code in (PROBLEMS, DATABASE)
