"""Paste the README's opening blocks into fresh clones, as a newcomer would.

Each clone has a fresh HOME and runs plain ``sh``. The whole test suite runs once; the other times the
second block is pasted with a narrow selection, for what is tried there is the pasting.
"""

import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NARROW = {"PYTEST_ADDOPTS": "-q -k test_resources"}
WHOLE = {"PYTEST_ADDOPTS": "-q"}


def opening_blocks() -> tuple[str, str]:
    """The two blocks that the README opens with."""
    demo, test, *_ = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    return demo, test


def paste(block: str, clone: Path, extra: dict[str, str]) -> None:
    """Run one block in a clone; stop at its first failure."""
    started = time.monotonic()
    home = clone.parent / "home"
    home.mkdir(exist_ok=True)
    environment = {**os.environ, "HOME": str(home), **extra}
    # What a newcomer's machine has is what it has.
    for name in ("VIRTUAL_ENV", "HOMEBUY_REQUIRE_POSTGRES"):
        environment.pop(name, None)
    done = subprocess.run(
        ["sh", "-c", block], cwd=clone, env=environment, capture_output=True, text=True, check=False
    )
    print(f"  {time.monotonic() - started:4.0f}s  {block.strip()}", flush=True)
    if done.returncode:
        raise SystemExit(f"{done.stdout[-8000:]}\n{done.stderr[-8000:]}\nexit code {done.returncode}")


def fresh_clone(folder: str) -> Path:
    """Clone the repository as committed."""
    clone = Path(folder) / "homebuy_plugin"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    return clone


def main() -> None:
    """Try both orders, each block twice."""
    demo, test = opening_blocks()
    orders = [
        [(demo, {}), (demo, {}), (test, WHOLE), (test, NARROW)],
        [(test, NARROW), (test, NARROW), (demo, {}), (demo, {})],
    ]
    for order in orders:
        with tempfile.TemporaryDirectory() as folder:
            clone = fresh_clone(folder)
            print(f"fresh clone in {clone}", flush=True)
            for block, extra in order:
                paste(block, clone, extra)


if __name__ == "__main__":
    main()
