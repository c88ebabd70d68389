"""The formats ``homebuy.allocation/1`` and ``homebuy.escalation/1``."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from homebuy_plugin.documents.diagnostics import Diagnostic, problem
from homebuy_plugin.documents.fields import (
    ActionsField,
    ConditionsField,
    IsoDate,
    Listed,
    Mapped,
    OneOf,
    Scalar,
    Slug,
    Text,
    Whole,
    YesNo,
)
from homebuy_plugin.documents.pack_schema import DurationSchema, FileSchema, dates_in_order
from homebuy_plugin.documents.strict import Check, EitherOr, Inside, Sound, StrictSchema

TRIGGERS = ("amber", "target_exceeded", "follow_on", "stagnant", "event")
MOST_RULES = 5_000

_BELONGS: Mapping[str, tuple[str, ...]] = {
    "warning": ("amber",),
    "event": ("event",),
    "follows": ("follow_on",),
    "after": ("follow_on", "stagnant"),
    "task_state": ("stagnant",),
}
"""Keys that only rules of some triggers have."""

_NEEDS: Mapping[str, tuple[str, ...]] = {
    "follow_on": ("follows", "after"),
    "stagnant": ("after",),
    "event": ("event",),
}
_FORMS: Mapping[str, str] = {
    "follows": 'Write "follows": "…", with the id of the rule it comes after.',
    "after": 'Write "after": {"value": 5, "unit": "working_days"}.',
    "event": 'Write "event": "…", with the code of an event of the pack.',
}


class RuleTestSchema(StrictSchema):
    """An example beside a rule."""

    what = "a test"
    name = Text(required=True, least=1, most=200)
    given = Mapped(Slug(), Scalar(), required=True)
    matches = YesNo(required=True)


class RuleSchema(StrictSchema):
    """What both kinds of rules have."""

    what = "a rule"
    also: ClassVar[tuple[Check, ...]] = (dates_in_order,)
    id = Slug(required=True)
    name = Text(most=200)
    description = Text(most=4_000, lines=True)
    schemes = Listed(Slug(), most=50, distinct=True)
    companies = Listed(Slug(), most=100, distinct=True)
    state = OneOf(("on", "watch", "off"))
    effective_from = IsoDate(allow_none=True)
    effective_to = IsoDate(allow_none=True)
    conditions = ConditionsField(allow_none=True)
    tests = Listed(Inside(RuleTestSchema), most=100)


class AllocationRuleSchema(RuleSchema):
    """One allocation rule."""

    what = "an allocation rule"
    rank = Whole(required=True, least=0)
    actions = ActionsField("allocation", required=True)


def _keys_fit_the_trigger(found: Sound) -> Iterator[Diagnostic]:
    trigger = found.get("trigger")
    if trigger is None:
        return
    for key, triggers in _BELONGS.items():
        if key in found and trigger not in triggers:
            message = f"“{key}” belongs to rules with the trigger {' or '.join(triggers)}, not {trigger}."
            yield problem("HB150", message, "Remove it, or choose another trigger.", f"/{key}")
    for key in _NEEDS.get(trigger, ()):
        if found.lacks(key):
            yield problem("HB151", f"A rule with the trigger {trigger} needs “{key}”.", _FORMS[key])


class AppliesToSchema(StrictSchema):
    """What an escalation rule narrows to."""

    what = "“applies_to”"
    stages = Listed(Slug(), most=100, distinct=True)
    tasks = Listed(Slug(), most=200, distinct=True)
    clock = Slug(allow_none=True)
    subject = OneOf(("task", "stage"))


class RepeatSchema(StrictSchema):
    """Further occurrences."""

    what = "“repeat”"
    every = Inside(DurationSchema, required=True)
    times = Whole(required=True, least=1, most=52)


class SkipOlderSchema(StrictSchema):
    """Late notices beyond an age are left out."""

    what = "“catch_up”"
    skip_older_than = Inside(DurationSchema, required=True)


class EscalationRuleSchema(RuleSchema):
    """One escalation rule."""

    what = "an escalation rule"
    also: ClassVar[tuple[Check, ...]] = (dates_in_order, _keys_fit_the_trigger)
    trigger = OneOf(TRIGGERS, required=True)
    applies_to = Inside(AppliesToSchema)
    warning = Slug(allow_none=True)
    event = Slug(allow_none=True)
    follows = Slug(allow_none=True)
    after = Inside(DurationSchema, allow_none=True)
    repeat = Inside(RepeatSchema, allow_none=True)
    task_state = OneOf(("open", "on_hold"))
    catch_up = EitherOr(OneOf(("latest", "each")), Inside(SkipOlderSchema), dict, allow_none=True)
    actions = ActionsField("escalation", required=True)


class AllocationSchema(FileSchema):
    """A file of allocation rules."""

    what = "an allocation file"
    rules = Listed(Inside(AllocationRuleSchema), most=MOST_RULES, required=True)


class EscalationSchema(FileSchema):
    """A file of escalation rules."""

    what = "an escalation file"
    rules = Listed(Inside(EscalationRuleSchema), most=MOST_RULES, required=True)
