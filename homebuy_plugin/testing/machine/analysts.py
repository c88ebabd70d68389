"""Rules and groups are published while cases are open."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from homebuy_plugin.testing.machine.moments import CASE
from homebuy_plugin.testing.machine.schedulers import Schedulers
from homebuy_plugin.testing.tiny_documents import VARIANTS, groups, rules

VARIANT = st.sampled_from(VARIANTS)
MEMBER = st.sampled_from(["lena", "sam", "harry"])


class Analysts(Schedulers):
    """Whoever publishes."""

    @rule(variant=VARIANT)
    def publish(self, variant: str) -> None:
        """Another set of rules."""
        if self.now > self.published.versions[-1][0]:
            self.office.publish(self.now, escalation=rules(variant))
            self.published.versions.append((self.now, variant))
            self.ticked, self.changed = False, []

    @rule(member=MEMBER)
    def the_group_changes(self, member: str) -> None:
        """Somebody else is told from now on."""
        if self.now >= self.published.versions[-1][0]:
            self.office.publish(self.now, groups=groups(member))
            self.published.legal = member
            self.ticked, self.changed = False, []

    @rule(member=MEMBER, reference=CASE, batch=st.sampled_from([1, 500]))
    def the_group_changes_and_is_told(self, member: str, reference: str, batch: int) -> None:
        """Booster: who is in a group now, when rungs that tell it fall due one after another."""
        self.the_group_changes(member)
        for _ in range(4):
            self.to_the_next_instant(timedelta(0), reference)
            self.tick_with(batch)

    @rule(reference=CASE, late=st.booleans(), variant=VARIANT)
    def published_around_an_instant(self, reference: str, late: bool, variant: str) -> None:
        """Booster: a rung that is decided only after other rules were published."""
        self.to_the_next_instant(timedelta(seconds=0 if late else -1), reference)
        self.publish(variant)
        self.now += timedelta(hours=1)
        self.tick_with(2)
