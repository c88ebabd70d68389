"""Why has this case its owner, and why was each alert sent, or not?"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, select

from homebuy_plugin.allocation import PASSED
from homebuy_plugin.engine.phrases import describe_asked
from homebuy_plugin.exceptions import UnknownName, UnknownReference
from homebuy_plugin.insight.moment import present
from homebuy_plugin.insight.one_rule import NOT_ASKED, names_of_rules, one_rule
from homebuy_plugin.insight.subjects import step, subject_words
from homebuy_plugin.insight.upcoming import Upcoming, upcoming
from homebuy_plugin.insight.wording import COLOURS, spell_date
from homebuy_plugin.store import cases, events, outbox, tables
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.letters import rung_text
from homebuy_plugin.store.outbox import OutboxItem
from homebuy_plugin.store.transactions import reading
from homebuy_plugin.types import (
    Applicant,
    CaseOutcome,
    ClockView,
    DecisionRecord,
    RuleConsidered,
    StageView,
    TaskView,
)
from homebuy_plugin.workbench import Bench, Desk
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.records import record_from_json
from homebuy_plugin.workflow.state import RungState
from homebuy_plugin.workflow.views import outcome


@dataclass(frozen=True, kw_only=True)
class Considered:
    """One rule that a decision looked at, in words.

    Attributes:
        verdict: ``applied``, ``did not apply`` or ``not asked``.
        because: why it took no part, or "".
        conditions: each with what it saw, and whether it held: ``true``, ``false`` or ``unknown``.
    """

    rule: str
    name: str
    verdict: str
    because: str
    conditions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Escalation:
    """One rung of the ladder that was decided.

    Attributes:
        at: when it fell due; decided_at: when it was decided.
        run: the dating of the clock it belongs to: subject, clock and number.
        about: the task or stage, in words; clock: the deadline, or "".
        step: ``warning``, ``target passed``, ``follow-up 2``, ``nothing recorded``, ``event``.
        outcome: ``fired not_fired collapsed carried errored``.
        text: the decision record in a sentence.
        notices: what was sent because of it.
    """

    at: datetime
    decided_at: datetime
    on: date
    run: tuple[str, str, int]
    rule: str
    name: str
    version: int | None
    about: str
    clock: str
    step: str
    outcome: str
    text: str
    considered: tuple[Considered, ...] = ()
    notices: tuple[OutboxItem, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """A clock of the case as it stands."""

    what: str
    owners: tuple[str, ...]
    clock: ClockView


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Everything that can be said about one case.

    Attributes:
        allocation: why it has its owner, rule by rule; reassigned: what a person changed later.
        deadlines: clocks that run, wait or are paused, the most urgent first.
        escalations: in order of instant.
        next: what falls due next, soonest first.
        only: where only one rule was asked about, its kind: ``allocation`` or ``escalation``; else "".
    """

    now: datetime
    case: CaseOutcome
    applicants: tuple[Applicant, ...]
    served_on: date | None
    names: Mapping[str, str]
    allocation: DecisionRecord | None
    allocation_rules: tuple[Considered, ...]
    reassigned: tuple[str, ...]
    deadlines: tuple[Deadline, ...]
    escalations: tuple[Escalation, ...]
    next: tuple[Upcoming, ...] = field(default=())
    only: str = ""


def why(
    desk: Desk, engine: Engine, reference: str, *, rule: str | None = None, now: datetime | None = None
) -> Explanation:
    """Explain a case as it stands; nothing is decided and nothing is written.

    With ``rule`` only escalations of that rule are told; of an allocation rule every condition
    is told with the value it saw, also where it was left out or never asked.

    Raises:
        UnknownReference: no such case.
        UnknownName: no such rule, in the allocation set that decided or among the escalation rules.
    """
    with reading(engine, desk.library.settings.schema) as conn:
        loaded = cases.load_one(conn, reference)
        if loaded is None:
            raise UnknownReference(reference)
        at = now or present(conn)
        case = Bench.of(desk, conn, conn.raw, dry=True).open(loaded, at)
        return _explained(desk, case, conn, loaded.case_id, at, rule)


def _explained(
    desk: Desk, case: Casework, conn: StoreConnection, case_id: int, at: datetime, rule: str | None
) -> Explanation:
    view = outcome(case, at)
    record = _allocation(conn, case_id)
    asked = one_rule(desk.library, conn, case, case_id, record, rule) if record and rule else None
    if record and asked:
        record = replace(record, considered=(asked,), skipped=0)
    elif rule:
        _require_escalation(case, rule, names_of_rules(desk.library, conn, record))
    return Explanation(
        now=at,
        case=view,
        applicants=case.state.applicants,
        served_on=case.state.served_on,
        names={o.key: o.name or o.id for o in (*view.owners, *((view.manager,) if view.manager else ()))},
        allocation=record,
        allocation_rules=considered(case, record) if record else (),
        reassigned=tuple(_reassigned(case, conn, case_id)),
        deadlines=tuple(_deadlines(view)),
        escalations=tuple(_escalations(case, conn, case_id, rule)),
        next=tuple(each for each in upcoming(case) if rule in (None, each.rule)),
        only="" if rule is None else "allocation" if asked else "escalation",
    )


def _require_escalation(case: Casework, rule: str, others: frozenset[str]) -> None:
    """Raise unless a rule of this id was ever published, or fired by itself."""
    known = {each.id for published in case.world.escalation for each in published.rules}
    known |= {key[3] for key in case.state.rungs}
    if rule not in known:
        raise UnknownName("rule", rule, known | others)


def _allocation(conn: StoreConnection, case_id: int) -> DecisionRecord | None:
    found = events.bare(conn, case_id, (e.CASE_ALLOCATED, e.CASE_UNALLOCATED))
    return record_from_json(found[-1].data["decision"]) if found else None


def considered(case: Casework, record: DecisionRecord) -> tuple[Considered, ...]:
    """The rules of a decision record in words."""
    return tuple(_considered(case, each) for each in record.considered)


def _considered(case: Casework, each: RuleConsidered) -> Considered:
    unread = not each.conditions and not each.because.endswith(PASSED)
    not_asked = unread or each.because.startswith(NOT_ASKED)
    return Considered(
        rule=each.rule,
        name=each.name or each.rule,
        verdict="applied" if each.applied else "not asked" if not_asked else "did not apply",
        because=each.because.removeprefix(NOT_ASKED),
        conditions=tuple(
            (describe_asked(seen, case.world.catalogue), _held(seen.result, seen.negated))
            for seen in each.conditions
        ),
    )


def _held(result: str, negated: bool) -> str:
    """Whether a condition helped its rule: a test under ``not`` helps by being false."""
    if result == "unknown" or not negated:
        return result
    return "false" if result == "true" else "true"


def _reassigned(case: Casework, conn: StoreConnection, case_id: int) -> Iterator[str]:
    for each in events.bare(conn, case_id, (e.CASE_REASSIGNED,)):
        names = [case.directory.contact(o).name or o.partition(":")[2] for o in each.data["owners"]]
        by = case.directory.contact(f"user:{each.by}").name or each.by if each.by else "a rule"
        yield f"{spell_date(case.local(each.at))}: given to {' and '.join(names)} by {by}"


def _deadlines(view: CaseOutcome) -> list[Deadline]:
    parts: list[TaskView | StageView] = [*view.tasks, *view.stages]
    found = [
        Deadline(what=part.name, owners=tuple(o.name or o.id for o in part.owners), clock=clock)
        for part in parts
        for clock in part.clocks
        if clock.status in COLOURS
    ]
    return sorted(found, key=lambda d: (d.clock.due_on is None, d.clock.due_on or date.max, d.what))


def _escalations(
    case: Casework, conn: StoreConnection, case_id: int, rule: str | None
) -> Iterator[Escalation]:
    records = _records(conn, case_id)
    sent: defaultdict[str, list[OutboxItem]] = defaultdict(list)
    for item in outbox.listed(conn, reference=case.state.reference):
        sent[item.rung or ""].append(item)
    for rung in sorted(case.state.rungs.values(), key=lambda r: (r.instant, r.key)):
        if rule in (None, rung.key[3]):
            text = rung_text(rung.key)
            yield _escalation(case, rung, records.get(text), tuple(sent[text]))


def _records(conn: StoreConnection, case_id: int) -> dict[str, Any]:
    t = tables.rung.c
    query = select(t.subject, t.clock, t.run, t.rule, t.anchor, t.occurrence, t.record).where(
        t.case_id == case_id, t.record.is_not(None)
    )
    return {rung_text(tuple(row)[:6]): row[6] for row in conn.execute(query)}


def _escalation(
    case: Casework, rung: RungState, raw: Mapping[str, Any] | None, notices: tuple[OutboxItem, ...]
) -> Escalation:
    record = record_from_json(raw) if raw else None
    rule = case.world.rule(rung.key[3], rung.version)
    about, clock = subject_words(case, rung.key[0], rung.key[1])
    return Escalation(
        at=rung.instant,
        decided_at=rung.decided_at,
        on=rung.on,
        run=rung.key[:3],
        rule=rung.key[3],
        name=(rule.name if rule else "") or rung.key[3].replace("_", " "),
        version=rung.version,
        about=about,
        clock=clock,
        step=step(rung.key[4], rung.key[5]),
        outcome=rung.outcome,
        text=record.text if record else "",
        considered=considered(case, record) if record else (),
        notices=notices,
    )
