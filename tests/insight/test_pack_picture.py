"""A pack as text and as a picture."""

import re
from itertools import combinations
from xml.etree import ElementTree

import pytest

from homebuy_plugin.documents.model import Pack
from homebuy_plugin.documents.values import from_json
from homebuy_plugin.insight.pack_cards import WIDTH
from homebuy_plugin.insight.pack_graph import Drawing, draw, main_way, mermaid, svg
from homebuy_plugin.insight.pack_text import pack_lines
from homebuy_plugin.testing.worlds import shipped_catalogue, shipped_world

SCHEMES = ["right_to_buy", "right_to_acquire", "social_homebuy"]
SVG = "{http://www.w3.org/2000/svg}"


def shipped(scheme: str) -> Pack:
    return shipped_world(scheme).pack


def drawing(scheme: str) -> Drawing:
    return draw(shipped(scheme), shipped_catalogue())


def text(scheme: str) -> str:
    return "\n".join(
        "  " * line.depth + line.text for line in pack_lines(shipped(scheme), shipped_catalogue())
    )


def test_the_main_way_is_the_longest_chain_that_opens_by_itself() -> None:
    assert main_way(shipped("right_to_buy")) == (
        *("pre_application", "application", "eligibility", "valuation", "offer"),
        *("tenant_decision", "acceptance", "completion"),
    )


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_stage_has_a_card_and_no_two_overlap(scheme: str) -> None:
    cards = drawing(scheme).cards
    assert {placed.card.code for placed in cards} == {stage.code for stage in shipped(scheme).stages}
    for one, other in combinations(cards, 2):
        apart = one.bottom <= other.y or other.bottom <= one.y or one.right <= other.x or other.right <= one.x
        assert apart, f"{one.card.code} lies on {other.card.code}"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_link_is_a_line_inside_the_picture(scheme: str) -> None:
    found = drawing(scheme)
    links = [(stage.code, link.stage) for stage in shipped(scheme).stages for link in stage.next]
    assert [(edge.source, edge.target) for edge in found.edges] == links
    for edge in found.edges:
        assert all(0 <= x <= found.width and 0 <= y <= found.height for x, y in edge.corners)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_line_runs_through_a_card(scheme: str) -> None:
    found = drawing(scheme)
    for edge in found.edges:
        for x, y in edge.corners[1:-1]:
            inside = [p for p in found.cards if p.x < x < p.x + WIDTH and p.y < y < p.bottom]
            assert inside == [], f"{edge.source} to {edge.target} turns inside {inside}"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_picture_is_well_formed_and_runs_nothing(scheme: str) -> None:
    picture = svg(shipped(scheme), shipped_catalogue())
    root = ElementTree.fromstring(picture)
    assert root.tag == f"{SVG}svg"
    assert root.find(f"{SVG}title") is not None
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "title", "desc", "style", "defs", "marker", "path", "rect", "text", "g")
    }
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")


def test_names_are_text_never_markup() -> None:
    raw = {
        "scheme": "x",
        "stages": [{"code": "a", "name": '<script>"&', "master_stage": "offer", "tasks": [], "next": []}],
    }
    pack = from_json("pack", raw)
    assert isinstance(pack, Pack)
    root = ElementTree.fromstring(svg(pack, shipped_catalogue()))
    assert '<script>"&' in [element.text for element in root.iter(f"{SVG}text")]
    assert root.find(f".//{SVG}script") is None
    assert 'a["&lt;script>#quot;&"]' in mermaid(pack, shipped_catalogue())


def test_mermaid_names_every_stage_and_link() -> None:
    chart = mermaid(shipped("right_to_buy"), shipped_catalogue())
    assert chart.startswith("flowchart TD\n")
    assert '  offer["Offer<br/>s.125(1) Serve the offer: 8 or 12 weeks"]' in chart
    assert '  eligibility -->|"the eligibility decision is deny"| appeal' in chart
    assert "  tenant_decision -.-> valuation_dispute" in chart
    assert all(line.count('"') % 2 == 0 for line in chart.splitlines())


def test_the_text_says_stages_tasks_clocks_and_their_law() -> None:
    told = text("right_to_buy")
    assert "Right to Buy, England" in told
    assert "3. Eligibility (eligibility; phase eligibility, the default of its phase)" in told
    assert "* Serve the answer (RTB2) (serve_rtb2)" in told
    assert (
        "law: within 8 weeks if part of the qualifying period was with another landlord, else 4 weeks; "
        "warned 7 days before, 3 days before"
    ) in told
    assert "Housing Act 1985 s.124(1)-(2) (verified), section_124" in told
    assert "law: 12 weeks, beginning with that day" in told
    for clock in ("section_125d", "section_128a_6", "section_140_3", "section_153a", "section_138c"):
        assert clock in told


def test_the_text_tells_the_work_before_each_date_of_the_law() -> None:
    told = re.sub(r" +", " ", text("right_to_buy"))
    assert (
        "Admit or deny the claim, at the shortest: 4 weeks, 20 working days\n"
        " 1 Record when and how the RTB1 was served\n"
        " 4 Check the application form\n"
        " 14 Check identity, residence and source of funds\n"
        " 16 Decide: admit or deny\n"
        " 16 working days at most: 4 to spare"
    ) in told


def test_a_way_that_does_not_fit_is_told() -> None:
    raw = {
        "scheme": "x",
        "stages": [
            {
                "code": "a",
                "name": "A",
                "master_stage": "offer",
                "tasks": [
                    {
                        "code": "long",
                        "name": "Long work",
                        "mandatory": True,
                        "clocks": [
                            {"code": "t", "kind": "service", "period": {"value": 21, "unit": "working_days"}}
                        ],
                    },
                    {
                        "code": "serve",
                        "name": "Serve",
                        "mandatory": True,
                        "after": ["long"],
                        "clocks": [
                            {
                                "code": "law",
                                "kind": "statutory",
                                "starts": ["case.created"],
                                "period": {"value": 4, "unit": "weeks"},
                                "legal_basis": {"instrument": "An Act", "section": "1"},
                            }
                        ],
                    },
                ],
            }
        ],
    }
    pack = from_json("pack", raw)
    assert isinstance(pack, Pack)
    lines = [line.text for line in pack_lines(pack, shipped_catalogue())]
    assert "21 working days at most: 1 TOO MANY" in lines


def test_companies_dates_and_the_rules_around_each_target_are_told() -> None:
    target = {"code": "t", "kind": "service", "period": {"value": 3, "unit": "days"}, "companies": ["north"]}
    target["amber"] = [{"name": "first", "before": {"value": 1, "unit": "days"}}]
    task = {"code": "check", "name": "Check", "clocks": [target], "effective_to": "2027-01-01"}
    stage = {
        "code": "a",
        "name": "A",
        "master_stage": "offer",
        "default_for_master": True,
        "companies": ["north", "south"],
        "effective_from": "2026-04-01",
        "tasks": [task],
    }
    pack = from_json("pack", {"scheme": "x", "stages": [stage]})
    plain = {"code": "b", "name": "B", "master_stage": "offer"}
    two = from_json("pack", {"scheme": "x", "stages": [stage, plain]})
    assert "only for north and south" in svg(two, shipped_catalogue())
    rules = [
        {"id": "near", "trigger": "amber", "actions": []},
        {"id": "late", "trigger": "target_exceeded", "schemes": ["x"], "actions": []},
        {"id": "later", "trigger": "follow_on", "follows": "late", "actions": []},
        {"id": "other", "trigger": "target_exceeded", "applies_to": {"clock": "statutory"}, "actions": []},
        {"id": "off", "trigger": "amber", "state": "off", "actions": []},
    ]
    escalation = from_json("escalation", {"rules": rules})
    lines = [line.text for line in pack_lines(pack, shipped_catalogue(), escalation.rules)]
    for said in (
        "1. A (a; phase offer, the default of its phase)",
        "Every stage: only for north and south, from Wed 1 Apr 2026",
        "up to Thu 31 Dec 2026",
        "only for north",
        "warned by: near",
        "missed: late",
        "then: later",
    ):
        assert said in lines
