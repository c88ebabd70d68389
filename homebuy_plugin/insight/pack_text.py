"""A pack as text: its stages, tasks and clocks, and the work before each date of the law."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from homebuy_plugin.documents.critical_path import CriticalPath, critical_paths, days
from homebuy_plugin.documents.durations import words
from homebuy_plugin.documents.model import ClockDef, EscalationRule, Pack, StageDef, TaskDef
from homebuy_plugin.documents.reach_checks import Reaching
from homebuy_plugin.documents.slas import Sla, slas
from homebuy_plugin.engine.catalogue import Catalogue
from homebuy_plugin.insight.pack_words import PackWords, basis, reach, warnings
from homebuy_plugin.insight.wording import count, listed, scheme_name

Around = Mapping[int, Sla]
"""The rules around each clock, by its identity."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text.

    Attributes:
        kind: ``title section stage law path`` or ``"" ``: what it is, for whoever prints it.
        depth: how far it is indented.
    """

    text: str
    depth: int = 0
    kind: str = ""


def pack_lines(
    pack: Pack, catalogue: Catalogue, rules: Iterable[EscalationRule] | None = None
) -> Iterator[Line]:
    """Everything about a pack, as lines; with the escalation rules about each target where they are given."""
    say = PackWords(pack, catalogue)
    around = {} if rules is None else {id(sla.clock): sla for sla in slas(pack, rules)}
    yield Line(title(pack), kind="title")
    yield Line(size(pack))
    everywhere = {reach(stage) for stage in pack.stages}
    shared = everywhere.pop() if len(everywhere) == 1 else ""
    if shared:
        yield Line(f"Every stage: {shared}")
    yield Line("Stages", kind="section")
    for number, stage in enumerate(pack.stages, 1):
        yield from _stage(number, stage, say, around, shared)
    yield Line("The work before each date of the law", kind="section")
    yield from _paths(pack, say)


def title(pack: Pack) -> str:
    """``Right to Buy, England``."""
    parts = [scheme_name(pack.scheme), pack.country.replace("_", " ").title(), *pack.companies]
    return ", ".join(parts)


def size(pack: Pack) -> str:
    """How many stages, tasks and clocks."""
    tasks = [task for stage in pack.stages for task in stage.tasks]
    clocks = [
        *(c for stage in pack.stages for c in stage.clocks),
        *(c for task in tasks for c in task.clocks),
    ]
    law = sum(clock.kind == "statutory" for clock in clocks)
    own = len(clocks) - law
    return (
        f"{count(len(pack.stages), 'stage')}, {count(len(tasks), 'task')}, "
        f"{count(law, 'date')} of the law, {count(own, 'target')} of the landlord's own"
    )


def _stage(number: int, stage: StageDef, say: PackWords, around: Around, shared: str) -> Iterator[Line]:
    yield Line("")
    beside = ", beside the others" if stage.parallel else ""
    beside += ", the default of its phase" if stage.default_for_master else ""
    phase = stage.master_stage.replace("_", " ")
    yield Line(f"{number}. {stage.name} ({stage.code}; phase {phase}{beside})", kind="stage")
    yield from _reach(stage, 1, shared)
    if stage.when:
        yield Line(f"first stage if {say.when(stage.when)}", 1)
    if stage.opens_on:
        yield Line(f"opens when {_or([say.point(point) for point in stage.opens_on])}", 1)
    for clock in stage.clocks:
        yield from _clock(clock, say, 1, around)
    for task in stage.tasks:
        yield from _task(task, say, around, reach(stage))
    for link in stage.next:
        how = "then" if link.opens == "automatic" else "may go to"
        yield Line(f"{how} {say.link(link)}", 1)


def _task(task: TaskDef, say: PackWords, around: Around, carrier: str) -> Iterator[Line]:
    mark = "*" if task.mandatory else "-"
    notes = [task.code, *(["somebody else's move"] if task.kind == "wait" else [])]
    notes += [task.owner_role.replace("_", " ")] if task.owner_role else []
    notes += ["stays when the case is closed"] if task.outlives else []
    yield Line(f"{mark} {task.name} ({', '.join(notes)})", 1)
    yield from _reach(task, 2, carrier)
    if task.when:
        yield Line(f"only if {say.when(task.when)}", 2)
    if task.after:
        lag = f", and {words(task.lag)} more" if task.lag else ""
        yield Line(f"after {listed(say.task_name(code) for code in task.after)}{lag}", 2)
    for clock in task.clocks:
        yield from _clock(clock, say, 2, around)
    for refusal in task.refuse:
        yield Line(f"{'not yet' if refusal.firm else 'mind'}: {refusal.why}", 2)


def _reach(part: Reaching, depth: int, carrier: str = "") -> Iterator[Line]:
    """Companies and dates, where they are not those of what carries the part."""
    text = reach(part)
    if text not in ("", carrier):
        yield Line(text, depth)


def _rules(clock: ClockDef, depth: int, around: Around) -> Iterator[Line]:
    sla = around.get(id(clock))
    for head, rules in (
        ("warned by", sla.amber if sla else ()),
        ("missed", sla.exceeded if sla else ()),
        ("then", sla.follow_on if sla else ()),
    ):
        if rules:
            yield Line(f"{head}: {', '.join(rule.id for rule in rules)}", depth)


def _clock(clock: ClockDef, say: PackWords, depth: int, around: Around) -> Iterator[Line]:
    warned = f"; warned {warnings(clock.amber)}" if clock.amber else ""
    if clock.kind == "service":
        counted = f", by the calendar {clock.calendar}" if clock.calendar else ""
        yield Line(f"target: {say.period(clock)}{counted}{warned}", depth)
        yield from _reach(clock, depth + 1)
        yield from _rules(clock, depth + 1, around)
        return
    yield Line(f"law: {say.period(clock)}{warned}", depth, "law")
    yield Line(f"{basis(clock.legal_basis)} ({clock.legal_basis.status}), {clock.code}", depth + 1)
    yield Line(f"from: {_or([say.point(point) for point in clock.starts])}", depth + 1)
    for restart in clock.restarts:
        yield Line(f"anew from: {say.point(restart.on)}", depth + 1)
    yield from _reach(clock, depth + 1)
    yield from _rules(clock, depth + 1, around)
    for block in clock.blocks:
        until = _or([say.point(point) for point in block.until])
        yield Line(f"barred from {say.point(block.start)} until {until}", depth + 1)


def _paths(pack: Pack, say: PackWords) -> Iterator[Line]:
    found = [path for path in critical_paths(pack) if path.steps]
    if not found:
        yield Line("No work of ours leads up to a date of the law.", 1)
    for path in _told_once(found):
        yield Line("")
        which = _which(path)
        name = path.placed.clock.name or path.placed.clock.code
        yield Line(f"{name}{which}: {words(path.limit)}, {days(path.allowed)} working days", 1, "path")
        for step in path.steps:
            yield Line(f"{days(step.done):>5}  {say.task_name(step.task)}", 2)
        left = path.allowed - path.needed
        verdict = f"{days(left)} to spare" if left >= 0 else f"{days(-left)} TOO MANY"
        yield Line(f"{days(path.needed)} working days at most: {verdict}", 2, "law" if left < 0 else "")


def _told_once(paths: list[CriticalPath]) -> Iterator[CriticalPath]:
    """The conditional way only where it differs from the plain one."""
    plain = {p.placed.pointer: (p.steps, p.limit) for p in paths if not p.conditional}
    for path in paths:
        if not path.conditional or plain.get(path.placed.pointer) != (path.steps, path.limit):
            yield path


def _which(path: CriticalPath) -> str:
    if len(path.placed.clock.period) == 1:
        return ", every task counted" if path.conditional else ""
    return ", at the longest" if path.conditional else ", at the shortest"


def _or(said: list[str]) -> str:
    return f"{', '.join(said[:-1])} or {said[-1]}" if len(said) > 1 else "".join(said)
