"""What a rule, a group or an officer names, and nobody has."""

from homebuy_plugin.documents.diagnostics import Located
from homebuy_plugin.testing.disorders import Disorder, another_rule

ESC = "escalation.json"
ALL = "allocation.json"
PACK = "pack.json"
GRO = "groups.json"
OFF = "officers.json"


DISORDERS = [
    Disorder(
        "HB160", ESC, "/rules/1/follows", "overdu", "There is no rule “overdu”. Did you mean “overdue”?"
    ),
    Disorder(
        "HB162",
        ESC,
        "/rules/1/schemes",
        ["social_homebuy"],
        "“social_homebuy” is not among what the rule “overdue” is about",
        at="/rules/1/schemes/0",
    ),
    Disorder(
        "HB162",
        ESC,
        "/rules/1/applies_to",
        {"tasks": ["check_form"]},
        "“check_form” is not among",
        at="/rules/1/applies_to/tasks/0",
    ),
    Disorder(
        "HB162",
        ESC,
        "/rules/1/applies_to",
        {"clock": "service"},
        "“service” is not among",
        at="/rules/1/applies_to/clock",
    ),
    Disorder(
        "HB163",
        ALL,
        "/rules/0/schemes/0",
        "right_to_by",
        "There is no scheme “right_to_by”. Did you mean “right_to_buy”?",
    ),
    Disorder(
        "HB164",
        ESC,
        "/rules/0/applies_to/stages",
        ["aplication"],
        "There is no stage “aplication”. Did you mean “application”?",
        at="/rules/0/applies_to/stages/0",
    ),
    Disorder(
        "HB165",
        ESC,
        "/rules/0/applies_to/tasks/0",
        "serve_rtb3",
        "There is no task “serve_rtb3”. Did you mean “serve_rtb2”?",
    ),
    Disorder(
        "HB165",
        ESC,
        "/rules/0/actions/-",
        {"name": "add_task", "params": {"task": "phone"}},
        "There is no task “phone”.",
        at="/rules/0/actions/2/params/task",
    ),
    Disorder(
        "HB164",
        ESC,
        "/rules/0/actions/-",
        {"name": "add_task", "params": {"task": "check_form", "stage": "offers"}},
        "There is no stage “offers”.",
        at="/rules/0/actions/2/params/stage",
    ),
    Disorder(
        "HB166",
        ESC,
        "/rules/0/applies_to/clock",
        "section_142",
        "There is no clock “section_142”. Did you mean “section_124”?",
        extra=("HB173",),
    ),
    Disorder(
        "HB167",
        ESC,
        "/rules/-",
        another_rule(trigger="amber", warning="frist"),
        "There is no warning “frist”. Did you mean “first”?",
        at="/rules/2/warning",
        extra=("HB173",),
    ),
    Disorder(
        "HB168",
        ESC,
        "/rules/-",
        another_rule(trigger="event", event="claim_withdrawed"),
        "There is no event “claim_withdrawed”.",
        at="/rules/2/event",
    ),
    Disorder(
        "HB169",
        ESC,
        "/rules/0/actions/0/params/template",
        "overdo",
        "There is no template “overdo”. Did you mean “overdue”?",
    ),
    Disorder(
        "HB169",
        ESC,
        "/rules/0/actions/0/params/channel",
        "sms",
        "The template “overdue” is not written for the channel “sms”.",
        help="It is written for: email.",
    ),
    Disorder(
        "HB170",
        ESC,
        "/rules/0/actions/0/params/to/1",
        "group:legals",
        "There is no group “legals”. Did you mean “legal”?",
    ),
    Disorder(
        "HB170",
        ALL,
        "/rules/0/actions/-",
        {"name": "add_group", "params": {"group": "fraud"}},
        "There is no group “fraud”.",
        at="/rules/0/actions/1/params/group",
    ),
    Disorder(
        "HB171",
        ESC,
        "/rules/1/actions/0/params/to/0",
        "role:oficer",
        "There is no role “oficer”. Did you mean “officer”?",
    ),
    Disorder("HB171", ALL, "/rules/0/actions/0/params/role", "oficer", "There is no role “oficer”."),
    Disorder("HB171", PACK, "/stages/0/tasks/0/owner_role", "oficer", "There is no role “oficer”."),
    Disorder("HB171", GRO, "/groups/0/members/0/id", "oficer", "There is no role “oficer”."),
    Disorder(
        "HB172",
        ALL,
        "/rules/1/actions/0/params/user",
        "p.sha",
        "There is no officer “p.sha”. Did you mean “p.shah”?",
    ),
    Disorder(
        "HB172",
        ALL,
        "/rules/1/actions/0",
        {"name": "assign_users", "params": {"users": ["p.shah", "x"]}},
        "There is no officer “x”.",
        at="/rules/1/actions/0/params/users/1",
    ),
    Disorder("HB172", ESC, "/rules/0/actions/0/params/to/1", "user:x", "There is no officer “x”."),
    Disorder("HB172", GRO, "/groups/0/members/1/id", "x", "There is no officer “x”."),
    Disorder("HB172", OFF, "/roles/0/members/0/id", "x", "There is no officer “x”."),
    Disorder("HB172", OFF, "/absences/0/officer", "x", "There is no officer “x”."),
    Disorder(
        "HB173",
        ESC,
        "/rules/0/applies_to",
        {"tasks": ["check_form"], "clock": "statutory"},
        "No clock fits this “applies_to”",
        severity="warning",
    ),
    Disorder(
        "HB174",
        ESC,
        "/rules/0/conditions",
        {"all": [{"name": "on_hold", "operator": "is_false"}]},
        "A hold does not stop the law",
        at="/rules/0/conditions/all/0",
        severity="warning",
    ),
]


def test_it_is_found_at_its_place(disorder: Disorder, problems: list[Located]) -> None:
    disorder.check(problems)
