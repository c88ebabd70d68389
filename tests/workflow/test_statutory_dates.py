"""Dates the law sets, worked out by hand with a calendar; each with its section.

Nothing in Part V of the Housing Act 1985 moves a period that ends on a weekend or a bank holiday.
"""

from datetime import UTC, date, datetime

import pytest

from homebuy_plugin.testing.worlds import new_case, shipped_world
from homebuy_plugin.types import CaseChange, CaseFacts

HOUSE, FLAT = {"property_type": "house"}, {"property_type": "flat"}


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def noon(on):
    return datetime(on.year, on.month, on.day, 12, tzinfo=UTC)


def claim(served_on, facts=HOUSE, scheme="right_to_buy"):
    case = CaseFacts(reference="HB-1", scheme=scheme, served_on=served_on, facts=facts)
    return new_case(shipped_world(scheme), case, noon(served_on))


def admitted(on, facts=HOUSE, scheme="right_to_buy", task="serve_rtb2"):
    """A claim served three weeks before, and admitted on a date."""
    case = claim(date.fromordinal(on.toordinal() - 21), facts, scheme)
    return case.complete(task, at=noon(on), facts={"eligibility_decision": "admit"})


def offered(on, facts=HOUSE, scheme="right_to_buy"):
    """A claim whose offer was served on a date."""
    tasks = {
        "right_to_buy": ("serve_rtb2", "serve_section_125_notice"),
        "right_to_acquire": ("serve_rta2", "serve_rta3"),
    }[scheme]
    case = admitted(date.fromordinal(on.toordinal() - 28), facts, scheme, tasks[0])
    return case.complete(tasks[1], at=noon(on))


def dates(case, code):
    clock = case.clock(code)
    assert clock.kind == "statutory"
    return clock.due_on, clock.due_at


# --- s.124: admit or deny, four weeks, or eight ----------------------------------------------------


@pytest.mark.parametrize(
    ("served_on", "due_on", "due_at"),
    [
        # Monday 2 November 2026; the day after the last is a Tuesday in winter time
        (date(2026, 11, 2), date(2026, 11, 30), utc(2026, 12, 1)),
        # a Sunday
        (date(2026, 11, 1), date(2026, 11, 29), utc(2026, 11, 30)),
        # Christmas Day 2026, a Friday
        (date(2026, 11, 27), date(2026, 12, 25), utc(2026, 12, 26)),
        # Good Friday 2027
        (date(2027, 2, 26), date(2027, 3, 26), utc(2027, 3, 27)),
        # Easter Sunday 2027, when summer time begins: the next midnight is 23:00 UTC
        (date(2027, 2, 28), date(2027, 3, 28), utc(2027, 3, 28, 23)),
        # the Saturday before summer time ends in 2026, and the Sunday it ends
        (date(2026, 9, 26), date(2026, 10, 24), utc(2026, 10, 24, 23)),
        (date(2026, 9, 27), date(2026, 10, 25), utc(2026, 10, 26)),
        # 29 February 2028
        (date(2028, 2, 1), date(2028, 2, 29), utc(2028, 3, 1)),
        # across 29 February
        (date(2028, 2, 2), date(2028, 3, 1), utc(2028, 3, 2)),
    ],
)
def test_section_124_gives_four_weeks_from_service(served_on, due_on, due_at):
    assert dates(claim(served_on), "section_124") == (due_on, due_at)


def test_section_124_2_gives_eight_weeks_where_time_with_another_landlord_counts():
    # Monday 28 December 2026 is the substitute for Boxing Day, and does not move it either
    case = claim(date(2026, 11, 2), {**HOUSE, "other_landlord_period": True})
    assert dates(case, "section_124") == (date(2026, 12, 28), utc(2026, 12, 29))


def test_section_124_warns_on_the_last_open_day_before_a_closure():
    case = claim(date(2026, 11, 2), {**HOUSE, "other_landlord_period": True})
    # three days before 28 December is Christmas Day; the office closes on Thursday 24 December
    assert [(a.name, a.on, a.at) for a in case.clock("section_124").ambers] == [
        ("first", date(2026, 12, 21), utc(2026, 12, 21, 9)),
        ("last", date(2026, 12, 25), utc(2026, 12, 24, 9)),
    ]


def test_section_124_warns_at_the_opening_in_summer_time():
    # served Thursday 4 March 2027, due Thursday 1 April: a week before is still winter time
    ambers = claim(date(2027, 3, 4)).clock("section_124").ambers
    assert [a.at for a in ambers] == [utc(2027, 3, 25, 9), utc(2027, 3, 25, 9)]
    # three days before is Easter Monday 29 March; Saturday, Sunday and Good Friday are closed too
    assert [a.on for a in ambers] == [date(2027, 3, 25), date(2027, 3, 29)]
    # served Monday 8 March, due Monday 5 April: three days before is Friday 2 April, 09:00 BST
    assert claim(date(2027, 3, 8)).clock("section_124").ambers[1].at == utc(2027, 4, 2, 8)


def test_the_answer_has_its_clock_from_the_day_of_service_whatever_day_the_case_is_made():
    late = CaseFacts(reference="HB-1", scheme="right_to_buy", served_on=date(2026, 11, 2))
    case = new_case(shipped_world(), late, utc(2026, 11, 20, 15))
    assert case.task("serve_rtb2").status == "pending"
    assert dates(case, "section_124") == (date(2026, 11, 30), utc(2026, 12, 1))


# --- s.125: the offer, eight weeks freehold, twelve leasehold --------------------------------------


@pytest.mark.parametrize(
    ("facts", "due_on", "due_at"),
    [
        (HOUSE, date(2027, 1, 25), utc(2027, 1, 26)),
        ({"property_type": "bungalow"}, date(2027, 1, 25), utc(2027, 1, 26)),
        (FLAT, date(2027, 2, 22), utc(2027, 2, 23)),
        ({"property_type": "maisonette"}, date(2027, 2, 22), utc(2027, 2, 23)),
        ({**HOUSE, "tenure_offered": "leasehold"}, date(2027, 2, 22), utc(2027, 2, 23)),
        # an unknown fact must not lengthen it
        ({}, date(2027, 1, 25), utc(2027, 1, 26)),
    ],
)
def test_section_125_runs_from_the_day_the_right_was_admitted(facts, due_on, due_at):
    # RTB2 served Monday 30 November 2026
    assert dates(admitted(date(2026, 11, 30), facts), "section_125") == (due_on, due_at)


def test_section_125_warns_two_weeks_and_five_days_before():
    ambers = admitted(date(2026, 11, 30)).clock("section_125").ambers
    assert [(a.name, a.at) for a in ambers] == [
        ("first", utc(2027, 1, 11, 9)),
        ("last", utc(2027, 1, 20, 9)),
    ]


def test_section_125_does_not_run_for_a_denied_claim():
    case = claim(date(2026, 11, 2))
    case.complete("serve_rtb2", at=utc(2026, 11, 27, 12), facts={"eligibility_decision": "deny"})
    assert not [c for c in case.state.clocks.values() if c.code == "section_125"]


def test_section_125_runs_from_the_day_a_court_upholds_the_claim():
    case = claim(date(2026, 11, 2))
    case.complete("serve_rtb2", at=utc(2026, 11, 27, 12), facts={"eligibility_decision": "deny"})
    facts = {"eligibility_decision": "admit"}
    # recorded on Wednesday, decided on Monday 8 March 2027: eight weeks end on bank holiday Monday 3 May
    case.play(
        CaseChange.record("appeal_upheld", on=date(2027, 3, 8), facts=facts, by="x"), utc(2027, 3, 10, 10)
    )
    assert dates(case, "section_125") == (date(2027, 5, 3), utc(2027, 5, 3, 23))


# --- s.125D, s.125E, s.128: the tenant's turn ------------------------------------------------------


def test_section_125d_counts_the_day_of_service_as_the_first():
    # offer served Monday 25 January 2027; 84 days beginning with it end on a Sunday, in summer time
    case = offered(date(2027, 1, 25))
    assert dates(case, "section_125d") == (date(2027, 4, 18), utc(2027, 4, 18, 23))


def test_section_128_gives_three_months_to_the_corresponding_date():
    assert dates(offered(date(2027, 1, 25)), "section_128")[0] == date(2027, 4, 25)
    # 30 November and three months: there is no 30 February (Dodds v Walker)
    assert dates(offered(date(2026, 11, 30)), "section_128")[0] == date(2027, 2, 28)
    # in a leap year there is a 29 February
    assert dates(offered(date(2027, 11, 29)), "section_128")[0] == date(2028, 2, 29)


def test_the_request_period_outlasts_the_notice_of_intention():
    case = offered(date(2027, 1, 25))
    assert case.clock("section_128").due_on > case.clock("section_125d").due_on


def test_section_140_3_permits_the_first_notice_after_three_months():
    case = offered(date(2027, 1, 25)).play(CaseChange.record("sale_stalled"), utc(2027, 3, 1, 12))
    assert dates(case, "section_140_3")[0] == date(2027, 4, 25)


def test_section_125e_gives_twenty_eight_days_from_the_default_notice():
    case = offered(date(2027, 1, 25))
    case.play(CaseChange.record("default_notice_served", on=date(2027, 4, 19)), utc(2027, 4, 19, 12))
    assert dates(case, "section_125e") == (date(2027, 5, 17), utc(2027, 5, 17, 23))


def test_section_128_5_dates_the_notice_of_intention_anew_and_for_now():
    case = offered(date(2027, 1, 25))
    case.play(CaseChange.record("determination_requested", on=date(2027, 2, 1)), utc(2027, 2, 1, 12))
    assert dates(case, "section_128_4")[0] == date(2027, 3, 1)
    # s.128(5) notice served Wednesday 10 March 2027
    case.complete("serve_determination", at=utc(2027, 3, 10, 12))
    assert dates(case, "section_125d") == (date(2027, 6, 1), utc(2027, 6, 1, 23))
    assert case.clock("section_125d").provisional_until == date(2027, 4, 20)
    assert dates(case, "section_128a")[0] == date(2027, 4, 6)
    assert dates(case, "section_128a_6")[0] == date(2027, 4, 20)


def test_section_128b_3_confirms_from_the_notice_of_the_review():
    case = offered(date(2027, 1, 25))
    case.play(CaseChange.record("determination_requested", on=date(2027, 2, 1)), utc(2027, 2, 1, 12))
    case.complete("serve_determination", at=utc(2027, 3, 10, 12))
    # Thursday 15 April 2027 is the first of 84 days: the last is Wednesday 7 July
    case.play(CaseChange.record("review_outcome_unchanged", on=date(2027, 4, 15)), utc(2027, 4, 15, 12))
    assert dates(case, "section_125d")[0] == date(2027, 7, 7)
    assert case.clock("section_125d").provisional_until is None


def test_section_128_dates_from_the_last_of_two_determinations():
    case = offered(date(2027, 1, 25))
    case.play(CaseChange.record("determination_requested", on=date(2027, 2, 1)), utc(2027, 2, 1, 12))
    case.complete("serve_determination", at=utc(2027, 3, 10, 12))
    case.play(CaseChange.record("determination_requested", on=date(2027, 4, 12)), utc(2027, 4, 12, 12))
    assert case.clock("section_125d").blocked_since is not None
    # the second is served on Tuesday 18 May 2027; 84 days beginning with it end on Monday 9 August
    second = [t.id for t in case.state.tasks.values() if t.code == "serve_determination"][-1]
    case.complete(second, at=utc(2027, 5, 18, 12))
    assert dates(case, "section_125d")[0] == date(2027, 8, 9)
    assert case.clock("section_125d").blocked_since is None


def test_section_136_gives_a_new_tenant_the_twelve_weeks_again_even_if_the_old_one_answered():
    case = offered(date(2027, 1, 25))
    case.complete("await_notice_of_intention", at=utc(2027, 2, 15, 12))
    assert case.clock("section_125d").status == "met"
    # became tenant on Wednesday 10 February, before the answer, and it is recorded a fortnight later
    case.play(CaseChange.record("new_tenant_recorded", on=date(2027, 2, 10)), utc(2027, 2, 24, 12))
    assert case.clock("section_125d").status == "running"
    assert case.task("await_notice_of_intention").status == "open"
    assert dates(case, "section_125d")[0] == date(2027, 5, 4)


# --- s.140, s.141: notices to complete -------------------------------------------------------------


def test_sections_140_and_141_give_at_least_fifty_six_days():
    case = offered(date(2027, 1, 25))
    walk_to_acceptance(case, utc(2027, 2, 1, 12))
    case.play(CaseChange.record("sale_stalled"), utc(2027, 3, 1, 12)).tick(utc(2027, 4, 27))
    # Monday 3 May 2027 is a bank holiday
    case.complete("serve_first_notice_to_complete", at=utc(2027, 5, 4, 12), on=date(2027, 5, 3))
    assert dates(case, "section_140") == (date(2027, 6, 28), utc(2027, 6, 28, 23))


def walk_to_acceptance(case, at):
    for stage in ("application", "eligibility", "valuation", "offer", "tenant_decision"):
        case.finish_stage(stage, at, eligibility_decision="admit")
    assert case.stage("acceptance").status == "open"


# --- s.153A, s.176, s.138C, Schedule 5 -------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "due_on"),
    [
        (date(2026, 12, 14), date(2027, 1, 13)),
        # a month beginning with 31 January ends with the day before the last of February
        (date(2027, 1, 31), date(2027, 2, 27)),
        (date(2028, 1, 29), date(2028, 2, 28)),
        (date(2028, 2, 29), date(2028, 3, 28)),
    ],
)
def test_section_153a_gives_a_month_beginning_with_the_notice_of_delay(on, due_on):
    case = claim(date.fromordinal(on.toordinal() - 30))
    case.play(CaseChange.record("delay_notice_served", on=on), noon(on))
    assert dates(case, "section_153a")[0] == due_on


def test_section_176_gives_seven_days_to_supply_a_form():
    case = claim(date(2026, 11, 2))
    case.play(CaseChange.record("form_requested", on=date(2026, 12, 22)), utc(2026, 12, 22, 12))
    assert dates(case, "section_176") == (date(2026, 12, 29), utc(2026, 12, 30))


def test_section_138c_gives_three_months_beginning_with_the_notice():
    case = claim(date(2026, 11, 2))
    case.play(
        CaseChange.record("final_demolition_notice_in_force", on=date(2026, 11, 30)), utc(2026, 11, 30, 12)
    )
    assert dates(case, "section_138c")[0] == date(2027, 2, 27)


def test_schedule_5_paragraph_11_gives_fifty_six_days_to_the_tribunal():
    case = claim(date(2026, 11, 2))
    facts = {"eligibility_decision": "deny", "denial_ground": "elderly_persons"}
    case.complete("serve_rtb2", at=utc(2026, 11, 27, 12), facts=facts)
    assert dates(case, "tribunal_application") == (date(2027, 1, 22), utc(2027, 1, 23))


# --- Right to Acquire ------------------------------------------------------------------------------


def test_the_same_periods_hold_for_right_to_acquire():
    case = claim(date(2026, 11, 2), HOUSE, "right_to_acquire")
    assert dates(case, "section_124") == (date(2026, 11, 30), utc(2026, 12, 1))
    made = admitted(date(2026, 11, 30), FLAT, "right_to_acquire", "serve_rta2")
    assert dates(made, "section_125")[0] == date(2027, 2, 22)
    made = offered(date(2027, 1, 25), HOUSE, "right_to_acquire")
    assert dates(made, "section_125d")[0] == date(2027, 4, 18)


def test_social_homebuy_has_no_date_set_by_law():
    case = new_case(
        shipped_world("social_homebuy"),
        CaseFacts(reference="HB-1", scheme="social_homebuy", served_on=date(2026, 11, 2)),
        utc(2026, 11, 2, 12),
    )
    assert {c.kind for c in case.state.clocks.values()} == {"service"}
