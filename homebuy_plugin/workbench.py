"""The workbench of one transaction: cases are laid on it, worked on, and written back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from homebuy_plugin.asking import Answers, Asking
from homebuy_plugin.documents.formats import WHOLE
from homebuy_plugin.escalation import outbox_rows
from homebuy_plugin.library import Library, Shelf
from homebuy_plugin.officers import CaseDirectory
from homebuy_plugin.store import directory
from homebuy_plugin.store.cases import LoadedCase
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.instants import database_now
from homebuy_plugin.store.roster import Rosters
from homebuy_plugin.store.saving import CaseWrite, save
from homebuy_plugin.types import AuditEntry
from homebuy_plugin.workflow.agenda import Agenda
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.catching_up import collapse
from homebuy_plugin.workflow.events import CaseEvent
from homebuy_plugin.workflow.settle import wakeups
from homebuy_plugin.workflow.state import CaseState
from homebuy_plugin.workflow.world import World

_LONGEST_CALL = timedelta(hours=1)
"""For longer no host keeps the transaction of a call open."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What every service needs: published documents, the landlord's officers, the host to ask."""

    library: Library
    port: Asking
    rosters: Rosters = field(default_factory=Rosters)


@dataclass(frozen=True, slots=True)
class Bench:
    """One transaction: what is published in it, and who is who.

    Attributes:
        session: what hooks are given: the host's session, or the tick's connection.
    """

    desk: Desk
    conn: StoreConnection
    session: Any
    shelf: Shelf
    directory: CaseDirectory

    @classmethod
    def of(cls, desk: Desk, conn: StoreConnection, session: Any, *, dry: bool = False) -> "Bench":
        """The bench of a transaction; a dry one only looks at what others would lock.

        Raises:
            DatabaseBehind: nothing is published.
        """
        shelf = desk.library.shelf(conn)
        officers = CaseDirectory(
            conn=conn,
            session=session,
            answers=Answers(port=desk.port),
            rosters=desk.rosters,
            groups=shelf.groups(),
            turn_roles=shelf.turn_roles,
            positions=directory.turns_taken if dry else directory.round_robin,
        )
        return cls(desk, conn, session, shelf, officers)

    def lay(self, state: CaseState, world: World, now: datetime, agenda: Agenda | None = None) -> Casework:
        """A case on the bench; what it waits for is worked out unless its agenda is given."""
        case = Casework(state, world, self.directory, now, agenda=agenda or Agenda())
        self.directory.about(case)
        return case

    def open(self, loaded: LoadedCase, now: datetime) -> Casework:
        """A loaded case on the bench; time never runs back within it."""
        state = loaded.state
        agenda = Agenda.saved(loaded.wakeups) if self._knew_the_rules(state) else None
        return self.lay(state.copy(), self.shelf.world_of(state), max(now, state.last_at), agenda)

    def _knew_the_rules(self, state: CaseState) -> bool:
        """Whether the rules in force were surely seen when the case was last worked on.

        A transaction that read the rules before a publication may be committed after it.
        """
        newest = self.shelf.latest("escalation", WHOLE)
        return newest is None or newest.published_at + _LONGEST_CALL <= state.last_at

    def save(self, writes: Sequence[CaseWrite]) -> None:
        """Write cases; positions in turn come last."""
        save(self.conn, writes)
        self.directory.save_turns()

    def put_away(self, writes: Sequence[CaseWrite]) -> None:
        """Write cases, and tell the host's audit."""
        self.save(writes)
        for write in writes:
            self.audit(write.after.reference, write.events)

    def audit(self, reference: str, written: Sequence[CaseEvent]) -> None:
        """Tell the host's audit of every event, in the same transaction; errors propagate."""
        if not self.desk.port.has("homebuy_audit"):
            return
        for each in written:
            entry = AuditEntry(kind=each.kind, reference=reference, at=each.at, data=each.data, by=each.by)
            self.desk.port.audit(self.session, entry)


def instant(conn: StoreConnection, now: datetime | None) -> datetime:
    """The instant of a call: as given, or the database's clock."""
    return now if now is not None else database_now(conn)


def finished(
    case: Casework,
    case_id: int,
    before: CaseState | None = None,
    before_wakeups: Mapping[str, datetime] | None = None,
) -> CaseWrite:
    """What is to be written of a settled case."""
    collapse(case)
    return CaseWrite(
        case_id=case_id,
        before=before,
        after=case.state,
        events=case.events,
        wakeups=wakeups(case),
        before_wakeups=before_wakeups or {},
        outbox=outbox_rows(case),
        records=case.records,
    )
