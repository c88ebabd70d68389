"""Quiet hours, digests and the storm limit: nothing is lost, and what the law dates waits for nothing."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from homebuy_plugin import Contact, Delivery, HomeBuy, Settings
from homebuy_plugin import outbox as handing
from homebuy_plugin.arguments import check_settings
from homebuy_plugin.delivery_policy import Policy, calendar_of
from homebuy_plugin.exceptions import InvalidArgument, UnknownName
from homebuy_plugin.store import outbox
from homebuy_plugin.store.personal import erase_personal
from homebuy_plugin.store.transactions import writing
from homebuy_plugin.testing.databases import disposed
from homebuy_plugin.testing.small_documents import escalation, rule
from homebuy_plugin.testing.small_landlord import SmallLandlord, at

NOTIFY = "homebuy_notify"
OFFICE = {"*": "england_and_wales"}  # nine to five
sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def under(landlord, **options):
    """The same database under other settings, with a host of its own."""
    return SmallLandlord(landlord.engine, settings=Settings(**options))


def houses(landlord, number):
    """Cases of harry's, each with a notice for him on Tuesday the 3rd at nine."""
    for n in range(1, number + 1):
        landlord.create(f"HB-{n}", facts={"property_type": "house"})


def told(landlord):
    return [(n.recipient.id, n.reference) for n in landlord.host.notices]


def states(landlord):
    return [(row.reference, row.state) for row in landlord.outbox()]


# --- quiet hours ---------------------------------------------------------------------------------


def test_a_notice_waits_for_the_opening_of_its_recipients_calendar(landlord):
    quiet = under(landlord, quiet_hours=OFFICE)
    quiet.create()
    report = quiet.tick(at(3, 22))
    assert (report.notices, report.delivered, report.postponed, report.held) == (1, 0, 1, 0)
    assert report.next_due_at == at(4, 9), "the morning is on the tick's own calendar"
    [row] = quiet.outbox()
    assert (row.state, row.attempts, row.next_try_at) == ("pending", 0, at(4, 9))
    assert row.detail == "waits for its hour"
    assert quiet.homebuy.deliver(at(4, 8, 59)).delivered == 0
    assert quiet.homebuy.deliver(at(4, 9)).delivered == 1
    assert [n.body for n in quiet.host.notices] == [row.body], "frozen when it was decided"


@sqlite_only
def test_a_failure_is_not_tried_again_in_the_night(landlord):
    quiet = under(landlord, quiet_hours=OFFICE)
    quiet.create()
    quiet.host.fail(NOTIFY, OSError("down"))
    assert quiet.tick(at(3, 16, 59)).failed == 1
    report = quiet.homebuy.deliver(at(3, 17, 30))
    assert (report.failed, report.postponed) == (0, 1)
    [row] = quiet.outbox()
    assert (row.state, row.attempts, row.next_try_at) == ("failed", 1, at(4, 9))


@sqlite_only
def test_what_the_law_dates_is_told_at_night(landlord):
    quiet = under(landlord, quiet_hours=OFFICE, digest_at="16:00", storm_limit=1)
    quiet.create()
    quiet.tick(at(23, 22))  # a week before the notice of section 124 is due
    assert [n.rule for n in quiet.host.notices] == ["notice-near"]
    assert {row.rule for row in quiet.outbox("pending", "held")} >= {"still-not-done"}


@sqlite_only
def test_a_rule_may_call_its_notice_urgent(landlord):
    calls = {"name": "notify", "params": {"to": ["task_owner"], "template": "near", "urgent": True}}
    urgent = rule("now", "amber", calls, applies_to={"clock": "service"})
    landlord.publish(at(2), escalation=escalation(urgent))
    quiet = under(landlord, quiet_hours=OFFICE)
    quiet.create()
    assert quiet.tick(at(3, 22)).delivered == 1


@sqlite_only
def test_a_calendar_that_nobody_published_is_refused(landlord, tmp_path):
    with pytest.raises(UnknownName, match=r"quiet_hours\['user'\]. Did you mean 'england_and_wales'"):
        under(landlord, quiet_hours={"user": "england_and_wale"})
    with disposed(f"sqlite:///{tmp_path / 'empty.db'}") as empty:
        assert HomeBuy.create(empty, settings=Settings(quiet_hours={"*": "england_and_wale"}))


@pytest.mark.parametrize(
    ("contact", "calendar"),
    [
        (Contact(kind="user", id="amir"), "nights"),
        (Contact(kind="user", id="beth"), "office"),
        (Contact(kind="applicant", id="P-1"), "evenings"),
        (Contact(kind="applicant", id="P-1", calendar="scotland"), "scotland"),
        (None, None),
    ],
)
def test_the_nearest_name_says_whose_calendar_it_is(contact, calendar):
    hours = {"*": "office", "applicant": "evenings", "user:amir": "nights"}
    assert calendar_of(contact, hours) == calendar
    assert calendar_of(contact, {}) is None


# --- digests -------------------------------------------------------------------------------------


@pytest.fixture
def daily(landlord):
    """Amir has two cases and beth one; each has a notice on Tuesday the 3rd at nine."""
    daily = under(landlord, digest_at="16:30")
    for n in (1, 2, 3):
        daily.create(f"HB-{n}")
    daily.homebuy.deliver(at(2))
    return daily


def test_the_notices_of_a_day_go_to_each_recipient_as_one(daily):
    report = daily.tick(at(3, 9))
    assert (report.notices, report.delivered, report.postponed) == (3, 0, 3)
    assert report.next_due_at == at(3, 16, 30)
    assert daily.homebuy.deliver(at(3, 16, 29)).delivered == 0
    report = daily.homebuy.deliver(at(3, 16, 30))
    assert (report.delivered, report.digests) == (3, 1)
    first, beths, last = daily.outbox()
    digest = next(n for n in daily.host.notices if n.recipient.id == "amir")
    assert (digest.key, digest.template) == (f"digest/{first.key}", "digest")
    assert digest.subject == "2 notices: HB-1, HB-3"
    assert [(p.key, p.body, p.reference) for p in digest.parts] == [
        (row.key, row.body, row.reference) for row in (first, last)
    ]
    assert all(row.body.strip() in digest.body for row in (first, last))
    [alone] = [n for n in daily.host.notices if n.recipient.id == "beth"]
    assert (alone.key, alone.body, alone.parts) == (beths.key, beths.body, ())
    assert [r.state for r in daily.outbox()] == ["delivered"] * 3
    assert {r.handed_over_at for r in daily.outbox()} == {at(3, 16, 30)}
    assert [r.digest for r in daily.outbox()] == [digest.key, None, digest.key]


@sqlite_only
def test_what_is_written_after_the_digest_waits_for_the_next(daily):
    daily.tick(at(3, 16, 31))
    assert daily.homebuy.deliver(at(4, 16, 29)).delivered == 0
    assert daily.homebuy.deliver(at(4, 16, 30)).delivered == 3


def test_a_digest_stays_the_same_until_somebody_takes_it(daily):
    """Under one key, in the same words, whatever is written meanwhile."""
    daily.host.fail(NOTIFY, OSError("down"))
    daily.tick(at(3, 9))
    report = daily.homebuy.deliver(at(3, 16, 30))
    assert (report.failed, report.delivered) == (3, 0)
    assert [state for _, state in states(daily)] == ["failed", "failed", "digested"]
    daily.create("HB-4")
    daily.host.recover(NOTIFY)
    daily.homebuy.deliver(at(3, 17))
    mine = [n for n in daily.host.notices if n.parts]
    assert len(mine) == 2
    assert mine[0] == mine[1]
    assert [state for _, state in states(daily)] == ["delivered"] * 3


@sqlite_only
def test_a_digest_given_up_can_be_sent_again(daily):
    daily.host.fail(NOTIFY, OSError("down"))
    daily.tick(at(3, 9))
    for hours in range(24):
        report = daily.homebuy.deliver(at(3, 17) + timedelta(hours=hours))
    assert [state for _, state in states(daily)] == ["dead", "dead", "digested"]
    assert report.failed == 0
    daily.host.recover(NOTIFY)
    with writing(daily.engine) as conn:
        assert outbox.retry(conn, at(5)) == 2
    assert daily.homebuy.deliver(at(5)).delivered == 3


def test_a_digest_comes_apart_when_one_case_is_erased(daily):
    daily.host.fail(NOTIFY, OSError("down"))
    daily.tick(at(3, 9))
    daily.homebuy.deliver(at(3, 16, 30))
    daily.host.recover(NOTIFY)
    daily.host.forget()
    with writing(daily.engine) as conn:
        erase_personal(conn, "HB-1", "k.jones", at(3, 16, 31))
    daily.homebuy.deliver(at(4))
    assert sorted(told(daily)) == [("amir", "HB-3"), ("beth", "HB-2")]
    assert dict(states(daily)) == {"HB-1": "undeliverable", "HB-2": "delivered", "HB-3": "delivered"}


@sqlite_only
def test_a_digest_is_complete_however_many_others_wait(landlord, monkeypatch):
    """More wait than are taken at once; nobody gets two digests."""
    monkeypatch.setattr("homebuy_plugin.dispatch.AT_ONCE", 2)
    daily = under(landlord, digest_at="16:30")
    for n in range(1, 8):
        daily.create(f"HB-{n}")
    daily.tick(at(3, 9))
    daily.homebuy.deliver(at(3, 16, 30))
    parts = {n.recipient.id: len(n.parts) for n in daily.host.notices}
    assert (len(daily.host.notices), parts) == (2, {"amir": 4, "beth": 3})


@pytest.mark.parametrize(
    ("written", "digest"),
    [
        ("2026-03-28T20:00:00+00:00", "2026-03-29T01:30:00+00:00"),  # 01:30 is left out that night
        ("2026-03-29T12:00:00+00:00", "2026-03-30T00:30:00+00:00"),
        ("2026-10-24T20:00:00+00:00", "2026-10-25T00:30:00+00:00"),  # 01:30 comes twice: the first
        ("2026-10-25T00:45:00+00:00", "2026-10-26T01:30:00+00:00"),
    ],
)
def test_there_is_one_digest_a_day_in_the_nights_the_clocks_change(written, digest):
    policy = Policy(Settings(digest_at="01:30"), lambda code: None)
    assert policy._digest_time(datetime.fromisoformat(written)).astimezone(UTC).isoformat() == digest


# --- the storm limit -----------------------------------------------------------------------------


def test_more_than_so_many_in_an_hour_are_held_and_go_later(landlord):
    calm = under(landlord, storm_limit=2)
    houses(calm, 5)
    calm.create("HB-6")
    report = calm.tick(at(3, 9))
    assert (report.delivered, report.held, report.postponed) == (3, 3, 0)
    assert sorted(told(calm)) == [("amir", "HB-6"), ("harry", "HB-1"), ("harry", "HB-2")]
    held = calm.outbox("held")
    assert [(r.reference, r.next_try_at) for r in held] == [
        ("HB-3", at(3, 10)),
        ("HB-4", at(3, 10)),
        ("HB-5", at(3, 11)),
    ]
    assert {(r.detail, r.attempts) for r in held} == {("more than 2 in an hour", 0)}
    assert calm.homebuy.deliver(at(3, 9, 59)).delivered == 0
    assert calm.homebuy.deliver(at(3, 10)).delivered == 2
    assert calm.homebuy.deliver(at(3, 11)).delivered == 1


def test_what_is_held_can_be_released(landlord):
    calm = under(landlord, storm_limit=1)
    houses(calm, 4)
    calm.tick(at(3, 9))
    with writing(calm.engine) as conn:
        assert outbox.release(conn, at(3, 9, 5)) == 3
    assert calm.homebuy.deliver(at(3, 9, 5)).delivered == 3


def test_another_ticker_counts_what_the_first_is_handing_over(landlord):
    calm = under(landlord, storm_limit=2)
    houses(calm, 3)
    calm.host.fail(NOTIFY, OSError("down"))
    calm.tick(at(3, 9))
    calm.host.recover(NOTIFY)
    with writing(calm.engine) as conn:
        assert len(outbox.lease(conn, at(3, 10), 2)) == 2
    report = calm.homebuy.deliver(at(3, 10))
    assert (report.delivered, report.held) == (0, 1)


@sqlite_only
def test_a_digest_is_one_notice_to_the_storm_limit(landlord):
    calm = under(landlord, storm_limit=1, digest_at="16:30")
    houses(calm, 4)
    calm.tick(at(3, 9))
    report = calm.homebuy.deliver(at(3, 16, 30))
    assert (report.delivered, report.digests, report.held) == (4, 1, 0)


# --- nobody holds up the others ------------------------------------------------------------------


@sqlite_only
def test_a_recipient_who_is_slow_keeps_back_nobody(daily, monkeypatch):
    plain = SmallLandlord(daily.engine)
    seconds = [0.0]
    monkeypatch.setattr(handing.time, "monotonic", lambda: seconds[0])

    def notify_slowly(notice):
        seconds[0] += 6 if notice.recipient.id == "amir" else 0
        return Delivery()

    plain.host.answer(NOTIFY, notify_slowly)
    assert plain.tick(at(3, 9)).delivered == 2
    assert told(plain) == [("amir", "HB-1"), ("beth", "HB-2")]
    [left] = plain.outbox("pending")
    assert (left.reference, left.attempts, left.next_try_at) == ("HB-3", 0, at(3, 9, 1))
    assert plain.homebuy.deliver(at(3, 9, 1)).delivered == 1


@sqlite_only
def test_a_recipient_who_always_fails_keeps_back_nobody_however_many_notices_wait(landlord, monkeypatch):
    """Each failure takes three seconds, and there are more than a tick has time for."""
    houses(landlord, 30)
    landlord.create("HB-31")
    seconds = [0.0]
    monkeypatch.setattr(handing.time, "monotonic", lambda: seconds[0])

    def notify(notice):
        if notice.recipient.id == "harry":
            seconds[0] += 3
            raise TimeoutError("mailbox unreachable")
        return Delivery()

    landlord.host.answer(NOTIFY, notify)
    report = landlord.tick(at(3, 9))
    assert told(landlord) == [("harry", "HB-1"), ("harry", "HB-2"), ("amir", "HB-31")]
    assert (report.delivered, report.failed, report.timed_out) == (1, 2, False)
    left = landlord.outbox("pending")
    assert {(row.attempts, row.next_try_at) for row in left} == {(0, at(3, 9, 1))}
    assert len(left) == 28
    assert landlord.homebuy.deliver(at(3, 9, 1)).failed == 2, "a little at each time, and no attempt is lost"


@pytest.mark.parametrize("at_once", [100, 2])
def test_notices_that_hang_keep_back_nobody_elses(landlord, monkeypatch, at_once):
    """Whoever offers one to harry never comes back; however few are taken at once, the others go."""
    monkeypatch.setattr("homebuy_plugin.dispatch.AT_ONCE", at_once)
    awake, hanging = threading.Event(), threading.Semaphore(0)

    def hang(notice):
        if notice.recipient.id == "harry":
            hanging.release()
            awake.wait(60)
        return Delivery()

    houses(landlord, 5)
    for n in (6, 7, 8):
        landlord.create(f"HB-{n}")
    tickers = [SmallLandlord(landlord.engine) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        for minute, ticker in enumerate(tickers):
            ticker.host.answer(NOTIFY, hang)
            ticking = pool.submit(ticker.tick, at(3, 9, 2 * minute))
            assert hanging.acquire(timeout=30)
            assert not ticking.done()
        found = {row.reference for row in landlord.outbox("delivered")}
        awake.set()
    assert found == {"HB-6", "HB-7", "HB-8"}


def test_a_notice_whose_sender_never_comes_back_is_offered_last_and_given_up(landlord):
    """As a hook that hangs does, or one that takes the process down."""
    for n in (1, 2, 3):
        landlord.create(f"HB-{n}")

    def hang(notice):
        if notice.reference == "HB-1":
            raise KeyboardInterrupt
        return Delivery()

    landlord.host.answer(NOTIFY, hang)
    now = at(3, 9)
    with pytest.raises(KeyboardInterrupt):
        landlord.tick(now)
    for attempt in range(2, outbox.ATTEMPTS + 1):
        now += timedelta(minutes=1)
        with pytest.raises(KeyboardInterrupt):
            landlord.homebuy.deliver(now)
        if attempt == 2:
            assert [r for _, r in told(landlord)] == ["HB-1", "HB-2", "HB-3", "HB-1"]
    report = landlord.homebuy.deliver(now + timedelta(minutes=1))
    assert (report.dead, report.delivered) == (1, 0)
    [dead] = landlord.outbox("dead")
    assert (dead.reference, dead.attempts) == ("HB-1", 12)
    assert "killed, or hangs" in dead.last_error
    assert len(landlord.outbox("delivered")) == 2


# --- settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quiet_hours": True}, "quiet_hours is a mapping"),
        ({"quiet_hours": {"everybody": "x"}}, "quiet_hours is a mapping"),
        ({"quiet_hours": {"*": ""}}, "quiet_hours is a mapping"),
        ({"digest_at": "8:30"}, 'digest_at is None or a local time such as "08:30"'),
        ({"digest_at": "24:00"}, "digest_at is None or a local time"),
        ({"storm_limit": 0}, "storm_limit is None or a number of notices from 1 up"),
        ({"storm_limit": True}, "storm_limit is None or a number of notices from 1 up"),
    ],
)
def test_options_that_cannot_be_followed_are_refused(options, message):
    with pytest.raises(InvalidArgument, match=message):
        check_settings(replace(Settings(), **options))


@sqlite_only
def test_what_was_offered_by_itself_goes_again_by_itself(landlord):
    """The host may have taken it before the line broke: only under the same key can it tell."""
    houses(landlord, 2)
    landlord.host.fail(NOTIFY, OSError("sent, then the line broke"))
    landlord.tick(at(3, 12))
    daily = under(landlord, digest_at="09:00")
    daily.homebuy.deliver(at(4, 13))
    assert [n.key for n in daily.host.notices] == [row.key for row in daily.outbox()]
