"""Nothing that is written can make the checks fail, stall or point nowhere."""

import copy
import json
import time
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from homebuy_plugin.documents.diagnostics import Located
from homebuy_plugin.documents.loading import walk
from homebuy_plugin.documents.rendering import render
from homebuy_plugin.documents.validating import validate_texts
from homebuy_plugin.engine import Catalogue, built_in_catalogue
from homebuy_plugin.testing.effort import examples

Raw = dict[str, Any]
WORDS = st.sampled_from(
    [
        "",
        "right_to_buy",
        "serve_rtb2",
        "overdue",
        "statutory",
        "2026-04-01",
        "task.completed:x",
        "event:",
        "((x))",
        "all",
        "not",
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | WORDS
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


def replaced(raw: Any, pointer: str, value: Any) -> Any:
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    if not steps:
        return value
    changed = copy.deepcopy(raw)
    here = changed
    for step in steps[:-1]:
        here = here[int(step)] if isinstance(here, list) else here[step]
    here[int(steps[-1]) if isinstance(here, list) else steps[-1]] = value
    return changed


@settings(max_examples=examples(100))
@given(data=st.data())
def test_any_value_at_any_place_is_taken_or_refused_where_it_stands(
    small_landlord: dict[str, Raw], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(small_landlord)))
    pointer = data.draw(st.sampled_from(sorted({place for place, _ in walk(small_landlord[name])})))
    files = {**small_landlord, name: replaced(small_landlord[name], pointer, data.draw(VALUES))}
    texts = {source: json.dumps(raw, indent=1) for source, raw in files.items()}
    found = validate_texts(texts, built_in_catalogue())
    for each in found:
        lines = texts[each.source].split("\n")
        assert each.place.text == lines[each.line - 1]
        assert 1 <= each.column <= len(each.place.text) + 1
        assert each.message
    render(found, files=len(texts))


def test_a_file_of_nothing_but_mistakes_ends(catalogue: Catalogue) -> None:
    rule = {
        "id": "x y",
        "trigger": "nope",
        "colour": 1,
        "conditions": {"all": [{"name": "propertytype"}] * 20},
        "actions": [{}],
    }
    text = json.dumps({"format": "homebuy.escalation/1", "rules": [rule] * 4_000})
    began = time.perf_counter()
    found = validate_texts({"x.json": text}, catalogue)
    assert 500 <= len(found) < 1_000
    assert time.perf_counter() - began < 30


def test_a_landlord_of_nothing_but_unknown_names_ends(
    landlord: dict[str, Raw], validate: Callable[..., list[Located]]
) -> None:
    templates = [{"id": f"letter_{n}", "subject": "", "body": "x"} for n in range(300)]
    landlord["templates.json"]["templates"] += templates
    landlord["escalation.json"]["rules"] += [
        {
            "id": f"r{n}",
            "trigger": "target_exceeded",
            "actions": [{"name": "notify", "params": {"to": ["manager"], "template": f"lettre_{n}"}}],
        }
        for n in range(2_000)
    ]
    began = time.perf_counter()
    assert len(validate(landlord)) == 500
    assert time.perf_counter() - began < 60
