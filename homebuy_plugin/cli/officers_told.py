"""How ``homebuy officers`` is told."""

from collections.abc import Callable, Iterator
from typing import Any

import click

from homebuy_plugin.cli.talk import columns
from homebuy_plugin.insight.wording import count, listed, spell_date
from homebuy_plugin.insight.workload import OfficerLoad, Workload
from homebuy_plugin.reassignment import RULES, PlannedMove, ReassignmentPlan, ReassignmentReport

Names = Callable[[str], str]

_HEADS = ("officer", "cases", "tasks", "most", "got", "chosen", "even share", "days away", "")


def workload_lines(found: Workload) -> Iterator[str]:
    """The officers side by side."""
    role = f"   role {found.role}" if found.role else ""
    period = f"{spell_date(found.since)} until before {spell_date(found.until)}"
    yield click.style(f"OFFICERS   {period}{role}", bold=True)
    if not found.officers:
        yield "Nobody. To take over a list of officers: homebuy officers import FILE"
        return
    yield from columns([_HEADS, *(_row(found, load) for load in found.officers)])
    yield ""
    chosen = count(found.choices, "time", "times")
    yield f"Rules and reassignments chose one of a role {chosen} in the period. The even share counts,"
    yield "of each choice, an equal part for everybody who was at work and not full then."


def _row(found: Workload, load: OfficerLoad) -> tuple[str, ...]:
    share, even = found.share(load)
    return (
        load.name or load.id,
        str(load.open_cases),
        str(load.open_tasks),
        "-" if load.capacity is None else str(load.capacity),
        str(load.assigned),
        f"{load.chosen} ({share:.0%})" if load.expected else "-",
        f"{load.expected:.1f} ({even:.0%})" if load.expected else "-",
        str(load.away_days),
        _standing(load),
    )


def _standing(load: OfficerLoad) -> str:
    if not load.here:
        return "no longer here" if load.left_on else "away today"
    return "full" if load.capacity is not None and load.open_cases >= load.capacity else ""


def plan_lines(plan: ReassignmentPlan, names: Names) -> Iterator[str]:
    """Who gets what, and why."""
    to = "the allocation rules" if plan.to == RULES else names(plan.to)
    yield click.style(f"THE WORK OF {names(f'user:{plan.officer}')} goes to {to}", bold=True)
    if plan.unfinished:
        yield f"Begun on {spell_date(plan.at.date())} and interrupted. What is done is not done again."
    if not plan.moves:
        yield "No open case and no open task is theirs."
    yield from columns([_move(move, names) for move in plan.moves])
    nobody = [move.reference for move in plan.moves if not move.after and move.task is None]
    if nobody:
        yield f"Nobody can take {listed(nobody)}: such a case then needs an owner, and escalates."
    if plan.manages:
        yield f"They stay the manager of {listed(plan.manages)}."


def _move(move: PlannedMove, names: Names) -> tuple[str, ...]:
    what = f"“{move.what}”" if move.task else "the case"
    nobody = "whoever has the case" if move.task else "NOBODY"
    to = listed((names(o) for o in move.after), nobody)
    return move.reference, what, to, move.because


def report_lines(report: ReassignmentReport) -> Iterator[str]:
    """What became of it."""
    yield f"Done: {count(len(report.done), 'reassignment')}."
    if report.earlier:
        yield f"Done before: {len(report.earlier)}."
    for move, why in report.skipped:
        what = f"“{move.what}” of {move.reference}" if move.task else move.reference
        yield f"Left alone: {what}: {why}."


def report_data(report: ReassignmentReport) -> dict[str, Any]:
    """The same for machines."""
    return {
        "done": [_thing(move) for move in report.done],
        "earlier": [_thing(move) for move in report.earlier],
        "skipped": [_thing(move) | {"why": why} for move, why in report.skipped],
    }


def _thing(move: PlannedMove) -> dict[str, Any]:
    return {"reference": move.reference, "task": move.task}
