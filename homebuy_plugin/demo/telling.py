"""What the demonstration prints: some months at a landlord, for somebody who runs such a team."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from textwrap import wrap

from homebuy_plugin.demo.landlord import DEFAULT
from homebuy_plugin.demo.months_told import by_month
from homebuy_plugin.demo.owners_told import owners
from homebuy_plugin.demo.plot import FIRST, LAST, STORY
from homebuy_plugin.demo.post_told import letters, own_targets
from homebuy_plugin.demo.targets_told import dates_set_by_law
from homebuy_plugin.demo.walk import Months
from homebuy_plugin.insight.history import Told, history, merged
from homebuy_plugin.insight.status import Status, status
from homebuy_plugin.insight.wording import COLOURS, count, days_late, listed, spell_date
from homebuy_plugin.workflow import events as e

WIDTH = 110
_DEEP = 10
AFTERWARDS = LAST + timedelta(days=3)
"""The day the last command looks at."""

_DATED = re.compile(
    r" *(?:[A-Z][a-z]{2} [0-9]+ [A-Z][a-z]{2} 20[0-9]{2})? {2,}(?:(?:AMBER|RED|HB-[0-9]+) +)?"
)
_MEANING = {
    "red": "past their target",
    "amber": "in their warning time",
    "green": "in time",
    "paused": "paused while something is on hold",
    "blocked": "blocked until something else is settled",
    "waiting": "not started yet",
}
_SMALL = frozenset({"target-near", "stage-overdue", "nothing-happened", "nothing-happened-manager"})
"""Rules too ordinary for a story."""


def tell(months: Months, path: Path, seed: int) -> Iterator[str]:
    """The months as lines."""
    found = status(months.hb.desk, months.hb.engine)
    yield from _opening(months, path, seed)
    yield from _section("1. Who owns what, and why", owners(months))
    yield from _section("2. Month by month", by_month(months))
    yield from _section("3. Dates set by law that were missed", dates_set_by_law(months))
    yield from _section("4. The landlord's own targets, and who was reminded", own_targets(months))
    yield from _section("5. The letters", letters(months))
    yield from _section(f"6. How things stand on {spell_date(LAST)}", _standing(found))
    yield from _section(f"7. One case as a story: {STORY}", _story(months))
    yield from _section("8. Now look round yourself", _next(found, path))


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    yield ""
    yield title.upper()
    yield "-" * len(title)
    for line in lines:
        yield from folded(line)


def folded(line: str) -> list[str]:
    """A line broken where it is too long; what follows hangs under its first words."""
    if len(line) <= WIDTH:
        return [line]
    dated = _DATED.match(line)
    hanging = dated.end() if dated and dated.end() > _DEEP else len(line) - len(line.lstrip()) + 4
    return wrap(line, WIDTH, subsequent_indent=" " * hanging)


def _opening(months: Months, path: Path, seed: int) -> Iterator[str]:
    schemes = len({case.scheme for case in months.created})
    yield "Northbrook Homes, a pretend landlord"
    yield from folded(
        f"{spell_date(FIRST)} to {spell_date(LAST)}: {count(len(months.created), 'case')} in "
        f"{count(schemes, 'scheme')}, {count(len(months.ticks), 'working day')} with a tick each morning, "
        f"{months.changes} things recorded by officers, {count(len(months.diary.notices), 'notice')} "
        "handed over. Nobody was really written to."
    )
    yield f"Seed {seed}; another seed tells other months. Everything is in {path}."


def _standing(found: Status) -> Iterator[str]:
    words = {"open": "open", "on_hold": "on hold", "withdrawn": "withdrawn", "closed": "closed"}
    cases = [f"{found.cases[s]} {w}" for s, w in words.items() if found.cases.get(s)]
    yield f"{count(sum(found.cases.values()), 'case')}: {', '.join(cases)}. The deadlines of the open ones:"
    for colour in COLOURS:
        yield f"  {colour.upper():<8} {found.colours[colour]:>3}  {_MEANING[colour]}"
    red = [line for line in found.lines if line.colour == "red" and line.due_on is not None]
    if red:
        yield "Red, the longest overdue first:"
    for line in red:
        late = days_late((found.now.date() - line.due_on).days) if line.due_on else ""
        law = ", set by law" if line.kind == "statutory" else ""
        what = f"“{line.what}”" if line.of_task else f"the stage “{line.what}”"
        owner = listed(found.names.get(key, key) for key in line.owners)
        yield f"  {line.reference}  {what}, due {spell_date(line.due_on)}{law}: {late}. With {owner}."
    if found.needs_owner:
        yield f"Without an owner: {', '.join(found.needs_owner)}."


def _story(months: Months) -> Iterator[str]:
    yield f"{months.people[STORY]}'s case, as the history of the case tells it."
    told = [each for each in history(months.hb.desk, months.hb.engine, STORY) if _worth_telling(each)]
    for on, lines in merged(told):
        for number, line in enumerate(lines):
            yield f"  {'' if number else spell_date(on):<15}  {line.rstrip('.')}."


def _worth_telling(each: Told) -> bool:
    return each.kind != e.STAGE_COMPLETED and each.rule not in _SMALL


def _next(found: Status, path: Path) -> Iterator[str]:
    where = "" if path == DEFAULT else f" --database {path}"
    red = [line for line in found.lines if line.colour == "red"]
    reference = red[0].reference if red else STORY
    yield f"  homebuy status{where}"
    yield "      how everything stands, with what needs attention"
    yield f"  homebuy rules why {reference}{where}"
    yield "      who owns that case and why, every alert with what its rule saw, and what comes next"
    yield f"  homebuy tick --at {AFTERWARDS}T09:00 --dry-run{where}"
    yield f"      what turns amber or red by {spell_date(AFTERWARDS)}, and who is told then; a rehearsal"
