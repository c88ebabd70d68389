"""Do two rules that are asked side by side have a case in common?"""

from dataclasses import dataclass

from homebuy_plugin.engine.analysis.boxes import Box, together
from homebuy_plugin.engine.analysis.findings import Ruling
from homebuy_plugin.engine.analysis.formulas import ALWAYS
from homebuy_plugin.engine.analysis.studying import space_of, study
from homebuy_plugin.engine.analysis.wording import region_words


@dataclass(frozen=True, kw_only=True)
class Shared:
    """Cases in which two rules both apply.

    Attributes:
        when: some of them in words; "" where nothing narrows them.
        certain: there is such a case; otherwise there may be one.
    """

    when: str
    certain: bool


def share_a_case(first: Ruling, second: Ruling) -> Shared | None:
    """A case to which both apply, or None where there can be none."""
    space = space_of([first, second], None)
    one, other = (study(space, each, ALWAYS) for each in (first, second))
    if one.wide or other.wide:
        return Shared(when="", certain=False)
    pairs = (together(mine, its) for mine in one.boxes for its in other.boxes)
    common: Box | None = next((box for box in pairs if box is not None), None)
    if common is None:
        return None
    asked = first.conditions.variables | second.conditions.variables
    told = {at: cells for at, cells in common.items() if space.dimensions[at].variable.name in asked}
    words = region_words(told, space.dimensions) if told else ""
    return Shared(when=words, certain=not space.loose)
