"""JSON Schema of conditions and actions, from the catalogue: each variable with its own tests."""

from collections.abc import Mapping

from homebuy_plugin.documents.fields import Json
from homebuy_plugin.engine import limits
from homebuy_plugin.engine.catalogue import SLUG, ActionSpec, Catalogue, ParamSpec, Variable
from homebuy_plugin.engine.operators import OPERATORS
from homebuy_plugin.engine.parameters import RECIPIENTS

_SLUG: Json = {"type": "string", "pattern": f"^{SLUG.pattern}$"}
_TEXT: Json = {"type": "string", "minLength": 1, "maxLength": limits.TEXT}

_INSTANT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
_TIME = r"T(?=[0-9])([0-9]{1,6}H)?([0-9]{1,6}M)?([0-9]{1,6}(\.[0-9]{1,6})?S)?"
_LENGTH = rf"-?P(?=[0-9T])([0-9]{{1,6}}W|([0-9]{{1,6}}D)?({_TIME})?)"

_VALUES: Mapping[str, Json] = {
    "text": _TEXT,
    "number": {"type": "number"},
    "yes_no": {"type": "boolean"},
    "date": {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
    "date_time": {"type": "string", "format": "date-time", "pattern": f"^{_INSTANT}$"},
    "duration": {"type": "string", "pattern": f"^{_LENGTH}$"},
}


def condition_defs(catalogue: Catalogue) -> dict[str, Json]:
    """``conditions`` and one definition for each variable."""
    names = sorted(catalogue.variables)
    defs: dict[str, Json] = {"conditions": _conditions(names)}
    for name in names:
        defs[f"about_{name}"] = _about(catalogue.variables[name])
    return defs


def _conditions(names: list[str]) -> Json:
    inner: Json = {"$ref": "#/$defs/conditions"}
    several: Json = {"type": "array", "items": inner, "minItems": 1, "maxItems": limits.CONDITIONS}
    return {
        "type": "object",
        "properties": {
            "all": several,
            "any": several,
            "not": inner,
            "name": {"enum": names},
            "operator": {"type": "string"},
            "value": {},
        },
        "additionalProperties": False,
        "oneOf": [
            {"required": ["all"], "maxProperties": 1},
            {"required": ["any"], "maxProperties": 1},
            {"required": ["not"], "maxProperties": 1},
            {"required": ["name", "operator"]},
        ],
        "allOf": [_if_named(name, f"#/$defs/about_{name}") for name in names],
    }


def _if_named(name: str, then: str) -> Json:
    named: Json = {"properties": {"name": {"const": name}}, "required": ["name"]}
    return {"if": named, "then": {"$ref": then}}


def _about(variable: Variable) -> Json:
    by_operand: dict[str, list[str]] = {}
    for operator in OPERATORS[variable.type].values():
        by_operand.setdefault(operator.operand, []).append(operator.name)
    every = [name for names in by_operand.values() for name in names]
    return {
        "description": f"The {variable.label}.",
        "properties": {"operator": {"enum": every}},
        "allOf": [_with_operators(names, kind, variable) for kind, names in by_operand.items()],
    }


def _with_operators(names: list[str], operand: str, variable: Variable) -> Json:
    named: Json = {"properties": {"operator": {"enum": names}}, "required": ["operator"]}
    if operand == "none":
        return {"if": named, "then": {"not": {"required": ["value"]}}}
    then: Json = {"required": ["value"], "properties": {"value": _operand(operand, variable)}}
    return {"if": named, "then": then}


def _operand(operand: str, variable: Variable) -> Json:
    one = _one(variable)
    if operand == "many":
        return {"type": "array", "items": one, "minItems": 1, "maxItems": limits.ITEMS}
    if operand == "range":
        return {"type": "array", "items": one, "minItems": 2, "maxItems": 2}
    if operand == "pattern":
        return {"type": "string", "minLength": 1, "maxLength": limits.PATTERN}
    return one


def _one(variable: Variable) -> Json:
    if variable.options:
        return {"enum": list(variable.options)}
    if variable.names:  # offered; a draft may have further ones
        return {"anyOf": [{"enum": sorted(variable.names)}, _TEXT]}
    return _VALUES.get(variable.type, _TEXT)


def action_defs(catalogue: Catalogue) -> dict[str, Json]:
    """One definition for the actions of each kind of rule, and one for each action."""
    defs = {f"{kind}_action": _actions(catalogue.actions_for(kind)) for kind in ("allocation", "escalation")}
    return defs | {f"params_of_{name}": _params(spec) for name, spec in catalogue.actions.items()}


def _actions(specs: Mapping[str, ActionSpec]) -> Json:
    needing = sorted(name for name, spec in specs.items() if _needs_params(spec))
    return {
        "type": "object",
        "properties": {"name": {"enum": sorted(specs)}, "params": {"type": ["object", "null"]}},
        "required": ["name"],
        "additionalProperties": False,
        "allOf": [
            *(_if_action(name, specs[name]) for name in sorted(specs)),
            *([_params_required(needing)] if needing else []),
        ],
    }


def _if_action(name: str, spec: ActionSpec) -> Json:
    named: Json = {"properties": {"name": {"const": name}}, "required": ["name"]}
    params: Json = {"$ref": f"#/$defs/params_of_{name}"}
    return {"if": named, "then": {"description": f"{spec.label}.", "properties": {"params": params}}}


def _params_required(names: list[str]) -> Json:
    named: Json = {"properties": {"name": {"enum": names}}, "required": ["name"]}
    return {"if": named, "then": {"required": ["params"]}}


def _needs_params(spec: ActionSpec) -> bool:
    return bool(spec.one_of) or any(param.required for param in spec.params.values())


def _params(spec: ActionSpec) -> Json:
    schema: Json = {
        "type": "object" if _needs_params(spec) else ["object", "null"],
        "properties": {name: _param(param) for name, param in spec.params.items()},
        "additionalProperties": False,
    }
    required = [name for name, param in spec.params.items() if param.required]
    if required:
        schema["required"] = required
    if spec.one_of:
        schema["oneOf"] = [{"required": [name]} for name in spec.one_of]
    if spec.needs:
        schema["dependentRequired"] = {name: [other] for name, other in spec.needs.items()}
    return schema


def _param(param: ParamSpec) -> Json:
    one = _param_value(param)
    if not param.many:
        return one
    return {"type": "array", "items": one, "minItems": 1, "maxItems": limits.ITEMS}


def _param_value(param: ParamSpec) -> Json:
    if param.type in ("integer", "number"):
        bounds = {"minimum": param.minimum, "maximum": param.maximum}
        return {"type": param.type, **{key: value for key, value in bounds.items() if value is not None}}
    if param.type == "choice":
        return {"enum": list(param.options)}
    plain: Mapping[str, Json] = {"slug": _SLUG, "yes_no": {"type": "boolean"}, "recipient": _RECIPIENT}
    return plain.get(param.type, _TEXT)


_RECIPIENT: Json = {
    "anyOf": [
        {"enum": list(RECIPIENTS)},
        {"type": "string", "pattern": r"^user:\S.{0,250}$"},
        {"type": "string", "pattern": rf"^(role|group):{SLUG.pattern}$"},
    ]
}
