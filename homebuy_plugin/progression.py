"""Host calls about a case: lock, settle first, change, let follow what follows, save.

Everything happens in the caller's transaction, inside a savepoint: when a call raises,
nothing of it is left, whatever the caller then does with the transaction.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from homebuy_plugin.allocation import allocate
from homebuy_plugin.asking import Answers, Asking
from homebuy_plugin.escalation import outbox_rows
from homebuy_plugin.exceptions import CaseExists, InvalidArgument, NaiveDatetime, UnknownReference
from homebuy_plugin.library import DERIVED, Library, Shelf
from homebuy_plugin.officers import CaseDirectory
from homebuy_plugin.store import cases, events, history
from homebuy_plugin.store.cases import LoadedCase
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.instants import database_now
from homebuy_plugin.store.saving import CaseWrite, save
from homebuy_plugin.types import (
    Applicant,
    AuditEntry,
    CaseChange,
    CaseFacts,
    CaseOutcome,
    DecisionRecord,
    Officer,
    TaskChange,
)
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.advance import advance
from homebuy_plugin.workflow.case_changes import change_case
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.events import CaseEvent, to_json
from homebuy_plugin.workflow.facts import check_facts, split_personal
from homebuy_plugin.workflow.fold import apply, unpack_fact
from homebuy_plugin.workflow.records import record_from_json
from homebuy_plugin.workflow.settle import collapse, settle, wakeups
from homebuy_plugin.workflow.stages import open_first
from homebuy_plugin.workflow.task_changes import change_task, find_task
from homebuy_plugin.workflow.views import outcome
from homebuy_plugin.workflow.world import World


@dataclass(frozen=True, slots=True)
class Desk:
    """What every host call needs: the library of published documents and the host to ask."""

    library: Library
    port: Asking


def check_now(now: datetime | None) -> None:
    """Refuse anything that is not an instant.

    Raises:
        NaiveDatetime: a datetime without a time zone.
    """
    if now is None:
        return
    if not isinstance(now, datetime):
        raise InvalidArgument(f"now is an aware datetime or None, not {now!r}.")
    if now.utcoffset() is None:
        raise NaiveDatetime("now")


def instant(conn: StoreConnection, now: datetime | None) -> datetime:
    """The instant of a call: as given, or the database's clock."""
    return now if now is not None else database_now(conn)


@contextmanager
def all_or_nothing(conn: StoreConnection) -> Iterator[None]:
    """A savepoint on the caller's transaction."""
    with conn.raw.begin_nested():
        yield


def create_case(
    desk: Desk, conn: StoreConnection, session: Any, facts: CaseFacts, now: datetime | None
) -> CaseOutcome:
    """Create a case, or return the one of the same reference and facts as it is now."""
    check_now(now)
    _check_case(facts)
    shelf = desk.library.shelf(conn)
    world = shelf.world(facts.scheme, facts.country, facts.company)
    given = _checked(world, facts.facts)
    case_id = cases.reserve(conn, facts.reference)
    if case_id is None:
        return _again(desk, conn, session, facts, given, now)
    try:
        with all_or_nothing(conn):
            return _create(desk, shelf, conn, session, facts, given, world, case_id, instant(conn, now))
    except BaseException:
        cases.give_back(conn, case_id)
        raise


def _check_case(facts: CaseFacts) -> None:
    if not isinstance(facts, CaseFacts):
        raise InvalidArgument(f"A CaseFacts is needed, not {facts!r}.")
    for name in ("reference", "scheme", "country"):
        value = getattr(facts, name)
        if not isinstance(value, str) or not value.strip():
            raise InvalidArgument(f"{name} must be a text that is not empty, not {value!r}.")
    if len(facts.reference) > 200:
        raise InvalidArgument("reference is longer than 200 characters.")
    served = facts.served_on
    if served is not None and (isinstance(served, datetime) or not isinstance(served, date)):
        raise InvalidArgument(f"served_on must be a local date (datetime.date) or None, not {served!r}.")
    if not all(isinstance(a, Applicant) for a in facts.applicants):
        raise InvalidArgument("applicants must be a tuple of Applicant.")


def _checked(world: World, facts: Mapping[str, Any]) -> dict[str, Any]:
    return check_facts(facts, world.catalogue, DERIVED, world.host_variables)


def _create(
    desk: Desk,
    shelf: Shelf,
    conn: StoreConnection,
    session: Any,
    facts: CaseFacts,
    given: dict[str, Any],
    world: World,
    case_id: int,
    at: datetime,
) -> CaseOutcome:
    if facts.served_on is not None and facts.served_on > world.home.local_date(at):
        raise InvalidArgument(f"served_on is {facts.served_on}, which is later than today.")
    first = _first_event(world, shelf, facts, given, at)
    case = Casework(apply(None, first), world, _directory(desk, shelf, conn, session), at)
    case.events.append(first)
    case.directory.about(case)  # type: ignore[attr-defined]  # our own directory
    rules, version = shelf.allocation()
    decision = allocate(case, rules, version, at, _host_owner(desk, session), _previous_owner(conn))
    open_first(case, at)
    advance(case, at)
    _finish(desk, conn, session, case, None, case_id, {})
    return outcome(case, at, created=True, because=tuple(case.because), decision=decision)


def _first_event(
    world: World, shelf: Shelf, facts: CaseFacts, given: dict[str, Any], at: datetime
) -> CaseEvent:
    open_, personal = split_personal({k: v for k, v in given.items() if v is not None}, world.personal)
    data = to_json(
        {
            "reference": facts.reference,
            "scheme": facts.scheme,
            "country": facts.country,
            "company": facts.company,
            "served_on": facts.served_on,
            "creator": facts.creator,
            "facts": open_,
            "pack_version": world.pack_version,
            "calendars": shelf.calendars(),
        }
    )
    return CaseEvent(
        seq=1,
        kind=e.CASE_CREATED,
        at=at,
        recorded_at=at,
        by=facts.creator,
        data=data,
        texts=personal,
        people=tuple(facts.applicants),
    )


def _directory(desk: Desk, shelf: Shelf, conn: StoreConnection, session: Any) -> CaseDirectory:
    return CaseDirectory(conn=conn, session=session, answers=Answers(port=desk.port), groups=shelf.groups())


def _host_owner(desk: Desk, session: Any) -> Callable[[Casework, datetime], Officer | None]:
    def ask(case: Casework, at: datetime) -> Officer | None:
        return desk.port.resolve_owner(session, outcome(case, at), at)

    return ask


def _previous_owner(conn: StoreConnection) -> Callable[[Casework, int | None, datetime], str | None]:
    def find(case: Casework, months: int | None, at: datetime) -> str | None:
        ids = [a.id for a in case.state.applicants if a.id]
        for owner in history.previous_owners(conn, ids, case.state.reference, months, at):
            if case.directory.available(owner, case.local(at)):
                return owner
        return None

    return find


def _again(
    desk: Desk,
    conn: StoreConnection,
    session: Any,
    facts: CaseFacts,
    given: dict[str, Any],
    now: datetime | None,
) -> CaseOutcome:
    """The reference is taken: by the same facts, or by others."""
    loaded = _locked(conn, facts.reference)
    first = events.events_of(conn, loaded.case_id)[0]
    differences = list(_differences(first, facts, given))
    if differences:
        raise CaseExists(facts.reference, differences)
    case = _opened(desk, conn, session, loaded, instant(conn, now))
    return outcome(
        case, case.now, because=_why_owned(case, conn, loaded.case_id), decision=_decision(conn, loaded)
    )


def _differences(first: CaseEvent, facts: CaseFacts, given: dict[str, Any]) -> Iterator[str]:
    d = first.data
    for name in ("scheme", "country", "company", "creator"):
        if d[name] != getattr(facts, name):
            yield f"{name} was {d[name]!r} and is {getattr(facts, name)!r}"
    served = facts.served_on.isoformat() if facts.served_on else None
    if d["served_on"] != served:
        yield f"served_on was {d['served_on']} and is {served}"
    if tuple(first.people) != tuple(facts.applicants):
        yield "applicants differ"
    before = {k: unpack_fact(v) for k, v in d["facts"].items()}
    before |= {k[5:]: unpack_fact(v) for k, v in first.texts.items() if k.startswith("fact:")}
    now = {k: v for k, v in given.items() if v is not None}
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) != now.get(name):
            yield f"fact {name} was {before.get(name)!r} and is {now.get(name)!r}"


def _decision(conn: StoreConnection, loaded: LoadedCase) -> DecisionRecord | None:
    """The allocation's record, from the event that made it."""
    for event in events.events_of(conn, loaded.case_id):
        if event.kind in (e.CASE_ALLOCATED, e.CASE_UNALLOCATED):
            return record_from_json(event.data["decision"])
    return None


def _why_owned(case: Casework, conn: StoreConnection, case_id: int) -> tuple[str, ...]:
    found = [
        ev.data["decision"]["text"]
        for ev in events.events_of(conn, case_id)
        if ev.kind in (e.CASE_ALLOCATED, e.CASE_UNALLOCATED)
    ]
    return tuple(found)


def _locked(conn: StoreConnection, reference: str) -> LoadedCase:
    if not isinstance(reference, str):
        raise InvalidArgument(f"reference is a text, not {reference!r}.")
    case_id = cases.lock(conn, reference)
    if case_id is None:
        raise UnknownReference(reference)
    return cases.load(conn, [case_id])[0]


def _opened(
    desk: Desk,
    conn: StoreConnection,
    session: Any,
    loaded: LoadedCase,
    now: datetime,
    pack_version: int | None = None,
) -> Casework:
    """A loaded case on the workbench; time never runs back within it."""
    shelf = desk.library.shelf(conn)
    state = loaded.state
    world = shelf.world(
        state.scheme,
        state.country,
        state.company,
        pack_version=pack_version or state.pack_version,
        calendars=state.calendars,
    )
    case = Casework(state.copy(), world, _directory(desk, shelf, conn, session), max(now, state.last_at))
    case.directory.about(case)  # type: ignore[attr-defined]  # our own directory
    return case


def update_case(
    desk: Desk, conn: StoreConnection, session: Any, reference: str, change: CaseChange, now: datetime | None
) -> CaseOutcome:
    """Change a case; it is settled up to the instant first."""
    if not isinstance(change, CaseChange):
        raise InvalidArgument(f"A CaseChange is needed, for example CaseChange.update(...), not {change!r}.")

    def apply_change(case: Casework, at: datetime) -> None:
        change_case(case, change, _checked(case.world, change.data.get("facts", {})), at)

    version = change.data["version"] if change.action == "migrate" else None
    return _update(desk, conn, session, reference, now, apply_change, version)


def update_task(
    desk: Desk,
    conn: StoreConnection,
    session: Any,
    reference: str,
    task: str,
    change: TaskChange,
    now: datetime | None,
) -> CaseOutcome:
    """Change a task, named by code or id; its case is settled up to the instant first."""
    if not isinstance(change, TaskChange):
        raise InvalidArgument(
            f"A TaskChange is needed, for example TaskChange.complete(by=...), not {change!r}."
        )

    def apply_change(case: Casework, at: datetime) -> None:
        facts = _checked(case.world, change.data.get("facts") or {})
        change_task(case, find_task(case, task), change, facts, at)

    return _update(desk, conn, session, reference, now, apply_change)


def _update(
    desk: Desk,
    conn: StoreConnection,
    session: Any,
    reference: str,
    now: datetime | None,
    change: Callable[[Casework, datetime], None],
    pack_version: int | None = None,
) -> CaseOutcome:
    check_now(now)
    loaded = _locked(conn, reference)
    with all_or_nothing(conn):
        case = _opened(desk, conn, session, loaded, instant(conn, now))
        at = case.now
        settle(case, at)
        if pack_version is not None:
            case.world = _opened(desk, conn, session, loaded, at, pack_version).world
        change(case, at)
        advance(case, at)
        _finish(desk, conn, session, case, loaded, loaded.case_id, loaded.wakeups)
        return outcome(case, at, because=tuple(case.because), decision=_decision(conn, loaded))


def _finish(
    desk: Desk,
    conn: StoreConnection,
    session: Any,
    case: Casework,
    loaded: LoadedCase | None,
    case_id: int,
    before_wakeups: Mapping[str, datetime],
) -> None:
    """Settle what a change made due, and write everything."""
    settle(case, case.now)
    write = finished(case, loaded, case_id, before_wakeups)
    save(conn, [write])
    audit(desk.port, session, case.state.reference, write.events)


def finished(
    case: Casework, loaded: LoadedCase | None, case_id: int, before_wakeups: Mapping[str, datetime]
) -> CaseWrite:
    """What is to be written of a settled case."""
    collapse(case)
    return CaseWrite(
        case_id=case_id,
        before=loaded.state if loaded else None,
        after=case.state,
        events=case.events,
        wakeups=wakeups(case),
        before_wakeups=before_wakeups,
        outbox=outbox_rows(case),
        records=case.records,
    )


def audit(port: Asking, session: Any, reference: str, written: Sequence[CaseEvent]) -> None:
    """Tell the host's audit of every event, in the same transaction; errors propagate."""
    if not port.has("homebuy_audit"):
        return
    for event in written:
        entry = AuditEntry(kind=event.kind, reference=reference, at=event.at, data=event.data, by=event.by)
        port.audit(session, entry)
