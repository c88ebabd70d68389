"""Rules in plain English: when they fire, on what conditions, who is told and with which letter."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from homebuy_plugin.documents.model import (
    ActionDef,
    AllocationRule,
    Amber,
    AppliesTo,
    ClockDef,
    Duration,
    EscalationRule,
    Group,
    Pack,
    Template,
)
from homebuy_plugin.engine.catalogue import Catalogue
from homebuy_plugin.engine.conditions import compile_conditions
from homebuy_plugin.engine.phrases import describe
from homebuy_plugin.insight.wording import count, listed, scheme_name
from homebuy_plugin.workflow.letter_words import spell_date

Rule = AllocationRule | EscalationRule

_STATES = {"on": "on", "watch": "being watched: it is evaluated and recorded, and does nothing", "off": "off"}
_RECIPIENTS = {
    "task_owner": "whoever owns the task",
    "case_owner": "every owner of the case",
    "manager": "the manager",
    "applicants": "the applicants",
}
_STRATEGIES = {
    "round_robin": "one officer of {role}, in turn",
    "least_open_cases": "the officer of {role} with the fewest open cases",
    "role": "{role} as a whole",
}


@dataclass(frozen=True, kw_only=True)
class RuleText:
    """One rule as people read it.

    Attributes:
        kind: ``allocation`` or ``escalation``.
        lines: a short heading and a sentence each, in order.
    """

    id: str
    name: str
    kind: str
    state: str
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Rulebook:
    """A landlord's rules with what is needed to say them.

    Attributes:
        roles, users: names by code and id, where somebody knows them.
    """

    catalogue: Catalogue
    allocation: tuple[AllocationRule, ...] = ()
    escalation: tuple[EscalationRule, ...] = ()
    packs: tuple[Pack, ...] = ()
    templates: tuple[Template, ...] = ()
    groups: tuple[Group, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict)
    users: Mapping[str, str] = field(default_factory=dict)

    def texts(self) -> list[RuleText]:
        """Every rule: allocation in order of rank, then escalation as written."""
        rules: list[Rule] = [*sorted(self.allocation, key=lambda rule: rule.rank), *self.escalation]
        return [self.text(rule) for rule in rules]

    def text(self, rule: Rule) -> RuleText:
        """One rule."""
        lines = self._allocation(rule) if isinstance(rule, AllocationRule) else self._escalation(rule)
        return RuleText(
            id=rule.id,
            name=rule.name or rule.id,
            kind="allocation" if isinstance(rule, AllocationRule) else "escalation",
            state=_STATES[rule.state],
            lines=tuple((head, text) for head, text in (*lines, *_force(rule)) if text),
        )

    def _allocation(self, rule: AllocationRule) -> Iterator[tuple[str, str]]:
        yield "about", rule.description
        yield "when", f"a case is created, and no rule of a rank below {rule.rank} applied"
        yield "for", _scope(rule)
        yield "if", describe(compile_conditions(rule.conditions, self.catalogue), self.catalogue)
        yield from (("then", self._act(action)) for action in rule.actions)

    def _escalation(self, rule: EscalationRule) -> Iterator[tuple[str, str]]:
        yield "about", rule.description
        yield "when", self._trigger(rule)
        yield "for", _scope(rule)
        if rule.conditions is not None:
            yield "if", describe(compile_conditions(rule.conditions, self.catalogue), self.catalogue)
        yield from (("then", self._act(action)) for action in rule.actions)

    def _trigger(self, rule: EscalationRule) -> str:
        about = self._about(rule.applies_to)
        if rule.trigger == "amber":
            return f"the warning{self._warning(rule)} of {about} is reached"
        if rule.trigger == "target_exceeded":
            return f"the target of {about} has passed"
        if rule.trigger == "event":
            return f"“{self._event(rule.event or '')}” is recorded"
        if rule.trigger == "stagnant":
            held = (
                "stays on hold" if rule.watch_state == "on_hold" else "is open and nothing is recorded on it"
            )
            return f"{about} {held} for {duration(rule.after)}"
        followed = f"{duration(rule.after)} after “{self._rule_name(rule.follows)}”"
        return f"{followed}, if {about} is still open{_again(rule)}"

    def _warning(self, rule: EscalationRule) -> str:
        ambers = {
            _amber(a) for clock in self._clocks(rule.applies_to) for a in clock.ambers_named(rule.warning)
        }
        told = f" ({listed(sorted(ambers), '')})" if 0 < len(ambers) <= 2 else ""
        return (f" “{rule.warning}”" if rule.warning else "") + told

    def _clocks(self, narrow: AppliesTo) -> Iterator["_Clock"]:
        for pack in self.packs:
            for stage in pack.stages:
                for task in stage.tasks:
                    wanted = task.code in narrow.tasks if narrow.tasks else False
                    yield from (
                        _Clock(c) for c in task.clocks if wanted and narrow.clock in (None, c.kind, c.code)
                    )

    def _about(self, narrow: AppliesTo) -> str:
        kind = {"statutory": "a date set by law", "service": "one of our own targets"}.get(
            narrow.clock or "", ""
        )
        if narrow.subject == "stage":
            return listed((self._stage(s) for s in narrow.stages), "a stage")
        if narrow.tasks:
            return listed(self._task(t) for t in narrow.tasks) + (f" ({kind})" if kind else "")
        where = f" in {listed(self._stage(s) for s in narrow.stages)}" if narrow.stages else ""
        return f"any task{where}" + (f" with {kind}" if kind else "")

    def _act(self, action: ActionDef) -> str:
        made = getattr(self, f"_do_{action.name}", None)
        if made is not None:
            return str(made(action.params))
        spec = self.catalogue.actions.get(action.name)
        told = ", ".join(f"{name} {value}" for name, value in action.params.items())
        return f"{spec.label if spec else action.name}{f': {told}' if told else ''}"

    def _do_assign_user(self, params: Mapping[str, Any]) -> str:
        return f"give the case to {self._user(params['user'])}"

    def _do_assign_users(self, params: Mapping[str, Any]) -> str:
        return f"give the case to {listed(self._user(user) for user in params['users'])} together"

    def _do_choose_owner(self, params: Mapping[str, Any]) -> str:
        who = self._user(params["user"]) if params.get("user") else ""
        who = who or (self._role(params["role"]) if params.get("role") else "")
        prompt = f": {params['prompt']}" if params.get("prompt") else ""
        return f"ask a person to choose the owner{f' (suggested: {who})' if who else ''}{prompt}"

    def _do_reassign(self, params: Mapping[str, Any]) -> str:
        if params.get("role"):
            form = _STRATEGIES[params.get("strategy") or "role"]
            return f"give the task to {form.format(role=self._role(params['role']))}"
        users = params.get("users") or [params["user"]]
        return f"give the task to {listed(self._user(user) for user in users)}"

    def _do_assign_role(self, params: Mapping[str, Any]) -> str:
        form = _STRATEGIES[params.get("strategy") or "role"]
        return f"give the case to {form.format(role=self._role(params['role']))}"

    def _do_assign_case_creator(self, params: Mapping[str, Any]) -> str:
        return "give the case to whoever created it"

    def _do_assign_previous_owner(self, params: Mapping[str, Any]) -> str:
        months = params.get("within_months")
        told = f" of the last {count(int(months), 'month')}" if months else ""
        return f"give the case to the owner of the applicant's earlier case{told}"

    def _do_set_manager(self, params: Mapping[str, Any]) -> str:
        who = self._role(params["role"]) if params.get("role") else self._user(params["user"])
        return f"make {who} the manager"

    def _do_add_group(self, params: Mapping[str, Any]) -> str:
        return f"keep {self._group(params['group'])} informed"

    def _do_notify(self, params: Mapping[str, Any]) -> str:
        to = params["to"] if isinstance(params["to"], (list, tuple)) else [params["to"]]
        return (
            f"send the letter {self._letter(params['template'])} to {listed(self.recipient(t) for t in to)}"
        )

    def _do_raise_level(self, params: Mapping[str, Any]) -> str:
        return f"raise the case to level {params['level']}"

    def _do_add_task(self, params: Mapping[str, Any]) -> str:
        return f"add the task {self._task(params['task'])}"

    def _do_set_flag(self, params: Mapping[str, Any]) -> str:
        return f"set the flag “{params['flag']}”"

    def _do_propose_closure(self, params: Mapping[str, Any]) -> str:
        return f"propose that a person close the case: {params['reason']}"

    def recipient(self, token: str) -> str:
        """A recipient of a rule in words."""
        head, _, name = token.partition(":")
        if head == "role":
            return self._role(name)
        if head == "group":
            return self._group(name)
        if head == "user":
            return self._user(name)
        return _RECIPIENTS.get(token, name or token)

    def _user(self, ident: str) -> str:
        return self.users.get(ident) or ident

    def _role(self, code: str) -> str:
        return f"the role {self.roles.get(code) or code.replace('_', ' ')}"

    def _group(self, code: str) -> str:
        found = next((g.name for g in self.groups if g.id == code), "")
        return f"the group {found or code.replace('_', ' ')}"

    def _letter(self, template: str) -> str:
        found = next((t.name for t in self.templates if t.id == template and t.name), "")
        return f"“{found}” ({template})" if found else f"“{template}”"

    def _task(self, code: str) -> str:
        found = next((t.name for p in self.packs for t in [p.task(code)] if t), "")
        return f"“{found or code.replace('_', ' ')}”"

    def _stage(self, code: str) -> str:
        found = next((s.name for p in self.packs for s in [p.stage(code)] if s), "")
        return f"the stage “{found or code.replace('_', ' ')}”"

    def _event(self, code: str) -> str:
        found = next((e.name for p in self.packs for e in p.events if e.code == code), "")
        return found or code.replace("_", " ")

    def _rule_name(self, rule_id: str | None) -> str:
        found = next((r.name for r in self.escalation if r.id == rule_id), "")
        return found or str(rule_id)


@dataclass(frozen=True, slots=True)
class _Clock:
    definition: ClockDef

    def ambers_named(self, name: str | None) -> Iterable[Amber]:
        return (a for a in self.definition.amber if name in (None, a.name))


def duration(length: Duration | None) -> str:
    """``5 working days``."""
    if length is None:
        return "no time"
    return count(length.value, length.unit.removesuffix("s").replace("_", " "))


def _amber(amber: Amber) -> str:
    if amber.before:
        return f"{duration(amber.before)} before the date"
    if amber.after:
        return f"{duration(amber.after)} after the start"
    return f"when {amber.percent}% of the time is gone"


def _again(rule: EscalationRule) -> str:
    if rule.repeat is None:
        return ""
    every = duration(rule.repeat.every).removeprefix("1 ")
    return f"; and again every {every}, {count(rule.repeat.times, 'more time', 'more times')}"


def _scope(rule: Rule) -> str:
    schemes = listed((scheme_name(s) for s in rule.schemes), "")
    companies = listed((f"“{c}”" for c in rule.companies), "")
    told = [schemes, f"the company {companies}" if companies else ""]
    return ", ".join(part for part in told if part)


def _force(rule: Rule) -> Iterator[tuple[str, str]]:
    start, end = rule.effective_from, rule.effective_to
    if end is not None:
        yield "in force", f"{f'from {spell_date(start)} ' if start else ''}until before {spell_date(end)}"
    elif start is not None:
        yield "in force", f"from {spell_date(start)}"
