"""The specifications say what a host needs, and what hosts implement is frozen."""

import inspect
import re
import sys
import textwrap
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from homebuy_plugin.core import HomeBuy
from homebuy_plugin.hookspecs import LifecycleSpecs, ServiceSpecs, hookimpl, hooks_of
from homebuy_plugin.types import Delivery, Officer

# Frozen: hosts implement these names. A lifecycle hook never gets another argument.
LIFECYCLE = {
    "homebuy_case_created": ("session", "case", "now"),
    "homebuy_case_updated": ("session", "reference", "change", "now"),
    "homebuy_task_updated": ("session", "reference", "task", "change", "now"),
    "homebuy_tick": ("now",),
}
SERVICES = {
    "homebuy_configure": ("settings",),
    "homebuy_scheme_packs": (),
    "homebuy_rule_variables": (),
    "homebuy_rule_actions": (),
    "homebuy_perform": ("action",),
    "homebuy_resolve_owner": ("session", "case", "now"),
    "homebuy_officers_in_role": ("session", "role", "on"),
    "homebuy_officer_available": ("session", "officer", "on"),
    "homebuy_resolve_stakeholders": ("session", "case", "task", "group"),
    "homebuy_holidays": ("region", "year"),
    "homebuy_notify": ("notice",),
    "homebuy_audit": ("session", "entry"),
    "homebuy_event": ("event",),
}
HOOKS = {**LIFECYCLE, **SERVICES}
FIRST_RESULT = {
    *LIFECYCLE,
    "homebuy_perform",
    "homebuy_resolve_owner",
    "homebuy_officer_available",
    "homebuy_notify",
}
FUNCTIONS = {**hooks_of(LifecycleSpecs), **hooks_of(ServiceSpecs)}


def port(*plugins):
    """The plugins alone: nothing connects to this database."""
    return HomeBuy.create(create_engine("sqlite://"), plugins, entry_points=False).port


def test_the_names_and_arguments_are_frozen():
    found = {name: tuple(inspect.signature(f).parameters)[1:] for name, f in FUNCTIONS.items()}
    assert found == HOOKS


def test_no_argument_has_a_default_or_is_keyword_only():
    for name, function in FUNCTIONS.items():
        for parameter in inspect.signature(function).parameters.values():
            assert parameter.default is parameter.empty, name
            assert parameter.kind is parameter.POSITIONAL_OR_KEYWORD, name


def test_the_kinds_are_frozen():
    relay = port().manager.hook
    assert {name for name in HOOKS if getattr(relay, name).spec.opts["firstresult"]} == FIRST_RESULT
    assert [name for name in HOOKS if getattr(relay, name).is_historic()] == ["homebuy_configure"]


@pytest.mark.parametrize("name", HOOKS)
def test_the_docstring_says_what_a_host_needs(name):
    text = inspect.getdoc(FUNCTIONS[name])
    for part in ("Transaction:", "None:", "Errors:", "Example:", "versionadded::"):
        assert part in text, part
    assert "Called " in text


@pytest.mark.parametrize("name", HOOKS)
def test_the_example_in_the_docstring_runs(name):
    specified = FUNCTIONS[name]
    text = inspect.getdoc(specified)
    example = re.search(r"::\n\n((?:        .*\n|\n)+)", text).group(1)
    written_for = {"hookimpl": hookimpl, "Path": Path, "Delivery": Delivery, "Officer": Officer}
    names = {**vars(sys.modules[specified.__module__]), **written_for, "__file__": __file__}
    before = set(names)
    exec(compile(textwrap.dedent(example), name, "exec"), names)
    (example_class,) = [v for k, v in names.items() if k not in before and inspect.isclass(v)]
    asked = port(example_class())
    assert asked.has(name)
