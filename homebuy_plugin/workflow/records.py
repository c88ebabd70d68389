"""Decision records: why something did or did not happen, as values and as stored JSON."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from homebuy_plugin.engine.catalogue import Catalogue
from homebuy_plugin.engine.phrases import describe_seen
from homebuy_plugin.types import ConditionSeen, DecisionRecord, Pick, RuleConsidered
from homebuy_plugin.workflow.events import to_json


def record_json(record: DecisionRecord) -> dict[str, Any]:
    """The record as plain JSON."""
    return {
        "kind": record.kind,
        "outcome": record.outcome,
        "rule": record.rule,
        "rule_version": record.rule_version,
        "at": record.at.isoformat(),
        "text": record.text,
        "considered": [_considered_json(c) for c in record.considered],
        "skipped": record.skipped,
        "picks": [pick_json(p) for p in record.picks],
    }


def pick_json(pick: Pick) -> dict[str, Any]:
    """A pick as plain JSON, without what it does not say."""
    plain = {name: to_json(getattr(pick, name)) for name in pick.__dataclass_fields__}
    return {name: value for name, value in plain.items() if value or name == "officers"}


def pick_from_json(raw: Mapping[str, Any]) -> Pick:
    """The pick of :func:`pick_json`."""
    lists = {name: tuple(raw.get(name, ())) for name in ("officers", "among")}
    return Pick(**{**raw, **lists})


def _considered_json(considered: RuleConsidered) -> dict[str, Any]:
    return {
        "rule": considered.rule,
        "name": considered.name,
        "applied": considered.applied,
        "because": considered.because,
        "conditions": [_seen_json(s) for s in considered.conditions],
    }


def _seen_json(seen: ConditionSeen) -> dict[str, Any]:
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
