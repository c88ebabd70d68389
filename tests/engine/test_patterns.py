"""Regular expressions exist only where RE2 does."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from homebuy_plugin.engine import OPERATORS, patterns

ROOT = Path(__file__).parents[2]

WITHOUT = """
import sys, types
sys.modules["re2"] = {module}
from homebuy_plugin.engine import OPERATORS, built_in_catalogue, check_conditions
print("matches_regex" in OPERATORS["text"])
raw = {{"name": "patch", "operator": "matches_regex", "value": "N."}}
print(check_conditions(raw, built_in_catalogue())[0].help)
"""


@pytest.mark.parametrize("module", ["None", "types.ModuleType('re2')"], ids=["absent", "pyre2"])
def test_without_re2_there_is_no_such_test_and_the_extra_is_named(module):
    outcome = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(module=module)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    available, hint = outcome.stdout.splitlines()
    assert available == "False"
    assert hint.startswith("Regular expressions need the extra: pip install 'homebuy_plugin[regex]'.")


@pytest.mark.skipif(not patterns.AVAILABLE, reason="google-re2 is not installed (the extra regex)")
def test_with_re2_there_is_and_a_bad_pattern_says_why(capfd):
    assert "matches_regex" in OPERATORS["text"]
    with pytest.raises(patterns.BadPattern, match="missing"):
        patterns.compiled("(")
    assert capfd.readouterr().err == "", "RE2 logs by itself unless told not to"
