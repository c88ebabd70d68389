"""The state is what the events make of it, and nothing else changes it."""

from datetime import UTC, date, datetime

import pytest

from homebuy_plugin.testing.worlds import new_case, shipped_world
from homebuy_plugin.types import Applicant, CaseFacts
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.events import CaseEvent
from homebuy_plugin.workflow.fold import APPLY, apply, fold
from homebuy_plugin.workflow.settle import evaluate

NOV2 = datetime(2026, 11, 2, 10, tzinfo=UTC)


@pytest.fixture
def case():
    facts = CaseFacts(
        reference="HB-1",
        scheme="right_to_buy",
        served_on=date(2026, 11, 2),
        applicants=(Applicant(name="Ada Obi"), Applicant(name="Ben Obi")),
        facts={"applicant_vulnerable": True, "patch": "N1"},
    )
    return new_case(shipped_world(), facts, NOV2)


def test_every_kind_of_event_has_its_meaning():
    kinds = {value for name, value in vars(e).items() if name.isupper() and isinstance(value, str)}
    assert kinds - {e.CASE_CREATED} == APPLY.keys()


def test_a_case_begins_with_its_creation(case):
    with pytest.raises(ValueError, match="without events"):
        fold([])
    with pytest.raises(ValueError, match="creates it"):
        fold(case.events[1:])


def test_events_hold_plain_json_and_no_personal_data(case):
    import json

    for event in case.events:
        assert json.loads(json.dumps(event.data)) == event.data
        assert "Obi" not in json.dumps(event.data)
        assert "applicant_vulnerable" not in json.dumps(event.data)


def test_erasing_leaves_how_many_applied_and_no_more(case):
    seq = case.state.seq + 1
    erased = CaseEvent(seq=seq, kind=e.PERSONAL_DATA_ERASED, at=NOV2, recorded_at=NOV2)
    state = apply(case.state.copy(), erased)
    assert state.applicants == (Applicant(name=""), Applicant(name=""))
    assert (state.facts, state.personal) == ({"patch": "N1"}, {})


def test_evaluating_leaves_the_state_alone(case):
    before = case.state.copy()
    done = evaluate(case.state, case.world, case.directory, datetime(2026, 12, 1, 9, tzinfo=UTC))
    assert case.state == before
    assert [r.outcome for k, r in done.state.rungs.items() if k[3] == "rtb2-overdue"] == ["fired"]
