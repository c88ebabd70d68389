"""Rules in plain English."""

import pytest

from homebuy_plugin.cli.place import Place
from homebuy_plugin.cli.vocabulary import shipped_book
from homebuy_plugin.documents.model import ActionDef, AppliesTo, Duration, EscalationRule
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
        ("rtb2-overdue-prepare", "then: set the flag delay_risk"),
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
