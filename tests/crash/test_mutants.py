"""The package broken on purpose, one way at a time: the state machine has to see each.

A mutant that lives says that the machine is blind in one eye: make it see, do not drop the mutant.
"""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import true

from homebuy_plugin import progression, workbench
from homebuy_plugin import tick as ticking
from homebuy_plugin.library import Shelf
from homebuy_plugin.store import claims, outbox, saving
from homebuy_plugin.workflow import (
    advance,
    clocks,
    events,
    fold,
    follow_ons,
    rungs,
    runs,
    settle,
    task_changes,
)
from homebuy_plugin.workflow.candidate import decided
from homebuy_plugin.workflow.world import Armed

MICROSECOND = timedelta(microseconds=1)


def no_lock(patch):
    """The tick claims what it finds, whoever works on it."""

    def claim(conn, now, limit, skip=()):
        return [i for i in claims.due_cases(conn, now) if i not in skip][:limit]

    patch.setattr(claims, "claim", claim)


def due_too_late(patch):
    """What is due at this very instant is not."""
    real = claims.claim
    patch.setattr(claims, "claim", lambda conn, now, *rest: real(conn, now - MICROSECOND, *rest))


def nothing_settled_first(patch):
    """A call changes the case before what fell due is decided."""
    real = progression.settle
    patch.setattr(progression, "settle", lambda case, until: real(case, until) if case.events else 0)


def nothing_carried_over(patch):
    """On a new run everything is decided anew."""
    patch.setattr(runs, "carry_over", lambda *_: None)


def blind_to_holds(patch):
    """A hold stops no clock."""
    patch.setattr(advance, "sync_pauses", lambda *_: None)


def holds_move_nothing(patch):
    """After a hold the clock goes on from where it would be."""
    patch.setattr(runs, "moved", lambda dates, *_: dates)


def holds_stop_the_law(patch):
    """A hold of the case stops statutory clocks as well."""

    def sync(case, at):
        for clock in case.state.clocks.values():
            if clock.status == "running" and clock.paused_at is None and case.state.active_holds("case"):
                case.emit(events.CLOCK_PAUSED, at, clock=clock.id)
            elif clock.paused_at is not None and not case.state.active_holds():
                runs.resume(case, clock, at)

    patch.setattr(advance, "sync_pauses", sync)


def reopened_on_the_old_run(patch):
    """A task opened again goes on with the run it had."""
    real = fold.APPLY[events.CLOCK_STARTED]

    def started(state, event):
        before = state.clocks[event.data["clock"]].run
        real(state, event)
        state.clocks[event.data["clock"]].run = before or 1

    patch.setitem(fold.APPLY, events.CLOCK_STARTED, started)


def done_is_not_done(patch):
    """Completing a task leaves its clocks running."""
    for module in (task_changes, clocks):
        patch.setattr(module, "finish", lambda *_: None)


def counted_from_the_decision(patch):
    """What follows a rung is counted from when it was decided."""
    real = follow_ons._arming

    def arming(case, ladder, reached):
        return {
            name: replace(rung, instant=rung.decided_at, on=rung.decided_at.date())
            for name, rung in real(case, ladder, reached).items()
        }

    patch.setattr(follow_ons, "_arming", arming)


def repeats_drift(patch):
    """A repeat is counted from the last thing that happened, off the grid."""
    real = rungs.following

    def drifted(case, rung, first):
        return replace(rung, instant=case.state.last_at + (rung.instant - first.instant))

    def following(case, ladder, reached):
        found = real(case, ladder, reached)
        return [(*row[:1], *(drifted(case, rung, row[0]) for rung in row[1:])) for row in found]

    patch.setattr(rungs, "following", following)


def nothing_collapses(patch):
    """A late tick sends everything."""
    patch.setattr(workbench, "collapse", lambda case: 0)


def late_rungs_are_dropped(patch):
    """A late tick decides only what fell due in the last two days."""
    real = settle.decide

    def decide(case, candidate):
        if (case.now - candidate.instant).days < 2:
            real(case, candidate)
        else:
            decided(case, candidate, "collapsed", max(candidate.instant, case.state.last_at))

    patch.setattr(settle, "decide", decide)


def time_runs_back(patch):
    """A call at an earlier instant than the last is taken at its word."""

    def open_(self, loaded, now):
        return self.lay(loaded.state.copy(), self.shelf.world_of(loaded.state), now)

    patch.setattr(workbench.Bench, "open", open_)


def only_the_last_rules(patch):
    """Rungs are decided by the rules in force now, not by those of their instant."""
    patch.setattr(Armed, "covers", lambda self, instant: self.until is None)


def groups_of_yesterday(patch):
    """Who is in a group is read once and for all."""
    real, known = Shelf.groups, {}
    patch.setattr(Shelf, "groups", lambda self: known.setdefault(id(self.library), real(self)))


def marked_before_it_is_sent(patch):
    """A notice is called delivered when it is taken up."""
    real = outbox.lease

    def lease(conn, now, *rest, **more):
        items = real(conn, now, *rest, **more)
        for item in items:
            outbox.delivered(conn, item, now)
        return items

    patch.setattr(outbox, "lease", lease)


def leased_to_everybody(patch):
    """Whoever delivers takes what another is delivering."""
    patch.setattr(outbox, "_free", lambda now: true())


def committed_in_halves(patch):
    """Rungs are committed before the case is armed again and its notices are written."""
    real = saving._save_events

    def save(conn, writes):
        if not conn.raw.in_nested_transaction():
            conn.raw.exec_driver_sql("COMMIT")
            conn.raw.exec_driver_sql("BEGIN IMMEDIATE")
        real(conn, writes)

    patch.setattr(saving, "_save_events", save)


def not_armed_again(patch):
    """Of what a case waits for only the first is kept."""
    real = workbench.wakeups

    def wakeups(case):
        found = real(case)
        return dict(sorted(found.items(), key=lambda item: item[1])[:1])

    patch.setattr(workbench, "wakeups", wakeups)


def one_batch_only(patch):
    """A tick ends after its first batch."""
    patch.setattr(ticking, "_time_limit", lambda seconds: lambda: True)


MUTANTS = [
    due_too_late,
    nothing_settled_first,
    nothing_carried_over,
    blind_to_holds,
    holds_move_nothing,
    holds_stop_the_law,
    reopened_on_the_old_run,
    done_is_not_done,
    counted_from_the_decision,
    repeats_drift,
    nothing_collapses,
    late_rungs_are_dropped,
    time_runs_back,
    only_the_last_rules,
    groups_of_yesterday,
    marked_before_it_is_sent,
    leased_to_everybody,
    committed_in_halves,
    not_armed_again,
    one_batch_only,
]


@pytest.mark.slow
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.__name__)
def test_the_machine_sees(databases, play, let_loose, monkeypatch, mutant):
    mutant(monkeypatch)

    def look():
        play(databases)
        let_loose(databases, examples=100, steps=30, derandomize=True, database=None)

    with pytest.raises(Exception) as seen:
        look()
    print(f"{mutant.__name__}: {type(seen.value).__name__} {str(seen.value).splitlines()[:1]}")


@pytest.mark.slow
@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_the_machine_sees_a_claim_without_a_lock(databases, play, monkeypatch):
    no_lock(monkeypatch)
    with pytest.raises(Exception):  # noqa: B017 - whatever it sees, and however it says so
        play(databases)
