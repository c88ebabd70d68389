"""Rules in order, of which the first that applies decides; and the record of how that came about.

The index leaves out what cannot apply, business-rules evaluates the rest one by one. What a
decision costs follows from its candidates, not from the number of rules; so does its record.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from homebuy_plugin.engine.actions import Actions, Intent, run_rule
from homebuy_plugin.engine.evaluation import Evaluation, look
from homebuy_plugin.engine.index import Candidates, RuleIndex
from homebuy_plugin.engine.lowering import Conditions
from homebuy_plugin.engine.readings import Memo, Values
from homebuy_plugin.types import RuleConsidered

LISTED = 20
"""How many rules that were left out a record names. Of further ones it says how many there are."""

WATCHED = "being watched"
SKIPPED = "skipped"


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
        passed: position to why a rule whose conditions held did not decide.
    """

    rules: Sequence[RankedRule]
    candidates: Candidates
    rule: RankedRule | None = None
    intents: tuple[Intent, ...] = ()
    error: str = ""
    looked: dict[int, Evaluation] = field(default_factory=dict)
    passed: dict[int, str] = field(default_factory=dict)
    last: int = -1

    def considered(
        self, why_not: Callable[[int], str] = lambda position: "", listed: int = LISTED
    ) -> tuple[tuple[RuleConsidered, ...], int]:
        """Every rule down to the deciding one: those asked, and the first of those left out.

        Of a rule that was asked every condition that was looked at is told; of one that was left
        out, those on the variable which excludes it.

        Args:
            why_not: why a rule took no part at all ("switched off"), or "".
            listed: how many rules that were left out are named.

        Returns:
            The rules in order, and how many more were left out.
        """
        end = self.last + 1 if self.rule else len(self.rules)
        unasked = [p for p in range(min(end, listed + len(self.looked))) if p not in self.looked][:listed]
        shown = sorted((*unasked, *self.looked))
        return tuple(self._considered(p, why_not) for p in shown), end - len(shown)

    def _considered(self, position: int, why_not: Callable[[int], str]) -> RuleConsidered:
        rule, evaluation = self.rules[position], self.looked.get(position)
        if evaluation is not None:
            return RuleConsidered(
                rule=rule.id,
                name=rule.name,
                applied=evaluation.result and position not in self.passed,
                because=_watched(rule, evaluation.error or self.passed.get(position, "")),
                conditions=evaluation.seen,
            )
        because = why_not(position)
        if because:
            return RuleConsidered(rule=rule.id, name=rule.name, applied=False, because=because)
        return self._left_out(rule, position)

    def _left_out(self, rule: RankedRule, position: int) -> RuleConsidered:
        at = self.candidates.excluded_by(position)
        assert at is not None and rule.conditions is not None  # noqa: S101, PT018 - a condition did
        variable, reading, _ = self.candidates.readings[at]
        return RuleConsidered(
            rule=rule.id,
            name=rule.name,
            applied=False,
            because=_watched(rule, f"{SKIPPED}: {self.candidates.reasons[at]}"),
            conditions=tuple([look(leaf, reading) for leaf in rule.conditions.about[variable.name]]),
        )


def _watched(rule: RankedRule, because: str) -> str:
    """Why a rule does not count, that it is being watched first."""
    return ", ".join(filter(None, (WATCHED, because))) if rule.watched else because


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

    def first(
        self,
        values: Values,
        *,
        among: int | None = None,
        memo: Memo | None = None,
        passes: Callable[[int, tuple[Intent, ...]], str] = lambda position, intents: "",
    ) -> Match:
        """The first rule that applies. One that cannot be evaluated ends the search, too.

        Args:
            values: as for :func:`~homebuy_plugin.engine.evaluation.evaluate`.
            among: the rules that take part, as a set of positions; None for all.
            memo: the readings of this decision.
            passes: why a rule whose conditions hold lets the next one decide, or "".
        """
        kept: Memo = {} if memo is None else memo
        found = self.index.candidates(values, memo=kept)
        if among is not None:
            found = Candidates(found.rules & among, found.readings)
        match = Match(self.rules, found)
        for position in found:
            rule = self.rules[position]
            evaluation, intents = rule.run(values, kept)
            match.looked[position] = evaluation
            if rule.watched or (not evaluation.result and evaluation.error is None):
                continue
            why = passes(position, intents) if evaluation.error is None else ""
            if why:
                match.passed[position] = why
                continue
            match.rule, match.intents, match.last = rule, intents, position
            match.error = evaluation.error or ""
            break
        return match
