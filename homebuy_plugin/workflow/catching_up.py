"""What a late tick does not send: notices that a later one of the same go has overtaken."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from homebuy_plugin.clock.counting import TIME_UNITS, seconds_of, shift_date
from homebuy_plugin.documents.model import Duration
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.casework import Casework, NoticeDraft
from homebuy_plugin.workflow.state import RungKey

EACH = "each"
LATEST = "latest"


def collapse(case: Casework) -> int:
    """Let late notices fall away, as their rules say; how many rungs have none left.

    Of the notices about one clock run to one recipient the latest is kept; so nothing falls away
    for a notice that is not sent itself.
    """
    if not case.notices:
        return 0
    _overtaken_ambers(case)
    late = [notice for notice in case.notices if _sendable(notice)]
    for notice in late:
        if isinstance(notice.catch_up, Mapping) and _too_old(case, notice):
            notice.status, notice.why = "collapsed", "older than its rule allows"
    if late and len(case.notices) > 1:
        _keep_the_latest(case)
    return _mark_collapsed(case)


def _keep_the_latest(case: Casework) -> None:
    groups: dict[Any, list[NoticeDraft]] = {}
    for notice in case.notices:
        if notice.status == "pending":
            who = (notice.recipient.kind, notice.recipient.id)
            groups.setdefault((notice.rung[:3], *who), []).append(notice)
    for notices in groups.values():
        _keep_latest(notices)


def _sendable(notice: NoticeDraft) -> bool:
    return notice.late and notice.status == "pending"


def _keep_latest(notices: list[NoticeDraft]) -> None:
    for notice in notices:
        if _sendable(notice) and notice.catch_up == LATEST and any(_later(n, notice) for n in notices):
            notice.status, notice.why = "collapsed", "a later notice about the same deadline took its place"


def _later(other: NoticeDraft, notice: NoticeDraft) -> bool:
    """Of one instant, two rules both speak; of one rule the last occurrence does."""
    if other.instant != notice.instant:
        return other.instant > notice.instant
    return other.rule == notice.rule and other.rung[5] > notice.rung[5]


def _too_old(case: Casework, notice: NoticeDraft) -> bool:
    """Whether a rule lets a notice fall away by its age; never the one that a date set by law has passed."""
    if notice.rung[4] == "target" and _statutory(case, notice.rung):
        return False
    limit = notice.catch_up["skip_older_than"]
    length = Duration(value=limit["value"], unit=limit["unit"])
    if length.unit in TIME_UNITS:
        return (case.now - notice.instant).total_seconds() > seconds_of(length)
    until = shift_date(case.local(notice.instant), length, case.world.home)
    return case.local(case.now) > until


def _statutory(case: Casework, rung: RungKey) -> bool:
    clock = case.state.clocks.get(f"{rung[0].partition(':')[2]}:{rung[1]}")
    return clock is not None and clock.kind == "statutory"


def _overtaken_ambers(case: Casework) -> None:
    """An amber whose target was decided in the same go is collapsed, whoever it went to."""
    decided = {key[:3] for key in case.records if key[4] == "target"}
    for notice in case.notices if decided else ():
        overtaken = notice.rung[4].startswith("amber:") and notice.rung[:3] in decided
        if overtaken and notice.status == "pending" and notice.catch_up != EACH:
            notice.status, notice.why = "collapsed", "its target passed before it could be sent"


def _mark_collapsed(case: Casework) -> int:
    """Rungs all of whose notices fell away are recorded collapsed; how many."""
    if "collapsed" not in [notice.status for notice in case.notices]:
        return 0
    by_rung: dict[RungKey, list[NoticeDraft]] = {}
    for notice in case.notices:
        by_rung.setdefault(notice.rung, []).append(notice)
    collapsed = 0
    for key, notices in by_rung.items():
        rung = case.state.rungs.get(key)
        if rung is None or rung.outcome != "fired" or any(n.status != "collapsed" for n in notices):
            continue
        case.state.rungs[key] = replace(rung, outcome="collapsed")
        _amend(case, key, notices[0].why)
        collapsed += 1
    return collapsed


def _amend(case: Casework, key: RungKey, why: str) -> None:
    """The event is not written yet: it says collapsed from the start."""
    record = case.records[key]
    record["outcome"] = "collapsed"
    record["text"] = f"{record['text']} Nothing was sent: {why}."
    for event in reversed(case.events):
        d = event.data
        if event.kind == e.RUNG_DECIDED and key == (
            d["subject"],
            d["clock"],
            d["run"],
            d["rule"],
            d["anchor"],
            d["occurrence"],
        ):
            d["outcome"] = "collapsed"
            return
