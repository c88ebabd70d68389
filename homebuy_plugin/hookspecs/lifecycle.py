"""The hooks by which a host tells this package what happened."""

from datetime import datetime

from sqlalchemy.orm import Session

from homebuy_plugin.hookspecs.markers import hookspec
from homebuy_plugin.types import CaseChange, CaseFacts, CaseOutcome, TaskChange, TickReport


class LifecycleSpecs:
    """The host tells this package what happened.

    The package's own implementations are registered ``trylast``. A plugin that
    implements one of these observes by returning None; by returning a result it takes
    the call over, and the package then knows nothing of it.
    """

    @hookspec(firstresult=True)
    def homebuy_case_created(
        self, session: Session, case: CaseFacts, now: datetime | None
    ) -> CaseOutcome | None:
        """A case was created: give it an owner, a first stage, tasks and clocks.

        Called by the host once for each application, when it saves its own record. The
        same reference with equal facts changes nothing and returns the case as it is
        now, with ``created=False``.

        Transaction: the caller's. The package flushes and never commits, so that the
        host's rows and its own commit together or not at all.

        None: a plugin only observes, the next one is asked; the package always answers.

        Errors: propagate to the caller, who should roll back. ``CaseExists`` when the
        reference is taken by a case with other facts, ``UnknownReference`` when it is linked
        to a case nobody created; nothing was changed.

        Args:
            session: the caller's session.
            case: what the host knows of the application.
            now: an aware instant, or None for the database's clock, as a live host should pass.

        Returns:
            The case as it now stands.

        Example:
            Count new cases without taking them over::

                class Counter:
                    count = 0

                    @hookimpl
                    def homebuy_case_created(self, case):
                        self.count += 1

        .. versionadded:: 0.1.0
        """

    @hookspec(firstresult=True)
    def homebuy_case_updated(
        self, session: Session, reference: str, change: CaseChange, now: datetime | None
    ) -> CaseOutcome | None:
        """Something about a case changed: a fact, an event, a task more, a hold, an owner, its end.

        Called by the host whenever its users change a case. Everything of the case that
        fell due up to this instant is decided first. A merger changes the other case too;
        plugins are told of the one that is kept.

        Transaction: the caller's; flushed, never committed.

        None: a plugin only observes; the package always answers.

        Errors: propagate; nothing was changed. ``UnknownReference`` for a case nobody
        created, ``NotAllowed`` where the state of the case forbids the change.

        Args:
            session: the caller's session.
            reference: the host's reference of the case.
            change: made by a class method of :class:`homebuy_plugin.CaseChange`.
            now: an aware instant, or None for the database's clock.

        Returns:
            The case as it now stands.

        Example:
            Tell the search index::

                class SearchIndex:
                    def __init__(self):
                        self.stale = set()

                    @hookimpl
                    def homebuy_case_updated(self, reference):
                        self.stale.add(reference)

        .. versionadded:: 0.1.0
        """

    @hookspec(firstresult=True)
    def homebuy_task_updated(
        self, session: Session, reference: str, task: str, change: TaskChange, now: datetime | None
    ) -> CaseOutcome | None:
        """Something about a task changed: started, complete, held, reassigned, revised.

        Called by the host whenever its users change a task.

        Transaction: the caller's; flushed, never committed.

        None: a plugin only observes; the package always answers.

        Errors: propagate; nothing was changed. ``AmbiguousTask`` names the ids where a
        code has two open tasks.

        Args:
            session: the caller's session.
            reference: the host's reference of the case.
            task: id of the task, or its code: the one task of that code that is neither
                complete nor cancelled, else the latest.
            change: made by a class method of :class:`homebuy_plugin.TaskChange`.
            now: an aware instant, or None for the database's clock.

        Returns:
            The case as it now stands.

        Example:
            Keep a list of who completed what::

                class Completions:
                    def __init__(self):
                        self.done = []

                    @hookimpl
                    def homebuy_task_updated(self, task, change):
                        if change.action == "complete":
                            self.done.append((task, change.by))

        .. versionadded:: 0.1.0
        """

    @hookspec(firstresult=True)
    def homebuy_tick(self, now: datetime | None) -> TickReport | None:
        """Time has passed: decide what fell due, then hand over what was decided.

        Called by the host's scheduler, usually every minute. Safe to call twice, late,
        or from several processes at once.

        Transaction: its own short ones. Call it outside of any transaction of yours.

        None: a plugin does periodic work of its own and leaves the tick to the package.

        Errors: propagate. What goes wrong with one case is in ``TickReport.errors`` and
        does not stop the others.

        Args:
            now: an aware instant, or None for the database's clock.

        Returns:
            What the tick did.

        Example:
            Note that the scheduler is alive::

                class Heartbeat:
                    beats = 0

                    @hookimpl
                    def homebuy_tick(self):
                        self.beats += 1

        .. versionadded:: 0.1.0
        """
