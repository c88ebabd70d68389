"""Who is who: the host's answers first, the package's own tables where nobody answers."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from homebuy_plugin.asking import Answers
from homebuy_plugin.documents.model import Group
from homebuy_plugin.store import directory
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.types import Contact, Officer
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.views import outcome, task_view
from homebuy_plugin.workflow.world import in_force


@dataclass(slots=True)
class CaseDirectory:
    """The directory of one batch; answers are kept for its length.

    Attributes:
        session: what hooks are given: the host's session, or the tick's connection.
        groups: as published.
    """

    conn: StoreConnection
    session: Any
    answers: Answers
    groups: tuple[Group, ...]
    _case: Casework | None = None
    _contacts: dict[str, Contact] = field(default_factory=dict)
    _members: dict[tuple[str, date], tuple[Officer, ...]] = field(default_factory=dict)
    _away: dict[tuple[str, date], bool] = field(default_factory=dict)
    _names: dict[str, str] | None = None

    def about(self, case: Casework) -> None:
        """The case that stakeholders are asked for."""
        self._case = case

    def members(self, role: str, on: date) -> tuple[Officer, ...]:
        """The officers in a role on a local date."""
        key = (role, on)
        if key not in self._members:
            found = self.answers.officers_in_role(self.session, role, on)
            if found is None:
                found = tuple(directory.in_role(self.conn, role, on))
            else:
                for each in found:
                    self._note(each)
            self._members[key] = tuple(found)
        return self._members[key]

    def _note(self, officer: Officer) -> None:
        """Keep the name a host gave; an address on file stays."""
        if officer.name:
            known = self.contact(officer.key)
            self._contacts[officer.key] = Contact(
                kind=officer.kind,
                id=officer.id,
                name=officer.name,
                address=known.address,
                language=known.language,
            )

    def available(self, officer: str, on: date) -> bool:
        """Whether ``kind:id`` is there on a local date; roles always are."""
        kind, _, ident = officer.partition(":")
        if kind == "role":
            return True
        asked = self.answers.officer_available(self.session, Officer(kind="user", id=ident), on)
        if asked is not None:
            return asked
        key = (ident, on)
        if key not in self._away:
            self._away[key] = bool(directory.absent(self.conn, [ident], on))
        return not self._away[key]

    def contact(self, officer: str) -> Contact:
        """Name and address of ``kind:id``; one nobody knows has only its id."""
        if officer not in self._contacts:
            self._contacts[officer] = self._on_file(officer)
        return self._contacts[officer]

    def _on_file(self, officer: str) -> Contact:
        kind, _, ident = officer.partition(":")
        if kind == "role":
            if self._names is None:
                self._names = directory.names(self.conn)
            return Contact(kind="role", id=ident, name=self._names.get(officer, ""))
        known = directory.officers(self.conn, [ident]).get(ident)
        return Contact(
            kind="user", id=ident, name=known.name if known else "", address=known.address if known else ""
        )

    def group(self, group: str, on: date, task: str | None) -> tuple[Contact, ...]:
        """Everybody in a group on a local date: the host's answer, else the published members."""
        found = self._asked(group, task)
        if found is not None:
            return found
        people: dict[str, Contact] = {}
        for member in next((g.members for g in self.groups if g.id == group), ()):
            if not in_force(member, on):
                continue
            keys = (
                [f"user:{member.id}"]
                if member.kind == "user"
                else [o.key for o in self.members(member.id, on)]
            )
            people |= {k: self.contact(k) for k in keys if self.available(k, on)}
        return tuple(people.values())

    def _asked(self, group: str, task: str | None) -> tuple[Contact, ...] | None:
        case = self._case
        if case is None or not self.answers.port.has("homebuy_resolve_stakeholders"):
            return None
        found = [t for t in case.state.tasks.values() if t.code == task]
        view = task_view(case, found[-1], case.now) if found else None
        return self.answers.resolve_stakeholders(self.session, outcome(case, case.now), view, group)

    def open_cases(self, officer: str) -> int:
        """How many open cases ``kind:id`` owns."""
        return directory.open_cases(self.conn, [officer]).get(officer, 0)

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
        order = sorted(everybody)
        last = directory.round_robin(self.conn, [role])[role]
        start = order.index(last) + 1 if last in order else 0
        turn = next(k for k in order[start:] + order[:start] if k in there)
        directory.take_turn(self.conn, role, turn)
        return turn, f"in turn within the role {role.replace('_', ' ')}"

    def _least_busy(self, role: str, there: list[str]) -> tuple[str, str]:
        """Fewest open cases; among equals the one whose last case is longest ago, then by id."""
        busy = directory.open_cases(self.conn, there)
        since = directory.last_assigned(self.conn, there)
        turn = min(there, key=lambda k: (busy.get(k, 0), since[k].timestamp() if k in since else 0.0, k))
        count = busy.get(turn, 0)
        many = "no open case" if count == 0 else f"{count} open case{'s' if count > 1 else ''}"
        return turn, f"with the fewest open cases in the role {role.replace('_', ' ')} ({many})"
