"""The catalogue: the only names that rules can reach.

A variable, an operator or an action that is not in here does not exist for a rule, whatever
objects a host has. A catalogue never changes; adding to it makes a new one.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal, TypeVar

from homebuy_plugin.engine.diagnostics import nearest
from homebuy_plugin.engine.operators import OPERATORS, TYPES, Operator
from homebuy_plugin.exceptions import DuplicateName

OURS = "homebuy_plugin"
"""Provider of everything built in."""

SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
"""What a name, code or id looks like (with ``fullmatch``)."""

For = Literal["allocation", "escalation", "both"]
ParamType = Literal["text", "slug", "integer", "number", "yes_no", "choice", "recipient"]
PARAM_TYPES: tuple[ParamType, ...] = (
    "text",
    "slug",
    "integer",
    "number",
    "yes_no",
    "choice",
    "recipient",
)


def is_slug(value: object) -> bool:
    """Whether this is a lower-case slug of at most 64 characters."""
    return isinstance(value, str) and SLUG.fullmatch(value) is not None


def _require_slug(kind: str, name: str, provider: str) -> None:
    if not is_slug(name):
        raise ValueError(
            f"{provider} offers the {kind} {name!r}: a name is lower-case letters, digits, "
            "_ and -, at most 64"
        )


@dataclass(frozen=True, kw_only=True)
class Variable:
    """Something a condition may ask about.

    Attributes:
        label: what people call it, as after "the": ``property type``.
        type: one of :data:`TYPES`.
        options: the only values there are, for choice and choices; () leaves them open.
        personal: its value is never shown in a record.
        provider: who offers it.
        true_phrase: for yes/no, the sentence when it is so.
        false_phrase: the sentence when it is not.
        derived: worked out from the case rather than read from its facts.
        whole: for a number: there are no halves. Only the analysis of rule sets asks.
        least: for a number: there is none below. The same.
        never_missing: it always has a value. The same.
        codes: its options are codes.
        names: what people call its values. A code without a name is told as it is written, quoted.
    """

    name: str
    label: str
    type: str
    options: tuple[str, ...] = ()
    personal: bool = False
    provider: str = OURS
    true_phrase: str = ""
    false_phrase: str = ""
    derived: bool = False
    whole: bool = False
    least: int | None = None
    never_missing: bool = False
    codes: bool = False
    names: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)

    def __post_init__(self) -> None:
        _require_slug("variable", self.name, self.provider)
        if self.type not in TYPES:
            raise ValueError(
                f"{self.provider} offers the variable {self.name!r} with the type "
                f"{self.type!r}; types are {', '.join(TYPES)}. {nearest(str(self.type), TYPES)}"
            )
        if self.options and self.type not in ("choice", "choices"):
            raise ValueError(f"the variable {self.name!r} is {self.type}, which has no options")
        object.__setattr__(self, "options", tuple(self.options))


@dataclass(frozen=True, kw_only=True)
class ParamSpec:
    """One parameter of an action.

    Attributes:
        type: one of :data:`PARAM_TYPES`.
        many: a list of such values, at least one.
        options: the only values there are, for ``choice``.
        minimum: least number.
        maximum: greatest number.
        default: what holds where it is left out; for documentation.
        label: what people call it.
    """

    type: ParamType = "text"
    required: bool = True
    many: bool = False
    options: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    default: str | int | None = None
    label: str = ""

    def __post_init__(self) -> None:
        if self.type not in PARAM_TYPES:
            raise ValueError(f"a parameter has the type {self.type!r}; types are {', '.join(PARAM_TYPES)}")


def _no_params() -> Mapping[str, ParamSpec]:
    return MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class ActionSpec:
    """Something a rule may do. Rules only declare it; services carry it out.

    Attributes:
        label: what people call it.
        for_: which rules may use it.
        one_of: parameters of which exactly one must be given.
        needs: parameter to the one it only makes sense with.
    """

    name: str
    label: str
    params: Mapping[str, ParamSpec] = field(default_factory=_no_params)
    for_: For = "both"
    provider: str = OURS
    one_of: tuple[str, ...] = ()
    needs: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        _require_slug("action", self.name, self.provider)
        object.__setattr__(self, "params", MappingProxyType(dict(self.params)))
        object.__setattr__(self, "needs", MappingProxyType(dict(self.needs)))

    @classmethod
    def declared(cls, name: str, label: str, params: Mapping[str, str], provider: str) -> "ActionSpec":
        """A host's action: ``params`` name ``text number yes_no list``, optional with ``?``."""
        return cls(
            name=name,
            label=label,
            provider=provider,
            params={each: _declared_param(name, type_) for each, type_ in params.items()},
        )


def _declared_param(action: str, declared: str) -> ParamSpec:
    word, required = declared.removesuffix("?"), not declared.endswith("?")
    if word == "list":
        return ParamSpec(type="text", many=True, required=required)
    for type_ in ("text", "number", "yes_no"):
        if word == type_:
            return ParamSpec(type=type_, required=required)
    raise ValueError(
        f"the action {action!r} declares a parameter of type {declared!r}; "
        "types are text, number, yes_no, list, with ? for one that may be left out"
    )


_Named = TypeVar("_Named", Variable, ActionSpec)


def _merged(kind: str, known: Mapping[str, _Named], more: Iterable[_Named]) -> dict[str, _Named]:
    """``known`` and ``more``; two of one name is an error that names both providers."""
    merged = dict(known)
    for each in more:
        if each.name in merged:
            raise DuplicateName(kind, each.name, merged[each.name].provider, each.provider)
        merged[each.name] = each
    return merged


@dataclass(frozen=True, kw_only=True, eq=False)
class Catalogue:
    """Variables and actions by name.

    Attributes:
        variables: name to variable.
        actions: name to action.
    """

    variables: Mapping[str, Variable] = field(default_factory=lambda: MappingProxyType({}))
    actions: Mapping[str, ActionSpec] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, variables: Iterable[Variable] = (), actions: Iterable[ActionSpec] = ()) -> "Catalogue":
        """A catalogue of these and nothing else."""
        return cls().with_variables(variables).with_actions(actions)

    def with_variables(self, more: Iterable[Variable]) -> "Catalogue":
        """This and more variables; raises DuplicateName."""
        merged = _merged("variable", self.variables, more)
        return replace(self, variables=MappingProxyType(merged))

    def with_actions(self, more: Iterable[ActionSpec]) -> "Catalogue":
        """This and more actions; raises DuplicateName."""
        return replace(self, actions=MappingProxyType(_merged("action", self.actions, more)))

    def with_attributes(self, attributes: Iterable[Variable]) -> "Catalogue":
        """This and the attributes of a landlord's dictionary.

        An attribute may describe a built-in variable more closely (label, options, personal),
        but never change its type, nor take the name of a host's variable.

        Raises:
            DuplicateName: the name is taken by something else.
        """
        merged = dict(self.variables)
        for each in attributes:
            taken = merged.get(each.name)
            if taken and (taken.provider != OURS or taken.type != each.type):
                raise DuplicateName("variable", each.name, taken.provider, each.provider)
            merged[each.name] = _refined(taken, each) if taken else each
        return replace(self, variables=MappingProxyType(merged))

    def with_options(self, options: Mapping[str, Iterable[str]]) -> "Catalogue":
        """This with the values of open choices closed, for example the codes of all stages."""
        merged = dict(self.variables)
        for name, values in options.items():
            merged[name] = replace(merged[name], options=tuple(values), codes=True)
        return replace(self, variables=MappingProxyType(merged))

    def with_names(self, names: Mapping[str, Mapping[str, str]]) -> "Catalogue":
        """This with what people call the values of choices: variable to code to name."""
        merged = dict(self.variables)
        for variable, more in names.items():
            known = merged[variable]
            merged[variable] = replace(known, names=MappingProxyType({**known.names, **more}))
        return replace(self, variables=MappingProxyType(merged))

    def operators_for(self, type_: str) -> Mapping[str, Operator]:
        """The operators of a type, in the order messages list them."""
        return OPERATORS[type_]

    def suggest_variable(self, name: str) -> str:
        """Say “Did you mean …?” for a variable, or nothing."""
        return nearest(name, self.variables)

    def suggest_action(self, name: str, kind: str) -> str:
        """Say “Did you mean …?” for an action of that kind of rule, or nothing."""
        return nearest(name, self.actions_for(kind))

    def actions_for(self, kind: str) -> Mapping[str, ActionSpec]:
        """The actions that rules of this kind (``allocation``, ``escalation``) may use."""
        return {name: each for name, each in self.actions.items() if each.for_ in (kind, "both")}


def _refined(built_in: Variable, attribute: Variable) -> Variable:
    return replace(
        built_in,
        label=attribute.label or built_in.label,
        options=attribute.options or built_in.options,
        personal=attribute.personal or built_in.personal,
        true_phrase=attribute.true_phrase or built_in.true_phrase,
        false_phrase=attribute.false_phrase or built_in.false_phrase,
    )
