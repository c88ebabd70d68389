"""What would move: every deadline of every open case, before anything is published."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine

from homebuy_plugin.documents.values import from_json
from homebuy_plugin.engine.catalogue import Catalogue
from homebuy_plugin.library import Library
from homebuy_plugin.publishing import Draft, left_behind, to_publish
from homebuy_plugin.store import cases, documents, pins
from homebuy_plugin.store.cases import LoadedCase
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.documents import DocumentRef
from homebuy_plugin.store.transactions import reading
from homebuy_plugin.types import LiveCases
from homebuy_plugin.workbench import Bench, Desk, instant
from homebuy_plugin.workflow.agenda import Agenda
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.catching_up import collapse
from homebuy_plugin.workflow.settle import settle
from homebuy_plugin.workflow.state import ClockState

_AT_ONCE = 200


@dataclass(frozen=True, kw_only=True)
class DeadlineMove:
    """A deadline that would move.

    Attributes:
        task: code of its task, or None for a deadline of a stage.
        stage: code of its stage, or None for a task made ahead of its stage.
        kind: ``statutory`` or ``service``.
        before, after: its local date; None for one that there was not, or would not be.
        passed: it would be past already.
    """

    clock: str
    kind: str
    task: str | None
    stage: str | None
    before: date | None
    after: date | None
    passed: bool = False


@dataclass(frozen=True, kw_only=True)
class CaseMove:
    """What would move in one case.

    Attributes:
        deadlines: those that differ; verdicts (met, missed) stay and are never among them.
        added, cancelled: codes of tasks that would come and go.
        told: notices that would be written at once because of it.
    """

    reference: str
    deadlines: tuple[DeadlineMove, ...] = ()
    added: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()
    told: int = 0


@dataclass(frozen=True, kw_only=True)
class MigrationPreview:
    """What open cases would do with a publication.

    Attributes:
        documents: what would be published, as ``kind code version``.
        cases: those in which something would move.
        looked_at: how many cases are not closed.
    """

    documents: tuple[str, ...]
    cases: tuple[CaseMove, ...]
    looked_at: int

    @property
    def deadlines(self) -> int:
        """How many deadlines would move."""
        return sum(len(each.deadlines) for each in self.cases)

    @property
    def told(self) -> int:
        """How many notices would be written at once."""
        return sum(each.told for each in self.cases)


def preview(
    desk: Desk,
    engine: Engine,
    texts: Mapping[str, str] | None,
    base: Catalogue,
    now: datetime | None,
    live_cases: LiveCases,
) -> MigrationPreview:
    """What open cases would do if these files were published; its transaction cannot write.

    Args:
        desk: the library and the host.
        engine: the landlord's database.
        texts: file name to JSON text; None for what is in force and open cases do not have.
        base: built-in variables and actions.
        now: the instant of publication; None for the database's clock.
        live_cases: ``recompute`` or ``recompute_and_notify``.

    Raises:
        InvalidDocument: the files have problems.
    """
    with reading(engine, desk.library.settings.schema) as conn:
        at = instant(conn, now)
        ready = to_publish(conn, left_behind(conn) if texts is None else texts, base, desk.port, live_cases)
        refs = _refs(conn, ready, at, live_cases)
        pretended = {ref: from_json(ref.kind, draft.body) for ref, draft in zip(refs, ready, strict=True)}
        library = Library(desk.library.settings, desk.port, desk.library.base, pretended=pretended)
        today = Bench.of(desk, conn, conn.raw, dry=True)
        then = Bench.of(Desk(library=library, port=desk.port), conn, conn.raw, dry=True)
        moves, looked_at = [], 0
        for loaded in _open_cases(conn):
            looked_at += 1
            move = _move(_settled(today, loaded, at), _settled(then, loaded, at), at)
            moves += [move] if move else []
    names = tuple(f"{r.kind} {r.code} {r.version}" for r in refs)
    return MigrationPreview(documents=names, cases=tuple(moves), looked_at=looked_at)


def _refs(
    conn: StoreConnection, drafts: Sequence[Draft], at: datetime, live_cases: LiveCases
) -> list[DocumentRef]:
    """The versions that the drafts would become."""
    last: dict[tuple[str, str], int] = {}
    for ref in documents.versions(conn):
        last[ref.kind, ref.code] = ref.version
    return [
        DocumentRef(
            kind=draft.kind,
            code=draft.code,
            version=last.get((draft.kind, draft.code), 0) + 1,
            published_at=at,
            live_cases=live_cases,
        )
        for draft in drafts
    ]


def _open_cases(conn: StoreConnection) -> Iterator[LoadedCase]:
    ids = pins.live_cases(conn, 0, _AT_ONCE)
    while ids:
        yield from cases.load(conn, ids)
        ids = pins.live_cases(conn, ids[-1], _AT_ONCE)


def _settled(bench: Bench, loaded: LoadedCase, at: datetime) -> Casework:
    case = bench.open(loaded, at)
    case.agenda = Agenda()  # what is saved was worked out by the rules in force, not by these
    settle(case, case.now)
    collapse(case)
    return case


def _move(before: Casework, after: Casework, at: datetime) -> CaseMove | None:
    old, new = before.state, after.state
    deadlines = tuple(_deadlines(before, after, at))
    added = tuple(t.code for i, t in new.tasks.items() if i not in old.tasks)
    gone = tuple(
        t.code for i, t in old.tasks.items() if t.status != "cancelled" and new.tasks[i].status == "cancelled"
    )
    told = max(_sent(after) - _sent(before), 0)
    if not (deadlines or added or gone or told):
        return None
    return CaseMove(reference=old.reference, deadlines=deadlines, added=added, cancelled=gone, told=told)


def _sent(case: Casework) -> int:
    return sum(notice.status == "pending" for notice in case.notices)


def _deadlines(before: Casework, after: Casework, at: datetime) -> Iterator[DeadlineMove]:
    for clock_id in dict.fromkeys((*before.state.clocks, *after.state.clocks)):
        old, new = before.state.clocks.get(clock_id), after.state.clocks.get(clock_id)
        if _due(old) != _due(new):
            clock = new or old
            assert clock is not None  # noqa: S101 - the id is of one of them
            yield _deadline(after, clock, _due(old), _due(new), at)


def _due(clock: ClockState | None) -> date | None:
    return clock.due_on if clock is not None and clock.status != "cancelled" else None


def _deadline(
    case: Casework, clock: ClockState, before: date | None, after: date | None, at: datetime
) -> DeadlineMove:
    task = case.state.tasks.get(clock.owner_id) if clock.of_task else None
    stage = case.state.stages.get((task.stage or "") if task else clock.owner_id)
    return DeadlineMove(
        clock=clock.code,
        kind=clock.kind,
        task=task.code if task else None,
        stage=stage.code if stage else None,
        before=before,
        after=after,
        passed=after is not None and clock.status == "running" and clock.target[1] <= at,
    )
