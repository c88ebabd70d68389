"""The plan of a bulk reassignment, what became of it, and the plan as JSON on file."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from homebuy_plugin.types import Pick
from homebuy_plugin.workflow.records import pick_from_json, pick_json

RULES = "rules"
"""Where work goes that the allocation rules are to share out as if it came in now."""


@dataclass(frozen=True, kw_only=True)
class PlannedMove:
    """One case, or one task with an owner of its own, that goes to others.

    Attributes:
        task: id of the task, or None: the case itself.
        what: the task's name, "" for the case.
        before, after: owners as ``kind:id``. After empty: a case then needs an owner, and
            escalates as any such case does; a task then follows its case.
        manager, groups: what the deciding rule says beside the owner.
        because: why these, in words.
        picks: who was chosen from whom.
    """

    reference: str
    task: str | None = None
    what: str = ""
    before: tuple[str, ...]
    after: tuple[str, ...]
    manager: str | None = None
    groups: tuple[str, ...] = ()
    because: str = ""
    picks: tuple[Pick, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReassignmentPlan:
    """Who is to get what of an officer's work, and why.

    Attributes:
        officer: id of the officer who gives it up.
        to: ``rules``, or ``user:ID``, or ``role:CODE``; strategy: how of a role.
        moves: the oldest case first, each case before its tasks.
        manages: references of open cases they are the manager of; that does not change.
        unfinished: it was begun and interrupted; the moves are those still on file.
    """

    officer: str
    to: str
    strategy: str
    at: datetime
    moves: tuple[PlannedMove, ...]
    manages: tuple[str, ...] = ()
    unfinished: bool = False

    @property
    def token(self) -> str:
        """Twelve letters that are the same for plans that do the same."""
        said = [self.officer, self.to, self.strategy, *map(essence, self.moves)]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:12]


@dataclass(frozen=True, kw_only=True)
class ReassignmentReport:
    """What became of a plan.

    Attributes:
        done: moves made now; earlier: found made already.
        skipped: moves not made, each with the reason: the case had changed meanwhile.
    """

    done: tuple[PlannedMove, ...] = ()
    earlier: tuple[PlannedMove, ...] = ()
    skipped: tuple[tuple[PlannedMove, str], ...] = ()


def essence(move: PlannedMove) -> list[Any]:
    """What a move does, without why."""
    return [move.reference, move.task, list(move.before), list(move.after), move.manager, list(move.groups)]


def plan_json(made: ReassignmentPlan) -> dict[str, Any]:
    """A plan as plain JSON."""
    return {
        "officer": made.officer,
        "to": made.to,
        "strategy": made.strategy,
        "at": made.at.isoformat(),
        "token": made.token,
        "unfinished": made.unfinished,
        "manages": list(made.manages),
        "moves": [_move_json(move) for move in made.moves],
    }


def _move_json(move: PlannedMove) -> dict[str, Any]:
    plain = {name: getattr(move, name) for name in move.__dataclass_fields__}
    lists = {name: list(plain[name]) for name in ("before", "after", "groups")}
    return {**plain, **lists, "picks": [pick_json(pick) for pick in move.picks]}


def plan_from_json(raw: Any) -> ReassignmentPlan:
    """The plan of :func:`plan_json`."""
    return ReassignmentPlan(
        officer=raw["officer"],
        to=raw["to"],
        strategy=raw["strategy"],
        at=datetime.fromisoformat(raw["at"]),
        manages=tuple(raw["manages"]),
        moves=tuple(_move_from_json(move) for move in raw["moves"]),
    )


def _move_from_json(raw: Any) -> PlannedMove:
    lists = {name: tuple(raw[name]) for name in ("before", "after", "groups")}
    return PlannedMove(**{**raw, **lists, "picks": tuple(pick_from_json(pick) for pick in raw["picks"])})
