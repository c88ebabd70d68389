"""How long it takes to find every mistake in a document of thirty thousand lines."""

import json
from functools import cache
from typing import Any

import pytest

from homebuy_plugin.documents.parse import parse
from homebuy_plugin.documents.rendering import render
from homebuy_plugin.engine import built_in_catalogue

LINES = 30_000
CATALOGUE = built_in_catalogue()


def rule(number: int, *, wrong: bool) -> dict[str, Any]:
    value: Any = "3" if wrong else 3
    return {
        "id": f"rule-{number}",
        "name": f"Rule {number}",
        "schemes": ["right_to_buy"],
        "rank": number,
        "state": "on",
        "conditions": {
            "all": [
                {"name": "property_type", "operator": "is_one_of", "value": ["flat", "maisonette"]},
                {"not": {"name": "joint_applicants", "operator": "greater_than", "value": value}},
                {"any": [{"name": "patch", "operator": "starts_with", "value": "N"}]},
            ]
        },
        "actions": [{"name": "assign_role", "params": {"role": "leasehold_officer"}}],
    }


@cache
def text(mistakes: int) -> str:
    """A document of at least so many lines, the mistakes spread over it."""
    each = len(json.dumps(rule(1, wrong=False), indent=2).splitlines())
    count = LINES // each + 1
    every = count // mistakes if mistakes else count + 1
    rules = [rule(n, wrong=n % every == every - 1) for n in range(count)]
    made = json.dumps({"format": "homebuy.allocation/1", "rules": rules}, indent=2)
    assert len(made.splitlines()) >= LINES
    return made


@pytest.mark.parametrize("mistakes", [0, 7, 300])
def test_thirty_thousand_lines(benchmark: Any, mistakes: int) -> None:
    benchmark.group = f"diagnostics/{mistakes}"

    def read() -> Any:
        return parse(text(mistakes), source="rules.json", catalogue=CATALOGUE).problems

    assert abs(len(read()) - mistakes) <= mistakes // 7
    benchmark.extra_info["lines"] = len(text(mistakes).splitlines())
    benchmark.pedantic(read, rounds=5, iterations=1)


@pytest.mark.parametrize("format", ["full", "plain", "json", "github"])
def test_rendering(benchmark: Any, format: str) -> None:
    benchmark.group = f"rendering/{format}"
    problems = parse(text(300), source="rules.json", catalogue=CATALOGUE).problems
    assert "HB112" in render(problems, files=1, format=format)
    benchmark(lambda: render(problems, files=1, format=format))
