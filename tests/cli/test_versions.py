"""``homebuy rules publish``, ``diff``, ``history``, ``rollback``, ``migrate`` and ``export``."""

import copy
import json

import pytest

from homebuy_plugin.cli.codes import CHANGES, FINE, PROBLEMS, USAGE
from homebuy_plugin.testing.small_documents import ALLOCATION, ESCALATION, PACK, TEMPLATES
from homebuy_plugin.testing.small_landlord import at

sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
pytestmark = sqlite_only


@pytest.fixture
def rules(run, landlord):
    """Run ``homebuy rules ...`` on the database of the small landlord."""
    url = landlord.url
    return lambda *words: run("rules", *words, "--database", url)


@pytest.fixture
def draft(tmp_path):
    def write(name, raw):
        path = tmp_path / name
        path.write_text(json.dumps(raw), encoding="utf-8")
        return path

    return write


def slower():
    pack = copy.deepcopy(PACK)
    pack["stages"][0]["tasks"][0]["clocks"][0]["period"] = {"value": 4, "unit": "working_days"}
    return pack


SLOWER = "~ stage “application”, task “log_application”, clock “log_target”, period: 4 working days, was 2 working days"


def test_publish_shows_the_difference_in_words_and_writes_a_version(rules, draft, landlord):
    done = rules(
        "publish", draft("pack.json", slower()), "-m", "a fairer target", "--by", "k.lindqvist", "--yes"
    )
    assert done.exit_code == FINE, done.output
    assert SLOWER in done.stdout
    assert "Published pack right_to_buy.england, version 2." in done.stdout
    [new, _] = landlord.homebuy.configuration.history("pack", "right_to_buy.england")
    assert (new.version, new.author, new.reason) == (2, "k.lindqvist", "a fairer target")


def test_what_is_published_in_a_simulation_has_its_time(rules, draft, landlord):
    landlord.stand_still(at(9, 12))
    landlord.create(now=at(2, 10))
    done = rules("publish", draft("pack.json", slower()), "-m", "x", "--yes")
    assert done.exit_code == FINE, done.output
    moved = rules("migrate", "-m", "x", "--yes")
    assert moved.exit_code == FINE, moved.output
    rules("rollback", "pack:right_to_buy.england@1", "-m", "x", "--yes")
    versions = landlord.homebuy.configuration.history("pack", "right_to_buy.england")
    assert [v.published_at for v in versions[:-1]] == [at(9, 12)] * 3


def test_a_date_of_the_law_that_moves_without_its_law_is_said(rules, draft):
    pack = copy.deepcopy(PACK)
    clock = pack["stages"][0]["tasks"][4]["clocks"][0]
    assert clock["code"] == "section_124"
    clock["period"][-1] = {"value": 9, "unit": "weeks"}
    clock["period"][0]["value"] = 13
    moved = draft("pack.json", pack)
    said = "A date set by law changes, and its legal basis was not touched"
    told = f"{said}: the clock “section_124” of the task “serve_notice” is 13 weeks or 9 weeks, was"
    assert told in rules("diff", moved).stderr
    published = rules("publish", moved, "-m", "x").stdout
    assert ("HB238" in published, told in published) == (True, True)
    clock["legal_basis"]["section"] = "124(9)"
    assert said not in rules("diff", draft("pack.json", pack)).stderr


def test_nobody_there_to_answer_publishes_nothing(rules, draft, landlord):
    done = rules("publish", draft("pack.json", slower()), "-m", "x")
    assert done.exit_code == USAGE
    assert "--yes" in done.stderr
    assert landlord.homebuy.configuration.in_force().versions["pack right_to_buy.england"] == 1


def test_what_is_wrong_is_shown_with_its_line_and_nothing_is_published(rules, draft, landlord):
    path = draft(
        "escalation.json", {**ESCALATION, "rules": [{**ESCALATION["rules"][0], "trigger": "sometimes"}]}
    )
    done = rules("publish", path, "-m", "x", "--yes")
    assert done.exit_code == PROBLEMS
    assert f"{path}:1:" in done.stdout
    assert "Nothing was changed or published." in done.stdout
    assert landlord.homebuy.configuration.in_force().versions["escalation landlord"] == 1


def test_what_the_analysis_finds_is_shown(rules, draft):
    never = {**ESCALATION["rules"][0], "id": "never", "name": "Never"}
    known = {"name": "property_type", "operator": "equal_to"}
    never["conditions"] = {"all": [{**known, "value": "flat"}, {**known, "value": "house"}]}
    done = rules(
        "publish", draft("e.json", {**ESCALATION, "rules": [*ESCALATION["rules"], never]}), "-m", "x", "--yes"
    )
    assert "HB180" in done.stdout
    assert "The analysis found 1 likely mistake" in done.stdout
    assert "+ rule “never”: Never" in done.stdout


def test_remarks_about_rules_that_did_not_change_are_counted(rules, draft):
    first, *_ = ALLOCATION["rules"]
    wide = {**first, "id": "wide", "name": "Wide", "rank": 1, "state": "on", "tests": []}
    wide["conditions"] = {"all": [{"name": "joint_applicants", "operator": "greater_than", "value": 1}]}
    wide.pop("schemes", None)
    path = draft("a.json", {**ALLOCATION, "rules": [wide, *ALLOCATION["rules"]]})
    new = rules("publish", path, "-m", "x", "--yes").stdout
    assert ("HB187" in new, "did not change" in new) == (True, False), new
    again = rules("publish", path, "-m", "x", "--yes").stdout
    assert ("HB187" in again, "1 remark about rules that did not change" in again) == (False, True)


def test_nothing_new_is_said(rules, draft):
    done = rules("publish", draft("templates.json", TEMPLATES), "-m", "x", "--yes")
    assert (done.exit_code, "there is nothing to publish" in done.stdout) == (FINE, True)


def test_diff_exits_with_three_where_asked(rules, draft):
    assert rules("diff", draft("pack.json", slower())).exit_code == FINE
    done = rules("diff", draft("pack.json", slower()), "--exit-code")
    assert (done.exit_code, SLOWER in done.stdout) == (CHANGES, True)
    assert rules("diff", draft("pack.json", PACK), "--exit-code").exit_code == FINE


def test_versions_are_compared_listed_and_rolled_back(rules, draft, landlord):
    landlord.create()
    rules("publish", draft("pack.json", slower()), "-m", "fairer", "--by", "ann", "--yes")
    ref = "pack:right_to_buy.england"
    assert SLOWER in rules("diff", f"{ref}@1", f"{ref}@2").stdout
    assert SLOWER in rules("diff", f"{ref}@1").stdout
    assert json.loads(rules("diff", f"{ref}@2", "--output", "json").stdout)["data"] == {}
    listed = rules("history", "pack").stdout
    assert "ann: fairer" in listed
    assert "1 open case" in listed
    back = rules("rollback", f"{ref}@1", "-m", "as it was", "--yes")
    assert "period: 2 working days, was 4 working days" in back.stdout
    assert "Published pack right_to_buy.england, version 3." in back.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("diff", "nonsense@1"), "'nonsense@1' is no file"),
        (("diff", "pack@1"), "Which pack?"),
        (("diff", "escalation@9"), "escalation landlord 9"),
        (("diff", "escalation@1", "templates@1"), "Two versions of one document"),
        (("history", "rulez"), "There is no kind 'rulez'"),
        (("rollback", "escalation", "-m", "x"), "Which version?"),
        (("publish", "-m", "x"), "Which files?"),
        (("migrate",), "Say why with -m WHY"),
    ],
)
def test_what_cannot_be_is_said(rules, words, said):
    done = rules(*words)
    assert done.exit_code in (USAGE, PROBLEMS)
    assert said in done.stderr


def test_a_dry_run_lists_what_would_move_and_then_it_moves(rules, draft, landlord):
    landlord.create(now=at(2))
    path = draft("pack.json", slower())
    rules("publish", path, "-m", "fairer", "--yes")
    seen = rules("migrate", "--dry-run")
    assert "log_application (log_target)  Wed 4 Nov 2026  to  Fri 6 Nov 2026" in seen.stdout
    assert "with pack right_to_buy.england 3: what is in force, published anew for them" in seen.stdout
    assert "Of 1 open case, 1 would change: 1 deadline would move" in seen.stdout
    assert landlord.state().pack_version == 1
    moved = rules("migrate", "-m", "everybody", "--live-cases", "recompute", "--yes")
    assert "Published pack right_to_buy.england, version 3." in moved.stdout
    assert "nothing to move" in rules("migrate", "-m", "again", "--yes").stdout
    drafted = rules("migrate", "--dry-run", draft("back.json", PACK), "--output", "json")
    assert json.loads(drafted.stdout)["data"]["documents"] == ["pack right_to_buy.england 4"]


def test_publish_may_move_open_cases_at_once(rules, draft, landlord):
    landlord.create(now=at(2))
    done = rules(
        "publish", draft("pack.json", slower()), "-m", "fairer", "--live-cases", "recompute", "--yes"
    )
    assert "1 deadline would move" in done.stdout
    assert landlord.homebuy.configuration.history("pack", "right_to_buy.england")[0].live_cases == "recompute"


def test_what_is_in_force_is_written_as_files_that_differ_in_nothing(rules, tmp_path):
    done = rules("export", tmp_path / "mine")
    assert done.exit_code == FINE
    assert {"escalation.json", "pack_right_to_buy.england.json"} <= {
        p.name for p in (tmp_path / "mine").iterdir()
    }
    assert rules("diff", tmp_path / "mine", "--exit-code").exit_code == FINE
    assert "are there already" in rules("export", tmp_path / "mine").stderr
