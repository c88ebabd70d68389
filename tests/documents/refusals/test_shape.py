"""What is no document at all: unknown keys, wrong types, texts that are no code or date."""

from homebuy_plugin.documents.diagnostics import Located
from homebuy_plugin.testing.disorders import DROP, Disorder, another_rule

ESC = "escalation.json"
ALL = "allocation.json"
PACK = "pack.json"
TEM = "templates.json"
CAL = "calendar.json"
GRO = "groups.json"
OFF = "officers.json"
CAS = "cases.json"
TASK = "/stages/0/tasks/1"
CLOCK = f"{TASK}/clocks/0"


DISORDERS = [
    Disorder("HB009", ESC, "/format", "homebuy.escalaton/1", "Did you mean “homebuy.escalation/1”?"),
    Disorder("HB009", ESC, "/format", 7, "There is no format the number 7."),
    Disorder("HB009", ESC, "/format", DROP, "“format” is missing", at=""),
    Disorder(
        "HB010",
        ESC,
        "/rules/0/follow",
        "x",
        "There is no key “follow” in an escalation rule. Did you mean “follows”?",
    ),
    Disorder(
        "HB010", PACK, f"{CLOCK}/peroid", 1, "There is no key “peroid” in a clock. Did you mean “period”?"
    ),
    Disorder(
        "HB011", ESC, "/rules/0/trigger", DROP, "“trigger” is missing in an escalation rule.", at="/rules/0"
    ),
    Disorder(
        "HB012",
        ALL,
        "/rules/0/rank",
        "10",
        "“rank” is a whole number, not the text “10”.",
        help="Write it without quotation marks: 10.",
    ),
    Disorder(
        "HB012",
        ALL,
        "/rules/0/name",
        5,
        "“name” is a text, not the number 5.",
        help='Write it with quotation marks: "5".',
    ),
    Disorder("HB012", ALL, "/rules/0/rank", True, "“rank” is a whole number, not true."),
    Disorder("HB012", ALL, "/rules/0/rank", 1.5, "“rank” is a whole number, not the number 1.5."),
    Disorder("HB012", ALL, "/rules/0", [], "An allocation rule is an object, not a list."),
    Disorder("HB012", ALL, "/rules", {}, "“rules” is a list, not an object."),
    Disorder("HB012", ALL, "/rules/-", None, "null cannot stand here.", at="/rules/2"),
    Disorder("HB012", PACK, "/stages/0/parallel", "yes", "“parallel” is true or false, not the text “yes”."),
    Disorder("HB012", PACK, "/stages/0/name", None, "“name” cannot be null."),
    Disorder("HB012", PACK, "/stages/0/next", {}, "“next” is a list, not an object."),
    Disorder("HB012", PACK, f"{TASK}/reasons", [], "“reasons” is an object, not a list."),
    Disorder("HB012", PACK, f"{CLOCK}/starts/0", 7, "“starts” is a point in time, not the number 7."),
    Disorder("HB012", PACK, f"{CLOCK}/period", 4, "A branch of a period is an object, not the number 4."),
    Disorder(
        "HB012",
        PACK,
        f"{CLOCK}/period",
        "4 weeks",
        "A branch of a period is an object, not the text “4 weeks”.",
    ),
    Disorder("HB012", PACK, "/stages/0/code", 7, "“code” is a code, not the number 7."),
    Disorder(
        "HB012", PACK, "/stages/0/effective_from", 2026, "“effective_from” is a date, not the number 2026."
    ),
    Disorder("HB012", PACK, "/stages/0/master_stage", 1, "“master_stage” is a text, not the number 1."),
    Disorder("HB012", CAS, "/cases/0/created_at", 1, "“created_at” is an instant, not the number 1."),
    Disorder(
        "HB012",
        CAS,
        "/cases/0/facts/patch",
        {"a": 1},
        "“facts” is a text, a number, true, false or a list of texts, not an object.",
    ),
    Disorder("HB012", TEM, "/templates/0/language", 1, "“language” is a language tag, not the number 1."),
    Disorder("HB013", PACK, "/stages/0/name", "  ", "“name” is empty."),
    Disorder("HB013", PACK, "/stages/0/name", "x" * 201, "“name” has 201 characters; at most 200 are kept."),
    Disorder("HB013", PACK, "/stages/0/name", "a\nb", "“name” is one line"),
    Disorder("HB013", PACK, f"{CLOCK}/starts", [], "“starts” needs at least 1 item."),
    Disorder(
        "HB013",
        PACK,
        f"{CLOCK}/ends",
        [f"event:e{n}" for n in range(21)],
        "“ends” has 21 items; at most 20 are kept.",
    ),
    Disorder(
        "HB013",
        TEM,
        "/templates/0/language",
        "Welsh",
        "“Welsh” is not a language tag.",
        help='For example "cy".',
    ),
    Disorder("HB013", CAL, "/hours/mon/0/0", "9am", "“9am” is not a time of day."),
    Disorder("HB013", CAL, "/hours/mon/0/0", "25:00", "“25:00” is not a time of day."),
    Disorder(
        "HB013", CAS, "/cases/0/facts", {f"f{n}": 1 for n in range(201)}, "“facts” has more than 200 keys."
    ),
    Disorder(
        "HB014", PACK, "/stages/1/code", "The Offer", "“The Offer” is no code.", help="Perhaps “the_offer”."
    ),
    Disorder("HB014", GRO, "/groups/0/members/0/id", "Some One", "The id of a role is a code."),
    Disorder("HB015", ESC, "/rules/1/repeat/times", 53, "“times” is between 1 and 52."),
    Disorder("HB015", ESC, "/rules/1/repeat/times", 0, "“times” is between 1 and 52."),
    Disorder("HB015", ESC, "/rules/1/after/value", 0, "“value” is between 1 and 10,000."),
    Disorder(
        "HB016",
        ESC,
        "/rules/0/trigger",
        "target_passed",
        "“trigger” cannot be “target_passed”. Did you mean “target_exceeded”?",
        help="One of: amber",
    ),
    Disorder("HB016", ESC, "/rules/1/after/unit", "day", "“unit” cannot be “day”. Did you mean “days”?"),
    Disorder(
        "HB016",
        PACK,
        f"{TASK}/reasons",
        {"completed": ["x"]},
        "“reasons” cannot be “completed”.",
        at=f"{TASK}/reasons/completed",
    ),
    Disorder("HB016", ESC, "/rules/0/catch_up", "newest", "“catch_up” cannot be “newest”."),
    Disorder(
        "HB017",
        ESC,
        "/rules/0/effective_from",
        "1 April 2026",
        "“1 April 2026” is no date.",
        help='"2026-04-01"',
    ),
    Disorder("HB017", ESC, "/rules/0/effective_from", "2026-02-30", "“2026-02-30” is no date."),
    Disorder("HB017", ESC, "/rules/0/effective_from", "20260401", "“20260401” is no date."),
    Disorder("HB017", CAS, "/cases/0/created_at", "2026-11-03T09:30:00", "has no offset from UTC"),
    Disorder("HB017", CAS, "/cases/0/created_at", "yesterday", "“yesterday” is no instant."),
    Disorder(
        "HB018",
        ESC,
        "/rules/0/schemes",
        ["right_to_buy", "right_to_buy"],
        "“right_to_buy” stands twice in “schemes”.",
        at="/rules/0/schemes/1",
    ),
    Disorder(
        "HB020",
        ESC,
        "/rules/0",
        another_rule(effective_from="2026-04-01", effective_to="2026-04-01", id="overdue"),
        "is not after",
        at="/rules/0/effective_to",
    ),
    Disorder(
        "HB020", OFF, "/absences/0/to", "2026-11-02", "“to” (2026-11-02) is not after “from” (2026-11-02)."
    ),
]


def test_it_is_found_at_its_place(disorder: Disorder, problems: list[Located]) -> None:
    disorder.check(problems)
