"""Circles among things that name each other."""

from collections.abc import Iterator, Mapping, Sequence


def find_cycles(links: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Each circle once, beginning with its smallest name; links to names without links end there.

    Args:
        links: name to the names it points at.
    """
    done: set[str] = set()
    for start in sorted(links):
        if start not in done:
            yield from _from(start, links, done)


def _from(start: str, links: Mapping[str, Sequence[str]], done: set[str]) -> Iterator[tuple[str, ...]]:
    """A walk without recursion: chains may be as long as a file."""
    path: list[str] = [start]
    ways: list[Iterator[str]] = [iter(links.get(start, ()))]
    on_path = {start: 0}
    while path:
        step = next(ways[-1], None)
        if step is None:
            ways.pop()
            left = path.pop()
            del on_path[left]
            done.add(left)
        elif step in on_path:
            yield _turned(path[on_path[step] :])
        elif step not in done and step in links:
            on_path[step] = len(path)
            path.append(step)
            ways.append(iter(links[step]))


def _turned(circle: list[str]) -> tuple[str, ...]:
    least = circle.index(min(circle))
    return (*circle[least:], *circle[:least])
