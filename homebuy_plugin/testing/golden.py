"""Worked examples of the law's dates, and what a case says of them.

The examples in ``fixtures/golden/*.toml`` were worked out by hand. :func:`play` runs one
against a pack and tells every difference::

    for example in examples("right_to_buy"):
        assert play(example, shipped_world(example.scheme)) == []
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from homebuy_plugin._resources import data_folder
from homebuy_plugin.exceptions import HomeBuyError
from homebuy_plugin.testing.worlds import PlayedCase, new_case
from homebuy_plugin.types import CaseChange, CaseFacts, ClockView, TaskChange
from homebuy_plugin.workflow.world import World

_HOME = ZoneInfo("Europe/London")
_MORNING = time(10)


@dataclass(frozen=True, kw_only=True)
class Example:
    """One worked example.

    Attributes:
        law: its source and the words it rests on.
        why: the sum, for people.
        created: when the case is entered.
        then: what is true at once, by clock.
        steps: what happens next, and what is true afterwards.
        aliases: what tasks are called in this scheme.
    """

    id: str
    scheme: str
    country: str
    law: str
    why: str
    created: date
    served_on: date | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    then: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[Mapping[str, Any], ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)

    def task(self, code: str) -> str:
        """The code of a task in this scheme."""
        return self.aliases.get(code, code)


@dataclass(frozen=True, kw_only=True)
class Period:
    """One period counted by hand."""

    law: str
    first: date
    value: int
    unit: str
    counting: str
    last: date


@dataclass(frozen=True, kw_only=True)
class Warned:
    """One warning placed by hand.

    Attributes:
        first: the day its clock runs from; last: the last day in time.
        place: ``before``, ``after`` or ``percent`` as in a pack.
        on: the day it stands for; told: the instant it is given.
    """

    law: str
    first: date
    last: date
    place: Mapping[str, Any]
    on: date
    told: datetime


def periods() -> tuple[Period, ...]:
    """The periods counted by hand."""
    return tuple(Period(**row) for row in _read("periods")["period"])


def warnings() -> tuple[Warned, ...]:
    """The warnings placed by hand."""
    return tuple(Warned(**row) for row in _read("periods")["warning"])


def examples(file: str = "right_to_buy") -> tuple[Example, ...]:
    """The worked examples of a file, once for each scheme they hold in."""
    raw = _read(file)
    return tuple(
        _example(raw, row, scheme)
        for row in raw["example"]
        for scheme in (raw["scheme"], *row.get("also", ()))
    )


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((data_folder("fixtures") / "golden" / f"{name}.toml").read_text(encoding="utf-8"))


def _example(raw: Mapping[str, Any], row: Mapping[str, Any], scheme: str) -> Example:
    own = {key: value for key, value in row.items() if key not in ("also", "steps")}
    own.setdefault("created", row.get("served_on"))
    return Example(
        **own,
        scheme=scheme,
        country=raw["country"],
        steps=tuple(row.get("steps", ())),
        aliases=raw.get("aliases", {}).get(scheme, {}),
    )


def play(example: Example, world: World) -> list[str]:
    """Play an example through the pure workflow; every difference from what it expects."""
    facts = CaseFacts(
        reference=f"GOLDEN-{example.id}",
        scheme=example.scheme,
        country=example.country,
        served_on=example.served_on,
        facts=dict(example.facts),
    )
    case = new_case(world, facts, at=_at(example.created))
    found = [*_compare(case, example.then, example.created)]
    for step in example.steps:
        found += _step(case, example, step)
    return found


def _at(on: date) -> datetime:
    return datetime.combine(on, _MORNING, tzinfo=_HOME)


def _step(case: PlayedCase, example: Example, step: Mapping[str, Any]) -> Iterator[str]:
    on = step["on"]
    yield from _act(case, example, step)
    case.tick(_at(on))
    yield from _compare(case, step.get("then", {}), on)
    if step.get("status", case.state.status) != case.state.status:
        yield f"{on}: the case is {case.state.status}, not {step['status']}"
    sent = {notice.template for notice in case.notices}
    yield from (f"{on}: no letter {name}" for name in step.get("letters", ()) if name not in sent)


def _act(case: PlayedCase, example: Example, step: Mapping[str, Any]) -> Iterator[str]:
    for stage in step.get("finish", ()):
        case.finish_stage(stage, _at(step["on"]), **step.get("facts", {}))
    change, task = _change(example, step)
    if change is None:
        return
    try:
        case.play(change, _at(step["on"]), task)
    except HomeBuyError as error:
        if "refused" not in step:
            yield f"{step['on']}: refused: {error}"
        elif step["refused"] not in str(error):
            yield f"{step['on']}: refused, but it says: {error}"
    else:
        if "refused" in step:
            yield f"{step['on']}: not refused"


def _change(example: Example, step: Mapping[str, Any]) -> tuple[CaseChange | TaskChange | None, str]:
    on, facts = step.get("happened"), step.get("facts", {})
    if "complete" in step:
        return TaskChange.complete(on=on, facts=facts), example.task(step["complete"])
    if "extend" in step:
        told = step["extend"]
        return TaskChange.extend(told["clock"], told["to"], "by notice"), example.task(told["task"])
    if "event" in step:
        return CaseChange.record(step["event"], on=on, facts=facts), ""
    if "withdraw" in step:
        return CaseChange.withdraw(on=on, reason=step["withdraw"]), ""
    if "hold" in step:
        return CaseChange.hold(step["hold"], step.get("until")), ""
    if "close" in step:
        return CaseChange.close(step["close"], step.get("reason", "")), ""
    if "release" in step:
        return CaseChange.release(), ""
    if "served_on" in step:
        return CaseChange.update(facts, served_on=step["served_on"]), ""
    return (CaseChange.update(facts) if facts and "finish" not in step else None), ""


def _compare(case: PlayedCase, then: Mapping[str, Any], on: date) -> Iterator[str]:
    views = _views(case, on)
    for code, told in then.items():
        expected = told if isinstance(told, Mapping) else {"due_on": told}
        view = views.get(code)
        if told == "absent" or view is None:
            if told != "absent" or view is not None:
                yield f"{on}: {code} is {'there' if view else 'not there'}"
            continue
        for name, value in expected.items():
            seen = _told(case, code) if name == "told" else getattr(view, name)
            if (dict(seen) if isinstance(seen, Mapping) else seen) != value:
                yield f"{on}: {code}.{name} is {seen}, not {value}"


def _views(case: PlayedCase, on: date) -> dict[str, ClockView]:
    seen = case.outcome(_at(on))
    clocks = [*(c for s in seen.stages for c in s.clocks), *(c for t in seen.tasks for c in t.clocks)]
    return {clock.code: clock for clock in clocks}


def _told(case: PlayedCase, code: str) -> dict[str, date]:
    """The day on which each warning is given."""
    return {a.name: a.at.astimezone(_HOME).date() for a in case.clock(code).ambers}
