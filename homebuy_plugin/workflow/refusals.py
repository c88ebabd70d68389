"""What the law does not let a task do yet, as its pack says."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from homebuy_plugin.clock.counting import shift_date
from homebuy_plugin.documents.model import Duration, Refusal
from homebuy_plugin.exceptions import NotAllowed
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.clocks import in_the_way
from homebuy_plugin.workflow.definitions import clock_def, task_def
from homebuy_plugin.workflow.letter_words import spell_date
from homebuy_plugin.workflow.state import ClockState, TaskState


def check_refusals(case: Casework, task: TaskState, facts: Mapping[str, Any], on: date, at: datetime) -> None:
    """Refuse to complete a task that the law does not let be done on a date, or say what it says.

    Args:
        case: as it stands.
        task: the one to be completed.
        facts: told with the completion; they count.
        on: the local date it is said to have been done.
        at: the instant of the change.

    Raises:
        NotAllowed: with the reasons of the pack.
    """
    definition = task_def(case, task)
    refusals = definition.refuse if definition else ()
    if not refusals:
        return
    # judged as if the facts were known, on a copy: nothing has been decided yet
    tried = replace(case, state=case.state.copy())
    tried.state.facts.update(facts)
    found = [(refusal.firm, why) for refusal in refusals for why in _why(tried, refusal, task, on, at)]
    reasons = [why for firm, why in found if firm]
    if reasons:
        raise NotAllowed(f"Task {task.code!r} cannot be completed: {' '.join(reasons)}")
    case.because.extend(why for _, why in found)


def _why(case: Casework, refusal: Refusal, task: TaskState, on: date, at: datetime) -> Iterator[str]:
    if refusal.when is not None and case.holds(refusal.when, at, case.subject(task=task)):
        yield refusal.why
    for clock in case.state.clocks.values():
        if clock.code == refusal.before and clock.status in ("running", "met", "missed"):
            yield from _not_yet(case, clock, refusal, on)
    if refusal.fact is not None and refusal.within is not None:
        yield from _too_late(case, refusal, refusal.fact, refusal.within, on)


def _not_yet(case: Casework, clock: ClockState, refusal: Refusal, on: date) -> Iterator[str]:
    due_on, _ = clock.target
    first = due_on if clock.counting == "at_least" else due_on + timedelta(days=1)
    if on < first:
        yield f"{refusal.why} The first day is {spell_date(first)}."
    definition, about = clock_def(case, clock), case.subject(clock=clock)
    for block in definition.blocks if definition else ():
        if in_the_way(case, block, about):
            yield block.why or refusal.why


def _too_late(case: Casework, refusal: Refusal, fact: str, within: Duration, on: date) -> Iterator[str]:
    told = case.state.facts.get(fact)
    latest = shift_date(on, within, case.world.home)
    if isinstance(told, date) and told > latest:
        yield f"{refusal.why} The latest day is {spell_date(latest)}."
