"""What rules may do, and how a firing rule says so.

business-rules would call whatever attribute JSON names, run the first action before it looks
at the second, and never check a parameter. Here it is given an object that only writes down
what was asked for: *intents*. Services carry them out, all of one decision or none.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

from homebuy_plugin.engine import evaluation, limits
from homebuy_plugin.engine.catalogue import ActionSpec, Catalogue, ParamSpec
from homebuy_plugin.engine.diagnostics import Diagnostic, below, nearest, quoted, shown
from homebuy_plugin.engine.evaluation import Evaluation
from homebuy_plugin.engine.lowering import Conditions
from homebuy_plugin.engine.parameters import check_params
from homebuy_plugin.engine.readings import Memo, Values
from homebuy_plugin.exceptions import InvalidDocument

Kind = Literal["allocation", "escalation"]

_SLUG = ParamSpec(type="slug")
_MAYBE_SLUG = ParamSpec(type="slug", required=False)
_USER = ParamSpec(type="text")
_MAYBE_USER = ParamSpec(type="text", required=False)
_STRATEGY = ParamSpec(
    type="choice",
    required=False,
    options=("role", "round_robin", "least_open_cases"),
    default="role",
)

_ALLOCATION = (
    ActionSpec(name="assign_user", label="give the case to a user", params={"user": _USER}),
    ActionSpec(
        name="assign_users",
        label="give the case to several users",
        params={"users": ParamSpec(type="text", many=True)},
    ),
    ActionSpec(
        name="assign_role",
        label="give the case to a role",
        params={"role": _SLUG, "strategy": _STRATEGY},
    ),
    ActionSpec(name="assign_case_creator", label="give the case to whoever created it"),
    ActionSpec(
        name="assign_previous_owner",
        label="give the case to the owner of the applicant's earlier one",
        params={"within_months": ParamSpec(type="number", required=False, minimum=1)},
    ),
    ActionSpec(
        name="set_manager",
        label="set the manager",
        params={"user": _MAYBE_USER, "role": _MAYBE_SLUG},
        one_of=("user", "role"),
    ),
    ActionSpec(name="add_group", label="add a stakeholder group", params={"group": _SLUG}),
    ActionSpec(
        name="choose_owner",
        label="ask a person to choose the owner",
        params={
            "role": _MAYBE_SLUG,
            "user": _MAYBE_USER,
            "prompt": ParamSpec(type="text", required=False),
        },
    ),
)

_ESCALATION = (
    ActionSpec(
        name="notify",
        label="send a notice",
        params={
            "to": ParamSpec(type="recipient", many=True),
            "template": _SLUG,
            "channel": ParamSpec(type="text", required=False),
            "urgent": ParamSpec(type="yes_no", required=False),
        },
    ),
    ActionSpec(
        name="raise_level",
        label="raise the escalation level",
        params={"level": ParamSpec(type="integer", minimum=1, maximum=9)},
    ),
    ActionSpec(
        name="reassign",
        label="give the task to somebody else",
        params={
            "user": _MAYBE_USER,
            "users": ParamSpec(type="text", many=True, required=False),
            "role": _MAYBE_SLUG,
            "strategy": _STRATEGY,
        },
        one_of=("user", "users", "role"),
        needs={"strategy": "role"},
    ),
    ActionSpec(name="add_task", label="add a task", params={"task": _SLUG, "stage": _MAYBE_SLUG}),
    ActionSpec(name="set_flag", label="set a flag on the case", params={"flag": _SLUG}),
    ActionSpec(
        name="propose_closure",
        label="propose that the case be closed",
        params={"reason": ParamSpec(type="text")},
    ),
)


BUILT_IN_ACTIONS: tuple[ActionSpec, ...] = (
    *(replace(each, for_="allocation") for each in _ALLOCATION),
    *(replace(each, for_="escalation") for each in _ESCALATION),
)
"""All built-in actions. None of them closes or withdraws a case: that is a person's decision."""


@dataclass(frozen=True, kw_only=True)
class Intent:
    """One thing a firing rule asked for.

    Attributes:
        params: as the rule has them, optional ones only if given; a fresh copy each time.
    """

    name: str
    params: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, eq=False)
class Actions:
    """Checked actions of one rule.

    Attributes:
        raw: as they were written.
        specs: name to declaration of those named.
    """

    raw: tuple[Mapping[str, Any], ...]
    specs: Mapping[str, ActionSpec]
    asked: list[dict[str, Any]] = field(init=False, repr=False)
    """As business-rules is given them."""

    def __post_init__(self) -> None:
        asked = [{"name": each["name"], "params": each.get("params")} for each in self.raw]
        object.__setattr__(self, "asked", asked)


def check_actions(
    raw: object, catalogue: Catalogue, kind: Kind, pointer: str = "/actions"
) -> list[Diagnostic]:
    """Every problem of ``actions``; whether roles, groups and templates exist is not asked."""
    if not isinstance(raw, list | tuple):
        return [
            _problem(
                "HB120",
                pointer,
                f"“actions” is a list, not {shown(raw)}.",
                "Put it in square brackets: [ … ].",
            )
        ]
    if not raw:
        return [_problem("HB127", pointer, "“actions” is empty, so the rule would do nothing.")]
    if len(raw) > limits.ACTIONS:
        return [_problem("HB128", pointer, f"There are more than {limits.ACTIONS} actions.")]
    return [
        problem
        for at, each in enumerate(raw)
        for problem in _check_action(each, catalogue, kind, below(pointer, at))
    ]


def _problem(code: str, pointer: str, message: str, help_: str = "") -> Diagnostic:
    return Diagnostic(code=code, pointer=pointer, message=message, help=help_)


def _check_action(raw: object, catalogue: Catalogue, kind: Kind, pointer: str) -> list[Diagnostic]:
    if not isinstance(raw, Mapping):
        return [
            _problem(
                "HB120",
                pointer,
                f"An action is an object, not {shown(raw)}.",
                'Write {"name": …, "params": { … }}.',
            )
        ]
    found = [
        _problem(
            "HB122",
            below(pointer, str(key)),
            f"An action has no {quoted(str(key))}.",
            nearest(str(key), ("name", "params")) or "It has name and params.",
        )
        for key in raw
        if key not in ("name", "params")
    ]
    spec = _spec(raw.get("name"), catalogue, kind, pointer, found)
    if spec:
        params = raw.get("params")
        found += check_params({} if params is None else params, spec, below(pointer, "params"))
    return found


def _spec(
    name: object, catalogue: Catalogue, kind: Kind, pointer: str, found: list[Diagnostic]
) -> ActionSpec | None:
    known = catalogue.actions_for(kind)
    if isinstance(name, str) and name in known:
        return known[name]
    if not isinstance(name, str):
        found.append(_problem("HB120", pointer, "The action has no “name”.", f"Actions: {', '.join(known)}"))
    elif name in catalogue.actions:
        found.append(
            _problem(
                "HB121",
                below(pointer, "name"),
                f"The action {quoted(name)} is not for {kind} rules.",
                f"Actions for them: {', '.join(known)}",
            )
        )
    else:
        found.append(
            _problem(
                "HB121",
                below(pointer, "name"),
                f"There is no action {quoted(name)}.",
                catalogue.suggest_action(name, kind) or f"Actions: {', '.join(known)}",
            )
        )
    return None


def compile_actions(raw: object, catalogue: Catalogue, kind: Kind, pointer: str = "/actions") -> Actions:
    """Check actions and keep a copy.

    Raises:
        InvalidDocument: they are not sound; carries every diagnostic.
    """
    problems = check_actions(raw, catalogue, kind, pointer)
    if problems or not isinstance(raw, list | tuple):
        raise InvalidDocument(problems, source="actions")
    kept = tuple(copy.deepcopy(each) for each in raw)
    return Actions(raw=kept, specs={each["name"]: catalogue.actions[each["name"]] for each in kept})


def run_rule(
    conditions: Conditions, actions: Actions, values: Values, *, memo: Memo | None = None
) -> tuple[Evaluation, tuple[Intent, ...]]:
    """Evaluate a rule; what it asks for when its conditions hold. Nothing is carried out."""
    intents: list[Intent] = []
    found = evaluation.run(conditions, actions.asked, _Collector((actions.specs, intents)), values, memo=memo)
    return found, tuple(intents) if found.result else ()


class _Collector(tuple[Mapping[str, ActionSpec], list[Intent]]):
    """The actions object business-rules is given: it has catalogued names and no others."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        specs, intents = self
        if name in specs:
            return partial(_ask, intents, name)
        if name == "__class__":  # business-rules asks for it in its own error message
            return _Collector
        raise AttributeError(name)


def _ask(intents: list[Intent], name: str, /, **params: Any) -> None:
    for key, each in params.items():
        if isinstance(each, list):  # all else that the checker lets through cannot change
            params[key] = list(each)
    intents.append(Intent(name=name, params=params))
