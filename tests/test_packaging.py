"""What a wheel and an sdist hold: all of the package, and nothing of the workshop."""

import configparser
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DATA = ("rules", "fixtures")
WORKSHOP = {"build", "dist", "venv", "env", "node_modules"}

pytestmark = pytest.mark.skipif(
    not (ROOT / "pyproject.toml").is_file(), reason="the tests run away from the project they package"
)


def left_out(folder, names):
    """Names that are no part of the source: hidden, built, or a virtual environment."""
    inside = Path(folder)
    return [
        name
        for name in names
        if (name.startswith(".") and name not in {".ci", ".gitignore"})
        or name in WORKSHOP
        or name == "__pycache__"
        or name.endswith((".egg-info", ".pyc", ".db"))
        or (inside / name / "pyvenv.cfg").exists()
    ]


def build(source, out, what):
    isolation = [] if needs_isolation() else ["--no-isolation"]
    command = [sys.executable, "-m", "build", *isolation, f"--{what}", "--outdir", str(out), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    assert "Warning" not in output, output
    assert "WARNING" not in output, output
    (made,) = out.iterdir()
    return made


def needs_isolation():
    try:
        return int(version("setuptools").split(".")[0]) < 77
    except PackageNotFoundError:
        return True


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of the source alone: no builds, caches or databases."""
    copy = tmp_path_factory.mktemp("tree") / "homebuy_plugin"
    shutil.copytree(ROOT, copy, ignore=left_out)
    return copy


@pytest.fixture(scope="module")
def built(tree, tmp_path_factory):
    """Build in a copy of its own: a build leaves build/ behind, and the next would pack that too."""

    def built(what):
        copy = shutil.copytree(tree, tmp_path_factory.mktemp("source") / "homebuy_plugin")
        return build(copy, tmp_path_factory.mktemp(what), what)

    return built


@pytest.fixture(scope="module")
def sdist(built):
    return built("sdist")


@pytest.fixture(scope="module")
def wheel(built):
    return built("wheel")


@pytest.fixture(scope="module")
def wheel_of_sdist(sdist, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (source,) = folder.iterdir()
    return build(source, tmp_path_factory.mktemp("wheel_of_sdist"), "wheel")


def names_in(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def package_files(wheel):
    return {name for name in names_in(wheel) if ".dist-info/" not in name}


def files_below(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_wheel_holds_every_file_of_the_package_and_its_data(tree, wheel):
    """A sub-package, a migration or a rule file added later cannot be forgotten."""
    expected = {f"homebuy_plugin/{name}" for name in files_below(tree / "homebuy_plugin")}
    for folder in DATA:
        expected |= {f"homebuy_plugin/{folder}/{name}" for name in files_below(tree / folder)}
    assert package_files(wheel) == expected


def test_setup_cfg_names_every_package(tree):
    found = {
        ".".join(path.parent.relative_to(tree).parts)
        for path in (tree / "homebuy_plugin").rglob("__init__.py")
    }
    options = configparser.ConfigParser()
    options.read(tree / "setup.cfg")
    named = set(options["options"]["packages"].split())
    assert named == found | {f"homebuy_plugin.{folder}" for folder in DATA}


def test_every_folder_of_code_is_a_package(tree):
    package = tree / "homebuy_plugin"
    with_code = {path.parent for path in package.rglob("*.py")}
    assert {folder for folder in with_code if not (folder / "__init__.py").exists()} == set()


def test_the_only_top_level_name_is_ours(wheel):
    assert {name.split("/")[0] for name in package_files(wheel)} == {"homebuy_plugin"}
    with zipfile.ZipFile(wheel) as archive:
        (top_level,) = (name for name in archive.namelist() if name.endswith("top_level.txt"))
        assert archive.read(top_level).decode().split() == ["homebuy_plugin"]


def test_no_module_hides_behind_a_data_folder(tree):
    """rules/ and fixtures/ install as homebuy_plugin.rules and homebuy_plugin.fixtures."""
    for folder in DATA:
        assert not (tree / "homebuy_plugin" / folder).exists()
        assert not (tree / "homebuy_plugin" / f"{folder}.py").exists()
        assert list((tree / folder).rglob("*.py")) == []
    assert not (tree / "homebuy_plugin" / "hooks.py").exists()


def test_what_a_wheel_must_not_lack(wheel):
    names = package_files(wheel)
    assert "homebuy_plugin/py.typed" in names
    for pattern in ("homebuy_plugin/rules/right_to_buy/", "homebuy_plugin/fixtures/"):
        assert any(name.startswith(pattern) and name.endswith(".json") for name in names), pattern
    assert any(name.startswith("homebuy_plugin/store/migrations/versions/") for name in names)
    assert any(name.endswith("licenses/LICENSE") for name in names_in(wheel))


def test_the_sdist_builds_the_same_wheel(wheel, wheel_of_sdist):
    assert names_in(wheel_of_sdist) == names_in(wheel)


def test_the_sdist_holds_the_whole_source(tree, sdist):
    """Whoever packages us can run the tests and read the hooks from the sdist alone."""
    with tarfile.open(sdist) as archive:
        inside = {m.name.split("/", 1)[1] for m in archive.getmembers() if m.isfile()}
    assert files_below(tree) - {".gitignore"} <= inside
    assert not any(name.endswith((".pyc", ".db")) for name in inside)
