"""The data folders are found, and only ever our own."""

from pathlib import Path

import pytest

from homebuy_plugin import _resources
from homebuy_plugin.exceptions import ResourceMissing


def package_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    package = folder / "homebuy_plugin"
    package.mkdir()
    monkeypatch.setattr(_resources, "_PACKAGE", package)
    return package


def test_the_rules_of_this_installation_are_found():
    assert _resources.data_folder("rules").is_dir()


def test_a_folder_inside_the_package_wins(tmp_path, monkeypatch):
    package = package_at(tmp_path, monkeypatch)
    (package / "rules").mkdir()
    (tmp_path / "rules").mkdir()
    (tmp_path / "pyproject.toml").touch()
    assert _resources.data_folder("rules") == package / "rules"


def test_a_checkout_is_known_by_its_pyproject(tmp_path, monkeypatch):
    package_at(tmp_path, monkeypatch)
    (tmp_path / "rules").mkdir()
    (tmp_path / "pyproject.toml").touch()
    assert _resources.data_folder("rules") == tmp_path / "rules"


def test_another_package_called_rules_is_never_taken_for_ours(tmp_path, monkeypatch):
    package_at(tmp_path, monkeypatch)
    (tmp_path / "rules").mkdir()
    with pytest.raises(ResourceMissing, match="rules/ of homebuy_plugin is missing"):
        _resources.data_folder("rules")
