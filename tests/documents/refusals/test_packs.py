"""What is wrong with stages and tasks: their codes, their order, when they are in force."""

from homebuy_plugin.documents.diagnostics import Located
from homebuy_plugin.testing.disorders import Disorder

PACK = "pack.json"
FORM = "/stages/0/tasks/0"
TARGET = f"{FORM}/clocks/0"
TASK = "/stages/0/tasks/1"
CLOCK = f"{TASK}/clocks/0"
SERVICE = {"code": "target", "kind": "service", "period": {"value": 3, "unit": "working_days"}}

DISORDERS = [
    Disorder(
        "HB115",
        PACK,
        "/stages/0/next/0/when",
        {"name": "tasks_done", "operator": "contains", "value": "check_forms"},
        "“tasks_done” is never “check_forms”.",
        at="/stages/0/next/0/when/value",
    ),
    Disorder(
        "HB115",
        PACK,
        "/stages/0/when",
        {"name": "events_recorded", "operator": "contains", "value": "withdrawn"},
        "“events_recorded” is never “withdrawn”.",
        at="/stages/0/when/value",
    ),
    Disorder(
        "HB110",
        PACK,
        f"{CLOCK}/period/0/when/name",
        "other_landlord",
        "There is no variable “other_landlord”.",
    ),
    Disorder(
        "HB234",
        PACK,
        "/stages/1/name",
        "Application",
        "The stages “application” and “offer” are both called “Application”.",
    ),
    Disorder(
        "HB235",
        PACK,
        FORM,
        {
            "code": "check_form",
            "name": "C",
            "companies": ["south"],
            "clocks": [{**SERVICE, "companies": ["north"]}],
        },
        "This clock is for north, and the task “check_form” is for south only.",
        at=f"{TARGET}/companies",
    ),
    Disorder(
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
    Disorder(
        "HB237",
        PACK,
        f"{CLOCK}/companies",
        ["north"],
        "The law is the same for every company; this clock of the law is for some.",
    ),
    Disorder(
        "HB156",
        PACK,
        f"{TASK}/name",
        "Check the form",
        "Two tasks of this stage are called “Check the form”.",
        severity="warning",
    ),
    Disorder(
        "HB220",
        PACK,
        "/stages/-",
        {"code": "offer", "name": "Offer 2", "master_stage": "offer"},
        "Two stages have the code “offer”.",
        at="/stages/2/code",
    ),
    Disorder(
        "HB220",
        PACK,
        "/events/-",
        {"code": "claim_withdrawn"},
        "“claim_withdrawn” stands twice in “events”.",
        at="/events/1/code",
    ),
    Disorder(
        "HB221",
        PACK,
        "/stages/1/tasks",
        [{"code": "check_form", "name": "Again"}],
        "the other is in the stage “application”",
        at="/stages/1/tasks/0/code",
    ),
    Disorder(
        "HB222",
        PACK,
        "/stages/0/clocks/-",
        {"code": "stage_target", "kind": "service", "period": {"value": 10, "unit": "working_days"}},
        "Two clocks have the code “stage_target” here.",
        at="/stages/0/clocks/1/code",
    ),
    Disorder(
        "HB223",
        PACK,
        "/stages/0/next/0/stage",
        "ofer",
        "There is no stage “ofer”. Did you mean “offer”?",
        extra=("HB233",),
    ),
    Disorder(
        "HB223",
        PACK,
        "/stages/1/next",
        [{"stage": "offer"}],
        "The stage “offer” leads to itself.",
        at="/stages/1/next/0/stage",
    ),
    Disorder(
        "HB224",
        PACK,
        f"{TASK}/after/0",
        "chek_form",
        "There is no task “chek_form” in the stage “application”. Did you mean “check_form”?",
    ),
    Disorder(
        "HB225",
        PACK,
        f"{FORM}/after",
        ["serve_rtb2"],
        "“check_form” after “serve_rtb2” after “check_form”",
    ),
    Disorder(
        "HB226",
        PACK,
        f"{TASK}/requires/0",
        "eligibility_decison",
        "There is no fact “eligibility_decison”. Did you mean “eligibility_decision”?",
    ),
    Disorder("HB227", PACK, f"{FORM}/attributes/0", "patch", "There is no task attribute “patch”."),
    Disorder(
        "HB229",
        PACK,
        "/stages/1",
        {"code": "offer", "name": "Offer", "master_stage": "application", "default_for_master": True},
        "The stages “application” and “offer” are both the default for the master stage “application”.",
        at="/stages/1/default_for_master",
    ),
    Disorder(
        "HB230",
        PACK,
        f"{FORM}/templates/0",
        "overdo",
        "There is no template “overdo”. Did you mean “overdue”?",
    ),
    Disorder(
        "HB231",
        PACK,
        TARGET,
        {"code": "target", "kind": "service", "period": {"value": 21, "unit": "working_days"}},
        "The tasks before “serve_rtb2” may take 21 working days, and the law gives 4 weeks at the shortest (20 working days).",
        at=f"{CLOCK}/period",
        severity="warning",
        extra=("HB216",),
    ),
    Disorder(
        "HB233",
        PACK,
        "/stages/0/next",
        [],
        "Nothing opens the stage “offer”",
        at="/stages/1/code",
        severity="warning",
    ),
]


def test_it_is_found_at_its_place(disorder: Disorder, problems: list[Located]) -> None:
    disorder.check(problems)
