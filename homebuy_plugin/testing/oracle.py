"""An oracle: what a tiny landlord has to do, in plain Python, from the contract alone.

Nothing of the package is asked: working time is walked day by day, rungs are worked out anew at
each step.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from homebuy_plugin.testing.office_hours import DAY, OfficeHours, instant, local_date
from homebuy_plugin.testing.tiny_documents import CONDITIONAL, OFF, TOLD

HOUR = timedelta(hours=1)
_GRACE = timedelta(minutes=5)
_KINDS = {"near": "amber", "law_near": "amber", "passed": "target", "law_passed": "target"}
_PEOPLE = {"task_owner": ("amir",), "case_owner": ("amir",), "manager": ("dilys",)}

Key = tuple[str, int, str, int]
"""Task (or "case"), run of its clock, rule, occurrence."""


@dataclass
class Published:
    """What is published: sets of rules since when, and who the legal group is now."""

    versions: list[tuple[datetime, str]]
    legal: str = "lena"

    def variant(self, instant: datetime) -> str:
        """The set of rules for an instant."""
        return [name for since, name in self.versions if since <= instant][-1]


@dataclass
class Clock:
    """A run of a clock: its target and warning before any hold, and the holds since."""

    hours: OfficeHours
    kind: str
    base: datetime
    base_amber: datetime
    due_on: date
    run: int = 1
    pauses: list[tuple[datetime, datetime]] = field(default_factory=list)
    paused_at: datetime | None = None
    status: str = "running"

    def moved(self, at: datetime) -> datetime:
        """An instant of the run, moved by the working time of the holds before it."""
        for start, end in self.pauses:
            if start < at:
                length = self.hours.worked(start, end)
                at = self.hours.later(at, length) if length else at
        return at


@dataclass
class Hold:
    """Who is on hold ("case" or the task), and until when if a day was named."""

    scope: str
    until: datetime | None


@dataclass(frozen=True)
class Decided:
    """A rung that was decided."""

    instant: datetime
    outcome: str
    told: bool
    arms: bool


@dataclass
class Letter:
    """A notice, as long as the call that decided it goes on."""

    key: Key
    kind: str
    instant: datetime
    to: str
    state: str = "sent"


@dataclass(frozen=True)
class Candidate:
    """A rung that is not decided."""

    instant: datetime
    rank: int
    key: Key
    kind: str


class TinyCase:
    """One case, as it has to be.

    Attributes:
        decided: every rung.
        letters: every notice: its rung, its recipient, and whether it was sent or fell away.
    """

    def __init__(self, published: Published, created: datetime, served_on: date, hours: OfficeHours) -> None:
        self.published, self.last_at, self.facts, self.hours = published, created, 0, hours
        due_on = served_on + timedelta(weeks=4)
        target, near = hours.later(created, 16 * HOUR), hours.opening_until(due_on - 7 * DAY)
        self.status = {"work": "open", "serve": "open"}
        self.clocks = {
            "work": Clock(hours, "service", target, hours.earlier(target, 4 * HOUR), local_date(target)),
            "serve": Clock(hours, "law", instant(due_on + DAY, 0), near, due_on),
        }
        self.holds: list[Hold] = []
        self.visits: list[datetime] = []
        self.silence, self.silent_since = 1, created
        self.decided: dict[Key, Decided] = {}
        self.letters: list[Letter] = []
        self._go: list[Letter] = []
        self._targets: set[tuple[str, int]] = set()
        self.tick(created)

    # what people do; each settles first, and afterwards what the change has made due

    def tick(self, now: datetime) -> None:
        """The scheduler comes by."""
        self._now = max(now, self.last_at)
        self._settle(now)
        self._end()

    def settle_first(self, now: datetime) -> None:
        """The same as the first half of every call of a person."""
        self._begin(now)

    def complete(self, task: str, now: datetime) -> None:
        """A person completes a task."""
        at = self._begin(now)
        self.holds = [h for h in self.holds if h.scope != task]
        clock = self.clocks[task]
        self._resume(clock, at)
        late = local_date(at) > self._due_on(clock) or at > self._target(clock)
        clock.status = "missed" if late else "met"
        self.status[task] = "complete"
        self._finish(at)

    def reopen(self, task: str, now: datetime) -> None:
        """A person opens a task again: a new run on the dates it had."""
        at = self._begin(now)
        clock = self.clocks[task]
        base, amber = self._target(clock), clock.moved(clock.base_amber)
        held = clock.kind == "service" and any(h.scope == "case" for h in self.holds)
        self.clocks[task] = Clock(
            self.hours, clock.kind, base, amber, clock.due_on, clock.run + 1, [], at if held else None
        )
        self.status[task] = "open"
        if task == "work":
            self._speak(at)
        self._carry(task, at)
        self._finish(at)

    def hold(self, scope: str, now: datetime, until: date | None = None) -> None:
        """A person puts the case or the task "work" on hold."""
        at = self._begin(now)
        self.holds.append(Hold(scope, self.hours.opening_from(until) if until else None))
        self._speak(at)
        self._finish(at)

    def release(self, scope: str, now: datetime) -> None:
        """A person ends every hold of the case or of the task."""
        at = self._begin(now)
        self.holds = [h for h in self.holds if h.scope != scope]
        self._speak(at)
        self._finish(at)

    def activity(self, now: datetime) -> None:
        """A person does something about the task "work"."""
        at = self._begin(now)
        self._speak(at)
        self._finish(at)

    def bedrooms(self, number: int, now: datetime) -> None:
        """A person corrects a fact."""
        at = self._begin(now)
        self.facts = number
        self._speak(at)
        self._finish(at)

    def visit(self, now: datetime) -> None:
        """A person records an event."""
        at = self._begin(now)
        self.visits.append(at)
        self._speak(at)
        self._finish(at)

    def next_due(self) -> datetime | None:
        """When something is to happen next."""
        releases = [h.until for h in self.holds if h.until]
        return min([*releases, *(c.instant for c in self._undecided())], default=None)

    # how it goes on

    def _begin(self, now: datetime) -> datetime:
        self._now = max(now, self.last_at)
        self._settle(self._now)
        return self._now

    def _finish(self, at: datetime) -> None:
        self.last_at = max(self.last_at, at)
        self._sync(at)
        self._settle(at)
        self._end()

    def _settle(self, until: datetime) -> None:
        while True:
            release = min((h for h in self.holds if h.until), key=lambda h: str(h.until), default=None)
            rung = min(self._undecided(), key=lambda c: (c.instant, c.rank, c.key), default=None)
            first = min([r for r in (release and release.until, rung and rung.instant) if r], default=None)
            if first is None or first > until:
                return
            if release and release.until == first:
                self._let_go(release, first)
            elif rung:
                self._decide(rung)

    def _let_go(self, hold: Hold, at: datetime) -> None:
        self.holds.remove(hold)
        self.last_at = max(self.last_at, at)
        if not any(h.scope == hold.scope for h in self.holds):
            self._speak(at)
        self._sync(self.last_at)

    def _speak(self, at: datetime) -> None:
        if self.status["work"] == "open":
            self.silence, self.silent_since = self.silence + 1, at

    def _sync(self, at: datetime) -> None:
        clock = self.clocks["work"]
        if clock.status != "running":
            return
        if self.holds and clock.paused_at is None:
            clock.paused_at = at
        elif not self.holds:
            self._resume(clock, at)

    def _resume(self, clock: Clock, at: datetime) -> None:
        if clock.paused_at is not None and clock.paused_at < at:
            clock.pauses.append((clock.paused_at, at))
        clock.paused_at = None

    def _target(self, clock: Clock) -> datetime:
        return clock.moved(clock.base) if clock.kind == "service" else clock.base

    def _due_on(self, clock: Clock) -> date:
        return local_date(self._target(clock)) if clock.kind == "service" else clock.due_on

    def _undecided(self) -> Iterator[Candidate]:
        for candidate in self._candidates():
            if candidate.key not in self.decided:
                yield candidate

    def _candidates(self) -> Iterator[Candidate]:
        for task, clock in self.clocks.items():
            if clock.status == "running" and clock.paused_at is None:
                yield from self._of_clock(task, clock)
        if self.status["work"] == "open" and not self.holds:
            yield from self._armed(
                self.hours.later(self.silent_since, 12 * HOUR), 1, ("work", self.silence, "quiet", 0)
            )
        for number, visited in enumerate(self.visits):
            yield from self._armed(visited, 1, ("case", number, "visited", 0))

    def _of_clock(self, task: str, clock: Clock) -> Iterator[Candidate]:
        run, law = clock.run, clock.kind == "law"
        amber = clock.base_amber if law else clock.moved(clock.base_amber)
        near, passed, still = ("law_near", "law_passed", "law_still") if law else ("near", "passed", "still")
        yield from self._armed(amber, 0, (task, run, near, 0))
        yield from self._armed(self._target(clock), 1, (task, run, passed, 0))
        if law and not self._told(task, run):
            key = (task, run, "statutory_target_passed", 0)
            yield Candidate(self._target(clock), 3, key, "target")
        reached = self.decided.get((task, run, passed, 0))
        if reached and reached.arms:
            for occurrence in range(3):
                instant = self._follow(clock, reached.instant, occurrence)
                yield from self._armed(instant, 2, (task, run, still, occurrence))

    def _follow(self, clock: Clock, instant: datetime, occurrence: int) -> datetime:
        if clock.kind == "law":
            return self.hours.opening_from(clock.due_on + timedelta(days=5, weeks=occurrence))
        found = self.hours.later(instant, 4 * HOUR)
        found = self.hours.later(found, 8 * HOUR * occurrence) if occurrence else found
        for start, end in clock.pauses:
            length = self.hours.worked(start, end)
            if instant <= start < found and length:
                found = self.hours.later(found, length)
        return found

    def _armed(self, instant: datetime, rank: int, key: Key) -> Iterator[Candidate]:
        if key[2] not in OFF.get(self.published.variant(instant), ()):
            yield Candidate(instant, rank, key, _KINDS.get(key[2], "other"))

    def _told(self, task: str, run: int) -> bool:
        rungs = ("law_passed", "statutory_target_passed")
        return any((d := self.decided.get((task, run, r, 0))) and d.told for r in rungs)

    def _decide(self, rung: Candidate) -> None:
        name = rung.key[2]
        conditional = name in CONDITIONAL[self.published.variant(rung.instant)]
        fires = not conditional or self.facts > 2
        self.last_at = max(self.last_at, rung.instant)
        self.decided[rung.key] = Decided(rung.instant, "fired" if fires else "not_fired", fires, fires)
        if rung.kind == "target":
            self._targets.add(rung.key[:2])
        if fires:
            self._go += [Letter(rung.key, rung.kind, rung.instant, to) for to in self._recipients(name)]

    def _recipients(self, name: str) -> list[str]:
        people = {**_PEOPLE, "group:legal": (self.published.legal,), "group:home_ownership": ("harry",)}
        return list(dict.fromkeys(p for token in TOLD[name] for p in people[token]))

    def _carry(self, task: str, at: datetime) -> None:
        """What was decided on the run before and is past stays decided."""
        clock = self.clocks[task]
        while True:
            before = {
                c.key: (c, self.decided.get((c.key[0], clock.run - 1, *c.key[2:])))
                for c in self._of_clock(task, clock)
                if c.key not in self.decided and c.instant <= at
            }
            carried = {key: (c, old) for key, (c, old) in before.items() if old}
            if not carried:
                return
            for key, (candidate, old) in carried.items():
                self.decided[key] = Decided(candidate.instant, "carried", old.told, old.arms)

    def _end(self) -> None:
        """Of one go, late notices about one run to one person give way to the last."""
        for one in self._go:
            if one.kind == "amber" and one.key[:2] in self._targets:
                one.state = "fell away"
        pending = [one for one in self._go if one.state == "sent"]
        for one in pending:
            if self._now - one.instant >= _GRACE and any(self._overtakes(two, one) for two in pending):
                one.state = "fell away"
        for key in {one.key for one in self._go}:
            if all(one.state == "fell away" for one in self._go if one.key == key):
                old = self.decided[key]
                self.decided[key] = Decided(old.instant, "collapsed", old.told, old.arms)
        self.letters += self._go
        self._go, self._targets = [], set()

    def _overtakes(self, two: Letter, one: Letter) -> bool:
        if (two.key[:2], two.to) != (one.key[:2], one.to) or _ladder(two) != _ladder(one):
            return False
        return two.instant > one.instant or (
            two.instant == one.instant and two.key[2] == one.key[2] and two.key[3] > one.key[3]
        )


def _ladder(one: Letter) -> str:
    return one.key[2] if one.key[2] in ("quiet", "visited") else "clock"
