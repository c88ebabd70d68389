"""Wall-clock time and processor time, of this process and of a PostgreSQL server on this machine.

On a busy machine the processor time is the steadier of the two; what a disk costs is only in the first.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, text

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds by the clock, and of all processors."""

    wall: float
    processor: float

    def each(self, count: int) -> "Spent":
        """The same, for one of so many."""
        return Spent(self.wall / count, self.processor / count)


def best(spent: list[Spent]) -> Spent:
    """The least of each."""
    return Spent(min(s.wall for s in spent), min(s.processor for s in spent))


def spent_on(engine: Engine, work: Callable[[], T]) -> tuple[Spent, T]:
    """What some work took."""
    server = _server(engine)
    wall, processor, there = time.perf_counter(), time.process_time(), _processor(server)
    result = work()
    wall = time.perf_counter() - wall
    return Spent(wall, time.process_time() - processor + _processor(server) - there), result


def _server(engine: Engine) -> int | None:
    """The first process of a server on this machine; its children do the work."""
    if engine.dialect.name != "postgresql" or not Path("/proc/self/stat").exists():
        return None
    with engine.connect() as raw:
        backend = raw.execute(text("SELECT pg_backend_pid()")).scalar_one()
    return int(_stat(backend)[1])


def _processor(server: int | None) -> float:
    if server is None:
        return 0.0
    children = Path(f"/proc/{server}/task/{server}/children").read_text(encoding="ascii").split()
    ticks = sum(sum(map(int, _stat(pid)[11:13])) for pid in (server, *children))
    return ticks / os.sysconf("SC_CLK_TCK")


def _stat(pid: Any) -> list[str]:
    """The fields of a process after its name: its state, its parent, ..."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except FileNotFoundError:  # it has ended meanwhile
        return ["0"] * 20
