"""What is wrong with a rule by itself: its conditions, what its trigger needs, its own tests."""

from homebuy_plugin.documents.diagnostics import Located
from homebuy_plugin.testing.disorders import DROP, Disorder, another_rule

ESC = "escalation.json"
ALL = "allocation.json"


DISORDERS = [
    Disorder(
        "HB110", ALL, "/rules/0/conditions/all/0/name", "property_typ", "There is no variable “property_typ”."
    ),
    Disorder(
        "HB115",
        ALL,
        "/rules/0/conditions",
        {"name": "task_code", "operator": "equal_to", "value": "serve_rtb3"},
        "“task_code” is never “serve_rtb3”.",
        at="/rules/0/conditions/value",
    ),
    Disorder("HB121", ESC, "/rules/0/actions/0/name", "close_case", "There is no action “close_case”."),
    Disorder(
        "HB150",
        ESC,
        "/rules/0/warning",
        "first",
        "“warning” belongs to rules with the trigger amber, not target_exceeded.",
    ),
    Disorder(
        "HB150",
        ESC,
        "/rules/0/follows",
        "overdue-later",
        "“follows” belongs to rules with the trigger follow_on",
    ),
    Disorder(
        "HB150", ESC, "/rules/1/task_state", "open", "“task_state” belongs to rules with the trigger stagnant"
    ),
    Disorder(
        "HB151",
        ESC,
        "/rules/1/follows",
        DROP,
        "A rule with the trigger follow_on needs “follows”.",
        at="/rules/1",
    ),
    Disorder(
        "HB151",
        ESC,
        "/rules/-",
        another_rule(trigger="stagnant"),
        "A rule with the trigger stagnant needs “after”.",
        at="/rules/2",
    ),
    Disorder(
        "HB151",
        ESC,
        "/rules/-",
        another_rule(trigger="event"),
        "A rule with the trigger event needs “event”.",
        at="/rules/2",
    ),
    Disorder(
        "HB152",
        ESC,
        "/rules/-",
        another_rule(id="overdue"),
        "There is another rule with the id “overdue” in this file.",
        at="/rules/2/id",
    ),
    Disorder("HB153", ALL, "/rules/1/rank", 10, "There is another rule with the rank “10” in this file."),
    Disorder(
        "HB154",
        ALL,
        "/rules/1/actions",
        [{"name": "set_manager", "params": {"user": "p.shah"}}],
        "gives the case no owner",
        severity="warning",
    ),
    Disorder(
        "HB155",
        ESC,
        "/rules/0/actions/1/params/flag",
        "telling",
        "No rule sets the flag “told”.",
        at="/rules/1/conditions/all/0/value",
        severity="warning",
    ),
    Disorder(
        "HB156",
        ESC,
        "/rules/1/name",
        "Overdue",
        "There is another rule called “Overdue” in this file.",
        severity="warning",
    ),
    Disorder(
        "HB157",
        ALL,
        "/rules/0/tests/0/given",
        {"property_typ": "flat"},
        "There is no variable “property_typ”.",
        at="/rules/0/tests/0/given/property_typ",
    ),
    Disorder(
        "HB157",
        ALL,
        "/rules/0/tests/0/given/property_type",
        "castle",
        "“property_type” is the text “castle”, which is none of: house",
    ),
    Disorder(
        "HB157",
        ALL,
        "/rules/0/tests/0/given/arrears_weeks",
        "3",
        "“arrears_weeks” is the text “3”, and a number is needed.",
    ),
    Disorder(
        "HB158",
        ALL,
        "/rules/0/tests/0/matches",
        False,
        "The test “a flat” expects no match; the rule matches.",
    ),
]


def test_it_is_found_at_its_place(disorder: Disorder, problems: list[Located]) -> None:
    disorder.check(problems)
