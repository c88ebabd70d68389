"""Time passes, or jumps."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from homebuy_plugin.testing.machine.standing import Standing

CASES = ("HB-1", "HB-2", "HB-3")
CASE = st.sampled_from(CASES)
WAIT = st.sampled_from(
    [timedelta(minutes=3), timedelta(hours=3), timedelta(days=1), timedelta(days=6), timedelta(weeks=3)]
)
SECOND = timedelta(seconds=1)
NUDGE = st.sampled_from([-SECOND, timedelta(0), SECOND])
AROUND = st.sampled_from([timedelta(minutes=m) for m in (-600, -61, -30, 0, 30, 60, 120)])


class Moments(Standing):
    """The clock of the machine."""

    @rule(wait=WAIT)
    def time_passes(self, wait: timedelta) -> None:
        """Until the season ends."""
        self.now = max(self.now, min(self.now + wait, self.season.ends))
        self.ticked, self.changed = False, []

    @rule(back=st.sampled_from([timedelta(hours=2), timedelta(days=-1)]))
    def the_clock_jumps(self, back: timedelta) -> None:
        """Somebody set it."""
        self.now = max(self.now - back, self.season.begins + timedelta(hours=2))
        self.ticked, self.changed = False, []

    @rule(nudge=NUDGE, reference=CASE)
    def to_the_next_instant(self, nudge: timedelta, reference: str) -> None:
        """At which something is due, or just before or after it."""
        due = self.cases[self.known(reference)].next_due()
        if due is not None and due < self.season.ends:
            self.now = max(self.now, due + nudge)
        self.ticked, self.changed = False, []

    @rule(around=AROUND)
    def into_the_night_when_clocks_change(self, around: timedelta) -> None:
        """Booster: an hour is left out, or comes twice."""
        if self.season.night is not None:
            self.now = max(self.now, self.season.night + around)
        self.ticked, self.changed = False, []
