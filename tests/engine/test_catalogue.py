"""The catalogue holds the only names rules can reach."""

import dataclasses

import pytest

from homebuy_plugin.engine import (
    BUILT_IN,
    BUILT_IN_ACTIONS,
    ActionSpec,
    Catalogue,
    ParamSpec,
    Variable,
    built_in_catalogue,
    check_conditions,
)
from homebuy_plugin.exceptions import DuplicateName

HOST = Variable(name="epc_band", label="EPC band", type="choice", options=("a", "b"), provider="acme")


def test_adding_makes_a_new_catalogue():
    first = built_in_catalogue()
    second = first.with_variables([HOST])
    assert "epc_band" not in first.variables
    assert second.variables["epc_band"] is HOST
    assert set(second.actions) == set(first.actions)
    with pytest.raises(TypeError):
        second.variables["x"] = HOST
    with pytest.raises(dataclasses.FrozenInstanceError):
        second.variables = {}


def test_two_providers_of_one_variable_are_both_named():
    catalogue = built_in_catalogue().with_variables([HOST])
    with pytest.raises(DuplicateName, match="variable 'epc_band' is offered twice: by acme and by other"):
        catalogue.with_variables([dataclasses.replace(HOST, provider="other")])
    with pytest.raises(DuplicateName, match="by homebuy_plugin and by acme"):
        catalogue.with_variables([Variable(name="patch", label="", type="text", provider="acme")])
    with pytest.raises(DuplicateName, match="by acme and by acme"):
        Catalogue.of([HOST, HOST])


def test_two_providers_of_one_action_are_both_named():
    mine = ActionSpec(name="notify", label="", provider="acme")
    with pytest.raises(
        DuplicateName, match="action 'notify' is offered twice: by homebuy_plugin and by acme"
    ):
        built_in_catalogue().with_actions([mine])


@pytest.mark.parametrize("name", ["", "Patch", "_secret", "__class__", "a b", "x" * 65, "é", "a\n", 5])
def test_a_name_is_a_slug(name):
    with pytest.raises(ValueError, match="a name is lower-case letters"):
        Variable(name=name, label="", type="text", provider="acme")
    with pytest.raises(ValueError, match="acme offers the action"):
        ActionSpec(name=name, label="", provider="acme")


def test_a_type_that_does_not_exist_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="Did you mean “number”"):
        Variable(name="age", label="", type="nummber")
    with pytest.raises(ValueError, match="has no options"):
        Variable(name="age", label="", type="number", options=("1",))
    with pytest.raises(ValueError, match="a parameter has the type 'date'"):
        ParamSpec(type="date")


def test_an_attribute_describes_a_built_in_fact_more_closely():
    attribute = Variable(
        name="property_type",
        label="dwelling",
        type="choice",
        options=("flat", "house", "barn"),
        provider="acme",
    )
    known = built_in_catalogue().with_attributes([attribute, HOST])
    found = known.variables["property_type"]
    assert (found.label, found.options, found.provider) == (
        "dwelling",
        ("flat", "house", "barn"),
        "homebuy_plugin",
    )
    assert known.variables["joint_applicants"].derived
    assert known.variables["epc_band"] is HOST


def test_an_attribute_never_changes_a_type_nor_takes_a_host_s_name():
    with pytest.raises(DuplicateName):
        built_in_catalogue().with_attributes(
            [Variable(name="patch", label="", type="number", provider="acme")]
        )
    with pytest.raises(DuplicateName):
        built_in_catalogue().with_variables([HOST]).with_attributes(
            [dataclasses.replace(HOST, provider="dictionary")]
        )


def test_open_choices_can_be_closed():
    raw = {"name": "stage", "operator": "is", "value": "ofer"}
    assert check_conditions(raw, built_in_catalogue()) == []
    closed = built_in_catalogue().with_options({"stage": ["offer", "appeal"]})
    (found,) = check_conditions(raw, closed)
    assert (found.code, found.help) == ("HB115", "Did you mean “offer”? Options: offer, appeal")


def test_suggestions():
    known = built_in_catalogue()
    assert known.suggest_variable("propertytype") == "Did you mean “property_type”?"
    assert known.suggest_variable("zzz") == ""
    assert known.suggest_variable("property_type" * 10_000) == ""
    assert known.suggest_action("assign_rol", "allocation") == "Did you mean “assign_role”?"
    assert known.suggest_action("notfy", "allocation") == ""


def test_a_host_s_action_is_declared_in_words():
    spec = ActionSpec.declared(
        "book_survey", "book a survey", {"firm": "text", "days": "number?", "rooms": "list"}, "acme"
    )
    assert spec.for_ == "both"
    assert spec.params["firm"] == ParamSpec(type="text")
    assert spec.params["days"] == ParamSpec(type="number", required=False)
    assert spec.params["rooms"] == ParamSpec(type="text", many=True)
    with pytest.raises(ValueError, match="declares a parameter of type 'date'"):
        ActionSpec.declared("book_survey", "", {"on": "date"}, "acme")


def test_every_built_in_variable_reads_well():
    for variable in BUILT_IN:
        assert variable.label
        assert not variable.label.startswith("the ")
        assert bool(variable.true_phrase) is bool(variable.false_phrase) is (variable.type == "yes_no")


def test_the_built_in_names_are_a_promise():
    names = """scheme variant country company local_authority patch property_type tenure_offered
        tenure_result received_via served_on days_since_served joint_applicants prior_landlord
        applicant_vulnerable preferred_language staff_or_member_applicant estimated_value
        share_percent stage master_stage task_code task_kind is_statutory mandatory owner
        owner_active owner_role owner_open_cases days_to_target wd_to_target days_overdue hold_days
        escalation_level last_activity_days has_delay_notice arrears_weeks asb_pending
        funding_changed region is_rush_window eligibility_decision other_landlord_period on_hold
        tasks_done tasks_open stages_open events_recorded case_flags created_on
        created_at due_at time_overdue wd_overdue wd_since_served hold_wd last_activity_wd"""
    assert {each.name for each in BUILT_IN} == set(names.split())
    actions = """assign_user assign_users assign_role assign_case_creator assign_previous_owner
        set_manager add_group choose_owner notify raise_level reassign add_task set_flag
        propose_closure"""
    assert {each.name for each in BUILT_IN_ACTIONS} == set(actions.split())
    assert not any("close" in each.name or "withdraw" in each.name for each in BUILT_IN_ACTIONS)
