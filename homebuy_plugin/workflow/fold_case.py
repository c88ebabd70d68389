"""What events do to the case itself: its facts, people, owners and status."""

from collections.abc import Callable
from typing import Any

from homebuy_plugin.types import Applicant
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.events import CaseEvent, as_date, as_instant, the_date, unpack_fact
from homebuy_plugin.workflow.state import CaseState, Occurrence, TaskState

Apply = Callable[[CaseState, CaseEvent], None]

_FACT = "fact:"
CONTINUES = "continues"
"""What a case is to the one it was created for: its tenant claims anew, or under another scheme."""


def created(event: CaseEvent) -> CaseState:
    """The state that the first event makes."""
    d = event.data
    state = CaseState(
        reference=d["reference"],
        scheme=d["scheme"],
        country=d["country"],
        created_at=event.at,
        last_at=event.at,
        pack=d.get("pack", ""),
        pack_version=d["pack_version"],
        calendars=dict(d["calendars"]),
        company=d["company"],
        served_on=as_date(d["served_on"]),
        creator=d["creator"],
        live_from=as_instant(d.get("live_from")),
        links={d["linked_to"]: CONTINUES} if d.get("linked_to") else {},
        applicants=event.people,
        people_seq=event.seq,
        seq=event.seq,
    )
    merge_facts(state, event)
    return state


def merge_facts(state: CaseState, event: CaseEvent) -> None:
    """Take over the facts of an event; None clears one."""
    for name, value in event.data.get("facts", {}).items():
        _set_fact(state, name, unpack_fact(value))
    for key, value in event.texts.items():
        if key.startswith(_FACT):
            name = key.removeprefix(_FACT)
            _set_fact(state, name, unpack_fact(value))
            if value is not None:
                state.personal[name] = event.seq


def brings_facts(event: CaseEvent) -> bool:
    """Whether an event says something new about the case, and not only of itself."""
    return bool(event.data.get("facts")) or any(key.startswith(_FACT) for key in event.texts)


def _set_fact(state: CaseState, name: str, value: Any) -> None:
    state.personal.pop(name, None)
    if value is None:
        state.facts.pop(name, None)
    else:
        state.facts[name] = value


def heard(state: CaseState, event: CaseEvent) -> None:
    """A person did something about the whole case: the silence of every task ends."""
    if event.by is not None:
        for task in state.tasks.values():
            break_silence(task, event)


def break_silence(task: TaskState, event: CaseEvent) -> None:
    """A new silence begins, if the task is one that anybody works on."""
    if task.status in ("open", "on_hold"):
        task.silence_seq, task.silence_at = event.seq, event.at


def _changed(state: CaseState, event: CaseEvent) -> None:
    fields = event.data.get("fields", {})
    if "served_on" in fields:
        state.served_on = as_date(fields["served_on"])
    if "live_from" in fields:
        state.live_from = as_instant(fields["live_from"])
    for name in ("country", "company", "creator"):
        if name in fields:
            setattr(state, name, fields[name])
    if "applicants" in event.data:
        state.applicants, state.people_seq = event.people, event.seq
    merge_facts(state, event)
    heard(state, event)


def _recorded(state: CaseState, event: CaseEvent) -> None:
    on = the_date(event.data["on"])
    state.occurrences[event.seq] = Occurrence(seq=event.seq, name=event.data["event"], on=on, at=event.at)
    merge_facts(state, event)
    heard(state, event)


def _allocated(state: CaseState, event: CaseEvent) -> None:
    state.owners = tuple(event.data["owners"])
    _answer_for(state, event)
    state.needs_owner, state.unowned_at = False, None
    if event.kind == e.CASE_REASSIGNED:
        heard(state, event)


def _unallocated(state: CaseState, event: CaseEvent) -> None:
    state.owners, state.needs_owner = (), True
    _answer_for(state, event)
    state.unowned_seq, state.unowned_at = event.seq, event.at


def _answer_for(state: CaseState, event: CaseEvent) -> None:
    state.manager = event.data.get("manager") or state.manager
    state.groups = tuple(dict.fromkeys((*state.groups, *event.data.get("groups", ()))))


def _status(state: CaseState, event: CaseEvent) -> None:
    state.status = event.data["status"]
    state.outcome = event.data.get("outcome")
    for seen in state.occurrences.values():
        seen.void = seen.void or seen.seq in event.data.get("void", ())


def _migrated(state: CaseState, event: CaseEvent) -> None:
    state.pack_version = event.data["pack_version"]
    state.calendars = dict(event.data["calendars"])


def _level(state: CaseState, event: CaseEvent) -> None:
    state.level = max(state.level, event.data["level"])


def _flag(state: CaseState, event: CaseEvent) -> None:
    if event.data["flag"] not in state.flags:
        state.flags = (*state.flags, event.data["flag"])


def _erased(state: CaseState, event: CaseEvent) -> None:
    """How many applied stays; who they are, and every personal fact, goes."""
    state.applicants = tuple(Applicant(name="") for _ in state.applicants)
    for name in state.personal:
        state.facts.pop(name, None)
    state.personal.clear()
    for hold in state.holds.values():
        hold.reason = ""


def _linked(state: CaseState, event: CaseEvent) -> None:
    state.links[event.data["reference"]] = event.data["how"]


def _nothing(state: CaseState, event: CaseEvent) -> None:
    """An event that is told but changes nothing."""


CASE: dict[str, Apply] = {
    e.CASE_CHANGED: _changed,
    e.CASE_ALLOCATED: _allocated,
    e.CASE_REASSIGNED: _allocated,
    e.CASE_UNALLOCATED: _unallocated,
    e.CASE_STATUS: _status,
    e.CASE_MIGRATED: _migrated,
    e.CASE_LINKED: _linked,
    e.REALLOCATION_ASKED: heard,
    e.EVENT_RECORDED: _recorded,
    e.LEVEL_RAISED: _level,
    e.FLAG_SET: _flag,
    e.CLOSURE_PROPOSED: _nothing,
    e.PERSONAL_DATA_ERASED: _erased,
}
"""Events about the case itself."""
