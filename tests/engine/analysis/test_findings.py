"""What the findings say."""

import pytest

from homebuy_plugin.engine import Catalogue, Variable, compile_conditions
from homebuy_plugin.engine.analysis import Ruling, analyse_each, analyse_ranked

CATALOGUE = Catalogue.of(
    [
        Variable(
            name="scheme",
            label="scheme",
            type="choice",
            options=("right_to_buy", "right_to_acquire", "social_homebuy"),
            never_missing=True,
        ),
        Variable(name="home", label="property type", type="choice", options=("flat", "house")),
        Variable(name="worth", label="estimated value", type="number"),
        Variable(
            name="heads", label="number of applicants", type="number", whole=True, least=1, never_missing=True
        ),
        Variable(name="patch", label="patch", type="text"),
        Variable(name="flags", label="flags of the case", type="choices", never_missing=True),
        Variable(
            name="joint", label="joint", type="yes_no", true_phrase="two apply", false_phrase="one applies"
        ),
        Variable(name="today", label="day", type="date", never_missing=True),
        Variable(name="late", label="time overdue", type="duration"),
        Variable(name="seen", label="call", type="date_time"),
        Variable(name="overdue", label="number of days overdue", type="number", whole=True, least=0),
    ]
)


def leaf(name, operator, *value):
    return {"name": name, "operator": operator, **({"value": value[0]} if value else {})}


def compiled(raw):
    return compile_conditions(raw, CATALOGUE)


def rule(title, raw, outcome="", *limits):
    return Ruling(
        title=title, conditions=compiled(raw), outcome=outcome or title, limits=tuple(map(compiled, limits))
    )


def messages(report, kind):
    return [each.message for each in report.of(kind)]


def gap_of(*raw, **options):
    report = analyse_ranked([rule(f"R{n}", each) for n, each in enumerate(raw)], **options)
    return messages(report, "gap")


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ([leaf("scheme", "is_not", "right_to_buy")], "the scheme is right to buy"),
        ([leaf("scheme", "is", "right_to_buy")], "the scheme is right to acquire or social homebuy"),
        ([leaf("home", "is", "flat")], "the property type is house or is not known"),
        ([leaf("home", "is_known")], "the property type is not known"),
        ([leaf("home", "is_missing")], "the property type is known"),
        ([leaf("patch", "is_not_one_of", ["N1", "N2"])], "the patch is “N1” or “N2” or is not known"),
        ([leaf("patch", "is_one_of", ["N1", "N2"])], "the patch is not “N1” or “N2” or is not known"),
        ([leaf("worth", "greater_than", 150_000)], "the estimated value is at most 150,000 or is not known"),
        ([leaf("worth", "is_not", 5), leaf("worth", "is_missing")], "the estimated value is 5"),
        (
            [leaf("worth", "less_than", 1), leaf("worth", "greater_than", 2), leaf("worth", "is_missing")],
            "the estimated value is from 1 to 2",
        ),
        (
            [leaf("worth", "between", [1, 2]), leaf("worth", "is_missing")],
            "the estimated value is less than 1 or more than 2",
        ),
        ([leaf("heads", "greater_than", 2)], "the number of applicants is from 1 to 2"),
        ([leaf("heads", "less_than", 3)], "the number of applicants is at least 3"),
        ([leaf("heads", "is_not", 2)], "the number of applicants is 2"),
        (
            [leaf("today", "before", "2026-04-01"), leaf("today", "after", "2026-04-03")],
            "the day is from 1 April 2026 to 3 April 2026",
        ),
        (
            [leaf("today", "before", "2026-04-01"), leaf("today", "after", "2026-04-01")],
            "the day is 1 April 2026",
        ),
        ([leaf("today", "on_or_after", "2026-04-01")], "the day is on or before 31 March 2026"),
        (
            [leaf("late", "longer_than", "PT48H"), leaf("late", "is_missing")],
            "the time overdue is at most 2 days",
        ),
        (
            [leaf("seen", "before", "2026-04-01T09:00:00Z"), leaf("seen", "is_missing")],
            "the call is on or after 1 April 2026, 09:00 UTC",
        ),
        ([leaf("joint", "is_true"), leaf("joint", "is_missing")], "one applies"),
        ([leaf("flags", "contains", "told")], "the flags of the case do not include “told”"),
        ([leaf("flags", "does_not_contain", "told")], "the flags of the case include “told”"),
        ([leaf("flags", "is_contained_by", ["told"])], "the flags of the case include something else"),
        (
            [leaf("patch", "starts_with", "N"), leaf("patch", "is_missing")],
            "the patch does not start with “N”",
        ),
    ],
)
def test_gaps_in_words(raw, words):
    (found,) = gap_of(*raw)
    assert found.startswith(f"No rule applies when {words}.")


def test_two_counts_leave_nothing_between_them():
    assert gap_of(leaf("heads", "less_than", 3), leaf("heads", "greater_than", 2)) == []
    assert gap_of(leaf("today", "before", "2026-04-02"), leaf("today", "after", "2026-04-01")) == []
    assert (
        gap_of(leaf("worth", "less_than", 3), leaf("worth", "greater_than", 2), leaf("worth", "is_missing"))
        == []
    )


def test_a_gap_has_a_sample_case():
    report = analyse_ranked(
        [rule("A", {"all": [leaf("scheme", "is", "right_to_buy"), leaf("worth", "greater_than", 73_000)]})]
    )
    told = {str(each.facts) for each in report.of("gap")}
    assert told == {"{'scheme': 'right_to_acquire'}", "{'worth': 73000}"}
    assert any("For example: estimated value 73,000." in each for each in messages(report, "gap"))


def test_no_rules_at_all():
    assert gap_of() == ["No rule applies at all."]


def test_a_rule_without_conditions_leaves_no_gap_and_shadows_what_follows():
    report = analyse_ranked([rule("All", None), rule("Late", leaf("home", "is", "flat"))])
    assert messages(report, "shadowed") == ["“Late” never gets a turn: “All” takes all its cases first."]
    assert report.of("gap") == ()


def test_a_rule_is_shadowed_by_several_together():
    parts = [leaf("home", "is", "flat"), leaf("home", "is", "house"), leaf("home", "is_missing")]
    report = analyse_ranked([*(rule(f"R{n}", each) for n, each in enumerate(parts)), rule("Last", None)])
    (found,) = report.of("shadowed")
    assert found.others == (0, 1, 2)
    assert found.message == "“Last” never gets a turn: “R0”, “R1” and “R2” take all its cases first."


def test_contradictions_name_the_variable():
    both = {"all": [leaf("worth", "less_than", 1), leaf("worth", "greater_than", 2)]}
    never = rule("Never", both)
    (found,) = analyse_ranked([never]).of("contradiction")
    assert (
        found.message
        == "“Never” can never apply: its conditions on the estimated value contradict each other."
    )
    nested = {
        "all": [
            {"any": [leaf("joint", "is_true"), leaf("home", "is", "flat")]},
            {"not": leaf("home", "is_known")},
            leaf("joint", "is_false"),
        ]
    }
    (found,) = analyse_ranked([rule("Never", nested)]).of("contradiction")
    assert found.message == "“Never” can never apply: its conditions contradict each other."


def test_what_surrounds_a_rule_can_exclude_it():
    late = rule("Late", leaf("overdue", "greater_than", 3), "", leaf("overdue", "is_missing"))
    (found,) = analyse_each([late]).of("excluded")
    assert found.message == (
        "“Late” can never apply: when it is asked, the number of days overdue is not known, "
        "and its conditions need that the number of days overdue is at least 4."
    )
    scene = compiled(leaf("overdue", "is_missing"))
    assert analyse_ranked([rule("Late", leaf("overdue", "greater_than", 3))], scene=scene).of("excluded")


def test_overlaps_leave_exceptions_alone():
    flat, cheap = leaf("home", "is", "flat"), leaf("worth", "less_than", 100_000)
    exception = [rule("Cheap flats", {"all": [flat, cheap]}), rule("Flats", flat)]
    assert analyse_ranked(exception).of("overlap") == ()
    (found,) = analyse_ranked([rule("Flats", flat), rule("Cheap", cheap)]).of("overlap")
    assert found.message == (
        "“Flats” goes before “Cheap” in cases they share, for example when the property type is flat "
        "and the estimated value is less than 100,000."
    )
    assert (found.rule, found.others, found.facts) == (0, (1,), {"home": "flat", "worth": 99_999})
    assert analyse_ranked([rule("Flats", flat, "x"), rule("Cheap", cheap, "x")]).of("overlap") == ()


def test_redundant_rules():
    flat = leaf("home", "is", "flat")
    report = analyse_ranked([rule("Flats", flat, "x"), rule("All", None, "x")])
    assert messages(report, "redundant") == ["“Flats” could be left out: “All” gives its cases the same."]
    between = [rule("Flats", flat, "x"), rule("Joint", leaf("joint", "is_true"), "y"), rule("All", None, "x")]
    assert analyse_ranked(between).of("redundant") == ()


def test_dead_values_and_alternatives():
    taken = rule("Flats", leaf("home", "is", "flat"))
    listed = rule("Homes", {"all": [leaf("home", "is_one_of", ["house", "flat"])]})
    (found,) = analyse_ranked([taken, listed]).of("dead_part")
    assert (found.rule, found.pointer) == (1, "/conditions/all/0/value/1")
    assert found.message == "In “Homes” the value flat never makes a difference."
    either = rule(
        "Either",
        {"any": [{"all": [leaf("home", "is", "flat"), leaf("joint", "is_true")]}, leaf("joint", "is_false")]},
    )
    (found,) = analyse_ranked([taken, either]).of("dead_part")
    assert (found.rule, found.pointer) == (1, "/conditions/any/0")


def test_gaps_in_dates_are_told_apart():
    old = rule("Old", leaf("home", "is", "flat"), "", leaf("today", "before", "2026-06-01"))
    new = rule("New", leaf("home", "is", "flat"), "", leaf("today", "on_or_after", "2026-06-10"))
    report = analyse_ranked([old, new], dates=["today"])
    assert [m.split(". ")[0] for m in messages(report, "gap")] == [
        "No rule applies when the property type is house or is not known"
    ]
    assert messages(report, "date_gap") == [
        "No rule applies when the day is from 1 June 2026 to 9 June 2026. For example: day 1 June 2026."
    ]


# --- where it is not exact ----------------------------------------------------------------------


def test_one_test_of_letters_is_exact_and_several_are_not():
    north, south = leaf("patch", "starts_with", "N"), leaf("patch", "starts_with", "S")
    assert analyse_ranked([rule("N", north), rule("Not N", {"not": north})]).exact
    report = analyse_ranked([rule("N", north), rule("S", south)])
    assert not report.exact
    assert "look at the letters of “patch”" in messages(report, "inexact")[0]


def test_tests_of_letters_are_decided_on_the_constants_that_rules_name():
    north = leaf("patch", "starts_with", "N")
    report = analyse_ranked(
        [rule("North", north), rule("N1", leaf("patch", "is", "N1")), rule("S1", leaf("patch", "is", "S1"))]
    )
    assert [each.rule for each in report.of("shadowed")] == [1]
    never = analyse_ranked([rule("Never", {"all": [north, leaf("patch", "is", "S1")]})])
    assert [each.rule for each in never.of("contradiction")] == [0]


def test_past_the_budget_it_says_so():
    rules = [
        rule(f"R{n}", {"all": [leaf("worth", "greater_than", n), leaf("heads", "is", n + 1)]})
        for n in range(40)
    ]
    report = analyse_ranked(rules, budget=20)
    assert not report.exact
    assert messages(report, "inexact") == [
        "The analysis was not completed: the rules cut the cases into too many parts."
    ]


def test_a_rule_of_too_many_combinations_is_left_out_and_said_to_be():
    pairs = [
        {"any": [leaf("flags", "contains", f"{n}a"), leaf("flags", "contains", f"{n}b")]} for n in range(12)
    ]
    report = analyse_ranked([rule("Wide", {"all": pairs}), rule("All", leaf("home", "is", "flat"))])
    assert not report.exact
    assert "“Wide” has too many combinations" in messages(report, "inexact")[0]
    assert report.of("gap") == (), "it may take them"


def test_a_thousand_rules_take_about_a_second():
    from time import perf_counter

    rules = [
        rule(
            f"R{n}",
            {
                "all": [
                    leaf("patch", "is", f"P{n % 83}"),
                    leaf("worth", "greater_than", n * 7 % 350),
                    leaf("home", "is", "flat" if n % 3 else "house"),
                ]
            },
            f"team {n % 40}",
        )
        for n in range(1_000)
    ]
    started = perf_counter()
    report = analyse_ranked(rules)
    assert report.exact
    assert report.of("shadowed")
    assert perf_counter() - started < 10, "generous: machines of the index are slow and shared"


def test_exactly_one_of_several_is_not_all_of_them():
    one = leaf("flags", "shares_exactly_one_element_with", ["a", "b"])
    both = leaf("flags", "contains_all", ["a", "b"])
    assert messages(analyse_each([rule("Never", {"all": [one, both]})]), "contradiction")
    assert not messages(analyse_each([rule("Some", {"all": [one, {"not": both}]})]), "contradiction")


def test_boxes_that_differ_in_one_dimension_are_joined_and_lose_nothing():
    homes = {"any": [leaf("home", "is", each) for each in ("flat", "house")]}
    rules = [rule("First", homes, "x"), rule("Second", leaf("home", "is", "flat"), "y")]
    assert messages(analyse_ranked(rules), "shadowed")
    assert messages(analyse_ranked(rules[::-1]), "shadowed") == []
