"""The moves of one case, each made as a single reassignment is made."""

from datetime import datetime
from typing import Any

from homebuy_plugin.reassignment.plan import PlannedMove, ReassignmentReport
from homebuy_plugin.types import DecisionRecord
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.records import pick_json, record_json
from homebuy_plugin.workflow.state import ACTIVE_TASK, TaskState

_OPEN = ("open", "on_hold")


class Hand:
    """Makes the moves of one case, each as a single reassignment is made."""

    def __init__(self, moves: list[PlannedMove], reason: str, by: str | None) -> None:
        self.moves, self.reason, self.by = moves, reason, by
        self.done: list[PlannedMove] = []
        self.earlier: list[PlannedMove] = []
        self.skipped: list[tuple[PlannedMove, str]] = []

    def added_to(self, report: ReassignmentReport) -> ReassignmentReport:
        """The report with what was done here."""
        return ReassignmentReport(
            done=(*report.done, *self.done),
            earlier=(*report.earlier, *self.earlier),
            skipped=(*report.skipped, *self.skipped),
        )

    def move(self, case: Casework, at: datetime) -> None:
        """Make the moves that are still to be made."""
        for move in self.moves:
            task = case.state.tasks.get(move.task) if move.task else None
            owners = task.owners if task else case.state.owners
            why_not = self._why_not(case, move, task, at)
            if why_not:
                self.skipped.append((move, why_not))
            elif owners == move.after and (owners or task or case.state.needs_owner):
                self.earlier.append(move)
            elif owners != move.before:
                self.skipped.append((move, "somebody else has it meanwhile"))
            else:
                self._emit(case, move, at)
                self.done.append(move)

    @staticmethod
    def _why_not(case: Casework, move: PlannedMove, task: TaskState | None, at: datetime) -> str:
        if case.state.status not in _OPEN:
            return f"the case is {case.state.status}"
        if task is not None and task.status not in ACTIVE_TASK:
            return f"the task is {task.status}"
        gone = [o for o in move.after if not case.directory.available(o, case.local(at))]
        new = [o for o in gone if o not in move.before]
        return f"{case.directory.contact(new[0]).name or new[0]} is away" if new else ""

    def _emit(self, case: Casework, move: PlannedMove, at: datetime) -> None:
        texts = {"reason": self.reason}
        said: dict[str, Any] = {"owners": move.after, "why": move.because}
        said["picks"] = [pick_json(pick) for pick in move.picks]
        if move.task:
            case.emit(e.TASK_REASSIGNED, at, by=self.by, texts=texts, task=move.task, **said)
        elif move.after:
            said |= {"manager": move.manager, "groups": move.groups}
            case.emit(e.CASE_REASSIGNED, at, by=self.by, texts=texts, **said)
        else:
            decision = record_json(_nobody(move, at))
            told: dict[str, Any] = {"manager": move.manager, "groups": move.groups, "decision": decision}
            case.emit(e.CASE_UNALLOCATED, at, by=self.by, texts=texts, **told)


def _nobody(move: PlannedMove, at: datetime) -> DecisionRecord:
    """Why a case that was taken from its owner has none."""
    return DecisionRecord(
        kind="allocation",
        outcome="needs_owner",
        rule=None,
        rule_version=None,
        at=at,
        picks=move.picks,
        text=f"{move.because}.",
    )
