"""Commands run in a folder of their own, with no database named by accident."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from homebuy_plugin.cli.app import app

PLUGIN = """
from homebuy_plugin import Delivery, hookimpl


class Platform:
    def __init__(self):
        self.seen = []

    @hookimpl
    def homebuy_notify(self, notice):
        self.seen.append(notice)
        return Delivery(detail="smtp")


class Broken:
    @hookimpl
    def homebuy_notify(self, notice):
        raise OSError("mail server down")


plugin = Platform()
broken = Broken()


def make():
    return Platform()


def stumble():
    raise KeyError("no settings")
"""


@pytest.fixture(autouse=True)
def _somewhere_quiet(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in [n for n in os.environ if n.startswith("HOMEBUY_")]:
        if "TEST" not in name and "REQUIRE" not in name:
            monkeypatch.delenv(name)


@pytest.fixture
def run():
    """Run a command line in this process."""

    def invoke(*words):
        return CliRunner().invoke(app, [str(word) for word in words], prog_name="homebuy")

    return invoke


@pytest.fixture
def platform(tmp_path, monkeypatch):
    """A module ``acme_platform`` of a host, beside which commands are run."""
    (tmp_path / "acme_platform.py").write_text(PLUGIN, encoding="utf-8")
    monkeypatch.delitem(sys.modules, "acme_platform", raising=False)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return "acme_platform"


@dataclass(frozen=True)
class Demonstration:
    folder: Path
    output: str
    errors: str


def demonstrate(folder, hash_seed, *words):
    """``homebuy demo`` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "homebuy_plugin", "demo", *words],
        cwd=folder,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Demonstration(Path(folder), done.stdout, done.stderr)


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory):
    """The demonstration, played once for all tests."""
    return demonstrate(tmp_path_factory.mktemp("demo"), "1")


@pytest.fixture
def play_again():
    return demonstrate
