"""What a pack does not let a task do yet: by a clock, by a date on record."""

from datetime import UTC, date, datetime

import pytest

from homebuy_plugin.exceptions import NotAllowed
from homebuy_plugin.testing.worlds import new_case, shipped_world, small_world
from homebuy_plugin.types import CaseChange, CaseFacts

MONDAY = date(2026, 11, 2)


def utc(*parts):
    return datetime(*parts, 10, tzinfo=UTC)


def case_with(counting, refusal):
    """A clock of a week from Monday 2 November 2026 (the 9th), and a task that minds it."""
    clock = {
        "code": "week",
        "kind": "service",
        "starts": ["case.served_on"],
        "counting": counting,
        "period": {"value": 7, "unit": "days"},
        "blocks": [{"from": "event:began", "until": "event:ended", "why": "Not now."}],
    }
    tasks = [
        {"code": "first", "name": "First", "mandatory": True, "clocks": [clock]},
        {"code": "second", "name": "Second", "mandatory": True, "refuse": [{"why": "Too early.", **refusal}]},
    ]
    stage = {"code": "work", "name": "Work", "master_stage": "application", "tasks": tasks}
    world = small_world(stage, events=[{"code": "began"}, {"code": "ended"}])
    facts = CaseFacts(reference="HB-1", scheme="right_to_buy", served_on=MONDAY)
    return new_case(world, facts, utc(2026, 11, 2))


@pytest.mark.parametrize(
    ("counting", "refused", "first"),
    [
        # at least a week: from the day itself
        ("at_least", date(2026, 11, 8), date(2026, 11, 9)),
        # within a week: its last day belongs to whoever has the week
        ("within", date(2026, 11, 9), date(2026, 11, 10)),
        ("beginning_with", date(2026, 11, 8), date(2026, 11, 9)),
    ],
)
@pytest.mark.parametrize("answered", [False, True])
def test_before_the_period_of_a_clock_has_run(counting, refused, first, answered):
    case = case_with(counting, {"before": "week"})
    if answered:  # what was answered does not make the law let the next thing be done earlier
        case.complete("first", at=utc(2026, 11, 5))
    with pytest.raises(NotAllowed, match=rf"Too early\. The first day is .* {first.day} Nov 2026"):
        case.complete("second", at=utc(2026, 11, 20), on=refused)
    case.complete("second", at=utc(2026, 11, 20), on=first)


@pytest.mark.parametrize("answered", [False, True])
def test_while_a_clock_is_blocked(answered):
    case = case_with("at_least", {"before": "week"})
    if answered:
        case.complete("first", at=utc(2026, 11, 5))
    case.play(CaseChange.record("began"), utc(2026, 11, 11))
    with pytest.raises(NotAllowed, match="Not now"):
        case.complete("second", at=utc(2026, 11, 12))
    case.play(CaseChange.record("ended"), utc(2026, 11, 13))
    case.complete("second", at=utc(2026, 11, 13))


def test_a_date_on_record_may_not_lie_too_long_after_the_day_it_is_done():
    """Six months after Mon 30 Nov 2026 is Sun 30 May 2027."""
    rule = {"fact": "estimates_begin_on", "within": {"value": 6, "unit": "months"}, "why": "Too late."}
    case = case_with("within", rule)
    late, good = date(2027, 5, 31), date(2027, 5, 30)
    with pytest.raises(NotAllowed, match=r"Too late\. The latest day is Sun 30 May 2027"):
        case.complete(
            "second", at=utc(2026, 12, 4), on=date(2026, 11, 30), facts={"estimates_begin_on": late}
        )
    case.copy().complete(
        "second", at=utc(2026, 12, 4), on=date(2026, 11, 30), facts={"estimates_begin_on": good}
    )
    case.complete("second", at=utc(2026, 12, 4))  # not on record: nothing to compare


def test_an_offer_whose_contents_are_not_on_record_is_said_not_refused():
    case = new_case(
        shipped_world(),
        CaseFacts(
            reference="HB-1", scheme="right_to_buy", served_on=MONDAY, facts={"property_type": "house"}
        ),
        utc(2026, 11, 2),
    )
    case.complete("serve_rtb2", at=utc(2026, 11, 20), facts={"eligibility_decision": "admit"})
    checked = ("price", "terms", "defects", "rights")
    told = case.copy().complete(
        "serve_section_125_notice",
        at=utc(2027, 1, 11),
        facts={f"offer_states_{name}": True for name in checked},
    )
    assert not any("offer states all it must" in text for text in told.because)
    case.complete("serve_section_125_notice", at=utc(2027, 1, 11))
    assert sum("offer states all it must" in text for text in case.because) == 1
