"""The documents in the wheel are in order, all together."""

from pathlib import Path

import pytest

from homebuy_plugin._resources import data_folder
from homebuy_plugin.documents import Located, validate_texts
from homebuy_plugin.documents.rendering import render
from homebuy_plugin.documents.validating import read_all
from homebuy_plugin.documents.values import from_json, to_json
from homebuy_plugin.engine import Catalogue


def texts(*folders: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder.parent)): path.read_bytes()
        for folder in folders
        for path in sorted(folder.rglob("*.json"))
    }


@pytest.fixture(scope="module")
def found(catalogue: Catalogue) -> list[Located]:
    return validate_texts(texts(data_folder("rules"), data_folder("fixtures")), catalogue)


def test_rules_and_the_sample_landlord_are_in_order(found: list[Located]) -> None:
    assert found == [], render(found, files=0)


def test_the_rules_alone_are_too(catalogue: Catalogue) -> None:
    assert validate_texts(texts(data_folder("rules")), catalogue) == []


def test_each_survives_the_round_trip(catalogue: Catalogue) -> None:
    documents, _ = read_all(texts(data_folder("rules")), catalogue)
    assert {each.kind for each in documents.values()} >= {
        "pack",
        "allocation",
        "escalation",
        "templates",
        "groups",
        "calendar",
        "attributes",
    }
    for each in documents.values():
        assert each.kind is not None
        assert each.value is not None
        assert from_json(each.kind, to_json(each.kind, each.value)) == each.value
