"""``homebuy pack show``."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from homebuy_plugin._resources import data_folder
from homebuy_plugin.cli.app import app


@pytest.fixture(autouse=True)
def _somewhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["pack", "show", *arguments])


def test_the_shipped_pack_without_a_database() -> None:
    result = run("right_to_buy")
    assert result.exit_code == 0, result.output
    assert "THE WORK BEFORE EACH DATE OF THE LAW" in result.stdout
    assert "comes with the package" in result.stderr


@pytest.mark.parametrize("scheme", ["right_to_acquire", "social_homebuy"])
def test_pictures_go_to_standard_output_alone(scheme: str) -> None:
    ElementTree.fromstring(run(scheme, "--format", "svg").stdout)
    assert run(scheme, "--format", "mermaid").stdout.startswith("flowchart TD\n")


def test_a_draft_of_ones_own(tmp_path: Path) -> None:
    raw = json.loads((data_folder("rules") / "right_to_buy" / "pack.json").read_text(encoding="utf-8"))
    raw["stages"][2]["name"] = "Our own checks"
    (tmp_path / "draft.json").write_text(json.dumps(raw), encoding="utf-8")
    result = run("draft.json")
    assert result.exit_code == 0, result.output
    assert "3. Our own checks (eligibility" in result.stdout


def test_a_draft_with_problems_is_refused(tmp_path: Path) -> None:
    (tmp_path / "draft.json").write_text('{"format": "homebuy.pack/1", "scheme": "x"}', encoding="utf-8")
    result = run("draft.json")
    assert result.exit_code == 2
    assert "homebuy rules validate draft.json" in result.stderr


def test_a_file_that_is_no_pack_is_refused(tmp_path: Path) -> None:
    text = (data_folder("rules") / "shared" / "groups.json").read_text(encoding="utf-8")
    (tmp_path / "groups.json").write_text(text, encoding="utf-8")
    assert "is no pack" in run("groups.json").stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("right_to_by",), "Did you mean 'right_to_buy'?"),
        (("right_to_buy", "--country", "wales"), "There is one for: england."),
        (("nothing.json",), "There is no file nothing.json."),
    ],
)
def test_what_is_not_there_is_said(arguments: tuple[str, ...], words: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr
