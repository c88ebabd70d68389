"""One document at a time."""

import json
import time
from typing import Any

import pytest

from homebuy_plugin.documents.model import AllocationSet, Pack
from homebuy_plugin.documents.parse import LARGEST_RULE, load_document, parse
from homebuy_plugin.engine import Catalogue
from homebuy_plugin.exceptions import InvalidDocument

Raw = dict[str, Any]


def test_a_sound_document_becomes_a_value(landlord: dict[str, Raw], catalogue: Catalogue) -> None:
    found = parse(json.dumps(landlord["pack.json"]), source="pack.json", catalogue=catalogue)
    assert (found.kind, found.key, found.problems) == ("pack", "right_to_buy.england", ())
    assert isinstance(found.value, Pack)
    assert found.raw == landlord["pack.json"]


def test_a_document_with_problems_has_no_value(landlord: dict[str, Raw], catalogue: Catalogue) -> None:
    landlord["pack.json"]["stages"][0]["codes"] = 1
    found = parse(json.dumps(landlord["pack.json"], indent=2), source="pack.json", catalogue=catalogue)
    assert (found.kind, found.key, found.value) == ("pack", None, None)
    (problem,) = found.problems
    assert problem.place.text.strip() == '"codes": 1'


@pytest.mark.parametrize("text", ["[]", "7", '"pack"', "null", "{}"])
def test_what_does_not_say_its_format(catalogue: Catalogue, text: str) -> None:
    found = parse(text, source="x.json", catalogue=catalogue)
    assert [each.code for each in found.problems] == ["HB009"]
    assert found.kind is None


def test_editors_may_name_their_schema(landlord: dict[str, Raw], catalogue: Catalogue) -> None:
    text = json.dumps({"$schema": "../allocation.schema.json", **landlord["allocation.json"]})
    assert parse(text, source="x", catalogue=catalogue).problems == ()


def test_a_rule_too_large_is_refused(landlord: dict[str, Raw], catalogue: Catalogue) -> None:
    rule = landlord["allocation.json"]["rules"][0]
    rule["tests"] = [{"name": "x" * 200, "given": {"patch": "y" * 500}, "matches": False}] * 90
    (found,) = parse(json.dumps(landlord["allocation.json"]), source="x", catalogue=catalogue).problems
    assert (found.code, found.pointer) == ("HB004", "/rules/0")
    assert f"{LARGEST_RULE:,}" in found.message


def test_all_problems_come_at_once(catalogue: Catalogue) -> None:
    rules = [
        {"id": "A", "rank": "1", "state": "maybe", "conditions": {"all": []}, "actions": [], "color": "red"}
    ]
    found = parse(
        json.dumps({"format": "homebuy.allocation/1", "rules": rules}), source="x", catalogue=catalogue
    )
    assert [each.code for each in found.problems] == ["HB014", "HB012", "HB016", "HB101", "HB127", "HB010"]


def test_json_of_a_host_is_checked_too(landlord: dict[str, Raw], catalogue: Catalogue) -> None:
    assert isinstance(load_document(landlord["allocation.json"], catalogue), AllocationSet)
    landlord["allocation.json"]["rules"][0]["rank"] = -1
    with pytest.raises(InvalidDocument, match="/rules/0/rank: “rank” is between 0 and"):
        load_document(landlord["allocation.json"], catalogue, "a host's rules")
    with pytest.raises(InvalidDocument, match="“format” is missing"):
        load_document({}, catalogue)


def test_a_large_file_takes_seconds_not_minutes(landlord: dict[str, Raw], catalogue: Catalogue) -> None:
    rule = landlord["allocation.json"]["rules"][0]
    rules = [{**rule, "id": f"r{n}", "rank": n} for n in range(2_000)]
    text = json.dumps({"format": "homebuy.allocation/1", "rules": rules}, indent=1)
    began = time.perf_counter()
    assert parse(text, source="x", catalogue=catalogue).problems == ()
    assert time.perf_counter() - began < 20  # a second or two; squared behaviour would take minutes
