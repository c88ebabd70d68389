"""Rules that are wrong, secrets, records."""

import json
from typing import Any

import pytest

from homebuy_plugin import (
    RuleVariable,
    hookimpl,
)
from homebuy_plugin.exceptions import (
    InvalidDocument,
)
from homebuy_plugin.insight.why import why
from homebuy_plugin.testing import RecordingHost
from homebuy_plugin.testing.databases import fresh_engine
from homebuy_plugin.testing.northbrook import Northbrook, at, northbrook
from homebuy_plugin.testing.shipped import problems_after, shipped_rules


def test_edge_40_a_wrong_rule_is_refused_and_one_that_errs_stops_no_other(databases: Any) -> None:
    def change(body: dict[str, Any]) -> None:
        body["rules"][0]["conditions"] = {
            "all": [{"name": "task_knd", "operator": "equal_to", "value": "work"}]
        }

    assert ("HB110", "/rules/0/conditions/all/0/name") in problems_after("escalation.json", change)

    def read(facts: Any, case: Any) -> bool:
        raise RuntimeError("the rent system is down")

    class Plugin(RecordingHost):
        @hookimpl
        def homebuy_rule_variables(self) -> list[RuleVariable]:
            return [RuleVariable(name="owes_rent", label="rent is owed", type="yes_no", read=read)]

    with fresh_engine(databases, northbrook) as engine:
        host = Plugin()
        landlord = Northbrook(engine, plugins=[host])
        merged = shipped_rules("escalation.json")
        bad = {
            "id": "needs-the-rent-system",
            "name": "Needs the rent system",
            "trigger": "target_exceeded",
            "applies_to": {"tasks": ["serve_rtb2"], "clock": "statutory"},
            "state": "on",
            "effective_from": "2020-01-01",
            "conditions": {"all": [{"name": "owes_rent", "operator": "is_true"}]},
            "actions": [{"name": "raise_level", "params": {"level": 4}}],
        }
        document = {"format": "homebuy.escalation/1", "rules": [*merged, bad]}
        landlord.homebuy.publish(
            {"escalation.json": json.dumps(document)}, author="t", reason="r", now=at("2026-10-01")
        )
        landlord.claim()
        landlord.tick(at("2026-12-01T09:00"))
        told = {n.template for n in host.notices}
        assert {"rtb2_overdue", "rule_failed"} <= told
        broken = json.dumps({**document, "rules": [*merged, {**bad, "trigger": "never"}]})
        with pytest.raises(InvalidDocument):
            landlord.homebuy.publish({"escalation.json": broken}, author="t", reason="r")


def test_edge_41_secrets_stay_out_of_letters_and_records(landlord: Northbrook) -> None:
    def change(body: dict[str, Any]) -> None:
        body["templates"][0]["body"] = "Marker: ((fraud_marker))"

    assert "HB307" in [c for c, _ in problems_after("templates.json", change)]
    made = landlord.claim(facts={"property_type": "house", "fraud_marker": True, "asb_pending": True})
    assert made.decision is not None
    assert made.decision.rule == "fraud-marker-two-owners"
    seen = [c for r in made.decision.considered for c in r.conditions if c.name == "fraud_marker"]
    assert seen
    assert all(c.actual is not True for c in seen)
    assert all("fraud_marker" not in json.dumps(e.data.get("facts", {})) for e in landlord.events())
    landlord.tick(at("2026-12-01T09:00"))
    assert all(
        "marker" not in n.body.lower() and "fraud" not in n.body.lower() for n in landlord.host.notices
    )


def test_edge_42_why_it_was_allocated_and_why_it_escalated(landlord: Northbrook) -> None:
    made = landlord.claim(facts={"property_type": "flat"})
    decision = made.decision
    assert decision is not None
    assert (decision.rule, decision.rule_version) == ("rtb-flats-to-leasehold", 1)
    winner = next(r for r in decision.considered if r.rule == decision.rule)
    seen = {c.name: (c.operator, c.actual, c.result) for c in winner.conditions}
    assert seen["property_type"] == ("is_one_of", "flat", "true")
    assert decision.text
    landlord.tick(at("2026-12-01T09:00"))
    (notice, *_) = [n for n in landlord.host.notices if n.template == "rtb2_overdue"]
    assert (notice.rule, notice.rule_version) == ("rtb2-overdue", 1)
    assert {entry.kind for entry in landlord.host.audited} >= {
        "case_created",
        "case_allocated",
        "rung_decided",
    }
    decided = [e for e in landlord.events() if e.kind == "rung_decided"]
    assert decided
    assert all(e.recorded_at >= e.at for e in decided)
    told = why(landlord.homebuy.desk, landlord.engine, "HB-1", now=at("2026-12-01T09:05"))
    prepare = next(x for x in told.escalations if x.rule == "rtb2-overdue-prepare")
    assert (prepare.version, prepare.outcome) == (1, "fired")
    [(condition, held)] = prepare.considered[0].conditions
    assert "delay_risk" in condition.replace(" ", "_")
    assert held == "true"
