"""A case is created: once, whoever asks how often.

Everything happens in the caller's transaction, and when it raises nothing of it is left,
whatever the caller then does with the transaction.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from homebuy_plugin.arguments import check_case, check_now
from homebuy_plugin.exceptions import CaseExists, InvalidArgument, TransactionEnded
from homebuy_plugin.linking import continued
from homebuy_plugin.owning import ask_rules
from homebuy_plugin.progression import checked, decision_of, locked
from homebuy_plugin.store import cases, events
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.saving import CaseWrite
from homebuy_plugin.store.transactions import savepoint
from homebuy_plugin.types import CaseFacts, CaseOutcome
from homebuy_plugin.workbench import Bench, Desk, finished, instant
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.advance import advance
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.events import CaseEvent, to_json
from homebuy_plugin.workflow.facts import check_go_live, split_personal
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
    # Reserved before the earlier case is locked: who waits for a row that nobody sees yet holds no
    # other, and a repetition locks this case alone. So no merger of the two is waited for in a ring.
    case_id = cases.reserve(conn, facts.reference)
    if case_id is None:
        return _again(bench, facts, given, now)
    try:
        earlier = locked(conn, facts.linked_to) if facts.linked_to else None
        with savepoint(conn):
            at = instant(conn, now)
            first = _first_event(world, code, bench.shelf.calendars(), facts, given, at)
            others = [continued(bench, earlier, facts, at)] if earlier else []
            return _create(bench, world, first, case_id, at, others)
    except TransactionEnded:
        raise  # what was reserved went with it
    except BaseException:  # whatever ends this call, the row must not stay behind
        cases.give_back(conn, case_id)
        raise


def _first_event(
    world: World, code: str, calendars: Mapping[str, int], facts: CaseFacts, given: Facts, at: datetime
) -> CaseEvent:
    if facts.served_on is not None and facts.served_on > world.home.local_date(at):
        raise InvalidArgument(f"served_on is {facts.served_on}, which is later than today.")
    check_go_live(facts.live_from, at)
    open_, personal = split_personal(given, world.personal)
    data = {
        **_fields(facts),
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


def _fields(facts: CaseFacts) -> dict[str, Any]:
    """What a case is made of, beside its people and facts."""
    names = ("reference", "scheme", "country", "company", "served_on", "creator", "linked_to")
    live_from = facts.live_from.astimezone(UTC) if facts.live_from else None
    return {**{name: getattr(facts, name) for name in names}, "live_from": live_from}


def _create(
    bench: Bench, world: World, first: CaseEvent, case_id: int, at: datetime, others: list[CaseWrite]
) -> CaseOutcome:
    case = bench.lay(apply(None, first), world, at)
    case.events.append(first)
    decision = ask_rules(bench, case, at)
    open_first(case, at)
    advance(case, at)
    settle(case, at)
    bench.put_away([finished(case, case_id), *others])
    return outcome(case, at, created=True, because=tuple(case.because), decision=decision)


def _again(bench: Bench, facts: CaseFacts, given: Facts, now: datetime | None) -> CaseOutcome:
    """The reference is taken: by the same facts, or by others."""
    loaded = locked(bench.conn, facts.reference)
    [first] = events.events_of(bench.conn, loaded.case_id, until=1)
    erased = bool(events.bare(bench.conn, loaded.case_id, (e.PERSONAL_DATA_ERASED,)))
    case = bench.open(loaded, instant(bench.conn, now))
    differences = [*_differences(first, facts), *_other_facts(case, first, given, erased)]
    if not erased and first.people != tuple(facts.applicants):
        differences.append("applicants differ")
    if differences:
        raise CaseExists(facts.reference, differences)
    decision = decision_of(bench.conn, loaded.case_id)
    because = [decision.text] if decision else []
    because += [_ERASED] if erased else []
    return outcome(case, case.now, because=tuple(because), decision=decision)


_ERASED = "Personal data of this case was erased, so people and personal facts were not compared."
_COMPARED = ("scheme", "country", "company", "creator", "served_on", "linked_to", "live_from")


def _differences(first: CaseEvent, facts: CaseFacts) -> Iterator[str]:
    for name, value in to_json(_fields(facts)).items():
        if name in _COMPARED and first.data.get(name) != value:
            yield f"{name} was {first.data.get(name)!r} and is {value!r}"


def _other_facts(case: Casework, first: CaseEvent, given: Facts, erased: bool) -> Iterator[str]:
    before = {k: unpack_fact(v) for k, v in first.data["facts"].items()}
    before |= {k[5:]: unpack_fact(v) for k, v in first.texts.items() if k.startswith("fact:")}
    names = before.keys() | given.keys()
    for name in sorted(names - case.world.personal if erased else names):
        if before.get(name) != given.get(name):
            yield f"fact {name} was {before.get(name)!r} and is {given.get(name)!r}"
