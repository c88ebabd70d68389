"""Stored JSON to typed values and back.

``from_json`` is for documents that were validated when they were published: it checks nothing and
takes milliseconds. ``to_json`` is its inverse: ``from_json(kind, to_json(kind, value)) == value``.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

from homebuy_plugin.documents import codec
from homebuy_plugin.documents.formats import LISTS, format_of
from homebuy_plugin.documents.model import (
    AbsenceEntry,
    AllocationRule,
    AllocationSet,
    Attribute,
    Block,
    CalendarDef,
    CaseSample,
    ClockDef,
    Document,
    EscalationRule,
    EscalationSet,
    Group,
    Landlord,
    Pack,
    PartDay,
    PeriodBranch,
    Restart,
    StageDef,
    Template,
)

codec.KEYS.update(
    {
        (Block, "start"): "from",
        (AbsenceEntry, "start"): "from",
        (AbsenceEntry, "end"): "to",
        (PartDay, "start"): "from",
        (PartDay, "end"): "to",
        (EscalationRule, "watch_state"): "task_state",
    }
)


def _read_branch(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    duration = {"value": raw["value"], "unit": raw["unit"]}
    return {"duration": duration, "when": raw.get("when"), "stated": raw.get("stated")}


def _write_branch(plain: Mapping[str, Any]) -> Mapping[str, Any]:
    others = {key: plain[key] for key in ("when", "stated") if plain.get(key) is not None}
    return {**others, **plain["duration"]}


def _read_restart(raw: Any) -> Any:
    return {"on": raw} if isinstance(raw, str) else raw


def _read_block(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    until = raw["until"]
    return {**raw, "until": [until]} if isinstance(until, str) else raw


def _read_clock(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    period = raw["period"]
    return {**raw, "period": [period]} if isinstance(period, Mapping) else raw


def _read_stage(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    # A clock of a stage starts with the stage, one of a task when the task may begin.
    clocks = [{"starts": ["stage.started"], **clock} for clock in raw.get("clocks", ())]
    return {**raw, "clocks": clocks}


def _read_case(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"case": raw, "created_at": raw["created_at"]}


def _write_case(plain: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**plain["case"], "created_at": plain["created_at"]}


codec.shape(CaseSample, read=_read_case, write=_write_case)
codec.shape(PeriodBranch, read=_read_branch, write=_write_branch)
codec.shape(Restart, read=_read_restart)
codec.shape(Block, read=_read_block)
codec.shape(StageDef, read=_read_stage)
codec.ALWAYS.add((ClockDef, "starts"))
codec.shape(ClockDef, read=_read_clock)

_ENTRIES: Mapping[str, type] = {
    "allocation": AllocationRule,
    "escalation": EscalationRule,
    "templates": Template,
    "groups": Group,
    "attributes": Attribute,
    "cases": CaseSample,
}
_WHOLE: Mapping[str, type] = {"pack": Pack, "calendar": CalendarDef, "officers": Landlord}


def entry_from_json(kind: str, raw: Mapping[str, Any]) -> Any:
    """One rule, template, group, attribute or sample case of a file that lists them."""
    return codec.decode(_ENTRIES[kind], raw)


def _entries(kind: str, raw: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(entry_from_json(kind, entry) for entry in raw[_list_name(kind)])


def _list_name(kind: str) -> str:
    return LISTS.get(kind, kind)


def _allocation(raw: Mapping[str, Any]) -> AllocationSet:
    rules: tuple[AllocationRule, ...] = _entries("allocation", raw)
    return AllocationSet(rules=tuple(sorted(rules, key=lambda rule: (rule.rank, rule.id))))


def _escalation(raw: Mapping[str, Any]) -> EscalationSet:
    rules: tuple[EscalationRule, ...] = _entries("escalation", raw)
    return EscalationSet(rules=tuple(sorted(rules, key=lambda rule: rule.id)))


_SETS: Mapping[str, Callable[[Mapping[str, Any]], Document]] = {
    "allocation": _allocation,
    "escalation": _escalation,
}


def from_json(kind: str, raw: Mapping[str, Any]) -> Document:
    """The typed value of a document that is known to be valid.

    Args:
        kind: as in :data:`~homebuy_plugin.documents.formats.FORMATS`.
        raw: the JSON as it was written.
    """
    if kind in _SETS:
        return _SETS[kind](raw)
    if kind in _WHOLE:
        return cast("Document", codec.decode(_WHOLE[kind], raw))
    return cast("Document", _entries(kind, raw))


def to_json(kind: str, value: Document, *, whole: bool = False) -> dict[str, Any]:
    """The JSON of a typed value; what holds its default is left out, unless it is to be ``whole``."""
    head = {"format": format_of(kind)}
    if kind in _WHOLE:
        return {**head, **codec.encode(value, whole=whole)}
    entries = value.rules if isinstance(value, AllocationSet | EscalationSet) else value
    return {**head, _list_name(kind): codec.encode(entries, whole=whole)}
