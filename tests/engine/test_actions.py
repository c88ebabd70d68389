"""Actions: checked against their declaration, collected as intents, never carried out."""

from decimal import Decimal

import pytest

from homebuy_plugin.engine import (
    ActionSpec,
    Catalogue,
    Intent,
    Variable,
    built_in_catalogue,
    check_actions,
    compile_actions,
    compile_conditions,
    run_rule,
)
from homebuy_plugin.exceptions import InvalidDocument

CATALOGUE = (
    built_in_catalogue()
    .with_variables([Variable(name="rooms", label="rooms", type="number", provider="acme")])
    .with_actions(
        [ActionSpec.declared("book_survey", "book a survey", {"firm": "text", "urgent": "yes_no?"}, "acme")]
    )
)

GOOD = {
    "allocation": [
        {"name": "assign_user", "params": {"user": "p.shah"}},
        {"name": "assign_users", "params": {"users": ["p.shah", "j.evans"]}},
        {"name": "assign_role", "params": {"role": "leasehold_officer"}},
        {"name": "assign_role", "params": {"role": "leasehold_officer", "strategy": "round_robin"}},
        {"name": "assign_case_creator"},
        {"name": "assign_case_creator", "params": {}},
        {"name": "assign_previous_owner"},
        {"name": "assign_previous_owner", "params": {"within_months": 12}},
        {"name": "set_manager", "params": {"user": "j.evans"}},
        {"name": "set_manager", "params": {"role": "team_leader"}},
        {"name": "add_group", "params": {"group": "legal"}},
        {"name": "choose_owner"},
        {"name": "choose_owner", "params": {"role": "officer", "prompt": "Policy 3.2 applies"}},
        {"name": "book_survey", "params": {"firm": "Acme & Sons", "urgent": True}},
    ],
    "escalation": [
        {
            "name": "notify",
            "params": {
                "to": [
                    "task_owner",
                    "case_owner",
                    "manager",
                    "applicants",
                    "user:P.Shah@x",
                    "role:r",
                    "group:g",
                ],
                "template": "rtb2_overdue",
                "channel": "email",
            },
        },
        {"name": "raise_level", "params": {"level": 9}},
        {"name": "reassign", "params": {"user": "p.shah"}},
        {"name": "reassign", "params": {"users": ["p.shah"]}},
        {"name": "reassign", "params": {"role": "officer", "strategy": "least_open_cases"}},
        {"name": "add_task", "params": {"task": "prepare_rtb6", "stage": "delay"}},
        {"name": "set_flag", "params": {"flag": "head_of_service_told"}},
        {"name": "propose_closure", "params": {"reason": "12 weeks have passed"}},
        {"name": "book_survey", "params": {"firm": "Acme"}},
    ],
}


@pytest.mark.parametrize(("kind", "action"), [(kind, each) for kind, every in GOOD.items() for each in every])
def test_every_built_in_action_is_accepted_and_collected(kind, action):
    assert check_actions([action], CATALOGUE, kind) == []
    actions = compile_actions([action], CATALOGUE, kind)
    found, intents = run_rule(compile_conditions(None, CATALOGUE), actions, {})
    assert found.result
    assert intents == (Intent(name=action["name"], params=action.get("params", {})),)


def test_every_built_in_action_has_a_good_example_above():
    assert {each["name"] for every in GOOD.values() for each in every} == set(CATALOGUE.actions)


NOTIFY = {"to": ["manager"], "template": "t"}

BAD = [
    # kind, actions, code, pointer, part of message and help
    ("allocation", None, "HB120", "/actions", "“actions” is a list, not null"),
    ("allocation", {"name": "add_group"}, "HB120", "/actions", "Put it in square brackets"),
    ("allocation", [], "HB127", "/actions", "would do nothing"),
    ("allocation", [{"name": "assign_case_creator"}] * 21, "HB128", "/actions", "more than 20"),
    ("allocation", ["assign_case_creator"], "HB120", "/actions/0", "An action is an object"),
    ("allocation", [{"params": {}}], "HB120", "/actions/0", "has no “name”"),
    ("allocation", [{"name": ["x"]}], "HB120", "/actions/0", "has no “name”"),
    ("allocation", [{"name": "assign_rol"}], "HB121", "/actions/0/name", "Did you mean “assign_role”?"),
    ("allocation", [{"name": "notify"}], "HB121", "/actions/0/name", "is not for allocation rules"),
    ("escalation", [{"name": "assign_role"}], "HB121", "/actions/0/name", "is not for escalation rules"),
    ("escalation", [{"name": "close_case"}], "HB121", "/actions/0/name", "There is no action “close_case”"),
    (
        "allocation",
        [{"name": "assign_case_creator", "parms": {}}],
        "HB122",
        "/actions/0/parms",
        "Did you mean “params”?",
    ),
    ("allocation", [{"name": "assign_user", "params": ["a"]}], "HB124", "/actions/0/params", "is an object"),
    ("allocation", [{"name": "assign_user"}], "HB123", "/actions/0/params", "needs “user”"),
    (
        "allocation",
        [{"name": "assign_user", "params": {"user": ""}}],
        "HB124",
        "/actions/0/params/user",
        "empty",
    ),
    (
        "allocation",
        [{"name": "assign_user", "params": {"user": " "}}],
        "HB124",
        "/actions/0/params/user",
        "empty",
    ),
    (
        "allocation",
        [{"name": "assign_user", "params": {"user": 7}}],
        "HB124",
        "/actions/0/params/user",
        "number 7",
    ),
    (
        "allocation",
        [{"name": "assign_user", "params": {"user": "x" * 257}}],
        "HB124",
        "/actions/0/params/user",
        "longer than 256",
    ),
    (
        "allocation",
        [{"name": "assign_users", "params": {"users": "p.shah"}}],
        "HB124",
        "/actions/0/params/users",
        "Put it in square brackets",
    ),
    (
        "allocation",
        [{"name": "assign_users", "params": {"users": []}}],
        "HB124",
        "/actions/0/params/users",
        "1 to",
    ),
    (
        "allocation",
        [{"name": "assign_users", "params": {"users": ["a", None]}}],
        "HB124",
        "/actions/0/params/users/1",
        "not null",
    ),
    (
        "allocation",
        [{"name": "assign_role", "params": {"role": "Leasehold Officer"}}],
        "HB124",
        "/actions/0/params/role",
        "A code is lower-case letters",
    ),
    (
        "allocation",
        [{"name": "assign_role", "params": {"role": "r", "strategy": "roundrobin"}}],
        "HB124",
        "/actions/0/params/strategy",
        "Did you mean “round_robin”?",
    ),
    (
        "allocation",
        [{"name": "assign_role", "params": {"role": "r", "stratgy": "role"}}],
        "HB122",
        "/actions/0/params/stratgy",
        "Did you mean “strategy”?",
    ),
    (
        "allocation",
        [{"name": "assign_case_creator", "params": {"user": "a"}}],
        "HB122",
        "/actions/0/params/user",
        "It has none.",
    ),
    (
        "allocation",
        [{"name": "assign_previous_owner", "params": {"within_months": "12"}}],
        "HB124",
        "/actions/0/params/within_months",
        "Write it without quotation marks: 12",
    ),
    (
        "allocation",
        [{"name": "assign_previous_owner", "params": {"within_months": 0}}],
        "HB124",
        "/actions/0/params/within_months",
        "at least 1",
    ),
    (
        "allocation",
        [{"name": "set_manager", "params": {}}],
        "HB125",
        "/actions/0/params",
        "exactly one of user, role",
    ),
    (
        "allocation",
        [{"name": "set_manager", "params": {"user": "a", "role": "b"}}],
        "HB125",
        "/actions/0/params",
        "and here are user, role",
    ),
    (
        "escalation",
        [{"name": "raise_level", "params": {"level": 0}}],
        "HB124",
        "/actions/0/params/level",
        "at least 1",
    ),
    (
        "escalation",
        [{"name": "raise_level", "params": {"level": 10}}],
        "HB124",
        "/actions/0/params/level",
        "at most 9",
    ),
    (
        "escalation",
        [{"name": "raise_level", "params": {"level": True}}],
        "HB124",
        "/actions/0/params/level",
        "not true",
    ),
    (
        "escalation",
        [{"name": "raise_level", "params": {"level": Decimal("1.5")}}],
        "HB124",
        "/actions/0/params/level",
        "whole number",
    ),
    (
        "escalation",
        [{"name": "raise_level", "params": {"level": float("nan")}}],
        "HB124",
        "/actions/0/params/level",
        "is a number",
    ),
    (
        "escalation",
        [{"name": "reassign", "params": {"user": "a", "strategy": "role"}}],
        "HB125",
        "/actions/0/params/strategy",
        "says nothing without “role”",
    ),
    (
        "escalation",
        [{"name": "notify", "params": {**NOTIFY, "to": ["team_leader"]}}],
        "HB124",
        "/actions/0/params/to/0",
        "Did you mean “role:team_leader” or “group:team_leader”?",
    ),
    (
        "escalation",
        [{"name": "notify", "params": {**NOTIFY, "to": ["manger"]}}],
        "HB124",
        "/actions/0/params/to/0",
        "Did you mean “manager”?",
    ),
    (
        "escalation",
        [{"name": "notify", "params": {**NOTIFY, "to": ["manager", "role:"]}}],
        "HB124",
        "/actions/0/params/to/1",
        "no recipient",
    ),
    (
        "escalation",
        [{"name": "notify", "params": {**NOTIFY, "to": ["user: "]}}],
        "HB124",
        "/actions/0/params/to/0",
        "no recipient",
    ),
    (
        "allocation",
        [{"name": "book_survey", "params": {"firm": "a", "urgent": "yes"}}],
        "HB124",
        "/actions/0/params/urgent",
        "true or false",
    ),
]


@pytest.mark.parametrize(("kind", "raw", "code", "pointer", "told"), BAD)
def test_what_is_wrong_is_told_at_its_place(kind, raw, code, pointer, told):
    (found,) = check_actions(raw, CATALOGUE, kind)
    assert (found.code, found.pointer, found.severity) == (code, pointer, "error")
    assert told in f"{found.message} {found.help}"
    with pytest.raises(InvalidDocument):
        compile_actions(raw, CATALOGUE, kind)


def test_all_problems_are_told_at_once():
    raw = [{"name": "assign_user"}, {"name": "x"}, {"name": "set_manager", "params": {"usr": 1}}]
    found = check_actions(raw, CATALOGUE, "allocation", "/rules/4/actions")
    assert [each.pointer for each in found] == [
        "/rules/4/actions/0/params",
        "/rules/4/actions/1/name",
        "/rules/4/actions/2/params/usr",
        "/rules/4/actions/2/params",
    ]


def rule(conditions):
    actions = [
        {"name": "assign_role", "params": {"role": "officer"}},
        {"name": "add_group", "params": {"group": "g"}},
    ]
    return (
        compile_conditions(conditions, CATALOGUE),
        compile_actions(actions, CATALOGUE, "allocation"),
    )


def test_a_rule_that_holds_asks_for_its_actions_in_order():
    found, intents = run_rule(*rule({"name": "rooms", "operator": "is", "value": 3}), {"rooms": 3})
    assert found.result
    assert [each.name for each in intents] == ["assign_role", "add_group"]


@pytest.mark.parametrize("values", [{"rooms": 4}, {"rooms": None}, {"rooms": "3"}])
def test_a_rule_that_does_not_hold_or_fails_asks_for_nothing(values):
    found, intents = run_rule(*rule({"name": "rooms", "operator": "is", "value": 3}), values)
    assert not found.result
    assert intents == ()
    assert bool(found.error) is (values["rooms"] == "3")


def test_actions_do_not_change_with_the_document_they_came_from():
    raw = [{"name": "assign_users", "params": {"users": ["a"]}}]
    actions = compile_actions(raw, CATALOGUE, "allocation")
    raw[0]["params"]["users"].append("b")
    raw[0]["name"] = "add_group"
    _, (intent,) = run_rule(compile_conditions(None, Catalogue()), actions, {})
    assert intent == Intent(name="assign_users", params={"users": ["a"]})


def test_a_memo_is_shared_with_conditions_evaluated_before():
    memo = {}
    conditions, actions = rule({"name": "rooms", "operator": "is", "value": 3})
    run_rule(conditions, actions, {"rooms": 3}, memo=memo)
    assert run_rule(conditions, actions, {"rooms": 4}, memo=memo)[0].result
