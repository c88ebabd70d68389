"""What comes next in a case if nobody does anything: the one evaluator, run ahead on a copy."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from homebuy_plugin.exceptions import CalendarError
from homebuy_plugin.insight.subjects import subject_words
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.events import CaseEvent, as_instant
from homebuy_plugin.workflow.settle import settle

HORIZON = timedelta(days=120)
"""How far ahead is looked."""


@dataclass(frozen=True, kw_only=True)
class Upcoming:
    """One thing that will happen at an instant if nothing changes.

    Attributes:
        rule: id of the escalation rule, or None for what is no alert.
        what: in words; about: the task or stage, or "".
        to: names of those who would be told; letters: the templates.
    """

    at: datetime
    what: str
    about: str = ""
    rule: str | None = None
    to: tuple[str, ...] = ()
    letters: tuple[str, ...] = ()


def upcoming(case: Casework, horizon: timedelta = HORIZON) -> list[Upcoming]:
    """Alerts that would fire, tasks that would open and holds that would end, soonest first.

    The case given is left alone.
    """
    ahead = Casework(case.state.copy(), case.world, case.directory, case.now + horizon)
    with suppress(CalendarError):  # nothing is known beyond the calendar's last year
        settle(ahead, case.now + horizon)
    found = [each for event in ahead.events if (each := _told(ahead, event)) is not None]
    return sorted(found, key=lambda each: each.at)


def _told(ahead: Casework, event: CaseEvent) -> Upcoming | None:
    if event.kind == e.RUNG_DECIDED and event.data["outcome"] in ("fired", "errored"):
        return _alert(ahead, event.data)
    if event.kind == e.TASK_OPENED:
        task = event.data["task"]
        return Upcoming(at=event.at, what=f"“{subject_words(ahead, f'task:{task}', '-')[0]}” opens")
    return Upcoming(at=event.at, what="the hold ends") if event.kind == e.RELEASED else None


def _alert(ahead: Casework, data: dict[str, Any]) -> Upcoming:
    key = (data["subject"], data["clock"], data["run"], data["rule"], data["anchor"], data["occurrence"])
    notices = [notice for notice in ahead.notices if notice.rung == key]
    rule = ahead.world.rule(data["rule"], data["version"])
    name = (rule.name if rule else "") or data["rule"].replace("_", " ")
    failed = " (the rule cannot be applied)" if data["outcome"] == "errored" else ""
    return Upcoming(
        at=_instant(data["instant"]),
        what=name + failed,
        about="" if data["subject"] == "case" else subject_words(ahead, data["subject"], data["clock"])[0],
        rule=data["rule"],
        to=tuple(_once(n.recipient.name or n.recipient.id for n in notices)),
        letters=tuple(_once(n.template for n in notices)),
    )


def _instant(value: str) -> datetime:
    found = as_instant(value)
    assert found is not None  # noqa: S101 - every decided rung has its instant
    return found


def _once(values: Iterator[str]) -> dict[str, None]:
    return dict.fromkeys(values)
