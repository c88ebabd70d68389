"""Dates set by law that the landlord missed, each with its whole ladder of alerts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from homebuy_plugin.demo.walk import Months
from homebuy_plugin.insight.why import Escalation, Explanation, why
from homebuy_plugin.insight.wording import count, days_late, listed, spell_date
from homebuy_plugin.types import ClockView, TaskView
from homebuy_plugin.workflow import events as e


@dataclass(frozen=True, slots=True)
class _Missed:
    """A dating of a statutory clock of ours whose target passed."""

    reference: str
    run: tuple[str, str, int]


def dates_set_by_law(months: Months) -> Iterator[str]:
    """Every ladder of a missed date, from its first warning to the day it was done."""
    missed = _missed(months)
    yield (
        "No hold and no holiday moves these dates. Here is each that was missed, with who was told when "
        "and by which letter."
    )
    told: dict[str, Explanation] = {}
    for each in missed:
        if each.reference not in told:
            told[each.reference] = why(months.hb.desk, months.hb.engine, each.reference)
        yield ""
        yield from _ladder(months, told[each.reference], each)
    yield ""
    yield _kept(months, len(missed))


def _missed(months: Months) -> list[_Missed]:
    """In order of the passing of the target; waits of others are not ours to keep."""
    kinds: dict[tuple[str, str], str] = {}
    waits: set[tuple[str, str]] = set()
    found: dict[_Missed, None] = {}
    for event in months.diary.events:
        data = event.data
        if event.kind == e.CLOCK_WAITING:
            kinds[event.reference, data["clock"]] = data["kind"]
        elif event.kind == e.TASK_CREATED and data["kind"] == "wait":
            waits.add((event.reference, f"task:{data['task']}"))
        elif event.kind == e.RUNG_DECIDED and data["anchor"] == "target":
            clock = f"{data['subject'].partition(':')[2]}:{data['clock']}"
            ours = (event.reference, data["subject"]) not in waits
            if ours and kinds.get((event.reference, clock)) == "statutory":
                found[_Missed(event.reference, (data["subject"], data["clock"], data["run"]))] = None
    return list(found)


def _ladder(months: Months, case: Explanation, missed: _Missed) -> Iterator[str]:
    task, clock = _find(case, missed)
    rungs = [r for r in case.escalations if r.run == missed.run and r.outcome == "fired"]
    if task is None or clock is None or not rungs:
        return
    law = f"{clock.legal_basis.get('instrument', '')} s.{clock.legal_basis.get('section', '')}"
    whose = months.people[missed.reference]
    yield f"{missed.reference}  {whose}: “{task.name}”, due {spell_date(clock.due_on)} ({law})"
    for rung in rungs:
        yield f"  {spell_date(_day(rung)):<15}  {_colour(rung):<5}  {rung.name}{_told(rung)}"
    yield f"  {_end(case, task, clock)}"


def _find(case: Explanation, missed: _Missed) -> tuple[TaskView | None, ClockView | None]:
    ident = missed.run[0].partition(":")[2]
    task = next((t for t in case.case.tasks if t.id == ident), None)
    clock = next((c for c in task.clocks if c.code == missed.run[1]), None) if task else None
    return task, clock


def _day(rung: Escalation) -> date:
    return rung.decided_at.date()


def _colour(rung: Escalation) -> str:
    return "AMBER" if rung.step == "warning" else "RED"


def _told(rung: Escalation) -> str:
    names = [n.recipient.name or n.recipient.id for n in rung.notices if n.recipient is not None]
    templates = sorted({n.template for n in rung.notices if n.template})
    return f" → {listed(names)} (letter {listed(templates)})" if names else ""


def _end(case: Explanation, task: TaskView, clock: ClockView) -> str:
    if clock.met_on is not None and clock.due_on is not None:
        return f"{spell_date(clock.met_on):<15}  done, {days_late((clock.met_on - clock.due_on).days)}"
    if clock.status == "cancelled":
        return f"{'':<15}  not needed any more"
    return f"{'':<15}  still open, with {listed(o.name or o.id for o in task.owners)}"


def _kept(months: Months, missed: int) -> str:
    statutory = {
        (ev.reference, ev.data["clock"])
        for ev in months.diary.events
        if ev.kind == e.CLOCK_WAITING and ev.data["kind"] == "statutory"
    }
    ended = [ev for ev in months.diary.events if ev.kind == e.CLOCK_ENDED and ev.data["status"] == "met"]
    met = sum((ev.reference, ev.data["clock"]) in statutory for ev in ended)
    return f"{count(met, 'date set by law was', 'dates set by law were')} kept, {missed} missed."
