"""Rules in plain English."""

import re

import pytest

from homebuy_plugin.cli.place import Place
from homebuy_plugin.cli.vocabulary import shipped_book
from homebuy_plugin.documents.model import ActionDef, AppliesTo, Duration, EscalationRule
from homebuy_plugin.engine import compile_conditions, describe_asked, describe_seen, evaluate
from homebuy_plugin.insight.rulebook import duration


@pytest.fixture(scope="module")
def book():
    return shipped_book(Place(None, None, ()))


def lines(book, rule_id):
    text = next(t for t in book.texts() if t.id == rule_id)
    return [f"{head}: {line}" for head, line in text.lines]


def test_every_shipped_rule_can_be_told(book):
    texts = book.texts()
    assert len(texts) == len(book.allocation) + len(book.escalation)
    for text in texts:
        heads = [head for head, _ in text.lines]
        assert "when" in heads
        assert "then" in heads
        assert all("  " not in line and "None" not in line for _, line in text.lines), text.id


def assert_no_code(text):
    """Codes are for documents: people read names. What has none stands in quotation marks, ids in brackets."""
    bare = re.sub(r"“[^”]*”|\([a-z0-9_-]+\)", "", text)
    assert not re.search(r"\w_\w", bare), text


def test_people_read_names_not_codes(book):
    for text in book.texts():
        for _, line in text.lines:
            assert_no_code(line)


def test_what_conditions_saw_is_told_in_names_too(book):
    for rule in (*book.allocation, *book.escalation):
        conditions = compile_conditions(rule.conditions, book.catalogue)
        for leaf in conditions.leaves.values():
            alone = {"name": leaf.variable.name, "operator": leaf.operator}
            one = compile_conditions(alone | ({} if leaf.alone else {"value": leaf.expected}), book.catalogue)
            many = isinstance(leaf.expected, list)
            seen = leaf.expected[0] if many and leaf.variable.type != "choices" else leaf.expected
            for value in (seen, None, "first_of_all"):
                given = [value] if leaf.variable.type == "choices" and isinstance(value, str) else value
                for told in evaluate(one, {leaf.variable.name: given}).seen:
                    assert_no_code(describe_seen(told, book.catalogue))
                    assert_no_code(describe_asked(told, book.catalogue))


def test_allocation_in_order_of_rank(book):
    ranks = {rule.id: rule.rank for rule in book.allocation}
    told = [ranks[text.id] for text in book.texts() if text.kind == "allocation"]
    assert told == sorted(told)


@pytest.mark.parametrize(
    ("rule_id", "line"),
    [
        ("rtb2-due-in-seven-days", "when: the warning “first” (7 days before the date) of “Serve the answer (RTB2)” (a date set by law) is reached"),
        ("rtb2-overdue-head-of-service", "when: 5 days after “RTB2 not served in time”, if any task is still open; and again every week, 4 more times"),
        ("nothing-happened", "when: any task is open and nothing is recorded on it for 10 working days"),
        ("on-hold-long", "when: any task stays on hold for 20 working days"),
        ("delay-notice-logged", "when: “The tenant served an initial notice of delay (RTB6)” is recorded"),
        ("stage-overdue", "when: the target of a stage has passed"),
        ("offer-unanswered-at-eight-weeks", "for: Right to Buy and Right to Acquire"),
        ("rtb2-overdue-prepare", "then: add the task “Prepare for a notice of delay”"),
        ("rtb2-overdue-prepare", "then: set the flag “delay_risk”"),
        ("again-within-a-year", "then: give the case to the owner of the applicant's earlier case of the last 12 months"),
        ("rta-to-sales", "then: give the case to one officer of the role sales officer, in turn"),
        ("rtb-leasehold-to-team", "then: keep the group Leasehold team informed"),
    ],
)  # fmt: skip
def test_the_words(book, rule_id, line):
    assert line in lines(book, rule_id)


def test_a_hosts_own_action_is_told_by_its_label(book):
    rule = EscalationRule(
        id="x", trigger="event", event="odd", actions=(ActionDef(name="ring_a_bell", params={"times": 3}),)
    )
    assert ("then", "ring_a_bell: times 3") in book.text(rule).lines


def test_stages_and_states(book):
    rule = EscalationRule(
        id="x",
        trigger="stagnant",
        after=Duration(value=1, unit="weeks"),
        state="watch",
        applies_to=AppliesTo(stages=("offer",)),
        actions=(),
    )
    text = book.text(rule)
    assert text.state.startswith("being watched")
    assert text.lines[0] == (
        "when",
        "any task in the stage “Offer” is open and nothing is recorded on it for 1 week",
    )


def test_durations():
    assert duration(Duration(value=1, unit="working_days")) == "1 working day"
    assert duration(Duration(value=3, unit="months")) == "3 months"
