"""Problems as people and machines read them."""

import json
from typing import Any

import pytest

from homebuy_plugin.documents.diagnostics import Located, locate, problem, warning
from homebuy_plugin.documents.loading import load_text
from homebuy_plugin.documents.parse import parse
from homebuy_plugin.documents.positions import Place
from homebuy_plugin.documents.rendering import MOST, clean, render, summary
from homebuy_plugin.engine import Catalogue

TEXT = """{
  "format": "homebuy.escalation/1",
  "rules": [
    {"id": "late", "trigger": "target_exceed", "actions": [{"name": "set_flag", "params": {"flag": "x"}}]},
    {"id": "later", "trigger": "stagnant", "actions": [{"name": "raise_level", "params": {"level": "2"}}]}
  ]
}"""


@pytest.fixture
def problems(catalogue: Catalogue) -> tuple[Located, ...]:
    return parse(TEXT, source="rules/late.json", catalogue=catalogue).problems


def test_in_full_each_problem_shows_its_line_with_a_caret(problems: tuple[Located, ...]) -> None:
    assert render(problems, files=1) == (
        "rules/late.json:4:31  HB016  “trigger” cannot be “target_exceed”. Did you mean “target_exceeded”?\n"
        "     |\n"
        '   4 |     {"id": "late", "trigger": "target_exceed", "actions": [{"name": "set_flag", "params": {"flag": "…\n'
        "     |                               ^^^^^^^^^^^^^^^   /rules/0/trigger\n"
        "     = help: One of: amber, target_exceeded, follow_on, stagnant, event.\n"
        "rules/late.json:5:5  HB151  A rule with the trigger stagnant needs “after”.\n"
        "     |\n"
        '   5 |     {"id": "later", "trigger": "stagnant", "actions": [{"name": "raise_level", "params": {"level": "…\n'
        "     |     ^   /rules/1\n"
        '     = help: Write "after": {"value": 5, "unit": "working_days"}.\n'
        "rules/late.json:5:100  HB124  “level” is a number, not the text “2”.\n"
        "     |\n"
        '   5 | …id": "later", "trigger": "stagnant", "actions": [{"name": "raise_level", "params": {"level": "2"}}]}\n'
        "     |                                                                                               ^^^   "
        "/rules/1/actions/0/params/level\n"
        "     = help: Write it without quotation marks: 2\n"
        "Found 3 problems in 1 file. Nothing was changed or published."
    )
    assert render(problems, files=1, format="table") == render(problems, files=1)


def test_plain_is_one_line_each(problems: tuple[Located, ...]) -> None:
    assert render(problems[:1], files=1, format="plain") == (
        "rules/late.json:4:31: HB016 error: “trigger” cannot be “target_exceed”. Did you mean “target_exceeded”? "
        "One of: amber, target_exceeded, follow_on, stagnant, event.\n"
        "Found 1 problem in 1 file. Nothing was changed or published."
    )


def test_github_marks_the_line(problems: tuple[Located, ...]) -> None:
    assert render(problems[1:2], files=1, format="github").splitlines()[0] == (
        "::error file=rules/late.json,line=5,col=5,title=HB151::A rule with the trigger stagnant needs “after”. "
        'Write "after": {"value": 5, "unit": "working_days"}.'
    )


def test_github_escapes_what_would_end_its_command() -> None:
    found = Located(source="a,b:c.json", diagnostic=problem("HB001", "50%\nof"))
    first, _, _ = render([found], files=1, format="github").partition("\nFound")
    assert first == "::error file=a%2Cb%3Ac.json,line=1,col=1,title=HB001::50%25 of"


def test_json_has_one_documented_shape(problems: tuple[Located, ...]) -> None:
    shown: dict[str, Any] = json.loads(render(problems[:1], files=1, format="json"))
    assert shown == {
        "schema_version": 1,
        "ok": False,
        "problems": [
            {
                "source": "rules/late.json",
                "line": 4,
                "column": 31,
                "end_column": 46,
                "pointer": "/rules/0/trigger",
                "code": "HB016",
                "severity": "error",
                "message": "“trigger” cannot be “target_exceed”. Did you mean “target_exceeded”?",
                "help": "One of: amber, target_exceeded, follow_on, stagnant, event.",
            }
        ],
        "data": None,
    }
    assert json.loads(render([], files=1, format="json"))["ok"] is True


def test_problems_come_by_file_and_place() -> None:
    place = {n: Place(line=n, column=1, end_column=2, text="x") for n in (1, 2)}
    mixed = [
        Located(source=source, diagnostic=problem("HB001", "m"), place=place[line])
        for source, line in (("b", 1), ("a", 2), ("a", 1))
    ]
    lines = render(mixed, files=2, format="plain").splitlines()
    assert [line.split(" ")[0] for line in lines[:3]] == ["a:1:1:", "a:2:1:", "b:1:1:"]
    assert lines[3] == "Found 3 problems in 2 files. Nothing was changed or published."


def test_the_closing_line() -> None:
    wrong = Located(source="a", diagnostic=problem("HB001", "m"))
    warned = Located(source="b", diagnostic=warning("HB155", "m"))
    assert summary([], 3) == "No problems found in 3 files."
    assert summary([warned], 3) == "Found 1 warning in 1 file."
    assert summary([wrong, warned, warned], 3) == (
        "Found 1 problem and 2 warnings in 2 files. Nothing was changed or published."
    )


def test_a_warning_says_so() -> None:
    warned = Located(source="b", diagnostic=warning("HB155", "Take care."))
    assert render([warned], files=1).startswith("b:1:1  HB155  warning: Take care.")
    assert "::warning file=b" in render([warned], files=1, format="github")


def test_more_than_enough_is_counted() -> None:
    many = [Located(source="a", diagnostic=problem("HB001", f"m{n}")) for n in range(MOST + 7)]
    assert "… and 7 more.\nFound 107 problems" in render(many, files=1, format="plain")


@pytest.mark.parametrize("offset", [0, 50, 500, 990])
def test_a_long_line_is_clipped_round_its_caret(offset: int) -> None:
    text = '"' + "x" * offset + "!" + "y" * (1000 - offset) + '"'
    found = load_text(f"[{text}]", "x.json")
    place = found.positions.lines.place(offset + 2, offset + 3) if found.positions else None
    assert place is not None
    shown = render([Located(source="x", diagnostic=problem("HB001", "m"), place=place)], files=1).splitlines()
    source, caret = shown[2], shown[3]
    assert len(source) <= 7 + 102
    assert source[caret.index("^")] == "!"


def test_nothing_steers_a_terminal() -> None:
    assert clean("a\x1b[31m\u202eb\tc\x07") == "a\ufffd[31m\ufffdb c\ufffd"
    found = load_text('{"a\\u001b": 1, "a\\u001b": 2}', "x.json").problems
    assert "\x1b" not in render(found, files=1)


def test_what_has_no_text_has_no_excerpt() -> None:
    assert (
        render(locate([problem("HB009", "m")], "stored", None), files=1).splitlines()[0]
        == "stored:1:1  HB009  m"
    )
    assert "|" not in render(locate([problem("HB009", "m")], "stored", None), files=1)
