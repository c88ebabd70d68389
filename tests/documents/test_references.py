"""Several files together: what one names, another holds."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from homebuy_plugin.documents.diagnostics import Located
from homebuy_plugin.documents.ladder_checks import requires_no_hold
from homebuy_plugin.documents.landlord_set import gather, of_values
from homebuy_plugin.documents.parse import parse
from homebuy_plugin.documents.references import check_set
from homebuy_plugin.documents.validating import read_all, validate_texts
from homebuy_plugin.documents.values import from_json
from homebuy_plugin.engine import Catalogue, Variable

Raw = dict[str, Any]
Validate = Callable[..., list[Located]]


def codes(problems: list[Located]) -> list[tuple[str, str, str]]:
    return [(each.source, each.pointer, each.code) for each in problems]


# --- two of a kind ----------------------------------------------------------------------------


def test_ids_are_unique_over_all_files(landlord: dict[str, Raw], validate: Validate) -> None:
    landlord["more.json"] = copy.deepcopy(landlord["allocation.json"])
    found = validate(landlord)
    assert codes(found) == [
        ("more.json", "/rules/0/id", "HB152"),
        ("more.json", "/rules/0/name", "HB156"),
        ("more.json", "/rules/0/rank", "HB153"),
        ("more.json", "/rules/1/id", "HB152"),
        ("more.json", "/rules/1/name", "HB156"),
        ("more.json", "/rules/1/rank", "HB153"),
    ]
    assert found[0].message == "There is another rule with the id “flats” in allocation.json."


@pytest.mark.parametrize(
    ("source", "pointer", "code"),
    [
        ("templates.json", "/templates/0/id", "HB308"),
        ("groups.json", "/groups/0/id", "HB310"),
        ("calendar.json", "/id", "HB406"),
        ("cases.json", "/cases/0/reference", "HB502"),
        ("pack.json", "/scheme", "HB232"),
    ],
)
def test_so_is_everything_else(
    landlord: dict[str, Raw], validate: Validate, source: str, pointer: str, code: str
) -> None:
    landlord["zz.json"] = copy.deepcopy(landlord[source])
    assert codes(validate(landlord)) == [("zz.json", pointer, code)]
    assert source in validate(landlord)[0].message


def test_packs_of_one_scheme_are_told_apart_by_country_and_companies(
    landlord: dict[str, Raw], validate: Validate
) -> None:
    landlord["wales.json"] = {**copy.deepcopy(landlord["pack.json"]), "country": "wales"}
    landlord["north.json"] = {**copy.deepcopy(landlord["pack.json"]), "companies": ["north"]}
    assert validate(landlord) == []
    landlord["also_north.json"] = {**copy.deepcopy(landlord["pack.json"]), "companies": ["north", "east"]}
    assert [each.code for each in validate(landlord)] == ["HB232"]


def test_rules_of_schemes_that_never_meet_may_share_a_name(
    landlord: dict[str, Raw], validate: Validate
) -> None:
    rules = landlord["allocation.json"]["rules"]
    rules.append({**rules[0], "id": "x", "rank": 30, "schemes": ["social_homebuy"], "tests": []})
    assert validate(landlord) == []
    rules[-1]["schemes"] = []
    assert [each.code for each in validate(landlord)] == ["HB156"]


# --- the ladder -------------------------------------------------------------------------------


def follow_on(name: str, follows: str) -> Raw:
    return {
        "id": name,
        "trigger": "follow_on",
        "follows": follows,
        "after": {"value": 1, "unit": "days"},
        "actions": [{"name": "raise_level", "params": {"level": 1}}],
    }


def test_rules_that_follow_each_other_never_fire(landlord: dict[str, Raw], validate: Validate) -> None:
    landlord["escalation.json"]["rules"] += [follow_on("a", "c"), follow_on("b", "a"), follow_on("c", "b")]
    (found,) = validate(landlord)
    assert (found.code, found.pointer) == ("HB161", "/rules/2/follows")
    assert "“a” follows “c” follows “b” follows “a”" in found.message


def test_a_rule_may_not_follow_itself(landlord: dict[str, Raw], validate: Validate) -> None:
    landlord["escalation.json"]["rules"].append(follow_on("a", "a"))
    assert [each.code for each in validate(landlord)] == ["HB161"]


def test_a_follow_on_may_narrow(landlord: dict[str, Raw], validate: Validate) -> None:
    rule = landlord["escalation.json"]["rules"][1]
    rule |= {
        "schemes": ["right_to_buy"],
        "applies_to": {"tasks": ["serve_rtb2"], "clock": "section_124", "stages": ["application"]},
    }
    assert validate(landlord) == []


def test_a_clock_named_by_code_may_not_be_exchanged_in_a_follow_on(
    landlord: dict[str, Raw], validate: Validate
) -> None:
    first, second = landlord["escalation.json"]["rules"]
    first["applies_to"] = {"clock": "section_124"}
    second["applies_to"] = {"clock": "target"}
    assert [each.code for each in validate(landlord)] == ["HB162"]


CALM = {"name": "on_hold", "operator": "is_false"}
HELD = {"name": "on_hold", "operator": "is_true"}
OTHER = {"name": "asb_pending", "operator": "is_true"}


@pytest.mark.parametrize(
    ("conditions", "place"),
    [
        (None, None),
        (CALM, ""),
        ({"name": "on_hold", "operator": "equal_to", "value": False}, ""),
        ({"name": "hold_days", "operator": "equal_to", "value": 0}, ""),
        (HELD, None),
        ({"not": HELD}, "/not"),
        ({"not": CALM}, None),
        ({"all": [OTHER, CALM]}, "/all/1"),
        ({"any": [OTHER, CALM]}, None),
        ({"any": [CALM, {"all": [CALM, OTHER]}]}, "/any/0"),
        ({"not": {"any": [HELD, OTHER]}}, "/not/any/0"),
        ({"not": {"all": [HELD, OTHER]}}, None),
        ({"all": [{"not": {"not": CALM}}]}, "/all/0/not/not"),
    ],
)
def test_when_conditions_demand_that_nothing_is_on_hold(conditions: Any, place: str | None) -> None:
    assert requires_no_hold(conditions) == place


def test_a_hold_may_silence_service_clocks(landlord: dict[str, Raw], validate: Validate) -> None:
    first, second = landlord["escalation.json"]["rules"]
    first |= {"applies_to": {"clock": "service"}, "conditions": CALM}
    assert validate(landlord) == []
    second["conditions"] = CALM
    assert validate(landlord) == []


def test_a_follow_on_is_about_the_clocks_of_the_rule_it_follows(
    landlord: dict[str, Raw], validate: Validate
) -> None:
    landlord["escalation.json"]["rules"][1]["conditions"] = CALM
    assert codes(validate(landlord)) == [("escalation.json", "/rules/1/conditions", "HB174")]


# --- schemes ----------------------------------------------------------------------------------


def test_a_task_of_another_scheme_is_said_to_be_there(landlord: dict[str, Raw], validate: Validate) -> None:
    other = copy.deepcopy(landlord["pack.json"]) | {"scheme": "social_homebuy"}
    other["stages"][1]["tasks"] = [{"code": "agree_share", "name": "Agree the share"}]
    landlord["other.json"] = other
    landlord["escalation.json"]["rules"][0]["applies_to"]["tasks"] = ["agree_share"]
    (found,) = validate(landlord)
    assert found.message == "The task “agree_share” belongs to social_homebuy, not to right_to_buy."


def test_a_pack_of_a_hosts_own_brings_its_scheme(landlord: dict[str, Raw], validate: Validate) -> None:
    landlord["pack.json"]["scheme"] = "right_to_shared_ownership"
    for name in ("allocation.json", "escalation.json"):
        landlord[name]["rules"][0]["schemes"] = ["right_to_shared_ownership"]
    landlord["cases.json"]["cases"][0]["scheme"] = "right_to_shared_ownership"
    assert validate(landlord) == []


def test_every_first_stage_on_conditions_is_a_warning(landlord: dict[str, Raw], validate: Validate) -> None:
    for stage in landlord["pack.json"]["stages"]:
        stage["when"] = {"name": "served_on", "operator": "is_known"}
    (found,) = validate(landlord)
    assert (found.code, found.severity) == ("HB228", "warning")


def test_no_stage_that_could_be_first_is_refused(landlord: dict[str, Raw], validate: Validate) -> None:
    for stage in landlord["pack.json"]["stages"]:
        stage["parallel"] = True
    (found,) = validate(landlord)
    assert (found.code, found.severity, found.pointer) == ("HB228", "error", "/stages")


def test_a_calendar_that_contradicts_itself(landlord: dict[str, Raw], validate: Validate) -> None:
    landlord["calendar.json"]["closures"] = [{"date": f"{year}-01-01"} for year in range(2020, 2026)]
    landlord["calendar.json"]["hours"] = {"mon": [["09:00", "10:00"]]}
    assert validate(landlord) == []
    every_monday = [f"2026-{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 32)]
    landlord["calendar.json"]["closures"] = [{"date": day} for day in every_monday if is_date(day)]
    (found,) = validate(landlord)
    assert (found.code, found.source, found.pointer) == ("HB407", "calendar.json", "")
    assert "2026" in found.message


def is_date(text: str) -> bool:
    from homebuy_plugin.engine.casting import iso_date

    return iso_date(text) is not None


# --- what is not there cannot be missed ---------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["allocation.json", "escalation.json", "pack.json", "templates.json", "groups.json"]
)
def test_a_file_alone_is_not_blamed_for_what_it_cannot_know(
    landlord: dict[str, Raw], validate: Validate, name: str
) -> None:
    assert validate({name: landlord[name]}) == []


def test_beside_others_it_is(landlord: dict[str, Raw], catalogue: Catalogue) -> None:
    texts = {name: json.dumps(raw) for name, raw in landlord.items()}
    landlord["escalation.json"]["rules"][0]["actions"][0]["params"]["template"] = "other"
    mine = {"escalation.json": json.dumps(landlord["escalation.json"])}
    assert codes(validate_texts(mine, catalogue, beside=texts)) == [
        ("escalation.json", "/rules/0/actions/0/params/template", "HB169")
    ]
    assert validate_texts({}, catalogue, beside=texts) == []


def test_a_broken_file_does_not_make_others_wrong(landlord: dict[str, Raw], catalogue: Catalogue) -> None:
    texts = {name: json.dumps(raw) for name, raw in landlord.items()}
    for name in texts:
        found = validate_texts({**texts, name: texts[name][:-1]}, catalogue)
        assert codes(found) == [(name, "", "HB001")]


def test_one_bad_rule_leaves_the_others_checked(landlord: dict[str, Raw], validate: Validate) -> None:
    first, second = landlord["escalation.json"]["rules"]
    first["trigger"] = "sometimes"
    second["actions"][0]["params"]["template"] = "other"
    assert [each.code for each in validate(landlord)] == ["HB016", "HB169"]


def test_a_rule_list_that_is_too_long_is_not_half_read(catalogue: Catalogue) -> None:
    rules = [{"id": f"r{n}", "rank": n, "actions": "?"} for n in range(5_001)]
    found = validate_texts(
        {"a.json": json.dumps({"format": "homebuy.allocation/1", "rules": rules})}, catalogue
    )
    assert codes(found) == [("a.json", "/rules", "HB013")]


def test_roles_and_users_may_be_given(landlord: dict[str, Raw], validate: Validate) -> None:
    del landlord["officers.json"]
    assert validate(landlord) == []
    assert validate(landlord, roles={"officer"}, users={"p.shah"}) == []
    assert {each.code for each in validate(landlord, roles=set(), users=set())} == {"HB171", "HB172"}


# --- the vocabulary ---------------------------------------------------------------------------


def test_attributes_are_variables_at_once(landlord: dict[str, Raw], validate: Validate) -> None:
    landlord["allocation.json"]["rules"][1]["conditions"] = {
        "name": "patch",
        "operator": "equal_to",
        "value": "N1",
    }
    assert validate(landlord) == []
    landlord["attributes.json"]["attributes"][0]["name"] = "area"
    landlord["templates.json"]["templates"][0]["body"] = "x"
    landlord["allocation.json"]["rules"][1]["conditions"]["name"] = "patches"
    assert [each.code for each in validate(landlord)] == ["HB110"]


def test_an_attribute_may_not_take_a_hosts_variable(landlord: dict[str, Raw], catalogue: Catalogue) -> None:
    theirs = catalogue.with_variables(
        [Variable(name="rent_band", label="rent band", type="text", provider="acme")]
    )
    landlord["attributes.json"]["attributes"].append({"name": "rent_band", "type": "text"})
    found = validate_texts({name: json.dumps(raw) for name, raw in landlord.items()}, theirs)
    assert [each.code for each in found] == ["HB305"]
    assert "taken by acme" in found[0].message


# --- other ways in ----------------------------------------------------------------------------


def test_stored_values_can_be_checked_together(landlord: dict[str, Raw], catalogue: Catalogue) -> None:
    kinds = {
        name: parse(json.dumps(raw), source=name, catalogue=catalogue).kind or ""
        for name, raw in landlord.items()
    }
    values = {name: from_json(kinds[name], raw) for name, raw in landlord.items()}
    assert check_set(of_values(values, kinds, catalogue=catalogue)) == {}
    landlord["groups.json"]["groups"][0]["id"] = "lawyers"
    values["groups.json"] = from_json("groups", landlord["groups.json"])
    found = check_set(of_values(values, kinds, catalogue=catalogue))
    assert [(source, each.code) for source, each_list in found.items() for each in each_list] == [
        ("escalation.json", "HB170")
    ]


def test_without_a_catalogue_facts_are_not_asked_for(landlord: dict[str, Raw], catalogue: Catalogue) -> None:
    documents, _ = read_all({name: json.dumps(raw) for name, raw in landlord.items()}, catalogue)
    assert check_set(gather(documents.values())) == {}


def test_problems_come_in_order_of_place(landlord: dict[str, Raw], validate: Validate) -> None:
    landlord["allocation.json"]["rules"][1]["actions"][0]["params"]["user"] = "x"
    landlord["allocation.json"]["rules"][0]["schemes"] = ["y"]
    landlord["groups.json"]["groups"][0]["members"][0]["id"] = "z"
    found = validate(landlord)
    assert [(each.source, each.pointer) for each in found] == [
        ("allocation.json", "/rules/0/schemes/0"),
        ("allocation.json", "/rules/1/actions/0/params/user"),
        ("groups.json", "/groups/0/members/0/id"),
    ]
