"""``rules/PROBLEMS.md`` explains every code, and its example is what is really printed."""

import re

from homebuy_plugin._resources import data_folder
from homebuy_plugin.documents.code_page import page
from homebuy_plugin.documents.codes import CODES
from homebuy_plugin.engine import OPERATORS


def text() -> str:
    return (data_folder("rules") / "PROBLEMS.md").read_text(encoding="utf-8")


def test_the_page_is_the_one_that_the_codes_make() -> None:
    assert text() == page(), "python -m homebuy_plugin.documents.code_page > rules/PROBLEMS.md"


def test_every_code_has_its_line() -> None:
    assert re.findall(r"^\| `(HB[0-9]{3})` \| .+ \|$", text(), re.MULTILINE) == sorted(CODES)


def test_the_guide_names_every_test_of_every_type() -> None:
    guide = (data_folder("rules") / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([a-z() ]+) \| (.+) \|$", guide, re.MULTILINE))
    words = {"yes_no": "yes or no", "choices": "choices (a list)", "duration": "length of time"}
    for type_, operators in OPERATORS.items():
        if type_ == "date_time":
            continue  # "the same as date"
        named = set(
            re.findall(r"[a-z_]{3,}", " ".join(re.findall(r"`([a-z_ ]+)`", rows[words.get(type_, type_)])))
        )
        assert named == set(operators) - {"is", "is_not", "is_known", "is_missing", "matches_regex"}
    assert set(OPERATORS["date_time"]) == set(OPERATORS["date"])
