"""A stage, task, clock or outcome of another company, or out of its dates, is not for a case."""

from datetime import UTC, date, datetime

import pytest

from homebuy_plugin.exceptions import NotAllowed, UnknownName
from homebuy_plugin.testing.worlds import new_case, small_world
from homebuy_plugin.types import CaseChange, CaseFacts

MONDAY = datetime(2026, 11, 2, 10, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 3, 10, tzinfo=UTC)


def stage(code, *tasks, **more):
    given = {"code": code, "name": code.title(), "master_stage": "application", "next": []}
    return {**given, "tasks": list(tasks), **more}


def task(code, *clocks, **more):
    return {"code": code, "name": code, "mandatory": True, "clocks": list(clocks), **more}


def target(code, days, **more):
    period = {"value": days, "unit": "days"}
    return {"code": code, "kind": "service", "starts": ["stage.started"], "period": period, **more}


def case_of(*stages, company="north", **pack):
    facts = CaseFacts(reference="HB-1", scheme="right_to_buy", company=company)
    return new_case(small_world(*stages, **pack), facts, MONDAY)


NORTH, SOUTH = {"companies": ["north"]}, {"companies": ["south"]}
PAST, LATER = {"effective_to": "2026-11-02"}, {"effective_from": "2026-11-03"}
NOT_MINE = [SOUTH, PAST, LATER]


@pytest.mark.parametrize("other", NOT_MINE)
def test_the_first_stage_is_one_for_the_case(other):
    case = case_of(stage("theirs", task("a"), **other), stage("mine", task("b"), **NORTH))
    assert [s.code for s in case.state.open_stages()] == ["mine"]


def test_a_case_of_no_company_has_what_is_for_all():
    case = case_of(stage("theirs", task("a"), **NORTH), stage("all", task("b")), company=None)
    assert [s.code for s in case.state.open_stages()] == ["all"]


@pytest.mark.parametrize("other", NOT_MINE)
def test_a_stage_has_the_tasks_for_the_case(other):
    case = case_of(stage("work", task("a", **other), task("b", **NORTH)))
    assert [t.code for t in case.state.tasks.values()] == ["b"]


def test_what_follows_is_a_stage_for_the_case():
    links = [{"stage": s, "opens": o} for s, o in (("theirs", "automatic"), ("mine", "automatic"))]
    case = case_of(
        stage("work", task("a"), next=links), stage("theirs", task("b"), **SOUTH), stage("mine", task("c"))
    )
    case.complete("a", at=TUESDAY)
    assert [s.code for s in case.state.open_stages()] == ["mine"]


def test_a_stage_of_others_is_not_offered_nor_opened():
    links = [{"stage": s, "opens": "offered"} for s in ("theirs", "mine")]
    beside = stage("beside", task("d"), parallel=True, **SOUTH)
    case = case_of(
        stage("work", task("a"), next=links),
        stage("theirs", task("b"), **SOUTH),
        stage("mine", task("c")),
        beside,
    )
    assert [s.code for s in case.outcome(TUESDAY).next_stages] == ["mine"]
    for code in ("theirs", "beside"):
        with pytest.raises(NotAllowed, match="not for this case"):
            case.play(CaseChange.activate(code), TUESDAY)


def test_the_target_is_the_one_of_the_company():
    case = case_of(stage("work", task("a", target("ours", 5, **NORTH), target("theirs", 3, **SOUTH))))
    assert {c.code: c.due_on for c in case.state.clocks.values()} == {"ours": date(2026, 11, 7)}
    case.play(CaseChange.update(company="south"), TUESDAY)
    clocks = {c.code: (c.status, c.due_on) for c in case.state.clocks.values()}
    assert clocks == {"ours": ("cancelled", date(2026, 11, 7)), "theirs": ("running", date(2026, 11, 5))}


def test_a_target_is_for_what_starts_while_it_is_in_force():
    """The old one until the 3rd, a shorter one from then on: what began under the old one keeps it."""
    old, new = target("old", 5, effective_to="2026-11-03"), target("new", 2, effective_from="2026-11-03")
    case = case_of(stage("work", task("a", old, new)))
    case.play(CaseChange.update(), TUESDAY)
    assert {c.code: c.status for c in case.state.clocks.values()} == {"old": "running"}


def test_a_case_ends_in_an_outcome_that_is_in_force():
    outcomes = [{"code": "sold", **PAST}, {"code": "denied"}]
    case = case_of(stage("work", task("a", mandatory=False)), outcomes=outcomes)
    with pytest.raises(UnknownName, match="no outcome 'sold'"):
        case.play(CaseChange.close("sold"), MONDAY)
