"""What ``homebuy_plugin`` offers, and nothing by accident."""

import dataclasses
import inspect

import homebuy_plugin
from homebuy_plugin import exceptions, types

EXPECTED = [
    "Applicant",
    "AuditEntry",
    "CaseChange",
    "CaseFacts",
    "CaseMove",
    "CaseOutcome",
    "ClockView",
    "ConditionSeen",
    "Configuration",
    "Contact",
    "DeadlineMove",
    "DecisionRecord",
    "Delivery",
    "Event",
    "HoldView",
    "HomeBuy",
    "HomeBuyError",
    "MigrationPreview",
    "NextStage",
    "Notice",
    "Officer",
    "OfficerLoad",
    "PerformAction",
    "Pick",
    "PlannedMove",
    "PublishedVersion",
    "ReassignmentPlan",
    "ReassignmentReport",
    "Review",
    "RuleAction",
    "RuleConsidered",
    "RuleVariable",
    "Settings",
    "Staff",
    "StageView",
    "TaskChange",
    "TaskView",
    "TickError",
    "TickReport",
    "Workload",
    "__version__",
    "alembic_include_name",
    "exceptions",
    "hookimpl",
]


def test_the_public_names_are_these_in_order():
    assert homebuy_plugin.__all__ == EXPECTED == sorted(EXPECTED)


def test_every_public_name_is_there():
    assert [name for name in EXPECTED if not hasattr(homebuy_plugin, name)] == []


def test_every_value_that_crosses_is_public():
    values = {name for name, each in vars(types).items() if dataclasses.is_dataclass(each)} - {"Change"}
    assert values <= set(homebuy_plugin.__all__)


def test_values_are_frozen_and_keyword_only():
    for name in homebuy_plugin.__all__:
        value = getattr(homebuy_plugin, name)
        if inspect.isclass(value) and dataclasses.is_dataclass(value):
            assert value.__dataclass_params__.frozen, name
            assert all(field.kw_only for field in dataclasses.fields(value)), name


def test_every_error_is_one_of_ours_and_says_what_it_is():
    ours = [e for e in vars(exceptions).values() if inspect.isclass(e) and issubclass(e, Exception)]
    assert all(issubclass(e, exceptions.HomeBuyError) for e in ours)
    assert all(e.__doc__ for e in ours)


def test_every_public_name_says_what_it_is():
    objects = [getattr(homebuy_plugin, name) for name in homebuy_plugin.__all__]
    assert [o for o in objects if (inspect.isclass(o) or inspect.isroutine(o)) and not o.__doc__] == []
