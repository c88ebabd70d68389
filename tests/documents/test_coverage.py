"""What is found about the rules of a landlord as sets."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from homebuy_plugin.documents import twice_told
from homebuy_plugin.documents.coverage import MISTAKES, cover_texts
from homebuy_plugin.documents.diagnostics import Located
from homebuy_plugin.documents.scenes import at_creation, at_rung
from homebuy_plugin.engine import Catalogue, compile_conditions, evaluate
from homebuy_plugin.publishing import shipped_texts
from homebuy_plugin.testing.worlds import FakeDirectory, new_case, shipped_world
from homebuy_plugin.types import CaseFacts
from homebuy_plugin.workflow import decide
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.events import CaseEvent
from homebuy_plugin.workflow.fold import apply
from homebuy_plugin.workflow.variables import reader

Raw = dict[str, Any]


def is_(name: str, value: Any) -> Raw:
    return {"name": name, "operator": "equal_to", "value": value}


@pytest.fixture
def cover(catalogue: Catalogue) -> Callable[..., list[tuple[str, str, str]]]:
    """Code, place and message of everything found but overlaps."""

    def run(files: dict[str, Raw], **more: Any) -> list[tuple[str, str, str]]:
        texts = {name: json.dumps(raw) for name, raw in files.items()}
        found, sound = cover_texts(texts, catalogue, **more)
        assert sound, found
        return [
            (each.code, f"{each.source}{each.pointer}", each.message)
            for each in found
            if each.code != "HB187"
        ]

    return run


def rules_of(landlord: dict[str, Raw], kind: str) -> list[Raw]:
    rules: list[Raw] = landlord[f"{kind}.json"]["rules"]
    return rules


def test_the_small_landlord_has_nothing_to_tell(landlord: dict[str, Raw], cover: Any) -> None:
    assert cover(landlord) == []


def test_the_shipped_rules_have_no_mistakes_and_no_gaps(catalogue: Catalogue) -> None:
    found, sound = cover_texts(shipped_texts(), catalogue)
    assert sound
    assert {each.code for each in found} <= {"HB187"}, [
        each.message for each in found if each.code != "HB187"
    ]


def test_what_is_unsound_is_reported_instead(landlord: dict[str, Raw], catalogue: Catalogue) -> None:
    rules_of(landlord, "allocation")[0]["conditions"] = {"all": []}
    found, sound = cover_texts({name: json.dumps(raw) for name, raw in landlord.items()}, catalogue)
    assert ([each.code for each in found], sound) == (["HB101"], False)


# --- allocation --------------------------------------------------------------------------------


def test_a_gap_has_a_sample_case_and_stands_at_a_rule_of_its_scheme(
    landlord: dict[str, Raw], cover: Any
) -> None:
    rules_of(landlord, "allocation").pop()
    ((code, place, message),) = cover(landlord)
    assert (code, place) == ("HB185", "allocation.json/rules")
    assert (
        message
        == "No rule applies when the property type is house, bungalow or maisonette or is not known. For example: property type house."
    )


def test_schemes_and_companies_count(landlord: dict[str, Raw], cover: Any) -> None:
    first, rest = rules_of(landlord, "allocation")
    rest["companies"] = ["north"]
    ((code, _, message),) = cover(landlord)
    assert code == "HB185"
    assert "and the company is not “north” or is not known" in message
    first.pop("conditions")
    first["tests"] = []
    ((code, place, message),) = cover(landlord)
    assert (code, place) == ("HB182", "allocation.json/rules/1")
    assert message == "“The rest” never gets a turn: “Flats” takes all its cases first."


def test_rules_that_are_off_or_watched_take_no_turn(landlord: dict[str, Raw], cover: Any) -> None:
    for state in ("off", "watch"):
        rules_of(landlord, "allocation")[1]["state"] = state
        assert [code for code, _, _ in cover(landlord)] == ["HB185"]
    clash = {"all": [is_("property_type", "flat"), is_("property_type", "house")]}
    rules_of(landlord, "allocation")[1]["conditions"] = clash
    assert [code for code, _, _ in cover(landlord)] == ["HB185", "HB180"]


def test_a_gap_between_effective_dates(landlord: dict[str, Raw], cover: Any) -> None:
    rules = rules_of(landlord, "allocation")
    rules[1] |= {"effective_from": "2026-04-01", "effective_to": "2026-06-01"}
    later = {"id": "later", "name": "Later", "rank": 30, "effective_from": "2026-06-08", "effective_to": None}
    rules.append({**rules[1], **later})
    ((code, _, message),) = cover(landlord)
    assert code == "HB186"
    assert "the day the case was created is from 1 June 2026 to 7 June 2026" in message
    assert cover(landlord, since=date(2026, 6, 8)) == []


def test_what_is_not_known_when_a_case_is_created(landlord: dict[str, Raw], cover: Any) -> None:
    rules_of(landlord, "allocation")[0] |= {"conditions": is_("task_code", "check_form"), "tests": []}
    ((code, place, message),) = cover(landlord)
    assert (code, place) == ("HB181", "allocation.json/rules/0")
    assert (
        "when it is asked, the task is not known, and its conditions need that the task is “Check the form”"
        in message
    )


def test_dead_values_and_redundant_rules_and_overlaps(
    landlord: dict[str, Raw], cover: Any, catalogue: Catalogue
) -> None:
    first, rest = rules_of(landlord, "allocation")
    listed = {**first, "id": "homes", "name": "Homes", "rank": 15, "tests": []}
    listed["conditions"] = {"name": "property_type", "operator": "is_one_of", "value": ["house", "flat"]}
    landlord["allocation.json"]["rules"] = [first, listed, {**rest, "actions": first["actions"]}]
    assert [(code, place) for code, place, _ in cover(landlord)] == [
        ("HB184", "allocation.json/rules/0"),
        ("HB184", "allocation.json/rules/1"),
        ("HB183", "allocation.json/rules/1/conditions/value/1"),
    ]
    listed |= {"conditions": is_("joint_applicants", 2), "actions": [{"name": "assign_case_creator"}]}
    told = cover_texts({name: json.dumps(raw) for name, raw in landlord.items()}, catalogue)[0]
    (overlap,) = [each for each in told if each.code == "HB187"]
    assert overlap.message == (
        "“Flats” goes before “Homes” in cases they share, for example when "
        "the property type is flat and the number of applicants is 2."
    )


# --- escalation --------------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "why"), [("off", "is switched off"), ("watch", "is only being watched")])
def test_a_follow_on_of_a_rule_that_does_nothing(
    landlord: dict[str, Raw], cover: Any, state: str, why: str
) -> None:
    rules = rules_of(landlord, "escalation")
    rules[0]["state"] = state
    rules.append({**rules[1], "id": "last", "name": "Last", "follows": "overdue-later"})
    assert cover(landlord) == [
        (
            "HB188",
            "escalation.json/rules/1/follows",
            f"“Overdue, later” can never fire: it follows “Overdue”, which {why}.",
        ),
        (
            "HB188",
            "escalation.json/rules/2/follows",
            f"“Last” can never fire: it follows “Overdue, later”, which leads back to “Overdue”, which {why}.",
        ),
    ]


def test_a_follow_on_of_a_rule_that_can_never_apply(landlord: dict[str, Raw], cover: Any) -> None:
    rules = rules_of(landlord, "escalation")
    rules[0]["conditions"] = {"all": [is_("is_statutory", False)]}
    (first, second) = cover(landlord)
    assert first[:2] == ("HB181", "escalation.json/rules/0")
    assert first[2] == (
        "“Overdue” can never apply: when it is asked, the deadline is set by law, and its conditions need "
        "that the target is the landlord's own."
    )
    assert second == (
        "HB188",
        "escalation.json/rules/1/follows",
        "“Overdue, later” can never fire: it follows “Overdue”, which can never apply itself.",
    )


@pytest.mark.parametrize(
    ("trigger", "conditions", "says"),
    [
        (
            {"trigger": "target_exceeded"},
            {"name": "days_to_target", "operator": "greater_than", "value": 0},
            "is at most 0",
        ),
        ({"trigger": "amber"}, is_("task_code", "check_form"), "the task is “Serve RTB2”"),
        (
            {"trigger": "event", "event": "claim_withdrawn"},
            is_("days_overdue", 1),
            "days overdue is not known",
        ),
        (
            {"trigger": "event", "event": "claim_withdrawn"},
            {"name": "events_recorded", "operator": "does_not_contain", "value": "claim_withdrawn"},
            "the recorded events include “Withdrawn”",
        ),
        (
            {"trigger": "stagnant", "after": {"value": 5, "unit": "days"}},
            {"name": "on_hold", "operator": "is_true"},
            "nothing is on hold",
        ),
        (
            {"trigger": "target_exceeded", "applies_to": {"subject": "stage"}},
            {"name": "mandatory", "operator": "is_true"},
            "the task is mandatory",
        ),
    ],
)
def test_a_condition_that_its_trigger_excludes(
    landlord: dict[str, Raw], cover: Any, trigger: Raw, conditions: Raw, says: str
) -> None:
    rule = {**rules_of(landlord, "escalation")[0], "conditions": {"all": [conditions]}, **trigger}
    if trigger["trigger"] == "event":
        del rule["applies_to"]
    if trigger["trigger"] == "stagnant":
        rule["applies_to"] = {"tasks": ["serve_rtb2"]}
    landlord["escalation.json"]["rules"] = [rule]
    found = [each for each in cover(landlord) if each[0] == "HB181"]
    assert [(code, place) for code, place, _ in found] == [("HB181", "escalation.json/rules/0")]
    assert says in found[0][2]


def test_a_follow_on_for_a_clock_that_no_task_has(landlord: dict[str, Raw], cover: Any) -> None:
    rules = rules_of(landlord, "escalation")
    rules[0]["applies_to"] = {"clock": "service"}
    rules[1]["applies_to"] = {"tasks": ["serve_rtb2"]}
    assert cover(landlord) == [
        (
            "HB188",
            "escalation.json/rules/1/applies_to",
            "“Overdue, later” can never fire: no clock fits what it applies to.",
        )
    ]


def test_an_alternative_that_can_never_hold(landlord: dict[str, Raw], cover: Any) -> None:
    rules_of(landlord, "escalation")[0]["conditions"] = {
        "any": [is_("on_hold", False), is_("task_code", "check_form")]
    }
    assert [each[:2] for each in cover(landlord)] == [("HB183", "escalation.json/rules/0/conditions/any/1")]


@pytest.mark.parametrize(
    "members",
    [
        [],
        [{"kind": "user", "id": "p.shah", "effective_to": "2026-01-01"}],
        [{"kind": "user", "id": "p.shah", "effective_from": "2027-01-01"}],
    ],
)
def test_a_group_without_anybody(landlord: dict[str, Raw], cover: Any, members: list[Raw]) -> None:
    rules_of(landlord, "escalation")[0] |= {"effective_from": "2026-01-01", "effective_to": "2027-01-01"}
    landlord["groups.json"]["groups"][0]["members"] = members
    assert cover(landlord) == [
        (
            "HB189",
            "escalation.json/rules/0/actions/0/params/to/1",
            "Nobody is in the group “Legal” while “Overdue” is in force.",
        )
    ]


def test_dates_that_never_meet(landlord: dict[str, Raw], cover: Any) -> None:
    rules = rules_of(landlord, "escalation")
    rules[0]["effective_from"], rules[1]["effective_to"] = "2026-06-01", "2026-06-01"
    ((code, place, message),) = cover(landlord)
    assert (code, place) == ("HB188", "escalation.json/rules/1/effective_to")
    assert message == "“Overdue, later” can never fire: it ends before “Overdue”, which it follows."


def test_a_time_in_which_no_rule_of_a_kind_is_in_force(landlord: dict[str, Raw], cover: Any) -> None:
    rules = rules_of(landlord, "escalation")
    rules[0]["effective_to"] = "2026-06-01"
    rules.append(
        {**rules[0], "id": "again", "name": "Again", "effective_from": "2026-06-10", "effective_to": None}
    )
    assert cover(landlord) == [
        (
            "HB186",
            "escalation.json/rules/2/effective_from",
            "Nothing like “Overdue” and “Again” is in force from 1 June 2026 until 10 June 2026.",
        )
    ]
    rules[2]["effective_from"] = "2026-06-01"
    assert cover(landlord) == []


def test_an_inexact_analysis_says_so(landlord: dict[str, Raw], cover: Any) -> None:
    parts = [{"name": "patch", "operator": "starts_with", "value": letter} for letter in "NS"]
    rules_of(landlord, "allocation")[0] |= {"conditions": {"any": parts}, "tests": []}
    ((code, _, message),) = cover(landlord)
    assert code == "HB190"
    assert "taken as independent" in message


def test_what_is_beside_counts_and_is_not_reported(landlord: dict[str, Raw], catalogue: Catalogue) -> None:
    rules_of(landlord, "allocation").pop()
    texts = {name: json.dumps(raw) for name, raw in landlord.items()}
    mine = {"escalation.json": texts.pop("escalation.json")}
    assert cover_texts(mine, catalogue, beside=texts) == ([], True)


def test_mistakes_are_told_from_what_may_be_meant() -> None:
    assert {"HB185", "HB187", "HB190", "HB184"} & MISTAKES == set()
    assert isinstance(MISTAKES, frozenset)


# --- the scenes are true --------------------------------------------------------------------------


def scene_holds(leaves: list[Any], catalogue: Catalogue, values: Any) -> list[str]:
    """The leaves of a scene that do not hold."""
    return [str(leaf) for leaf in leaves if not evaluate(compile_conditions(leaf, catalogue), values).result]


def test_the_scene_of_allocation_is_what_a_new_case_shows() -> None:
    world = shipped_world("right_to_buy")
    data = {
        "reference": "HB-1",
        "scheme": "right_to_buy",
        "country": "england",
        "company": None,
        "served_on": "2026-11-02",
        "creator": None,
        "facts": {},
        "pack_version": 1,
        "calendars": {},
    }
    at = datetime(2026, 11, 2, 9, tzinfo=UTC)
    first = CaseEvent(seq=1, kind=e.CASE_CREATED, at=at, recorded_at=at, data=data)
    case = Casework(apply(None, first), world, FakeDirectory(), at)
    assert scene_holds(at_creation(), world.catalogue, reader(case, at)) == []


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Plays with every rung looked at: the leaves of its rule's scene that did not hold."""
    wrong: list[str] = []
    seen: list[str] = []
    real = decide.rule_on

    def looking(case: Casework, rule: Any, about: Any, at: datetime, inputs: Any) -> Any:
        rules = {r.id: r for version in case.world.escalation for r in version.rules}
        root = rule
        while root.follows:
            root = rules[root.follows]
        seen.append(root.trigger)
        leaves = at_rung(rule, root, [case.world.pack])
        wrong.extend(
            f"{rule.id}: {each}"
            for each in scene_holds(leaves, case.world.catalogue, reader(case, at, about))
        )
        return real(case, rule, about, at, inputs)

    monkeypatch.setattr(decide, "rule_on", looking)
    yield wrong
    assert len(set(seen)) > 1, "several kinds of rung came up"


@pytest.mark.parametrize("scheme", ["right_to_buy", "right_to_acquire", "social_homebuy"])
def test_the_scenes_of_escalation_are_what_rungs_see(scheme: str, asked: list[str]) -> None:
    served = date(2026, 11, 2)
    case = new_case(
        shipped_world(scheme),
        CaseFacts(reference="HB-1", scheme=scheme, served_on=served, facts={"property_type": "flat"}),
        datetime(2026, 11, 2, 9, tzinfo=UTC),
    )
    for day in range(1, 200, 9):
        case.tick(datetime(2026, 11, 2, 9, tzinfo=UTC) + timedelta(days=day))
    assert asked == []


def test_located(landlord: dict[str, Raw], catalogue: Catalogue) -> None:
    rules_of(landlord, "allocation").pop()
    texts = {name: json.dumps(raw, indent=2) for name, raw in landlord.items()}
    ((found,), _) = cover_texts(texts, catalogue)
    assert isinstance(found, Located)
    assert found.line == 3


# --- two rules of one moment -------------------------------------------------------------------


def beside(landlord: dict[str, Raw], **changed: Any) -> None:
    """A second escalation rule like the first, with some things changed."""
    first = rules_of(landlord, "escalation")[0]
    second = {**first, "id": "second", "name": "Second", **changed}
    landlord["escalation.json"]["rules"] = [first, {k: v for k, v in second.items() if v is not None}]


def of_the_pair(landlord: dict[str, Raw], cover: Any) -> list[tuple[str, str, str]]:
    return [each for each in cover(landlord) if each[0] in ("HB191", "HB192")]


def test_a_letter_told_twice(landlord: dict[str, Raw], cover: Any) -> None:
    beside(landlord)
    found = of_the_pair(landlord, cover)
    assert {(code, place) for code, place, _ in found} == {("HB191", "escalation.json/rules/1")}
    assert "“Overdue” and “Second” both send the letter" in found[0][2]
    assert "HB191" in MISTAKES


@pytest.mark.parametrize(
    "changed",
    [
        {"state": "watch"},
        {"schemes": ["right_to_acquire"], "applies_to": None},
        {"trigger": "amber", "warning": "first"},
        {"applies_to": {"tasks": ["check_form"]}},
        {"effective_from": "2020-01-01", "effective_to": "2020-02-01"},
        {"actions": [{"name": "notify", "params": {"to": ["applicants"], "template": "overdue"}}]},
        {"actions": [{"name": "raise_level", "params": {"level": 3}}]},
    ],
)
def test_what_differs_is_not_told_twice(landlord: dict[str, Raw], cover: Any, changed: Raw) -> None:
    first = rules_of(landlord, "escalation")[0]
    first["effective_from"] = "2026-01-01"
    beside(landlord, **changed)
    if landlord["escalation.json"]["rules"][1].get("schemes") == ["right_to_acquire"]:
        first["schemes"] = ["right_to_buy"]
    assert of_the_pair(landlord, cover) == []


def test_conditions_part_two_rules_or_do_not(landlord: dict[str, Raw], cover: Any) -> None:
    late = {"name": "days_overdue", "operator": "greater_than", "value": 5}
    rules_of(landlord, "escalation")[0]["conditions"] = late
    beside(landlord, conditions={"not": late})
    assert of_the_pair(landlord, cover) == []
    beside(landlord, conditions={"name": "days_overdue", "operator": "less_than", "value": 8})
    (*_, (_, _, message)) = of_the_pair(landlord, cover)
    assert message.endswith("at the same moment, for example when the number of days overdue is from 6 to 7.")


def test_follow_ons_meet_where_their_ladders_do(landlord: dict[str, Raw], cover: Any) -> None:
    first = rules_of(landlord, "escalation")[0]
    base = {"schemes": first.get("schemes", []), "state": "on", "trigger": "follow_on"}
    notify = {"name": "notify", "params": {"to": ["manager"], "template": "overdue"}}
    weekly = {"every": {"value": 1, "unit": "weeks"}, "times": 2}
    one = {**base, "id": "one", "name": "One", "follows": first["id"], "repeat": weekly, "actions": [notify]}
    for days, meets in ((5, True), (12, True), (19, True), (26, False), (6, False)):
        two = {**one, "id": "two", "name": "Two", "after": {"value": days, "unit": "days"}}
        del two["repeat"]
        one["after"] = {"value": 5, "unit": "days"}
        landlord["escalation.json"]["rules"] = [first, one, two]
        assert bool(of_the_pair(landlord, cover)) is meets, days


def test_one_task_given_to_two(landlord: dict[str, Raw], cover: Any) -> None:
    def give(user: str) -> list[Raw]:
        return [{"name": "reassign", "params": {"user": user}}]

    rules_of(landlord, "escalation")[0]["actions"] = give("ann")
    beside(landlord, actions=give("bo"))
    ((code, _, message),) = of_the_pair(landlord, cover)
    assert code == "HB192"
    assert message == "“Overdue” and “Second” give the same task to different people at the same moment."
    beside(landlord, actions=give("ann"))
    assert of_the_pair(landlord, cover) == []


def test_what_was_not_compared_is_said(
    landlord: dict[str, Raw], cover: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside(landlord)
    monkeypatch.setattr(twice_told, "PAIRS", 0)
    assert [code for code, _, _ in cover(landlord)] == ["HB190"]
