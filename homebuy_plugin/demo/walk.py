"""Live through the months, one working day after the other."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from homebuy_plugin.clock.calendar import WorkingCalendar
from homebuy_plugin.core import HomeBuy
from homebuy_plugin.demo.diary import Diary, ToDo
from homebuy_plugin.demo.plot import BRISK, DECISIONS, MANNERS, TURNS, UNSIGNED, Turn
from homebuy_plugin.demo.staff import LATE_REASONS, Plan, Staff
from homebuy_plugin.documents.model import CaseSample
from homebuy_plugin.exceptions import NotAllowed, UnknownName
from homebuy_plugin.insight.wording import listed
from homebuy_plugin.types import CaseChange, CaseOutcome, TaskChange, TickReport

MORNING, DESK_TIME = time(9, 2), time(11, 0)
_OUTCOMES = {"completion": "completed", "withdrawal": "withdrawn", "appeal": "denied"}


@dataclass(slots=True)
class Months:
    """The pretend landlord living through some months.

    Attributes:
        waiting: cases that have not come in yet; created: what each call returned that made one.
        people: the applicants of each case.
        ticks: the report of every morning.
    """

    hb: HomeBuy
    diary: Diary
    staff: Staff
    calendar: WorkingCalendar
    waiting: list[CaseSample]
    created: list[CaseOutcome] = field(default_factory=list)
    people: dict[str, str] = field(default_factory=dict)
    ticks: list[tuple[date, TickReport]] = field(default_factory=list)
    changes: int = 0
    _plans: dict[tuple[str, str], Plan] = field(default_factory=dict)
    _turns: list[Turn] = field(default_factory=lambda: list(TURNS))
    _told: int = 0
    _closing: dict[str, str] = field(default_factory=dict)

    def live(self, first: date, last: date) -> None:
        """Every working day from the first to the last, and the morning tick of each."""
        for day in self._days(first, last):
            self.diary.today = day
            self.ticks.append((day, self.hb.tick(self._at(day, MORNING))))
            with Session(self.hb.engine) as session, session.begin():
                self._receive(session, day)
                self._read_diary(day)
                self._work(session, day)
        self.hb.deliver(self._at(last, time(17, 0)))

    def _days(self, first: date, last: date) -> Iterator[date]:
        day = first
        while day <= last:
            if self.calendar.is_working_day(day):
                yield day
            day += timedelta(days=1)

    def _at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, ZoneInfo(self.hb.settings.timezone))

    def _receive(self, session: Session, day: date) -> None:
        while self.waiting and self.calendar.local_date(self.waiting[0].created_at) <= day:
            sample = self.waiting.pop(0)
            case = replace(sample.case, creator=None) if sample.case.reference in UNSIGNED else sample.case
            self.people[case.reference] = listed(p.name for p in case.applicants)
            self.created.append(self.hb.case_created(session, case, sample.created_at))

    def _read_diary(self, day: date) -> None:
        """What the plot waits for, and cases that have come to their end."""
        for event in self.diary.events[self._told :]:
            code = str(event.data.get("task") or event.data.get("stage") or "").partition("#")[0]
            if event.kind == "task_completed":
                self._turns = [self._dated(t, event.reference, code, day) for t in self._turns]
            elif event.kind == "stage_completed" and code in _OUTCOMES:
                self._closing[event.reference] = _OUTCOMES[code]
        self._told = len(self.diary.events)

    def _dated(self, turn: Turn, reference: str, code: str, day: date) -> Turn:
        if turn.on is not None or (turn.reference, turn.after) != (reference, code):
            return turn
        on = self.calendar.add_working_days(day, turn.days)
        return Turn(reference=reference, change=turn.change, on=on)

    def _work(self, session: Session, day: date) -> None:
        at = self._at(day, DESK_TIME)
        for turn in [t for t in self._turns if t.on is not None and t.on <= day]:
            self._turns.remove(turn)
            self._change_case(session, turn.reference, turn.change, at)
        for reference, outcome in list(self._closing.items()):
            del self._closing[reference]
            self._change_case(session, reference, CaseChange.close(outcome), at)
        for key, task in list(self.diary.to_do.items()):
            if key not in self._plans:
                self._plans[key] = self.staff.plan(task, _manner(task))
            self._deal_with(session, task, self._plans[key], at)

    def _change_case(self, session: Session, reference: str, change: CaseChange, at: datetime) -> None:
        try:
            self.hb.case_updated(session, reference, change, at)
            self.changes += 1
        except NotAllowed:
            return  # another seed may have ended the case before

    def _deal_with(self, session: Session, task: ToDo, plan: Plan, at: datetime) -> None:
        day = self.diary.today
        due = plan.done_on is not None and plan.done_on <= day
        if not due and plan.held_from != day:
            return
        by = self.staff.actor(task, task.owners or self.diary.case_owners.get(task.reference, ()))
        if self.staff.away(by, day):
            return  # it waits on the desk
        change = _completed(task, day, by) if due else TaskChange.hold(plan.reason, plan.held_until, by=by)
        self._change_task(session, task, change, at)
        if due:
            self.diary.to_do.pop((task.reference, task.task), None)

    def _change_task(self, session: Session, task: ToDo, change: TaskChange, at: datetime) -> None:
        try:
            self.hb.task_updated(session, task.reference, task.task, change, at)
            self.changes += 1
        except (NotAllowed, UnknownName):
            self.diary.to_do.pop((task.reference, task.task), None)


def _manner(task: ToDo) -> str:
    usual = "prompt" if task.reference in BRISK else ""
    return MANNERS.get((task.reference, task.code), usual)


def _completed(task: ToDo, day: date, by: str | None) -> TaskChange:
    facts = {}
    if task.code == "decide_eligibility":
        facts["eligibility_decision"] = DECISIONS.get(task.reference, "admit")
    late = task.due_on is not None and day > task.due_on
    reason = LATE_REASONS[len(task.task) % len(LATE_REASONS)] if late else None
    return TaskChange.complete(facts=facts, late_reason=reason, by=None if task.kind == "wait" else by)
