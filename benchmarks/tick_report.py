"""Measure the tick and the creation of cases: ``python -m benchmarks.tick_report --write``.

``--open 20000 --due 1000 --backlog 0`` is over in a minute or two.
"""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks import tick_runs
from benchmarks.population import Landlord, connected, databases
from benchmarks.spent import Spent

README = Path(__file__).resolve().parent / "README.md"
BEGIN, END = "<!-- tick measured -->", "<!-- tick end -->"
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
GOALS = {"quiet": 1.5, "tick": 2.5, "creation": 3.0}
"""At most so many times the floor; with nothing due, so many times the same with 10,000 open tasks."""


def measured(url: str, options: argparse.Namespace) -> dict[str, Any]:
    """Every run on one database."""
    engine = connected(url)
    try:
        landlord = Landlord.furnish(engine)
        few = landlord.grow(options.open // 100)
        found: dict[str, Any] = {"few": few, "quiet few": tick_runs.nothing_due(landlord)}
        found["creation"] = tick_runs.creation(landlord, options.created)
        _say(found)
        landlord.homebuy.deliver()  # else the next tick would tell of the cases just created
        found |= {"open": landlord.grow(options.open, options.due), "due": options.due}
        found["quiet"] = tick_runs.nothing_due(landlord)
        found["tick"] = tick_runs.tick_and_floor(landlord, options.due)
        _say(found)
        if options.tickers:
            found["tickers"] = {n: tick_runs.tickers(landlord, options.due, n) for n in (1, 2, 4)}
            found["officer"] = tick_runs.officer(landlord, options.due)
            _say(found)
        if options.backlog:
            found["memory"] = tick_runs.memory(landlord)
            _say(found)
        return found
    finally:
        engine.dispose()


def _say(found: Any) -> None:
    print(found, file=sys.stderr, flush=True)


def table(results: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The lines of the report."""
    for kind, found in results.items():
        yield f"**{NAMES[kind]}**, {found['open']:,} open tasks, {found['due']:,} cases due"
        yield ""
        yield "| what | takes | floor | times the floor | by processor time |"
        yield "|---|---|---|---|---|"
        yield from _rows(found)
        yield ""
        yield from _more(found)
        yield ""


def _rows(found: Mapping[str, Any]) -> Iterator[str]:
    few, many = found["quiet few"], found["quiet"]
    yield (
        f"| a whole tick, nothing due | {_time(many)} | {_time(few)} with {found['few']:,} open tasks "
        f"| {many / few:.2f} | |"
    )
    wrote = ", ".join(f"{count:,} {name}" for name, count in found["tick"]["rows"].items())
    yield _row(f"deciding everything due; rows written: {wrote}", found["tick"])
    yield _row("creating a Right to Buy case", found["creation"])


def _row(what: str, run: Mapping[str, Spent]) -> str:
    ours, floor = run["ours"], run["floor"]
    wall, processor = ours.wall / floor.wall, ours.processor / floor.processor
    return f"| {what} | {_time(ours.wall)} | {_time(floor.wall)} | {wall:.1f} | {processor:.1f} |"


def _more(found: Mapping[str, Any]) -> Iterator[str]:
    if "tickers" in found:
        times = ", ".join(f"{n}: {_time(s)}" for n, s in found["tickers"].items())
        yield f"- So many tickers at once until all is decided, none twice: {times}."
        told = ", ".join(f"{name} {_time(s)}" for name, s in found["officer"].items())
        yield f"- An officer's one-row write in the host's own table: {told}."
    if "memory" in found:
        m = found["memory"]
        yield (
            f"- {m['due']:,} wake-ups due at once: a ticker takes {m['busy']:.0f} MB at most, "
            f"one with nothing to do {m['quiet']:.0f} MB; "
            f"watched for {_time(m['seconds'])}, {m['decided']:,} rungs."
        )


def _time(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


def verdicts(results: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[bool, str]]:
    """Each goal, and whether it is met."""
    for kind, found in results.items():
        ratios = {
            "quiet": found["quiet"] / found["quiet few"],
            "tick": found["tick"]["ours"].wall / found["tick"]["floor"].wall,
            "creation": found["creation"]["ours"].wall / found["creation"]["floor"].wall,
        }
        for name, goal in GOALS.items():
            yield ratios[name] <= goal, f"{NAMES[kind]}, {name}: {ratios[name]:.2f}, at most {goal:g}"


def _options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--open", type=int, default=1_000_000, help="open tasks")
    parser.add_argument("--due", type=int, default=10_000, help="cases due among them")
    parser.add_argument("--created", type=int, default=200, help="cases created one by one")
    parser.add_argument("--backlog", type=int, default=1, help="0: not the memory of a large backlog")
    parser.add_argument("--tickers", type=int, default=1, help="0: neither tickers nor the officer")
    parser.add_argument("--only", choices=tuple(NAMES))
    parser.add_argument("--write", action="store_true", help="write the table of benchmarks/README.md")
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    """Measure, write if asked to, and say which goals are met."""
    options = _options(words)
    kinds = [options.only] if options.only else list(NAMES)
    with tempfile.TemporaryDirectory() as folder, databases(kinds, Path(folder)) as urls:
        results = {kind: measured(url, options) for kind, url in urls.items()}
    machine = f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores"
    lines = [f"Measured on: {machine}.", "", *table(results), "Goals:", ""]
    lines += [f"- {'met' if met else '**not met**'}: {text}" for met, text in verdicts(results)]
    if options.write:
        before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        README.write_text(f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{after}", encoding="utf-8")
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
