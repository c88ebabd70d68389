"""A rule asked about very many cases is evaluated once for the values that it reads."""

import pytest

from homebuy_plugin.engine import Catalogue, Variable, compile_conditions, evaluate
from homebuy_plugin.engine import remembered as module
from homebuy_plugin.engine.remembered import Remembered

CATALOGUE = Catalogue.of(
    [
        Variable(name="rooms", label="rooms", type="number"),
        Variable(name="patch", label="patch", type="text"),
        Variable(name="sent", label="sent", type="yes_no"),
        Variable(name="flags", label="flags", type="choices"),
    ]
)


class Asked:
    """A rule, with how often it was evaluated and what was read of each case."""

    def __init__(self, *conditions):
        self.conditions = compile_conditions({"all": list(conditions)}, CATALOGUE)
        self.evaluated, self.read = 0, []
        self.answer = Remembered(self._evaluate, lambda found: found.error is None)

    def _evaluate(self, values):
        self.evaluated += 1
        return evaluate(self.conditions, values)

    def __call__(self, **case):
        def value(name):
            self.read.append(name)
            return case.get(name)

        return self.answer(value)


def condition(name, operator, *value):
    return {"name": name, "operator": operator, **({"value": value[0]} if value else {})}


ROOMS, PATCH = condition("rooms", "greater_than", 2), condition("patch", "equal_to", "N1")


def test_equal_values_are_evaluated_once():
    rule = Asked(ROOMS, PATCH)
    assert [rule(rooms=r, patch=p).result for r, p in [(3, "N1"), (3, "S4"), (3, "N1"), (3, "S4")]] == [
        True,
        False,
        True,
        False,
    ]
    assert rule.evaluated == 2
    assert rule(rooms=3).seen[1].result == "unknown"
    assert rule.evaluated == 3


def test_what_the_evaluation_does_not_come_to_is_not_read():
    rule = Asked(ROOMS, PATCH)
    for _ in range(2):
        assert not rule(rooms=1, patch="N1").result
    assert (rule.evaluated, rule.read) == (1, ["rooms", "rooms"])


def test_values_that_only_python_calls_equal_are_told_apart():
    rule = Asked(condition("rooms", "equal_to", 1))
    assert rule(rooms=1).result
    assert rule(rooms=1.0).result
    assert "rooms" in (rule(rooms=True).error or "")
    sent = Asked(condition("sent", "is_true"))
    assert sent(sent=True).result
    assert "sent" in (sent(sent=1).error or "")


def test_an_error_is_evaluated_each_time():
    rule = Asked(ROOMS)
    assert rule(rooms="many").error == rule(rooms="many").error is not None
    assert rule.evaluated == 2


@pytest.mark.parametrize("flags", [["a"], {"a"}, (["a"],)])
def test_what_can_change_is_no_key(flags):
    rule = Asked(condition("flags", "contains", "a"))
    first, second = rule(flags=flags), rule(flags=flags)
    assert (first.result, first.error) == (second.result, second.error)
    assert rule.evaluated == 2
    assert rule(flags=("a",)).result
    assert rule(flags=("a",)).result
    assert rule.evaluated == 3


def test_a_reader_that_fails_is_an_error_of_the_evaluation():
    rule = Asked(ROOMS)
    assert rule(rooms=3).result

    def broken(name):
        raise LookupError("no such room")

    assert "no such room" in rule.answer(broken).error


def test_no_more_is_kept_than_so_many_answers(monkeypatch):
    monkeypatch.setattr(module, "_MOST", 3)
    rule = Asked(ROOMS)
    assert [rule(rooms=n).result for n in range(5)] == [False, False, False, True, True]
    assert rule.evaluated == 5
    rule(rooms=4)
    assert rule.evaluated == 5
    assert not rule(rooms=0).result
    assert rule.evaluated == 6


def test_conditions_that_are_absent_are_evaluated_once():
    conditions = compile_conditions(None, CATALOGUE)
    made = []
    always = Remembered(
        lambda values: made.append(1) or evaluate(conditions, values), lambda found: found.error is None
    )
    assert always({}.get).result
    assert always({}.get).result
    assert made == [1]
