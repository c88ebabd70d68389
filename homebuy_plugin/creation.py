"""A case is created: once, whoever asks how often.

Everything happens in the caller's transaction, and when it raises nothing of it is left,
whatever the caller then does with the transaction.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from homebuy_plugin.allocation import HostOwner, PreviousOwners, allocate
from homebuy_plugin.arguments import check_case, check_now
from homebuy_plugin.exceptions import CaseExists, InvalidArgument
from homebuy_plugin.progression import all_or_nothing, checked, decision_of, locked
from homebuy_plugin.store import cases, events, history
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.types import CaseFacts, CaseOutcome, Officer
from homebuy_plugin.workbench import Bench, Desk, finished, instant
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.advance import advance
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.events import CaseEvent, to_json
from homebuy_plugin.workflow.facts import split_personal
from homebuy_plugin.workflow.fold import apply, unpack_fact
from homebuy_plugin.workflow.settle import settle
from homebuy_plugin.workflow.stages import open_first
from homebuy_plugin.workflow.views import outcome
from homebuy_plugin.workflow.world import World

Facts = Mapping[str, Any]


def create_case(
    desk: Desk, conn: StoreConnection, session: Any, facts: CaseFacts, now: datetime | None
) -> CaseOutcome:
    """Create a case, or return the one of the same reference and facts as it is now.

    Raises:
        CaseExists: the reference is taken by a case with other facts.
    """
    check_now(now)
    check_case(facts)
    bench = Bench.of(desk, conn, session)
    code = bench.shelf.pack_code(facts.scheme, facts.country, facts.company)
    world = bench.shelf.world(code)
    given = {n: v for n, v in checked(world, facts.facts).items() if v is not None}
    case_id = cases.reserve(conn, facts.reference)
    if case_id is None:
        return _again(bench, facts, given, now)
    try:
        with all_or_nothing(conn):
            at = instant(conn, now)
            first = _first_event(world, code, bench.shelf.calendars(), facts, given, at)
            return _create(bench, world, first, case_id, at)
    except BaseException:
        cases.give_back(conn, case_id)
        raise


def _first_event(
    world: World, code: str, calendars: Mapping[str, int], facts: CaseFacts, given: Facts, at: datetime
) -> CaseEvent:
    if facts.served_on is not None and facts.served_on > world.home.local_date(at):
        raise InvalidArgument(f"served_on is {facts.served_on}, which is later than today.")
    open_, personal = split_personal(given, world.personal)
    data = {
        "reference": facts.reference,
        "scheme": facts.scheme,
        "country": facts.country,
        "company": facts.company,
        "served_on": facts.served_on,
        "creator": facts.creator,
        "facts": open_,
        "pack": code,
        "pack_version": world.pack_version,
        "calendars": calendars,
    }
    return CaseEvent(
        seq=1,
        kind=e.CASE_CREATED,
        at=at,
        recorded_at=at,
        by=facts.creator,
        data=to_json(data),
        texts=personal,
        people=tuple(facts.applicants),
    )


def _create(bench: Bench, world: World, first: CaseEvent, case_id: int, at: datetime) -> CaseOutcome:
    case = bench.lay(apply(None, first), world, at)
    case.events.append(first)
    rules, version = bench.shelf.allocation()
    decision = allocate(case, rules, version, at, host_owner(bench), previous_owners(bench.conn))
    open_first(case, at)
    advance(case, at)
    settle(case, at)
    write = finished(case, case_id)
    bench.save([write])
    bench.audit(case.state.reference, write.events)
    return outcome(case, at, created=True, because=tuple(case.because), decision=decision)


def host_owner(bench: Bench) -> HostOwner:
    """Asks the host for the owner of a case that no rule claimed."""

    def ask(case: Casework, at: datetime) -> Officer | None:
        return bench.desk.port.resolve_owner(bench.session, outcome(case, at), at)

    return ask


def previous_owners(conn: StoreConnection) -> PreviousOwners:
    """Finds who owned earlier cases of the same applicants."""

    def find(case: Casework, months: int | None, at: datetime) -> Iterator[str]:
        ids = [a.id for a in case.state.applicants if a.id]
        return history.previous_owners(conn, ids, case.state.reference, months, at)

    return find


def _again(bench: Bench, facts: CaseFacts, given: Facts, now: datetime | None) -> CaseOutcome:
    """The reference is taken: by the same facts, or by others."""
    loaded = locked(bench.conn, facts.reference)
    [first] = events.events_of(bench.conn, loaded.case_id, until=1)
    differences = list(_differences(first, facts, given))
    if differences:
        raise CaseExists(facts.reference, differences)
    case = bench.open(loaded, instant(bench.conn, now))
    decision = decision_of(bench.conn, loaded.case_id)
    return outcome(case, case.now, because=(decision.text,) if decision else (), decision=decision)


def _differences(first: CaseEvent, facts: CaseFacts, given: Facts) -> Iterator[str]:
    now = {name: getattr(facts, name) for name in ("scheme", "country", "company", "creator", "served_on")}
    for name, value in to_json(now).items():
        if first.data[name] != value:
            yield f"{name} was {first.data[name]!r} and is {value!r}"
    if first.people != tuple(facts.applicants):
        yield "applicants differ"
    before = {k: unpack_fact(v) for k, v in first.data["facts"].items()}
    before |= {k[5:]: unpack_fact(v) for k, v in first.texts.items() if k.startswith("fact:")}
    for name in sorted(before.keys() | given.keys()):
        if before.get(name) != given.get(name):
            yield f"fact {name} was {before.get(name)!r} and is {given.get(name)!r}"
