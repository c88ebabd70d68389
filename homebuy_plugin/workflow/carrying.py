"""From one run of a clock to the next: what was decided and is past stays decided."""

from datetime import datetime

from homebuy_plugin.workflow.candidate import Candidate, decided
from homebuy_plugin.workflow.casework import Casework
from homebuy_plugin.workflow.ladders import of_clock
from homebuy_plugin.workflow.rungs import standing
from homebuy_plugin.workflow.state import ClockState, RungState


def carry_over(case: Casework, clock: ClockState, before: int, at: datetime) -> None:
    """A new run: rungs decided in the one before, and whose new instant is past, are carried.

    Recorded, nothing sent. What lies ahead is armed again; what was never decided and is
    past falls due at once.
    """
    grew = True
    while grew:
        grew = False
        for candidate in standing(case, of_clock(case, clock)):
            key = candidate.key
            old = case.state.rungs.get((key[0], key[1], before, key[3], key[4], key[5]))
            if key not in case.state.rungs and old is not None and candidate.instant <= at:
                _carry(case, candidate, old, at)
                grew = True


def pass_over(case: Casework, clock: ClockState, at: datetime) -> None:
    """Rungs of a new run that nobody is to be told of, because they were past when it began.

    Recorded as carried. One that no landlord can switch off is not passed over: a date set by law
    does not pass in silence.
    """
    until = min(at, clock.paused_at) if clock.paused_at else at  # the rest moves when the hold ends
    grew = True
    while grew:
        grew = False
        for candidate in standing(case, of_clock(case, clock)):
            new = candidate.rule is not None and candidate.key not in case.state.rungs
            if new and candidate.instant <= until:
                decided(case, candidate, "carried", at)
                grew = True


def _carry(case: Casework, candidate: Candidate, old: RungState, at: datetime) -> None:
    """One that erred goes on to be tried, with all it saw."""
    if old.outcome != "errored":
        decided(case, candidate, "carried", at, notices=old.notices, version=old.version)
        return
    decided(
        case,
        candidate,
        "errored",
        at,
        version=old.version,
        attempts=old.attempts,
        retry_at=old.retry_at,
        inputs=old.inputs,
    )
