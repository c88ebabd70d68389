"""How the pretend officers deal with their tasks: most in time, some late, a few not at all.

Every choice depends on the seed, the case and the task only, so that one change of a rule does
not shuffle the whole story.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from random import Random

from homebuy_plugin.clock.calendar import WorkingCalendar
from homebuy_plugin.demo.diary import ToDo
from homebuy_plugin.documents.model import Landlord
from homebuy_plugin.workflow.world import in_force

HOLD_REASONS = (
    "Waiting for the tenant to send papers",
    "Waiting for another department",
    "Tenant asked us to wait until they are back",
)
LATE_REASONS = ("Too much work that week", "Papers came late", "It was overlooked")
_OTHERS = frozenset(
    {
        "await_earliest_notice_to_complete",
        "await_determination_request",
        "await_first_notice_to_complete",
        "keep_repayment_diary",
        "keep_first_refusal_diary",
    }
)
"""Waits that end by themselves: nobody records anything."""

_MANNERS, _WEIGHTS = ("usual", "tight", "late", "forgotten", "held"), (88, 5, 3, 1, 3)

PACE: Mapping[str, tuple[int, int]] = {
    "serve_rtb2": (1, 4),
    "serve_rta2": (1, 4),
    "serve_section_125_notice": (2, 5),
    "serve_rta3": (2, 5),
    "arrange_inspection": (4, 7),
    "receive_valuation_report": (8, 14),
    "estimate_service_charges": (14, 24),
    "check_title": (10, 16),
    "review_progress": (12, 18),
    "await_notice_of_intention": (24, 55),
    "await_acceptance": (24, 50),
    "await_determination": (18, 32),
    "pre_completion_checks": (20, 40),
    "complete_purchase": (8, 15),
    "complete_lease": (25, 45),
}
"""Working days that a piece of work takes of its nature; of the rest a third to two thirds of its time."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an officer means to do with a task.

    Attributes:
        done_on: the day it is completed; None for never.
        held_from, held_until: a hold before that, or None.
    """

    done_on: date | None
    held_from: date | None = None
    held_until: date | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Staff:
    """The officers and tenants of the pretend landlord."""

    seed: int
    calendar: WorkingCalendar
    landlord: Landlord

    def actor(self, task: ToDo, owners: tuple[str, ...]) -> str | None:
        """The id of the officer who does it: its owner, or somebody of the role that owns it."""
        key = next(iter(owners), "")
        if key.startswith("user:"):
            return key.removeprefix("user:")
        roles = {role.id: role for role in self.landlord.roles}
        role = roles.get(key.removeprefix("role:"))
        there = sorted(m.id for m in role.members if in_force(m, task.opened_on)) if role else []
        return Random(f"{self.seed}/{task.reference}/{task.task}/who").choice(there) if there else None

    def away(self, officer: str | None, on: date) -> bool:
        """Whether an officer is away on a day."""
        return any(a.officer == officer and a.start <= on < a.end for a in self.landlord.absences)

    def plan(self, task: ToDo, manner: str = "") -> Plan:
        """What becomes of a task.

        The manner is ``prompt``, ``tight``, ``late``, ``forgotten``, ``held`` or ``never``; ""
        leaves it to chance.
        """
        chance = Random(f"{self.seed}/{task.reference}/{task.task}")
        if task.code in _OTHERS or manner == "never":
            return Plan(None)
        if task.code == "await_appeal":  # the tenant does not appeal
            return Plan(self._later(task.due_on or task.opened_on, 2))
        usual = chance.choices(_MANNERS, weights=_WEIGHTS)[0] if task.kind == "work" else "usual"
        return self._plan(task, manner or usual, chance)

    def _plan(self, task: ToDo, manner: str, chance: Random) -> Plan:
        if manner == "held":
            start = self._later(task.opened_on, 1)
            until = self._later(start, chance.randint(3, 9))
            return Plan(self._later(until, chance.randint(0, 1)), start, until, chance.choice(HOLD_REASONS))
        room = self._room(task)
        quick, slow = PACE.get(task.code, (room // 3, room * 3 // 5))
        days = {
            "prompt": quick // 2,
            "usual": chance.randint(quick, slow),
            "tight": max(0, room - chance.randint(0, 1)),
            "late": room + chance.randint(1, 4),
            "forgotten": room + chance.randint(8, 14),
        }
        return Plan(self._later(task.opened_on, days[manner]))

    def _room(self, task: ToDo) -> int:
        """Working days from opening to target."""
        if task.due_on is None:
            return 6
        if task.due_on < task.opened_on:
            return 0
        return self.calendar.count_working_days(task.opened_on, task.due_on)

    def _later(self, on: date, days: int) -> date:
        return self.calendar.add_working_days(on, days) if days else on
