"""The engine refuses a fork that overwrote business-rules."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from homebuy_plugin.engine.selfcheck import check_engine
from homebuy_plugin.exceptions import EngineUnusable

ROOT = Path(__file__).parents[2]


def package(folder: Path, name: str, version: str, operators: str = "") -> None:
    home = folder / name
    home.mkdir()
    (home / "__init__.py").write_text(f"__version__ = {version!r}\n")
    (home / "engine.py").write_text("run = run_all = None\n")
    fields = ("NO_INPUT", "NUMERIC", "SELECT", "SELECT_MULTIPLE", "TEXT")
    (home / "fields.py").write_text("".join(f"FIELD_{each} = {each!r}\n" for each in fields))
    (home / "operators.py").write_text(operators)


def test_the_installed_library_passes():
    check_engine()


def test_another_version_is_refused_and_the_forks_are_named(tmp_path, monkeypatch):
    package(tmp_path, "forked_rules_a", "1.4.8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(EngineUnusable, match=r"its version is 1\.4\.8.*business-rules-enhanced"):
        check_engine("forked_rules_a")


def test_the_right_version_without_scalar_types_is_refused(tmp_path, monkeypatch):
    package(tmp_path, "forked_rules_b", "1.1.1", "class BaseType: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(EngineUnusable, match="operators has no BooleanType, NumericType"):
        check_engine("forked_rules_b")


def test_a_missing_library_is_said_in_the_same_way():
    with pytest.raises(EngineUnusable, match="No module named 'forked_rules_c'"):
        check_engine("forked_rules_c")


def test_importing_the_engine_over_a_fork_says_so_before_anything_else(tmp_path):
    package(tmp_path, "business_rules", "2.0.1")
    outcome = subprocess.run(
        [sys.executable, "-c", "import homebuy_plugin.engine.kinds"],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 1
    assert "EngineUnusable: The installed package business_rules is not" in outcome.stderr
