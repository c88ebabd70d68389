"""The format ``homebuy.pack/1``: stages, tasks and clocks of one scheme."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from homebuy_plugin.clock import COUNTINGS, TIME_UNITS, UNITS, nominally_shorter
from homebuy_plugin.documents.diagnostics import Diagnostic, problem
from homebuy_plugin.documents.fields import (
    ConditionsField,
    IsoDate,
    Listed,
    Mapped,
    OneOf,
    Point,
    Slug,
    Text,
    Whole,
    YesNo,
)
from homebuy_plugin.documents.model import Duration
from homebuy_plugin.documents.strict import Check, EitherOr, Inside, Sound, StrictSchema

MASTER_STAGES = (
    "application",
    "eligibility",
    "valuation",
    "offer",
    "offer_accepted",
    "completion",
    "appeal",
    "delay",
)
"""Phases that every scheme shares, so that cases of all schemes can be counted together."""

AUDIENCES = ("customer", "internal")
TASK_REASONS = ("complete", "cancel", "hold", "late")
STAGE_REASONS = (*TASK_REASONS, "leave")
PACK_REASONS = (*STAGE_REASONS, "withdraw", "close", "reopen")


def _nullable(field: type[Any], *args: Any, **kwargs: Any) -> Any:
    return field(*args, allow_none=True, **kwargs)


def _reasons(kinds: tuple[str, ...]) -> Mapped:
    """Texts to choose from, by what they are reasons for."""
    return Mapped(OneOf(kinds), Listed(Text(least=1, most=200), most=50, distinct=True))


def dates_in_order(found: Sound) -> Iterator[Diagnostic]:
    """``effective_to`` stands after ``effective_from``: the range is half-open."""
    start, end = found.get("effective_from"), found.get("effective_to")
    if start and end and end <= start:
        message = f"“effective_to” ({end}) is not after “effective_from” ({start}), so it never applies."
        yield problem(
            "HB020",
            message,
            "“effective_to” is the first day on which it no longer applies.",
            "/effective_to",
        )


class DurationSchema(StrictSchema):
    """A length of time."""

    what = "a length of time"
    form = 'Write it as {"value": 5, "unit": "working_days"}.'
    value = Whole(required=True, least=1, most=10_000)
    unit = OneOf(UNITS, required=True)


def _stated_as_a_day(found: Sound) -> Iterator[Diagnostic]:
    if found.get("stated") and found.get("unit") in TIME_UNITS:
        message = f"A day that is stated cannot end a period in {found['unit']}."
        yield problem("HB219", message, "Count the period in days, weeks or months.", "/stated")


class BranchSchema(DurationSchema):
    """One branch of a period."""

    what = "a branch of a period"
    also: ClassVar[tuple[Check, ...]] = (_stated_as_a_day,)
    when = _nullable(ConditionsField)
    stated = _nullable(Slug)


def _one_kind_of_amber(found: Sound) -> Iterator[Diagnostic]:
    given = [key for key in ("before", "after", "percent") if key in found]
    if len(given) > 1 or not (given or found.refused):
        yield problem("HB212", "A warning has exactly one of “before”, “after” and “percent”.")


class AmberSchema(StrictSchema):
    """A warning before the target."""

    what = "a warning"
    also: ClassVar[tuple[Check, ...]] = (_one_kind_of_amber,)
    name = Slug(required=True)
    before = Inside(DurationSchema)
    after = Inside(DurationSchema)
    percent = Whole(least=1, most=99)


class RestartSchema(StrictSchema):
    """A point that dates a clock anew."""

    what = "a restart"
    on = Point(required=True)
    reopens = YesNo()
    provisional = _nullable(Inside, DurationSchema)
    when = _nullable(ConditionsField)


class BlockSchema(StrictSchema):
    """Between two points no date moves."""

    what = "a block"
    start = Point(required=True, data_key="from")
    until = EitherOr(Point(), Listed(Point(), least=1, most=20, distinct=True), list, required=True)
    why = Text(most=300)


def _one_kind_of_refusal(found: Sound) -> Iterator[Diagnostic]:
    given = [key for key in ("when", "before", "fact") if found.get(key) is not None]
    if len(given) > 1 or not (given or found.refused):
        yield problem("HB207", "A refusal has exactly one of “when”, “before” and “fact”.")
    if not {"fact", "within"} & found.refused and ("fact" in given) != (found.get("within") is not None):
        yield problem("HB209", "“fact” and “within” go together: how long after the day may it lie?")


def _within_counts_days(found: Sound) -> Iterator[Diagnostic]:
    within = found.get("within")
    if within and within["unit"] in TIME_UNITS:
        message = f"A date is not compared in {within['unit']}."
        yield problem("HB209", message, "Count it in days, weeks or months.", "/within/unit")


class RefusalSchema(StrictSchema):
    """When a task cannot be completed."""

    what = "a refusal"
    also: ClassVar[tuple[Check, ...]] = (_one_kind_of_refusal, _within_counts_days)
    when = ConditionsField()
    before = Slug()
    fact = Slug()
    within = Inside(DurationSchema)
    firm = YesNo()
    why = Text(required=True, least=1, most=500)


class ExtensionSchema(StrictSchema):
    """How far a clock may be moved out."""

    what = "an extension"
    maximum = _nullable(Inside, DurationSchema)
    times = _nullable(Whole, least=1, most=100)
    before_expiry = YesNo()


class LegalBasisSchema(StrictSchema):
    """Where a period comes from."""

    what = "a legal basis"
    instrument = Text(most=200)
    section = Text(most=100)
    status = OneOf(("verified", "guidance", "policy"))
    checked_on = _nullable(IsoDate)
    note = Text(most=2_000, lines=True)


def _branches(found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    period = found.get("period")
    return [period] if isinstance(period, Mapping) else list(period or ())


def _last_branch_is_plain(found: Sound) -> Iterator[Diagnostic]:
    branches = _branches(found)
    for index, branch in enumerate(branches):
        conditional = branch.get("when") is not None
        place = f"/period/{index}" if isinstance(found.get("period"), list) else "/period"
        if index == len(branches) - 1 and conditional:
            help = "Add a last entry that holds when no other does."
            yield problem("HB210", "The last entry of a period cannot have a “when”.", help, f"{place}/when")
        if index < len(branches) - 1 and not conditional:
            message = "Only the last entry of a period has no “when”; what follows is never reached."
            yield problem("HB210", message, "Give this entry a “when”, or put it last.", place)


def _amber_is_shorter(found: Sound) -> Iterator[Diagnostic]:
    periods = [_duration(branch) for branch in _branches(found)]
    for index, amber in enumerate(found.get("amber") or ()):
        for key in ("before", "after"):
            if key in amber and not all(
                nominally_shorter(_duration(amber[key]), period) for period in periods
            ):
                message = f"The warning “{amber['name']}” is not shorter than the period of the clock."
                yield problem("HB211", message, "", f"/amber/{index}/{key}")


def _duration(raw: Mapping[str, Any]) -> Duration:
    return Duration(value=raw["value"], unit=raw["unit"])


def _amber_names_differ(found: Sound) -> Iterator[Diagnostic]:
    names = [amber["name"] for amber in found.get("amber") or ()]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield problem(
                "HB213", f"Two warnings of this clock are called “{name}”.", "", f"/amber/{index}/name"
            )


def _law_is_named(found: Sound) -> Iterator[Diagnostic]:
    basis = found.get("legal_basis") or {}
    if "legal_basis" in found.refused:
        return
    if found.get("kind") == "statutory" and not (basis.get("instrument") and basis.get("section")):
        yield problem(
            "HB214",
            "A statutory clock must say where it comes from.",
            'Add "legal_basis": {"instrument": "Housing Act 1985", "section": "…", "status": …}.',
            "/legal_basis" if "legal_basis" in found else "",
        )


class ClockSchema(StrictSchema):
    """A deadline of a task or stage."""

    what = "a clock"
    also: ClassVar[tuple[Check, ...]] = (
        _last_branch_is_plain,
        _amber_is_shorter,
        _amber_names_differ,
        _law_is_named,
        dates_in_order,
    )
    code = Slug(required=True)
    name = Text(most=200)
    kind = OneOf(("statutory", "service"), required=True)
    when = _nullable(ConditionsField)
    starts = Listed(Point(), least=1, most=20, distinct=True)
    restarts = Listed(EitherOr(Point(), Inside(RestartSchema), dict), most=20)
    ends = Listed(Point(), most=20, distinct=True)
    blocks = Listed(Inside(BlockSchema), most=20)
    counting = OneOf(COUNTINGS)
    calendar = _nullable(Slug)
    period = EitherOr(
        Inside(BranchSchema), Listed(Inside(BranchSchema), least=1, most=20), list, required=True
    )
    amber = Listed(Inside(AmberSchema), most=10)
    extension = _nullable(Inside, ExtensionSchema)
    legal_basis = Inside(LegalBasisSchema)
    companies = Listed(Slug(), most=100, distinct=True)
    effective_from = _nullable(IsoDate)
    effective_to = _nullable(IsoDate)
    may_outlast_stage = YesNo()


class TaskSchema(StrictSchema):
    """One thing to do in a stage."""

    what = "a task"
    also: ClassVar[tuple[Check, ...]] = (dates_in_order,)
    code = Slug(required=True)
    name = Text(required=True, least=1, most=200)
    information = Text(most=4_000, lines=True)
    audience = OneOf(AUDIENCES)
    kind = OneOf(("work", "wait"))
    owner_role = _nullable(Slug)
    mandatory = YesNo()
    when = _nullable(ConditionsField)
    after = Listed(Slug(), most=50, distinct=True)
    lag = _nullable(Inside, DurationSchema)
    requires = Listed(Slug(), most=50, distinct=True)
    refuse = Listed(Inside(RefusalSchema), most=20)
    reasons = _reasons(TASK_REASONS)
    templates = Listed(Slug(), most=50, distinct=True)
    clocks = Listed(Inside(ClockSchema), most=20)
    attributes = Listed(Slug(), most=50, distinct=True)
    carry = YesNo()
    outlives = YesNo()
    companies = Listed(Slug(), most=100, distinct=True)
    effective_from = _nullable(IsoDate)
    effective_to = _nullable(IsoDate)


class NextStageSchema(StrictSchema):
    """A link to a stage."""

    what = "a link to a stage"
    stage = Slug(required=True)
    opens = OneOf(("automatic", "offered"))
    when = _nullable(ConditionsField)
    why = Text(most=500)


class StageSchema(StrictSchema):
    """A phase of a case."""

    what = "a stage"
    also: ClassVar[tuple[Check, ...]] = (dates_in_order,)
    code = Slug(required=True)
    name = Text(required=True, least=1, most=200)
    description = Text(most=4_000, lines=True)
    master_stage = OneOf(MASTER_STAGES, required=True)
    default_for_master = YesNo()
    audience = OneOf(AUDIENCES)
    when = _nullable(ConditionsField)
    opens_on = Listed(Point(), most=20, distinct=True)
    parallel = YesNo()
    next = Listed(Inside(NextStageSchema), most=50)
    reasons = _reasons(STAGE_REASONS)
    clocks = Listed(Inside(ClockSchema), most=20)
    tasks = Listed(Inside(TaskSchema), most=200)
    companies = Listed(Slug(), most=100, distinct=True)
    effective_from = _nullable(IsoDate)
    effective_to = _nullable(IsoDate)


class NamedSchema(StrictSchema):
    """A code with a name."""

    what = "a code with a name"
    code = Slug(required=True)
    name = Text(most=200)


class OutcomeSchema(NamedSchema):
    """How a case may end."""

    what = "an outcome"
    also: ClassVar[tuple[Check, ...]] = (dates_in_order,)
    effective_from = _nullable(IsoDate)
    effective_to = _nullable(IsoDate)


class FileSchema(StrictSchema):
    """What every file begins with."""

    format = Text(required=True)
    # Editors that complete names look here for the JSON Schema.
    editor_schema = Text(data_key="$schema")


class PackSchema(FileSchema):
    """A whole pack."""

    what = "a pack"
    scheme = Slug(required=True)
    name = Text(most=200)
    description = Text(most=4_000, lines=True)
    country = Slug()
    companies = Listed(Slug(), most=100, distinct=True)
    events = Listed(Inside(NamedSchema), most=200)
    outcomes = Listed(Inside(OutcomeSchema), most=100)
    reasons = _reasons(PACK_REASONS)
    stages = Listed(Inside(StageSchema), least=1, most=100, required=True)
