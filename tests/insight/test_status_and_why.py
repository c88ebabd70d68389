"""Status, why, history: what they say of a small landlord, on both databases."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from homebuy_plugin import Applicant, CaseChange, TaskChange
from homebuy_plugin.exceptions import DatabaseBehind, UnknownReference
from homebuy_plugin.insight.history import history, merged
from homebuy_plugin.insight.moment import move_simulation, present, simulated_until
from homebuy_plugin.insight.status import status
from homebuy_plugin.insight.subjects import step
from homebuy_plugin.insight.why import why
from homebuy_plugin.insight.wording import count, days_late, listed, scheme_name, spell_instant
from homebuy_plugin.store.transactions import reading, writing
from homebuy_plugin.testing.small_landlord import at
from homebuy_plugin.workflow import events as e


def explained(landlord, now, rule=None, reference="HB-1"):
    return why(landlord.homebuy.desk, landlord.engine, reference, rule=rule, now=now)


def standing(landlord, now):
    return status(landlord.homebuy.desk, landlord.engine, now)


class TestWording:
    def test_instants_in_the_landlords_zone(self):
        from zoneinfo import ZoneInfo

        summer = datetime(2026, 7, 1, 8, tzinfo=UTC)
        assert spell_instant(summer, ZoneInfo("Europe/London")) == "Wed 1 Jul 2026, 09:00"

    @pytest.mark.parametrize(("number", "said"), [(0, "0 cases"), (1, "1 case"), (2, "2 cases")])
    def test_counts(self, number, said):
        assert count(number, "case") == said

    def test_lists(self):
        assert listed([]) == "nobody"
        assert listed(["Ann"]) == "Ann"
        assert listed(["Ann", "Bo", "Cy"]) == "Ann, Bo and Cy"

    def test_schemes_and_lateness(self):
        assert scheme_name("right_to_buy") == "Right to Buy"
        assert scheme_name("rent_to_own") == "rent to own"
        assert days_late(1) == "1 day late"


class TestMoment:
    def test_a_simulation_has_its_own_now(self, landlord):
        with writing(landlord.engine) as conn:
            assert simulated_until(conn) is None
            assert present(conn).tzinfo is not None
            move_simulation(conn, at(3))
            move_simulation(conn, at(4))
        with reading(landlord.engine) as conn:
            assert simulated_until(conn) == present(conn) == at(4)


class TestStatus:
    def test_colours_at_an_instant(self, landlord):
        landlord.create()
        assert standing(landlord, at(2, 11)).colours == {
            "red": 0, "amber": 0, "green": 3, "paused": 0, "blocked": 0, "waiting": 1
        }  # fmt: skip
        assert standing(landlord, at(4, 23)).colours["amber"] == 1
        assert standing(landlord, at(5, 1)).colours["red"] == 1

    def test_the_soonest_first_with_owner_and_law(self, landlord):
        landlord.create()
        found = standing(landlord, at(5, 1))
        first = found.lines[0]
        assert (first.reference, first.what, first.colour, first.due_on) == (
            "HB-1", "Log application", "red", date(2026, 11, 4)
        )  # fmt: skip
        assert first.owners == ("user:amir",)
        assert found.names["user:amir"] == "Amir Khan"
        assert [line.what for line in found.lines if line.kind == "statutory"] == ["Serve notice"]
        assert [line.what for line in found.lines if not line.of_task] == ["Application"]

    def test_closed_cases_have_no_deadlines(self, landlord):
        landlord.create()
        landlord.update(CaseChange.leave("application", "a mistake"), at(2))
        landlord.task("serve_notice", TaskChange.complete(), at(2))
        landlord.update(CaseChange.close("denied"), at(2))
        found = standing(landlord, at(30))
        assert found.lines == ()
        assert found.cases == {"closed": 1}
        assert found.attention == ()

    def test_overdue_wake_ups_and_their_lag(self, landlord):
        landlord.create()
        found = standing(landlord, at(6, 9))
        assert found.overdue >= 1
        assert found.lag > timedelta(days=1)
        assert any("is anybody calling the tick?" in sentence for sentence in found.attention)
        landlord.tick(at(6, 9))
        after = standing(landlord, at(6, 9))
        assert (after.overdue, after.lag) == (0, timedelta(0))
        assert after.last_tick is not None
        assert after.last_tick.now_used == at(6, 9)

    def test_a_rule_that_errs_is_seen(self, landlord):
        landlord.create()
        landlord.tick(at(5, 9))
        with landlord.engine.begin() as connection:
            connection.execute(
                text("UPDATE homebuy_rung SET outcome = 'errored' WHERE rule = 'target-passed'")
            )
        found = standing(landlord, at(5, 9))
        assert [(r.reference, r.rule) for r in found.errored] == [("HB-1", "target-passed")]
        assert "1 rule could not be applied." in found.attention

    def test_it_writes_nothing(self, landlord):
        landlord.create()
        before = (landlord.events(), landlord.outbox())
        standing(landlord, at(30))
        explained(landlord, at(30))
        assert (landlord.events(), landlord.outbox()) == before

    def test_an_empty_database_is_behind(self, engine):
        from homebuy_plugin import HomeBuy

        homebuy = HomeBuy.create(engine, entry_points=False)
        with pytest.raises(DatabaseBehind):
            status(homebuy.desk, engine)


class TestWhy:
    def test_the_allocation_with_what_each_condition_saw(self, landlord):
        landlord.create(facts={"property_type": "house"})
        found = explained(landlord, at(2))
        assert [(r.rule, r.verdict) for r in found.allocation_rules] == [
            ("flats-to-leasehold", "did not apply"),
            ("houses-to-the-role", "applied"),
        ]
        assert found.allocation_rules[0].conditions == (
            ("the property type is one of flat, maisonette (it is house)", "false"),
        )

    def test_a_rung_with_its_record_and_notices(self, landlord):
        landlord.create()
        landlord.tick(at(5, 9))
        fired = [x for x in explained(landlord, at(5, 9)).escalations if x.rule == "target-passed"]
        assert [(x.step, x.about, x.outcome, x.version) for x in fired] == [
            ("target passed", "Log application", "fired", 1)
        ]
        assert fired[0].on == date(2026, 11, 4)
        assert [(n.recipient.name, n.template, n.state) for n in fired[0].notices] == [
            ("Amir Khan", "passed", "delivered"),
            ("Dilys Evans", "passed", "delivered"),
        ]

    def test_follow_ups_are_numbered(self):
        assert step("after:target-passed", 0) == "follow-up 1"
        assert step("after:target-passed", 2) == "follow-up 3"
        assert [step(a, 0) for a in ("amber:first", "target", "stagnant:7", "event:3")] == [
            "warning", "target passed", "nothing recorded", "event"
        ]  # fmt: skip

    def test_one_rule_only(self, landlord):
        landlord.create()
        landlord.tick(at(5, 9))
        found = explained(landlord, at(5, 9), rule="target-passed")
        assert {x.rule for x in found.escalations} == {"target-passed"}
        assert all(n.rule == "target-passed" for n in found.next)
        assert found.allocation is not None

    def test_deadlines_that_run_the_soonest_first(self, landlord):
        landlord.create()
        found = explained(landlord, at(2, 11))
        assert [(d.what, d.clock.due_on, d.clock.status) for d in found.deadlines] == [
            ("Log application", date(2026, 11, 4), "green"),
            ("Serve notice", date(2026, 11, 30), "green"),
            ("Application", date(2026, 12, 7), "green"),
            ("Check form", None, "waiting"),
        ]

    def test_what_comes_next(self, landlord):
        landlord.create()
        first = explained(landlord, at(2, 11)).next[0]
        assert (first.rule, first.about, first.to, first.letters) == (
            "target-near", "Log application", ("Amir Khan",), ("near",)
        )  # fmt: skip

    def test_holds_and_starts_come_next_too(self, landlord):
        landlord.create()
        landlord.update(CaseChange.hold("abroad", until=date(2026, 11, 9)), at(2, 11))
        coming = [(n.what, n.at) for n in explained(landlord, at(2, 12)).next if n.rule is None]
        assert ("the hold ends", at(9, 9)) in coming

    def test_reassigned_by_a_person(self, landlord):
        landlord.create()
        landlord.update(CaseChange.reassign("beth", by="dilys"), at(3))
        assert explained(landlord, at(3)).reassigned == ("Tue 3 Nov 2026: given to Beth Owen by Dilys Evans",)

    def test_nobody_knows_it(self, landlord):
        with pytest.raises(UnknownReference):
            explained(landlord, at(2), reference="HB-9")


class TestHistory:
    @pytest.fixture
    def told(self, landlord):
        ann = Applicant(name="Ann Lee")
        landlord.create(applicants=(ann,))
        landlord.tick(at(5, 9))
        landlord.task("log_application", TaskChange.complete(by="amir", late_reason="post was late"), at(6))
        landlord.task(
            "decide", TaskChange.complete(facts={"eligibility_decision": "admit"}, by="dilys"), at(6, 12)
        )
        landlord.update(CaseChange.hold("abroad", until=date(2026, 11, 20)), at(9))
        landlord.update(CaseChange.withdraw(on=date(2026, 11, 10), reason="moved away"), at(11))
        return history(landlord.homebuy.desk, landlord.engine, "HB-1")

    def test_from_the_first_word_to_the_last(self, told):
        texts = [each.text for each in told]
        assert texts[0] == "The application of Ann Lee is recorded (served Mon 2 Nov 2026)"
        assert texts[1].startswith("Amir Khan has this case by the rule “Flats go to the leasehold team”")
        assert texts[2] == "The stage “Application” opens"
        assert "“Log application” is done by Amir Khan, 2 days late" in texts
        assert any(t.endswith("is done by Dilys Evans: the eligibility decision is admit") for t in texts)
        assert "The case is put on hold until Fri 20 Nov 2026: abroad" in texts
        assert texts[-1] == "The case is withdrawn"

    def test_alerts_say_rule_letter_and_person(self, told):
        alert = next(each for each in told if each.rule == "target-passed" and each.kind == e.RUNG_DECIDED)
        assert alert.text == (
            "TARGET PASSED “Log application”: rule “Target passed” "
            "(letter passed to Amir Khan and Dilys Evans)"
        )

    def test_what_happened_in_the_world_stands_on_its_day(self, told):
        withdrawn = next(each for each in told if each.kind == e.EVENT_RECORDED)
        assert withdrawn.on == date(2026, 11, 10)
        assert "moved away" in withdrawn.text

    def test_by_day_with_the_work_in_one_sentence(self, told):
        days = dict(merged(told))
        assert days[date(2026, 11, 6)][1].startswith(
            "Done: “Log application” by Amir Khan, 2 days late; “Decide”"
        )
        assert list(days) == sorted(days)

    def test_nobody_knows_it(self, landlord):
        with pytest.raises(UnknownReference):
            history(landlord.homebuy.desk, landlord.engine, "HB-9")
