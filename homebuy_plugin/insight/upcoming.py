"""What comes next in a case: alerts that are armed, tasks that start, holds that end."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from homebuy_plugin.workflow.candidate import Candidate
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.definitions import task_def
from homebuy_plugin.workflow.rungs import candidates
from homebuy_plugin.workflow.settle import wakeups


@dataclass(frozen=True, kw_only=True)
class Upcoming:
    """One thing that will happen at an instant if nothing changes.

    Attributes:
        rule: id of the escalation rule, or None for what is no alert.
        what: in words; about: id of the task or stage, or "".
        to: recipients as the rule names them; letters: their templates.
    """

    at: datetime
    what: str
    about: str = ""
    rule: str | None = None
    to: tuple[str, ...] = ()
    letters: tuple[str, ...] = ()


def upcoming(case: Casework) -> list[Upcoming]:
    """Everything that is due to happen by itself, soonest first."""
    found = [*(_alert(each) for each in candidates(case)), *_others(case)]
    return sorted(found, key=lambda each: (each.at, each.what))


def _alert(candidate: Candidate) -> Upcoming:
    rule = candidate.rule
    notices = [a.params for a in rule.actions if a.name == "notify"] if rule else []
    to = [t for p in notices for t in (p["to"] if isinstance(p["to"], (list, tuple)) else [p["to"]])]
    return Upcoming(
        at=candidate.instant,
        what=(rule.name or rule.id) if rule else candidate.key[3].replace("_", " "),
        about=candidate.key[0].partition(":")[2],
        rule=candidate.key[3],
        to=tuple(to),
        letters=tuple(p["template"] for p in notices),
    )


def _others(case: Casework) -> Iterator[Upcoming]:
    for subject, at in wakeups(case).items():
        kind, _, ident = subject.partition(":")
        if kind == "start":
            found = task_def(case, case.state.tasks[ident])
            yield Upcoming(at=at, what=f"“{found.name if found else ident}” opens", about=ident)
        elif kind == "release":
            yield Upcoming(at=at, what="the hold ends")
