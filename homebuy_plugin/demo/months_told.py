"""The months one by one: what came in, what was done, what was late, and what stood out."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

from homebuy_plugin.demo.walk import Months
from homebuy_plugin.insight.history import Told, history
from homebuy_plugin.insight.wording import count, spell_date
from homebuy_plugin.types import Event
from homebuy_plugin.workflow import events as e

_STANDS_OUT = (e.CASE_REASSIGNED, e.EVENT_RECORDED, e.CASE_STATUS, e.CASE_UNALLOCATED, e.CLOSURE_PROPOSED)
_ANCHORS = {"amber": "warnings", "target": "targets passed", "after": "follow-ups"}


def by_month(months: Months) -> Iterator[str]:
    """Numbers of each month, and what stood out in it."""
    zone = ZoneInfo(months.hb.settings.timezone)
    numbers: dict[tuple[int, int], Counter[str]] = {}
    for event in months.diary.events:
        on = event.at.astimezone(zone).date()
        numbers.setdefault((on.year, on.month), Counter()).update(_counted(event))
    special = _special(months)
    for (year, month), found in sorted(numbers.items()):
        yield f"{date(year, month, 1):%B %Y}"
        yield f"  {_sentence(found)}"
        for on, reference, text in special.get((year, month), ()):
            yield f"    {spell_date(on):<15}  {reference}  {months.people[reference]}: {text.rstrip('.')}."


def _counted(event: Event) -> list[str]:
    if event.kind == e.RUNG_DECIDED:
        fired = event.data["outcome"] == "fired"
        return [_ANCHORS.get(event.data["anchor"].partition(":")[0], "others")] if fired else []
    if event.kind == e.CLOCK_ENDED:
        return [str(event.data["status"])]
    return [event.kind]


def _sentence(found: Counter[str]) -> str:
    met, missed = found["met"], found["missed"]
    kept = f"{met} of {met + missed} deadlines kept" if met + missed else "no deadline ended"
    return (
        f"{count(found[e.CASE_CREATED], 'case')} came in, {count(found[e.TASK_COMPLETED], 'task')} done, "
        f"{kept}; {count(found['warnings'], 'amber warning')}, "
        f"{count(found['targets passed'], 'alert')} for a target passed, "
        f"{count(found['follow-ups'], 'follow-up')}."
    )


def _special(months: Months) -> dict[tuple[int, int], list[tuple[date, str, str]]]:
    """What stood out, by month; of each case what its own history says."""
    references = sorted({ev.reference for ev in months.diary.events if _stands_out(ev)})
    found: defaultdict[tuple[int, int], list[tuple[date, str, str]]] = defaultdict(list)
    for reference in references:
        for each in history(months.hb.desk, months.hb.engine, reference):
            if _worth(each):
                found[each.on.year, each.on.month].append((each.on, reference, each.text))
    return {key: sorted(rows, key=lambda row: row[:2]) for key, rows in found.items()}


def _worth(each: Told) -> bool:
    if each.kind == e.HELD:
        return each.text.startswith("The case")
    if each.kind == e.TASK_COMPLETED:
        return each.text.endswith("is deny")
    return each.kind in _STANDS_OUT and each.text != "The case is withdrawn"


def _denied(event: Event) -> bool:
    return event.kind == e.TASK_COMPLETED and event.data["facts"].get("eligibility_decision") == "deny"


def _stands_out(event: Event) -> bool:
    if _denied(event):
        return True
    return event.kind in _STANDS_OUT or (event.kind == e.HELD and event.data["scope"] == "case")
