"""Open time as sorted integer spans, so that adding and measuring are two bisections.

An instant is a whole number of microseconds since 1970 in UTC. Nothing here knows
of days, zones or holidays; :mod:`homebuy_plugin.clock.opening_hours` makes the spans.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

Span = tuple[int, int]


def union(spans: Iterable[Span]) -> list[Span]:
    """Sort spans, drop empty ones and merge those that overlap or touch."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def minus(spans: Iterable[Span], closed: Iterable[Span]) -> list[Span]:
    """Take the closed spans out of the open ones."""
    left = union(spans)
    for shut, reopened in closed:
        before = ((start, min(end, shut)) for start, end in left)
        after = ((max(start, reopened), end) for start, end in left)
        left = union((*before, *after))
    return left


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenTime:
    """Spans of open time with the time worked before each.

    Attributes:
        starts: first instant of each span.
        ends: the instant after the last one of each span.
        before: time worked before each span, and the total at the end.
    """

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    before: tuple[int, ...]

    @classmethod
    def of(cls, spans: Iterable[Span]) -> "OpenTime":
        """Merge the spans and add up what was worked before each."""
        merged = union(spans)
        before = [0]
        for start, end in merged:
            before.append(before[-1] + end - start)
        return cls(starts=tuple(s for s, _ in merged), ends=tuple(e for _, e in merged), before=tuple(before))

    @property
    def total(self) -> int:
        """All the time there is."""
        return self.before[-1]

    def worked(self, at: int) -> int:
        """Open time before the instant."""
        index = bisect_right(self.starts, at) - 1
        if index < 0:
            return 0
        return self.before[index] + min(at, self.ends[index]) - self.starts[index]

    def earliest(self, worked: int) -> int:
        """First instant with so much time before it: a closing rather than the next opening.

        ``worked`` is more than 0 and at most :attr:`total`.
        """
        index = bisect_left(self.before, worked) - 1
        return self.starts[index] + worked - self.before[index]

    def latest(self, worked: int) -> int:
        """Last instant with so much time before it: an opening rather than the last closing.

        ``worked`` is at least 0 and less than :attr:`total`.
        """
        index = bisect_right(self.before, worked) - 1
        return self.starts[index] + worked - self.before[index]

    def next_open(self, at: int) -> int | None:
        """The instant itself when open, else the next opening, or None after the last span."""
        index = bisect_right(self.ends, at)
        return max(at, self.starts[index]) if index < len(self.starts) else None
