"""Handing over: at least once under one key, and never said to be delivered when it was not."""

from collections import Counter
from datetime import datetime, timedelta

import pytest

from homebuy_plugin import Delivery, PerformAction, RuleAction, TaskChange, hookimpl
from homebuy_plugin import outbox as handing
from homebuy_plugin import tick as ticking
from homebuy_plugin.exceptions import TickInsideTransaction
from homebuy_plugin.store import outbox
from homebuy_plugin.store.transactions import writing
from homebuy_plugin.testing.small_documents import escalation, rule
from homebuy_plugin.testing.small_landlord import SmallLandlord, at
from homebuy_plugin.testing.statements import statements

sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
NOTIFY = "homebuy_notify"


@pytest.fixture
def due(landlord):
    """One notice is due on Tuesday the 3rd at nine, to amir."""
    landlord.create()
    landlord.homebuy.deliver(at(2))
    landlord.host.forget()
    return landlord


def only(landlord):
    [row] = landlord.outbox()
    return row


# --- delivered and failed ------------------------------------------------------------------------


def test_a_notice_is_handed_over_with_its_frozen_words(due):
    report = due.tick(at(3, 9))
    assert (report.notices, report.delivered) == (1, 1)
    [notice] = due.host.notices
    row = only(due)
    assert (row.state, row.detail, row.attempts) == ("delivered", "recorded", 1)
    assert row.handed_over_at == at(3, 9)
    assert (notice.key, notice.subject, notice.body) == (row.key, row.subject, row.body)
    assert notice.subject == "HB-1: Log application is due on Wed 4 Nov 2026"
    assert (notice.recipient.id, notice.recipient.address) == ("amir", "amir@landlord.example")
    assert (notice.reference, notice.task, notice.rule, notice.rule_version) == (
        "HB-1",
        "log_application",
        "target-near",
        1,
    )
    assert due.tick(at(3, 9)).delivered == 0
    assert len(due.host.notices) == 1


def test_a_failure_is_tried_again_later_under_the_same_key(due):
    due.host.fail(NOTIFY, OSError("mail server down"), times=1)
    report = due.tick(at(3, 9))
    assert (report.delivered, report.failed) == (0, 1)
    assert [(e.reference, e.where) for e in report.errors] == [("HB-1", "notify")]
    assert "mail server down" in report.errors[0].message
    row = only(due)
    assert (row.state, row.attempts, row.asked) == ("failed", 1, ("RecordingHost",))
    assert "mail server down" in row.last_error
    assert timedelta(seconds=108) <= row.next_try_at - at(3, 9) <= timedelta(seconds=132)
    assert due.homebuy.deliver(row.next_try_at - timedelta(seconds=1)).delivered == 0
    assert due.homebuy.deliver(row.next_try_at).delivered == 1
    assert [n.key for n in due.host.notices] == [row.key] * 2
    assert [n.body for n in due.host.notices] == [row.body] * 2


def test_after_twelve_failures_it_is_dead_and_kept(due):
    due.host.fail(NOTIFY, OSError("down"))
    due.tick(at(3, 9))
    for attempt in range(2, outbox.ATTEMPTS + 1):
        row = only(due)
        assert (row.state, row.attempts) == ("failed", attempt - 1)
        due.homebuy.deliver(row.next_try_at)
    dead = only(due)
    assert (dead.state, dead.attempts) == ("dead", 12)
    due.host.recover(NOTIFY)
    assert due.homebuy.deliver(at(30)).delivered == 0
    with writing(due.engine) as conn:
        assert outbox.retry(conn, at(30), [dead.key]) == 1
    assert due.homebuy.deliver(at(30)).delivered == 1


@pytest.mark.parametrize("answer", ["sent", True, {"detail": "x"}])
@sqlite_only
def test_anything_but_a_delivery_is_a_failure(due, answer):
    due.host.answer(NOTIFY, answer)
    report = due.tick(at(3, 9))
    assert (report.delivered, report.failed) == (0, 1)
    assert "Delivery(...) or None" in report.errors[0].message
    assert only(due).state == "failed"


def test_one_plugin_that_fails_does_not_keep_the_next_from_taking_it(due):
    class Broken:
        @hookimpl
        def homebuy_notify(self, notice):
            raise OSError("no route")

    both = SmallLandlord(due.engine, [Broken(), due.host])
    report = both.tick(at(3, 9))
    assert (report.delivered, report.failed) == (1, 0)
    assert len(report.errors) == 1
    assert only(due).state == "delivered"


def test_a_notice_costs_one_statement_in_a_transaction_of_its_own(landlord):
    """Beside the host's own work: whatever happens, what went is known at once."""
    counted = []
    for number in (5, 25):
        for n in range(number):
            landlord.create(f"HB-{number}-{n}")
        landlord.homebuy.deliver(at(2))  # events are told by the hundred
        ticking.decide(landlord.homebuy.desk, landlord.engine, at(3, 9), lambda: False)
        with statements(landlord.engine) as asked:
            assert landlord.homebuy.deliver(at(3, 9)).delivered == number
        counted.append(Counter(sql.split()[0] for sql, _ in asked if "set_config" not in sql))
    few, many = counted
    around = Counter(BEGIN=20, COMMIT=20)
    assert many - few - around == {"UPDATE": 20}


# --- untaken -------------------------------------------------------------------------------------


def test_what_nobody_takes_is_parked_and_is_no_attempt(due):
    due.host.answer(NOTIFY, None)
    report = due.tick(at(3, 9))
    assert (report.delivered, report.failed, report.untaken) == (0, 0, 1)
    row = only(due)
    assert (row.state, row.attempts, row.asked) == ("untaken", 0, ("RecordingHost",))
    assert row.next_try_at == at(4, 0), "the next local day"
    assert due.homebuy.deliver(at(3, 23)).untaken == 0
    due.host.answer(NOTIFY, Delivery())
    assert due.homebuy.deliver(at(4, 0)).delivered == 1


def test_the_next_local_day_is_the_landlords(due):
    """In summer it begins at 23:00 UTC."""
    summer = datetime.fromisoformat("2026-07-01T12:00:00+00:00")
    tomorrow = handing._tomorrow(due.homebuy.desk, summer)
    assert tomorrow == datetime.fromisoformat("2026-07-01T23:00:00+00:00")


def test_what_nobody_took_is_offered_at_once_when_the_plugins_change(due):
    silent = SmallLandlord(due.engine, plugins=[])
    assert silent.tick(at(3, 9)).untaken == 1
    assert only(due).asked == ()
    assert silent.homebuy.deliver(at(3, 10)).untaken == 0, "the same plugins are not asked again today"
    assert due.homebuy.deliver(at(3, 10)).delivered == 1


# --- leases --------------------------------------------------------------------------------------


def test_a_lease_whose_holder_died_runs_out_and_the_row_is_offered_again(due):
    due.host.fail(NOTIFY, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        due.tick(at(3, 9))
    row = only(due)
    assert (row.state, row.lease_until) == ("pending", at(3, 9, 1))
    due.host.recover(NOTIFY)
    assert due.homebuy.deliver(at(3, 9)).delivered == 0
    assert due.homebuy.deliver(at(3, 9, 1)).delivered == 1
    assert Counter(n.key for n in due.host.notices) == {row.key: 2}, "at least once, under one key"


def test_a_row_leased_elsewhere_is_not_offered(due):
    due.host.fail(NOTIFY, OSError("x"), times=1)
    due.tick(at(3, 9))
    later = only(due).next_try_at
    with writing(due.engine) as conn:
        [mine] = outbox.lease(conn, later, 10)
    assert due.homebuy.deliver(later).delivered == 0
    with writing(due.engine) as conn:
        assert outbox.delivered(conn, mine, later, "by the other")


def test_who_lost_the_lease_marks_nothing(due):
    due.host.answer(NOTIFY, None)
    due.tick(at(3, 9))
    with writing(due.engine) as conn:
        [mine] = outbox.lease(conn, at(5), 10)
    with writing(due.engine) as conn:
        [theirs] = outbox.lease(conn, at(5, 11), 10)
    with writing(due.engine) as conn:
        assert not outbox.delivered(conn, mine, at(5, 11))
        assert outbox.delivered(conn, theirs, at(5, 11))


def test_what_there_was_no_time_for_is_let_go(landlord):
    for n in range(3):
        landlord.create(f"HB-{n}")
    handed = []

    def notify(notice):
        handed.append(notice.key)
        return Delivery()

    landlord.host.answer(NOTIFY, notify)
    landlord.host.fail(NOTIFY, OSError("first round"))
    landlord.tick(at(3, 9))
    landlord.host.recover(NOTIFY)
    report = handing.deliver(landlord.homebuy.desk, landlord.engine, at(4), lambda: bool(handed))
    assert (report.delivered, len(handed)) == (1, 1)
    waiting = landlord.outbox("failed")
    assert [(r.lease_token, r.attempts) for r in waiting] == [(None, 1)] * 2
    assert landlord.homebuy.deliver(at(4)).delivered == 2


# --- actions -------------------------------------------------------------------------------------


class Crane:
    """A host that lifts things."""

    def __init__(self):
        self.lifted = []

    @hookimpl
    def homebuy_rule_actions(self):
        return [RuleAction(name="lift", label="Lift something", params={"weight": "number", "what": "text?"})]

    @hookimpl
    def homebuy_perform(self, action):
        self.lifted.append(action)
        return Delivery(detail="up")


def test_a_hosts_own_action_is_performed_after_commit(landlord):
    crane = Crane()
    host = SmallLandlord(landlord.engine, [crane])
    lift = {"name": "lift", "params": {"weight": 3}}
    host.publish(at(2), escalation=escalation(rule("up", "amber", lift, applies_to={"clock": "service"})))
    host.create()
    report = host.tick(at(3, 9))
    [row] = host.outbox()
    assert crane.lifted == [
        PerformAction(
            key=row.key,
            name="lift",
            params={"weight": 3},
            reference="HB-1",
            task="log_application",
            rule="up",
            rule_version=2,
        )
    ]
    assert (row.kind, row.state, report.delivered, report.notices) == ("action", "delivered", 1, 0)


# --- events --------------------------------------------------------------------------------------


def test_events_are_told_once_and_a_failing_plugin_is_swallowed(landlord):
    landlord.create()
    landlord.host.fail("homebuy_event", OSError("bus down"), times=1)
    report = landlord.homebuy.deliver(at(2))
    assert [(e.reference, e.where) for e in report.errors] == [("HB-1", "event")]
    told = [(e.kind, e.reference) for e in landlord.host.events]
    assert told == [(e.kind, "HB-1") for e in landlord.events()]
    landlord.host.forget()
    landlord.homebuy.deliver(at(2))
    assert landlord.host.events == [], "not even the one that failed"


def test_told_events_bear_no_personal_data(landlord):
    landlord.create(facts={"property_type": "flat", "national_insurance": "QQ123456C"})
    landlord.homebuy.deliver(at(2))
    assert "QQ123456C" not in repr(landlord.host.events)


# --- deliver by itself ---------------------------------------------------------------------------


def test_deliver_decides_nothing(due):
    report = due.homebuy.deliver(at(9))
    assert (report.delivered, report.decided, due.host.notices) == (0, 0, [])


@sqlite_only
def test_deliver_inside_a_transaction_is_refused(due):
    with due.engine.begin() as connection:
        due.homebuy.task_updated(connection, "HB-1", "decide", TaskChange.activity(by="amir"), at(2))
        with pytest.raises(TickInsideTransaction):
            due.homebuy.deliver(at(3))
