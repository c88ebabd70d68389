"""Are the parameters of an action what its declaration says?"""

import re
from collections.abc import Callable, Mapping

from homebuy_plugin.engine import limits
from homebuy_plugin.engine.casting import WrongType, to_number
from homebuy_plugin.engine.catalogue import ActionSpec, ParamSpec, is_slug
from homebuy_plugin.engine.diagnostics import Diagnostic, below, listed, nearest, quoted, shown

RECIPIENTS = ("task_owner", "case_owner", "manager", "applicants")
"""Recipients that need no code."""

_RECIPIENT = re.compile(r"user:\S.{0,250}|(?:role|group):[a-z0-9][a-z0-9_-]{0,63}")

Problem = tuple[str, str]
"""Message and help."""


def check_params(raw: object, spec: ActionSpec, pointer: str) -> list[Diagnostic]:
    """Every problem of ``params`` of one action."""
    if not isinstance(raw, Mapping):
        return [_diagnostic("HB124", pointer, (f"“params” is an object, not {shown(raw)}.", ""))]
    found = _unknown(raw, spec, pointer) + _missing(raw, spec, pointer)
    for name, param in spec.params.items():
        if name in raw:
            found += _check_param(raw[name], name, param, below(pointer, name))
    return found


def _diagnostic(code: str, pointer: str, problem: Problem) -> Diagnostic:
    return Diagnostic(code=code, pointer=pointer, message=problem[0], help=problem[1])


def _unknown(raw: Mapping[str, object], spec: ActionSpec, pointer: str) -> list[Diagnostic]:
    known = listed(spec.params)
    return [
        _diagnostic(
            "HB122",
            below(pointer, str(key)),
            (
                f"The action “{spec.name}” has no parameter {quoted(str(key))}.",
                nearest(str(key), spec.params) or (f"It has {known}." if known else "It has none."),
            ),
        )
        for key in raw
        if key not in spec.params
    ][:10]


def _missing(raw: Mapping[str, object], spec: ActionSpec, pointer: str) -> list[Diagnostic]:
    found = [
        _diagnostic("HB123", pointer, (f"The action “{spec.name}” needs “{name}”.", ""))
        for name, param in spec.params.items()
        if param.required and name not in raw
    ]
    given = [name for name in spec.one_of if name in raw]
    if spec.one_of and len(given) != 1:
        also = f", and here are {listed(given)}" if given else ""
        found.append(
            _diagnostic(
                "HB125",
                pointer,
                (f"The action “{spec.name}” needs exactly one of {listed(spec.one_of)}{also}.", ""),
            )
        )
    for name, other in spec.needs.items():
        if name in raw and other not in raw:
            found.append(
                _diagnostic(
                    "HB125",
                    below(pointer, name),
                    (f"“{name}” says nothing without “{other}”.", f"Leave “{name}” out."),
                )
            )
    return found


def _check_param(value: object, name: str, param: ParamSpec, pointer: str) -> list[Diagnostic]:
    if not param.many:
        problem = _CHECKS[param.type](value, name, param)
        return [_diagnostic("HB124", pointer, problem)] if problem else []
    if not isinstance(value, list | tuple):
        return [
            _diagnostic(
                "HB124",
                pointer,
                (f"“{name}” is a list, not {shown(value)}.", "Put it in square brackets: [ … ]."),
            )
        ]
    if not value or len(value) > limits.ITEMS:
        return [
            _diagnostic(
                "HB124", pointer, (f"“{name}” holds 1 to {limits.ITEMS} values, not {len(value)}.", "")
            )
        ]
    checked = ((at, _CHECKS[param.type](each, name, param)) for at, each in enumerate(value))
    return [_diagnostic("HB124", below(pointer, at), problem) for at, problem in checked if problem]


def _text(value: object, name: str, param: ParamSpec) -> Problem | None:
    if not isinstance(value, str):
        return f"“{name}” is a text, not {shown(value)}.", ""
    if not value.strip():
        return f"“{name}” is empty.", ""
    if len(value) > limits.TEXT:
        return f"“{name}” is longer than {limits.TEXT} characters.", ""
    return None


def _slug(value: object, name: str, param: ParamSpec) -> Problem | None:
    problem = _text(value, name, param)
    if problem or is_slug(value):
        return problem
    return (
        f"“{name}” is a code, and {shown(value)} is none.",
        "A code is lower-case letters, digits, _ and -, at most 64, not starting with _ or -.",
    )


def _number(value: object, name: str, param: ParamSpec) -> Problem | None:
    try:
        number = to_number(value)
    except WrongType:
        bare = isinstance(value, str) and value.strip().isdecimal()
        help_ = f"Write it without quotation marks: {str(value).strip()}" if bare else ""
        return f"“{name}” is a number, not {shown(value)}.", help_
    if param.minimum is not None and number < param.minimum:
        return f"“{name}” is at least {param.minimum}, not {shown(value)}.", ""
    if param.maximum is not None and number > param.maximum:
        return f"“{name}” is at most {param.maximum}, not {shown(value)}.", ""
    return None


def _integer(value: object, name: str, param: ParamSpec) -> Problem | None:
    problem = _number(value, name, param)
    if problem or isinstance(value, int):
        return problem
    return f"“{name}” is a whole number, not {shown(value)}.", ""


def _yes_no(value: object, name: str, param: ParamSpec) -> Problem | None:
    if isinstance(value, bool):
        return None
    return f"“{name}” is true or false, not {shown(value)}.", ""


def _choice(value: object, name: str, param: ParamSpec) -> Problem | None:
    problem = _text(value, name, param)
    if problem or value in param.options:
        return problem
    return (
        f"“{name}” is one of {listed(param.options)}, not {shown(value)}.",
        nearest(str(value), param.options),
    )


def _recipient(value: object, name: str, param: ParamSpec) -> Problem | None:
    problem = _text(value, name, param)
    if problem or value in RECIPIENTS or _RECIPIENT.fullmatch(str(value)):
        return problem
    text = str(value)
    help_ = nearest(text, RECIPIENTS)
    if is_slug(text) and not help_:
        help_ = f"Did you mean “role:{text}” or “group:{text}”?"
    return (
        f"“{name}” holds {shown(value)}, which is no recipient.",
        f"{help_} Recipients: {listed(RECIPIENTS)}, user:ID, role:CODE, group:CODE".strip(),
    )


_CHECKS: Mapping[str, Callable[[object, str, ParamSpec], Problem | None]] = {
    "text": _text,
    "slug": _slug,
    "integer": _integer,
    "number": _number,
    "yes_no": _yes_no,
    "choice": _choice,
    "recipient": _recipient,
}
