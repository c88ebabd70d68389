"""Which answers about cases may be kept for the next case, by the values that they follow from."""

from collections.abc import Callable
from typing import TypeVar

from homebuy_plugin.engine.conditions import Conditions
from homebuy_plugin.engine.remembered import Remembered
from homebuy_plugin.workflow.casework import Reader
from homebuy_plugin.workflow.world import World

Answer = TypeVar("Answer")


def remembered(
    world: World,
    conditions: Conditions,
    ask: Callable[[Reader], Answer],
    lasts: Callable[[Answer], bool],
) -> Callable[[Reader], Answer]:
    """``ask``, which evaluates these conditions, with its answers kept; as it is where they may not be.

    Nothing is kept of what is personal, and a host's variable is asked for in each case.
    """
    read = [leaf.variable for leaf in conditions.leaves.values()]
    if any(v.personal or v.name in world.host_variables for v in read):
        return ask
    return Remembered(ask, lasts)
