"""Home buy cases for UK social landlords: owners, stages, clocks and escalations.

The public names are those of ``__all__``; everything else may change. They are imported when
they are first used: the command line must not wait for a database library to print its help.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from homebuy_plugin import exceptions
    from homebuy_plugin.configuration import Configuration, PublishedVersion, Review
    from homebuy_plugin.core import HomeBuy
    from homebuy_plugin.exceptions import HomeBuyError
    from homebuy_plugin.hookspecs import hookimpl
    from homebuy_plugin.insight.workload import OfficerLoad, Workload
    from homebuy_plugin.migration import CaseMove, DeadlineMove, MigrationPreview
    from homebuy_plugin.reassignment import PlannedMove, ReassignmentPlan, ReassignmentReport
    from homebuy_plugin.staff import Staff
    from homebuy_plugin.store.migrations import alembic_include_name
    from homebuy_plugin.types import (
        Applicant,
        AuditEntry,
        CaseChange,
        CaseFacts,
        CaseOutcome,
        ClockView,
        ConditionSeen,
        Contact,
        DecisionRecord,
        Delivery,
        Event,
        HoldView,
        NextStage,
        Notice,
        Officer,
        PerformAction,
        Pick,
        RuleAction,
        RuleConsidered,
        RuleVariable,
        Settings,
        StageView,
        TaskChange,
        TaskView,
        TickError,
        TickReport,
    )

__version__ = "0.1.0"

__all__ = [
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

_ELSEWHERE = {
    "CaseMove": "migration",
    "Configuration": "configuration",
    "DeadlineMove": "migration",
    "HomeBuy": "core",
    "HomeBuyError": "exceptions",
    "MigrationPreview": "migration",
    "OfficerLoad": "insight.workload",
    "PlannedMove": "reassignment",
    "PublishedVersion": "configuration",
    "ReassignmentPlan": "reassignment",
    "ReassignmentReport": "reassignment",
    "Review": "configuration",
    "Staff": "staff",
    "Workload": "insight.workload",
    "alembic_include_name": "store.migrations",
    "hookimpl": "hookspecs",
}
"""Names that are not in ``types``, and the module each is in."""


def __getattr__(name: str) -> Any:
    """Import a public name at its first use."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "exceptions":
        return import_module(f"{__name__}.exceptions")
    value = getattr(import_module(f"{__name__}.{_ELSEWHERE.get(name, 'types')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names beside what is there already."""
    return sorted({*globals(), *__all__})
