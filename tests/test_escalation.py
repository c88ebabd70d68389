"""What a rung does through the whole package: who is told, in which words, under which key."""

from datetime import date

import pytest
from sqlalchemy import select

from homebuy_plugin import (
    Applicant,
    CaseChange,
    Contact,
    Officer,
    RuleVariable,
    Settings,
    TaskChange,
    hookimpl,
)
from homebuy_plugin.store import directory, tables
from homebuy_plugin.store.transactions import writing
from homebuy_plugin.testing.small_documents import TEMPLATES, escalation, letter, notify, rule
from homebuy_plugin.testing.small_landlord import SmallLandlord, at, task_of

SERVICE = {"clock": "service"}
STATUTORY = {"clock": "statutory"}
ADA = Applicant(name="Ada Obi", id="P-1", address="1 Mill Lane")
BEN = Applicant(name="Ben Obi", address="1 Mill Lane")
PASSED = at(5, 0)
"""When the target of ``log_application`` is exceeded."""


def told(landlord):
    return [(n.recipient.kind, n.recipient.id) for n in landlord.host.notices]


def tell(landlord, *to, now=PASSED, **case):
    """A case of a landlord whose only rule tells these of a target exceeded; ticked when it was."""
    only = rule("only", "target_exceeded", notify(*to, template="passed"), applies_to=SERVICE)
    landlord.publish(at(2), escalation=escalation(only))
    landlord.create(**case)
    landlord.tick(now)
    return told(landlord)


def act(landlord, name, **params):
    """A case ticked past its target by a rule with one action."""
    action = {"name": name, "params": params}
    only = rule("only", "target_exceeded", action, applies_to=SERVICE)
    landlord.publish(at(2), escalation=escalation(only))
    landlord.create()
    landlord.tick(PASSED)
    return landlord.state()


def away(landlord, *officers):
    with writing(landlord.engine) as conn:
        for officer in officers:
            directory.add_absence(conn, officer, date(2026, 11, 4), date(2026, 12, 31))


def outcomes(landlord, reference="HB-1"):
    return {k[3]: r.outcome for k, r in landlord.state(reference).rungs.items()}


# --- who is told -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("to", "people"),
    [
        (["task_owner"], ["amir"]),
        (["case_owner"], ["amir"]),
        (["manager"], ["dilys"]),
        (["user:lena"], ["lena"]),
        (["role:lawyer"], ["lena"]),
        (["role:leasehold_officer"], ["amir", "beth"]),
        (["group:legal"], ["lena"]),
        (["group:home_ownership"], ["harry"]),
        (["task_owner", "case_owner", "role:leasehold_officer"], ["amir", "beth"]),
        (["role:lawyer", "group:legal", "user:lena"], ["lena"]),
    ],
)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_each_recipient_and_each_person_once(landlord, to, people):
    assert tell(landlord, *to) == [("user", p) for p in people]


def test_all_joint_applicants_are_told(landlord):
    assert tell(landlord, "applicants", applicants=(ADA, BEN)) == [
        ("applicant", "P-1"),
        ("applicant", "HB-1/2"),
    ]
    assert [n.recipient.name for n in landlord.host.notices] == ["Ada Obi", "Ben Obi"]
    assert landlord.host.notices[0].recipient.address == "1 Mill Lane"


def test_every_owner_of_the_case_is_told_and_the_tasks_own(landlord):
    both = notify("case_owner", "task_owner", template="passed")
    landlord.publish(at(2), escalation=escalation(rule("only", "target_exceeded", both, applies_to=SERVICE)))
    landlord.create()
    landlord.update(CaseChange.reassign(["beth", "harry"]), at(2))
    landlord.task("log_application", TaskChange.reassign("lena"), at(2))
    landlord.tick(PASSED)
    assert told(landlord) == [("user", "beth"), ("user", "harry"), ("user", "lena")]


def test_with_nobody_there_the_manager_is_told(landlord):
    away(landlord, "lena")
    assert tell(landlord, "group:legal") == [("user", "dilys")]


def test_with_the_manager_away_too_the_default_group_is_told(landlord):
    away(landlord, "lena", "dilys")
    assert tell(landlord, "role:lawyer") == [("user", "harry")]


def test_with_nobody_at_all_it_is_undeliverable_and_kept(landlord):
    away(landlord, "lena", "dilys", "harry")
    only = rule("only", "target_exceeded", notify("role:lawyer", template="passed"), applies_to=SERVICE)
    landlord.publish(at(2), escalation=escalation(only))
    landlord.create()
    report = landlord.tick(PASSED)
    assert (report.notices, report.undeliverable, report.delivered) == (1, 1, 0)
    assert told(landlord) == []
    [row] = landlord.outbox()
    assert row.state == "undeliverable"
    assert "default group is empty" in row.detail
    assert outcomes(landlord) == {"only": "fired"}


def test_the_hosts_stakeholders_come_before_the_published_members(landlord):
    landlord.host.answer(
        "homebuy_resolve_stakeholders",
        lambda session, case, task, group: [Contact(id=f"{group}@x", name="Desk")],
    )
    assert tell(landlord, "group:legal") == [("contact", "legal@x")]
    [asked] = landlord.host.calls_of("homebuy_resolve_stakeholders")
    assert (asked["case"].reference, asked["task"].code, asked["group"]) == (
        "HB-1",
        "log_application",
        "legal",
    )


def test_the_hosts_officers_come_before_the_tables(landlord):
    landlord.host.answer("homebuy_officers_in_role", [Officer(id="zoe", name="Zoe Zed")])
    assert tell(landlord, "role:lawyer") == [("user", "zoe")]
    assert landlord.host.notices[0].recipient.name == "Zoe Zed"


# --- which words ------------------------------------------------------------------------------------


def test_letters_are_frozen_when_the_rung_fires(landlord):
    landlord.create()
    landlord.host.fail("homebuy_notify", OSError("down"), times=1)
    landlord.tick(at(3, 9))
    [before] = landlord.outbox()
    landlord.publish(
        at(3, 10),
        templates={**TEMPLATES, "templates": [letter("near", "Other words"), *TEMPLATES["templates"][1:]]},
    )
    landlord.task("log_application", TaskChange.revise(date(2026, 11, 6), "later"), at(3, 10))
    landlord.homebuy.deliver(at(4))
    assert [n.subject for n in landlord.host.notices] == [before.subject] * 2
    assert "Wed 4 Nov 2026" in before.subject


def test_a_letter_names_owner_and_recipient(landlord):
    tell(landlord, "manager")
    body = landlord.host.notices[0].body
    assert body.startswith("Dear Dilys Evans")
    assert "Owner: Amir Khan." in body


# --- keys -------------------------------------------------------------------------------------------


def test_keys_are_unique_for_ever_and_say_what_they_are(landlord):
    landlord.create("HB-1")
    landlord.create("HB-2")
    for day in (5, 9, 16, 23):
        landlord.tick(at(day, 9))
    landlord.tick(at(1, month=12))
    keys = [row.key for row in landlord.outbox()]
    assert len(keys) == len(set(keys))
    assert all(len(key) <= 200 for key in keys)
    assert "hb1/HB-1/task:log_application#1/log_target/1/target-near/amber:first/0/near/user:amir" in keys


def test_a_long_reference_has_a_short_key(landlord):
    reference = "R" * 200
    landlord.create(reference)
    landlord.tick(at(9, 9))
    keys = [row.key for row in landlord.outbox()]
    assert len(set(keys)) == len(keys) > 2
    assert all(len(key) <= 200 for key in keys)


# --- late ticks -------------------------------------------------------------------------------------


def test_latest_only_the_last_notice_of_a_clock_to_a_person_goes_out(landlord):
    landlord.create()
    report = landlord.tick(at(9, 9))
    assert outcomes(landlord) == {
        "target-near": "collapsed",
        "target-passed": "fired",
        "still-not-done": "fired",
    }
    assert told(landlord) == [("user", "amir"), ("user", "dilys")]
    assert [n.rule for n in landlord.host.notices] == ["target-passed", "still-not-done"]
    assert report.collapsed == 1
    assert landlord.state().level == 1, "what a rung does to the case is done all the same"


def test_each_sends_everything(landlord):
    each = SmallLandlord(landlord.engine, settings=Settings(catch_up="each"))
    each.create()
    each.tick(at(9, 9))
    assert [(n.rule, n.recipient.id) for n in each.host.notices] == [
        ("target-near", "amir"),
        ("target-passed", "amir"),
        ("target-passed", "dilys"),
        ("still-not-done", "dilys"),
    ]


def test_skip_older_than_drops_what_is_too_old(landlord):
    skip = {"skip_older_than": {"value": 4, "unit": "hours"}}
    some = SmallLandlord(landlord.engine, settings=Settings(catch_up=skip))
    some.create()
    some.tick(at(6, 12))
    assert [(n.rule, n.recipient.id) for n in some.host.notices] == [("still-not-done", "dilys")]


def test_in_time_nothing_is_collapsed(landlord):
    landlord.create()
    for now in (at(3, 9), PASSED, at(6, 9)):
        landlord.tick(now)
    assert set(outcomes(landlord).values()) == {"fired"}
    assert len(landlord.host.notices) == 4


# --- errors -----------------------------------------------------------------------------------------


class Moon:
    """Its variable can be read only while it is up."""

    def __init__(self):
        self.up = False

    @hookimpl
    def homebuy_rule_variables(self):
        return [RuleVariable(name="moon", label="phase of the moon", type="number", read=self.read)]

    def read(self, facts, case):
        if not self.up:
            raise OSError("clouds")
        return 4


HOWL = {
    "all": [
        {"name": "bedrooms", "operator": "less_than", "value": 3},
        {"name": "moon", "operator": "greater_than", "value": 1},
    ]
}


def test_a_rule_that_errs_tells_once_and_its_retry_sees_the_facts_of_then(landlord):
    moon = Moon()
    night = SmallLandlord(landlord.engine, [moon, landlord.host])
    howl = rule(
        "howl", "target_exceeded", notify("user:lena", template="passed"), conditions=HOWL, applies_to=SERVICE
    )
    night.publish(at(2), escalation=escalation(howl))
    night.create(facts={"property_type": "flat", "bedrooms": 2})
    assert [e.where for e in night.tick(PASSED).errors] == ["rule"]
    assert outcomes(night) == {"howl": "errored"}
    assert sorted(n.recipient.id for n in landlord.host.notices) == ["dilys", "harry"]
    assert {n.template for n in landlord.host.notices} == {"rule_failed"}
    night.update(CaseChange.update(facts={"bedrooms": 9}), at(5, 0, 1))
    moon.up = True
    night.tick(at(5, 0, 2))
    assert outcomes(night) == {"howl": "fired"}, "two bedrooms, as it was then"
    assert landlord.host.notices[-1].recipient.id == "lena"
    assert len(landlord.host.notices) == 3


# --- the law is never silent ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rules",
    [
        [],
        [
            rule("off", "target_exceeded", notify("manager", template="passed"), applies_to=STATUTORY)
            | {"state": "off"}
        ],
        [
            rule("watch", "target_exceeded", notify("manager", template="passed"), applies_to=STATUTORY)
            | {"state": "watch"}
        ],
        [
            rule(
                "no",
                "target_exceeded",
                notify("manager", template="passed"),
                applies_to=STATUTORY,
                conditions={"all": [{"name": "bedrooms", "operator": "equal_to", "value": 9}]},
            )
        ],
        [
            rule(
                "mute", "target_exceeded", {"name": "set_flag", "params": {"flag": "x"}}, applies_to=STATUTORY
            )
        ],
    ],
    ids=["none", "off", "watch", "no match", "tells nobody"],
)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_statutory_target_never_passes_in_silence(landlord, rules):
    landlord.publish(at(2), escalation=escalation(*rules))
    landlord.create()
    landlord.task("log_application", TaskChange.complete(by="amir"), at(2))
    landlord.tick(at(1, 9, month=12))
    sent = [(n.template, n.recipient.id) for n in landlord.host.notices]
    assert sent == [("statutory_target_passed", p) for p in ("amir", "dilys", "harry")]


def test_where_a_rule_told_somebody_the_built_in_notice_is_not_written(landlord):
    landlord.create()
    landlord.task("log_application", TaskChange.complete(by="amir"), at(2))
    landlord.tick(at(1, 9, month=12))
    assert "statutory_target_passed" not in {n.template for n in landlord.host.notices}
    assert landlord.state().level == 2


# --- what a rung does to its case -------------------------------------------------------------------


def test_reassign_to_a_user(landlord):
    assert act(landlord, "reassign", user="lena").tasks["log_application#1"].owners == ("user:lena",)


def test_reassign_to_a_role_nobody_is_in_is_an_error_and_changes_nothing(landlord):
    landlord.publish(
        at(2),
        escalation=escalation(
            rule(
                "only",
                "target_exceeded",
                {"name": "reassign", "params": {"role": "roofer", "strategy": "round_robin"}},
                applies_to=SERVICE,
            )
        ),
    )
    landlord.create()
    report = landlord.tick(PASSED)
    assert "nobody" in report.errors[0].message
    assert landlord.state().tasks["log_application#1"].owners == ()


def test_add_a_task_of_the_pack_or_one_of_its_own(landlord):
    state = act(landlord, "add_task", task="review_decision")
    task = state.tasks["review_decision#1"]
    assert (task.status, task.stage, task.mandatory) == ("open", "application#1", False)
    out = landlord.task("review_decision", TaskChange.complete(by="amir"), at(5))
    assert task_of(out, "review_decision").status == "complete"


def test_set_a_flag_raise_the_level_propose_closure(landlord):
    assert act(landlord, "set_flag", flag="slow").flags == ("slow",)
    landlord.publish(
        at(5),
        escalation=escalation(
            rule(
                "more",
                "target_exceeded",
                {"name": "raise_level", "params": {"level": 3}},
                {"name": "propose_closure", "params": {"reason": "Nobody answers"}},
                applies_to=STATUTORY,
            )
        ),
    )
    landlord.tick(at(1, month=12))
    state = landlord.state()
    assert (state.level, state.status) == (3, "open"), "a rule proposes; only a person closes"
    [proposed] = [e for e in landlord.events() if e.kind == "closure_proposed"]
    assert proposed.data["reason"] == "Nobody answers"


# --- a rung decided is decided ----------------------------------------------------------------------


def test_a_later_change_of_facts_does_not_fire_it_again(landlord):
    few = {"all": [{"name": "bedrooms", "operator": "less_than", "value": 3}]}
    only = rule(
        "only", "target_exceeded", notify("manager", template="passed"), conditions=few, applies_to=SERVICE
    )
    landlord.publish(at(2), escalation=escalation(only))
    landlord.create(facts={"property_type": "flat", "bedrooms": 5})
    landlord.tick(PASSED)
    assert outcomes(landlord) == {"only": "not_fired"}
    landlord.update(CaseChange.update(facts={"bedrooms": 1}), at(5))
    landlord.tick(at(9))
    assert outcomes(landlord) == {"only": "not_fired"}
    assert landlord.host.notices == []


def test_the_record_of_a_rung_says_what_each_condition_saw(landlord):
    few = {"all": [{"name": "bedrooms", "operator": "less_than", "value": 3}]}
    only = rule(
        "only", "target_exceeded", notify("manager", template="passed"), conditions=few, applies_to=SERVICE
    )
    landlord.publish(at(2), escalation=escalation(only))
    landlord.create(facts={"property_type": "flat", "bedrooms": 5})
    landlord.tick(PASSED)
    with landlord.engine.connect() as connection:
        [record] = connection.scalars(select(tables.rung.c.record))
    assert (record["rule"], record["rule_version"], record["outcome"]) == ("only", 2, "not_fired")
    [seen] = record["considered"][0]["conditions"]
    assert (seen["pointer"], seen["name"], seen["operator"]) == ("/conditions/all/0", "bedrooms", "less_than")
    assert (seen["expected"], seen["actual"], seen["result"]) == (3, 5, "false")
