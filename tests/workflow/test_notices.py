"""Who is told, and in which words."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from homebuy_plugin.documents.model import Template
from homebuy_plugin.engine.catalogue import Variable
from homebuy_plugin.testing.worlds import (
    FakeDirectory,
    escalation_rules,
    new_case,
    shipped_world,
    small_world,
    with_rules,
)
from homebuy_plugin.types import Applicant, CaseChange, CaseFacts


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


NOV2, LATE = utc(2026, 11, 2, 10), utc(2026, 11, 10, 0, 1)

LIMIT = {
    "code": "limit",
    "name": "The limit",
    "kind": "service",
    "starts": ["stage.started"],
    "period": {"value": 5, "unit": "working_days"},
    "legal_basis": {"instrument": "Housing Act 1985", "section": "138", "status": "policy"},
}


def told(*to, template="letter", templates=(), channel=None, directory=None, **claim):
    params = {"to": list(to), "template": template} | ({"channel": channel} if channel else {})
    actions = [{"name": "notify", "params": params}]
    rules = escalation_rules({"id": "late", "name": "Late", "trigger": "target_exceeded", "actions": actions})
    job = {"code": "job", "name": "The job", "mandatory": True, "clocks": [LIMIT], "owner_role": "surveyor"}
    work = {"code": "work", "name": "The work", "master_stage": "application", "next": [], "tasks": [job]}
    world = replace(with_rules(small_world(work), *rules), templates=templates)
    facts = {"reference": "HB-1", "scheme": "right_to_buy", "served_on": date(2026, 11, 2), **claim}
    case = new_case(world, CaseFacts(**facts), NOV2, directory=directory or FakeDirectory())
    case.tick(LATE)
    return case


def who(case):
    return [(n.recipient.kind, n.recipient.id, n.status) for n in case.notices]


ADA = Applicant(name="Ada Obi", id="P-1", address="1 Mill Lane", language="cy")
BEN = Applicant(name="Ben Obi")


@pytest.mark.parametrize(
    ("to", "ids"),
    [
        (["task_owner"], ["surveyor"]),
        (["case_owner"], ["p.shah"]),
        (["manager"], ["m.jones"]),
        (["user:jo"], ["jo"]),
        (["role:valuer"], ["v1", "v2"]),
        (["group:legal"], ["legal"]),
        (["applicants"], ["P-1", "HB-1/2"]),
        # one notice for each person, however often named
        (["manager", "user:m.jones", "task_owner", "role:surveyor"], ["m.jones", "surveyor"]),
    ],
)
def test_recipients(to, ids):
    directory = FakeDirectory(roles={"valuer": ("v1", "v2")})
    case = told(*to, directory=directory, applicants=(ADA, BEN))
    assert [n.recipient.id for n in case.notices] == ids


def test_who_is_away_is_not_told():
    directory = FakeDirectory(roles={"valuer": ("v1", "v2")}, away={"v1"})
    assert who(told("role:valuer", directory=directory)) == [("user", "v2", "pending")]


def test_where_nobody_is_there_the_manager_hears_then_the_default_group_then_status_shows_it():
    away = {"surveyor"}
    case = told("task_owner", directory=FakeDirectory(away=away))
    assert who(case) == [("user", "m.jones", "pending")]
    assert case.notices[0].why == "nobody there, so manager"
    case = told("task_owner", directory=FakeDirectory(away=away | {"m.jones"}))
    assert who(case) == [("user", "home_ownership", "pending")]
    assert case.notices[0].why == "nobody there, so the group home_ownership"
    case = told("task_owner", directory=FakeDirectory(away=away | {"m.jones", "home_ownership"}))
    assert who(case) == [("contact", "nobody", "undeliverable")]
    assert (case.rung("late").outcome, case.rung("late").notices) == ("fired", 0)


LETTER = Template(
    id="letter",
    subject="((reference)): ((task_name))",
    body=(
        "((recipient_name)), ((task_name)) of ((stage_name)) in ((scheme_name)) was due on ((due_on)), "
        "((days_overdue)) days ago (((clock_name)), ((legal_basis))). Owner ((owner_name)), manager "
        "((manager_name)), for ((applicant_names)); level ((level)) on ((today)) by ((rule_name))."
        "((property_type??  It is a ))((property_type))."
    ),
)


def test_a_letter_is_rendered_when_its_rung_fires():
    case = told("manager", templates=(LETTER,), applicants=(ADA, BEN), facts={"property_type": "flat"})
    notice = case.notices[0]
    assert notice.subject == "HB-1: The job"
    assert notice.body == (
        "m.jones, The job of The work in Right to Buy was due on Mon 9 Nov 2026, 1 days ago (The limit, "
        "Housing Act 1985 s.138). Owner surveyor, manager m.jones, for Ada Obi and Ben Obi; level 0 on "
        "Tue 10 Nov 2026 by Late.  It is a flat."
    )
    case.play(CaseChange.update(facts={"property_type": "house"}), utc(2026, 11, 10, 9))
    assert "flat" in case.notices[0].body


def test_a_letter_is_in_the_language_of_its_reader_where_there_is_one():
    welsh = replace(LETTER, language="cy", subject="Llythyr", body="((recipient_name))")
    case = told("applicants", templates=(LETTER, welsh), applicants=(ADA, BEN))
    assert [n.subject for n in case.notices] == ["Llythyr", "HB-1: The job"]


def test_a_rule_may_name_the_channel():
    text = replace(LETTER, channel="sms", subject="Late", body="Late")
    case = told("manager", templates=(LETTER, text), channel="sms")
    assert [(n.channel, n.body) for n in case.notices] == [("sms", "Late")]
    assert told("manager", templates=(LETTER, text)).notices[0].channel == "email"


def test_a_letter_that_is_gone_still_tells():
    case = told("manager")
    assert case.notices[0].subject == "HB-1: The job"
    assert "due Mon 9 Nov 2026" in case.notices[0].body
    assert "'letter' is missing" in case.notices[0].body


def test_a_letter_that_names_what_there_is_not_still_tells_and_is_reported():
    case = told("manager", templates=(replace(LETTER, body="((weather))"),))
    assert "due Mon 9 Nov 2026" in case.notices[0].body
    assert "weather" in " ".join(case.errors)


def test_every_shipped_letter_can_be_written_for_its_rule():
    world = shipped_world()
    facts = CaseFacts(
        reference="HB-1",
        scheme="right_to_buy",
        served_on=date(2026, 11, 2),
        applicants=(ADA,),
        facts={"property_type": "flat"},
    )
    case = new_case(world, facts, NOV2)
    case.tick(utc(2027, 3, 1))
    assert case.errors == []
    assert not [n for n in case.notices if "is missing or cannot be written" in n.body]
    assert not [n for n in case.notices if "((" in n.subject + n.body]


def test_facts_in_letters_read_like_words():
    body = Template(
        id="letter", subject="x", body="((a))|((b))|((c))|((d))|((e))|((f))|((on??yes))|((off??yes))"
    )
    case = told("manager", templates=(body,))
    facts = {
        "a": "a_b",
        "b": 150_000,
        "c": date(2026, 11, 2),
        "d": ("x", "y"),
        "e": None,
        "f": True,
        "on": True,
        "off": False,
    }
    types = {"a": "choice", "b": "number", "c": "date", "d": "choices", "e": "text"}
    known = [Variable(name=name, label=name, type=types.get(name, "yes_no")) for name in facts]
    catalogue = case.world.catalogue.with_variables(known).with_names({"a": {"a_b": "A to B"}})
    world = replace(case.world, in_letters=dict.fromkeys(facts, ""), catalogue=catalogue)
    state = case.state.copy()
    state.facts.update({k: v for k, v in facts.items() if v is not None})
    state.rungs.clear()
    again = replace(case, world=world, state=state, notices=[])
    again.tick(LATE)
    assert again.notices[0].body == "A to B|150,000|Mon 2 Nov 2026|x, y||yes|yes|"
