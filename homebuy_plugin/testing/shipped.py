"""The shipped documents, and what would be said of them after a change."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from homebuy_plugin._resources import data_folder
from homebuy_plugin.documents.validating import validate_texts
from homebuy_plugin.engine import built_in_catalogue

Raw = dict[str, Any]


def shipped(path: str) -> Raw:
    """A shipped document, by its path below the folder of rules."""
    found: Raw = json.loads((data_folder("rules") / path).read_text(encoding="utf-8"))
    return found


def shipped_rules(name: str) -> list[Any]:
    """The rules of every shipped file of this name."""
    return [each for path in _files() if path.name == name for each in json.loads(path.read_text())["rules"]]


def task_in(pack: Raw, code: str) -> Raw:
    """A task of a pack, to be changed."""
    found: Raw = next(t for s in pack["stages"] for t in s["tasks"] if t["code"] == code)
    return found


def problems_after(path: str, change: Callable[[Raw], None]) -> list[tuple[str, str]]:
    """Code and pointer of what is wrong after a change to a shipped document."""
    texts = {p.name if p.parent.name == "shared" else str(p): p.read_text() for p in _files()}
    name = next(n for n in texts if n == path or (n.endswith(f"/{path}") and "/" in path))
    body = json.loads(texts[name])
    change(body)
    texts[name] = json.dumps(body)
    return [(p.code, p.pointer) for p in validate_texts(texts, built_in_catalogue())]


def at_task(pointer: str) -> tuple[str, str]:
    """The code of the task that a pointer into the Right to Buy pack leads to, and what follows it."""
    _, _, stage, _, task, *rest = pointer.split("/")
    found = shipped("right_to_buy/pack.json")["stages"][int(stage)]["tasks"][int(task)]
    return str(found["code"]), "/" + "/".join(rest)


def _files() -> list[Path]:
    return sorted(data_folder("rules").rglob("*.json"))
