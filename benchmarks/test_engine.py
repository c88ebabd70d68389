"""How long decisions take: by this engine, by business-rules alone, and by a loop written by hand.

Every contender answers the same cases, and has to answer them alike before its time is taken.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from benchmarks import workloads as w
from homebuy_plugin.engine.actions import run_rule
from homebuy_plugin.engine.analysis import Ruling, analyse_ranked
from homebuy_plugin.engine.index import RuleIndex
from homebuy_plugin.engine.ranked import RankedRule, RankedRules
from homebuy_plugin.types import DecisionRecord

COUNTS = (10, 100, 1_000, 10_000)
ESCALATIONS = 100_000
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)

Decide = Callable[[w.Raw], Any]


@cache
def rules_of(count: int) -> list[w.Raw]:
    return w.with_its_own_patch(w.allocation_rules(count))


@cache
def ranked(count: int) -> RankedRules:
    compiled = w.compiled(rules_of(count), "allocation")
    return RankedRules.of(
        [
            RankedRule(id=f"rule-{number}", conditions=conditions, actions=actions)
            for number, (conditions, actions) in enumerate(compiled)
        ]
    )


def engine(count: int) -> Decide:
    rules = ranked(count)

    def decide(case: w.Raw) -> Any:
        match = rules.first(case)
        return match.intents[0].params["role"] if match.rule else None

    return decide


def engine_with_record(count: int) -> Decide:
    rules = ranked(count)

    def decide(case: w.Raw) -> Any:
        match = rules.first(case)
        considered, skipped = match.considered()
        record = DecisionRecord(
            kind="allocation",
            outcome="owned",
            rule=match.rule.id if match.rule else None,
            rule_version=1,
            at=AT,
            considered=considered,
            skipped=skipped,
        )
        return match.intents[0].params["role"] if record.rule and match.rule else None

    return decide


def business_rules(count: int) -> Decide:
    rules = rules_of(count)
    return lambda case: w.plain_first(rules, case)


def by_hand(count: int) -> Decide:
    rows = w.allocation_by_hand(rules_of(count))
    return lambda case: w.first_by_hand(rows, case)


CONTENDERS = {
    "run_all": business_rules,
    "by hand": by_hand,
    "engine": engine,
    "engine, record": engine_with_record,
}


def cases_of(kind: str, count: int) -> Sequence[w.Raw]:
    if kind == "last":
        return w.cases_for_the_last_rule(rules_of(count))
    return w.allocation_cases(20, count)


@pytest.mark.parametrize("contender", CONTENDERS)
@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("kind", ["last", "mixed"])
def test_one_allocation(benchmark: Any, kind: str, count: int, contender: str) -> None:
    benchmark.group = f"allocation/{kind}/{count}"
    decide, cases = CONTENDERS[contender](count), cases_of(kind, count)
    expected = [by_hand(count)(case) for case in cases]
    assert [decide(case) for case in cases] == expected
    assert any(expected)
    benchmark.extra_info["decisions"] = len(cases)
    benchmark(lambda: [decide(case) for case in cases])


@cache
def escalation() -> tuple[list[w.Raw], list[w.Raw], w.Compiled]:
    rules = w.escalation_rules()
    return rules, w.escalation_cases(ESCALATIONS), w.compiled(rules, "escalation")


def all_by_engine() -> Decide:
    _, _, compiled = escalation()
    index = RuleIndex.of([conditions for conditions, _ in compiled])

    def decide(case: w.Raw) -> Any:
        memo: Any = {}
        ran = (run_rule(*compiled[at], case, memo=memo) for at in index.candidates(case, memo=memo))
        return [intent.params["level"] for _, intents in ran for intent in intents]

    return decide


def all_by_engine_with_record() -> Decide:
    _, _, compiled = escalation()
    index = RuleIndex.of([conditions for conditions, _ in compiled])

    def decide(case: w.Raw) -> Any:
        memo: Any = {}
        found, seen = [], []
        for at in index.candidates(case, memo=memo):
            evaluation, intents = run_rule(*compiled[at], case, memo=memo)
            seen.append(evaluation.seen)
            found += [intent.params["level"] for intent in intents]
        return found

    return decide


def escalating_by_hand() -> Decide:
    rows = w.escalation_by_hand(escalation()[0])
    return lambda case: w.all_by_hand(rows, case)


ESCALATING: dict[str, Callable[[], Decide]] = {
    "run_all": lambda: lambda case: w.plain_all(escalation()[0], case),
    "by hand": escalating_by_hand,
    "engine": all_by_engine,
    "engine, record": all_by_engine_with_record,
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("contender", ESCALATING)
def test_a_hundred_thousand_escalations(benchmark: Any, contender: str) -> None:
    benchmark.group = "escalation"
    decide, (_, cases, _) = ESCALATING[contender](), escalation()
    expected = [ESCALATING["by hand"]()(case) for case in cases[:500]]
    assert [decide(case) for case in cases[:500]] == expected
    benchmark.extra_info["fired"] = sum(map(len, expected)) / len(expected)
    benchmark.extra_info["decisions"] = len(cases)
    benchmark.pedantic(lambda: [decide(case) for case in cases], rounds=5, iterations=1)


@pytest.mark.parametrize("count", [100, 1_000])
def test_analysis(benchmark: Any, count: int) -> None:
    benchmark.group = f"analysis/{count}"
    rules = [
        Ruling(title=str(number), conditions=conditions, outcome=str(actions.raw))
        for number, (conditions, actions) in enumerate(w.compiled(rules_of(count), "allocation"))
    ]
    assert analyse_ranked(rules).exact
    benchmark.pedantic(lambda: analyse_ranked(rules), rounds=5, iterations=1)


@pytest.mark.parametrize("count", [1_000, 10_000])
def test_building_the_index(benchmark: Any, count: int) -> None:
    benchmark.group = f"index/{count}"
    conditions = [each.conditions for each in ranked(count).rules]
    benchmark.pedantic(lambda: RuleIndex.of(conditions), rounds=5, iterations=1)
