"""A small landlord in order, which tests put into disorder."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from homebuy_plugin.documents.diagnostics import Located
from homebuy_plugin.documents.validating import validate_texts
from homebuy_plugin.engine import Catalogue, built_in_catalogue

Raw = dict[str, Any]


def days(value: int, unit: str = "days") -> Raw:
    return {"value": value, "unit": unit}


def is_(name: str, value: Any) -> Raw:
    return {"name": name, "operator": "equal_to", "value": value}


PACK: Raw = {
    "format": "homebuy.pack/1",
    "scheme": "right_to_buy",
    "name": "Right to Buy",
    "events": [{"code": "claim_withdrawn", "name": "Withdrawn"}],
    "outcomes": [{"code": "completed", "name": "Sold"}],
    "stages": [
        {
            "code": "application",
            "name": "Application",
            "master_stage": "application",
            "default_for_master": True,
            "next": [{"stage": "offer", "opens": "automatic", "why": "The form is complete."}],
            "clocks": [{"code": "stage_target", "kind": "service", "period": days(10, "working_days")}],
            "tasks": [
                {
                    "code": "check_form",
                    "name": "Check the form",
                    "mandatory": True,
                    "owner_role": "officer",
                    "templates": ["overdue"],
                    "attributes": ["solicitor"],
                    "clocks": [{"code": "target", "kind": "service", "period": days(3, "working_days")}],
                },
                {
                    "code": "serve_rtb2",
                    "name": "Serve RTB2",
                    "mandatory": True,
                    "after": ["check_form"],
                    "requires": ["eligibility_decision"],
                    "clocks": [
                        {
                            "code": "section_124",
                            "kind": "statutory",
                            "starts": ["case.served_on"],
                            "ends": ["event:claim_withdrawn"],
                            "calendar": "england_and_wales",
                            "period": [
                                {"when": is_("other_landlord_period", True), **days(8, "weeks")},
                                days(4, "weeks"),
                            ],
                            "amber": [{"name": "first", "before": days(7)}],
                            "legal_basis": {"instrument": "Housing Act 1985", "section": "124"},
                        }
                    ],
                },
            ],
        },
        {"code": "offer", "name": "Offer", "master_stage": "offer"},
    ],
}
ALLOCATION: Raw = {
    "format": "homebuy.allocation/1",
    "rules": [
        {
            "id": "flats",
            "name": "Flats",
            "rank": 10,
            "schemes": ["right_to_buy"],
            "conditions": {"all": [is_("property_type", "flat")]},
            "actions": [{"name": "assign_role", "params": {"role": "officer"}}],
            "tests": [{"name": "a flat", "given": {"property_type": "flat"}, "matches": True}],
        },
        {
            "id": "rest",
            "name": "The rest",
            "rank": 20,
            "actions": [{"name": "assign_user", "params": {"user": "p.shah"}}],
        },
    ],
}
NOTICE: Raw = {"name": "notify", "params": {"to": ["task_owner", "group:legal"], "template": "overdue"}}
ESCALATION: Raw = {
    "format": "homebuy.escalation/1",
    "rules": [
        {
            "id": "overdue",
            "name": "Overdue",
            "schemes": ["right_to_buy"],
            "trigger": "target_exceeded",
            "applies_to": {"tasks": ["serve_rtb2"], "clock": "statutory"},
            "actions": [NOTICE, {"name": "set_flag", "params": {"flag": "told"}}],
        },
        {
            "id": "overdue-later",
            "name": "Overdue, later",
            "trigger": "follow_on",
            "follows": "overdue",
            "after": days(5),
            "repeat": {"every": days(1, "weeks"), "times": 4},
            "conditions": {"all": [{"name": "case_flags", "operator": "does_not_contain", "value": "told"}]},
            "actions": [{"name": "notify", "params": {"to": ["role:officer"], "template": "overdue"}}],
        },
    ],
}
TEMPLATES: Raw = {
    "format": "homebuy.templates/1",
    "templates": [
        {
            "id": "overdue",
            "subject": "((reference)) overdue",
            "body": "Due ((due_on)). ((patch)) ((level??Level ))",
        }
    ],
}
GROUPS: Raw = {
    "format": "homebuy.groups/1",
    "groups": [
        {
            "id": "legal",
            "name": "Legal",
            "members": [{"kind": "role", "id": "officer"}, {"kind": "user", "id": "p.shah"}],
        }
    ],
}
CALENDAR: Raw = {
    "format": "homebuy.calendar/1",
    "id": "england_and_wales",
    "timezone": "Europe/London",
    "hours": {"mon": [["09:00", "12:30"], ["13:30", "17:00"]], "tue": [["09:00", "17:00"]]},
    "holidays": [{"date": "2026-12-25", "name": "Christmas Day"}],
    "closures": [{"date": "2026-12-22", "from": "12:00", "to": "17:00"}],
    "openings": [{"date": "2026-12-19", "from": "09:00", "to": "12:00"}],
}
ATTRIBUTES: Raw = {
    "format": "homebuy.attributes/1",
    "attributes": [
        {"name": "patch", "type": "text", "label": "patch", "in_letters": True},
        {"name": "solicitor", "type": "text", "label": "solicitor", "applies_to": "task", "personal": True},
        {"name": "moved_in_on", "type": "date", "label": "day of moving in"},
    ],
}
OFFICERS: Raw = {
    "format": "homebuy.officers/1",
    "officers": [{"id": "p.shah", "name": "P Shah"}],
    "roles": [{"id": "officer", "name": "Officer", "members": [{"id": "p.shah"}]}],
    "absences": [{"officer": "p.shah", "from": "2026-11-02", "to": "2026-11-09", "reason": "leave"}],
}
CASES: Raw = {
    "format": "homebuy.cases/1",
    "cases": [
        {
            "reference": "HB-1",
            "scheme": "right_to_buy",
            "served_on": "2026-11-02",
            "applicants": [{"name": "A Tenant"}],
            "facts": {"property_type": "flat"},
            "created_at": "2026-11-03T09:30:00+00:00",
        }
    ],
}
LANDLORD: dict[str, Raw] = {
    "allocation.json": ALLOCATION,
    "attributes.json": ATTRIBUTES,
    "calendar.json": CALENDAR,
    "cases.json": CASES,
    "escalation.json": ESCALATION,
    "groups.json": GROUPS,
    "officers.json": OFFICERS,
    "pack.json": PACK,
    "templates.json": TEMPLATES,
}


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """What every landlord has."""
    return built_in_catalogue()


@pytest.fixture(scope="session")
def small_landlord() -> dict[str, Raw]:
    """The same, to be read only."""
    return LANDLORD


@pytest.fixture
def landlord() -> dict[str, Raw]:
    """A small landlord in order: file name to JSON, to be changed at will."""
    return copy.deepcopy(LANDLORD)


@pytest.fixture
def validate(catalogue: Catalogue) -> Callable[..., list[Located]]:
    """Everything wrong with some files."""

    def run(files: dict[str, Raw], **more: Any) -> list[Located]:
        return validate_texts({name: json.dumps(raw) for name, raw in files.items()}, catalogue, **more)

    return run
