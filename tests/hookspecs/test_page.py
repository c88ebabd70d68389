"""The page for hosts, hooks/README.md, gives the hooks as they are, and its examples run."""

import ast
import inspect
import re
import textwrap
from pathlib import Path

import pytest

from homebuy_plugin.hookspecs import LifecycleSpecs, ServiceSpecs, hooks_of

README = Path(__file__).resolve().parents[2] / "hooks" / "README.md"
pytestmark = pytest.mark.skipif(not README.is_file(), reason="the tests run away from the project")

HOOKS = {**hooks_of(LifecycleSpecs), **hooks_of(ServiceSpecs)}


def sections():
    text = README.read_text(encoding="utf-8")
    parts = re.split(r"^### (homebuy_\w+)\n", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def exact_signature(name):
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(HOOKS[name]))).body
    node.args.args = node.args.args[1:]
    return f"{name}({ast.unparse(node.args)}) -> {ast.unparse(node.returns)}"


def test_the_page_has_every_hook_in_the_order_of_the_specifications():
    assert list(sections()) == list(HOOKS)


@pytest.mark.parametrize("name", HOOKS)
def test_the_page_gives_the_exact_signature(name):
    section = sections()[name]
    assert f"```text\n{exact_signature(name)}\n```" in section
    for part in ("**When:**", "**Transaction:**", "**None:**", "**Errors:**", "```python"):
        assert part in section, part
    assert f"def {name}(" in section


def test_all_examples_of_the_page_run_together(capsys):
    pytest.importorskip("homebuy_plugin.core")
    blocks = re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.M | re.S)
    names = {"__name__": "hooks_readme"}
    for number, block in enumerate(blocks):
        exec(compile(block, f"hooks/README.md block {number}", "exec"), names)
    assert names["counter"].count == 1
    assert names["index"].stale == {"HB-1"}
    assert names["completions"].done == [("acknowledge_application", "p.shah")]
    assert names["heartbeat"].beats == 1
    assert names["local"].zone == "Europe/London"
    assert names["outcome"].owner is not None
    assert names["ledger"].lines
    assert names["dashboard"].counts
    assert names["mail"].sent
    assert names["report"].delivered == len(names["mail"].sent)
    assert names["report"].errors == ()
