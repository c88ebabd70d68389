"""What a dry run says: who would turn amber, what would pass its target, who would be told."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from homebuy_plugin.cli.talk import coloured, columns
from homebuy_plugin.insight.subjects import step, subject_words
from homebuy_plugin.insight.wording import count, listed
from homebuy_plugin.types import TickReport
from homebuy_plugin.workflow.casework import Casework, NoticeDraft
from homebuy_plugin.workflow.events import RUNG_DECIDED


@dataclass(frozen=True, slots=True)
class Seen:
    """What a dry run says of one case.

    Attributes:
        alerts: a row for each rung that would fire.
        notices: how many would be sent.
    """

    reference: str
    alerts: list[dict[str, Any]]
    notices: int


def seen(case: Casework) -> Seen:
    """What is kept of a case that a dry run decided."""
    going = sum(notice.status == "pending" for notice in case.notices)
    return Seen(reference=case.state.reference, alerts=list(_fired(case)), notices=going)


def rehearsed(report: TickReport, cases: Sequence[Seen], at: str) -> Iterator[str]:
    """The dry run as lines."""
    yield f"Dry run for {at}. Nothing was saved or sent."
    ordered = sorted(cases, key=lambda case: case.reference)
    fired = [row for case in ordered for row in case.alerts]
    groups: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in fired:
        groups[row["kind"]].append(row)
    yield from _group("AMBER", "amber", groups["amber"], "warning", "warnings")
    yield from _group("RED", "red", groups["target"], "target passed", "targets passed")
    yield from _group("", "", groups["after"], "follow-up", "follow-ups")
    others = groups["stagnant"] + groups["event"] + groups["carry"]
    yield from _group("", "", others, "other alert", "other alerts")
    notices = sum(case.notices for case in cases)
    if not fired:
        yield "  No alert would fire."
    yield ""
    opened = f" and open {count(report.opened, 'task or stage', 'tasks or stages')}" if report.opened else ""
    looked = "No case has" if not cases else f"Only {count(len(cases), 'case has', 'cases have')}"
    yield f"It would send {count(notices, 'notice')}{opened}. {looked} anything due by then."


def _group(word: str, colour: str, rows: list[dict[str, Any]], noun: str, plural: str) -> Iterator[str]:
    if not rows:
        return
    yield ""
    yield f"  {count(len(rows), noun, plural)}{f'  {coloured(colour)}' if word else ''}"
    yield from columns([_row(row) for row in rows], indent="    ")


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    told = "; ".join(f"{letter} to {listed(names)}" for letter, names in row["letters"].items())
    return row["reference"], f"“{row['about']}”", row["rule_name"], told or "no notice"


def _fired(case: Casework) -> Iterator[dict[str, Any]]:
    for event in case.events:
        d = event.data
        if event.kind != RUNG_DECIDED or d["outcome"] != "fired":
            continue
        key = (d["subject"], d["clock"], d["run"], d["rule"], d["anchor"], d["occurrence"])
        rule = case.world.rule(d["rule"], d["version"])
        yield {
            "reference": case.state.reference,
            "kind": d["anchor"].partition(":")[0],
            "step": step(d["anchor"], d["occurrence"]),
            "about": subject_words(case, d["subject"], d["clock"])[0],
            "rule": d["rule"],
            "rule_name": (rule.name if rule else "") or d["rule"].replace("_", " "),
            "instant": d["instant"],
            "letters": _letters([n for n in case.notices if n.rung == key and n.status == "pending"]),
        }


def _letters(notices: list[NoticeDraft]) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for notice in notices:
        found[notice.template].append(notice.recipient.name or notice.recipient.id)
    return dict(found)


def rehearsed_data(report: TickReport, cases: Sequence[Seen], at: Any) -> dict[str, Any]:
    """The same for machines."""
    from homebuy_plugin.tick import as_json

    return {
        "dry_run": True,
        "now": at,
        "report": as_json(report),
        "alerts": [row for case in cases for row in case.alerts],
    }
