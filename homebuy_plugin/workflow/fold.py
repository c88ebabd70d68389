"""``state = fold(events)``: the only code that changes a :class:`CaseState`."""

from collections.abc import Iterable

from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.events import CaseEvent, pack_fact, unpack_fact
from homebuy_plugin.workflow.fold_case import CASE, created
from homebuy_plugin.workflow.fold_clocks import CLOCKS
from homebuy_plugin.workflow.fold_work import WORK
from homebuy_plugin.workflow.state import CaseState

__all__ = ["APPLY", "apply", "fold", "pack_fact", "unpack_fact"]

APPLY = {**CASE, **WORK, **CLOCKS}
"""What each kind of event does to a state."""


def fold(events: Iterable[CaseEvent]) -> CaseState:
    """The state that these events, in order of ``seq``, make.

    Raises:
        ValueError: there is no event, or the first one does not create the case.
    """
    state: CaseState | None = None
    for event in events:
        state = apply(state, event)
    if state is None:
        raise ValueError("a case without events")
    return state


def apply(state: CaseState | None, event: CaseEvent) -> CaseState:
    """The state after one more event; the state given is changed in place."""
    if state is None:
        if event.kind != e.CASE_CREATED:
            raise ValueError(f"the first event of a case creates it, not {event.kind!r}")
        return created(event)
    APPLY[event.kind](state, event)
    state.seq = event.seq
    if event.at > state.last_at:
        state.last_at = event.at
    return state
