"""Examples worked out by hand from the law, against the shipped packs."""

from datetime import UTC, date, datetime

import pytest

from homebuy_plugin.clock import due_on
from homebuy_plugin.documents.model import Amber, Duration
from homebuy_plugin.exceptions import NotAllowed
from homebuy_plugin.testing.golden import Example, Period, Warned, examples, periods, play, warnings
from homebuy_plugin.testing.worlds import new_case, shipped_world
from homebuy_plugin.types import CaseChange, CaseFacts
from homebuy_plugin.workflow.dating import on_day
from homebuy_plugin.workflow.world import clocks_in

EXAMPLES = (*examples(), *examples("social_homebuy"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e.id}-{e.scheme}")
def test_example(example: Example) -> None:
    assert play(example, shipped_world(example.scheme)) == [], f"{example.law}\n{example.why}"


@pytest.mark.parametrize("period", periods(), ids=lambda p: p.law[:60])
def test_period(period: Period) -> None:
    calendar = shipped_world().home
    length = Duration(value=period.value, unit=period.unit)
    assert due_on(period.first, length, period.counting, calendar) == period.last, period.law


@pytest.mark.parametrize("warned", warnings(), ids=lambda w: w.law[:60])
def test_warning(warned: Warned) -> None:
    """A warning of a pack, as a clock of the shipped calendar places it."""
    place = {k: Duration(**v) if isinstance(v, dict) else v for k, v in warned.place.items()}
    dates = on_day(warned.first, warned.last, (Amber(name="w", **place),), shipped_world().home)
    assert [(a.on, a.at) for a in dates.ambers] == [(warned.on, warned.told)], warned.law


@pytest.mark.parametrize("scheme", ["right_to_buy", "right_to_acquire"])
def test_every_statutory_clock_has_an_example_that_dates_it(scheme: str) -> None:
    dated = {
        code
        for example in EXAMPLES
        if example.scheme == scheme
        for then in (example.then, *(step.get("then", {}) for step in example.steps))
        for code, told in then.items()
        if isinstance(told, date) or (isinstance(told, dict) and "due_on" in told)
    }
    clocks = {
        clock.code for _, _, clock in clocks_in(shipped_world(scheme).pack) if clock.kind == "statutory"
    }
    assert clocks - dated == set()


def test_each_example_names_its_law_and_its_sum() -> None:
    assert [e.id for e in EXAMPLES if not e.law or not e.why] == []
    names = [(e.id, e.scheme) for e in EXAMPLES]
    assert len(set(names)) == len(names)


def test_a_wrong_date_is_told() -> None:
    example = next(e for e in EXAMPLES if e.id == "124-four-weeks")
    wrong = Example(**{**vars(example), "then": {"section_124": date(2026, 12, 1)}})
    assert play(wrong, shipped_world()) == ["2026-11-02: section_124.due_on is 2026-11-30, not 2026-12-01"]


@pytest.mark.parametrize(
    ("ground", "facts", "words"),
    [
        ("admission_missed", {}, "RTB2 is still to be served"),
        ("admission_missed", {"counter_notice_ground": "notice_served"}, "RTB2 is still to be served"),
        ("admission_missed", {"counter_notice_ground": "notice_enclosed"}, ""),
        ("admission_missed", {"counter_notice_ground": "no_action_remains"}, ""),
        ("offer_missed", {}, "offer is still to be served"),
        ("general_delay", {}, "no action of the landlord remains"),
        ("general_delay", {"counter_notice_ground": "notice_enclosed"}, "no action of the landlord remains"),
        ("general_delay", {"counter_notice_ground": "no_action_remains"}, ""),
    ],
)
def test_when_a_counter_notice_is_good(ground: str, facts: dict[str, str], words: str) -> None:
    """Housing Act 1985 s.153A(3)-(4)."""
    case = new_case(
        shipped_world(),
        CaseFacts(reference="HB-1", scheme="right_to_buy", served_on=date(2026, 11, 2)),
        at=datetime(2026, 11, 2, 10, tzinfo=UTC),
    )
    case.play(
        CaseChange.record("delay_notice_served", facts={"delay_ground": ground}),
        datetime(2026, 12, 1, 10, tzinfo=UTC),
    )
    if words:
        with pytest.raises(NotAllowed, match=words):
            case.complete("serve_counter_notice", at=datetime(2026, 12, 2, 10, tzinfo=UTC), facts=facts)
        assert case.task("serve_counter_notice").status == "open"
    else:
        case.complete("serve_counter_notice", at=datetime(2026, 12, 2, 10, tzinfo=UTC), facts=facts)
        assert case.clock("section_153a").status == "met"


def test_an_unknown_ground_is_said_not_refused() -> None:
    case = new_case(
        shipped_world(),
        CaseFacts(reference="HB-1", scheme="right_to_buy", served_on=date(2026, 11, 2)),
        at=datetime(2026, 11, 2, 10, tzinfo=UTC),
    )
    case.play(CaseChange.record("delay_notice_served"), datetime(2026, 12, 1, 10, tzinfo=UTC))
    case.complete("serve_counter_notice", at=datetime(2026, 12, 2, 10, tzinfo=UTC))
    assert any("The RTB2 is overdue and still to be served" in text for text in case.because)
