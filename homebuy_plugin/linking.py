"""Two cases that have to do with each other: one continues the other, or both are the same claim.

In the caller's transaction; whoever calls has locked both cases, the earlier reference first.
"""

from datetime import datetime

from homebuy_plugin.exceptions import NotAllowed
from homebuy_plugin.store.cases import LoadedCase
from homebuy_plugin.store.saving import CaseWrite
from homebuy_plugin.types import CaseChange, CaseFacts
from homebuy_plugin.workbench import Bench, finished
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.advance import advance
from homebuy_plugin.workflow.case_changes import end_case
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.letter_words import spell_date
from homebuy_plugin.workflow.requirements import texts_of
from homebuy_plugin.workflow.settle import settle

MERGED = "merged"
"""Outcome of a case that was closed because another is the same claim; every pack has it."""


def continued(bench: Bench, earlier: LoadedCase, facts: CaseFacts, now: datetime) -> CaseWrite:
    """Note on a case that a new one continues it.

    Returns:
        What is to be written of the earlier case.

    Raises:
        NotAllowed: the new case would run on the earlier one's date of service.
    """
    case = bench.open(earlier, now)
    _check_own_date(case, facts)
    settle(case, case.now)
    case.emit(e.CASE_LINKED, case.now, by=facts.creator, reference=facts.reference, how="continued_by")
    return finished(case, earlier.case_id, earlier.state, earlier.wakeups)


def _check_own_date(case: Casework, facts: CaseFacts) -> None:
    old, new = case.state.served_on, facts.served_on
    if old is not None and new is not None and new <= old:
        raise NotAllowed(
            f"Case {facts.reference!r} cannot be served on {spell_date(new)}: {case.state.reference!r}, "
            f"which it continues, was served on {spell_date(old)}, and its clocks are not taken over. "
            "Pass the later date on which the new notice was served, or None while it is not known."
        )


def merge(bench: Bench, kept: Casework, other: LoadedCase, change: CaseChange, at: datetime) -> CaseWrite:
    """Close another case as the same claim; the one on the bench keeps the earlier date of service.

    Returns:
        What is to be written of the other case.

    Raises:
        NotAllowed: the other is closed, or of another scheme.
    """
    case = bench.open(other, at)
    settle(case, case.now)
    _check_same_claim(kept, case)
    end_case(case, change, MERGED, case.now)
    _link(case, kept, "merged_into", change)
    bench.directory.about(kept)
    _keep_earlier(kept, case, change, at)
    _link(kept, case, "merged_from", change)
    advance(case, case.now)
    return finished(case, other.case_id, other.state, other.wakeups)


def _check_same_claim(kept: Casework, other: Casework) -> None:
    name = other.state.reference
    if other.state.status == "closed":
        raise NotAllowed(f"Case {name!r} is closed already; there is nothing to merge. Reopen it first.")
    if other.state.scheme != kept.state.scheme:
        raise NotAllowed(
            f"Case {name!r} is a claim under {other.state.scheme}, not {kept.state.scheme}: another claim, "
            "not the same one twice. Close or withdraw it by itself."
        )


def _link(case: Casework, to: Casework, how: str, change: CaseChange) -> None:
    texts = texts_of(change, "reason")
    case.emit(e.CASE_LINKED, case.now, by=change.by, texts=texts, reference=to.state.reference, how=how)


def _keep_earlier(kept: Casework, other: Casework, change: CaseChange, at: datetime) -> None:
    mine, theirs = kept.state.served_on, other.state.served_on
    if theirs is None or (mine is not None and mine <= theirs):
        return
    fields = {"served_on": theirs}
    kept.emit(e.CASE_CHANGED, at, by=change.by, fields=fields, before={"served_on": mine}, facts={})
    kept.because.append(
        f"Served on {spell_date(theirs)}, as {other.state.reference} had it; every clock follows."
    )
