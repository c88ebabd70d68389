"""The typed values that documents become: packs, rules, letters, groups, calendars.

Conditions stay as the JSON they were written in (``Mapping`` or None for always); the
engine compiles them. Codes and ids are lower-case slugs.
"""

from homebuy_plugin.documents.landlord_model import (
    AbsenceEntry,
    Attribute,
    CalendarDef,
    CaseSample,
    DatedName,
    Group,
    Landlord,
    Member,
    OfficerEntry,
    PartDay,
    RoleEntry,
    RoleMember,
    ServiceMethod,
    Template,
)
from homebuy_plugin.documents.model_parts import Raw
from homebuy_plugin.documents.pack_model import (
    Amber,
    Block,
    ClockDef,
    Duration,
    Extension,
    LegalBasis,
    Named,
    NextStageDef,
    Outcome,
    Pack,
    PeriodBranch,
    Refusal,
    Restart,
    StageDef,
    TaskDef,
)
from homebuy_plugin.documents.rule_model import (
    ActionDef,
    AllocationRule,
    AllocationSet,
    AppliesTo,
    EscalationRule,
    EscalationSet,
    Repeat,
    RuleTest,
)

Published = (
    Pack
    | AllocationSet
    | EscalationSet
    | CalendarDef
    | tuple[Template, ...]
    | tuple[Group, ...]
    | tuple[Attribute, ...]
)
"""What a published document holds, by its kind."""

Document = Published | Landlord | tuple[CaseSample, ...]
"""What a file of any format holds: also the sample data, which is not published."""

__all__ = [
    "AbsenceEntry",
    "ActionDef",
    "AllocationRule",
    "AllocationSet",
    "Amber",
    "AppliesTo",
    "Attribute",
    "Block",
    "CalendarDef",
    "CaseSample",
    "ClockDef",
    "DatedName",
    "Document",
    "Duration",
    "EscalationRule",
    "EscalationSet",
    "Extension",
    "Group",
    "Landlord",
    "LegalBasis",
    "Member",
    "Named",
    "NextStageDef",
    "OfficerEntry",
    "Outcome",
    "Pack",
    "PartDay",
    "PeriodBranch",
    "Published",
    "Raw",
    "Refusal",
    "Repeat",
    "Restart",
    "RoleEntry",
    "RoleMember",
    "RuleTest",
    "ServiceMethod",
    "StageDef",
    "TaskDef",
    "Template",
]
