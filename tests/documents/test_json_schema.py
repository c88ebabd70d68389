"""The JSON Schemas take what the loader takes, and refuse what editors can know to be wrong."""

import copy
import json
from typing import Any

import jsonschema
import pytest

from homebuy_plugin._resources import data_folder
from homebuy_plugin.documents.condition_schema import condition_defs
from homebuy_plugin.documents.formats import FORMATS
from homebuy_plugin.documents.json_schema import export, schema
from homebuy_plugin.documents.parse import parse
from homebuy_plugin.documents.values import from_json
from homebuy_plugin.documents.vocabulary import with_attributes, with_names
from homebuy_plugin.engine import Catalogue, check_conditions

Raw = dict[str, Any]
SHIPPED = sorted(data_folder("rules").rglob("*.json"))


@pytest.fixture(scope="module")
def shipped_catalogue(catalogue: Catalogue) -> Catalogue:
    for path in SHIPPED:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw["format"] == "homebuy.attributes/1":
            attributes: Any = from_json("attributes", raw)
            catalogue = with_attributes(catalogue, attributes)
    return catalogue


@pytest.fixture(scope="module")
def schemas(shipped_catalogue: Catalogue) -> dict[str, Raw]:
    return export(shipped_catalogue)


def errors(schemas: dict[str, Raw], raw: Raw) -> list[str]:
    body = schemas[f"{FORMATS[raw['format']]}.schema.json"]
    return [error.json_path for error in jsonschema.Draft202012Validator(body).iter_errors(raw)]


def test_there_is_one_for_each_format(schemas: dict[str, Raw]) -> None:
    assert {name.partition(".")[0] for name in schemas} == set(FORMATS.values())
    for body in schemas.values():
        jsonschema.Draft202012Validator.check_schema(body)
        assert body["properties"]["format"] == {"const": body["title"]}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_shipped_files_are_valid(schemas: dict[str, Raw], path: Any) -> None:
    assert errors(schemas, json.loads(path.read_text(encoding="utf-8"))) == []


def test_the_small_landlord_is_valid(schemas: dict[str, Raw], landlord: dict[str, Raw]) -> None:
    assert {name: errors(schemas, raw) for name, raw in landlord.items()} == {name: [] for name in landlord}


BROKEN: list[tuple[str, Any]] = [
    ("/rules/0/name", 5),
    ("/rules/0/id", "No Slug"),
    ("/rules/0/rank", "1"),
    ("/rules/0/rank", -1),
    ("/rules/0/colour", "red"),
    ("/rules/0/state", "maybe"),
    ("/rules/0/effective_from", 1),
    ("/rules/0/conditions", {"name": "property_typ", "operator": "equal_to", "value": "flat"}),
    ("/rules/0/conditions", {"name": "property_type", "operator": "greater_than", "value": "flat"}),
    ("/rules/0/conditions", {"name": "property_type", "operator": "equal_to", "value": "castle"}),
    ("/rules/0/conditions", {"name": "property_type", "operator": "is_one_of", "value": "flat"}),
    ("/rules/0/conditions", {"name": "property_type", "operator": "is_one_of", "value": []}),
    ("/rules/0/conditions", {"name": "property_type", "operator": "equal_to"}),
    ("/rules/0/conditions", {"name": "property_type", "operator": "is_known", "value": "flat"}),
    ("/rules/0/conditions", {"name": "arrears_weeks", "operator": "greater_than", "value": "3"}),
    ("/rules/0/conditions", {"name": "arrears_weeks", "operator": "between", "value": [1]}),
    ("/rules/0/conditions", {"name": "asb_pending", "operator": "equal_to", "value": "yes"}),
    ("/rules/0/conditions", {"name": "served_on", "operator": "before", "value": "1 April"}),
    ("/rules/0/conditions", {"all": []}),
    ("/rules/0/conditions", {"all": [{"name": "served_on", "operator": "is_known"}], "any": []}),
    ("/rules/0/conditions", {"name": "served_on"}),
    ("/rules/0/conditions", {}),
    ("/rules/0/conditions", []),
    ("/rules/0/conditions", {"name": "served_on", "operator": "is_known", "negate": True}),
    ("/rules/0/actions", []),
    ("/rules/0/actions", [{"name": "notify", "params": {"to": ["manager"], "template": "x"}}]),
    ("/rules/0/actions", [{"name": "assign_role"}]),
    ("/rules/0/actions", [{"name": "assign_role", "params": {}}]),
    ("/rules/0/actions", [{"name": "assign_role", "params": {"role": "x", "strategy": "random"}}]),
    ("/rules/0/actions", [{"name": "assign_role", "params": {"role": "x", "who": "y"}}]),
    ("/rules/0/actions", [{"name": "set_manager", "params": {"role": "x", "user": "y"}}]),
    ("/rules/0/actions", [{"name": "assign_users", "params": {"users": []}}]),
    ("/rules/0/actions", [{"name": "assign_previous_owner", "params": {"within_months": 0}}]),
]
FINE: list[tuple[str, Any]] = [
    ("/rules/0/conditions", None),
    ("/rules/0/conditions", {"not": {"any": [{"name": "property_type", "operator": "is_missing"}]}}),
    ("/rules/0/conditions", {"name": "arrears_weeks", "operator": "between", "value": [1, 2.5]}),
    ("/rules/0/conditions", {"name": "served_on", "operator": "before", "value": "2026-04-01"}),
    ("/rules/0/conditions", {"name": "case_flags", "operator": "contains_all", "value": ["a", "b"]}),
    ("/rules/0/effective_to", None),
    ("/rules/0/actions", [{"name": "assign_case_creator"}]),
    ("/rules/0/actions", [{"name": "assign_case_creator", "params": None}]),
    ("/rules/0/actions", [{"name": "assign_previous_owner", "params": {"within_months": 12}}]),
    ("/rules/0/actions", [{"name": "choose_owner", "params": {"prompt": "Please choose."}}]),
    ("/rules/0/companies", ["north"]),
]


def changed(landlord: dict[str, Raw], path: str, value: Any) -> Raw:
    raw = copy.deepcopy(landlord["allocation.json"])
    raw["rules"][0][path.rpartition("/")[2]] = value
    return raw


@pytest.mark.parametrize(
    ("path", "value"), BROKEN, ids=[f"{p.rpartition('/')[2]}-{i}" for i, (p, _) in enumerate(BROKEN)]
)
def test_both_refuse(
    schemas: dict[str, Raw], landlord: dict[str, Raw], shipped_catalogue: Catalogue, path: str, value: Any
) -> None:
    raw = changed(landlord, path, value)
    assert errors(schemas, raw) != []
    assert parse(json.dumps(raw), source="x", catalogue=shipped_catalogue).problems != ()


@pytest.mark.parametrize(
    ("path", "value"), FINE, ids=[f"{p.rpartition('/')[2]}-{i}" for i, (p, _) in enumerate(FINE)]
)
def test_both_take(
    schemas: dict[str, Raw], landlord: dict[str, Raw], shipped_catalogue: Catalogue, path: str, value: Any
) -> None:
    raw = changed(landlord, path, value)
    assert errors(schemas, raw) == []
    assert parse(json.dumps(raw), source="x", catalogue=shipped_catalogue).problems == ()


def test_other_formats_refuse_too(schemas: dict[str, Raw], landlord: dict[str, Raw]) -> None:
    landlord["pack.json"]["stages"][0]["tasks"][0]["clocks"][0]["period"]["unit"] = "day"
    landlord["calendar.json"]["hours"]["monday"] = []
    landlord["attributes.json"]["attributes"][0]["type"] = "string"
    landlord["escalation.json"]["rules"][1]["repeat"]["times"] = 53
    for name in ("pack.json", "calendar.json", "attributes.json", "escalation.json"):
        assert errors(schemas, landlord[name]) != [], name


def test_only_what_a_format_needs_is_in_it(catalogue: Catalogue) -> None:
    assert "$defs" not in schema("calendar", catalogue)
    assert "about_scheme" in schema("pack", catalogue)["$defs"]
    assert "allocation_action" not in schema("escalation", catalogue)["$defs"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            ("created_at", text)
            for text in ("2026-04-01T09:00:00+01:00", "2026-04-01T09:00Z", "2026-04-01", "soon")
        ),
        *(
            ("time_overdue", text)
            for text in ("P3D", "PT48H", "P1DT1H30M", "-P1W", "P", "PT", "P1M", "48 hours", "P1W1D")
        ),
    ],
)
def test_instants_and_lengths_are_taken_by_both_or_by_neither(
    shipped_catalogue: Catalogue, name: str, value: str
) -> None:
    leaf = {"name": name, "operator": "is", "value": value}
    defs = condition_defs(shipped_catalogue)
    validator = jsonschema.Draft202012Validator({"$ref": "#/$defs/conditions", "$defs": defs})
    assert validator.is_valid(leaf) is (check_conditions(leaf, shipped_catalogue) == [])


def test_codes_of_packs_are_offered_and_new_ones_taken(
    catalogue: Catalogue, landlord: dict[str, Raw]
) -> None:
    pack: Any = from_json("pack", next(raw for raw in landlord.values() if raw["format"] == "homebuy.pack/1"))
    body = schema("allocation", with_names(catalogue, [pack]))
    offered = body["$defs"]["about_task_code"]["allOf"][0]["then"]["properties"]["value"]["anyOf"][0]["enum"]
    assert "serve_rtb2" in offered
    raw = copy.deepcopy(landlord["allocation.json"])
    for code in (offered[0], "a_draft_of_ours"):
        raw["rules"][0]["conditions"] = {"name": "task_code", "operator": "equal_to", "value": code}
        assert list(jsonschema.Draft202012Validator(body).iter_errors(raw)) == []
