"""The workbench: one case, what it is judged by, and the events made so far."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any

from homebuy_plugin.engine.evaluation import Evaluation, evaluate
from homebuy_plugin.exceptions import InvalidDocument
from homebuy_plugin.types import Applicant, Contact
from homebuy_plugin.workflow.agenda import Agenda
from homebuy_plugin.workflow.events import CaseEvent, to_json
from homebuy_plugin.workflow.fold import apply
from homebuy_plugin.workflow.state import CaseState, ClockState, RungKey, StageState, TaskState
from homebuy_plugin.workflow.world import Directory, World


@dataclass(slots=True)
class NoticeDraft:
    """A notice decided but not yet written.

    Attributes:
        rung: the rung it belongs to; late: it was decided well after its instant.
        status: ``pending``, ``collapsed`` or ``undeliverable``.
        catch_up: the policy of its rule.
        urgent: about a date set by law, or its rule says so: no quiet hours keep it back.
    """

    rung: RungKey
    recipient: Contact
    channel: str
    template: str
    subject: str
    body: str
    task: str | None
    rule: str
    version: int | None
    instant: datetime
    late: bool
    catch_up: Any = "latest"
    status: str = "pending"
    why: str = ""
    urgent: bool = False


@dataclass(slots=True)
class ActionDraft:
    """A host's own action that a rung fired."""

    rung: RungKey
    name: str
    params: Mapping[str, Any]
    task: str | None
    rule: str
    version: int | None


@dataclass(slots=True)
class Casework:
    """One case being worked on; every change of its state goes through :meth:`emit`.

    Attributes:
        now: the instant of recording; events may take effect earlier.
        records: the decision record of each rung decided, as JSON.
        because: plain sentences about what was done.
        agenda: what it waits for, as far as that is known.
    """

    state: CaseState
    world: World
    directory: Directory
    now: datetime
    events: list[CaseEvent] = field(default_factory=list)
    notices: list[NoticeDraft] = field(default_factory=list)
    actions: list[ActionDraft] = field(default_factory=list)
    records: dict[RungKey, dict[str, Any]] = field(default_factory=dict)
    because: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    opened: int = 0
    released: int = 0
    agenda: Agenda = field(default_factory=Agenda)
    _localised: tuple[datetime, World, date] | None = field(
        default=None, init=False, compare=False, repr=False
    )

    def emit(
        self,
        kind: str,
        at: datetime,
        /,
        *,
        by: str | None = None,
        texts: Mapping[str, Any] | None = None,
        people: tuple[Applicant, ...] = (),
        **data: Any,
    ) -> CaseEvent:
        """Make an event and apply it. ``at`` is when it takes effect."""
        return self.note(kind, at, to_json(data), by, texts, people)

    def note(
        self,
        kind: str,
        at: datetime,
        data: dict[str, Any],
        by: str | None = None,
        texts: Mapping[str, Any] | None = None,
        people: tuple[Applicant, ...] = (),
    ) -> CaseEvent:
        """The same, where ``data`` is plain JSON as it is."""
        state = self.state
        event = CaseEvent(
            seq=state.seq + 1,
            kind=kind,
            at=at if at > state.last_at else state.last_at,
            recorded_at=at if at > self.now else self.now,
            by=by,
            data=data,
            texts={k: v for k, v in texts.items() if v not in (None, "")} if texts else {},
            people=people,
        )
        self.events.append(event)
        apply(state, event)
        self.agenda.heard(event)
        return event

    def local(self, at: datetime) -> date:
        """The landlord's local date of an instant; asked many times over while a rung is decided."""
        found = self._localised
        if found is None or found[0] is not at or found[1] is not self.world:
            found = self._localised = at, self.world, self.world.local_date(at)
        return found[2]

    def holds(
        self,
        raw: Mapping[str, Any] | None,
        at: datetime,
        subject: "Subject | None" = None,
        *,
        otherwise: bool = False,
    ) -> bool:
        """Whether conditions of the pack hold now; ``otherwise`` where they cannot be evaluated.

        An error is reported, once for each text: it is never taken for "no match" in silence.
        """
        if raw is None:
            return True
        from homebuy_plugin.workflow.variables import reader

        try:
            found = self._asked(raw)(reader(self, at, subject))
        except InvalidDocument as problem:
            return self._unread(str(problem), otherwise)
        return found.result if found.error is None else self._unread(found.error, otherwise)

    def _asked(self, raw: Mapping[str, Any]) -> "Callable[[Reader], Evaluation]":
        """What evaluates conditions of the pack; made once for each document object."""
        kept, key = self.world.kept, ("holds", id(raw))
        found = kept.get(key)
        if found is None or found[0] is not raw:
            from homebuy_plugin.workflow.remembering import remembered

            conditions = self.world.compiled(raw)
            asked = remembered(
                self.world, conditions, partial(evaluate, conditions), lambda x: x.error is None
            )
            found = kept[key] = (raw, asked)
        evaluated: Callable[[Reader], Evaluation] = found[1]
        return evaluated

    def _unread(self, problem: str, otherwise: bool) -> bool:
        text = f"a condition of the pack {self.world.pack.scheme} cannot be evaluated: {problem}"
        if text not in self.errors:
            self.errors.append(text)
            self.because.append(f"{text[0].upper()}{text[1:]}.")
        return otherwise

    def subject(self, *, task: TaskState | None = None, clock: ClockState | None = None) -> "Subject":
        """What variables are read about."""
        state, stage_id = self.state, None
        if clock is not None:
            kind, _, owner = clock.subject.partition(":")
            task = state.tasks.get(owner) if kind == "task" else task
            stage_id = owner if kind == "stage" else None
        stage_id = task.stage if task else stage_id
        return Subject(task, clock, state.stages.get(stage_id) if stage_id else None)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a condition is asked about, beside the case."""

    task: TaskState | None = None
    clock: ClockState | None = None
    stage: StageState | None = None


Reader = Callable[[str], object]
