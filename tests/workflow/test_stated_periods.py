"""Periods that a notice states itself: as long as it says, and never shorter than the law."""

from datetime import UTC, date, datetime

from homebuy_plugin.testing.worlds import new_case, shipped_world, small_world
from homebuy_plugin.types import CaseChange, CaseFacts, TaskChange

SERVED = date(2026, 11, 2)


def utc(*parts):
    return datetime(*parts, 10, tzinfo=UTC)


def claim(world=None):
    facts = CaseFacts(reference="HB-1", scheme="right_to_buy", served_on=SERVED)
    return new_case(world or shipped_world(), facts, utc(2026, 11, 2))


def delay_notice(case, on, **facts):
    return case.play(CaseChange.record("delay_notice_served", facts=facts), on)


def dues(case):
    """The last days of the answers to notices of delay, in the order of the notices."""
    return [(c.due_on, c.run) for c in case.state.clocks.values() if c.code == "section_153a"]


def test_a_newer_notice_does_not_move_the_date_of_one_still_unanswered():
    """Tue 1 Dec 2026 (Thu 31 Dec), unanswered; another on Mon 4 Jan 2027 says Fri 26 Feb."""
    case = delay_notice(claim(), utc(2026, 12, 1))
    delay_notice(case, utc(2027, 1, 4), delay_response_until=date(2027, 2, 26))
    assert dues(case) == [(date(2026, 12, 31), 1), (date(2027, 2, 26), 1)]
    case.play(CaseChange.update({"delay_response_until": date(2027, 3, 5)}), utc(2027, 1, 11))
    assert dues(case) == [(date(2026, 12, 31), 1), (date(2027, 3, 5), 2)]
    assert case.folded() == case.state


def test_what_an_older_notice_said_is_not_said_of_a_newer():
    """Tue 1 Dec 2026 says Fri 26 Feb 2027; Mon 4 Jan says nothing: Wed 3 Feb, and the first stays."""
    case = delay_notice(claim(), utc(2026, 12, 1), delay_response_until=date(2027, 2, 26))
    delay_notice(case, utc(2027, 1, 4))
    assert dues(case) == [(date(2027, 2, 26), 1), (date(2027, 2, 3), 1)]


def test_a_day_taken_back_leaves_the_law():
    case = delay_notice(claim(), utc(2026, 12, 1), delay_response_until=date(2027, 1, 15))
    case.play(CaseChange.update({"delay_response_until": None}), utc(2026, 12, 2))
    assert dues(case) == [(date(2026, 12, 31), 2)]


def test_another_fact_dates_nothing_anew():
    case = delay_notice(claim(), utc(2026, 12, 1), delay_response_until=date(2027, 1, 15))
    case.play(CaseChange.update({"weekly_rent": 100}), utc(2026, 12, 2))
    assert dues(case) == [(date(2027, 1, 15), 1)]


def test_an_extension_given_is_kept_when_the_notice_is_read_again():
    case = claim(
        small_world(
            {
                "code": "work",
                "name": "Work",
                "master_stage": "application",
                "tasks": [
                    {
                        "code": "job",
                        "name": "Job",
                        "mandatory": True,
                        "clocks": [
                            {
                                "code": "limit",
                                "kind": "service",
                                "starts": ["case.served_on"],
                                "period": {"value": 56, "unit": "days", "stated": "first_notice_until"},
                                "extension": {},
                            }
                        ],
                    }
                ],
            }
        )
    )
    assert case.clock("limit").due_on == date(2026, 12, 28)
    case.play(TaskChange.extend("limit", date(2027, 2, 1), "asked for"), utc(2026, 11, 9), "job")
    case.play(CaseChange.update({"first_notice_until": date(2027, 1, 15)}), utc(2026, 11, 10))
    assert (case.clock("limit").due_on, case.clock("limit").run) == (date(2027, 2, 1), 2)
