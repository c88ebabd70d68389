"""Settle first: decide everything of a case that fell due, strictly in order of instant.

``evaluate`` is the one evaluator: the live tick, ``why``, previews and replays all call it.
"""

from datetime import datetime
from typing import Any

from homebuy_plugin.clock.counting import seconds_of, shift_date
from homebuy_plugin.documents.model import Duration
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.advance import advance
from homebuy_plugin.workflow.casework import Casework, NoticeDraft
from homebuy_plugin.workflow.decide import decide, mark_collapsed, retry
from homebuy_plugin.workflow.rungs import candidates, retries
from homebuy_plugin.workflow.state import CaseState
from homebuy_plugin.workflow.world import Directory, World

_MOST = 10_000
"""More wake-ups than a case can have in a decade; a case that needs more is looping."""


def evaluate(state: CaseState, world: World, directory: Directory, now: datetime) -> Casework:
    """Everything that falls due in a case up to an instant, decided; the state given is left alone."""
    case = Casework(state.copy(), world, directory, now)
    settle(case, now)
    return case


def settle(case: Casework, until: datetime) -> int:
    """Handle every wake-up of the case up to an instant; how many there were."""
    for count in range(_MOST):
        upcoming = wakeups(case)
        due = min(upcoming.items(), key=lambda item: (item[1], item[0]), default=None)
        if due is None or due[1] > until:
            return count
        _handle(case, due[0], due[1])
    raise RuntimeError(f"case {case.state.reference} never comes to rest; nothing was saved")


def wakeups(case: Casework) -> dict[str, datetime]:
    """The next instant of everything in the case that waits for one, by subject."""
    found: dict[str, datetime] = {}
    for candidate in candidates(case):
        subject, clock = candidate.key[:2]
        found.setdefault(f"rung:{subject}:{clock}", candidate.instant)
    for key, at in retries(case).items():
        name = f"retry:{key[0]}:{key[1]}"
        found[name] = min(at, found.get(name, at))
    for task in case.state.tasks.values():
        if task.status == "pending" and task.planned_start is not None and _stage_open(case, task.stage):
            found[f"start:{task.id}"] = task.planned_start
    for hold in case.state.active_holds():
        if hold.release_at is not None:
            found[f"release:{hold.seq}"] = hold.release_at
    return found


def _stage_open(case: Casework, stage: str | None) -> bool:
    found = case.state.stages.get(stage or "")
    return found is None or found.status == "open"


def _handle(case: Casework, name: str, at: datetime) -> None:
    kind, _, rest = name.partition(":")
    if kind == "rung":
        decide(case, candidates(case)[0])
    elif kind == "retry":
        key = min((k for k, r in retries(case).items() if r <= at), key=lambda k: (retries(case)[k], k))
        retry(case, case.state.rungs[key])
    elif kind == "release":
        case.emit(e.RELEASED, at, hold=int(rest), early=False)
        case.released += 1
    advance(case, max(at, case.state.last_at))


def collapse(case: Casework) -> int:
    """Of the late notices about one clock run to one recipient keep the latest; how many rungs fell away."""
    groups: dict[Any, list[NoticeDraft]] = {}
    for notice in case.notices:
        groups.setdefault((notice.rung[:3], notice.recipient.kind, notice.recipient.id), []).append(notice)
    for notices in groups.values():
        _collapse_group(case, sorted(notices, key=lambda n: n.instant))
    _overtaken_ambers(case)
    return mark_collapsed(case)


def _collapse_group(case: Casework, notices: list[NoticeDraft]) -> None:
    for notice in notices:
        if not notice.late or notice.status != "pending":
            continue
        if notice.catch_up == "latest" and notice is not notices[-1]:
            notice.status, notice.why = "collapsed", "a later notice about the same deadline took its place"
        elif isinstance(notice.catch_up, dict) and _too_old(case, notice):
            notice.status, notice.why = "collapsed", "older than its rule allows"


def _too_old(case: Casework, notice: NoticeDraft) -> bool:
    limit = notice.catch_up["skip_older_than"]
    length = Duration(value=limit["value"], unit=limit["unit"])
    if length.unit in ("minutes", "hours"):
        return (case.now - notice.instant).total_seconds() > seconds_of(length)
    until = shift_date(case.local(notice.instant), length, case.world.home)
    return case.local(case.now) > until


def _overtaken_ambers(case: Casework) -> None:
    """An amber whose target was decided in the same go is collapsed, whoever it went to."""
    decided = {n.rung[:3] for n in case.notices if n.rung[4] == "target"}
    for notice in case.notices:
        overtaken = notice.rung[4].startswith("amber:") and notice.rung[:3] in decided
        if overtaken and notice.status == "pending" and notice.catch_up == "latest":
            notice.status, notice.why = "collapsed", "its target passed before it could be sent"
