"""One disorder at a time in a landlord that was in order: where it is found, and what is said."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import homebuy_plugin
from homebuy_plugin.documents.codes import CODES
from homebuy_plugin.documents.diagnostics import Located

Raw = dict[str, Any]
Edit = Callable[[dict[str, Raw]], None]


@dataclass(frozen=True)
class Case:
    code: str
    source: str
    path: str
    """Where to put the value: a JSON pointer, its last part may be ``-`` to append."""
    value: Any
    says: str
    at: str | None = None
    """Where the problem is found, if not there."""
    help: str = ""
    extra: tuple[str, ...] = ()
    """Codes of further problems that the same change brings."""
    severity: str = "error"


DROP = object()
DAYS = {"unit": "days"}


def put(raw: Any, path: str, value: Any) -> None:
    *way, last = path.strip("/").split("/")
    for step in way:
        raw = raw[int(step)] if isinstance(raw, list) else raw[step]
    if isinstance(raw, list):
        if last == "-":
            raw.append(value)
        else:
            raw[int(last)] = value
    elif value is DROP:
        del raw[last]
    else:
        raw[last] = value


ESC, ALL, PACK, TEM, CAL = (
    "escalation.json",
    "allocation.json",
    "pack.json",
    "templates.json",
    "calendar.json",
)
GRO, ATT, OFF, CAS = "groups.json", "attributes.json", "officers.json", "cases.json"
TASK = "/stages/0/tasks/1"
CLOCK = f"{TASK}/clocks/0"
TARGET = "/stages/0/tasks/0/clocks/0"
SERVICE = {"code": "target", "kind": "service", "period": {"value": 3, "unit": "working_days"}}


def rule(**more: Any) -> Raw:
    return {
        "id": "another",
        "trigger": "target_exceeded",
        "actions": [{"name": "set_flag", "params": {"flag": "x"}}],
        **more,
    }


CASES = [
    # the shape of a document
    Case("HB009", ESC, "/format", "homebuy.escalaton/1", "Did you mean “homebuy.escalation/1”?"),
    Case("HB009", ESC, "/format", 7, "There is no format the number 7."),
    Case("HB009", ESC, "/format", DROP, "“format” is missing", at=""),
    Case(
        "HB010",
        ESC,
        "/rules/0/follow",
        "x",
        "There is no key “follow” in an escalation rule. Did you mean “follows”?",
    ),
    Case("HB010", PACK, f"{CLOCK}/peroid", 1, "There is no key “peroid” in a clock. Did you mean “period”?"),
    Case(
        "HB011", ESC, "/rules/0/trigger", DROP, "“trigger” is missing in an escalation rule.", at="/rules/0"
    ),
    Case(
        "HB012",
        ALL,
        "/rules/0/rank",
        "10",
        "“rank” is a whole number, not the text “10”.",
        help="Write it without quotation marks: 10.",
    ),
    Case(
        "HB012",
        ALL,
        "/rules/0/name",
        5,
        "“name” is a text, not the number 5.",
        help='Write it with quotation marks: "5".',
    ),
    Case("HB012", ALL, "/rules/0/rank", True, "“rank” is a whole number, not true."),
    Case("HB012", ALL, "/rules/0/rank", 1.5, "“rank” is a whole number, not the number 1.5."),
    Case("HB012", ALL, "/rules/0", [], "An allocation rule is an object, not a list."),
    Case("HB012", ALL, "/rules", {}, "“rules” is a list, not an object."),
    Case("HB012", ALL, "/rules/-", None, "null cannot stand here.", at="/rules/2"),
    Case("HB012", PACK, "/stages/0/parallel", "yes", "“parallel” is true or false, not the text “yes”."),
    Case("HB012", PACK, "/stages/0/name", None, "“name” cannot be null."),
    Case("HB012", PACK, "/stages/0/next", {}, "“next” is a list, not an object."),
    Case("HB012", PACK, f"{TASK}/reasons", [], "“reasons” is an object, not a list."),
    Case("HB012", PACK, f"{CLOCK}/starts/0", 7, "“starts” is a point in time, not the number 7."),
    Case("HB012", PACK, f"{CLOCK}/period", 4, "A branch of a period is an object, not the number 4."),
    Case(
        "HB012",
        PACK,
        f"{CLOCK}/period",
        "4 weeks",
        "A branch of a period is an object, not the text “4 weeks”.",
    ),
    Case("HB012", PACK, "/stages/0/code", 7, "“code” is a code, not the number 7."),
    Case("HB012", PACK, "/stages/0/effective_from", 2026, "“effective_from” is a date, not the number 2026."),
    Case("HB012", PACK, "/stages/0/master_stage", 1, "“master_stage” is a text, not the number 1."),
    Case("HB012", CAS, "/cases/0/created_at", 1, "“created_at” is an instant, not the number 1."),
    Case(
        "HB012",
        CAS,
        "/cases/0/facts/patch",
        {"a": 1},
        "“facts” is a text, a number, true, false or a list of texts, not an object.",
    ),
    Case("HB012", TEM, "/templates/0/language", 1, "“language” is a language tag, not the number 1."),
    Case("HB013", PACK, "/stages/0/name", "  ", "“name” is empty."),
    Case("HB013", PACK, "/stages/0/name", "x" * 201, "“name” has 201 characters; at most 200 are kept."),
    Case("HB013", PACK, "/stages/0/name", "a\nb", "“name” is one line"),
    Case("HB013", PACK, f"{CLOCK}/starts", [], "“starts” needs at least 1 item."),
    Case(
        "HB013",
        PACK,
        f"{CLOCK}/ends",
        [f"event:e{n}" for n in range(21)],
        "“ends” has 21 items; at most 20 are kept.",
    ),
    Case(
        "HB013",
        TEM,
        "/templates/0/language",
        "Welsh",
        "“Welsh” is not a language tag.",
        help='For example "cy".',
    ),
    Case("HB013", CAL, "/hours/mon/0/0", "9am", "“9am” is not a time of day."),
    Case("HB013", CAL, "/hours/mon/0/0", "25:00", "“25:00” is not a time of day."),
    Case("HB013", CAS, "/cases/0/facts", {f"f{n}": 1 for n in range(201)}, "“facts” has more than 200 keys."),
    Case(
        "HB014", PACK, "/stages/1/code", "The Offer", "“The Offer” is no code.", help="Perhaps “the_offer”."
    ),
    Case("HB014", GRO, "/groups/0/members/0/id", "Some One", "The id of a role is a code."),
    Case("HB015", ESC, "/rules/1/repeat/times", 53, "“times” is between 1 and 52."),
    Case("HB015", ESC, "/rules/1/repeat/times", 0, "“times” is between 1 and 52."),
    Case("HB015", ESC, "/rules/1/after/value", 0, "“value” is between 1 and 10,000."),
    Case(
        "HB016",
        ESC,
        "/rules/0/trigger",
        "target_passed",
        "“trigger” cannot be “target_passed”. Did you mean “target_exceeded”?",
        help="One of: amber",
    ),
    Case("HB016", ESC, "/rules/1/after/unit", "day", "“unit” cannot be “day”. Did you mean “days”?"),
    Case(
        "HB016",
        PACK,
        f"{TASK}/reasons",
        {"completed": ["x"]},
        "“reasons” cannot be “completed”.",
        at=f"{TASK}/reasons/completed",
    ),
    Case("HB016", ESC, "/rules/0/catch_up", "newest", "“catch_up” cannot be “newest”."),
    Case(
        "HB017",
        ESC,
        "/rules/0/effective_from",
        "1 April 2026",
        "“1 April 2026” is no date.",
        help='"2026-04-01"',
    ),
    Case("HB017", ESC, "/rules/0/effective_from", "2026-02-30", "“2026-02-30” is no date."),
    Case("HB017", ESC, "/rules/0/effective_from", "20260401", "“20260401” is no date."),
    Case("HB017", CAS, "/cases/0/created_at", "2026-11-03T09:30:00", "has no offset from UTC"),
    Case("HB017", CAS, "/cases/0/created_at", "yesterday", "“yesterday” is no instant."),
    Case(
        "HB018",
        ESC,
        "/rules/0/schemes",
        ["right_to_buy", "right_to_buy"],
        "“right_to_buy” stands twice in “schemes”.",
        at="/rules/0/schemes/1",
    ),
    Case(
        "HB020",
        ESC,
        "/rules/0",
        rule(effective_from="2026-04-01", effective_to="2026-04-01", id="overdue"),
        "is not after",
        at="/rules/0/effective_to",
    ),
    Case("HB020", OFF, "/absences/0/to", "2026-11-02", "“to” (2026-11-02) is not after “from” (2026-11-02)."),
    # conditions and actions go to the engine with their place
    Case(
        "HB110", ALL, "/rules/0/conditions/all/0/name", "property_typ", "There is no variable “property_typ”."
    ),
    Case(
        "HB115",
        ALL,
        "/rules/0/conditions",
        {"name": "task_code", "operator": "equal_to", "value": "serve_rtb3"},
        "“task_code” is never “serve_rtb3”.",
        at="/rules/0/conditions/value",
    ),
    Case(
        "HB115",
        PACK,
        "/stages/0/next/0/when",
        {"name": "tasks_done", "operator": "contains", "value": "check_forms"},
        "“tasks_done” is never “check_forms”.",
        at="/stages/0/next/0/when/value",
    ),
    Case(
        "HB115",
        PACK,
        "/stages/0/when",
        {"name": "events_recorded", "operator": "contains", "value": "withdrawn"},
        "“events_recorded” is never “withdrawn”.",
        at="/stages/0/when/value",
    ),
    Case(
        "HB110",
        PACK,
        f"{CLOCK}/period/0/when/name",
        "other_landlord",
        "There is no variable “other_landlord”.",
    ),
    Case("HB121", ESC, "/rules/0/actions/0/name", "close_case", "There is no action “close_case”."),
    # rules
    Case(
        "HB150",
        ESC,
        "/rules/0/warning",
        "first",
        "“warning” belongs to rules with the trigger amber, not target_exceeded.",
    ),
    Case(
        "HB150",
        ESC,
        "/rules/0/follows",
        "overdue-later",
        "“follows” belongs to rules with the trigger follow_on",
    ),
    Case(
        "HB150", ESC, "/rules/1/task_state", "open", "“task_state” belongs to rules with the trigger stagnant"
    ),
    Case(
        "HB151",
        ESC,
        "/rules/1/follows",
        DROP,
        "A rule with the trigger follow_on needs “follows”.",
        at="/rules/1",
    ),
    Case(
        "HB151",
        ESC,
        "/rules/-",
        rule(trigger="stagnant"),
        "A rule with the trigger stagnant needs “after”.",
        at="/rules/2",
    ),
    Case(
        "HB151",
        ESC,
        "/rules/-",
        rule(trigger="event"),
        "A rule with the trigger event needs “event”.",
        at="/rules/2",
    ),
    Case(
        "HB152",
        ESC,
        "/rules/-",
        rule(id="overdue"),
        "There is another rule with the id “overdue” in this file.",
        at="/rules/2/id",
    ),
    Case("HB153", ALL, "/rules/1/rank", 10, "There is another rule with the rank “10” in this file."),
    Case(
        "HB154",
        ALL,
        "/rules/1/actions",
        [{"name": "set_manager", "params": {"user": "p.shah"}}],
        "gives the case no owner",
        severity="warning",
    ),
    Case(
        "HB155",
        ESC,
        "/rules/0/actions/1/params/flag",
        "telling",
        "No rule sets the flag “told”.",
        at="/rules/1/conditions/all/0/value",
        severity="warning",
    ),
    Case(
        "HB156",
        ESC,
        "/rules/1/name",
        "Overdue",
        "There is another rule called “Overdue” in this file.",
        severity="warning",
    ),
    Case(
        "HB234",
        PACK,
        "/stages/1/name",
        "Application",
        "The stages “application” and “offer” are both called “Application”.",
    ),
    Case(
        "HB235",
        PACK,
        "/stages/0/tasks/0",
        {
            "code": "check_form",
            "name": "C",
            "companies": ["south"],
            "clocks": [{**SERVICE, "companies": ["north"]}],
        },
        "This clock is for north, and the task “check_form” is for south only.",
        at=f"{TARGET}/companies",
    ),
    Case(
        "HB236",
        PACK,
        "/stages/1",
        {
            "code": "offer",
            "name": "Offer",
            "master_stage": "offer",
            "effective_to": "2026-04-01",
            "tasks": [{"code": "t", "name": "T", "effective_from": "2026-04-01"}],
        },
        "This task and the stage “offer” are never in force on the same day.",
        at="/stages/1/tasks/0/effective_from",
    ),
    Case(
        "HB237",
        PACK,
        f"{CLOCK}/companies",
        ["north"],
        "The law is the same for every company; this clock of the law is for some.",
    ),
    Case(
        "HB156",
        PACK,
        f"{TASK}/name",
        "Check the form",
        "Two tasks of this stage are called “Check the form”.",
        severity="warning",
    ),
    Case(
        "HB157",
        ALL,
        "/rules/0/tests/0/given",
        {"property_typ": "flat"},
        "There is no variable “property_typ”.",
        at="/rules/0/tests/0/given/property_typ",
    ),
    Case(
        "HB157",
        ALL,
        "/rules/0/tests/0/given/property_type",
        "castle",
        "“property_type” is the text “castle”, which is none of: house",
    ),
    Case(
        "HB157",
        ALL,
        "/rules/0/tests/0/given/arrears_weeks",
        "3",
        "“arrears_weeks” is the text “3”, and a number is needed.",
    ),
    Case(
        "HB158",
        ALL,
        "/rules/0/tests/0/matches",
        False,
        "The test “a flat” expects no match; the rule matches.",
    ),
    Case("HB160", ESC, "/rules/1/follows", "overdu", "There is no rule “overdu”. Did you mean “overdue”?"),
    Case(
        "HB162",
        ESC,
        "/rules/1/schemes",
        ["social_homebuy"],
        "“social_homebuy” is not among what the rule “overdue” is about",
        at="/rules/1/schemes/0",
    ),
    Case(
        "HB162",
        ESC,
        "/rules/1/applies_to",
        {"tasks": ["check_form"]},
        "“check_form” is not among",
        at="/rules/1/applies_to/tasks/0",
    ),
    Case(
        "HB162",
        ESC,
        "/rules/1/applies_to",
        {"clock": "service"},
        "“service” is not among",
        at="/rules/1/applies_to/clock",
    ),
    Case(
        "HB163",
        ALL,
        "/rules/0/schemes/0",
        "right_to_by",
        "There is no scheme “right_to_by”. Did you mean “right_to_buy”?",
    ),
    Case(
        "HB164",
        ESC,
        "/rules/0/applies_to/stages",
        ["aplication"],
        "There is no stage “aplication”. Did you mean “application”?",
        at="/rules/0/applies_to/stages/0",
    ),
    Case(
        "HB165",
        ESC,
        "/rules/0/applies_to/tasks/0",
        "serve_rtb3",
        "There is no task “serve_rtb3”. Did you mean “serve_rtb2”?",
    ),
    Case(
        "HB165",
        ESC,
        "/rules/0/actions/-",
        {"name": "add_task", "params": {"task": "phone"}},
        "There is no task “phone”.",
        at="/rules/0/actions/2/params/task",
    ),
    Case(
        "HB164",
        ESC,
        "/rules/0/actions/-",
        {"name": "add_task", "params": {"task": "check_form", "stage": "offers"}},
        "There is no stage “offers”.",
        at="/rules/0/actions/2/params/stage",
    ),
    Case(
        "HB166",
        ESC,
        "/rules/0/applies_to/clock",
        "section_142",
        "There is no clock “section_142”. Did you mean “section_124”?",
        extra=("HB173",),
    ),
    Case(
        "HB167",
        ESC,
        "/rules/-",
        rule(trigger="amber", warning="frist"),
        "There is no warning “frist”. Did you mean “first”?",
        at="/rules/2/warning",
        extra=("HB173",),
    ),
    Case(
        "HB168",
        ESC,
        "/rules/-",
        rule(trigger="event", event="claim_withdrawed"),
        "There is no event “claim_withdrawed”.",
        at="/rules/2/event",
    ),
    Case(
        "HB169",
        ESC,
        "/rules/0/actions/0/params/template",
        "overdo",
        "There is no template “overdo”. Did you mean “overdue”?",
    ),
    Case(
        "HB169",
        ESC,
        "/rules/0/actions/0/params/channel",
        "sms",
        "The template “overdue” is not written for the channel “sms”.",
        help="It is written for: email.",
    ),
    Case(
        "HB170",
        ESC,
        "/rules/0/actions/0/params/to/1",
        "group:legals",
        "There is no group “legals”. Did you mean “legal”?",
    ),
    Case(
        "HB170",
        ALL,
        "/rules/0/actions/-",
        {"name": "add_group", "params": {"group": "fraud"}},
        "There is no group “fraud”.",
        at="/rules/0/actions/1/params/group",
    ),
    Case(
        "HB171",
        ESC,
        "/rules/1/actions/0/params/to/0",
        "role:oficer",
        "There is no role “oficer”. Did you mean “officer”?",
    ),
    Case("HB171", ALL, "/rules/0/actions/0/params/role", "oficer", "There is no role “oficer”."),
    Case("HB171", PACK, "/stages/0/tasks/0/owner_role", "oficer", "There is no role “oficer”."),
    Case("HB171", GRO, "/groups/0/members/0/id", "oficer", "There is no role “oficer”."),
    Case(
        "HB172",
        ALL,
        "/rules/1/actions/0/params/user",
        "p.sha",
        "There is no officer “p.sha”. Did you mean “p.shah”?",
    ),
    Case(
        "HB172",
        ALL,
        "/rules/1/actions/0",
        {"name": "assign_users", "params": {"users": ["p.shah", "x"]}},
        "There is no officer “x”.",
        at="/rules/1/actions/0/params/users/1",
    ),
    Case("HB172", ESC, "/rules/0/actions/0/params/to/1", "user:x", "There is no officer “x”."),
    Case("HB172", GRO, "/groups/0/members/1/id", "x", "There is no officer “x”."),
    Case("HB172", OFF, "/roles/0/members/0/id", "x", "There is no officer “x”."),
    Case("HB172", OFF, "/absences/0/officer", "x", "There is no officer “x”."),
    Case(
        "HB173",
        ESC,
        "/rules/0/applies_to",
        {"tasks": ["check_form"], "clock": "statutory"},
        "No clock fits this “applies_to”",
        severity="warning",
    ),
    Case(
        "HB174",
        ESC,
        "/rules/0/conditions",
        {"all": [{"name": "on_hold", "operator": "is_false"}]},
        "A hold does not stop the law",
        at="/rules/0/conditions/all/0",
        severity="warning",
    ),
    # packs
    Case(
        "HB201",
        PACK,
        f"{CLOCK}/starts/0",
        "case.servd_on",
        "“case.servd_on” is no point in time. Did you mean “case.served_on”?",
        help="Points: case.served_on",
    ),
    Case("HB201", PACK, f"{CLOCK}/starts/0", "task.finished:x", "“task.finished:x” is no point in time."),
    Case("HB201", PACK, f"{CLOCK}/starts/0", "event:Claim", "What follows “event:” is a code"),
    Case(
        "HB202",
        PACK,
        "/stages/0/clocks/0/starts",
        ["task.started"],
        "“task.started” means the clock's own task, and there is none here.",
        at="/stages/0/clocks/0/starts/0",
    ),
    Case(
        "HB202",
        PACK,
        "/stages/1/opens_on",
        ["stage.started"],
        "A stage cannot open because it has started.",
        at="/stages/1/opens_on/0",
    ),
    Case(
        "HB202",
        PACK,
        "/stages/1/opens_on",
        ["task.completed"],
        "“task.completed” means the clock's own task",
        at="/stages/1/opens_on/0",
    ),
    Case(
        "HB203",
        PACK,
        f"{CLOCK}/starts/0",
        "task.completed:chek_form",
        "There is no task “chek_form” in this pack. Did you mean “check_form”?",
    ),
    Case(
        "HB203",
        PACK,
        f"{CLOCK}/restarts",
        ["task.completed:x"],
        "There is no task “x” in this pack.",
        at=f"{CLOCK}/restarts/0",
    ),
    Case(
        "HB203",
        PACK,
        f"{CLOCK}/blocks",
        [{"from": "case.created", "until": "task.completed:x"}],
        "There is no task “x” in this pack.",
        at=f"{CLOCK}/blocks/0/until",
    ),
    Case(
        "HB204",
        PACK,
        f"{CLOCK}/starts/0",
        "fact:moved_on",
        "There is no fact “moved_on”. Did you mean “moved_in_on”?",
    ),
    Case("HB205", PACK, f"{CLOCK}/starts/0", "fact:patch", "“patch” is a text; a point in time is a date."),
    Case(
        "HB206",
        PACK,
        f"{CLOCK}/ends/0",
        "event:claim_withdrawen",
        "The event “claim_withdrawen” is not among the “events” of this pack. Did you mean “claim_withdrawn”?",
        severity="warning",
    ),
    Case(
        "HB207",
        PACK,
        "/stages/0/tasks/0/refuse",
        [{"why": "Too early."}],
        "A refusal has exactly one of “when”, “before” and “fact”.",
        at="/stages/0/tasks/0/refuse/0",
    ),
    Case(
        "HB208",
        PACK,
        "/stages/0/tasks/0/refuse",
        [{"before": "section_142", "why": "Too early."}],
        "There is no clock of a task “section_142”. Did you mean “section_124”?",
        at="/stages/0/tasks/0/refuse/0/before",
    ),
    Case(
        "HB209",
        PACK,
        "/stages/0/tasks/0/refuse",
        [{"fact": "moved_in_on", "why": "Too late."}],
        "“fact” and “within” go together",
        at="/stages/0/tasks/0/refuse/0",
    ),
    Case(
        "HB209",
        PACK,
        "/stages/0/tasks/0/refuse",
        [{"fact": "moved_in_on", "within": {"value": 4, "unit": "hours"}, "why": "Too late."}],
        "A date is not compared in hours.",
        at="/stages/0/tasks/0/refuse/0/within/unit",
    ),
    Case(
        "HB205",
        PACK,
        "/stages/0/tasks/0/refuse",
        [{"fact": "patch", "within": {"value": 6, "unit": "months"}, "why": "Too late."}],
        "“patch” is a text; a point in time is a date.",
        at="/stages/0/tasks/0/refuse/0/fact",
    ),
    Case("HB204", PACK, f"{CLOCK}/period/1/stated", "moved_on", "There is no fact “moved_on”."),
    Case("HB205", PACK, f"{CLOCK}/period/1/stated", "patch", "“patch” is a text; a point in time is a date."),
    Case(
        "HB219",
        PACK,
        "/stages/0/tasks/0/clocks/0/period",
        {"value": 4, "unit": "hours", "stated": "moved_in_on"},
        "A day that is stated cannot end a period in hours.",
        at="/stages/0/tasks/0/clocks/0/period/stated",
    ),
    Case(
        "HB210",
        PACK,
        f"{CLOCK}/period/1/when",
        {"name": "asb_pending", "operator": "is_true"},
        "The last entry of a period cannot have a “when”.",
    ),
    Case(
        "HB210",
        PACK,
        f"{CLOCK}/period/0/when",
        DROP,
        "Only the last entry of a period has no “when”",
        at=f"{CLOCK}/period/0",
    ),
    Case(
        "HB211",
        PACK,
        f"{CLOCK}/amber/0/before/value",
        28,
        "The warning “first” is not shorter than the period of the clock.",
        at=f"{CLOCK}/amber/0/before",
    ),
    Case(
        "HB212",
        PACK,
        f"{CLOCK}/amber/0/percent",
        50,
        "A warning has exactly one of “before”, “after” and “percent”.",
        at=f"{CLOCK}/amber/0",
    ),
    Case(
        "HB212", PACK, f"{CLOCK}/amber/0/before", DROP, "A warning has exactly one of", at=f"{CLOCK}/amber/0"
    ),
    Case(
        "HB213",
        PACK,
        f"{CLOCK}/amber/-",
        {"name": "first", "percent": 50},
        "Two warnings of this clock are called “first”.",
        at=f"{CLOCK}/amber/1/name",
    ),
    Case(
        "HB214",
        PACK,
        f"{CLOCK}/legal_basis",
        DROP,
        "A statutory clock must say where it comes from.",
        at=CLOCK,
    ),
    Case(
        "HB214",
        PACK,
        f"{CLOCK}/legal_basis/section",
        "",
        "A statutory clock must say where it comes from.",
        at=f"{CLOCK}/legal_basis",
    ),
    Case(
        "HB215",
        PACK,
        f"{CLOCK}/period/1/value",
        9,
        "The last entry of the period (9 weeks) is longer than this one (8 weeks)",
        at=f"{CLOCK}/period/0",
    ),
    Case(
        "HB216",
        PACK,
        f"{TARGET}/period/value",
        11,
        "The task “check_form” may take 11 working days, longer than its stage “application” (10 working days).",
        at=f"{TARGET}/period",
    ),
    Case(
        "HB217",
        PACK,
        f"{CLOCK}/calendar",
        "england_and_wale",
        "There is no calendar “england_and_wale”. Did you mean “england_and_wales”?",
    ),
    Case("HB218", PACK, f"{CLOCK}/code", "statutory", "A clock cannot have the code “statutory”"),
    Case(
        "HB220",
        PACK,
        "/stages/-",
        {"code": "offer", "name": "Offer 2", "master_stage": "offer"},
        "Two stages have the code “offer”.",
        at="/stages/2/code",
    ),
    Case(
        "HB220",
        PACK,
        "/events/-",
        {"code": "claim_withdrawn"},
        "“claim_withdrawn” stands twice in “events”.",
        at="/events/1/code",
    ),
    Case(
        "HB221",
        PACK,
        "/stages/1/tasks",
        [{"code": "check_form", "name": "Again"}],
        "the other is in the stage “application”",
        at="/stages/1/tasks/0/code",
    ),
    Case(
        "HB222",
        PACK,
        "/stages/0/clocks/-",
        {"code": "stage_target", "kind": "service", "period": {"value": 10, "unit": "working_days"}},
        "Two clocks have the code “stage_target” here.",
        at="/stages/0/clocks/1/code",
    ),
    Case(
        "HB223",
        PACK,
        "/stages/0/next/0/stage",
        "ofer",
        "There is no stage “ofer”. Did you mean “offer”?",
        extra=("HB233",),
    ),
    Case(
        "HB223",
        PACK,
        "/stages/1/next",
        [{"stage": "offer"}],
        "The stage “offer” leads to itself.",
        at="/stages/1/next/0/stage",
    ),
    Case(
        "HB224",
        PACK,
        f"{TASK}/after/0",
        "chek_form",
        "There is no task “chek_form” in the stage “application”. Did you mean “check_form”?",
    ),
    Case(
        "HB225",
        PACK,
        "/stages/0/tasks/0/after",
        ["serve_rtb2"],
        "“check_form” after “serve_rtb2” after “check_form”",
    ),
    Case(
        "HB226",
        PACK,
        f"{TASK}/requires/0",
        "eligibility_decison",
        "There is no fact “eligibility_decison”. Did you mean “eligibility_decision”?",
    ),
    Case("HB227", PACK, "/stages/0/tasks/0/attributes/0", "patch", "There is no task attribute “patch”."),
    Case(
        "HB229",
        PACK,
        "/stages/1",
        {"code": "offer", "name": "Offer", "master_stage": "application", "default_for_master": True},
        "The stages “application” and “offer” are both the default for the master stage “application”.",
        at="/stages/1/default_for_master",
    ),
    Case(
        "HB230",
        PACK,
        "/stages/0/tasks/0/templates/0",
        "overdo",
        "There is no template “overdo”. Did you mean “overdue”?",
    ),
    Case(
        "HB231",
        PACK,
        TARGET,
        {"code": "target", "kind": "service", "period": {"value": 21, "unit": "working_days"}},
        "The tasks before “serve_rtb2” may take 21 working days, and the law gives 4 weeks at the shortest (20 working days).",
        at=f"{CLOCK}/period",
        severity="warning",
        extra=("HB216",),
    ),
    Case(
        "HB233",
        PACK,
        "/stages/0/next",
        [],
        "Nothing opens the stage “offer”",
        at="/stages/1/code",
        severity="warning",
    ),
    # letters, groups, calendars, attributes
    Case("HB301", TEM, "/templates/0/body", "((Due On))", "“((Due On))” is no placeholder."),
    Case(
        "HB302",
        TEM,
        "/templates/0/body",
        "Due ((due_on) today",
        "“((” has no “))”, near “Due ((due_on) today”.",
    ),
    Case("HB302", TEM, "/templates/0/subject", "due_on)) today", "“))” has no “((”"),
    Case("HB303", ATT, "/attributes/0/options", ["n", "s"], "Only a choice has options, and “type” is text."),
    Case("HB303", ATT, "/attributes/0/phrases", ["is", "is not"], "Only a yes_no attribute has phrases"),
    Case("HB304", ATT, "/attributes/0/default", 7, "The default is the number 7, and a text is needed."),
    Case(
        "HB305",
        ATT,
        "/attributes/-",
        {"name": "patch", "type": "text"},
        "There is another attribute “patch” in this file.",
        at="/attributes/3/name",
    ),
    Case(
        "HB305",
        ATT,
        "/attributes/-",
        {"name": "served_on", "type": "text"},
        "The name “served_on” is taken by homebuy_plugin, with the type date.",
        at="/attributes/3/name",
    ),
    Case("HB306", TEM, "/templates/0/body", "((due_day))", "There is no placeholder “due_day”."),
    Case(
        "HB307",
        TEM,
        "/templates/0/body",
        "((solicitor))",
        "The fact “solicitor” may not be shown in letters.",
    ),
    Case(
        "HB308",
        TEM,
        "/templates/-",
        {"id": "overdue", "subject": "", "body": "x"},
        "There is another template “overdue en email” in this file.",
        at="/templates/1/id",
    ),
    Case(
        "HB310",
        GRO,
        "/groups/-",
        {"id": "legal", "name": "Legal 2"},
        "There is another group “legal” in this file.",
        at="/groups/1/id",
    ),
    Case("HB401", CAL, "/hours", {"mon": []}, "This calendar is never open"),
    Case("HB402", CAL, "/hours/mon/0", ["17:00", "09:00"], "It ends at 09:00, not after it starts at 17:00."),
    Case("HB402", CAL, "/closures/0/to", "11:00", "It ends at 11:00, not after it starts at 12:00."),
    Case("HB402", CAL, "/closures/0/to", DROP, "“from” and “to” come together.", at="/closures/0"),
    Case(
        "HB403",
        CAL,
        "/hours/mon/1/0",
        "12:00",
        "It starts at 12:00, before the one in front of it ends (12:30).",
        at="/hours/mon/1",
    ),
    Case("HB404", CAL, "/timezone", "Europe/Londn", "There is no time zone “Europe/Londn”."),
    Case("HB404", CAL, "/timezone", "../../etc/passwd", "There is no time zone"),
    Case(
        "HB405",
        CAL,
        "/holidays/-",
        {"date": "2026-12-25"},
        "2026-12-25 is a holiday twice.",
        at="/holidays/1",
    ),
    Case(
        "HB408",
        CAL,
        "/service",
        [{"method": "hand", "after": 0, "legal_basis": {"status": "policy"}}] * 2,
        "The way of sending “hand” is there twice.",
        at="/service/1/method",
    ),
    # sample data
    Case("HB501", CAS, "/cases/0/facts/property_typ", "flat", "There is no fact “property_typ”."),
    Case(
        "HB501",
        CAS,
        "/cases/0/facts/property_type",
        "castle",
        "“property_type” is the text “castle”, which is none of",
    ),
    Case("HB163", CAS, "/cases/0/scheme", "right_to_by", "There is no scheme “right_to_by”."),
    Case(
        "HB502",
        OFF,
        "/officers/-",
        {"id": "p.shah", "name": "Other"},
        "“p.shah” is there twice.",
        at="/officers/1/id",
    ),
]


@pytest.mark.parametrize(
    "case", CASES, ids=[f"{c.code}-{c.path.rpartition('/')[2]}-{i}" for i, c in enumerate(CASES)]
)
def test_one_disorder_is_found_at_its_place(
    case: Case, landlord: dict[str, Raw], validate: Callable[..., list[Located]]
) -> None:
    put(landlord[case.source], case.path, case.value)
    problems = validate(landlord)
    assert sorted(each.code for each in problems) == sorted((case.code, *case.extra)), problems
    (found,) = [each for each in problems if each.code == case.code]
    assert (found.source, found.pointer) == (case.source, case.path if case.at is None else case.at)
    assert case.says in found.message
    assert case.help in found.help
    assert found.severity == case.severity


def test_the_landlord_is_in_order(landlord: dict[str, Raw], validate: Callable[..., list[Located]]) -> None:
    assert validate(landlord) == []


ELSEWHERE = {
    *(f"HB00{n}" for n in range(1, 9)),  # test_loading
    *("HB161", "HB228", "HB232", "HB406", "HB407"),  # test_references
    *(f"HB18{n}" for n in range(10)),  # test_coverage
    "HB190",
    "HB191",
    "HB192",
    "HB238",  # tests/cli/test_versions
}


def codes_in(package: str) -> set[str]:
    folder = Path(homebuy_plugin.__file__).parent / package
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("*.py") if path.name != "codes.py"]
    return {code for text in texts for code in re.findall(r'"(HB[0-9]{3})"', text)}


def test_every_code_is_explained() -> None:
    assert codes_in("documents") | codes_in("engine") == set(CODES)


def test_every_code_of_documents_has_its_test() -> None:
    assert codes_in("documents") - codes_in("engine") - ELSEWHERE - {case.code for case in CASES} == set()
