"""Measure the tick and the creation of cases: ``python -m benchmarks.tick_report``.

``--open 20000 --due 2000 --backlog 0`` is over in a minute. ``--write`` writes benchmarks/README.md.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import tick_runs
from benchmarks.population import Landlord, connected, databases


def measured(url: str, options: argparse.Namespace) -> dict[str, Any]:
    """Every run on one database."""
    engine = connected(url)
    try:
        landlord = Landlord.furnish(engine)
        small = landlord.grow(options.open // 100)
        found: dict[str, Any] = {"small": small, "quiet small": tick_runs.nothing_due(landlord)}
        _say(found)
        found["creation"] = tick_runs.creation(landlord, options.created)
        _say(found["creation"])
        found["open"] = landlord.grow(options.open, options.due - 1)  # the case that was copied is due too
        found["quiet"] = tick_runs.nothing_due(landlord)
        _say(found)
        found["tick"] = tick_runs.tick_and_floor(landlord, options.due)
        _say(found["tick"])
        if options.tickers:
            found["tickers"] = {n: tick_runs.tickers(landlord, options.due, n) for n in (1, 2, 4)}
            found["officer"] = tick_runs.officer(landlord, options.due)
            _say(found)
        if options.backlog:
            found["memory"] = tick_runs.memory(landlord)
        return found
    finally:
        engine.dispose()


def _say(found: Any) -> None:
    print(found, file=sys.stderr, flush=True)


def _options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--open", type=int, default=1_000_000, help="open tasks")
    parser.add_argument("--due", type=int, default=10_000, help="wake-ups due among them")
    parser.add_argument("--created", type=int, default=200, help="cases created one by one")
    parser.add_argument("--backlog", type=int, default=1, help="0: not the memory of a large backlog")
    parser.add_argument("--tickers", type=int, default=1, help="0: neither tickers nor the officer")
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--write", action="store_true", help="write the table of benchmarks/README.md")
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    options = _options(words)
    kinds = [options.only] if options.only else ["sqlite", "postgresql"]
    with tempfile.TemporaryDirectory() as folder, databases(kinds, Path(folder)) as urls:
        found = {kind: measured(url, options) for kind, url in urls.items()}
    print(found)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
