"""Documents analysts write: JSON in, typed values and problems out.

The typed values are public: a host reads them from ``HomeBuy.configuration``, changes them with
``dataclasses.replace`` and ``with_...``, and publishes what it made.
"""

from homebuy_plugin.documents.configured import Configured
from homebuy_plugin.documents.diagnostics import CODES, Diagnostic, Located
from homebuy_plugin.documents.differences import Difference, differences
from homebuy_plugin.documents.model import (
    ActionDef,
    AllocationRule,
    AllocationSet,
    Amber,
    AppliesTo,
    Attribute,
    Block,
    CalendarDef,
    ClockDef,
    DatedName,
    Duration,
    EscalationRule,
    EscalationSet,
    Extension,
    Group,
    LegalBasis,
    Member,
    Named,
    NextStageDef,
    Outcome,
    Pack,
    PartDay,
    PeriodBranch,
    Refusal,
    Repeat,
    Restart,
    RuleTest,
    ServiceMethod,
    StageDef,
    TaskDef,
    Template,
)
from homebuy_plugin.documents.parse import Parsed, load_document, parse
from homebuy_plugin.documents.rendering import render
from homebuy_plugin.documents.slas import Sla, slas
from homebuy_plugin.documents.validating import validate_texts
from homebuy_plugin.documents.values import from_json, to_json

__all__ = [
    "CODES",
    "ActionDef",
    "AllocationRule",
    "AllocationSet",
    "Amber",
    "AppliesTo",
    "Attribute",
    "Block",
    "CalendarDef",
    "ClockDef",
    "Configured",
    "DatedName",
    "Diagnostic",
    "Difference",
    "Duration",
    "EscalationRule",
    "EscalationSet",
    "Extension",
    "Group",
    "LegalBasis",
    "Located",
    "Member",
    "Named",
    "NextStageDef",
    "Outcome",
    "Pack",
    "Parsed",
    "PartDay",
    "PeriodBranch",
    "Refusal",
    "Repeat",
    "Restart",
    "RuleTest",
    "ServiceMethod",
    "Sla",
    "StageDef",
    "TaskDef",
    "Template",
    "differences",
    "from_json",
    "load_document",
    "parse",
    "render",
    "slas",
    "to_json",
    "validate_texts",
]
