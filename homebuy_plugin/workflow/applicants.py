"""One of several applicants withdraws, and the others claim on."""

from datetime import datetime

from homebuy_plugin.documents.vocabulary import APPLICANT_WITHDREW
from homebuy_plugin.exceptions import InvalidArgument, NotAllowed, UnknownName
from homebuy_plugin.types import Applicant, CaseChange
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.adding import own_task
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.effects import stage_for
from homebuy_plugin.workflow.requirements import texts_of
from homebuy_plugin.workflow.state import ACTIVE_TASK
from homebuy_plugin.workflow.task_changes import when
from homebuy_plugin.workflow.tasks import create_task

REVIEW = "review_applicants"
"""The task that then asks a person to look at the case again; a pack may define it."""


def one_withdraws(case: Casework, change: CaseChange, at: datetime) -> None:
    """Take one applicant off a case that goes on, and ask for a review of it.

    Raises:
        UnknownName, InvalidArgument: nobody, or more than one, is called that.
        NotAllowed: there is no other applicant.
    """
    leaver = _find(case, change.data["applicant"])
    rest = tuple(a for a in case.state.applicants if a is not leaver)
    if not rest:
        raise NotAllowed(
            "This is the only applicant on record. Withdraw the claim with CaseChange.withdraw(on, reason), "
            "or record the others first with CaseChange.update(applicants=...)."
        )
    on, texts = when(case, change.on, at), texts_of(change, "reason", "applicant")
    case.emit(e.EVENT_RECORDED, at, by=change.by, texts=texts, event=APPLICANT_WITHDREW, on=on, facts={})
    nothing: dict[str, str] = {}
    case.emit(
        e.CASE_CHANGED,
        at,
        by=change.by,
        people=rest,
        fields=nothing,
        before=nothing,
        facts=nothing,
        applicants=len(rest),
    )
    _ask_for_review(case, at)
    case.because.append(
        f"One of {len(rest) + 1} applicants withdrew; the claim goes on. Task {REVIEW} asks for a review."
    )


def _find(case: Casework, name: str) -> Applicant:
    people = case.state.applicants
    found = [a for a in people if name == a.id] or [a for a in people if name == a.name]
    if not found:
        known = [a.id or a.name for a in people]
        raise UnknownName("applicant", name, known, f"in case {case.state.reference!r}")
    if len(found) > 1:
        raise InvalidArgument(f"{len(found)} applicants are called that. Name one by its id.")
    return found[0]


def _ask_for_review(case: Casework, at: datetime) -> None:
    if any(t.code == REVIEW and t.status in ACTIVE_TASK for t in case.state.tasks.values()):
        return
    definition = case.world.pack.task(REVIEW) or own_task(REVIEW)
    create_task(case, definition, stage_for(case, REVIEW, None), at, adhoc=True)
