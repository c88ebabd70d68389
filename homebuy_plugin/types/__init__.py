"""The values that cross between a host and the package.

All are frozen, keyword-only dataclasses. More attributes may be added in later
versions, always with a default; none is renamed or removed.
"""

from homebuy_plugin.types.changes import CaseChange, Change, TaskChange
from homebuy_plugin.types.decisions import ConditionSeen, DecisionRecord, Pick, RuleConsidered
from homebuy_plugin.types.extensions import RuleAction, RuleVariable
from homebuy_plugin.types.facts import CaseFacts, FactValue
from homebuy_plugin.types.messages import AuditEntry, Delivery, Event, Notice, PerformAction
from homebuy_plugin.types.outcomes import CaseOutcome, ClockView, HoldView, NextStage, StageView, TaskView
from homebuy_plugin.types.people import Applicant, Contact, Officer
from homebuy_plugin.types.reports import TickError, TickReport
from homebuy_plugin.types.settings import (
    LIVE_CASES,
    PIN,
    RECOMPUTE,
    RECOMPUTE_AND_NOTIFY,
    LiveCases,
    Settings,
)

__all__ = [
    "LIVE_CASES",
    "PIN",
    "RECOMPUTE",
    "RECOMPUTE_AND_NOTIFY",
    "Applicant",
    "AuditEntry",
    "CaseChange",
    "CaseFacts",
    "CaseOutcome",
    "Change",
    "ClockView",
    "ConditionSeen",
    "Contact",
    "DecisionRecord",
    "Delivery",
    "Event",
    "FactValue",
    "HoldView",
    "LiveCases",
    "NextStage",
    "Notice",
    "Officer",
    "PerformAction",
    "Pick",
    "RuleAction",
    "RuleConsidered",
    "RuleVariable",
    "Settings",
    "StageView",
    "TaskChange",
    "TaskView",
    "TickError",
    "TickReport",
]
