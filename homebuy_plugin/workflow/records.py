"""Decision records: why something did or did not happen, as values and as stored JSON."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any

from homebuy_plugin.engine.catalogue import Catalogue
from homebuy_plugin.engine.phrases import describe_seen
from homebuy_plugin.types import ConditionSeen, DecisionRecord, Pick, RuleConsidered
from homebuy_plugin.workflow.events import to_json


def record_json(record: DecisionRecord, considered: str = "") -> dict[str, Any]:
    """The record as plain JSON; ``considered`` is the text of its rules, where it was made before."""
    plain = rung_json(record.rule, record.rule_version, record.outcome, record.at.isoformat(), record.text)
    rules = json.loads(considered) if considered else [rule_json(c) for c in record.considered]
    picks = [pick_json(p) for p in record.picks]
    return {**plain, "kind": record.kind, "considered": rules, "skipped": record.skipped, "picks": picks}


def rung_json(
    rule: str | None, version: int | None, outcome: str, at: str, text: str, *considered: dict[str, Any]
) -> dict[str, Any]:
    """The record of one rung as plain JSON, with its rule as :func:`considered_json` gives it."""
    return {
        "kind": "escalation",
        "outcome": outcome,
        "rule": rule,
        "rule_version": version,
        "at": at,
        "text": text,
        "considered": [*considered],
        "skipped": 0,
        "picks": [],
    }


def pick_json(pick: Pick) -> dict[str, Any]:
    """A pick as plain JSON, without what it does not say."""
    return {
        name: to_json(value)
        for name, value in zip(_PICKED, _picked(pick), strict=True)
        if value or name == "officers"
    }


_PICKED = tuple(Pick.__dataclass_fields__)
_picked = attrgetter(*_PICKED)


def pick_from_json(raw: Mapping[str, Any]) -> Pick:
    """The pick of :func:`pick_json`."""
    lists = {name: tuple(raw.get(name, ())) for name in ("officers", "among")}
    return Pick(**{**raw, **lists})


def rule_json(considered: RuleConsidered) -> dict[str, Any]:
    """A rule that a decision looked at as plain JSON."""
    seen = map(seen_json, considered.conditions)
    return considered_json(considered.rule, considered.name, considered.applied, considered.because, seen)


def considered_json(
    rule: str, name: str, applied: bool, because: str, conditions: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """A rule that a decision looked at as plain JSON, with its conditions as :func:`seen_json` gives them."""
    return {
        "rule": rule,
        "name": name,
        "applied": applied,
        "because": because,
        "conditions": [*conditions],
    }


def seen_json(seen: ConditionSeen) -> dict[str, Any]:
    """A condition with what it saw as plain JSON."""
    return {
        "pointer": seen.pointer,
        "name": seen.name,
        "operator": seen.operator,
        "expected": to_json(seen.expected),
        "actual": to_json(seen.actual),
        "result": seen.result,
        "negated": seen.negated,
    }


def record_from_json(raw: Mapping[str, Any]) -> DecisionRecord:
    """The record of :func:`record_json`."""
    return DecisionRecord(
        kind=raw["kind"],
        outcome=raw["outcome"],
        rule=raw["rule"],
        rule_version=raw["rule_version"],
        at=datetime.fromisoformat(raw["at"]),
        text=raw["text"],
        skipped=raw.get("skipped", 0),
        picks=tuple(pick_from_json(p) for p in raw.get("picks", ())),
        considered=tuple(
            RuleConsidered(
                rule=c["rule"],
                name=c["name"],
                applied=c["applied"],
                because=c["because"],
                conditions=tuple(ConditionSeen(**s) for s in c["conditions"]),
            )
            for c in raw["considered"]
        ),
    )


def told(seen: tuple[ConditionSeen, ...], catalogue: Catalogue) -> str:
    """The conditions with what they saw, in one clause."""
    return ", and ".join(describe_seen(s, catalogue) for s in seen)
