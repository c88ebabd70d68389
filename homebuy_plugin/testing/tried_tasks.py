"""A case of one stage, played without a database: tasks to try changes on, and what is refused."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from homebuy_plugin.testing.worlds import PlayedCase, escalation_rules, new_case, small_world, with_rules
from homebuy_plugin.types import CaseFacts, TaskChange

Document = dict[str, Any]


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """An instant."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


MONDAY, TUESDAY = utc(2026, 11, 2, 10), utc(2026, 11, 3, 10)

LIMIT: Document = {
    "code": "limit",
    "kind": "service",
    "starts": ["stage.started"],
    "period": {"value": 5, "unit": "working_days"},
    "amber": [{"name": "first", "before": {"value": 1, "unit": "working_days"}}],
}
"""A target of the landlord's own."""


def law(**extension: Any) -> Document:
    """A clock of the law, of 28 days from service."""
    return {
        "code": "law",
        "kind": "statutory",
        "starts": ["case.served_on"],
        "period": {"value": 28, "unit": "days"},
        "amber": [{"name": "first", "before": {"value": 7, "unit": "days"}}],
        "extension": extension or None,
    }


def case_of(*tasks: Document, rules: Sequence[Document] = (), **claim: Any) -> PlayedCase:
    """A case with these tasks, served and created on Monday 2 November 2026."""
    made = [{"name": t["code"].title(), "mandatory": True, "clocks": [], **t} for t in tasks]
    work = {"code": "work", "name": "Work", "master_stage": "application", "next": [], "tasks": made}
    world = with_rules(small_world(work, events=[{"code": "noted"}]), *escalation_rules(*rules))
    facts = CaseFacts(reference="HB-1", scheme="right_to_buy", served_on=date(2026, 11, 2), **claim)
    return new_case(world, facts, MONDAY)


def refused(
    case: PlayedCase,
    change: TaskChange,
    task: str,
    error: type[Exception],
    words: str,
    at: datetime = TUESDAY,
) -> None:
    """A change is refused in these words, and nothing of the case is another."""
    before, events, said = case.state.copy(), len(case.events), ""
    try:
        case.play(change, at, task)
    except error as refusal:
        said = str(refusal)
    assert re.search(words, said), f"it was to be refused with {words!r}; what was said is {said!r}"
    assert (case.state, len(case.events)) == (before, events)
