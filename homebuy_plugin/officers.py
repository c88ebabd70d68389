"""Who is who: the host's answers first, the package's own tables where nobody answers.

One directory serves a whole transaction: a batch of a tick, or one host call. What it has read
it keeps, and what it decides for one case the next case sees.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from homebuy_plugin.asking import Answers
from homebuy_plugin.documents.model import Group
from homebuy_plugin.store import directory
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.roster import Roster
from homebuy_plugin.types import Contact, Officer
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.views import outcome, task_view
from homebuy_plugin.workflow.world import in_force

Positions = Callable[[StoreConnection, Collection[str]], dict[str, str | None]]
"""Reads who last had a turn in each role: locking them, or in a dry run only looking."""


@dataclass
class CaseDirectory:
    """The directory of one transaction.

    Attributes:
        session: what hooks are given: the host's session, or the tick's connection.
        groups: as published.
        turn_roles: gives every role of which a rule takes the officers in turn. All are locked at
            once, in order of code, so that two transactions never wait for each other.
    """

    conn: StoreConnection
    session: Any
    answers: Answers
    groups: tuple[Group, ...] = ()
    turn_roles: Callable[[], frozenset[str]] = frozenset
    positions: Positions = directory.round_robin
    _case: Casework | None = None
    _names: dict[str, str] = field(default_factory=dict)
    _turns: dict[str, str | None] = field(default_factory=dict)
    _taken: dict[str, str] = field(default_factory=dict)
    _load: dict[str, int] = field(default_factory=dict)
    _picked: list[str] = field(default_factory=list)

    def about(self, case: Casework) -> None:
        """The case that stakeholders are asked for."""
        self._case = case

    @cached_property
    def _roster(self) -> Roster:
        return Roster(self.conn)

    def members(self, role: str, on: date) -> tuple[Officer, ...]:
        """The officers in a role on a local date."""
        found = self.answers.officers_in_role(self.session, role, on)
        if found is None:
            return self._roster.members(role, on)
        self._names |= {each.key: each.name for each in found if each.name}
        return found

    def available(self, officer: str, on: date) -> bool:
        """Whether ``kind:id`` is there on a local date; roles always are."""
        kind, _, ident = officer.partition(":")
        if kind == "role":
            return True
        asked = self.answers.officer_available(self.session, Officer(id=ident), on)
        return asked if asked is not None else not self._roster.away(ident, on)

    def contact(self, officer: str) -> Contact:
        """Name and address of ``kind:id``: a name the host gave, an address on file."""
        known = self._roster.contact(officer)
        name = self._names.get(officer)
        return replace(known, name=name) if name and name != known.name else known

    def group(self, group: str, on: date, task: str | None) -> tuple[Contact, ...]:
        """Everybody in a group on a local date: the host's answer, else the published members."""
        found = self._asked(group, task)
        if found is not None:
            return found
        people: dict[str, Contact] = {}
        for member in next((g.members for g in self.groups if g.id == group), ()):
            if in_force(member, on):
                keys = self._people(f"{member.kind}:{member.id}", on)
                people |= {k: self.contact(k) for k in keys if self.available(k, on)}
        return tuple(people.values())

    def _people(self, key: str, on: date) -> list[str]:
        return [o.key for o in self.members(key[5:], on)] if key.startswith("role:") else [key]

    def _asked(self, group: str, task: str | None) -> tuple[Contact, ...] | None:
        case = self._case
        if case is None or not self.answers.port.has("homebuy_resolve_stakeholders"):
            return None
        found = [t for t in case.state.tasks.values() if t.code == task]
        view = task_view(case, found[-1], case.now) if found else None
        return self.answers.resolve_stakeholders(self.session, outcome(case, case.now), view, group)

    def open_cases(self, officer: str) -> int:
        """How many open cases ``kind:id`` owns."""
        return self._loads([officer])[officer]

    def _loads(self, officers: Collection[str]) -> Mapping[str, int]:
        unknown = [o for o in officers if o not in self._load]
        if unknown:
            self._load |= directory.open_cases(self.conn, unknown)
        return self._load

    def pick(self, role: str, strategy: str, on: date) -> tuple[str | None, str]:
        """One officer of a role who is there, and why that one."""
        everybody = [o.key for o in self.members(role, on)]
        there = [k for k in everybody if self.available(k, on)]
        if not there:
            why = "nobody is in it" if not everybody else "everybody in it is away"
            return None, f"the role {role} cannot take it: {why}"
        if strategy == "round_robin":
            return self._next_in_turn(role, everybody, there)
        return self._least_busy(role, there)

    def _next_in_turn(self, role: str, everybody: list[str], there: list[str]) -> tuple[str, str]:
        """The one after the last in the full list; who is away is passed over and keeps the place."""
        if role not in self._turns:
            # What was decided in this transaction is newer than what is on file.
            self._turns = self.positions(self.conn, self.turn_roles() | {role}) | self._turns
        order, last = sorted(everybody), self._turns[role]
        # The last one may have left the role: the turn is then of whoever follows by id.
        after = [k for k in order if last is None or k > last]
        turn = next(k for k in (*after, *order) if k in there)
        self._turns[role] = self._taken[role] = turn
        return turn, f"in turn within the role {role.replace('_', ' ')}"

    def _least_busy(self, role: str, there: list[str]) -> tuple[str, str]:
        """Fewest open cases; among equals the one whose last case is longest ago, then by id."""
        busy, since = self._loads(there), directory.last_assigned(self.conn, there)

        def burden(key: str) -> tuple[int, int, float, str]:
            last = since[key].timestamp() if key in since else 0.0
            just_now = max((n for n, k in enumerate(self._picked, 1) if k == key), default=0)
            return busy[key], just_now, last, key

        turn = min(there, key=burden)
        count = busy[turn]
        self._load[turn] += 1
        self._picked.append(turn)
        many = "no open case" if count == 0 else f"{count} open case{'s' if count > 1 else ''}"
        return turn, f"with the fewest open cases in the role {role.replace('_', ' ')} ({many})"

    @contextmanager
    def undone_on_error(self) -> Iterator[None]:
        """What was decided for a case that then erred is forgotten."""
        turns, taken, load, picked = dict(self._turns), dict(self._taken), dict(self._load), len(self._picked)
        try:
            yield
        except BaseException:
            self._turns, self._taken, self._load = turns, taken, load
            del self._picked[picked:]
            raise

    def save_turns(self) -> None:
        """Write who had the last turn, in order of role."""
        for role, officer in sorted(self._taken.items()):
            directory.take_turn(self.conn, role, officer)
        self._taken.clear()
