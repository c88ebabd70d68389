"""What a landlord maintains, as typed values: read, changed, looked at, published, taken back."""

import json
from dataclasses import replace
from datetime import date

import pytest

from homebuy_plugin.documents import (
    AllocationSet,
    ClockDef,
    Duration,
    Member,
    PeriodBranch,
    StageDef,
    TaskDef,
)
from homebuy_plugin.exceptions import InvalidArgument, InvalidDocument, UnknownName
from homebuy_plugin.testing.small_documents import ESCALATION, small_texts
from homebuy_plugin.testing.small_landlord import at, task_of

sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
WHO = {"author": "k.lindqvist", "reason": "a correction"}
PACK = "pack right_to_buy.england"


def days(number):
    return (PeriodBranch(duration=Duration(value=number, unit="working_days")),)


@pytest.fixture
def configuration(landlord):
    return landlord.homebuy.configuration


def test_what_is_in_force_is_read_changed_and_published_without_any_json(landlord, configuration):
    pack = configuration.in_force().pack("right_to_buy")
    task = pack.task("log_application")
    longer = task.with_clock(replace(task.clocks[0], period=days(3)))
    done = configuration.publish(pack.with_task(longer), **WHO, now=at(1))
    assert done == {PACK: 2}
    made = landlord.create()
    assert task_of(made, "log_application").clocks[0].due_on == date(2026, 11, 5)
    assert configuration.in_force().versions[PACK] == 2


@sqlite_only
def test_what_is_read_and_published_again_is_no_news(configuration):
    now = configuration.in_force()
    lists = (now.templates, now.groups, now.attributes)
    assert (
        configuration.publish(*now.packs, now.allocation, now.escalation, *now.calendars, *lists, **WHO) == {}
    )


@sqlite_only
def test_each_kind_of_thing_can_be_added(configuration):
    now = configuration.in_force()
    stage = StageDef(code="survey", name="Survey", master_stage="valuation", companies=("north",))
    clock = ClockDef(code="survey_target", kind="service", period=days(10), companies=("north",))
    stage = stage.with_task(
        TaskDef(code="inspect", name="Inspect", mandatory=True).with_clock(clock)
    ).with_clock(replace(clock, code="survey_stage_target", period=days(20)))
    group = now.groups[0].with_member(Member(kind="user", id="dilys", effective_from=date(2026, 12, 1)))
    calendar = now.calendar("england_and_wales").with_holiday(date(2026, 11, 3), "Proclaimed")
    rule = replace(now.allocation.rules[0], id="more", rank=15)
    done = configuration.publish(
        now.pack("right_to_buy").with_stage(stage),
        now.allocation.with_rule(rule),
        calendar,
        (group, *now.groups[1:]),
        **WHO,
    )
    assert done == {PACK: 2, "allocation landlord": 2, "calendar england_and_wales": 2, "groups landlord": 2}
    again = configuration.in_force()
    assert again.pack("right_to_buy").stage("survey") == stage
    assert again.calendar("england_and_wales") == calendar
    assert again.group(group.id).members[-1].id == "dilys"


@sqlite_only
def test_a_value_that_cannot_be_is_refused_with_its_place(configuration):
    pack = configuration.in_force().pack("right_to_buy")
    task = replace(pack.task("log_application"), after=("nonsense",))
    with pytest.raises(InvalidDocument, match="There is no task “nonsense”") as refused:
        configuration.publish(pack.with_task(task), **WHO)
    [problem] = refused.value.diagnostics
    assert (problem.source, problem.pointer) == (PACK, "/stages/0/tasks/0/after/0")
    assert configuration.in_force().versions[PACK] == 1


@sqlite_only
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((3,), "a Pack, AllocationSet"),
        (((),), "a Pack, AllocationSet"),
        ((AllocationSet(rules=()), AllocationSet(rules=())), "allocation landlord is given twice"),
    ],
)
def test_what_is_no_document_is_refused(configuration, values, words):
    with pytest.raises(InvalidArgument, match=words):
        configuration.publish(*values, **WHO)


@sqlite_only
@pytest.mark.parametrize(
    "who", [{"author": "", "reason": "x"}, {"author": "k", "reason": " "}, {"author": None, "reason": "x"}]
)
def test_nothing_is_published_without_who_and_why(landlord, configuration, who):
    for publish in (
        configuration.publish,
        landlord.homebuy.migrate,
        lambda **w: landlord.homebuy.publish({}, **w),
    ):
        with pytest.raises(InvalidArgument, match=r"author|reason"):
            publish(**who)


@sqlite_only
def test_a_name_that_is_not_there_is_said(configuration):
    now = configuration.in_force()
    for look in (lambda: now.pack("right_to_by"), lambda: now.calendar("mars"), lambda: now.group("nobody")):
        with pytest.raises(UnknownName):
            look()
    with pytest.raises(UnknownName, match="log_application"):
        now.pack("right_to_buy").with_task(TaskDef(code="log_aplication", name="x"))


@sqlite_only
def test_every_target_with_the_rules_around_it(configuration):
    found = {sla.clock.code: sla for sla in configuration.in_force().slas("right_to_buy")}
    target = found["log_target"]
    assert (target.stage.code, target.task.code) == ("application", "log_application")
    assert [r.id for r in target.amber] == ["target-near"]
    assert [r.id for r in target.exceeded] == ["target-passed"]
    assert [r.id for r in target.follow_on] == ["still-not-done"]
    assert found["application_target"].task is None


# --- versions ------------------------------------------------------------------------------------------


def test_an_old_version_is_published_anew(landlord, configuration):
    pack = configuration.in_force().pack("right_to_buy")
    landlord.create(now=at(2))
    configuration.publish(replace(pack, name="Another"), **WHO, now=at(2, 11))
    landlord.create("HB-2", now=at(2, 12))
    assert configuration.roll_back(
        "pack", "right_to_buy.england", 1, author="k", reason="back", now=at(2, 13)
    ) == {PACK: 3}
    seen = configuration.history("pack", "right_to_buy.england")
    assert [(v.version, v.author, v.reason, v.open_cases, v.in_force) for v in seen] == [
        (3, "k", "back", 0, True),
        (2, "k.lindqvist", "a correction", 1, False),
        (1, "tests", "small", 1, False),
    ]
    assert configuration.in_force().pack("right_to_buy") == pack
    with pytest.raises(InvalidArgument, match=r"pack right_to_buy\.england 9"):
        configuration.roll_back("pack", "right_to_buy.england", 9, author="k", reason="back")


@sqlite_only
def test_a_review_says_what_is_wrong_what_differs_and_what_the_analysis_finds(configuration):
    text = small_texts()["escalation.json"]
    rules = json.loads(text)
    rules["rules"][0]["state"] = "off"
    seen = configuration.review({"escalation.json": json.dumps(rules)})
    assert seen.ok
    [(what, changes)] = seen.differences.items()
    assert (what, [c.text for c in changes]) == (
        "escalation landlord",
        [f"~ rule “{ESCALATION['rules'][0]['id']}”, state: off, was on"],
    )
    rules["rules"][0]["trigger"] = "sometimes"
    broken = configuration.review({"escalation.json": json.dumps(rules)})
    assert not broken.ok
    assert broken.problems[0].source == "escalation.json"
    assert broken.differences == {}
