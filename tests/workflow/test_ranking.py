"""What the allocation rules make of a case is worked out once for the values they read."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest

from homebuy_plugin.documents.model import AllocationSet
from homebuy_plugin.library import host_variable
from homebuy_plugin.testing.worlds import FakeDirectory, new_case, shipped_documents, shipped_world
from homebuy_plugin.types import CaseFacts, RuleVariable
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.ranking import Ranking, _ranking, ranking_of
from homebuy_plugin.workflow.records import rule_json

NOV2 = datetime(2026, 11, 2, 10, tzinfo=UTC)
FACTS = [
    {"property_type": kind, "is_rush_window": rush, "fraud_marker": marker}
    for kind, rush, marker in product(("flat", "house", None), (True, None), (True, False, None))
]


@pytest.fixture
def rules():
    return AllocationSet(rules=shipped_documents()["allocation"])


def case_of(world, facts, **more):
    given = {"reference": "HB-1", "scheme": "right_to_buy", "served_on": date(2026, 11, 2), **more}
    played = new_case(
        world, CaseFacts(facts={n: v for n, v in facts.items() if v is not None}, **given), NOV2
    )
    return Casework(played.state, world, FakeDirectory(), NOV2)


def test_a_ruling_is_the_same_however_often_it_was_made(rules):
    world = shipped_world()
    ranking = ranking_of(world, rules)
    for facts in FACTS * 2:
        case = case_of(world, facts)
        found, fresh = ranking.ruling(case, NOV2), _ranking(world, rules).ruling(case, NOV2)
        assert found == fresh
        if found.lasting:
            assert json.loads(found.considered_json) == [rule_json(each) for each in found.considered]


def test_what_is_personal_is_not_kept(rules):
    world = shipped_world()
    ranking = ranking_of(world, rules)
    for marker, lasting in ((None, True), (True, False), (False, False)):
        case = case_of(world, {"property_type": "flat", "fraud_marker": marker})
        found = ranking.ruling(case, NOV2)
        assert found.lasting is lasting
        assert (ranking.ruling(case, NOV2) is found) is lasting


def test_each_date_scheme_and_company_has_its_own_rules(rules):
    """A rule that is not in force yet, or for others, takes no part; the record says so."""
    world = shipped_world()
    first, *others = (r for r in rules.rules if r.id == "rtb-flats-to-leasehold")
    assert not others
    ranking = ranking_of(world, AllocationSet(rules=(replace(first, effective_from=date(2026, 11, 3)),)))
    case = case_of(world, {"property_type": "flat"})
    assert [ranking.ruling(case, NOV2 + timedelta(days=n)).position for n in (0, 1, 0)] == [-1, 0, -1]
    assert ranking.ruling(case, NOV2).considered[0].because == "not in force"
    ranking = ranking_of(world, AllocationSet(rules=(replace(first, companies=("north",)),)))
    found = [
        ranking.ruling(case_of(world, {"property_type": "flat"}, company=c), NOV2) for c in (None, "north")
    ]
    assert [each.position for each in found] == [-1, 0]


def test_what_the_host_is_asked_is_asked_for_every_case(rules):
    asked = []
    variable = RuleVariable(
        name="dear", label="dear", type="yes_no", read=lambda facts, case: bool(asked.append(1)) or True
    )
    world = shipped_world()
    world = replace(
        world,
        catalogue=world.catalogue.with_variables([host_variable(variable, "the host")]),
        host_variables={"dear": variable},
    )
    dear = replace(rules.rules[0], schemes=(), conditions={"all": [{"name": "dear", "operator": "is_true"}]})
    ranking = ranking_of(world, AllocationSet(rules=(dear,)))
    assert [ranking.ruling(case_of(world, {}), NOV2).position for _ in range(3)] == [0, 0, 0]
    assert len(asked) == 3


def test_a_set_is_made_ready_once_for_each_world(rules):
    world = shipped_world()
    assert isinstance(ranking_of(world, rules), Ranking)
    assert ranking_of(world, rules) is ranking_of(world, rules)
    assert ranking_of(world, AllocationSet(rules=rules.rules)) is not ranking_of(world, rules)
