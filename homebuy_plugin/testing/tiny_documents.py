"""The documents of a tiny landlord, in variants that take each other's place; for an oracle.

One stage that never ends; one task with a service clock of sixteen working hours, one with a
statutory clock of four weeks; warnings, targets, follow-ons with repeats, a silence, an event.
"""

from typing import Any

from homebuy_plugin.testing.small_documents import GROUPS, SCHEME, Document, escalation, letter, notify, rule

_BASIS = {"instrument": "-", "section": "1", "status": "policy", "checked_on": "2026-11-02", "note": ""}


def _clock(code: str, kind: str, start: str, period: tuple[int, str], amber: tuple[int, str]) -> Document:
    return {
        "code": code,
        "kind": kind,
        "starts": [start],
        "counting": "within",
        "period": {"value": period[0], "unit": period[1]},
        "amber": [{"name": "first", "before": {"value": amber[0], "unit": amber[1]}}],
        "legal_basis": _BASIS,
    }


def _task(code: str, *clocks: Document) -> Document:
    return {"code": code, "name": code, "kind": "work", "mandatory": True, "clocks": list(clocks)}


PACK: Document = {
    "format": "homebuy.pack/1",
    "scheme": SCHEME,
    "country": "england",
    "name": "Tiny",
    "events": [{"code": "visit", "name": "Visit"}],
    "outcomes": [{"code": "completed", "name": "Sold"}],
    "stages": [
        {
            "code": "only",
            "name": "Only",
            "master_stage": "application",
            "audience": "internal",
            "tasks": [
                _task("work", _clock("desk", "service", "case.created", (16, "hours"), (4, "hours"))),
                _task("serve", _clock("law", "statutory", "case.served_on", (4, "weeks"), (7, "days"))),
                _task("never_done"),
            ],
        }
    ],
}
ALLOCATION: Document = {
    "format": "homebuy.allocation/1",
    "rules": [
        {
            "id": "amir",
            "name": "Amir",
            "rank": 1,
            "state": "on",
            "actions": [
                {"name": "assign_user", "params": {"user": "amir"}},
                {"name": "set_manager", "params": {"user": "dilys"}},
            ],
        }
    ],
}
TEMPLATES: Document = {
    "format": "homebuy.templates/1",
    "templates": [
        letter(name, f"((reference)): {name}")
        for name in ("rung", "rule_failed", "statutory_target_passed", "case_needs_owner")
    ],
}
VARIANTS = ("plain", "fewer", "conditional")
"""Sets of rules that take each other's place: in one some are off, in another some have conditions."""
_MANY_BEDROOMS = {"all": [{"name": "bedrooms", "operator": "greater_than", "value": 2}]}
OFF = {"fewer": ("near", "law_passed")}
CONDITIONAL = {
    "plain": ("law_near",),
    "fewer": ("passed",),
    "conditional": ("law_near", "law_passed", "near"),
}
TOLD = {
    "near": ("task_owner",),
    "passed": ("manager",),
    "still": ("manager", "group:legal"),
    "law_near": ("task_owner",),
    "law_passed": ("manager",),
    "law_still": ("manager",),
    "quiet": ("task_owner",),
    "visited": ("case_owner",),
    "statutory_target_passed": ("case_owner", "manager", "group:home_ownership"),
}


def rules(variant: str) -> Document:
    """The escalation file of a variant."""
    desk, law = {"applies_to": {"clock": "desk"}}, {"applies_to": {"clock": "law"}}
    shapes: dict[str, tuple[str, Document]] = {
        "near": ("amber", desk),
        "passed": ("target_exceeded", desk),
        "still": ("follow_on", _following("passed", (4, "hours"), (8, "hours"))),
        "law_near": ("amber", law),
        "law_passed": ("target_exceeded", law),
        "law_still": ("follow_on", _following("law_passed", (5, "days"), (1, "weeks"))),
        "quiet": ("stagnant", {"applies_to": {"tasks": ["work"]}, "after": {"value": 12, "unit": "hours"}}),
        "visited": ("event", {"event": "visit"}),
    }
    return escalation(*(_rule(variant, name, *shape) for name, shape in shapes.items()))


def _rule(variant: str, name: str, trigger: str, more: Document) -> Document:
    wanted = {"conditions": _MANY_BEDROOMS} if name in CONDITIONAL[variant] else {}
    state = "off" if name in OFF.get(variant, ()) else "on"
    return rule(name, trigger, notify(*TOLD[name], template="rung"), **{**more, **wanted, "state": state})


def _following(name: str, after: tuple[int, str], every: tuple[int, str]) -> Document:
    return {
        "follows": name,
        "after": {"value": after[0], "unit": after[1]},
        "repeat": {"every": {"value": every[0], "unit": every[1]}, "times": 2},
    }


def groups(member: str) -> Document:
    """The groups file when this officer is the legal group."""
    return {
        **GROUPS,
        "groups": [
            GROUPS["groups"][0],
            {"id": "legal", "name": "Legal", "members": [{"kind": "user", "id": member}]},
        ],
    }


def calendar(code: str, opens: int, closes: int) -> Document:
    """An office that is open every day of the year, from one hour to another."""
    hours = [[f"{opens:02}:00", f"{closes:02}:00"]]
    week = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return {
        "format": "homebuy.calendar/1",
        "id": code,
        "name": code,
        "timezone": "Europe/London",
        "region": "",
        "hours": dict.fromkeys(week, hours),
        "holidays": [],
        "closures": [],
        "openings": [],
    }


def documents() -> dict[str, Any]:
    """The files of the tiny landlord, to be published in place of the small one's."""
    return {
        "pack": PACK,
        "allocation": ALLOCATION,
        "templates": TEMPLATES,
        "groups": groups("lena"),
        "escalation": rules("plain"),
    }
