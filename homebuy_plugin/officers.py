"""Who is who: the host's answers first, the package's own tables where nobody answers.

One directory serves a whole transaction: a batch of a tick, or one host call. What it has read
it keeps, and what it decides for one case the next case sees.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

from homebuy_plugin.asking import Answers
from homebuy_plugin.documents.model import Group
from homebuy_plugin.store import directory
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.directory import Position, Share
from homebuy_plugin.store.roster import Roster, Rosters
from homebuy_plugin.types import Contact, Officer, Pick
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.views import outcome, task_view
from homebuy_plugin.workflow.world import in_force

Positions = Callable[[StoreConnection, Collection[str]], dict[str, Position]]
"""Reads how far the turns of each role have come: locking them, or in a dry run only looking."""

AWAY, GONE, LEAVING = "away", "no longer here", "giving up their work"


class Given(NamedTuple):
    """What the directory of a transaction had given away at some moment."""

    turns: dict[str, Position]
    taken: set[str]
    many: int


_ANYBODY = "-"
"""A position of no role: the lock of landlords whose rules choose from none."""


@dataclass
class CaseDirectory:
    """The directory of one transaction.

    Attributes:
        session: what hooks are given: the host's session, or the tick's connection.
        rosters: what the process knows of the landlord's own tables.
        groups: as published.
        turn_roles: gives every role of which a rule chooses one officer. All are locked at once, in
            order of code: two transactions never wait for each other in a circle, and whoever counts
            open cases sees those that the one before gave away.
        leaving: id of an officer whose work is being given to others, and who counts as in no role.
    """

    conn: StoreConnection
    session: Any
    answers: Answers
    rosters: Rosters = field(default_factory=Rosters)
    groups: tuple[Group, ...] = ()
    turn_roles: Callable[[], frozenset[str]] = frozenset
    positions: Positions = directory.round_robin
    leaving: str = ""
    _case: Casework | None = None
    _names: dict[str, str] = field(default_factory=dict)
    _there: dict[tuple[str, date], bool] = field(default_factory=dict)
    _capacities: dict[str, int] = field(default_factory=dict)
    _turns: dict[str, Position] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)
    _on_file: dict[str, Share] = field(default_factory=dict)
    _given: list[str] = field(default_factory=list)

    def about(self, case: Casework) -> None:
        """The case that stakeholders are asked for."""
        self._case = case

    @cached_property
    def roster(self) -> Roster:
        """The landlord's own tables as they stood when this transaction first asked."""
        return self.rosters.current(self.conn)

    def members(self, role: str, on: date) -> tuple[Officer, ...]:
        """The officers in a role on a local date."""
        found = self.answers.officers_in_role(self.session, role, on)
        if found is None:
            found = self.roster.members(role, on)
        else:
            self._names |= {each.key: each.name for each in found if each.name}
            self._capacities |= {each.key: each.capacity for each in found if each.capacity is not None}
        return tuple(each for each in found if each.key != f"user:{self.leaving}")

    def available(self, officer: str, on: date) -> bool:
        """Whether ``kind:id`` is there on a local date; roles always are, who left never is."""
        if (officer, on) not in self._there:
            self._there[officer, on] = self._is_there(officer, on)
        return self._there[officer, on]

    def _is_there(self, officer: str, on: date) -> bool:
        kind, _, ident = officer.partition(":")
        if kind == "role":
            return True
        if self.roster.gone(ident, on):
            return False
        asked = self.answers.officer_available(self.session, Officer(id=ident), on)
        return asked if asked is not None else not self.roster.away(ident, on)

    def contact(self, officer: str) -> Contact:
        """Name and address of ``kind:id``: a name the host gave, an address on file."""
        known = self.roster.contact(officer)
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
        """How many open cases ``kind:id`` owns, with what this transaction gave them."""
        return self._loads([officer])[officer]

    def _loads(self, officers: Collection[str]) -> dict[str, int]:
        shares = self._shares(officers)
        return {o: shares[o].open_cases + self._given.count(o) for o in officers}

    def _shares(self, officers: Collection[str]) -> Mapping[str, Share]:
        """What is on file of these and perhaps of others, asked in one query."""
        unknown = [o for o in officers if o not in self._on_file]
        if unknown:
            self._on_file |= directory.shares(self.conn, unknown)
        return self._on_file

    def named(self, officers: Sequence[str], on: date) -> Pick:
        """Those of these ``kind:id`` who can take a case: here, at work, and not full."""
        away = self._hindered(officers, on)
        there = tuple(dict.fromkeys(o for o in officers if o not in away))
        self._given += there
        return Pick(officers=there, among=there, passed_over=away, text=self._told(away) or "named")

    def pick(self, role: str, strategy: str, on: date) -> Pick:
        """One officer of a role who can take a case, and what was seen of all of them.

        Those who cannot are passed over, and keep their place in the order of turns.
        """
        self._lock(role)
        everybody = sorted({o.key for o in self.members(role, on)})
        if strategy != "round_robin":
            self._shares(everybody)
        away = self._hindered(everybody, on)
        there = tuple(o for o in everybody if o not in away)
        pick = Pick(officers=(), role=role, strategy=strategy, among=there, passed_over=away)
        if not there:
            why = f"the role {role} cannot take it: {self._nobody(away)}"
            return replace(pick, text=why)
        choose = self._next_in_turn if strategy == "round_robin" else self._least_busy
        made = choose(role, pick)
        self._given += made.officers
        return made

    def capacity(self, officer: str) -> int | None:
        """How many open cases rules may give ``kind:id``: the host's word, else our table's."""
        return self._capacities.get(officer, self.roster.capacity(officer.partition(":")[2]))

    def _hindered(self, officers: Sequence[str], on: date) -> dict[str, str]:
        """Those of these ``kind:id`` to whom rules give nothing now, each with why."""
        why = {o: self._absence(o, on) for o in officers}
        limits = {o: self.capacity(o) for o in officers if not why[o] and not o.startswith("role:")}
        limited = {o: most for o, most in limits.items() if most is not None}
        if limited:
            self._lock()
            has = self._loads(limited)
            why |= {o: f"full ({has[o]} of {most})" for o, most in limited.items() if has[o] >= most}
        return {o: text for o, text in why.items() if text}

    def _absence(self, officer: str, on: date) -> str:
        """Why ``kind:id`` is not there, or "". A role can always own a case."""
        kind, _, ident = officer.partition(":")
        if kind == "role":
            return ""
        if ident == self.leaving:
            return LEAVING
        if self.available(officer, on):
            return ""
        return GONE if self.roster.gone(ident, on) else AWAY

    def _lock(self, *roles: str) -> None:
        """Choose alone: whoever chooses locks every position, and counts cases only then.

        What was decided in this transaction is newer than what is on file.
        """
        wanted = {*self.turn_roles(), *roles} or {_ANYBODY}
        if not wanted <= self._turns.keys():
            self._turns = self.positions(self.conn, wanted) | self._turns
            self._on_file.clear()

    def _next_in_turn(self, role: str, pick: Pick) -> Pick:
        """The one after the last in the full list."""
        last, turns = self._turns[role]
        # The last one may have left the role: the turn is then of whoever follows by id.
        turn = min(pick.among, key=lambda o: (last is not None and o <= last, o))
        self._turns[role] = Position(turn, turns + 1)
        self._taken.add(role)
        after = f"after {self._name(last)}" if last else "the first"
        rest = self._told(pick.passed_over)
        text = f"in turn within the role {_words(role)} (turn {turns + 1}, {after}{rest and f'; {rest}'})"
        return replace(pick, officers=(turn,), after=last, turn=turns + 1, text=text)

    def _least_busy(self, role: str, pick: Pick) -> Pick:
        """Fewest open cases; among equals the one whose last case is longest ago, then by id."""
        busy, shares = self._loads(pick.among), self._shares(pick.among)

        def burden(officer: str) -> tuple[int, int, float, str]:
            since = shares[officer].last
            last = since.timestamp() if since else 0.0
            just_now = max((n for n, o in enumerate(self._given, 1) if o == officer), default=0)
            return busy[officer], just_now, last, officer

        turn = min(pick.among, key=burden)
        others = (f"{self._name(o)} has {busy[o]}" for o in pick.among if o != turn)
        rest = ", ".join(filter(None, (*others, self._told(pick.passed_over))))
        many = f"{busy[turn] or 'no'} open case{'s' if busy[turn] > 1 else ''}"
        text = f"with the fewest open cases in the role {_words(role)} ({many})"
        return replace(pick, officers=(turn,), open_cases=busy, text=f"{text}; {rest}" if rest else text)

    def _told(self, away: Mapping[str, str]) -> str:
        return ", ".join(f"{self._name(o)} is {why}" for o, why in away.items())

    def _nobody(self, away: Mapping[str, str]) -> str:
        if not away:
            return "nobody is in it"
        return "everybody in it is away" if set(away.values()) == {AWAY} else self._told(away)

    def _name(self, officer: str) -> str:
        return self.contact(officer).name or officer.partition(":")[2]

    def given(self) -> Given:
        """What was decided until now, for :meth:`back_to`."""
        return Given(dict(self._turns), set(self._taken), len(self._given))

    def back_to(self, given: Given) -> None:
        """Forget what was decided since, for a case that then erred."""
        # Positions first read meanwhile are read, and locked, anew: a savepoint may be gone.
        self._turns, self._taken = given.turns, given.taken
        del self._given[given.many :]

    def save_turns(self) -> None:
        """Write how far each role has come, in order of role; what was given is on file now."""
        for role in sorted(self._taken):
            directory.take_turn(self.conn, role, self._turns[role])
        self._taken.clear()
        self._given.clear()
        self._on_file.clear()


def _words(role: str) -> str:
    return role.replace("_", " ")
