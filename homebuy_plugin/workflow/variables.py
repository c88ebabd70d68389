"""The values that conditions see: facts as given, and what is worked out from the case."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from homebuy_plugin.engine.readings import read as read_value
from homebuy_plugin.workflow.casework import Casework, Reader, Subject
from homebuy_plugin.workflow.world import World

_LEASEHOLD = ("flat", "maisonette")


def reader(case: Casework, at: datetime, subject: Subject | None = None) -> Reader:
    """A function from variable name to its value at an instant; None is missing."""
    about, world, facts = subject or Subject(), case.world, case.state.facts

    def read(name: str) -> object:
        if name in world.host_variables:
            return _host(case, name, at)
        derived = _DERIVED.get(name)
        if derived is not None:
            return derived(case, about, case.local(at), at)
        return facts[name] if name in facts else world.defaults.get(name)

    return read


def moved_by_work(world: World, name: str) -> bool:
    """Whether the stages, tasks and clocks of a case can change a value at one instant.

    They change no fact. What a host works out may depend on anything.
    """
    return name in world.host_variables or (name in _DERIVED and name not in _UNMOVED)


def snapshot(case: Casework, at: datetime, subject: Subject | None = None) -> dict[str, Any]:
    """Every value a rule could see at an instant, as plain JSON; without personal ones, and what errs."""
    values = reader(case, at, subject)
    variables = [v for v in case.world.catalogue.variables.values() if not v.personal]
    readings = {v.name: read_value(v, values) for v in variables}
    return {name: reading.plain for name, reading in readings.items() if reading.error is None}


def _host(case: Casework, name: str, at: datetime) -> object:
    from homebuy_plugin.workflow.views import outcome

    variable = case.world.host_variables[name]
    return variable.read(dict(case.state.facts), outcome(case, at))


def tenure_offered(facts: dict[str, Any]) -> str | None:
    """As recorded; unless said, flats and maisonettes are leasehold, houses and bungalows freehold."""
    if facts.get("tenure_offered") is not None:
        return str(facts["tenure_offered"])
    kind = facts.get("property_type")
    if kind is None:
        return None
    return "leasehold" if kind in _LEASEHOLD else "freehold"


def _clock_due(about: Subject) -> date | None:
    return about.clock.due_on if about.clock else None


def _days_to_target(case: Casework, about: Subject, today: date, at: datetime) -> int | None:
    due = _clock_due(about)
    return (due - today).days if due else None


def _working_days(case: Casework, about: Subject, start: date, end: date) -> int:
    """Working days of the clock's calendar, else of the landlord's; negative when end is earlier."""
    calendar = case.world.calendar(about.clock.calendar if about.clock else None)
    return calendar.count_working_days(start, end) - calendar.count_working_days(end, start)


def _wd_to_target(case: Casework, about: Subject, today: date, at: datetime) -> int | None:
    due = _clock_due(about)
    return None if due is None else _working_days(case, about, today, due)


def _wd_overdue(case: Casework, about: Subject, today: date, at: datetime) -> int | None:
    due = _clock_due(about)
    return None if due is None else max(0, _working_days(case, about, due, today))


def _time_overdue(case: Casework, about: Subject, today: date, at: datetime) -> timedelta | None:
    due = about.clock.due_at if about.clock else None
    return None if due is None else max(timedelta(0), at - due)


def _wd_since_served(case: Casework, about: Subject, today: date, at: datetime) -> int | None:
    served = case.state.served_on
    return None if served is None else _working_days(case, about, served, today)


def _days_overdue(case: Casework, about: Subject, today: date, at: datetime) -> int | None:
    due = _clock_due(about)
    return max(0, (today - due).days) if due else None


def _stage_code(case: Casework, about: Subject) -> str | None:
    if about.stage:
        return about.stage.code
    if about.task:
        home = case.world.pack.stage_of(about.task.code)
        return home.code if home else None
    main = [s for s in case.state.open_stages() if not s.parallel]
    return main[-1].code if main else None


def _master(case: Casework, about: Subject) -> str | None:
    stage = case.world.pack.stage(_stage_code(case, about) or "")
    return stage.master_stage if stage else None


def _owner(case: Casework, about: Subject) -> str | None:
    owners = (about.task.owners if about.task else ()) or case.state.owners
    return owners[0] if owners else None


def _owner_active(case: Casework, about: Subject, today: date, at: datetime) -> bool | None:
    owner = _owner(case, about)
    return case.directory.available(owner, today) if owner else None


def _owner_role(case: Casework, about: Subject, today: date, at: datetime) -> str | None:
    owner = _owner(case, about) or ""
    return owner.removeprefix("role:") if owner.startswith("role:") else None


def _owner_open(case: Casework, about: Subject, today: date, at: datetime) -> int | None:
    owner = _owner(case, about)
    return case.directory.open_cases(owner) if owner else None


def _silent_since(case: Casework, about: Subject) -> date | None:
    since = about.task.silence_at if about.task else case.state.last_at
    return case.local(since) if since else None


def _silent_days(case: Casework, about: Subject, today: date, at: datetime) -> int | None:
    since = _silent_since(case, about)
    return (today - since).days if since else None


def _silent_wd(case: Casework, about: Subject, today: date, at: datetime) -> int | None:
    since = _silent_since(case, about)
    return _working_days(case, about, since, today) if since else None


def _held_since(case: Casework, about: Subject, today: date) -> date:
    scopes = ("case", about.task.id) if about.task else ("case",)
    return min((case.local(h.started_at) for h in case.state.active_holds(*scopes)), default=today)


def _hold_days(case: Casework, about: Subject, today: date, at: datetime) -> int:
    return (today - _held_since(case, about, today)).days


def _hold_wd(case: Casework, about: Subject, today: date, at: datetime) -> int:
    return _working_days(case, about, _held_since(case, about, today), today)


def _on_hold(case: Casework, about: Subject, today: date, at: datetime) -> bool:
    scopes = ("case", about.task.id) if about.task else ("case",)
    return bool(case.state.active_holds(*scopes))


def _codes(case: Casework, statuses: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(t.code for t in case.state.tasks.values() if t.status in statuses))


Derived = Callable[[Casework, Subject, date, datetime], object]

_DERIVED: dict[str, Derived] = {
    "scheme": lambda c, s, d, at: c.state.scheme,
    "country": lambda c, s, d, at: c.state.country,
    "company": lambda c, s, d, at: c.state.company,
    "served_on": lambda c, s, d, at: c.state.served_on,
    "created_on": lambda c, s, d, at: c.local(c.state.created_at),
    "days_since_served": lambda c, s, d, at: (d - c.state.served_on).days if c.state.served_on else None,
    "created_at": lambda c, s, d, at: c.state.created_at,
    "wd_since_served": _wd_since_served,
    "joint_applicants": lambda c, s, d, at: max(1, len(c.state.applicants)),
    "tenure_offered": lambda c, s, d, at: tenure_offered(c.state.facts),
    "stage": lambda c, s, d, at: _stage_code(c, s),
    "master_stage": lambda c, s, d, at: _master(c, s),
    "task_code": lambda c, s, d, at: s.task.code if s.task else None,
    "task_kind": lambda c, s, d, at: s.task.kind if s.task else None,
    "is_statutory": lambda c, s, d, at: s.clock.kind == "statutory" if s.clock else None,
    "mandatory": lambda c, s, d, at: s.task.mandatory if s.task else None,
    "last_activity_days": _silent_days,
    "last_activity_wd": _silent_wd,
    "escalation_level": lambda c, s, d, at: c.state.level,
    "has_delay_notice": lambda c, s, d, at: any(x.code == "delay" for x in c.state.stages.values()),
    "owner": lambda c, s, d, at: (_owner(c, s) or "").partition(":")[2] or None,
    "owner_role": _owner_role,
    "owner_active": _owner_active,
    "owner_open_cases": _owner_open,
    "days_to_target": _days_to_target,
    "wd_to_target": _wd_to_target,
    "days_overdue": _days_overdue,
    "wd_overdue": _wd_overdue,
    "due_at": lambda c, s, d, at: s.clock.due_at if s.clock else None,
    "time_overdue": _time_overdue,
    "hold_days": _hold_days,
    "hold_wd": _hold_wd,
    "on_hold": _on_hold,
    "tasks_done": lambda c, s, d, at: _codes(c, ("complete",)),
    "tasks_open": lambda c, s, d, at: _codes(c, ("open", "on_hold")),
    "stages_open": lambda c, s, d, at: tuple(dict.fromkeys(x.code for x in c.state.open_stages())),
    "events_recorded": lambda c, s, d, at: tuple(
        dict.fromkeys(o.name for o in c.state.occurrences.values() if not o.void)
    ),
    "case_flags": lambda c, s, d, at: c.state.flags,
}

_UNMOVED = frozenset(
    {
        "scheme",
        "country",
        "company",
        "served_on",
        "created_on",
        "created_at",
        "days_since_served",
        "joint_applicants",
        "tenure_offered",
        "escalation_level",
        "events_recorded",
        "case_flags",
    }
)
"""What is worked out from the case itself and from what was recorded of it."""
