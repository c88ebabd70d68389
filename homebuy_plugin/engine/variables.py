"""The variables every landlord has, whatever its attribute dictionary adds.

``derived`` ones are worked out from the case (its fields, stage, task, clocks and events) by
the workflow; the others are facts, read as the host gave them.
"""

from collections.abc import Mapping
from types import MappingProxyType

from homebuy_plugin.engine.catalogue import Variable

SCHEME_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "right_to_buy": "Right to Buy",
        "right_to_acquire": "Right to Acquire",
        "social_homebuy": "Social HomeBuy",
    }
)
"""What people call the schemes."""

_COUNTRIES = {
    "england": "England",
    "wales": "Wales",
    "scotland": "Scotland",
    "northern_ireland": "Northern Ireland",
}
_PROPERTY_TYPES = ("house", "bungalow", "flat", "maisonette")
_TENURES = ("freehold", "leasehold")
_MASTER_STAGES = (
    "application",
    "eligibility",
    "valuation",
    "offer",
    "offer_accepted",
    "completion",
    "appeal",
    "delay",
)


def _fact(
    name: str, label: str, type_: str, options: tuple[str, ...] = (), *, derived: bool = False
) -> Variable:
    return Variable(name=name, label=label, type=type_, options=options, derived=derived)


def _known(
    name: str,
    label: str,
    type_: str,
    options: tuple[str, ...] = (),
    names: Mapping[str, str] = MappingProxyType({}),
) -> Variable:
    """Worked out from the case, and there in every case."""
    return Variable(
        name=name, label=label, type=type_, options=options, derived=True, never_missing=True, names=names
    )


def _count(name: str, label: str, *, least: int | None = 0, known: bool = False) -> Variable:
    """A number of things, worked out from the case."""
    return Variable(
        name=name, label=label, type="number", derived=True, whole=True, least=least, never_missing=known
    )


def _yes_no(
    name: str, label: str, yes: str, no: str, *, derived: bool = False, known: bool = False
) -> Variable:
    return Variable(
        name=name,
        label=label,
        type="yes_no",
        true_phrase=yes,
        false_phrase=no,
        derived=derived or known,
        never_missing=known,
    )


_CASE = (
    _known("scheme", "scheme", "choice", names=SCHEME_NAMES),
    _fact("variant", "variant of the scheme", "choice"),
    _known("country", "country", "choice", tuple(_COUNTRIES), _COUNTRIES),
    _fact("company", "company", "choice", derived=True),
    _fact("local_authority", "local authority", "text"),
    _fact("region", "region", "text"),
    _fact("patch", "patch", "text"),
    _known("created_on", "day the case was created", "date"),
    _known("created_at", "time the case was created", "date_time"),
    _fact("served_on", "day the notice was served", "date", derived=True),
    _count("days_since_served", "number of days since the notice was served"),
    _count("wd_since_served", "number of working days since the notice was served"),
    _fact("received_via", "way the application came in", "choice"),
    _yes_no(
        "is_rush_window",
        "application came in a rush window",
        "the application came in a rush window",
        "the application did not come in a rush window",
    ),
)

_HOME = (
    _fact("property_type", "property type", "choice", _PROPERTY_TYPES),
    _fact("tenure_offered", "tenure offered", "choice", _TENURES, derived=True),
    _fact("tenure_result", "tenure that results", "choice", _TENURES),
    _fact("estimated_value", "estimated value", "number"),
    _fact("share_percent", "share in per cent", "number"),
)

_APPLICANTS = (
    _count("joint_applicants", "number of applicants", least=1, known=True),
    _fact("prior_landlord", "previous landlord", "text"),
    _yes_no(
        "other_landlord_period",
        "part of the qualifying period was with another landlord",
        "part of the qualifying period was with another landlord",
        "the whole qualifying period was with this landlord",
    ),
    _yes_no(
        "applicant_vulnerable",
        "applicant is vulnerable",
        "an applicant is vulnerable",
        "no applicant is vulnerable",
    ),
    _fact("preferred_language", "preferred language", "choice"),
    _yes_no(
        "staff_or_member_applicant",
        "applicant is staff, a councillor or a relative of one",
        "an applicant is staff, a councillor or a relative of one",
        "no applicant is staff, a councillor or a relative of one",
    ),
    _fact("eligibility_decision", "eligibility decision", "choice", ("admit", "deny")),
    _fact("arrears_weeks", "number of weeks of rent in arrears", "number"),
    _yes_no(
        "asb_pending",
        "anti-social behaviour action is pending",
        "anti-social behaviour action is pending",
        "no anti-social behaviour action is pending",
    ),
    _yes_no(
        "funding_changed",
        "funding has changed",
        "the funding has changed",
        "the funding has not changed",
    ),
)

_WORK = (
    _fact("stage", "stage", "choice", derived=True),
    _fact("master_stage", "master stage", "choice", _MASTER_STAGES, derived=True),
    _fact("task_code", "task", "choice", derived=True),
    _fact("task_kind", "kind of task", "choice", ("work", "wait"), derived=True),
    _yes_no(
        "is_statutory",
        "clock is statutory",
        "the deadline is set by law",
        "the target is the landlord's own",
        derived=True,
    ),
    _yes_no(
        "mandatory",
        "task is mandatory",
        "the task is mandatory",
        "the task is not mandatory",
        derived=True,
    ),
    _count("last_activity_days", "number of days without activity"),
    _count("last_activity_wd", "number of working days without activity"),
    _count("escalation_level", "escalation level", known=True),
    _yes_no(
        "has_delay_notice",
        "delay notice was served",
        "the tenant has served a delay notice",
        "the tenant has not served a delay notice",
        known=True,
    ),
)

_OWNER = (
    _fact("owner", "owner", "text", derived=True),
    _fact("owner_role", "role of the owner", "choice", derived=True),
    _yes_no("owner_active", "owner is at work", "the owner is at work", "the owner is away", derived=True),
    _count("owner_open_cases", "number of open cases of the owner"),
)

_TIME = (
    _count("days_to_target", "number of days to the target", least=None),
    _count("wd_to_target", "number of working days to the target", least=None),
    _count("days_overdue", "number of days overdue"),
    _count("wd_overdue", "number of working days overdue"),
    _fact("due_at", "time the target passes", "date_time", derived=True),
    _fact("time_overdue", "time since the target passed", "duration", derived=True),
    _count("hold_days", "number of days on hold", known=True),
    _count("hold_wd", "number of working days on hold", known=True),
    _yes_no(
        "on_hold",
        "case or task is on hold",
        "the case or task is on hold",
        "nothing is on hold",
        known=True,
    ),
)

_SETS = (
    _known("tasks_done", "completed tasks", "choices"),
    _known("tasks_open", "open tasks", "choices"),
    _known("stages_open", "open stages", "choices"),
    _known("events_recorded", "recorded events", "choices"),
    _known("case_flags", "flags of the case", "choices"),
)

BUILT_IN: tuple[Variable, ...] = (
    *_CASE,
    *_HOME,
    *_APPLICANTS,
    *_WORK,
    *_OWNER,
    *_TIME,
    *_SETS,
)
"""All built-in variables, grouped as a list of them should be read."""
