"""The command line as a whole: help, mistyped commands, exit codes."""

import subprocess
import sys
from pathlib import Path

import pytest

import homebuy_plugin.cli
from homebuy_plugin.cli import codes
from homebuy_plugin.cli.app import app

COMMANDS = [
    ("demo",),
    ("tick",),
    ("status",),
    ("rules",),
    ("rules", "validate"),
    ("rules", "explain"),
    ("rules", "why"),
    ("db",),
    ("db", "upgrade"),
    ("db", "current"),
    ("schema",),
    ("schema", "export"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_help(run, words):
    done = run(*words, "--help")
    assert done.exit_code == 0
    assert done.stdout.startswith(f"Usage: homebuy {' '.join(words)}")


def test_help_waits_for_no_library():
    code = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from homebuy_plugin.cli import app\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0\n"
        "assert CliRunner().invoke(app, ['tick', '--help']).exit_code == 0\n"
        "print(sorted({'sqlalchemy', 'alembic', 'marshmallow', 'pluggy', 'business_rules'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_python_dash_m_is_the_same():
    done = subprocess.run(
        [sys.executable, "-m", "homebuy_plugin", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("homebuy, version ")


def test_the_script_calls_main(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["homebuy", "--help"])
    with pytest.raises(SystemExit) as ended:
        homebuy_plugin.cli.main()
    assert ended.value.code == 0
    assert "Usage: homebuy " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "meant"),
    [(("statsu",), "status"), (("rules", "valdate"), "validate"), (("db", "upgrad"), "upgrade")],
)
def test_did_you_mean(run, words, meant):
    done = run(*words)
    assert done.exit_code == codes.USAGE
    assert f"Did you mean '{meant}'?" in done.stderr


def test_no_command_is_the_help(run):
    done = run()
    assert "Commands:" in done.output
    assert done.exit_code == codes.USAGE


def test_the_exit_codes_are_told(run):
    assert (codes.FINE, codes.PROBLEMS, codes.USAGE, codes.CHANGES, codes.DATABASE) == (0, 1, 2, 3, 4)
    words = " ".join(run("--help").stdout.split())
    assert (
        "0 fine; 1 problems found; 2 wrong usage; 3 changes present; 4 database unreachable or behind"
        in words
    )
    readme = Path(__file__).parents[2] / "README.md"
    told = " ".join(readme.read_text(encoding="utf-8").split())
    assert "Exit codes: 0 fine, 1 problems found, 2 wrong usage, 4 database unreachable or behind." in told


def test_a_host_may_embed_it():
    assert app.name == "app"
    assert set(app.commands) >= {"demo", "tick", "status", "rules", "db", "schema"}
