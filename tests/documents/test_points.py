"""Points in time by name."""

import re

import pytest

from homebuy_plugin.documents.fields import POINT_PATTERN
from homebuy_plugin.documents.points import BARE, PointName, explain_point, read_point

GOOD = [*BARE, "task.completed:serve_rtb2", "event:claim_withdrawn", "fact:moved_in_on", "event:a-b"]
BAD = [
    "",
    "event",
    "fact",
    "event:",
    "event:A",
    "case.served_on:x",
    "stage.completed:x",
    "task.started:x",
    "event:a b",
    "event:a:b",
    "event:" + "a" * 65,
]


@pytest.mark.parametrize("text", GOOD)
def test_points_there_are(text: str) -> None:
    assert explain_point(text) is None
    assert re.search(POINT_PATTERN, text)


@pytest.mark.parametrize("text", BAD)
def test_points_there_are_not(text: str) -> None:
    explained = explain_point(text)
    assert explained is not None
    assert "is no point in time" in explained[0]
    assert not re.search(POINT_PATTERN, text)


def test_the_parts_of_a_point() -> None:
    assert read_point("task.completed:x") == PointName(kind="task.completed", name="x")
    assert read_point("case.served_on") == PointName(kind="case.served_on")


def test_bare_task_points_mean_the_clocks_own_task() -> None:
    assert [text for text in GOOD if read_point(text).is_own_task] == [
        "task.planned_start",
        "task.started",
        "task.completed",
    ]
