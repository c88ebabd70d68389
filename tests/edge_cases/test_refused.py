"""Packs that cannot work are refused when they are written."""

from typing import Any

import pytest

from homebuy_plugin import (
    TaskChange,
)
from homebuy_plugin.exceptions import (
    NotAllowed,
)
from homebuy_plugin.testing.northbrook import at, play
from homebuy_plugin.testing.shipped import at_task, problems_after, task_in
from homebuy_plugin.testing.worlds import new_case, small_world
from homebuy_plugin.types import CaseFacts


def test_edge_13_a_warning_not_shorter_than_its_period_is_refused() -> None:
    def change(pack: dict[str, Any]) -> None:
        task_in(pack, "serve_rtb2")["clocks"][0]["amber"][0]["before"] = {"value": 28, "unit": "days"}

    [(code, pointer)] = problems_after("right_to_buy/pack.json", change)
    assert (code, at_task(pointer)) == ("HB211", ("serve_rtb2", "/clocks/0/amber/0/before"))


def test_edge_14_a_task_longer_than_its_stage_is_refused() -> None:
    def change(pack: dict[str, Any]) -> None:
        task_in(pack, "acknowledge_application")["clocks"][0]["period"]["value"] = 6  # the stage has 5

    found = {code: at_task(pointer) for code, pointer in problems_after("right_to_buy/pack.json", change)}
    assert found["HB216"][0] == "acknowledge_application"


def test_edge_15_work_that_cannot_fit_its_legal_date_is_warned_of() -> None:
    def change(pack: dict[str, Any]) -> None:
        task_in(pack, "verify_identity")["clocks"][0]["period"]["value"] = 15  # 1 + 3 + 15 + 2 = 21 of 20

    assert "HB231" in [c for c, _ in problems_after("right_to_buy/pack.json", change)]


def test_edge_16_predecessors_in_a_circle_missing_or_cancelled() -> None:
    def circle(pack: dict[str, Any]) -> None:
        task_in(pack, "record_service")["after"] = ["check_application_form"]

    def missing(pack: dict[str, Any]) -> None:
        task_in(pack, "record_service")["after"] = ["check_the_form"]

    for change, code in ((circle, "HB225"), (missing, "HB224")):
        found = {code: at_task(pointer) for code, pointer in problems_after("right_to_buy/pack.json", change)}
        assert found[code][0] in ("record_service", "check_application_form"), found
    case = play()
    with pytest.raises(NotAllowed, match="mandatory"):
        case.play(TaskChange.cancel("not needed"), at("2026-11-02"), "record_service")
    case.play(TaskChange.cancel("not needed"), at("2026-11-02"), "set_property_flag")
    case.complete("record_service", "acknowledge_application", "check_application_form", at=at("2026-11-03"))
    assert case.stage("eligibility").status == "open"
    tasks = [
        {"code": code, "name": code, "mandatory": code == "decide", "clocks": [], **more}
        for code, more in (("ask", {}), ("chase", {"after": ["ask"]}), ("decide", {"after": ["ask"]}))
    ]
    work = {"code": "work", "name": "Work", "master_stage": "application", "next": [], "tasks": tasks}
    small = new_case(small_world(work), CaseFacts(reference="HB-2", scheme="right_to_buy"), at("2026-11-02"))
    with pytest.raises(NotAllowed, match="decide waits for it and is mandatory"):
        small.play(TaskChange.cancel("not needed"), at("2026-11-02"), "ask")
    small.play(TaskChange.cancel("not needed", dependants="keep"), at("2026-11-02"), "ask")
    assert [small.task(code).status for code in ("ask", "chase", "decide")] == ["cancelled", "open", "open"]
