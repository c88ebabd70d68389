"""Stored JSON becomes typed values and goes back unchanged."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from homebuy_plugin.documents import model
from homebuy_plugin.documents.formats import FORMATS, document_key, format_of
from homebuy_plugin.documents.values import from_json, to_json
from homebuy_plugin.testing.effort import examples
from homebuy_plugin.types import CaseFacts

SLUGS = st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True)
TEXTS = st.text(max_size=12)
DATES = st.dates(date(2020, 1, 1), date(2035, 12, 31))
CONDITIONS = st.none() | st.builds(
    lambda name, value: {"all": [{"name": name, "operator": "equal_to", "value": value}]},
    SLUGS,
    st.integers() | TEXTS | st.booleans(),
)
UNITS = st.sampled_from(["minutes", "hours", "working_days", "days", "weeks", "months"])
DURATIONS = st.builds(model.Duration, value=st.integers(1, 99), unit=UNITS)


def listed(strategy: st.SearchStrategy[Any], most: int = 2) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=most).map(tuple)


CLOCKS = st.builds(
    model.ClockDef,
    code=SLUGS,
    kind=st.sampled_from(["statutory", "service"]),
    period=st.lists(
        st.builds(model.PeriodBranch, duration=DURATIONS, when=CONDITIONS, stated=st.none() | SLUGS),
        min_size=1,
        max_size=3,
    ).map(tuple),
    when=CONDITIONS,
    starts=listed(SLUGS),
    restarts=listed(
        st.builds(
            model.Restart, on=SLUGS, reopens=st.booleans(), provisional=st.none() | DURATIONS, when=CONDITIONS
        )
    ),
    blocks=listed(st.builds(model.Block, start=SLUGS, until=listed(SLUGS), why=TEXTS)),
    amber=listed(
        st.builds(
            model.Amber, name=SLUGS, before=st.none() | DURATIONS, percent=st.none() | st.integers(1, 99)
        )
    ),
    extension=st.none()
    | st.builds(model.Extension, maximum=st.none() | DURATIONS, times=st.none() | st.integers(1, 3)),
    legal_basis=st.builds(model.LegalBasis, section=TEXTS, checked_on=st.none() | DATES),
)
TASKS = st.builds(
    model.TaskDef,
    code=SLUGS,
    name=TEXTS,
    when=CONDITIONS,
    after=listed(SLUGS),
    lag=st.none() | DURATIONS,
    reasons=st.dictionaries(st.sampled_from(["complete", "late"]), listed(TEXTS)),
    clocks=listed(CLOCKS),
    effective_from=st.none() | DATES,
)
STAGES = st.builds(
    model.StageDef,
    code=SLUGS,
    name=TEXTS,
    master_stage=SLUGS,
    next=listed(st.builds(model.NextStageDef, stage=SLUGS, when=CONDITIONS)),
    reasons=st.dictionaries(st.sampled_from(["hold", "leave"]), listed(TEXTS)),
    clocks=listed(CLOCKS),
    tasks=listed(TASKS),
)
PACKS = st.builds(
    model.Pack,
    scheme=SLUGS,
    stages=listed(STAGES),
    companies=listed(SLUGS),
    events=listed(st.builds(model.Named, code=SLUGS)),
    reasons=st.dictionaries(st.sampled_from(["late", "withdraw"]), listed(TEXTS)),
)
ACTIONS = listed(
    st.builds(
        model.ActionDef,
        name=SLUGS,
        params=st.dictionaries(SLUGS, TEXTS | listed(TEXTS).map(list), max_size=2),
    )
)
ESCALATION = st.lists(
    st.builds(
        model.EscalationRule,
        id=SLUGS,
        trigger=SLUGS,
        actions=ACTIONS,
        applies_to=st.builds(model.AppliesTo, tasks=listed(SLUGS), clock=st.none() | SLUGS),
        after=st.none() | DURATIONS,
        repeat=st.none() | st.builds(model.Repeat, every=DURATIONS, times=st.integers(1, 52)),
        watch_state=st.sampled_from(["open", "on_hold"]),
        catch_up=st.none() | st.just("each") | st.just({"skip_older_than": {"value": 4, "unit": "hours"}}),
        conditions=CONDITIONS,
        tests=listed(
            st.builds(model.RuleTest, name=TEXTS, given=st.dictionaries(SLUGS, TEXTS), matches=st.booleans())
        ),
    ),
    max_size=3,
    unique_by=lambda rule: rule.id,
).map(lambda rules: model.EscalationSet(rules=tuple(sorted(rules, key=lambda rule: rule.id))))


@settings(max_examples=examples(60))
@given(PACKS)
def test_a_pack_survives_the_round_trip(pack: model.Pack) -> None:
    assert from_json("pack", to_json("pack", pack)) == pack


@settings(max_examples=examples(60))
@given(ESCALATION)
def test_escalation_rules_survive_the_round_trip(rules: model.EscalationSet) -> None:
    assert from_json("escalation", to_json("escalation", rules)) == rules


def clock(**more: Any) -> dict[str, Any]:
    return {"code": "c", "kind": "service", "period": {"value": 3, "unit": "days"}, **more}


def pack(**stage: Any) -> dict[str, Any]:
    return {
        "scheme": "right_to_buy",
        "stages": [{"code": "s", "name": "S", "master_stage": "offer", **stage}],
    }


def test_one_period_may_be_written_without_a_list() -> None:
    value = from_json("pack", pack(clocks=[clock()]))
    assert isinstance(value, model.Pack)
    assert value.stages[0].clocks[0].period == (
        model.PeriodBranch(duration=model.Duration(value=3, unit="days")),
    )


def test_a_clock_starts_with_its_stage_or_when_its_task_may_begin() -> None:
    task = {"code": "t", "name": "T", "clocks": [clock()]}
    value = from_json("pack", pack(clocks=[clock()], tasks=[task]))
    assert isinstance(value, model.Pack)
    assert value.stages[0].clocks[0].starts == ("stage.started",)
    assert value.stages[0].tasks[0].clocks[0].starts == ("task.planned_start",)


def test_a_restart_may_be_a_bare_point() -> None:
    value = from_json("pack", pack(clocks=[clock(restarts=["event:x", {"on": "event:y", "reopens": True}])]))
    assert isinstance(value, model.Pack)
    assert value.stages[0].clocks[0].restarts == (
        model.Restart(on="event:x"),
        model.Restart(on="event:y", reopens=True),
    )


def test_null_is_the_same_as_left_out() -> None:
    value = from_json(
        "pack", pack(when=None, effective_to=None, clocks=[clock(extension=None, calendar=None)])
    )
    assert value == from_json("pack", pack(clocks=[clock()]))


def test_allocation_rules_come_in_rank_order() -> None:
    rules = [{"id": "b", "rank": 20, "actions": []}, {"id": "a", "rank": 10, "actions": [{"name": "x"}]}]
    value = from_json("allocation", {"rules": rules})
    assert isinstance(value, model.AllocationSet)
    assert [rule.id for rule in value.rules] == ["a", "b"]
    assert value.rules[0].actions == (model.ActionDef(name="x"),)


def test_a_calendar_with_part_days() -> None:
    raw = {
        "id": "c",
        "hours": {"mon": [["09:00", "12:30"], ["13:30", "17:00"]]},
        "closures": [{"date": "2026-12-24", "from": "12:00", "to": "17:00"}],
    }
    value = from_json("calendar", raw)
    assert isinstance(value, model.CalendarDef)
    assert value.hours["mon"] == (("09:00", "12:30"), ("13:30", "17:00"))
    assert value.closures == (model.PartDay(date=date(2026, 12, 24), start="12:00", end="17:00"),)
    assert to_json("calendar", value)["closures"] == raw["closures"]


def test_sample_cases_are_case_facts_with_an_instant() -> None:
    raw = {
        "cases": [
            {
                "reference": "HB-1",
                "scheme": "right_to_buy",
                "served_on": "2026-11-02",
                "facts": {"patch": "north"},
                "created_at": "2026-11-03T09:30:00+00:00",
            }
        ]
    }
    samples: Any = from_json("cases", raw)
    (sample,) = samples
    assert sample.case == CaseFacts(
        reference="HB-1", scheme="right_to_buy", served_on=date(2026, 11, 2), facts={"patch": "north"}
    )
    assert sample.created_at == datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
    assert from_json("cases", to_json("cases", (sample,))) == (sample,)


def test_officers_with_absences() -> None:
    raw = {
        "officers": [{"id": "p.shah", "name": "P Shah"}],
        "roles": [{"id": "ho", "name": "HO", "members": [{"id": "p.shah"}]}],
        "absences": [{"officer": "p.shah", "from": "2026-11-02", "to": "2026-11-09"}],
    }
    value = from_json("officers", raw)
    assert isinstance(value, model.Landlord)
    assert value.absences[0].end == date(2026, 11, 9)
    assert from_json("officers", to_json("officers", value)) == value


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ({"scheme": "right_to_buy"}, "right_to_buy.england"),
        (
            {"scheme": "right_to_buy", "country": "wales", "companies": ["south", "north"]},
            "right_to_buy.wales.north+south",
        ),
    ],
)
def test_a_pack_goes_by_scheme_country_and_companies(raw: dict[str, Any], key: str) -> None:
    assert document_key("pack", raw) == key


def test_a_calendar_goes_by_its_id_and_of_others_there_is_one() -> None:
    assert document_key("calendar", {"id": "scotland"}) == "scotland"
    assert document_key("groups", {}) == "landlord"


def test_every_kind_has_one_format() -> None:
    assert {format_of(kind) for kind in FORMATS.values()} == set(FORMATS)
