"""The history of a case in sentences: what happened, who did it, which alerts went to whom."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Engine

from homebuy_plugin.engine.casting import jsonable
from homebuy_plugin.engine.phrases import has_value
from homebuy_plugin.exceptions import UnknownReference
from homebuy_plugin.insight.moment import present
from homebuy_plugin.insight.subjects import step, subject_words
from homebuy_plugin.insight.wording import count, listed, spell_date
from homebuy_plugin.store import cases, events, outbox
from homebuy_plugin.store.letters import rung_text
from homebuy_plugin.store.transactions import reading
from homebuy_plugin.workbench import Bench, Desk
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.events import CaseEvent, as_date, as_instant, unpack_fact


@dataclass(frozen=True, kw_only=True)
class Told:
    """One thing that happened.

    Attributes:
        on: the local date; kind: of the event; text: a sentence.
        rule: id of the rule that fired, or "".
    """

    on: date
    kind: str
    text: str
    rule: str = ""


def history(desk: Desk, engine: Engine, reference: str) -> list[Told]:
    """Everything worth telling of a case, in order.

    Raises:
        UnknownReference: no such case.
    """
    with reading(engine, desk.library.settings.schema) as conn:
        loaded = cases.load_one(conn, reference)
        if loaded is None:
            raise UnknownReference(reference)
        case = Bench.of(desk, conn, conn.raw, dry=True).open(loaded, present(conn))
        sent: defaultdict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for item in outbox.listed(conn, reference=reference):
            if item.recipient is not None and item.state != "collapsed":
                sent[item.rung or ""][item.template].append(item.recipient.name or item.recipient.id)
        teller = _Teller(case, sent)
        told = [teller.tell(each) for each in events.events_of(conn, loaded.case_id)]
    return [each for each in told if each is not None]


@dataclass(slots=True)
class _Teller:
    case: Casework
    sent: Mapping[str, Mapping[str, list[str]]]

    def tell(self, event: CaseEvent) -> Told | None:
        told = _SENTENCES.get(event.kind)
        text = told(self, event) if told else ""
        if not text:
            return None
        on = as_date(event.data.get("on")) if event.kind in _HAPPENED else None
        rule = str(event.data.get("rule") or "")
        return Told(on=on or self.case.local(event.at), kind=event.kind, text=text, rule=rule)

    def by(self, event: CaseEvent) -> str:
        return f" by {self._name(f'user:{event.by}')}" if event.by else ""

    def _name(self, key: str) -> str:
        return self.case.directory.contact(key).name or key.partition(":")[2]

    def created(self, event: CaseEvent) -> str:
        served = as_date(event.data["served_on"])
        when = f"served {spell_date(served)}" if served else "date of service not known yet"
        people = listed((p.name for p in event.people), "somebody")
        said = f"The application of {people} is recorded ({when})"
        if event.data.get("linked_to"):
            said += f"; it continues {event.data['linked_to']}"
        live_from = as_instant(event.data.get("live_from"))
        return f"{said}; run here since {spell_date(self.case.local(live_from))}" if live_from else said

    def allocated(self, event: CaseEvent) -> str:
        return str(event.data["decision"]["text"]).rstrip(".")

    def reassigned(self, event: CaseEvent) -> str:
        why = f": {event.texts['reason']}" if event.texts.get("reason") else ""
        return f"Given to {listed(self._name(o) for o in event.data['owners'])}{self.by(event)}{why}"

    def status(self, event: CaseEvent) -> str:
        ended = f" ({event.data['outcome']})" if event.data.get("outcome") else ""
        return f"The case is {event.data['status'].replace('_', ' ')}{ended}"

    def recorded(self, event: CaseEvent) -> str:
        code = event.data["event"]
        name = next((n.name for n in self.case.world.pack.events if n.code == code and n.name), "")
        why = f": {event.texts['reason']}" if event.texts.get("reason") else ""
        return f"{name or code.replace('_', ' ').capitalize()}{why}"

    def stage(self, event: CaseEvent) -> str:
        code = event.data["stage"].partition("#")[0]
        found = self.case.world.pack.stage(code)
        word = {e.STAGE_OPENED: "opens", e.STAGE_COMPLETED: "is complete", e.STAGE_LEFT: "is left"}[
            event.kind
        ]
        return f"The stage “{found.name if found else code}” {word}"

    def added(self, event: CaseEvent) -> str:
        if not event.data["adhoc"]:
            return ""
        if event.by is None:
            return f"The task {self._task(event)} is added"
        why = f": {event.texts['note']}" if event.texts.get("note") else ""
        return f"The task {self._task(event)} is added{self.by(event)}{why}"

    def asked_again(self, event: CaseEvent) -> str:
        why = f": {event.texts['reason']}" if event.texts.get("reason") else ""
        return f"The allocation rules are asked again{self.by(event)}{why}"

    def linked(self, event: CaseEvent) -> str:
        words = _LINKS.get(event.data["how"], event.data["how"].replace("_", " "))
        why = f": {event.texts['reason']}" if event.texts.get("reason") else ""
        return f"{words} {event.data['reference']}{why}"

    def migrated(self, event: CaseEvent) -> str:
        d = event.data
        what = listed(d.get("documents", ()), f"version {d['pack_version']} of its pack")
        why = f": {event.texts['reason']}" if event.texts.get("reason") else ""
        quiet = "" if d.get("notify", True) else ". What was past by the new dates was not sent"
        return f"The case moves to {what}{self.by(event)}{why}{quiet}"

    def _task(self, event: CaseEvent) -> str:
        return self._words(event.data["task"])

    def _words(self, task: str) -> str:
        return f"“{subject_words(self.case, f'task:{task}', '-')[0]}”"

    def done(self, event: CaseEvent) -> str:
        return f"{self._task(event)} is done{self.by(event)}{self._late(event)}{self._facts(event)}"

    def _facts(self, event: CaseEvent) -> str:
        """What was recorded with it, in the words of the attribute dictionary."""
        known = self.case.world.catalogue.variables
        found = [
            has_value(known[name], jsonable(unpack_fact(value)))
            for name, value in sorted(event.data["facts"].items())
            if name in known
        ]
        return f": {listed(found)}" if found else ""

    def _late(self, event: CaseEvent) -> str:
        """How late, by the deadline that was missed most."""
        on = as_date(event.data["on"])
        clocks = self.case.state.clocks_of(f"task:{event.data['task']}")
        days = [(on - c.due_on).days for c in clocks if c.status == "missed" and on and c.due_on]
        return f", {count(max(days), 'day')} late" if days and max(days) > 0 else ""

    def held(self, event: CaseEvent) -> str:
        scope = event.data["scope"]
        what = "The case" if scope == "case" else self._words(scope)
        until = as_date(event.data["until"])
        end = f" until {spell_date(until)}" if until else ""
        return f"{what} is put on hold{end}: {event.texts.get('reason', 'no reason on record')}"

    def decided(self, event: CaseEvent) -> str:
        d = event.data
        if d["outcome"] != "fired":
            return ""
        key = (d["subject"], d["clock"], d["run"], d["rule"], d["anchor"], d["occurrence"])
        letters = self.sent.get(rung_text(key), {})
        told = "; ".join(f"letter {letter} to {listed(names)}" for letter, names in letters.items())
        about = subject_words(self.case, d["subject"], d["clock"])[0]
        what = step(d["anchor"], d["occurrence"]).upper()
        subject = "" if about == "the case" else f" “{about}”"
        return f"{what}{subject}: {self._rule(d)}{f' ({told})' if told else ''}"

    def _rule(self, data: Mapping[str, Any]) -> str:
        rule = self.case.world.rule(data["rule"], data["version"])
        return f"rule “{(rule.name if rule else '') or data['rule'].replace('_', ' ')}”"

    def proposed(self, event: CaseEvent) -> str:
        return f"A rule proposes to close the case: {event.data.get('reason', '')}"


_LINKS = {
    "continued_by": "The claim is continued as",
    "merged_from": "The same claim was also recorded as",
    "merged_into": "The same claim is kept as",
}
_HAPPENED = (e.TASK_COMPLETED, e.EVENT_RECORDED)
"""Events whose date is the day it happened, not the day it was recorded."""

_SENTENCES: Mapping[str, Callable[[_Teller, CaseEvent], str]] = {
    e.CASE_CREATED: _Teller.created,
    e.CASE_ALLOCATED: _Teller.allocated,
    e.CASE_UNALLOCATED: _Teller.allocated,
    e.CASE_REASSIGNED: _Teller.reassigned,
    e.CASE_STATUS: _Teller.status,
    e.CASE_LINKED: _Teller.linked,
    e.CASE_MIGRATED: _Teller.migrated,
    e.REALLOCATION_ASKED: _Teller.asked_again,
    e.EVENT_RECORDED: _Teller.recorded,
    e.STAGE_OPENED: _Teller.stage,
    e.STAGE_COMPLETED: _Teller.stage,
    e.STAGE_LEFT: _Teller.stage,
    e.TASK_CREATED: _Teller.added,
    e.TASK_COMPLETED: _Teller.done,
    e.HELD: _Teller.held,
    e.RUNG_DECIDED: _Teller.decided,
    e.CLOSURE_PROPOSED: _Teller.proposed,
}


def merged(told: list[Told]) -> Iterator[tuple[date, list[str]]]:
    """The same by day; tasks done on one day in one sentence."""
    days: dict[date, list[Told]] = {}
    for each in told:
        days.setdefault(each.on, []).append(each)
    for on in sorted(days):
        yield on, _of_one_day(days[on])


def _of_one_day(told: list[Told]) -> list[str]:
    done = [each for each in told if each.kind == e.TASK_COMPLETED]
    if len(done) < 2:
        return [each.text for each in told]
    names = "; ".join(each.text.replace(" is done", "", 1) for each in done)
    others = [each for each in told if each.kind != e.TASK_COMPLETED or each is done[0]]
    return [f"Done: {names}" if each is done[0] else each.text for each in others]
