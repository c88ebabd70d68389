"""Rules in order, of which the first that applies decides; and the record of how that came about.

The index leaves out what cannot apply, business-rules evaluates the rest one by one. What a
decision costs follows from its candidates, not from the number of rules; so does its record.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from homebuy_plugin.engine.actions import Actions, Intent, run_rule
from homebuy_plugin.engine.evaluation import Evaluation, Memo, Values
from homebuy_plugin.engine.index import Candidates, RuleIndex
from homebuy_plugin.engine.lowering import Conditions
from homebuy_plugin.types import RuleConsidered

LISTED = 40
"""How many rules that were left out a record names. Of further ones it says how many there are."""

WATCHED = "being watched"


@dataclass(frozen=True, kw_only=True, eq=False)
class RankedRule:
    """One rule, ready to run.

    Attributes:
        conditions: None where they cannot be compiled; ``problem`` then says why.
        watched: it is evaluated and recorded, and decides nothing.
    """

    id: str
    name: str = ""
    conditions: Conditions | None = None
    actions: Actions | None = None
    watched: bool = False
    problem: str = ""

    def run(self, values: Values, memo: Memo) -> tuple[Evaluation, tuple[Intent, ...]]:
        """Evaluate it; what it asks for when its conditions hold."""
        if self.conditions is None or self.actions is None:
            return Evaluation(result=False, error=self.problem), ()
        return run_rule(self.conditions, self.actions, values, memo=memo)


@dataclass(slots=True)
class Match:
    """How one decision came about.

    Attributes:
        rule: the rule that decided, or that could not be evaluated; None when none applied.
        last: its position.
        intents: what it asks for.
        error: why it could not be evaluated. Rules below it were then not asked.
        looked: position to what evaluating the rule gave.
    """

    rules: Sequence[RankedRule]
    candidates: Candidates
    values: Values
    memo: Memo
    rule: RankedRule | None = None
    intents: tuple[Intent, ...] = ()
    error: str = ""
    looked: dict[int, Evaluation] = field(default_factory=dict)
    last: int = -1

    def considered(
        self, why_not: Callable[[int], str] = lambda position: "", listed: int = LISTED
    ) -> tuple[tuple[RuleConsidered, ...], int]:
        """Every rule down to the deciding one: those asked, and the first of those left out.

        Of a set of no more than ``listed`` rules they are evaluated after all, so that its record
        has every condition with the value it saw.

        Args:
            why_not: why a rule took no part at all ("switched off"), or "".
            listed: how many rules that were left out are named.

        Returns:
            The rules in order, and how many more were left out.
        """
        end = self.last + 1 if self.rule else len(self.rules)
        unasked = [p for p in range(min(end, listed + len(self.looked))) if p not in self.looked][:listed]
        shown = sorted((*unasked, *self.looked))
        in_full = len(self.rules) <= listed
        return tuple(self._considered(p, why_not, in_full=in_full) for p in shown), end - len(shown)

    def _considered(self, position: int, why_not: Callable[[int], str], *, in_full: bool) -> RuleConsidered:
        rule, evaluation = self.rules[position], self.looked.get(position)
        if evaluation is not None:
            return _evaluated(rule, evaluation, evaluation.error or "")
        because = why_not(position)
        if because:
            return RuleConsidered(rule=rule.id, name=rule.name, applied=False, because=because)
        because = f"skipped: {self.candidates.because(position)}"
        if in_full:
            return _evaluated(rule, rule.run(self.values, self.memo)[0], because)
        because = f"{WATCHED}, {because}" if rule.watched else because
        return RuleConsidered(rule=rule.id, name=rule.name, applied=False, because=because)


def _evaluated(rule: RankedRule, evaluation: Evaluation, because: str) -> RuleConsidered:
    return RuleConsidered(
        rule=rule.id,
        name=rule.name,
        applied=evaluation.result,
        because=", ".join(filter(None, (WATCHED if rule.watched else "", because))),
        conditions=evaluation.seen,
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class RankedRules:
    """A set of rules in order of priority. Never changes; safe between threads."""

    rules: tuple[RankedRule, ...]
    index: RuleIndex

    @classmethod
    def of(cls, rules: Sequence[RankedRule], *, unread: Collection[str] = ()) -> "RankedRules":
        """The set of these rules.

        Args:
            rules: in order of priority.
            unread: names of variables that the index must not read ahead.
        """
        index = RuleIndex.of([rule.conditions for rule in rules], unread=unread)
        return cls(rules=tuple(rules), index=index)

    def first(self, values: Values, *, among: int | None = None, memo: Memo | None = None) -> Match:
        """The first rule that applies. One that cannot be evaluated ends the search, too.

        Args:
            values: as for :func:`~homebuy_plugin.engine.evaluation.evaluate`.
            among: the rules that take part, as a set of positions; None for all.
            memo: the readings of this decision.
        """
        kept: Memo = {} if memo is None else memo
        found = self.index.candidates(values, memo=kept)
        if among is not None:
            found = Candidates(found.rules & among, found.readings)
        match = Match(self.rules, found, values, kept)
        for position in found:
            rule = self.rules[position]
            evaluation, intents = rule.run(values, kept)
            match.looked[position] = evaluation
            if not rule.watched and (evaluation.result or evaluation.error is not None):
                match.rule, match.intents, match.last = rule, intents, position
                match.error = evaluation.error or ""
                break
        return match
