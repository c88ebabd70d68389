"""``why`` for one allocation rule: every condition, also where the index left it out."""

import pytest

from homebuy_plugin.exceptions import UnknownName
from homebuy_plugin.insight.why import why
from homebuy_plugin.testing.small_documents import allocation
from homebuy_plugin.testing.small_landlord import at

pytestmark = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def rule(number, value, **more):
    leaf = {"name": "property_type", "operator": "is", "value": value}
    high = {"name": "estimated_value", "operator": "greater_than", "value": number}
    return {
        "id": f"rule-{number}",
        "name": f"Rule {number}",
        "rank": number,
        "state": "on",
        "conditions": {"all": [leaf, high]},
        "actions": [{"name": "assign_user", "params": {"user": "beth"}}],
        **more,
    }


def told(landlord, name):
    found = why(landlord.homebuy.desk, landlord.engine, "HB-1", rule=name, now=at(3))
    return found.allocation, found.allocation_rules


@pytest.fixture
def many(landlord):
    """A hundred rules for houses, one for flats, and one behind it; the case is a flat."""
    houses = [rule(number, "house") for number in range(1, 101)]
    last = [rule(101, "flat", conditions=None), rule(102, "flat"), rule(103, "flat", state="off")]
    landlord.publish(
        at(1), allocation=allocation(*houses, *[{k: v for k, v in r.items() if v} for r in last])
    )
    landlord.create("HB-1", facts={"property_type": "flat", "estimated_value": 50})
    return landlord


def test_the_record_says_how_many_are_not_listed(many):
    record, rules = told(many, None)
    assert (record.rule, len(rules), record.skipped) == ("rule-101", 21, 80)
    assert rules[0].because == "skipped: the property type is flat"


def test_a_rule_that_was_left_out(many):
    _, (one,) = told(many, "rule-90")
    assert (one.rule, one.verdict, one.because) == ("rule-90", "did not apply", "")
    assert one.conditions == (("the property type is house (it is flat)", "false"),)


def test_the_rule_that_decided(many):
    _, (one,) = told(many, "rule-101")
    assert (one.rule, one.verdict) == ("rule-101", "applied")


def test_a_rule_behind_it(many):
    _, (one,) = told(many, "rule-102")
    assert (one.verdict, one.because) == ("not asked", "“Rule 101” decided before")
    assert [result for _, result in one.conditions] == ["true", "false"]


def test_a_rule_that_let_the_next_one_decide(landlord):
    again = {"name": "assign_previous_owner", "params": {}}
    landlord.publish(
        at(1), allocation=allocation(rule(1, "flat", conditions=None, actions=[again]), rule(2, "flat"))
    )
    landlord.create("HB-1", facts={"property_type": "flat", "estimated_value": 50})
    _, (one,) = told(landlord, "rule-1")
    assert (one.verdict, one.because) == (
        "did not apply",
        "no earlier owner is still there, so the next rule was asked",
    )


def test_a_rule_that_is_off(many):
    _, (one,) = told(many, "rule-103")
    assert one.because == "“Rule 101” decided before"


def test_a_rule_that_nobody_has(many):
    with pytest.raises(UnknownName, match=r"There is no rule 'rule-1000'\. Did you mean 'rule-100'\?"):
        told(many, "rule-1000")


def test_an_escalation_rule_leaves_the_allocation_as_it_is(many):
    found = why(many.homebuy.desk, many.engine, "HB-1", rule="target-passed", now=at(3))
    assert (found.only, len(found.allocation_rules)) == ("escalation", 21)


def test_nobody_decided(landlord):
    landlord.publish(at(1), allocation=allocation(rule(1, "house"), rule(2, "bungalow")))
    landlord.create("HB-1", facts={"property_type": "flat"})
    record, (one,) = told(landlord, "rule-2")
    assert record.rule is None
    assert one.conditions == (("the property type is bungalow (it is flat)", "false"),)


def test_the_set_that_decided_is_asked_not_a_later_one(landlord):
    landlord.publish(at(1), allocation=allocation(rule(1, "house"), rule(2, "flat")))
    landlord.create("HB-1", facts={"property_type": "flat", "estimated_value": 50})
    landlord.publish(at(3), allocation=allocation(rule(1, "flat")))
    _, (one,) = told(landlord, "rule-1")
    assert one.conditions[0] == ("the property type is house (it is flat)", "false")
