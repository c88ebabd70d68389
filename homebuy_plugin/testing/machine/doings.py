"""What a person may do to a case now: the change, and the same for the oracle."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta

from homebuy_plugin import CaseChange, TaskChange
from homebuy_plugin.testing.office_hours import local_date
from homebuy_plugin.testing.oracle import TinyCase


@dataclass(frozen=True)
class Doing:
    """A change of a task, or of the case.

    Attributes:
        task: its code; "" where the case is changed.
        expected: tells the oracle.
    """

    task: str
    change: TaskChange | CaseChange
    expected: Callable[[datetime], None]


def doings(case: TinyCase, task: str, number: int, now: datetime) -> list[Doing]:
    """Everything that is not refused."""
    settled = deepcopy(case)
    settled.settle_first(now)
    on_hold = {h.scope for h in settled.holds}
    until = local_date(max(now, settled.last_at)) + timedelta(days=1 + number)
    found = [_ending(case, task)]
    if case.status["work"] == "open":
        found += [
            Doing("work", TaskChange.hold("wait", by="amir"), lambda at: case.hold("work", at)),
            Doing(
                "work",
                TaskChange.hold("wait", until=until, by="amir"),
                lambda at: case.hold("work", at, until),
            ),
            Doing("work", TaskChange.activity(by="amir"), case.activity),
        ]
    if "work" in on_hold:
        found.append(Doing("work", TaskChange.release(by="amir"), lambda at: case.release("work", at)))
    return [*found, *_of_case(case, number, held="case" in on_hold)]


def _ending(case: TinyCase, task: str) -> Doing:
    if case.status[task] == "open":
        return Doing(task, TaskChange.complete(by="amir"), lambda at: case.complete(task, at))
    return Doing(task, TaskChange.reopen("again", by="amir"), lambda at: case.reopen(task, at))


def _of_case(case: TinyCase, number: int, *, held: bool) -> Iterator[Doing]:
    if held:
        yield Doing("", CaseChange.release(by="amir"), lambda at: case.release("case", at))
    else:
        yield Doing("", CaseChange.hold("ill", by="amir"), lambda at: case.hold("case", at))
    changed = CaseChange.update(facts={"bedrooms": number}, by="amir")
    yield Doing("", changed, lambda at: case.bedrooms(number, at))
    yield Doing("", CaseChange.record("visit", by="amir"), case.visit)
