"""A landlord in order is not spoken of, and no code of a problem goes without its test."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import homebuy_plugin
from homebuy_plugin.documents.codes import CODES
from homebuy_plugin.documents.diagnostics import Located

Raw = dict[str, Any]


def test_the_landlord_is_in_order(landlord: dict[str, Raw], validate: Callable[..., list[Located]]) -> None:
    assert validate(landlord) == []


ELSEWHERE = {
    *(f"HB00{n}" for n in range(1, 9)),  # test_loading
    *("HB161", "HB228", "HB232", "HB406", "HB407"),  # test_references
    *(f"HB18{n}" for n in range(10)),  # test_coverage
    "HB190",
    "HB191",
    "HB192",
    "HB238",  # tests/cli/test_versions
}


def codes_in(package: str) -> set[str]:
    folder = Path(homebuy_plugin.__file__).parent / package
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("*.py") if path.name != "codes.py"]
    return {code for text in texts for code in re.findall(r'"(HB[0-9]{3})"', text)}


def disorders() -> set[str]:
    """The codes that the modules beside this one bring about."""
    texts = [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py")]
    return {code for text in texts for code in re.findall(r'^ +Disorder\(\s*"(HB[0-9]{3})"', text, re.M)}


def test_every_code_is_explained() -> None:
    assert codes_in("documents") | codes_in("engine") == set(CODES)


def test_every_code_of_documents_has_its_test() -> None:
    assert codes_in("documents") - codes_in("engine") - ELSEWHERE - disorders() == set()
