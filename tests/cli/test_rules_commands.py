"""``homebuy rules validate``, ``explain`` and ``why``."""

import json
from datetime import UTC, date, datetime

import pytest

from homebuy_plugin import CaseChange
from homebuy_plugin._resources import data_folder
from homebuy_plugin.cli.codes import DATABASE, FINE, PROBLEMS, USAGE

MONDAY = datetime(2026, 11, 2, 10, tzinfo=UTC)

MISTAKEN = """{
  "format": "homebuy.allocation/1",
  "rules": [
    {
      "id": "flats",
      "rank": 10,
      "state": "on",
      "conditions": {"all": [{"name": "proprety_type", "operator": "equal_to", "value": "flat"}]},
      "actions": [{"name": "assign_usr", "params": {"user": "p.shah"}}]
    }
  ]
}
"""


@pytest.fixture
def draft(tmp_path):
    path = tmp_path / "allocation.json"
    path.write_text(MISTAKEN, encoding="utf-8")
    return path


class TestValidate:
    def test_the_shipped_rules_are_sound(self, run):
        done = run("rules", "validate")
        assert done.exit_code == FINE, done.stdout
        assert "No problems found in " in done.stdout
        assert "the rules that come with the package" in done.stderr

    def test_every_mistake_with_its_line_and_what_was_meant(self, run, draft):
        done = run("rules", "validate", draft)
        assert done.exit_code == PROBLEMS
        assert f"{draft}:8:" in done.stdout
        assert f"{draft}:9:" in done.stdout
        assert "property_type" in done.stdout
        assert "assign_user" in done.stdout
        assert "^^^^" in done.stdout
        assert done.stdout.rstrip().endswith("Found 2 problems in 1 file. Nothing was changed or published.")

    def test_what_is_not_given_is_taken_from_the_shipped(self, run, tmp_path):
        source = data_folder("rules") / "right_to_buy" / "escalation.json"
        (tmp_path / "escalation.json").write_bytes(source.read_bytes())
        done = run("rules", "validate", "escalation.json")
        assert done.exit_code == FINE, done.stdout
        assert "Checked together with the packs, allocation rules, letters, groups" in done.stderr

    def test_a_folder(self, run, tmp_path, draft):
        done = run("rules", "validate", tmp_path)
        assert done.exit_code == PROBLEMS
        assert "in 1 file" in done.stdout

    def test_a_database_stands_beside(self, run, landlord, tmp_path):
        url = landlord.url
        (tmp_path / "escalation.json").write_text(
            json.dumps(
                {
                    "format": "homebuy.escalation/1",
                    "rules": [
                        {
                            "id": "late",
                            "trigger": "target_exceeded",
                            "state": "on",
                            "applies_to": {"tasks": ["log_application"]},
                            "actions": [
                                {"name": "notify", "params": {"to": ["manager"], "template": "passed"}}
                            ],
                        }
                    ],
                }
            ),
            encoding="utf-8",
        )
        assert run("rules", "validate", "escalation.json").exit_code == PROBLEMS  # no such task is shipped
        done = run("rules", "validate", "escalation.json", "--database", url)
        assert done.exit_code == FINE, done.stdout
        assert "published in the database" in done.stderr

    def test_json(self, run, draft):
        done = run("rules", "validate", draft, "--output", "json")
        told = json.loads(done.stdout)
        assert (told["schema_version"], told["ok"]) == (1, False)
        assert [problem["line"] for problem in told["problems"]] == [8, 9]
        assert {"source", "column", "code", "message", "help", "pointer", "severity"} <= told["problems"][
            0
        ].keys()
        assert told["data"]["files"] == [str(draft)]

    def test_for_github(self, run, draft):
        done = run("rules", "validate", draft, "--output", "github")
        assert done.stdout.startswith(f"::error file={draft},line=8,col=")

    def test_plain(self, run, draft):
        first = run("rules", "validate", draft, "--output", "plain").stdout.splitlines()[0]
        assert first.startswith(f"{draft}:8:")
        assert " error: " in first

    def test_not_json_at_all(self, run, tmp_path):
        (tmp_path / "bad.json").write_text('{"format": "homebuy.allocation/1", "rules": [],}')
        done = run("rules", "validate", "bad.json")
        assert done.exit_code == PROBLEMS
        assert "bad.json:1:" in done.stdout

    def test_no_such_file(self, run):
        assert run("rules", "validate", "nowhere.json").exit_code == USAGE

    def test_a_hosts_variable_is_known(self, run, tmp_path, monkeypatch):
        (tmp_path / "acme_variables.py").write_text(
            "from homebuy_plugin import RuleVariable, hookimpl\n"
            "class P:\n"
            "    @hookimpl\n"
            "    def homebuy_rule_variables(self):\n"
            "        return [RuleVariable(name='has_garden', label='Garden', type='yes_no',\n"
            "                             read=lambda facts, case: True)]\n"
            "plugin = P()\n"
        )
        monkeypatch.syspath_prepend(str(tmp_path))
        rule = json.loads(MISTAKEN)
        rule["rules"][0]["conditions"] = {"name": "has_garden", "operator": "is_true"}
        rule["rules"][0]["actions"] = [{"name": "assign_user", "params": {"user": "p.shah"}}]
        (tmp_path / "garden.json").write_text(json.dumps(rule))
        assert run("rules", "validate", "garden.json").exit_code == PROBLEMS
        done = run("rules", "validate", "garden.json", "--plugin", "acme_variables:plugin")
        assert done.exit_code == FINE, done.stdout


class TestExplain:
    def test_one_shipped_rule(self, run):
        done = run("rules", "explain", "rtb2-overdue")
        assert done.exit_code == FINE
        lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
        assert lines[0] == "RTB2 not served in time"
        assert "when the target of “Serve the answer (RTB2)” (a date set by law) has passed" in lines
        assert "for Right to Buy" in lines
        told = next(line for line in lines if "send the letter" in line)
        assert "(rtb2_overdue) to whoever owns the task, the manager and the group Legal" in told
        assert "raise the case to level 2" in lines

    def test_an_allocation_rule(self, run):
        done = run("rules", "explain", "rtb-flats-to-leasehold")
        text = " ".join(done.stdout.split())
        assert (
            "if the property type is one of flat, maisonette, and the number of applicants is at most 1"
            in text
        )
        assert "give the case to the officer of the role leasehold officer with the fewest open cases" in text

    def test_all_of_them(self, run):
        done = run("rules", "explain", "--output", "json")
        told = json.loads(done.stdout)["data"]
        assert {rule["kind"] for rule in told} == {"allocation", "escalation"}
        assert all(rule["lines"] for rule in told)

    def test_a_file(self, run, tmp_path):
        source = data_folder("rules") / "social_homebuy" / "escalation.json"
        (tmp_path / "mine.json").write_bytes(source.read_bytes())
        done = run("rules", "explain", "mine.json")
        assert done.exit_code == FINE
        assert "shb-offer-reminder" in done.stdout
        assert "rtb2-overdue" not in done.stdout

    def test_a_file_with_mistakes(self, run, draft):
        done = run("rules", "explain", draft)
        assert done.exit_code == PROBLEMS
        assert "proprety_type" in done.stderr

    def test_what_is_published(self, run, landlord):
        url = landlord.url
        done = run("rules", "explain", "still-not-done", "--database", url)
        text = " ".join(done.stdout.split())
        assert "2 working days after “Target passed”" in text
        assert "and again every week, 2 more times" in text

    def test_no_such_rule(self, run):
        done = run("rules", "explain", "rtb2-overdeu")
        assert done.exit_code == USAGE
        assert "Did you mean 'rtb2-overdue'?" in done.stderr

    def test_no_such_file(self, run):
        assert run("rules", "explain", "nowhere.json").exit_code == USAGE


class TestWhy:
    @pytest.fixture
    def url(self, landlord):
        landlord.create(served_on=date(2026, 11, 2), now=MONDAY)
        landlord.tick(datetime(2026, 11, 10, 9, tzinfo=UTC))
        landlord.stand_still(datetime(2026, 11, 10, 9, tzinfo=UTC))
        return landlord.url

    def test_the_owner_and_every_rule(self, run, url):
        done = run("rules", "why", "HB-1", "--database", url)
        assert done.exit_code == FINE
        assert "Amir Khan; manager Dilys Evans" in done.stdout
        assert "1. Flats go to the leasehold team: APPLIED" in done.stdout
        assert "✓ the property type is one of flat, maisonette (it is flat)" in done.stdout

    def test_rules_that_did_not_apply_say_what_they_saw(self, run, landlord, url):
        landlord.create("HB-2", facts={"property_type": "house"}, served_on=date(2026, 11, 2), now=MONDAY)
        text = run("rules", "why", "HB-2", "--database", url).stdout
        assert "1. Flats go to the leasehold team: did not apply" in text
        assert "✗ the property type is one of flat, maisonette (it is house)" in text
        assert "2. Houses belong to the role: APPLIED" in text

    def test_alerts_with_their_notices(self, run, url):
        text = run("rules", "why", "HB-1", "--database", url).stdout
        assert (
            "Thu 5 Nov 2026, 00:00  target passed: “Log application” (decided Tue 10 Nov 2026, 09:00)" in text
        )
        assert "fired: “Target passed” (target-passed, version 1)" in text
        assert "→ Amir Khan (letter passed): handed over" in text
        assert "→ Dilys Evans (letter passed): not sent: a later one took its place" in text

    def test_what_comes_next(self, run, url):
        text = run("rules", "why", "HB-1", "--database", url).stdout
        assert "What comes next, if nothing changes" in text
        assert "Notice near: “Serve notice” → Amir Khan (letter near)" in text
        assert "Still to be done in this stage: “Log application”" in text

    def test_one_rule_only(self, run, url):
        told = json.loads(
            run(
                "rules", "why", "HB-1", "--database", url, "--rule", "target-passed", "--output", "json"
            ).stdout
        )
        assert {e["rule"] for e in told["data"]["escalations"]} == {"target-passed"}
        assert told["data"]["because"].startswith("Amir Khan has this case by the rule")

    def test_what_a_person_changed(self, run, landlord, url):
        landlord.update(
            CaseChange.reassign("beth", reason="on leave", by="dilys"), datetime(2026, 11, 10, 10, tzinfo=UTC)
        )
        text = run("rules", "why", "HB-1", "--database", url).stdout
        assert "Tue 10 Nov 2026: given to Beth Owen by Dilys Evans" in text

    def test_an_unknown_reference(self, run, url):
        done = run("rules", "why", "HB-9", "--database", url)
        assert done.exit_code == PROBLEMS
        assert "No case has the reference 'HB-9'" in done.stderr

    def test_its_error_is_json_too(self, run, url):
        done = run("rules", "why", "HB-9", "--database", url, "--output", "json")
        told = json.loads(done.stdout)
        assert (told["ok"], told["data"]) == (False, None)
        assert told["problems"][0]["code"] == "UnknownReference"

    def test_no_database(self, run):
        assert run("rules", "why", "HB-1", "--database", "nowhere.db").exit_code == DATABASE


@pytest.mark.parametrize("command", ["validate", "coverage"])
def test_a_folder_without_rules(run, tmp_path, command):
    done = run("rules", command, str(tmp_path))
    assert (done.exit_code, f"No rule files found in {tmp_path}" in done.stderr) == (2, True)
