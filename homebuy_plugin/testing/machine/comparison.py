"""One case as its rows hold it, and as the oracle says it is."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC
from typing import Any

from homebuy_plugin.testing.oracle import TinyCase
from homebuy_plugin.testing.small_landlord import SmallLandlord
from homebuy_plugin.workflow.fold import fold


def compare(office: SmallLandlord, reference: str, case: TinyCase) -> None:
    """Its events, rungs, letters and clocks."""
    state = office.state(reference)
    assert fold(office.events(reference)) == state
    found = Counter(
        (_plain(key), rung.instant.astimezone(UTC), rung.outcome) for key, rung in state.rungs.items()
    )
    wanted = Counter((_of_oracle(key), d.instant, d.outcome) for key, d in case.decided.items())
    assert found == wanted, reference
    assert state.last_at == case.last_at
    assert _letters(office, reference) == Counter(
        (_of_oracle(one.key), one.to, one.state == "fell away") for one in case.letters
    ), reference
    clocks = {c.owner_id.partition("#")[0]: (c.status, c.run) for c in state.clocks.values()}
    assert clocks == {task: (clock.status, clock.run) for task, clock in case.clocks.items()}


def _letters(office: SmallLandlord, reference: str) -> Counter[tuple[Any, ...]]:
    return Counter(
        (_plain(item.key.split("/")[2:8]), item.recipient and item.recipient.id, item.state == "collapsed")
        for item in office.outbox(reference=reference)
    )


def _plain(key: Sequence[Any]) -> tuple[Any, ...]:
    """A rung by what the oracle knows of it: numbers of events are not among it."""
    subject, _, run, name, _, occurrence = key
    task = subject.partition(":")[2].partition("#")[0] or "case"
    return (task, 0 if name in ("quiet", "visited") else int(run), name, int(occurrence))


def _of_oracle(key: Sequence[Any]) -> tuple[Any, ...]:
    return (key[0], 0 if key[2] in ("quiet", "visited") else key[1], *key[2:])
