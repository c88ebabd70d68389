"""What is wrong with letters, attributes, groups, calendars, officers and sample cases."""

from homebuy_plugin.documents.diagnostics import Located
from homebuy_plugin.testing.disorders import DROP, Disorder

TEM = "templates.json"
CAL = "calendar.json"
GRO = "groups.json"
ATT = "attributes.json"
OFF = "officers.json"
CAS = "cases.json"

DISORDERS = [
    Disorder("HB301", TEM, "/templates/0/body", "((Due On))", "“((Due On))” is no placeholder."),
    Disorder(
        "HB302",
        TEM,
        "/templates/0/body",
        "Due ((due_on) today",
        "“((” has no “))”, near “Due ((due_on) today”.",
    ),
    Disorder("HB302", TEM, "/templates/0/subject", "due_on)) today", "“))” has no “((”"),
    Disorder(
        "HB303", ATT, "/attributes/0/options", ["n", "s"], "Only a choice has options, and “type” is text."
    ),
    Disorder("HB303", ATT, "/attributes/0/phrases", ["is", "is not"], "Only a yes_no attribute has phrases"),
    Disorder("HB304", ATT, "/attributes/0/default", 7, "The default is the number 7, and a text is needed."),
    Disorder(
        "HB305",
        ATT,
        "/attributes/-",
        {"name": "patch", "type": "text"},
        "There is another attribute “patch” in this file.",
        at="/attributes/3/name",
    ),
    Disorder(
        "HB305",
        ATT,
        "/attributes/-",
        {"name": "served_on", "type": "text"},
        "The name “served_on” is taken by homebuy_plugin, with the type date.",
        at="/attributes/3/name",
    ),
    Disorder("HB306", TEM, "/templates/0/body", "((due_day))", "There is no placeholder “due_day”."),
    Disorder(
        "HB307",
        TEM,
        "/templates/0/body",
        "((solicitor))",
        "The fact “solicitor” may not be shown in letters.",
    ),
    Disorder(
        "HB308",
        TEM,
        "/templates/-",
        {"id": "overdue", "subject": "", "body": "x"},
        "There is another template “overdue en email” in this file.",
        at="/templates/1/id",
    ),
    Disorder(
        "HB310",
        GRO,
        "/groups/-",
        {"id": "legal", "name": "Legal 2"},
        "There is another group “legal” in this file.",
        at="/groups/1/id",
    ),
    Disorder("HB401", CAL, "/hours", {"mon": []}, "This calendar is never open"),
    Disorder(
        "HB402", CAL, "/hours/mon/0", ["17:00", "09:00"], "It ends at 09:00, not after it starts at 17:00."
    ),
    Disorder("HB402", CAL, "/closures/0/to", "11:00", "It ends at 11:00, not after it starts at 12:00."),
    Disorder("HB402", CAL, "/closures/0/to", DROP, "“from” and “to” come together.", at="/closures/0"),
    Disorder(
        "HB403",
        CAL,
        "/hours/mon/1/0",
        "12:00",
        "It starts at 12:00, before the one in front of it ends (12:30).",
        at="/hours/mon/1",
    ),
    Disorder("HB404", CAL, "/timezone", "Europe/Londn", "There is no time zone “Europe/Londn”."),
    Disorder("HB404", CAL, "/timezone", "../../etc/passwd", "There is no time zone"),
    Disorder(
        "HB405",
        CAL,
        "/holidays/-",
        {"date": "2026-12-25"},
        "2026-12-25 is a holiday twice.",
        at="/holidays/1",
    ),
    Disorder(
        "HB408",
        CAL,
        "/service",
        [{"method": "hand", "after": 0, "legal_basis": {"status": "policy"}}] * 2,
        "The way of sending “hand” is there twice.",
        at="/service/1/method",
    ),
    Disorder("HB501", CAS, "/cases/0/facts/property_typ", "flat", "There is no fact “property_typ”."),
    Disorder(
        "HB501",
        CAS,
        "/cases/0/facts/property_type",
        "castle",
        "“property_type” is the text “castle”, which is none of",
    ),
    Disorder("HB163", CAS, "/cases/0/scheme", "right_to_by", "There is no scheme “right_to_by”."),
    Disorder(
        "HB502",
        OFF,
        "/officers/-",
        {"id": "p.shah", "name": "Other"},
        "“p.shah” is there twice.",
        at="/officers/1/id",
    ),
]


def test_it_is_found_at_its_place(disorder: Disorder, problems: list[Located]) -> None:
    disorder.check(problems)
