"""The typed values of rules: allocation and escalation."""

from dataclasses import dataclass, field, replace
from datetime import date

from homebuy_plugin.documents.model_parts import Raw, nothing, put
from homebuy_plugin.documents.pack_model import Duration


@dataclass(frozen=True, kw_only=True)
class ActionDef:
    """An action of a rule as written."""

    name: str
    params: Raw = field(default_factory=nothing)


@dataclass(frozen=True, kw_only=True)
class RuleTest:
    """An example stored beside a rule: given these values, it matches or not."""

    name: str
    given: Raw
    matches: bool


@dataclass(frozen=True, kw_only=True)
class AllocationRule:
    """One allocation rule. ``schemes`` empty means every scheme."""

    id: str
    rank: int
    actions: tuple[ActionDef, ...]
    name: str = ""
    description: str = ""
    schemes: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    state: str = "on"
    effective_from: date | None = None
    effective_to: date | None = None
    conditions: Raw | None = None
    tests: tuple[RuleTest, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Repeat:
    """Repeats after the first occurrence: ``times`` of them, one each ``every``."""

    every: Duration
    times: int


@dataclass(frozen=True, kw_only=True)
class AppliesTo:
    """What an escalation rule narrows to; empty means all.

    Attributes:
        clock: kind or code of a clock: ``statutory``, ``service`` or a clock's code.
        subject: ``task`` or ``stage``.
    """

    stages: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    clock: str | None = None
    subject: str = "task"


@dataclass(frozen=True, kw_only=True)
class EscalationRule:
    """One escalation rule.

    Attributes:
        trigger: ``amber target_exceeded follow_on stagnant event``.
        warning: name of the one warning an amber rule is about.
        follows: the rule a follow-on comes after; after: how long after it (also the
            silence of a stagnant rule).
        watch_state: for ``stagnant``: of tasks that are ``open`` or ``on_hold``.
        catch_up: None for the landlord's setting.
    """

    id: str
    trigger: str
    actions: tuple[ActionDef, ...]
    name: str = ""
    description: str = ""
    schemes: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    applies_to: AppliesTo = field(default_factory=AppliesTo)
    warning: str | None = None
    event: str | None = None
    follows: str | None = None
    after: Duration | None = None
    repeat: Repeat | None = None
    watch_state: str = "open"
    catch_up: str | Raw | None = None
    state: str = "on"
    effective_from: date | None = None
    effective_to: date | None = None
    conditions: Raw | None = None
    tests: tuple[RuleTest, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AllocationSet:
    """All allocation rules of the landlord, by rank."""

    rules: tuple[AllocationRule, ...]

    def with_rule(self, rule: AllocationRule) -> "AllocationSet":
        """The same with this rule, in the place of the one of its id or added."""
        return replace(self, rules=put(self.rules, rule, "id"))


@dataclass(frozen=True, kw_only=True)
class EscalationSet:
    """All escalation rules of the landlord, by id."""

    rules: tuple[EscalationRule, ...]

    def with_rule(self, rule: EscalationRule) -> "EscalationSet":
        """The same with this rule, in the place of the one of its id or added."""
        return replace(self, rules=put(self.rules, rule, "id"))
