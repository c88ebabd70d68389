"""Check facts a host passes against the attribute dictionary."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any

from homebuy_plugin.engine.catalogue import Catalogue, Variable
from homebuy_plugin.exceptions import InvalidArgument, UnknownName
from homebuy_plugin.workflow.fold import pack_fact


def check_facts(
    facts: Mapping[str, Any], catalogue: Catalogue, derivable: Collection[str], host: Collection[str]
) -> dict[str, Any]:
    """The facts in the form they are kept in.

    Args:
        facts: as the host gave them.
        catalogue: every name there is, with its type.
        derivable: names worked out from the case, which nobody may give.
        host: names of host variables, which nobody may give.

    Raises:
        UnknownName: a name that no attribute has; InvalidArgument: a value of the wrong type.
    """
    checked = {}
    for name, value in facts.items():
        variable = catalogue.variables.get(name)
        if variable is None or name in derivable or name in host:
            known = [n for n in catalogue.variables if n not in derivable and n not in host]
            raise UnknownName("fact", str(name), known)
        checked[name] = None if value is None else _checked(variable, value)
    return checked


def check_go_live(live_from: datetime | None, now: datetime) -> None:
    """Refuse a go-live yet to come: until then dates set by law would pass in silence.

    Args:
        live_from: as of CaseFacts, an aware instant or None.
        now: the instant of the call.

    Raises:
        InvalidArgument: it lies ahead, by more than the clocks of two machines differ.
    """
    if live_from is not None and live_from > now + _CLOCKS_DIFFER:
        raise InvalidArgument(
            f"live_from is {live_from.isoformat()}, which is later than now, {now.isoformat()}: what fell "
            "due until then would be told to nobody. Create the case when it comes, or now without live_from."
        )


def _checked(variable: Variable, value: Any) -> Any:
    good = _CHECKS[variable.type](value)
    if not good:
        raise InvalidArgument(f"The fact {variable.name!r} is {_WORDS[variable.type]}, not {value!r}.")
    wanted = value if isinstance(value, list | tuple) else (value,)
    if variable.options and variable.type in ("choice", "choices"):
        for each in wanted:
            if each not in variable.options:
                raise UnknownName(f"option of the fact {variable.name!r}:", str(each), variable.options)
    if isinstance(value, Decimal):
        return float(value) if value % 1 else int(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return tuple(value) if isinstance(value, list) else value


def split_personal(
    facts: Mapping[str, Any], personal: frozenset[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Facts as event data, and the personal ones as erasable texts."""
    open_ = {n: pack_fact(v) for n, v in facts.items() if n not in personal}
    closed = {f"fact:{n}": pack_fact(v) for n, v in facts.items() if n in personal and v is not None}
    cleared = {n: None for n, v in facts.items() if n in personal and v is None}
    return open_ | cleared, closed


_CLOCKS_DIFFER = timedelta(minutes=5)
"""The host may say its own now, and be asked by the database's."""


def _number(value: Any) -> bool:
    """Whether it is a number that ends: no database keeps the others."""
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, int) and not isinstance(value, bool)


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "text": lambda v: isinstance(v, str),
    "choice": lambda v: isinstance(v, str),
    "number": _number,
    "yes_no": lambda v: isinstance(v, bool),
    "date": lambda v: isinstance(v, date) and not isinstance(v, datetime),
    "date_time": lambda v: isinstance(v, datetime) and v.tzinfo is not None,
    "duration": lambda v: isinstance(v, timedelta),
    "choices": lambda v: isinstance(v, list | tuple) and all(isinstance(x, str) for x in v),
}
_WORDS = {
    "text": "a text",
    "choice": "a text",
    "number": "a number",
    "yes_no": "yes or no (True or False)",
    "date": "a local date (datetime.date)",
    "date_time": "an instant (an aware datetime.datetime)",
    "duration": "a length of time (datetime.timedelta)",
    "choices": "a list of texts",
}
