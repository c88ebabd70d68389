"""Home buy cases for UK social landlords: owners, stages, clocks and escalations.

The public names are those of ``__all__``; everything else may change.
"""

from homebuy_plugin import exceptions
from homebuy_plugin.core import HomeBuy
from homebuy_plugin.exceptions import HomeBuyError
from homebuy_plugin.hookspecs import hookimpl
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
    NextStage,
    Notice,
    Officer,
    PerformAction,
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
    "CaseOutcome",
    "ClockView",
    "ConditionSeen",
    "Contact",
    "DecisionRecord",
    "Delivery",
    "Event",
    "HomeBuy",
    "HomeBuyError",
    "NextStage",
    "Notice",
    "Officer",
    "PerformAction",
    "RuleAction",
    "RuleConsidered",
    "RuleVariable",
    "Settings",
    "StageView",
    "TaskChange",
    "TaskView",
    "TickError",
    "TickReport",
    "__version__",
    "alembic_include_name",
    "exceptions",
    "hookimpl",
]
