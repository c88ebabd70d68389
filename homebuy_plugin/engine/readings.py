"""Values in: each variable is read and typed once for each decision."""

from collections.abc import Callable, Mapping, MutableMapping
from decimal import Decimal
from typing import Any

from homebuy_plugin.engine.casting import WrongType, jsonable
from homebuy_plugin.engine.catalogue import Catalogue, Variable
from homebuy_plugin.engine.kinds import KINDS

Values = Mapping[str, object] | Callable[[str], object]
"""Where values come from: a mapping (an absent name is missing) or a function of the name."""

WITHHELD = "(personal)"
"""What records show for a personal value."""


_UNASKED = object()


class Reading:
    """What reading one variable gave.

    Attributes:
        typed: the value as a business-rules type; None when missing or failed.
        value: the value in it, which tests compare.
        error: why it could not be read, or None.
    """

    __slots__ = ("_plain", "error", "typed", "value")

    def __init__(self, typed: Any = None, error: str | None = None) -> None:
        self.typed, self.error = typed, error
        self.value = None if typed is None else typed.value
        self._plain: Any = _UNASKED

    @property
    def plain(self) -> Any:
        """The same as plain JSON, for records; every rule of a decision asks for the same."""
        if self._plain is _UNASKED:
            self._plain = jsonable(self.value)
        return self._plain


Memo = MutableMapping[str, Reading]
"""Readings by name. Share one over a whole decision, and every rule sees the same values."""


def read(variable: Variable, values: Values) -> Reading:
    """Read and type one variable; a failure is a reading with an error."""
    try:
        name = variable.name
        raw = values.get(name) if type(values) is dict else _raw(name, values)
        return Reading() if raw is None else Reading(KINDS[variable.type](raw))
    except (RecursionError, MemoryError):
        raise
    except WrongType as error:
        return Reading(error=f"“{variable.name}” {error}")
    except Exception as error:  # foreign code; its text may quote what it choked on
        cause = type(error).__name__ if variable.personal else why(error)
        return Reading(error=f"“{variable.name}” could not be read: {cause}")


def why(error: Exception) -> str:
    """The first line of a foreign error; some carry whole statements with their parameters."""
    text = str(error).strip().partition("\n")[0][:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _raw(name: str, values: Values) -> object:
    if isinstance(values, Mapping):
        # Not .get(): a KeyError from inside a computed mapping is an error, not a missing value.
        return values[name] if name in values else None  # noqa: SIM401 - as said
    return values(name)


def recalled(inputs: Mapping[str, object], values: Values, catalogue: Catalogue) -> Callable[[str], object]:
    """Values for a retry: those of ``Evaluation.inputs`` first, the others from ``values``."""

    def value(name: str) -> object:
        if name not in inputs:
            return _raw(name, values)
        kept, variable = inputs[name], catalogue.variables.get(name)
        if variable and variable.type == "number" and isinstance(kept, str):
            return Decimal(kept)  # too long for a number of JSON, so it was kept as text
        return kept

    return value
