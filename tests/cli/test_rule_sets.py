"""``homebuy rules coverage`` and ``homebuy rules import``."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from homebuy_plugin.cli.app import app

FLATS = {
    "id": "flats",
    "name": "Flats",
    "rank": 10,
    "conditions": {"name": "property_type", "operator": "is", "value": "flat"},
    "actions": [{"name": "assign_user", "params": {"user": "beth"}}],
}


def run(*words, **more):
    return CliRunner().invoke(app, ["rules", *map(str, words)], catch_exceptions=False, **more)


def written(folder, *rules):
    path = Path(folder) / "allocation.json"
    path.write_text(
        json.dumps({"format": "homebuy.allocation/1", "rules": rules}, indent=2), encoding="utf-8"
    )
    return path


def test_the_shipped_rules_have_no_mistakes():
    done = run("coverage")
    assert done.exit_code == 0
    assert "No mistakes, no kinds of case that no rule takes, " in done.stdout
    assert "The analysis is exact." in done.stdout


def test_gaps_are_told_and_are_no_mistakes(tmp_path):
    done = run("coverage", written(tmp_path, FLATS))
    assert done.exit_code == 0
    assert (
        "HB185  warning: No rule applies when the property type is house, bungalow or maisonette or is not known."
        in done.stdout
    )
    assert "No mistakes, 1 kind of case that no rule takes, no rules" in done.stdout


def test_a_rule_without_a_turn_is_a_mistake(tmp_path):
    again = {**FLATS, "id": "again", "name": "Again", "rank": 20}
    done = run("coverage", written(tmp_path, FLATS, again))
    assert done.exit_code == 1
    assert "“Again” never gets a turn: “Flats” takes all its cases first." in done.stdout


@pytest.mark.parametrize("output", ["table", "plain", "json", "github"])
def test_every_output(tmp_path, output):
    done = run("coverage", written(tmp_path, FLATS), "--output", output)
    assert done.exit_code == 0
    assert "HB185" in done.stdout
    if output == "json":
        answer = json.loads(done.stdout)
        assert (answer["ok"], answer["data"]["counts"]) == (True, {"HB185": 1})
        assert answer["problems"][0]["pointer"] == "/rules"


def test_unsound_rules_come_first(tmp_path):
    done = run("coverage", written(tmp_path, {**FLATS, "conditions": {"all": []}}))
    assert done.exit_code == 1
    assert "HB101" in done.stdout
    assert "have to be corrected" in done.stderr


def test_since(tmp_path):
    rules = [
        {**FLATS, "effective_to": "2026-06-01"},
        {k: v for k, v in FLATS.items() if k != "conditions"}
        | {"id": "all", "name": "All", "rank": 20, "effective_from": "2026-06-08"},
    ]
    assert "until" not in run("coverage", written(tmp_path, *rules), "--since", "2026-06-08").stdout
    assert "HB185" not in run("coverage", written(tmp_path, *rules), "--since", "2026-06-08").stdout
    assert run("coverage", "--since", "soon").exit_code == 2


PLAIN = [
    {
        "conditions": {"all": [{"name": "property_type", "operator": "contains", "value": "flat"}]},
        "actions": [{"name": "assign_user", "params": {"user": "beth"}}],
    }
]


def test_import_prints_rules_of_ours(tmp_path):
    plain = tmp_path / "plain.json"
    plain.write_text(json.dumps(PLAIN), encoding="utf-8")
    done = run("import", plain)
    assert done.exit_code == 0
    made = json.loads(done.stdout)
    assert made["rules"][0]["conditions"]["all"][0] == {
        "name": "property_type",
        "operator": "is",
        "value": "flat",
    }
    assert "“contains” became “is”" in done.stderr
    assert "Imported 1 rule." in done.stderr


def test_import_writes_what_can_be_validated(tmp_path):
    plain, target = tmp_path / "plain.json", tmp_path / "ours.json"
    plain.write_text(json.dumps(PLAIN), encoding="utf-8")
    assert run("import", plain, "--to", target).exit_code == 0
    assert run("validate", target).exit_code == 0


def test_import_reports_what_does_not_fit(tmp_path):
    plain = tmp_path / "plain.json"
    plain.write_text(json.dumps([{**PLAIN[0], "conditions": {"all": []}}]), encoding="utf-8")
    done = run("import", plain)
    assert done.exit_code == 1
    assert "HB101" in done.stderr
    plain.write_text("[", encoding="utf-8")
    assert "HB001" in run("import", plain).stderr
    plain.write_text("{}", encoding="utf-8")
    done = run("import", plain)
    assert (done.exit_code, "no list of business-rules rules" in done.stderr) == (1, True)
