"""Every hook through the whole package, on both databases."""

import json
from datetime import UTC, date, datetime, timedelta

import pluggy
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from homebuy_plugin import (
    CaseChange,
    CaseFacts,
    Contact,
    Delivery,
    HomeBuy,
    Officer,
    RuleAction,
    RuleVariable,
    TaskChange,
    hookimpl,
)
from homebuy_plugin.exceptions import PluginError, UnknownReference
from homebuy_plugin.testing import RecordingHost
from homebuy_plugin.testing.databases import fresh_engine

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LATE = datetime(2026, 12, 7, 10, 0, tzinfo=UTC)
SHAH, MOSS = Officer(id="p.shah", name="Priya Shah"), Officer(id="j.moss", name="Jo Moss")


def upgraded(engine):
    HomeBuy.create(engine, upgrade=True, entry_points=False)


@pytest.fixture
def ready(databases):
    """A database with tables and shipped documents."""
    with fresh_engine(databases, upgraded) as engine:
        yield engine


@pytest.fixture
def host():
    return RecordingHost()


def plug(engine, *plugins):
    return HomeBuy.create(engine, plugins=plugins, entry_points=False)


def create(hb, reference="HB-1", now=NOW, creator="p.shah", scheme="right_to_buy", **facts):
    case = CaseFacts(
        reference=reference, scheme=scheme, served_on=date(2026, 11, 2), creator=creator, facts=facts
    )
    with Session(hb.engine) as session, session.begin():
        return hb.case_created(session, case, now=now)


def exists(hb, reference="HB-1"):
    try:
        with Session(hb.engine) as session:
            hb.case_updated(session, reference, CaseChange.update(), now=LATE)
            session.rollback()
    except UnknownReference:
        return False
    return True


def publish(hb, kind, rules, now=NOW):
    document = {"format": f"homebuy.{kind}/1", "rules": rules}
    hb.publish({f"{kind}.json": json.dumps(document)}, author="a.analyst", reason="test", now=now)


def raising(error):
    def answer(**arguments):
        raise error

    return answer


# --- the host calls the package -----------------------------------------------------------


def test_observers_hear_every_call_and_change_nothing(ready):
    heard = []

    class Observer:
        @hookimpl
        def homebuy_case_created(self, case):
            heard.append(case.reference)

        @hookimpl
        def homebuy_case_updated(self, reference, change):
            heard.append(change.action)

        @hookimpl
        def homebuy_task_updated(self, task):
            heard.append(task)

        @hookimpl
        def homebuy_tick(self, now):
            heard.append(now)

    hb = plug(ready, Observer())
    assert create(hb).created
    with Session(ready) as session, session.begin():
        hb.case_updated(session, "HB-1", CaseChange.update({"estimated_value": 200_000}), now=NOW)
        hb.task_updated(session, "HB-1", "acknowledge_application", TaskChange.complete(), now=NOW)
    hb.tick(now=NOW)
    assert heard == ["HB-1", "update", "acknowledge_application", NOW]


def test_a_result_of_another_type_is_refused_and_nothing_is_kept(ready):
    class Wrong:
        @hookimpl
        def homebuy_case_created(self, case):
            return {"reference": case.reference}

    hb = plug(ready, Wrong())
    with pytest.raises(PluginError, match="instead of a CaseOutcome, by plugin 'Wrong'"):
        create(hb)
    assert not exists(hb)


def test_a_case_created_on_a_platforms_manager_is_the_packages_own(ready, host):
    acme = pluggy.HookimplMarker("acme")

    class AcmeStaff:
        @acme
        def homebuy_officers_in_role(self, role):
            return [MOSS] if role == "leasehold_officer" else None

        @acme
        def homebuy_notify(self, notice):
            return Delivery(detail="acme")

    manager = pluggy.PluginManager("acme")
    manager.register(AcmeStaff())
    hb = plug(ready)
    hb.attach(manager)
    case = CaseFacts(
        reference="HB-1", scheme="right_to_buy", served_on=date(2026, 11, 2), facts={"property_type": "flat"}
    )
    with Session(ready) as session, session.begin():
        outcome = manager.hook.homebuy_case_created(session=session, case=case, now=NOW)
    assert outcome.owner.id == "j.moss"
    report = manager.hook.homebuy_tick(now=LATE)
    assert report.delivered > 0
    assert report.errors == ()


# --- set-up -------------------------------------------------------------------------------


def test_a_plugin_that_cannot_be_configured_stops_the_set_up(ready, host):
    host.fail("homebuy_configure", LookupError("no mail server"))
    with pytest.raises(LookupError, match="no mail server"):
        plug(ready, host)


def test_a_rule_may_ask_a_hosts_variable(ready, host):
    host.answer(
        "homebuy_rule_variables",
        [
            RuleVariable(
                name="high_value",
                label="the home is of high value",
                type="yes_no",
                read=lambda facts, case: facts["estimated_value"] > 500_000,
            )
        ],
    )
    hb = plug(ready, host)
    rule = {
        "id": "high-value",
        "name": "High value",
        "rank": 1,
        "state": "on",
        "effective_from": "2020-01-01",
        "conditions": {"all": [{"name": "high_value", "operator": "is_true"}]},
        "actions": [{"name": "assign_user", "params": {"user": "d.evans"}}],
    }
    publish(hb, "allocation", [rule])
    assert create(hb, estimated_value=600_000).owner.id == "d.evans"
    assert create(hb, "HB-2", estimated_value=400_000).needs_owner
    erred = create(hb, "HB-3")  # read raises KeyError: an error is never "no match"
    assert erred.needs_owner
    assert "KeyError" in " ".join(erred.because) + erred.decision.text


def test_an_action_of_the_hosts_is_performed_once(ready, host):
    host.answer(
        "homebuy_rule_actions",
        [RuleAction(name="book_survey", label="Book a survey", params={"kind": "text"})],
    )
    host.fail("homebuy_perform", OSError("works system down"), times=1)
    hb = plug(ready, host)
    rule = {
        "id": "survey",
        "name": "Survey",
        "trigger": "target_exceeded",
        "applies_to": {"tasks": ["serve_rtb2"], "clock": "statutory"},
        "state": "on",
        "effective_from": "2020-01-01",
        "actions": [{"name": "book_survey", "params": {"kind": "damp"}}],
    }
    publish(hb, "escalation", [rule])
    create(hb)
    assert hb.tick(now=LATE).failed == 1
    for hours in range(1, 24):
        hb.tick(now=LATE + timedelta(hours=hours))
    assert [(a.name, dict(a.params), a.reference) for a in host.actions] == [
        ("book_survey", {"kind": "damp"}, "HB-1")
    ] * 2
    assert len({a.key for a in host.actions}) == 1


def pack(scheme):
    return {
        "format": "homebuy.pack/1",
        "scheme": scheme,
        "country": "england",
        "name": "Cash incentive",
        "stages": [
            {
                "code": "enquiry",
                "name": "Enquiry",
                "master_stage": "application",
                "tasks": [{"code": "send_leaflet", "name": "Send the leaflet", "mandatory": True}],
            }
        ],
    }


def test_a_plugin_brings_a_scheme(engine, host, tmp_path):
    file = tmp_path / "pack.json"
    file.write_text(json.dumps(pack("cash_incentive")), encoding="utf-8")
    host.answer("homebuy_scheme_packs", [str(file), pack("starter_homes")])
    hb = HomeBuy.create(engine, plugins=[host], upgrade=True, entry_points=False)
    for scheme in ("cash_incentive", "starter_homes"):
        assert [t.code for t in create(hb, scheme, scheme=scheme).tasks] == ["send_leaflet"]


def test_a_pack_that_cannot_work_is_refused_naming_its_plugin(engine, host):
    host.answer("homebuy_scheme_packs", [{**pack("cash_incentive"), "stages": []}])
    with pytest.raises(PluginError, match="RecordingHost"):
        HomeBuy.create(engine, plugins=[host], upgrade=True, entry_points=False)


def test_a_closure_of_the_landlords_moves_a_working_day(engine, host):
    host.answer("homebuy_holidays", lambda region, year: [date(2026, 11, 4)] if year == 2026 else [])
    hb = HomeBuy.create(engine, plugins=[host], upgrade=True, entry_points=False)
    (task,) = [t for t in create(hb).tasks if t.code == "acknowledge_application"]
    assert task.clocks[0].due_on == date(2026, 11, 6)  # three working days; without it Thursday the 5th
    host.forget()
    create(hb, "HB-2")
    hb.tick(now=LATE)
    assert host.calls_of("homebuy_holidays") == []


# --- questions ----------------------------------------------------------------------------


def test_an_owner_nobody_else_knows(ready, host):
    hb = plug(ready, host)
    publish(hb, "allocation", [])
    assert create(hb, "HB-1").needs_owner
    host.answer("homebuy_resolve_owner", MOSS)
    outcome = create(hb, "HB-2")
    assert (outcome.owner.id, outcome.needs_owner) == ("j.moss", False)
    assert host.calls_of("homebuy_resolve_owner")[-1]["case"].reference == "HB-2"
    host.fail("homebuy_resolve_owner", OSError("directory down"))
    with pytest.raises(OSError, match="directory down"):
        create(hb, "HB-3")
    assert not exists(hb, "HB-3")


def test_who_is_in_a_role_and_who_is_away(ready, host):
    host.answer(
        "homebuy_officers_in_role",
        lambda session, role, on: [MOSS, SHAH] if role == "leasehold_officer" else None,
    )
    hb = plug(ready, host)
    assert create(hb, "HB-1", property_type="flat").owner.id == "j.moss"
    host.answer("homebuy_officer_available", lambda session, officer, on: officer.id != "p.shah")
    assert create(hb, "HB-2", property_type="flat").owner.id == "j.moss"
    host.answer("homebuy_officers_in_role", [])
    assert create(hb, "HB-3", property_type="flat").needs_owner


def test_a_directory_that_is_down_is_never_an_empty_role(ready, host):
    host.answer("homebuy_officers_in_role", lambda session, role, on: [SHAH])
    hb = plug(ready, host)
    create(hb, property_type="flat")
    host.fail("homebuy_officers_in_role", OSError("directory down"))
    with pytest.raises(OSError, match="directory down"):
        create(hb, "HB-2", property_type="flat")
    assert not exists(hb, "HB-2")
    report = hb.tick(now=LATE)
    assert [(e.reference, "directory down" in e.message) for e in report.errors] == [("HB-1", True)]
    assert host.notices == []
    host.recover("homebuy_officers_in_role")
    assert hb.tick(now=LATE + timedelta(minutes=1)).delivered > 0


def test_a_group_only_the_host_knows(ready, host):
    solicitor = Contact(id="sol-1", name="A Solicitor", address="sol@example.org")
    host.answer(
        "homebuy_resolve_stakeholders",
        lambda session, case, task, group: [solicitor] if group == "legal" else None,
    )
    hb = plug(ready, host)
    create(hb)
    hb.tick(now=LATE)
    told = [n for n in host.notices if n.recipient.id == "sol-1"]
    assert told
    assert told[0].recipient == solicitor
    (asked, *_) = [c for c in host.calls_of("homebuy_resolve_stakeholders") if c["group"] == "legal"]
    assert (asked["case"].reference, asked["task"].code) == ("HB-1", "serve_rtb2")


def test_a_group_whose_resolver_fails_holds_nobody_up(ready, host):
    host.fail("homebuy_resolve_stakeholders", OSError("directory down"))
    hb = plug(ready, host)
    create(hb)
    report = hb.tick(now=LATE)
    assert report.escalated > 0
    assert "p.shah" in {n.recipient.id for n in host.notices}
    assert any("directory down" in error.message for error in report.errors)


# --- effects ------------------------------------------------------------------------------


def test_a_notice_that_failed_comes_again_under_the_same_key(ready, host):
    host.fail("homebuy_notify", OSError("mail server down"))
    hb = plug(ready, host)
    create(hb)
    first = hb.tick(now=LATE)
    assert first.failed > 0
    assert first.delivered == 0
    assert any("mail server down" in error.message for error in first.errors)
    keys = {n.key for n in host.notices}
    host.recover("homebuy_notify")
    host.forget()
    hb.tick(now=LATE + timedelta(hours=12))
    assert keys <= {n.key for n in host.notices}
    host.forget()
    hb.deliver(now=LATE + timedelta(hours=24))
    assert keys.isdisjoint({n.key for n in host.notices})


def test_a_notice_nobody_took_waits_for_another_plugin_or_another_day(ready, host):
    host.answer("homebuy_notify", None)
    hb = plug(ready, host)
    create(hb)
    assert hb.tick(now=LATE).untaken > 0
    host.forget()
    assert hb.tick(now=LATE + timedelta(hours=1)).untaken == 0
    assert host.notices == []

    class Mail:
        def __init__(self):
            self.sent = []

        @hookimpl
        def homebuy_notify(self, notice):
            self.sent.append(notice)
            return Delivery()

    mail = Mail()
    assert plug(ready, host, mail).deliver(now=LATE + timedelta(hours=2)).delivered == len(mail.sent) > 0


def test_nothing_is_reported_sent_that_was_not(ready, host):
    host.answer("homebuy_notify", True)
    hb = plug(ready, host)
    create(hb)
    report = hb.tick(now=LATE)
    assert (report.delivered, report.untaken) == (0, 0)
    assert report.failed == len(host.notices) > 0


def test_what_cannot_be_audited_does_not_happen(ready, host):
    hb = plug(ready, host)
    host.fail("homebuy_audit", OSError("audit store down"))
    with pytest.raises(OSError, match="audit store down"):
        create(hb)
    assert not exists(hb)


def test_in_a_tick_it_puts_off_that_one_case(ready, host):
    hb = plug(ready, host)
    create(hb, "HB-1")
    create(hb, "HB-2")
    host.answer(
        "homebuy_audit",
        lambda session, entry: raising(OSError("audit store down"))() if entry.reference == "HB-1" else None,
    )
    host.forget()
    report = hb.tick(now=LATE)
    assert [(e.reference, "audit store down" in e.message) for e in report.errors] == [("HB-1", True)]
    assert {n.reference for n in host.notices} == {"HB-2"}
    host.answer("homebuy_audit", None)
    hb.tick(now=LATE + timedelta(minutes=1))
    assert {n.reference for n in host.notices} == {"HB-1", "HB-2"}


def test_an_observer_of_events_that_fails_is_only_reported(ready, host):
    host.fail("homebuy_event", ValueError("no dashboard"), times=1)
    hb = plug(ready, host)
    create(hb)
    report = hb.tick(now=LATE)
    assert len([e for e in report.errors if "no dashboard" in e.message]) == 1
    assert host.events[0].kind == "case_created"
    told = [(e.kind, e.at) for e in host.events]
    assert sorted(told) == sorted((entry.kind, entry.at) for entry in host.audited)
    host.forget()
    hb.tick(now=LATE)
    assert host.events == []


# --- sessions in a tick -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("then", "kept"),
    [
        (lambda session: None, True),
        (lambda session: session.commit(), True),
        (lambda session: session.rollback(), False),
    ],
)
def test_a_hook_in_a_tick_touches_only_what_it_did(ready, host, then, kept):
    with ready.begin() as connection:
        connection.execute(text("CREATE TABLE platform_ledger (kind VARCHAR(50))"))

    def write(session, entry):
        session.execute(text("INSERT INTO platform_ledger VALUES (:kind)"), {"kind": entry.kind})
        then(session)

    hb = plug(ready, host)
    create(hb)
    host.answer("homebuy_audit", write)
    host.forget()
    report = hb.tick(now=LATE)
    assert report.errors == ()
    assert report.decided > 0
    with ready.connect() as connection:
        written = connection.execute(text("SELECT count(*) FROM platform_ledger")).scalar_one()
    assert written == (len(host.audited) if kept else 0)


def test_two_plugins_that_bring_one_scheme_are_refused_naming_both(engine):
    class First:
        @hookimpl
        def homebuy_scheme_packs(self):
            return [pack("cash_incentive")]

    class Second(First):
        pass

    with pytest.raises(PluginError, match=r"'First'.*'Second'"):
        HomeBuy.create(engine, plugins=[First(), Second()], upgrade=True, entry_points=False)


def test_a_variable_that_takes_a_built_in_name_is_refused_naming_the_plugin(ready, host):
    taken = RuleVariable(name="property_type", label="Type", type="text", read=lambda facts, case: "")
    host.answer("homebuy_rule_variables", [taken])
    with pytest.raises(PluginError, match=r"property_type.*RecordingHost"):
        plug(ready, host)
