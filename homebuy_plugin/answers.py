"""Reading what a plugin returned: the right type, or an error that says what to return."""

import inspect
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from os import PathLike
from pathlib import Path
from typing import Any, Final, TypeVar

from homebuy_plugin.engine.operators import TYPES
from homebuy_plugin.exceptions import PluginError
from homebuy_plugin.types import Contact, Delivery, Officer, RuleAction, RuleVariable

T = TypeVar("T")

_PARAMETER_TYPES: Final = ("text", "number", "yes_no", "list")
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def officer(where: str, answer: object) -> Officer:
    """An ``Officer``."""
    return _instance(where, answer, Officer)


def officers(where: str, answer: object) -> tuple[Officer, ...]:
    """A list of ``Officer``."""
    found = _all(where, answer, Officer)
    for one in found:
        most: object = one.capacity
        if most is not None and (not isinstance(most, int) or isinstance(most, bool) or most < 0):
            raise PluginError(
                f"{where}: the capacity of {one.id!r} is {most!r}; it must be a number of cases, or None."
            )
    return found


def contacts(where: str, answer: object) -> tuple[Contact, ...]:
    """A list of ``Contact``."""
    return _all(where, answer, Contact)


def delivery(where: str, answer: object) -> Delivery:
    """A ``Delivery``."""
    return _instance(where, answer, Delivery)


def yes_no(where: str, answer: object) -> bool:
    """True or False, and nothing that merely counts as one."""
    if isinstance(answer, bool):
        return answer
    raise _wrong(where, answer, "True, False or None")


def dates(where: str, answer: object) -> tuple[date, ...]:
    """A list of local dates."""
    found = _several(where, answer, "datetime.date")
    for one in found:
        if isinstance(one, datetime) or not isinstance(one, date):
            raise _wrong(where, one, "a list of datetime.date")
    return found


def packs(where: str, answer: object) -> tuple[Path | Mapping[str, Any], ...]:
    """A list of paths or parsed documents."""
    return tuple(_pack(where, one) for one in _several(where, answer, "paths or documents"))


def _pack(where: str, source: object) -> Path | Mapping[str, Any]:
    if isinstance(source, Mapping):
        return source
    if isinstance(source, str | PathLike):
        return Path(source)
    raise _wrong(where, source, "a list of paths or documents")


def variables(where: str, answer: object) -> tuple[RuleVariable, ...]:
    """A list of usable ``RuleVariable``."""
    found = _all(where, answer, RuleVariable)
    for one in found:
        _slug(where, "variable", one.name)
        if one.type not in TYPES:
            raise _unknown_type(where, f"variable {one.name!r}", one.type, TYPES)
        if not callable(one.read):
            raise PluginError(f"{where}: read of variable {one.name!r} must be a function of (facts, case).")
    return found


def actions(where: str, answer: object) -> tuple[RuleAction, ...]:
    """A list of usable ``RuleAction``."""
    found = _all(where, answer, RuleAction)
    for one in found:
        _slug(where, "action", one.name)
        for name, kind in one.params.items():
            if kind.removesuffix("?") not in _PARAMETER_TYPES:
                raise _unknown_type(where, f"{name!r} of action {one.name!r}", kind, _PARAMETER_TYPES)
    return found


def ignored(where: str, answer: object) -> None:
    """Anything: the hook is only told."""


def _several(where: str, answer: Any, of: str) -> tuple[Any, ...]:
    if isinstance(answer, str | bytes | Mapping) or not isinstance(answer, Iterable):
        raise _wrong(where, answer, f"a list of {of}, or None")
    return tuple(answer)


def _all(where: str, answer: object, kind: type[T]) -> tuple[T, ...]:
    wanted = f"an iterable of {kind.__name__}(...), or None"
    return tuple(_instance(where, one, kind, wanted) for one in _several(where, answer, kind.__name__))


def _instance(where: str, answer: object, kind: type[T], wanted: str = "") -> T:
    if isinstance(answer, kind):
        return answer
    raise _wrong(where, answer, wanted or f"{kind.__name__}(...) or None")


def _wrong(where: str, answer: object, wanted: str) -> PluginError:
    if inspect.iscoroutine(answer):
        answer.close()  # or Python warns that it was never awaited
    return PluginError(f"{where} returned {answer!r} ({type(answer).__name__}). It must return {wanted}.")


def _slug(where: str, kind: str, name: object) -> None:
    if not isinstance(name, str) or not _SLUG.fullmatch(name):
        raise PluginError(
            f"{where}: the {kind} name {name!r} must be lower-case letters, digits, - and _, 64 at most."
        )


def _unknown_type(where: str, what: str, kind: object, known: tuple[str, ...]) -> PluginError:
    return PluginError(f"{where}: {what} has the type {kind!r}; it must be one of {', '.join(known)}.")
