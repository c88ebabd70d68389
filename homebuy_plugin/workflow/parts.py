"""Parts of a case that are made from their rows only when somebody asks for them.

A case that lives for months has a hundred tasks, clocks and rungs; a decision is about two or three.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Parts(dict[K, V]):  # noqa: PLW1641 - a dictionary has no hash
    """A dictionary of all parts of one kind; it holds those that were asked for, or added.

    It looks like the dictionary of them all, in the order of the rows.
    """

    __slots__ = ("_make", "_rows")

    def __init__(self, rows: Mapping[K, Any], make: Callable[[Any], V]) -> None:
        super().__init__()
        self._rows, self._make = rows, make

    def twin(self, copy: Callable[[V], V]) -> "Parts[K, V]":
        """An independent copy; what nobody asked for needs no copying."""
        made: Parts[K, V] = Parts(self._rows, self._make)
        for key in dict.__iter__(self):
            dict.__setitem__(made, key, copy(self[key]))
        return made

    def touched(self) -> Iterable[tuple[K, V]]:
        """The parts asked for or added: no other can have changed."""
        return dict.items(self)

    def __missing__(self, key: K) -> V:
        made = self._make(self._rows[key])
        dict.__setitem__(self, key, made)
        return made

    def __contains__(self, key: object) -> bool:
        return dict.__contains__(self, key) or key in self._rows

    def __iter__(self) -> Iterator[K]:
        yield from self._rows
        for key in list(dict.__iter__(self)):
            if key not in self._rows:
                yield key

    def __reversed__(self) -> Iterator[K]:
        return reversed(list(self))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def get(self, key: K, default: Any = None) -> Any:
        """The part of a key."""
        try:
            return self[key]
        except KeyError:
            return default

    def keys(self) -> Any:
        """All keys; nothing is made for them."""
        return dict.fromkeys(self).keys()

    def values(self) -> Any:
        """All parts."""
        return {key: self[key] for key in self}.values()

    def items(self) -> Any:
        """All parts with their keys."""
        return {key: self[key] for key in self}.items()

    def __eq__(self, other: object) -> bool:
        return dict(self.items()) == (dict(other.items()) if isinstance(other, Parts) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __repr__(self) -> str:
        return repr(dict(self.items()))
