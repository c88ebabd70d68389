"""Parts of a case that are made from what is stored only when somebody asks for them.

A case that lives for months has a hundred tasks, clocks and rungs; a decision is about two or three.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, Protocol, TypeVar

K = TypeVar("K")
V = TypeVar("V")
Values = tuple[Any, ...]


class Form(Protocol):
    """How parts of one kind are stored."""

    @property
    def kind(self) -> Callable[..., Any]:
        """What makes a part of its values."""

    @property
    def values(self) -> Callable[[Any], Values]:
        """What reads the values of a part, those that are stored."""

    def rows(self, text: str) -> dict[Any, Any]:
        """The rows of a stored text, in their order, by key."""

    def read(self, key: Any, row: Any) -> Values:
        """The values of a row."""


class Stored(Generic[K]):
    """The parts of one kind as they are stored, one at least; copies of a case share them.

    Attributes:
        known: the values of those that were asked for.
    """

    __slots__ = ("_rows", "_text", "form", "known")

    def __init__(self, form: Form, text: str) -> None:
        self.form, self._text = form, text
        self.known: dict[K, Values] = {}
        self._rows: dict[K, Any] = {}

    def rows(self) -> dict[K, Any]:
        """The rows by key."""
        if not self._rows:
            self._rows = self.form.rows(self._text)
        return self._rows


class Parts(dict[K, V]):  # noqa: PLW1641 - a dictionary has no hash
    """A dictionary of all parts of one kind; it holds those that were asked for, or added.

    It looks like the dictionary of them all, in the order of the rows.
    """

    __slots__ = ("_rows", "_stored")

    def __init__(self, stored: Stored[K]) -> None:
        self._stored = stored
        self._rows: dict[K, Any] = {}

    def twin(self, copy: Callable[[V], V]) -> "Parts[K, V]":
        """An independent copy; what nobody asked for needs no copying."""
        made: Parts[K, V] = Parts(self._stored)
        if dict.__len__(self):
            dict.update(made, {key: copy(part) for key, part in dict.items(self)})
        return made

    def changed(self, before: Mapping[K, V]) -> list[K]:
        """The keys of the parts that ``before`` has not, or has otherwise; no other was asked for."""
        if isinstance(before, Parts) and before._untouched(self._stored):
            known, values = self._stored.known, self._stored.form.values
            return [key for key, part in dict.items(self) if known.get(key) != values(part)]
        return [key for key, part in dict.items(self) if before.get(key) != part]

    def _untouched(self, stored: Stored[K]) -> bool:
        """Whether these are just the parts that are stored."""
        return self._stored is stored and not dict.__len__(self)

    def __missing__(self, key: K) -> V:
        known, form = self._stored.known, self._stored.form
        if key not in known:
            known[key] = form.read(key, (self._rows or self._read())[key])
        made: V = form.kind(*known[key])
        self[key] = made
        return made

    def _read(self) -> dict[K, Any]:
        self._rows = self._stored.rows()
        return self._rows

    def _all(self) -> Mapping[K, Any]:
        rows, mine = self._rows or self._read(), dict.keys(self)
        return rows if mine <= rows.keys() else rows | dict.fromkeys(mine)

    def __contains__(self, key: object) -> bool:
        return key in (self._rows or self._read()) or dict.__contains__(self, key)

    def __iter__(self) -> Iterator[K]:
        return iter(self._all())

    def __reversed__(self) -> Iterator[K]:
        return reversed(list(self._all()))

    def __len__(self) -> int:
        return len(self._all())

    def get(self, key: K, default: Any = None) -> Any:
        """The part of a key."""
        return self[key] if key in (self._rows or self._read()) else dict.get(self, key, default)

    def keys(self) -> Any:
        """All keys; nothing is made for them."""
        return self._all().keys()

    def values(self) -> Any:
        """All parts."""
        return [self[key] for key in self._all()]

    def items(self) -> Any:
        """All parts with their keys."""
        return [(key, self[key]) for key in self._all()]

    def __eq__(self, other: object) -> bool:
        return dict(self.items()) == (dict(other.items()) if isinstance(other, Parts) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __repr__(self) -> str:
        return repr(dict(self.items()))
