"""What the README shows is true."""

import json
import re
from pathlib import Path

import pytest

from homebuy_plugin._resources import data_folder

README = Path(__file__).resolve().parent.parent / "README.md"

pytestmark = pytest.mark.skipif(not README.is_file(), reason="the tests run away from the project")


def blocks():
    """Language and text of every fenced block, in order."""
    return re.findall(r"^```(\w+)\n(.*?)^```", README.read_text(encoding="utf-8"), re.M | re.S)


def blocks_in(language):
    return [text for found, text in blocks() if found == language]


def test_it_opens_with_the_demonstration_and_the_tests():
    venv = "python3 -m venv .venv && .venv/bin/python -m pip install"
    assert README.read_text(encoding="utf-8").startswith("# homebuy_plugin\n\n```sh\n")
    assert blocks()[:2] == [
        ("sh", f"{venv} . && .venv/bin/homebuy demo\n"),
        ("sh", f"{venv} -e '.[test]' && .venv/bin/python -m pytest\n"),
    ]


def test_the_host_in_it_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (code,) = blocks_in("python")
    names = {"__name__": "readme"}
    try:
        exec(compile(code, "README.md", "exec"), names)
    finally:
        names["engine"].dispose()
    assert names["outcome"].created
    assert names["outcome"].reference == "HB-1"
    assert "(" in capsys.readouterr().out


def test_the_rule_in_it_is_the_shipped_one():
    """An analyst who looks for it finds it."""
    (text,) = blocks_in("json")
    shown = json.loads(text)
    shipped = json.loads((data_folder("rules") / "right_to_buy" / "allocation.json").read_text("utf-8"))
    assert shown["id"] in {rule["id"] for rule in shipped["rules"]}
