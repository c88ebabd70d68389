"""The tiny landlord as a state machine: people, the scheduler, the clock and accidents do what they like.

Hypothesis chooses what happens next; after each step every case has to be as the oracle says.
"""

from homebuy_plugin.testing.machine.analysts import Analysts


class TinyLandlord(Analysts):
    """Everybody and everything together."""


__all__ = ["TinyLandlord"]
