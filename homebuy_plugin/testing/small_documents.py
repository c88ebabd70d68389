"""A landlord small enough to hold in one's head: one scheme, five stages, seven rules.

Every shape of the real documents is there once: a statutory clock with two periods, service
clocks, a wait of hours, an offered stage, a parallel one, an outcome that is denied.
"""

import json
from collections.abc import Mapping
from typing import Any, cast

from homebuy_plugin._resources import data_folder
from homebuy_plugin.documents.model import Landlord
from homebuy_plugin.documents.values import from_json

SCHEME = "right_to_buy"

Document = dict[str, Any]


def _all(*conditions: Mapping[str, Any]) -> Document:
    return {"all": list(conditions)}


def _is(name: str, value: object, operator: str = "equal_to") -> Document:
    return {"name": name, "operator": operator, "value": value}


def _length(value: int, unit: str) -> Document:
    return {"value": value, "unit": unit}


_POLICY = {"instrument": "Landlord's own standard", "section": "", "status": "policy", "note": ""}
_LAW = {"instrument": "Housing Act 1985", "section": "124(1)", "status": "verified", "note": ""}


def _service(code: str, days: int, **more: object) -> Document:
    return {
        "code": code,
        "kind": "service",
        "counting": "within",
        "period": _length(days, "working_days"),
        "amber": [{"name": "first", "before": _length(1, "working_days")}],
        "legal_basis": {**_POLICY, "checked_on": "2026-11-02"},
        **more,
    }


def _statutory(code: str, starts: str, period: object, **more: object) -> Document:
    return {
        "code": code,
        "kind": "statutory",
        "starts": [starts],
        "ends": ["event:claim_withdrawn"],
        "counting": "within",
        "calendar": "england_and_wales",
        "period": period,
        "amber": [{"name": "first", "before": _length(7, "days")}],
        "legal_basis": {**_LAW, "checked_on": "2026-11-02"},
        **more,
    }


def _task(code: str, *clocks: Document, mandatory: bool = True, **more: object) -> Document:
    named = {"code": code, "name": code.replace("_", " ").capitalize(), "kind": "work"}
    return {**named, "mandatory": mandatory, "clocks": list(clocks), **more}


def _stage(code: str, *tasks: Document, master: str = "application", **more: object) -> Document:
    return {
        "code": code,
        "name": code.replace("_", " ").capitalize(),
        "master_stage": master,
        "audience": "internal",
        "tasks": list(tasks),
        **more,
    }


def _link(stage: str, opens: str, decision: str) -> Document:
    when = _all(_is("eligibility_decision", decision))
    return {"stage": stage, "opens": opens, "when": when, "why": f"The decision was to {decision}."}


PACK: Document = {
    "format": "homebuy.pack/1",
    "scheme": SCHEME,
    "country": "england",
    "name": "A small Right to Buy",
    "events": [{"code": "delay_notice_served", "name": "Notice of delay"}],
    "outcomes": [{"code": "completed", "name": "Sold"}, {"code": "denied", "name": "Denied"}],
    "stages": [
        _stage(
            "application",
            _task(
                "log_application",
                _service("log_target", 2),
            ),
            _task(
                "check_form",
                _service("check_target", 5),
                mandatory=False,
                after=["log_application"],
                reasons={"complete": ["checked", "checked by phone"], "late": ["post was late"]},
            ),
            _task("file_form", mandatory=False, after=["check_form"]),
            _task("decide", after=["log_application"], requires=["eligibility_decision"]),
            _task(
                "serve_notice",
                _statutory(
                    "section_124",
                    "case.served_on",
                    [
                        {"when": _all(_is("other_landlord_period", True)), **_length(8, "weeks")},
                        _length(4, "weeks"),
                    ],
                    extension={"maximum": _length(14, "days"), "times": 1, "before_expiry": True},
                ),
            ),
            next=[_link("offer", "automatic", "admit"), _link("review", "offered", "deny")],
            clocks=[_service("application_target", 25)],
        ),
        _stage("offer", _task("make_offer", owner_role="surveyor"), master="offer"),
        _stage("review", _task("review_decision"), master="appeal"),
        _stage(
            "delay",
            _task(
                "answer_delay",
                _statutory(
                    "section_153a",
                    "event:delay_notice_served",
                    _length(1, "months"),
                    counting="beginning_with",
                ),
            ),
            master="delay",
            opens_on=["event:delay_notice_served"],
            parallel=True,
        ),
    ],
}

ALLOCATION: Document = {
    "format": "homebuy.allocation/1",
    "rules": [
        {
            "id": "flats-to-leasehold",
            "name": "Flats go to the leasehold team",
            "schemes": [SCHEME],
            "rank": 10,
            "state": "on",
            "conditions": _all(_is("property_type", ["flat", "maisonette"], "is_one_of")),
            "actions": [
                {"name": "assign_role", "params": {"role": "leasehold_officer", "strategy": "round_robin"}},
                {"name": "set_manager", "params": {"user": "dilys"}},
            ],
        },
        {
            "id": "houses-to-the-role",
            "name": "Houses belong to the role",
            "rank": 20,
            "state": "on",
            "conditions": _all(_is("property_type", "house")),
            "actions": [{"name": "assign_role", "params": {"role": "house_officer", "strategy": "role"}}],
        },
    ],
}


def notify(*to: str, template: str) -> Document:
    """The action that writes to somebody."""
    return {"name": "notify", "params": {"to": list(to), "template": template}}


def rule(rule_id: str, trigger: str, *actions: Document, **more: object) -> Document:
    """An escalation rule that is on."""
    return {
        "id": rule_id,
        "name": rule_id.replace("-", " ").capitalize(),
        "trigger": trigger,
        "state": "on",
        "actions": list(actions),
        **more,
    }


def escalation(*rules: Document) -> Document:
    """An escalation file of these rules."""
    return {"format": "homebuy.escalation/1", "rules": list(rules)}


def allocation(*rules: Document) -> Document:
    """An allocation file of these rules."""
    return {"format": "homebuy.allocation/1", "rules": list(rules)}


_LEVEL_1 = {"name": "raise_level", "params": {"level": 1}}
_LEVEL_2 = {"name": "raise_level", "params": {"level": 2}}

ESCALATION = escalation(
    rule("target-near", "amber", notify("task_owner", template="near"), applies_to={"clock": "service"}),
    rule(
        "target-passed",
        "target_exceeded",
        notify("task_owner", "manager", template="passed"),
        _LEVEL_1,
        applies_to={"clock": "service"},
    ),
    rule(
        "still-not-done",
        "follow_on",
        notify("manager", template="still_not_done"),
        follows="target-passed",
        after=_length(2, "working_days"),
        repeat={"every": _length(1, "weeks"), "times": 2},
    ),
    rule("notice-near", "amber", notify("task_owner", template="near"), applies_to={"clock": "statutory"}),
    rule(
        "notice-overdue",
        "target_exceeded",
        notify("task_owner", "manager", "group:legal", template="passed"),
        _LEVEL_2,
        applies_to={"clock": "statutory"},
    ),
)


def letter(id_: str, subject: str, **more: object) -> Document:
    """A letter in English by e-mail."""
    body = f"Dear ((recipient_name)), {subject.lower()}. Owner: ((owner_name)).\n"
    return {
        "id": id_,
        "name": id_,
        "language": "en",
        "channel": "email",
        "subject": subject,
        "body": body,
        **more,
    }


TEMPLATES: Document = {
    "format": "homebuy.templates/1",
    "templates": [
        letter("near", "((reference)): ((task_name)) is due on ((due_on))"),
        letter("passed", "((reference)): ((task_name)) was due on ((due_on))"),
        letter("still_not_done", "((reference)): ((task_name)) is ((days_overdue)) days late"),
        letter("rule_failed", "((reference)): the rule ((rule_name)) failed"),
        letter("statutory_target_passed", "((reference)): a legal date has passed"),
        letter("case_needs_owner", "((reference)) has no owner"),
    ],
}

GROUPS: Document = {
    "format": "homebuy.groups/1",
    "groups": [
        {"id": "home_ownership", "name": "Home ownership", "members": [{"kind": "user", "id": "harry"}]},
        {"id": "legal", "name": "Legal", "members": [{"kind": "role", "id": "lawyer"}]},
    ],
}

ATTRIBUTES: Document = {
    "format": "homebuy.attributes/1",
    "attributes": [
        {
            "name": "national_insurance",
            "type": "text",
            "label": "national insurance number",
            "personal": True,
            "in_letters": False,
            "applies_to": "case",
        },
        {
            "name": "bedrooms",
            "type": "number",
            "label": "number of bedrooms",
            "personal": False,
            "in_letters": False,
            "applies_to": "case",
        },
    ],
}

_OFFICERS = {
    "amir": "Amir Khan",
    "beth": "Beth Owen",
    "cora": "Cora Lane",
    "dilys": "Dilys Evans",
    "harry": "Harry Holt",
    "lena": "Lena Law",
    "sam": "Sam Surveyor",
}
_ROLES = {
    "leasehold_officer": ("amir", "beth", "cora"),
    "house_officer": ("harry",),
    "lawyer": ("lena",),
    "surveyor": ("sam",),
}

_PEOPLE = from_json(
    "officers",
    {
        "officers": [
            {"id": id_, "name": name, "address": f"{id_}@landlord.example"} for id_, name in _OFFICERS.items()
        ],
        "roles": [
            {"id": role, "name": role.replace("_", " ").capitalize(), "members": [{"id": m} for m in members]}
            for role, members in _ROLES.items()
        ],
        "absences": [{"officer": "cora", "from": "2026-11-01", "to": "2026-11-15", "reason": "leave"}],
    },
)
LANDLORD = cast(Landlord, _PEOPLE)


def small_texts(**replaced: Document) -> dict[str, str]:
    """The files of the small landlord; documents given by kind take the place of its own."""
    documents = {
        "pack": PACK,
        "allocation": ALLOCATION,
        "escalation": ESCALATION,
        "templates": TEMPLATES,
        "groups": GROUPS,
        "attributes": ATTRIBUTES,
        **replaced,
    }
    texts = {f"{name}.json": json.dumps(document) for name, document in documents.items()}
    return {**texts, "calendar.json": json.dumps(_calendar())}


def _calendar() -> Document:
    """The shipped calendar of England and Wales for two years, which is soon laid out."""
    shipped = data_folder("rules") / "calendars" / "england_and_wales.json"
    whole: Document = json.loads(shipped.read_text(encoding="utf-8"))
    holidays = [day for day in whole["holidays"] if day["date"][:4] in ("2026", "2027")]
    return {**whole, "holidays": holidays}
