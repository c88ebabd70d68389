"""What can be said of each rule by itself: can it apply at all, and does every part of it count?"""

from collections.abc import Iterator, Sequence
from typing import Any

from homebuy_plugin.engine.analysis.boxes import TooWide, boxes_of
from homebuy_plugin.engine.analysis.findings import Finding, Report, Ruling
from homebuy_plugin.engine.analysis.formulas import ALWAYS, Atom, Every, Formula, Some, Space
from homebuy_plugin.engine.analysis.parts import dead_parts
from homebuy_plugin.engine.analysis.studying import Studied, space_of, study
from homebuy_plugin.engine.analysis.wording import cells_words
from homebuy_plugin.engine.phrases import subject


def analyse_each(rules: Sequence[Ruling]) -> Report:
    """Rules that do not stand in each other's way: each is looked at by itself."""
    space = space_of(rules, None)
    studied = [study(space, rule, ALWAYS) for rule in rules]
    findings = list(never_apply(space, studied))
    for position, each in enumerate(studied):
        if each.boxes:
            findings += dead_parts(space, each, position, bool)
    findings += inexact(space, studied, complete=True)
    return Report(findings=tuple(findings), exact=not any(each.kind == "inexact" for each in findings))


def inexact(space: Space, studied: Sequence[Studied], *, complete: bool) -> Iterator[Finding]:
    """What the analysis could not look at, or could not be sure of."""
    for position, each in enumerate(studied):
        if each.wide:
            message = f"“{each.rule.title}” has too many combinations of conditions to be analysed."
            yield Finding(kind="inexact", rule=position, message=message, help="Split it in several rules.")
    for name in sorted(space.loose):
        message = (
            f"Several tests look at the letters of “{name}”. They are taken as independent, "
            "so a gap or an overlap that names them may not exist."
        )
        yield Finding(kind="inexact", message=message, help="A choice with options is analysed exactly.")
    if not complete or space.effort < 0:
        message = "The analysis was not completed: the rules cut the cases into too many parts."
        yield Finding(kind="inexact", message=message, help="What is said above holds; more may be found.")


def never_apply(space: Space, studied: Sequence[Studied]) -> Iterator[Finding]:
    """Rules whose conditions contradict each other, or what surrounds them."""
    for position, each in enumerate(studied):
        if each.boxes or each.wide:
            continue
        if not _somewhere(each.own, space):
            help_ = "Correct the conditions, or remove the rule."
            message = f"“{each.rule.title}” can never apply: {_clash(space, each.own)}."
            yield Finding(kind="contradiction", rule=position, message=message, help=help_)
        else:
            help_ = "Correct the conditions, or when the rule is asked."
            message = f"“{each.rule.title}” can never apply: {_outside(space, each)}."
            yield Finding(kind="excluded", rule=position, message=message, help=help_)


def _somewhere(formula: Formula, space: Space) -> bool:
    """Whether a formula can hold at all, or is too wide to say."""
    try:
        return bool(boxes_of(formula, space))
    except TooWide:
        return True


def _clash(space: Space, formula: Formula) -> str:
    names = [name for name in _names(space) if not _possible(space, [formula], name)]
    if not names:
        return "its conditions contradict each other"
    label = subject(_variable(space, names[0])).removeprefix("the ")
    return f"its conditions on the {label} contradict each other"


def _outside(space: Space, each: Studied) -> str:
    for name in _names(space):
        if not _possible(space, [each.limits, each.own], name):
            around, wanted = (_told(space, formula, name) for formula in (each.limits, each.own))
            if around and wanted:
                return f"when it is asked, {around}, and its conditions need that {wanted}"
    return "its conditions contradict when it is asked"


def _names(space: Space) -> list[str]:
    return list(dict.fromkeys(dimension.variable.name for dimension in space.dimensions))


def _variable(space: Space, name: str) -> Any:
    return next(each.variable for each in space.dimensions if each.variable.name == name)


def _possible(space: Space, formulas: Sequence[Formula], name: str) -> bool:
    """Whether formulas can hold together as far as one variable is concerned."""
    return _somewhere(Every([_about(each, space, name) for each in formulas]), space)


def _about(formula: Formula, space: Space, name: str) -> Formula:
    """A formula with everything that is about other variables left open."""
    if isinstance(formula, Atom):
        return formula if space.dimensions[formula.dimension].variable.name == name else ALWAYS
    members = [_about(each, space, name) for each in formula.members]
    return Every(members) if isinstance(formula, Every) else Some(members)


def _told(space: Space, formula: Formula, name: str) -> str:
    """What a formula says of one variable, where it is a single clause."""
    about = _about(formula, space, name)
    boxes = boxes_of(about, space) if space.effort > 0 else []
    if len(boxes) != 1:
        return ""
    parts = [cells_words(space.dimensions[number], cells) for number, cells in sorted(boxes[0].items())]
    return " and ".join(parts)
