"""Measure everything and write the table of benchmarks/README.md: ``python benchmarks/report.py``.

With ``--check`` nothing is written; a floor that is missed makes the exit code 1 either way.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
README = HERE / "README.md"
BEGIN, END = "<!-- measured -->", "<!-- end -->"

Medians = Mapping[str, Mapping[str, float]]
"""Group to contender to the seconds of one decision, in the middle round."""

FLOORS = {
    ("allocation/last/1000", "engine"): 30.0,
    ("allocation/last/1000", "engine, record"): 15.0,
    ("allocation/mixed/1000", "engine"): 30.0,
    ("allocation/mixed/1000", "engine, record"): 15.0,
    ("escalation", "engine"): 2.4,
}
"""How many times faster than ``run_all`` the engine has to be."""
CEILINGS = {"analysis/1000": 1.5, "diagnostics/0": 1.0, "diagnostics/7": 1.0, "diagnostics/300": 1.0}
"""Seconds that something may take."""


def measured() -> tuple[Medians, str]:
    """Run the benchmarks; what each took, and on what."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "benchmarks.json"
        options = [f"--benchmark-json={out}", "--benchmark-timer=time.process_time"]
        # Not those of pyproject.toml: the tests may run side by side, measurements must not.
        alone = ["-o", "addopts=--import-mode=importlib", "-p", "no:cacheprovider"]
        command = [sys.executable, "-m", "pytest", str(HERE), "-q", *alone, *options]
        subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr)
        raw = json.loads(out.read_text(encoding="utf-8"))
    found: dict[str, dict[str, float]] = {}
    for each in raw["benchmarks"]:
        decisions = each["extra_info"].get("decisions", 1)
        contender = (each["params"] or {}).get("contender", "")
        found.setdefault(each["group"], {})[contender] = each["stats"]["median"] / decisions
    return found, f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores"


def table(times: Medians) -> Iterator[str]:
    """The lines of the report."""
    yield "| one allocation among | case | `run_all` | by hand | engine | with its record |"
    yield "|---|---|---|---|---|---|"
    for count in (10, 100, 1_000, 10_000):
        for kind, words in (("last", "the last rule decides"), ("mixed", "any")):
            group = times[f"allocation/{kind}/{count}"]
            yield f"| {count:,} rules | {words} | {_cells(group)} |"
    yield ""
    yield "| 100,000 escalation decisions among | | `run_all` | by hand | engine | with its record |"
    yield "|---|---|---|---|---|---|"
    yield f"| 20 rules | all that hold | {_cells(times['escalation'])} |"
    yield ""
    yield "| what | takes |"
    yield "|---|---|"
    for group, words in _OTHERS.items():
        yield f"| {words} | {_time(times[group][''])} |"


_OTHERS = {
    "index/1000": "building the index of 1,000 rules, once for each published version",
    "index/10000": "the same of 10,000",
    "analysis/100": "analysing a set of 100 rules (`homebuy rules coverage`)",
    "analysis/1000": "the same of 1,000",
    "diagnostics/0": "reading and checking a rule document of 30,000 lines",
    "diagnostics/7": "the same with 7 mistakes in it",
    "diagnostics/300": "the same with 300",
    "rendering/full": "writing 100 of 300 mistakes with their source lines",
    "rendering/json": "writing all 300 as JSON",
}


def _cells(group: Mapping[str, float]) -> str:
    base = group["run_all"]
    return " | ".join(
        _time(group[name]) + ("" if name == "run_all" else f" ({_ratio(base / group[name])})")
        for name in ("run_all", "by hand", "engine", "engine, record")
    )


def _ratio(ratio: float) -> str:
    return f"{ratio:,.0f}x" if ratio >= 10 else f"{ratio:.1f}x"


def _time(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


def verdicts(times: Medians) -> Iterator[tuple[bool, str]]:
    """Each floor, and whether it is held."""
    for (group, contender), floor in FLOORS.items():
        ratio = times[group]["run_all"] / times[group][contender]
        yield ratio >= floor, f"{group}, {contender}: {_ratio(ratio)} of run_all, at least {floor:g}x"
    for group, ceiling in CEILINGS.items():
        seconds = times[group][""]
        yield seconds <= ceiling, f"{group}: {_time(seconds)}, at most {ceiling:g} s"


def main(words: list[str]) -> int:
    """Measure, write unless only checking, and say which floors are held."""
    times, machine = measured()
    judged = list(verdicts(times))
    lines = [f"Measured on: {machine}.", "", *table(times), "", "Floors, checked by the same run:", ""]
    lines += [f"- {'held' if held else '**missed**'}: {text}" for held, text in judged]
    if "--check" not in words:
        before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        README.write_text(f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{after}", encoding="utf-8")
    print("\n".join(lines))
    return 0 if all(held for held, _ in judged) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
