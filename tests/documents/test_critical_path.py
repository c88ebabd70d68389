"""Does the work before a statutory date fit?"""

import copy
from fractions import Fraction
from typing import Any

import pytest

from homebuy_plugin.documents.critical_path import PathStep, check_critical_paths, critical_paths
from homebuy_plugin.documents.model import Pack
from homebuy_plugin.documents.values import from_json


def task(code: str, wd: int | None = None, **more: Any) -> dict[str, Any]:
    starts = {"starts": more.pop("starts")} if "starts" in more else {}
    clocks = (
        []
        if wd is None
        else [{"code": "t", "kind": "service", "period": {"value": wd, "unit": "working_days"}, **starts}]
    )
    return {"code": code, "name": code, "mandatory": True, "clocks": clocks, **more}


def serve(code: str, starts: str, *periods: Any, **more: Any) -> dict[str, Any]:
    clock = {"code": "law", "kind": "statutory", "starts": [starts], "period": list(periods)}
    return {"code": code, "name": code, "mandatory": True, "clocks": [clock], **more}


def weeks(value: int, **more: Any) -> dict[str, Any]:
    return {"value": value, "unit": "weeks", **more}


def pack(*stages: list[dict[str, Any]]) -> Pack:
    raw: dict[str, Any] = {"scheme": "x", "stages": []}
    for index, tasks in enumerate(stages):
        following = [{"stage": f"s{index + 1}", "opens": "automatic"}] if index + 1 < len(stages) else []
        raw["stages"].append(
            {
                "code": f"s{index}",
                "name": f"S{index}",
                "master_stage": "offer",
                "next": following,
                "tasks": copy.deepcopy(tasks),
            }
        )
    value = from_json("pack", raw)
    assert isinstance(value, Pack)
    return value


def messages(*stages: list[dict[str, Any]]) -> list[str]:
    return [each.message for each in check_critical_paths(pack(*stages))]


def test_the_longest_chain_counts_not_the_sum() -> None:
    tasks = [
        task("a", 10),
        task("b", 9),
        task("c", 9, after=["b"]),
        serve("s", "case.served_on", weeks(4), after=["a", "c"]),
    ]
    assert messages(tasks) == []
    assert messages([*tasks[:2], task("c", 12, after=["b"]), tasks[3]]) == [
        "The tasks before “s” may take 21 working days, and the law gives 4 weeks (20 working days)."
    ]


def test_earlier_stages_count_from_where_the_clock_starts() -> None:
    first, second = [task("a", 11)], [task("b", 10), serve("s", "case.served_on", weeks(4), after=["b"])]
    assert "may take 21 working days" in messages(first, second)[0]
    assert messages([task("a", 10)], second) == []


def test_a_clock_that_starts_with_a_task_begins_after_that_task() -> None:
    stages = ([task("a", 30)], [task("b", 10), serve("s", "task.completed:a", weeks(4), after=["b"])])
    assert messages(*stages) == []
    longer = (
        [task("a", 30)],
        [task("b", 15)],
        [task("c", 10), serve("s", "task.completed:a", weeks(4), after=["c"])],
    )
    assert "may take 25 working days" in messages(*longer)[0]


def test_conditional_tasks_count_against_the_longest_branch_only() -> None:
    flat = {"name": "property_type", "operator": "equal_to", "value": "flat"}
    tasks = [task("a", 15), task("b", 22, when=flat)]
    branches = (weeks(12, when=flat), weeks(4))
    assert messages([*tasks, serve("s", "case.served_on", *branches, after=["a", "b"])]) == []
    assert (
        "(60 working days)"
        in messages(
            [
                task("a", 5),
                task("b", 61, when=flat),
                serve("s", "case.served_on", *branches, after=["a", "b"]),
            ]
        )[0]
    )
    assert messages([task("a", 21), serve("s", "case.served_on", *branches, after=["a"])]) == [
        "The tasks before “s” may take 21 working days, and the law gives 4 weeks at the shortest (20 working days)."
    ]


def test_a_target_counted_from_another_task_adds_to_that_one() -> None:
    tasks = [
        task("a", 3),
        task("report", 20, after=["a"], starts=["task.completed:a"]),
        serve("s", "case.served_on", weeks(4), after=["report"]),
    ]
    assert "may take 23 working days" in messages(tasks)[0]


def test_lags_count_and_waiting_for_others_does_not() -> None:
    lag = {"value": 1, "unit": "weeks"}
    tasks = [task("a", 16), serve("s", "case.served_on", weeks(4), after=["b"])]
    assert "may take 21 working days" in messages([tasks[0], task("b", after=["a"], lag=lag), tasks[1]])[0]
    assert messages([tasks[0], task("b", 30, after=["a"], kind="wait"), tasks[1]]) == []


def test_what_comes_before_the_start_in_the_same_stage_is_left_out() -> None:
    tasks = [
        task("a", 19),
        task("b", 20, after=["a"]),
        serve("s", "task.completed:a", weeks(4), after=["b"]),
    ]
    assert messages(tasks) == []
    (plain, conditional) = critical_paths(pack(tasks))
    assert plain.steps == conditional.steps == (PathStep(task="b", done=Fraction(20)),)


def test_the_way_is_told_task_by_task() -> None:
    flat = {"name": "property_type", "operator": "equal_to", "value": "flat"}
    first = [task("a", 3), task("quick", 1), task("survey", 9, when=flat)]
    second = [task("b", 5), task("c", 2, after=["b"]), serve("s", "case.served_on", weeks(4), after=["c"])]
    plain, conditional = critical_paths(pack(first, second))
    assert [(step.task, step.done) for step in plain.steps] == [("a", 3), ("b", 8), ("c", 10)]
    assert [(step.task, step.done) for step in conditional.steps] == [("survey", 9), ("b", 14), ("c", 16)]
    assert (plain.needed, plain.allowed) == (10, 20)


def test_what_starts_by_an_event_is_not_judged() -> None:
    assert messages([task("a", 99), serve("s", "event:e", weeks(4), after=["a"])]) == []


@pytest.mark.parametrize("kind", ["wait"])
def test_a_clock_of_the_tenant_is_not_judged(kind: str) -> None:
    assert messages([task("a", 99), serve("s", "case.served_on", weeks(4), after=["a"], kind=kind)]) == []


def test_circles_do_not_hang_it() -> None:
    assert (
        messages(
            [
                task("a", 1, after=["b"]),
                task("b", 1, after=["a"]),
                serve("s", "case.served_on", weeks(4), after=["a"]),
            ]
        )
        == []
    )
