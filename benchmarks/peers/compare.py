"""Set what one escalation costs beside peers that do the nearest job: ``python benchmarks/peers/compare.py``.

Makes an environment for the peers, runs each alone on empty databases, and writes the table of
the page beside this file. ``--items`` says how many escalations are due, ``--check`` writes nothing.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from homebuy_plugin.testing.databases import Databases, SqliteDatabases, fresh_database, postgres_databases

HERE = Path(__file__).resolve().parent
README = HERE / "README.md"
BEGIN, END = "<!-- measured -->", "<!-- end -->"


@dataclass(frozen=True, kw_only=True)
class Run:
    """One measurement: a script, where it runs, and on which databases."""

    name: str
    script: str
    kinds: tuple[str, ...]
    ours: bool = False
    more: tuple[str, ...] = ()


RUNS = (
    Run(name="homebuy_plugin", script="homebuy_rungs.py", kinds=("sqlite", "postgresql"), ours=True),
    Run(name="APScheduler 3.11", script="apscheduler_jobs.py", kinds=("sqlite", "postgresql")),
    Run(
        name="procrastinate 3.10, one at a time",
        script="procrastinate_jobs.py",
        kinds=("postgresql",),
        more=("1",),
    ),
    Run(
        name="procrastinate 3.10, ten at a time",
        script="procrastinate_jobs.py",
        kinds=("postgresql",),
        more=("10",),
    ),
    Run(name="django-helpdesk 2.6", script="helpdesk_tickets.py", kinds=("sqlite",)),
)


def peers_python(folder: str) -> str:
    """Install the peers where they disturb nobody; the interpreter that has them."""
    venv.create(folder, with_pip=True)
    python = str(Path(folder, "bin", "python"))
    command = [python, "-m", "pip", "install", "--quiet", "-r", str(HERE / "requirements.txt")]
    subprocess.run(command, check=True, stdout=sys.stderr)
    return python


def seconds_per_item(run: Run, python: str, databases: Databases, items: int) -> float:
    """The best of three runs, each on an empty database."""
    return min(_once(run, python, databases, items) for _ in range(3))


def _once(run: Run, python: str, databases: Databases, items: int) -> float:
    with fresh_database(databases) as url:
        # The settings of a Django project name the file itself.
        is_file = run.script.startswith("helpdesk")
        place = str(url.database) if is_file else url.render_as_string(hide_password=False)
        command = [python, str(HERE / run.script), place, str(items), *run.more]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=_environment())
    if done.returncode:
        raise SystemExit(f"{run.name}: {done.stderr[-3000:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    return float(found["seconds"]) / int(found["items"])


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}


def measured(items: int) -> dict[tuple[str, str], float]:
    """Seconds for one escalation, by contender and database."""
    found = {}
    with tempfile.TemporaryDirectory() as folder, postgres_databases() as postgres:
        peers = peers_python(str(Path(folder, "peers")))
        by_kind: dict[str, Databases] = {"sqlite": SqliteDatabases(Path(folder)), "postgresql": postgres}
        for run in RUNS:
            for kind in run.kinds:
                python = sys.executable if run.ours else peers
                found[run.name, kind] = seconds_per_item(run, python, by_kind[kind], items)
                print(f"{run.name} on {kind}: {found[run.name, kind] * 1e6:,.0f} µs", file=sys.stderr)
    return found


def table(found: dict[tuple[str, str], float]) -> Iterator[str]:
    """The lines of the table."""
    yield "| one escalation | SQLite | PostgreSQL |"
    yield "|---|---|---|"
    for run in RUNS:
        cells = [_cell(found, run.name, kind) for kind in ("sqlite", "postgresql")]
        yield f"| {run.name} | {' | '.join(cells)} |"


def _cell(found: dict[tuple[str, str], float], name: str, kind: str) -> str:
    seconds = found.get((name, kind))
    if seconds is None:
        return "-"
    ratio = seconds / found["homebuy_plugin", kind]
    return f"{seconds * 1e6:,.0f} µs ({ratio:.1f}x)"


def write(lines: list[str], items: int) -> None:
    """Put the table between its marks."""
    text = README.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    machine = f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores"
    said = f"{items:,} due at once, best of three, on: {machine}."
    README.write_text(f"{before}{BEGIN}\n{said}\n\n" + "\n".join(lines) + f"\n{END}{after}", encoding="utf-8")


def main() -> None:
    """Measure, print, and write unless only checking."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--items", type=int, default=2000)
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args()
    lines = list(table(measured(options.items)))
    print("\n".join(lines))
    if not options.check:
        write(lines, options.items)


if __name__ == "__main__":
    main()
