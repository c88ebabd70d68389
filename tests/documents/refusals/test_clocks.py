"""What is wrong with a clock: where it starts, its periods and warnings, what is refused by its dates."""

from homebuy_plugin.documents.diagnostics import Located
from homebuy_plugin.testing.disorders import DROP, Disorder

PACK = "pack.json"
FORM = "/stages/0/tasks/0"
TARGET = f"{FORM}/clocks/0"
REFUSE = f"{FORM}/refuse"
TASK = "/stages/0/tasks/1"
CLOCK = f"{TASK}/clocks/0"

DISORDERS = [
    Disorder(
        "HB201",
        PACK,
        f"{CLOCK}/starts/0",
        "case.servd_on",
        "“case.servd_on” is no point in time. Did you mean “case.served_on”?",
        help="Points: case.served_on",
    ),
    Disorder("HB201", PACK, f"{CLOCK}/starts/0", "task.finished:x", "“task.finished:x” is no point in time."),
    Disorder("HB201", PACK, f"{CLOCK}/starts/0", "event:Claim", "What follows “event:” is a code"),
    Disorder(
        "HB202",
        PACK,
        "/stages/0/clocks/0/starts",
        ["task.started"],
        "“task.started” means the clock's own task, and there is none here.",
        at="/stages/0/clocks/0/starts/0",
    ),
    Disorder(
        "HB202",
        PACK,
        "/stages/1/opens_on",
        ["stage.started"],
        "A stage cannot open because it has started.",
        at="/stages/1/opens_on/0",
    ),
    Disorder(
        "HB202",
        PACK,
        "/stages/1/opens_on",
        ["task.completed"],
        "“task.completed” means the clock's own task",
        at="/stages/1/opens_on/0",
    ),
    Disorder(
        "HB203",
        PACK,
        f"{CLOCK}/starts/0",
        "task.completed:chek_form",
        "There is no task “chek_form” in this pack. Did you mean “check_form”?",
    ),
    Disorder(
        "HB203",
        PACK,
        f"{CLOCK}/restarts",
        ["task.completed:x"],
        "There is no task “x” in this pack.",
        at=f"{CLOCK}/restarts/0",
    ),
    Disorder(
        "HB203",
        PACK,
        f"{CLOCK}/blocks",
        [{"from": "case.created", "until": "task.completed:x"}],
        "There is no task “x” in this pack.",
        at=f"{CLOCK}/blocks/0/until",
    ),
    Disorder(
        "HB204",
        PACK,
        f"{CLOCK}/starts/0",
        "fact:moved_on",
        "There is no fact “moved_on”. Did you mean “moved_in_on”?",
    ),
    Disorder(
        "HB205", PACK, f"{CLOCK}/starts/0", "fact:patch", "“patch” is a text; a point in time is a date."
    ),
    Disorder(
        "HB206",
        PACK,
        f"{CLOCK}/ends/0",
        "event:claim_withdrawen",
        "The event “claim_withdrawen” is not among the “events” of this pack. Did you mean “claim_withdrawn”?",
        severity="warning",
    ),
    Disorder(
        "HB207",
        PACK,
        REFUSE,
        [{"why": "Too early."}],
        "A refusal has exactly one of “when”, “before” and “fact”.",
        at=f"{REFUSE}/0",
    ),
    Disorder(
        "HB208",
        PACK,
        REFUSE,
        [{"before": "section_142", "why": "Too early."}],
        "There is no clock of a task “section_142”. Did you mean “section_124”?",
        at=f"{REFUSE}/0/before",
    ),
    Disorder(
        "HB209",
        PACK,
        REFUSE,
        [{"fact": "moved_in_on", "why": "Too late."}],
        "“fact” and “within” go together",
        at=f"{REFUSE}/0",
    ),
    Disorder(
        "HB209",
        PACK,
        REFUSE,
        [{"fact": "moved_in_on", "within": {"value": 4, "unit": "hours"}, "why": "Too late."}],
        "A date is not compared in hours.",
        at=f"{REFUSE}/0/within/unit",
    ),
    Disorder(
        "HB205",
        PACK,
        REFUSE,
        [{"fact": "patch", "within": {"value": 6, "unit": "months"}, "why": "Too late."}],
        "“patch” is a text; a point in time is a date.",
        at=f"{REFUSE}/0/fact",
    ),
    Disorder("HB204", PACK, f"{CLOCK}/period/1/stated", "moved_on", "There is no fact “moved_on”."),
    Disorder(
        "HB205", PACK, f"{CLOCK}/period/1/stated", "patch", "“patch” is a text; a point in time is a date."
    ),
    Disorder(
        "HB219",
        PACK,
        f"{TARGET}/period",
        {"value": 4, "unit": "hours", "stated": "moved_in_on"},
        "A day that is stated cannot end a period in hours.",
        at=f"{TARGET}/period/stated",
    ),
    Disorder(
        "HB210",
        PACK,
        f"{CLOCK}/period/1/when",
        {"name": "asb_pending", "operator": "is_true"},
        "The last entry of a period cannot have a “when”.",
    ),
    Disorder(
        "HB210",
        PACK,
        f"{CLOCK}/period/0/when",
        DROP,
        "Only the last entry of a period has no “when”",
        at=f"{CLOCK}/period/0",
    ),
    Disorder(
        "HB211",
        PACK,
        f"{CLOCK}/amber/0/before/value",
        28,
        "The warning “first” is not shorter than the period of the clock.",
        at=f"{CLOCK}/amber/0/before",
    ),
    Disorder(
        "HB212",
        PACK,
        f"{CLOCK}/amber/0/percent",
        50,
        "A warning has exactly one of “before”, “after” and “percent”.",
        at=f"{CLOCK}/amber/0",
    ),
    Disorder(
        "HB212", PACK, f"{CLOCK}/amber/0/before", DROP, "A warning has exactly one of", at=f"{CLOCK}/amber/0"
    ),
    Disorder(
        "HB213",
        PACK,
        f"{CLOCK}/amber/-",
        {"name": "first", "percent": 50},
        "Two warnings of this clock are called “first”.",
        at=f"{CLOCK}/amber/1/name",
    ),
    Disorder(
        "HB214",
        PACK,
        f"{CLOCK}/legal_basis",
        DROP,
        "A statutory clock must say where it comes from.",
        at=CLOCK,
    ),
    Disorder(
        "HB214",
        PACK,
        f"{CLOCK}/legal_basis/section",
        "",
        "A statutory clock must say where it comes from.",
        at=f"{CLOCK}/legal_basis",
    ),
    Disorder(
        "HB215",
        PACK,
        f"{CLOCK}/period/1/value",
        9,
        "The last entry of the period (9 weeks) is longer than this one (8 weeks)",
        at=f"{CLOCK}/period/0",
    ),
    Disorder(
        "HB216",
        PACK,
        f"{TARGET}/period/value",
        11,
        "The task “check_form” may take 11 working days, longer than its stage “application” (10 working days).",
        at=f"{TARGET}/period",
    ),
    Disorder(
        "HB217",
        PACK,
        f"{CLOCK}/calendar",
        "england_and_wale",
        "There is no calendar “england_and_wale”. Did you mean “england_and_wales”?",
    ),
    Disorder("HB218", PACK, f"{CLOCK}/code", "statutory", "A clock cannot have the code “statutory”"),
]


def test_it_is_found_at_its_place(disorder: Disorder, problems: list[Located]) -> None:
    disorder.check(problems)
