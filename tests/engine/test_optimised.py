"""Nothing depends on ``assert``: the same tests pass under ``python -O``.

business-rules guards itself with assert statements, which -O removes; pytest's own are
rewritten and stay.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

SCRIPT = """
import sys
if __debug__:
    sys.exit("this is to run under -O")
from business_rules import run_all
from homebuy_plugin.engine import *
from homebuy_plugin.exceptions import InvalidDocument

fired = []
class Actions:
    def fire(self):
        fired.append(1)
run_all([{"conditions": {"all": []}, "actions": [{"name": "fire"}]}], object(), Actions())
if not fired:
    sys.exit("business-rules changed: it no longer fires on an empty all under -O")

catalogue = built_in_catalogue()
one = {"name": "patch", "operator": "is", "value": "N1"}
for raw in ({"all": []}, {"any": []}, {"all": [one], "any": [one]}, {**one, "all": [one]}, {"not": {}}):
    try:
        compile_conditions(raw, catalogue)
    except InvalidDocument:
        continue
    sys.exit(f"{raw} was accepted under -O")
for values, result in (({"patch": "N1"}, True), ({"patch": "S4"}, False), ({}, False)):
    if evaluate(compile_conditions({"all": [one]}, catalogue), values).result is not result:
        sys.exit(f"{values} gave the wrong answer under -O")
    if evaluate(compile_conditions({"not": one}, catalogue), values).result is (result or not values):
        sys.exit(f"not {values} gave the wrong answer under -O")
if not evaluate(compile_conditions(one, catalogue), {"patch": 5}).error:
    sys.exit("a wrong type is no error under -O")
print("fine")
"""


def python(*arguments):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    # How the run around this one is to print or divide its tests is not for the one within.
    for name in [name for name in environment if name.startswith("PYTEST")]:
        del environment[name]
    return subprocess.run(
        [sys.executable, "-O", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_empty_and_mixed_groups_are_refused_without_asserts():
    outcome = python("-c", SCRIPT)
    assert outcome.stdout == "fine\n", outcome.stdout + outcome.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["test_hazards.py", "test_operators.py", "test_actions.py", "analysis/test_findings.py"]
)
def test_the_tests_of_the_engine_pass_without_asserts(name):
    outcome = python("-m", "pytest", "-n", "0", "-p", "no:cacheprovider", "-W", "ignore", str(HERE / name))
    assert outcome.returncode == 0, outcome.stdout[-3000:] + outcome.stderr[-3000:]
    assert " passed" in outcome.stdout
